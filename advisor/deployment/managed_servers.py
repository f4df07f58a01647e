"""
What a module of Terraform says about each managed PostgreSQL server.

Sources: Terraform Registry, the resources of the providers hashicorp/aws, hashicorp/google and
hashicorp/azurerm, and the module terraform-aws-modules/rds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from advisor import regex
from advisor.catalog import managed as catalog
from advisor.catalog.managed import Machine
from advisor.deployment.managed_groups import Group, of_blocks, of_list, of_pairs
from advisor.model import Location, Unknown, Value
from advisor.parsers.hcl import Block, Expression, Reference
from advisor.parsers.terraform import Module

_VERSION = regex.lazy(r"(?:POSTGRES_|(?:aurora-)?postgres(?:ql)?)?(\d{1,2})(?:[._]\d+)*")
_ENGINES = ("postgres", "aurora-postgresql")
_REGISTRY = regex.lazy(r"(?:registry\.terraform\.io/)?terraform-aws-modules/rds/aws")
_MAGNETIC = ("standard", "PD_HDD")
_DEFAULT_GROUP = "default."
_GROUPS = ("aws_db_parameter_group", "aws_rds_cluster_parameter_group")
_FAMILY = regex.lazy(r"(aurora-)?postgres(?:ql)?\d{1,2}(?:\.\d+)?")
Text: TypeAlias = Value[str] | Unknown | None


class Server(Struct, frozen=True):
    """
    One managed server.
    """

    name: str
    location: Location
    platform: str
    size: Text
    """Its class, tier or product."""
    machine: Machine | None
    """None when the size is not known, or not in the tables."""
    major: Value[int] | Unknown
    hdd: bool | None
    """None when the storage is not known."""
    group: Group
    formulas: Mapping[str, str]
    """What the platform computes where nobody says anything."""
    kept: frozenset[str] = frozenset()
    """Settings that the platform leaves as PostgreSQL has them."""


def servers_of(module: Module) -> Iterator[Server | str]:
    """
    The servers that a module declares; a sentence for each that is left out.
    """
    for type_, read in _READERS.items():
        for block in module.resources(type_):
            name = f"{module.address}{'.'.join(block.labels)}"
            if _is_copy(module, block, _REPLICAS[type_]):
                yield f"{block.location}: {name} is not judged: it is a copy of another server"
            elif (found := read(module, block, name)) is not None:
                yield found
    for call in module.calls():
        source = module.text(call.attributes.get("source"))
        if isinstance(source, Value) and _REGISTRY.fullmatch(source.value):
            server = _rds_module(module, call, f"{module.address}module.{call.labels[0]}")
            if server is not None:
                yield server


def _is_copy(module: Module, block: Block, name: str) -> bool:
    """
    Whether a server copies another one; modules often leave the attribute null.
    """
    of = module.text(block.attributes.get(name))
    return isinstance(of, Unknown) or (of is not None and of.value != "")


def _is_postgres(module: Module, block: Block) -> bool:
    engine = module.text(block.attributes.get("engine"))
    return isinstance(engine, Value) and engine.value in _ENGINES


def _major(*texts: Text) -> Value[int] | Unknown:
    """
    The major version by the first text that says one.
    """
    for text in texts:
        match = _VERSION.fullmatch(text.value) if isinstance(text, Value) else None
        if match and isinstance(text, Value):
            return Value(int(match[1]), text.origin, text.location, text.note)
    return Unknown("the version of PostgreSQL is not stated", needs=("pg.major",))


def _rds_instance(module: Module, block: Block, name: str) -> Server | None:
    if not _is_postgres(module, block) or "cluster_identifier" in block.attributes:
        return None
    group, family = _rds_group(
        module, block.attributes.get("parameter_group_name"), "aws_db_parameter_group"
    )
    return _rds(module, block, name, group, family)


def _rds(module: Module, block: Block, name: str, group: Group, family: Text) -> Server:
    size = module.text(block.attributes.get("instance_class"))
    storage = module.text(block.attributes.get("storage_type"))
    return Server(
        name=name,
        location=block.location,
        platform="rds",
        size=size,
        machine=_machine(size, catalog.rds_machine),
        major=_major(module.text(block.attributes.get("engine_version")), family),
        hdd=isinstance(storage, Value) and storage.value in _MAGNETIC,
        group=group,
        formulas=catalog.RDS,
        kept=catalog.ENGINE_DEFAULTS,
    )


def _machine(size: Text, read: Callable[[str], Machine | None]) -> Machine | None:
    return read(size.value) if isinstance(size, Value) else None


def _rds_module(module: Module, call: Block, name: str) -> Server | None:
    """
    The module makes a parameter group of its own unless it is told not to.
    """
    if not _is_postgres(module, call):
        return None
    group = of_list(module, call.attributes.get("parameters"))
    made = module.scalar(call.attributes.get("create_db_parameter_group"))
    if made is not None and not (isinstance(made, Value) and made.value is True):
        group, _ = _rds_group(
            module, call.attributes.get("parameter_group_name"), "aws_db_parameter_group"
        )
    return _rds(module, call, name, group, module.text(call.attributes.get("family")))


def _rds_cluster(module: Module, block: Block, name: str) -> Server | None:
    """
    A cluster of Aurora, or of RDS with a class of its own; the class of Aurora is its instances'.
    """
    if not _is_postgres(module, block):
        return None
    group, family = _rds_group(
        module,
        block.attributes.get("db_cluster_parameter_group_name"),
        "aws_rds_cluster_parameter_group",
    )
    if "db_cluster_instance_class" in block.attributes:
        size = module.text(block.attributes["db_cluster_instance_class"])
        platform, formulas = "rds", catalog.RDS
    else:
        size = _class_of_instances(module, block)
        platform, formulas = "aurora", catalog.AURORA
    return Server(
        name=name,
        location=block.location,
        platform=platform,
        size=size,
        machine=_machine(size, catalog.rds_machine),
        major=_major(module.text(block.attributes.get("engine_version")), family),
        hdd=False,
        group=_with_instances(module, block, group),
        formulas=formulas,
        kept=catalog.ENGINE_DEFAULTS,
    )


def _instances(module: Module, cluster: Block) -> list[Block]:
    return [
        one
        for one in module.resources("aws_rds_cluster_instance")
        if _named(one.attributes.get("cluster_identifier"))[:2] == cluster.labels
    ]


def _named(expression: Expression | None) -> tuple[str, ...]:
    return expression.steps if isinstance(expression, Reference) else ()


def _class_of_instances(module: Module, cluster: Block) -> Text:
    sizes = [
        module.text(one.attributes.get("instance_class")) for one in _instances(module, cluster)
    ]
    known = {one.value for one in sizes if isinstance(one, Value)}
    if len(known) == 1 and len(sizes) == sum(isinstance(one, Value) for one in sizes):
        return sizes[0]
    return Unknown("the class of its instances is not known, or not the same", cluster.location)


def _with_instances(module: Module, cluster: Block, group: Group) -> Group:
    """
    What instances say for themselves counts more than what their cluster says.
    """
    for one in _instances(module, cluster):
        own, _ = _rds_group(
            module, one.attributes.get("db_parameter_group_name"), "aws_db_parameter_group"
        )
        group = group.under(own)
    return group


def _rds_group(module: Module, name: Expression | None, type_: str) -> tuple[Group, Text]:
    """
    A parameter group and the family it is for; an empty one where RDS takes its own.
    """
    if name is None:
        return Group(), None
    found, _ = module.resolve(name)
    steps = _named(found)
    text = module.text(name)
    for block in module.resources(type_):
        own = module.text(block.attributes.get("name"))
        by_name = isinstance(own, Value) and isinstance(text, Value) and own.value == text.value
        if by_name or steps[:2] == block.labels:
            return _declared_group(module, block)
    if text is None:
        return Group(), None
    if isinstance(text, Value) and text.value.startswith(_DEFAULT_GROUP):
        family = text.value.removeprefix(_DEFAULT_GROUP)
        return Group(), Value(family, text.origin, text.location)
    return Group(unread=Unknown("its parameter group is not among the files", name.location)), None


def _declared_group(module: Module, block: Block) -> tuple[Group, Text]:
    group = replace(of_blocks(module, block, "parameter"), location=block.location)
    return group, module.text(block.attributes.get("family"))


def groups_of(module: Module) -> Iterator[Server]:
    """
    Groups of parameters for PostgreSQL, each as a server of which nothing else is known.
    """
    for type_ in _GROUPS:
        for block in module.resources(type_):
            group, family = _declared_group(module, block)
            match = _FAMILY.fullmatch(family.value) if isinstance(family, Value) else None
            if match is None:
                continue
            aurora = bool(match[1])
            yield Server(
                name=f"{module.address}{'.'.join(block.labels)}",
                location=block.location,
                platform="aurora" if aurora else "rds",
                size=None,
                machine=None,
                major=_major(family),
                hdd=None,
                group=group,
                formulas=catalog.AURORA if aurora else catalog.RDS,
                kept=catalog.ENGINE_DEFAULTS,
            )


def _cloudsql(module: Module, block: Block, name: str) -> Server | None:
    version = module.text(block.attributes.get("database_version"))
    settings = next(block.of_type("settings"), None)
    if settings is None or not (isinstance(version, Value) and version.value[:9] == "POSTGRES_"):
        return None
    tier = module.text(settings.attributes.get("tier"))
    machine = _machine(tier, catalog.cloudsql_machine)
    disk = module.text(settings.attributes.get("disk_type"))
    connections = catalog.cloudsql_connections(machine) if machine else None
    return Server(
        name=name,
        location=block.location,
        platform="cloudsql",
        size=tier,
        machine=machine,
        major=_major(version),
        hdd=isinstance(disk, Value) and disk.value in _MAGNETIC,
        group=of_blocks(module, settings, "database_flags"),
        formulas={"max_connections": str(connections)} if connections else {},
        kept=frozenset({"superuser_reserved_connections"}),
    )


def _azure(module: Module, block: Block, name: str) -> Server | None:
    sku = module.text(block.attributes.get("sku_name"))
    known = catalog.azure_machine(sku.value) if isinstance(sku, Value) else None
    machine, connections = known or (None, None)
    configurations = [
        (one.attributes.get("name"), one.attributes.get("value"))
        for one in module.resources("azurerm_postgresql_flexible_server_configuration")
        if _named(one.attributes.get("server_id"))[:2] == block.labels
    ]
    return Server(
        name=name,
        location=block.location,
        platform="azure",
        size=sku,
        machine=machine,
        major=_major(module.text(block.attributes.get("version"))),
        hdd=False,
        group=of_pairs(module, configurations),
        formulas={
            "max_connections": str(connections),
            "superuser_reserved_connections": str(catalog.AZURE_RESERVED),
        }
        if connections
        else {},
    )


_READERS: Mapping[str, Callable[[Module, Block, str], Server | None]] = {
    "aws_db_instance": _rds_instance,
    "aws_rds_cluster": _rds_cluster,
    "google_sql_database_instance": _cloudsql,
    "azurerm_postgresql_flexible_server": _azure,
}
_REPLICAS: Mapping[str, str] = {
    "aws_db_instance": "replicate_source_db",
    "google_sql_database_instance": "master_instance_name",
    "aws_rds_cluster": "replication_source_identifier",
    "azurerm_postgresql_flexible_server": "source_server_id",
}
"""Attributes that make a server a copy of another one."""
