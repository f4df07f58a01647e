"""
PostgreSQL servers that Terraform has a cloud run: Amazon RDS and Aurora, Cloud SQL, Azure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Canonical
from advisor.catalog.rds_formulas import evaluate, is_formula
from advisor.catalog.rds_memory import times_memory
from advisor.deployment.kubernetes_choice import rank
from advisor.deployment.managed_servers import Server, groups_of, servers_of
from advisor.deployment.model import Database, Host, Managed, Number
from advisor.deployment.terraform import read_modules
from advisor.model import Given, Origin, Problem, Tree, Unknown, Value
from advisor.parsers.postgresql import PostgresDocument, with_command_line

_NO_VERSION = max(catalog.MAJORS)
"""Units of a bare number are the same in every version."""


def find_managed(
    files: Iterable[str], tree: Tree, given: Given
) -> tuple[tuple[Database, ...], tuple[Problem, ...], tuple[str, ...]]:
    """
    Servers by the resource that declares them, problems of the files, and notes.

    `files` are the paths of Terraform's files that matter. Of several stages production counts.
    """
    found: dict[str, Server] = {}
    groups: dict[str, Server] = {}
    problems: dict[Problem, None] = {}
    notes: list[str] = []
    for module in read_modules(files, tree):
        problems.update(dict.fromkeys(module.problems))
        for server in servers_of(module):
            if isinstance(server, str):
                notes.append(server)
            else:
                whole = _incomplete(server) if module.problems else server
                found.setdefault(f"{server.location} {server.name}", whole)
        for group in groups_of(module):
            whole = _incomplete(group) if module.problems else group
            groups.setdefault(f"{group.location} {group.name}", whole)
    # Without a server a group of parameters is judged by itself.
    kept, dropped = _chosen(list((found or groups).values()))
    notes += [
        f"{one.location}: {one.name} is not judged: {kept[0].name} of {kept[0].location.path} "
        "speaks more of production"
        for one in dropped
    ]
    databases = tuple(_database(one, name, given) for one, name in _called(kept))
    return databases, tuple(problems), tuple(dict.fromkeys(notes))


def _incomplete(server: Server) -> Server:
    """
    A server of files that were not read to their end: there may be more parameters.
    """
    unread = Unknown("a file of its module could not be read to the end", server.location)
    return replace(server, group=replace(server.group, unread=unread))


def _chosen(servers: Sequence[Server]) -> tuple[list[Server], list[Server]]:
    """
    Servers of the stage that speaks most of production, and the others.
    """
    best = min(map(_rank, servers), default=None)
    kept = [one for one in servers if _rank(one) == best]
    return kept, [one for one in servers if one not in kept]


def _rank(server: Server) -> tuple[bool, bool, bool]:
    """
    By its path and by the calls of modules that lead to it.
    """
    calls = "/".join(server.name.split(".")[:-2])
    return rank(f"{calls}/{server.location.path}")[:3]


def _called(servers: Sequence[Server]) -> Iterator[tuple[Server, str]]:
    """
    Servers by names of their own: with the folder where several have the same.
    """
    names = [one.name for one in servers]
    for one in servers:
        several = names.count(one.name) > 1
        yield one, f"{one.name} ({one.location.path})" if several else one.name


def _database(server: Server, name: str, given: Given) -> Database:
    place = server.group.location or server.location
    path = place.path
    stated = given.versions.get("postgresql")
    major = (
        Value(stated.value[0], stated.origin, stated.location, stated.note)
        if stated
        else server.major
    )
    return Database(
        name=name,
        service="",
        document=with_command_line(
            PostgresDocument(path, (), {}, (), (path,)), server.group.assignments
        ),
        path=path,
        major=major,
        host=_host(server, given),
        location=place,
        managed=_managed(server),
    )


def _host(server: Server, given: Given) -> Host:
    """
    The class says what the server has. What is stated of a host counts where it does not.
    """
    machine, origin = server.machine, _origin(server)
    place = server.size.location if isinstance(server.size, Value | Unknown) else None
    why = "the size of the server is not known, or not in the tables"
    cpus: Number = given.cpus or Unknown(why, place, ("host.cpus",))
    memory = given.memory or Unknown(why, place, ("host.memory",))
    if machine and isinstance(server.size, Value):
        cpus = Value(machine.cpus, origin, place, server.size.value)
        memory = Value(machine.memory, origin, place, server.size.value)
    storage: Value[str] | Unknown = Unknown("the storage is not stated", needs=("host.storage",))
    if server.hdd is not None:
        disk = "hdd" if server.hdd else "ssd"
        storage = Value(disk, Origin.EVALUATED, server.location)
    return Host(
        cpus=cpus,
        memory=memory,
        storage=given.storage or storage,
        shared=Value(value=False, origin=Origin.EVALUATED, note="a server of its own"),
        workload=given.workload or Unknown("the workload is not stated", needs=("host.workload",)),
        platform=Value(server.platform, Origin.EVALUATED, server.location),
        container=False,
        limited=False,
    )


def _origin(server: Server) -> Origin:
    assumed = isinstance(server.size, Value) and server.size.origin is Origin.ASSUMED
    return Origin.ASSUMED if assumed else Origin.EVALUATED


def _managed(server: Server) -> Managed:
    unread = server.group.unread
    written = {one.name.lower() for one in server.group.assignments}
    variables: Mapping[str, float] = {}
    if server.machine:
        variables = {
            "DBInstanceClassMemory": server.machine.memory,
            "DBInstanceVCPU": server.machine.cpus,
        }
    provided: dict[str, Value[float] | Unknown] = {}
    for name, text in {} if unread else server.formulas.items():
        provided[name] = _computed(name, text, variables, server)
    for name, value in server.group.formulas.items():
        result = _computed(name, value.value, variables, server)
        provided[name] = (
            Value(result.value, result.origin, value.location, result.note)
            if isinstance(result, Value)
            else Unknown(result.reason, value.location)
        )
    return Managed(
        size=server.size or Unknown("the size of the server is not stated", server.location),
        provided={name: one for name, one in provided.items() if name not in written},
        kept=frozenset() if unread else server.kept,
        others=unread or Unknown(f"what {server.platform} sets where nobody does is not known"),
        formulas={name: one for name, one in server.group.formulas.items() if name not in written},
    )


def _computed(
    name: str, text: str, variables: Mapping[str, float], server: Server
) -> Value[float] | Unknown:
    """
    A formula in the advisor's units. The memory of a class is the most that RDS computes with: it
    takes off what the operating system and its own processes need.
    """
    number = evaluate(text, variables)
    if number is None:
        why = "the size of the server is not known, or not in the tables"
        return Unknown(why if not variables else "the formula cannot be computed")
    guc = catalog.find(name, _NO_VERSION)
    result = catalog.canonical(guc, str(number), _NO_VERSION) if guc else None
    value = result.value if isinstance(result, Canonical) else None
    if not isinstance(value, int | float):
        return Unknown("the formula gives what the server refuses")
    if (times_memory(name, text, variables.get("DBInstanceClassMemory")) or 0) > 1:
        return Unknown("the formula gives more memory than the class has")
    size = server.size.value if isinstance(server.size, Value) else ""
    note = f"at most: {text} of {size}" if is_formula(text) else f"default of {size}"
    return Value(value, _origin(server), None, note)
