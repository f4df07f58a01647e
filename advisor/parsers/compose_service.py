"""
One service of a compose file, put together from its entries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from advisor.model import Unknown, Value
from advisor.parsers import compose_fields as fields
from advisor.parsers.compose_model import Build, Command, EnvFile, Mount, Service
from advisor.parsers.yaml_nodes import ListNode, MapNode, Node, ScalarNode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from advisor.parsers.compose_reader import Reader

T = TypeVar("T")


class Declared(Struct, frozen=True):
    """
    Files of the top-level configs and secrets, by name; empty text where they are not files.
    """

    configs: Mapping[str, str]
    secrets: Mapping[str, str]


def read_service(reader: Reader, key: ScalarNode, node: Node, declared: Declared) -> Service:
    """
    Put one service together.
    """
    return _Assembly(reader, key, node).service(declared)


class _Assembly:
    """
    The entries of one service, and of the sections below it that hold limits.
    """

    def __init__(self, reader: Reader, key: ScalarNode, node: Node) -> None:
        self.reader = reader
        self.key = key
        self.entries = reader.fields(node, f"service {key.text}")
        self.deploy = reader.fields(self.entries.get("deploy"), "deploy")
        resources = reader.fields(self.deploy.get("resources"), "resources")
        self.limits = reader.fields(resources.get("limits"), "limits")
        self.reservations = reader.fields(resources.get("reservations"), "reservations")

    def service(self, declared: Declared) -> Service:
        reader, entries = self.reader, self.entries
        networks, aliases = self.networks()
        return Service(
            name=self.key.text,
            location=self.key.location,
            image=self.text("image"),
            build=self.build(),
            command=self.command("command"),
            entrypoint=self.command("entrypoint"),
            working_dir=self.text("working_dir"),
            user=self.text("user"),
            environment=reader.variables(entries.get("environment"), "environment"),
            env_files=self.env_files(),
            replicas=self.either(
                self.number(self.deploy, "replicas"), self.number(entries, "scale"), "replicas"
            ),
            cpus=self.cpus(),
            memory=_limit(
                self.either(
                    self.size(self.limits, "memory"), self.size(entries, "mem_limit"), "memory"
                )
            ),
            cpus_reserved=_limit(self.cores(self.reservations, "cpus")),
            memory_reserved=_limit(
                self.either(
                    self.size(self.reservations, "memory"),
                    self.size(entries, "mem_reservation"),
                    "memory reservation",
                )
            ),
            cpuset=self.convert(entries, "cpuset", read=fields.read_cpuset, wanted="core numbers"),
            shm_size=self.size(entries, "shm_size"),
            ipc=self.text("ipc"),
            nofile=fields.nofile(reader, entries.get("ulimits")),
            sysctls=reader.variables(entries.get("sysctls"), "sysctls"),
            stop_grace_period=self.convert(
                entries, "stop_grace_period", read=fields.read_duration, wanted="like 1m30s"
            ),
            ports=fields.ports(reader, entries.get("ports")),
            expose=self.expose(),
            mounts=self.mounts(declared),
            depends_on=reader.texts(entries.get("depends_on"), "depends_on"),
            networks=networks,
            aliases=aliases,
            network_mode=self.text("network_mode"),
            profiles=reader.texts(entries.get("profiles"), "profiles"),
            has_healthcheck=self.has_healthcheck(),
            read_only=reader.flag(entries.get("read_only"), "read_only"),
            init=reader.flag(entries.get("init"), "init"),
        )

    def text(self, name: str) -> Value[str] | Unknown | None:
        return self.reader.text(self.entries.get(name), name)

    def convert(
        self,
        entries: Mapping[str, Node],
        name: str,
        *,
        read: Callable[[str], T | None],
        wanted: str,
    ) -> Value[T] | Unknown | None:
        return self.reader.convert(entries.get(name), name, read=read, wanted=wanted)

    def number(self, entries: Mapping[str, Node], name: str) -> Value[int] | Unknown | None:
        return self.convert(entries, name, read=fields.read_count, wanted="a whole number")

    def size(self, entries: Mapping[str, Node], name: str) -> Value[int] | Unknown | None:
        return self.convert(entries, name, read=fields.read_size, wanted="a size")

    def cores(self, entries: Mapping[str, Node], name: str) -> Value[float] | Unknown | None:
        return self.convert(entries, name, read=fields.read_cores, wanted="a number of cores")

    def either(
        self, first: Value[T] | Unknown | None, second: Value[T] | Unknown | None, what: str
    ) -> Value[T] | Unknown | None:
        """
        The one of two equivalent settings that is written; Compose refuses two that differ.
        """
        if isinstance(first, Value) and isinstance(second, Value) and first.value != second.value:
            place = second.location or self.key.location
            self.reader.problem(f"{what} is set twice to different values", place)
        return second if first is None else first

    def cpus(self) -> Value[float] | Unknown | None:
        direct = self.either(
            self.cores(self.limits, "cpus"), self.cores(self.entries, "cpus"), "cpus"
        )
        limit = _limit(direct)
        return fields.quota(self.reader, self.entries) if limit is None else limit

    def build(self) -> Build | None:
        node = self.entries.get("build")
        if node is None or (isinstance(node, ScalarNode) and node.is_null):
            return None
        if isinstance(node, ScalarNode):
            return Build(node.location, context=self.reader.text(node, "build"))
        parts = self.reader.fields(node, "build")
        return Build(
            location=node.location,
            context=self.reader.text(parts.get("context"), "context"),
            dockerfile=self.reader.text(parts.get("dockerfile"), "dockerfile"),
            target=self.reader.text(parts.get("target"), "target"),
            args=self.reader.variables(parts.get("args"), "args"),
        )

    def command(self, name: str) -> Command | None:
        node = self.entries.get(name)
        if node is None or (isinstance(node, ScalarNode) and node.is_null):
            return None
        return Command(self.reader.words(node, name), node.location)

    def env_files(self) -> tuple[EnvFile, ...]:
        found = (self._env_file(item) for item in self._one_or_more("env_file"))
        return tuple(item for item in found if item.path is not None)

    def _env_file(self, node: Node) -> EnvFile:
        if not isinstance(node, MapNode):
            return EnvFile(self.reader.text(node, "env_file"))
        parts = self.reader.fields(node, "env_file")
        required = self.reader.flag(parts.get("required"), "required")
        return EnvFile(
            path=self.reader.text(parts.get("path"), "path"),
            required=not isinstance(required, Value) or required.value,
        )

    def _one_or_more(self, name: str) -> tuple[Node, ...]:
        node = self.entries.get(name)
        if isinstance(node, MapNode):
            return (node,)
        return self.reader.items(node, name)

    def expose(self) -> tuple[Value[range], ...]:
        found = (
            self.reader.convert(item, "expose", read=fields.read_range, wanted="a port")
            for item in self._one_or_more("expose")
        )
        return tuple(item for item in found if isinstance(item, Value))

    def mounts(self, declared: Declared) -> tuple[Value[Mount], ...]:
        """
        Of several mounts at one place the last counts, which is how override files replace them.
        """
        reader, entries = self.reader, self.entries
        found = (
            *fields.mounts(reader, entries.get("volumes")),
            *fields.tmpfs(reader, entries.get("tmpfs")),
            *fields.files(reader, entries.get("configs"), kind="config", declared=declared.configs),
            *fields.files(reader, entries.get("secrets"), kind="secret", declared=declared.secrets),
        )
        return tuple({one.value.target: one for one in found}.values())

    def networks(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """
        The networks a service is in, and the names it has there beside its own.
        """
        node = self.entries.get("networks")
        container = self.reader.plain(self.entries.get("container_name"), "container_name")
        aliases = [container] if container else []
        if isinstance(node, MapNode):
            for options in self.reader.fields(node, "networks").values():
                parts = self.reader.fields(options, "a network")
                aliases += self.reader.texts(parts.get("aliases"), "aliases")
        return self.reader.texts(node, "networks"), tuple(dict.fromkeys(aliases))

    def has_healthcheck(self) -> bool:
        entries = self.reader.fields(self.entries.get("healthcheck"), "healthcheck")
        disabled = self.reader.flag(entries.get("disable"), "disable")
        if isinstance(disabled, Value) and disabled.value:
            return False
        test = entries.get("test")
        if isinstance(test, ListNode):
            return self.reader.texts(test, "test")[:1] not in ((), ("NONE",))
        return bool(entries)


def _limit(value: Value[T] | Unknown | None) -> Value[T] | Unknown | None:
    """
    None where the limit is 0: Docker takes that for none.
    """
    return None if isinstance(value, Value) and value.value == 0 else value
