"""
``--host``, ``--target`` and ``--path-map``, as options and as tables of a file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from advisor.config.layers import Layer
from advisor.config.words import LONGEST, one_of, quoted, shown
from advisor.errors import ConfigError
from advisor.model import Given, Origin, Value
from advisor.units import KIB, parse_size

STORAGE = ("ssd", "hdd", "san")
WORKLOADS = ("web", "oltp", "dw", "mixed")
PLATFORMS = ("rds", "aurora", "cloudsql", "azure")
PROGRAMS = ("postgresql", "nginx", "gunicorn", "sqlalchemy", "uvicorn", "pgbouncer", "redis")
_MOST_MEMORY = 2**50
"""A petabyte: more is a slip."""


def with_options(
    given: Given, host: Iterable[str], target: Iterable[str], path_map: Iterable[str]
) -> Given:
    """
    `given` with what the options say instead.
    """
    for text in host:
        given = _auto(given) if text.strip() == "auto" else _host(given, _pairs(text, "--host"))
    for text in target:
        given = _target(given, _pairs(text, "--target"))
    return replace(given, path_map={**given.path_map, **dict(map(_mapping, path_map))})


def option_layers(
    host: Iterable[str], target: Iterable[str], path_map: Iterable[str]
) -> Iterator[Layer]:
    """
    What the options say, as tables of a file, to be shown. They have been checked.
    """
    for text in host:
        said = _auto(Given()) if text.strip() == "auto" else None
        found = _pairs(text, "--host") if said is None else _of_machine(said)
        yield Layer({"host": dict(found)}, Path(), names={"host": "--host"})
    for text in target:
        found = _pairs(text, "--target")
        yield Layer({"target": dict(found)}, Path(), names={"target": "--target"})
    for text in path_map:
        yield Layer({"path-map": dict([_mapping(text)])}, Path(), names={"path-map": "--path-map"})


def _of_machine(given: Given) -> list[tuple[str, str]]:
    memory = given.memory.value if given.memory else 0
    cpus = given.cpus.value if given.cpus else 1
    return [("cpus", str(cpus)), ("memory", f"{memory // KIB}kB")]


def mapped_paths(table: Mapping[str, object]) -> dict[str, str]:
    """
    The table ``[path-map]``.
    """
    return dict(_mapped(source, _text(target), "path-map") for source, target in table.items())


def given_from(host: Mapping[str, object], target: Mapping[str, object]) -> Given:
    """
    `Given` from plain mappings, as rule examples and ``advisor.toml`` hold them.
    """
    return _target(
        _host(Given(), [(key, _text(value)) for key, value in host.items()]),
        [(key, _text(value)) for key, value in target.items()],
    )


def _pairs(text: str, option: str) -> list[tuple[str, str]]:
    pairs = []
    for part in text.split(","):
        key, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign or not key or not value:
            raise ConfigError(f"{option} takes key=value pairs, got {quoted(part.strip())}")
        pairs.append((key, value))
    return pairs


def _mapping(text: str) -> tuple[str, str]:
    source, sign, target = text.partition("=")
    return _mapped(source if sign else "", target if sign else text, "--path-map")


def _mapped(source: str, target: str, what: str) -> tuple[str, str]:
    if not source.startswith("/"):
        written = f"{source}={target}" if source else target
        raise ConfigError(
            f"{what} takes /absolute=relative, got {quoted(written)}",
            hint="for example /etc/nginx=deploy/nginx",
        )
    return source.rstrip("/") or "/", target.strip("/")


def _host(given: Given, pairs: Iterable[tuple[str, str]]) -> Given:
    for key, text in pairs:
        one_of(key, tuple(_HOST), "host fact")
        given = _HOST[key](given, text)
    return given


def _cpus(given: Given, text: str) -> Given:
    try:
        cpus = float(text)
    except ValueError:
        cpus = 0.0
    if not 0 < cpus < 1e5:
        raise ConfigError(f"cpus must be a positive number, got {quoted(text)}")
    return replace(given, cpus=Value(int(cpus) if cpus.is_integer() else cpus, Origin.GIVEN))


def _memory(given: Given, text: str) -> Given:
    size = parse_size(text) if len(text) <= LONGEST else None
    bare = re.fullmatch(r"[\d.]+", text)
    if not size or bare or size > _MOST_MEMORY:
        raise ConfigError(
            f"memory must be a size, got {quoted(text)}", hint="for example memory=16GB"
        )
    return replace(given, memory=Value(size, Origin.GIVEN))


def _storage(given: Given, text: str) -> Given:
    one_of(text.lower(), STORAGE, "storage")
    return replace(given, storage=Value(text.lower(), Origin.GIVEN))


def _workload(given: Given, text: str) -> Given:
    one_of(text.lower(), WORKLOADS, "workload")
    return replace(given, workload=Value(text.lower(), Origin.GIVEN))


def _platform(given: Given, text: str) -> Given:
    one_of(text.lower(), PLATFORMS, "platform")
    return replace(given, platform=Value(text.lower(), Origin.GIVEN))


def _shared(given: Given, text: str) -> Given:
    one_of(text.lower(), ("true", "false"), "value of shared")
    return replace(given, shared=Value(text.lower() == "true", Origin.GIVEN))


_HOST: Mapping[str, Callable[[Given, str], Given]] = {
    "cpus": _cpus,
    "memory": _memory,
    "storage": _storage,
    "shared": _shared,
    "workload": _workload,
    "platform": _platform,
}


def _target(given: Given, pairs: Iterable[tuple[str, str]]) -> Given:
    versions = dict(given.versions)
    for key, text in pairs:
        one_of(key, PROGRAMS, "program")
        if not re.fullmatch(r"\d{1,4}(\.\d{1,4}){0,3}", text):
            raise ConfigError(
                f"{key}={shown(text)} is no version",
                hint=f"write numbers, for example {key}=16.2",
            )
        version = tuple(int(part) for part in text.split("."))
        versions[key] = Value(version, Origin.GIVEN)
    return replace(given, versions=versions)


def _auto(given: Given) -> Given:
    """
    The machine the advisor runs on, only because the user said it is the target.
    """
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    memory = pages * size // KIB * KIB
    note = "this machine (--host auto)"
    return replace(
        given,
        cpus=Value(os.cpu_count() or 1, Origin.GIVEN, note=note),
        memory=Value(memory, Origin.GIVEN, note=note),
    )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
