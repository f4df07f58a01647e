"""
The short notations of compose files: ports, mounts, cores, limits.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from advisor import regex
from advisor.model import Origin, Unknown, Value
from advisor.parsers.compose_model import Mount, Port, Ulimit
from advisor.parsers.yaml_nodes import MapNode, Node
from advisor.units import parse_compose_duration, parse_size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from advisor.parsers.compose_reader import Reader

CPU_PERIOD = 100_000
"""Microseconds; Docker's default for ``cpu_period``."""

_PORT = regex.lazy(r"(?:(?P<host>.*):)?(?P<target>[\d-]+)(?:/(?P<protocol>\w+))?", re.DOTALL)
_RANGE = regex.lazy(r"(\d{1,5})(?:-(\d{1,5}))?")
_DRIVE = regex.lazy(r"[A-Za-z]:[\\/]")
_KINDS: dict[str, Literal["bind", "volume", "tmpfs"]] = {
    "bind": "bind",
    "volume": "volume",
    "tmpfs": "tmpfs",
}


def read_integer(text: str) -> int | None:
    """
    A whole number of at most nine digits.
    """
    return int(text) if re.fullmatch(r"-?[0-9]{1,9}", text) else None


def read_count(text: str) -> int | None:
    """
    A whole number that is not negative.
    """
    number = read_integer(text)
    return None if number is None or number < 0 else number


def read_cores(text: str) -> float | None:
    """
    A number of cores: ``0.5``, ``2``.
    """
    return float(text) if re.fullmatch(r"[0-9]{1,6}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}", text) else None


def read_duration(text: str) -> float | None:
    """
    Seconds of a duration with units: ``1m30s``.
    """
    return parse_compose_duration(text) if len(text) <= 64 else None


def read_size(text: str) -> int | None:
    """
    Bytes of a size: ``512M``, ``2g``, ``1gb``.
    """
    return parse_size(text) if len(text) <= 32 else None


def read_range(text: str) -> range | None:
    """
    One port, or several as ``3000-3005``; an optional protocol behind a slash is dropped.
    """
    match = _RANGE.fullmatch(text.partition("/")[0])
    if match is None:
        return None
    first, last = int(match[1]), int(match[2] or match[1])
    return range(first, last + 1) if first <= last <= 65535 else None


def read_cpuset(text: str) -> int | None:
    """
    How many cores ``0-3,5`` names.
    """
    parts = [read_range(part.strip()) for part in text.split(",")]
    known = [part for part in parts if part is not None]
    return len({core for part in known for core in part}) if len(known) == len(parts) else None


def read_port(text: str) -> Port | None:
    """
    A port in the short notation: ``[[host ip:]published:]target[/protocol]``.
    """
    match = _PORT.fullmatch(text)
    target = read_range(match["target"]) if match else None
    if match is None or target is None:
        return None
    host_ip, _, published = (match["host"] or "").rpartition(":")
    published_range = read_range(published)
    if published and published_range is None:
        return None
    return Port(
        target=target,
        published=published_range,
        host_ip=host_ip.strip("[]"),
        protocol=match["protocol"] or "tcp",
    )


def read_mount(text: str) -> Mount | None:
    """
    A mount in the short notation: ``[source:]target[:mode]``.
    """
    drive = text[:2] if _DRIVE.match(text) else ""
    parts = text[len(drive) :].split(":")
    if len(parts) == 1:
        return Mount("volume", "", text) if text else None
    source, target, mode = drive + parts[0], parts[1], ",".join(parts[2:])
    is_path = bool(drive) or source.startswith((".", "/", "~"))
    return Mount(
        kind="bind" if is_path else "volume",
        source=source,
        target=target,
        read_only="ro" in mode.split(","),
    )


def ports(reader: Reader, node: Node | None) -> tuple[Value[Port], ...]:
    """
    Published ports in both notations, each once; what cannot be read is noted and left out.
    """
    found: list[Value[Port]] = []
    for item in reader.items(node, "ports"):
        if isinstance(item, MapNode):
            port = _long_port(reader, item)
        else:
            port = reader.convert(item, "port", read=read_port, wanted="a port mapping")
        if isinstance(port, Value):
            found.append(port)
    return tuple({one.value: one for one in found}.values())


def mounts(reader: Reader, node: Node | None) -> tuple[Value[Mount], ...]:
    """
    Volumes in both notations; what cannot be read is noted and left out.
    """
    found: list[Value[Mount]] = []
    for item in reader.items(node, "volumes"):
        if isinstance(item, MapNode):
            mount: Value[Mount] | Unknown | None = _long_mount(reader, item)
        else:
            mount = reader.convert(item, "volume", read=read_mount, wanted="a volume")
        if isinstance(mount, Value):
            found.append(mount)
    return tuple(found)


def tmpfs(reader: Reader, node: Node | None) -> tuple[Value[Mount], ...]:
    """
    Folders in memory: ``/run`` or ``/run:size=64m``.
    """
    found: list[Value[Mount]] = []
    for item in reader.items(node, "tmpfs"):
        text = reader.text(item, "tmpfs")
        if isinstance(text, Value):
            target, _, options = text.value.partition(":")
            sizes = [part[5:] for part in options.split(",") if part.startswith("size=")]
            size = read_size(sizes[-1]) if sizes else None
            found.append(Value(Mount("tmpfs", "", target, size=size), text.origin, text.location))
    return tuple(found)


def files(
    reader: Reader,
    node: Node | None,
    *,
    kind: Literal["config", "secret"],
    declared: Mapping[str, str],
) -> tuple[Value[Mount], ...]:
    """
    Configs or secrets of a service; `declared` has the file of each by name.
    """
    folder = "/run/secrets/" if kind == "secret" else "/"
    found: list[Value[Mount]] = []
    for item in reader.items(node, f"{kind}s"):
        entries = reader.fields(item, kind) if isinstance(item, MapNode) else {}
        name = reader.plain(entries.get("source", item if not entries else None), kind)
        target = reader.plain(entries.get("target"), kind) or name
        place = target if target.startswith("/") else folder + target
        mount = Mount(kind, declared.get(name, ""), place, read_only=True)
        found.append(Value(mount, Origin.LITERAL, item.location))
    return tuple(found)


def nofile(reader: Reader, node: Node | None) -> Value[Ulimit] | Unknown | None:
    """
    The limit of open files from ``ulimits``.
    """
    entry = reader.fields(node, "ulimits").get("nofile")
    if not isinstance(entry, MapNode):
        return reader.convert(
            entry, "nofile", read=_same_ulimit, wanted="a number or a pair soft and hard"
        )
    pair = reader.fields(entry, "nofile")
    soft = reader.convert(pair.get("soft"), "soft", read=read_integer, wanted="a number")
    hard = reader.convert(pair.get("hard"), "hard", read=read_integer, wanted="a number")
    if isinstance(soft, Value) and isinstance(hard, Value):
        origin = Origin.ASSUMED if Origin.ASSUMED in (soft.origin, hard.origin) else soft.origin
        return Value(Ulimit(soft.value, hard.value), origin, soft.location)
    return Unknown("nofile needs soft and hard", entry.location)


def quota(reader: Reader, entries: dict[str, Node]) -> Value[float] | Unknown | None:
    """
    Cores from ``cpu_quota`` and ``cpu_period``; a quota of 0 or less is no limit.
    """
    share = reader.convert(
        entries.get("cpu_quota"), "cpu_quota", read=_microseconds, wanted="a time"
    )
    period = reader.convert(
        entries.get("cpu_period"), "cpu_period", read=_microseconds, wanted="a time"
    )
    if not isinstance(share, Value) or isinstance(period, Unknown):
        return share if isinstance(share, Unknown) else period if share else None
    length = period.value if period and period.value > 0 else CPU_PERIOD
    if share.value <= 0:
        return None
    origin = Origin.ASSUMED if share.origin is Origin.ASSUMED else Origin.EVALUATED
    note = f"{share.value:g} of {length:g} microseconds"
    return Value(share.value / length, origin, share.location, note=note)


def _same_ulimit(text: str) -> Ulimit | None:
    number = read_integer(text)
    return None if number is None else Ulimit(number, number)


def _microseconds(text: str) -> float | None:
    number = read_integer(text)
    if number is not None:
        return number
    seconds = read_duration(text)
    return None if seconds is None else seconds * 1e6


def _long_port(reader: Reader, node: MapNode) -> Value[Port] | Unknown | None:
    entries = reader.fields(node, "port")
    target = reader.convert(entries.get("target"), "target", read=read_range, wanted="a port")
    published = reader.convert(
        entries.get("published"), "published", read=read_range, wanted="a port"
    )
    if not isinstance(target, Value):
        return target
    port = Port(
        target=target.value,
        published=published.value if isinstance(published, Value) else None,
        host_ip=reader.plain(entries.get("host_ip"), "host_ip"),
        protocol=reader.plain(entries.get("protocol"), "protocol") or "tcp",
    )
    origin = _weaker(target.origin, published)
    return Value(port, origin, node.location)


def _long_mount(reader: Reader, node: MapNode) -> Value[Mount]:
    entries = reader.fields(node, "volume")
    read_only = reader.flag(entries.get("read_only"), "read_only")
    options = reader.fields(entries.get("tmpfs"), "tmpfs")
    size = reader.convert(options.get("size"), "size", read=read_size, wanted="a size")
    source = reader.text(entries.get("source", entries.get("src")), "source")
    target = reader.plain(
        entries.get("target", entries.get("destination", entries.get("dst"))), "target"
    )
    mount = Mount(
        kind=_KINDS.get(reader.plain(entries.get("type"), "type"), "other"),
        source=source.value if isinstance(source, Value) else "",
        target=target,
        read_only=isinstance(read_only, Value) and read_only.value,
        size=size.value if isinstance(size, Value) else None,
    )
    return Value(mount, _weaker(Origin.LITERAL, source), node.location)


def _weaker(origin: Origin, other: Value[range] | Value[str] | Unknown | None) -> Origin:
    if isinstance(other, Unknown):
        return Origin.ASSUMED
    if other is None or origin is Origin.ASSUMED:
        return origin
    return other.origin if origin is Origin.LITERAL else origin
