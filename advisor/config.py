"""
From ``--host``, ``--target``, ``--path-map`` and ``advisor.toml`` to checked settings.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from advisor.errors import ConfigError
from advisor.model import Given, Origin, Severity, Value
from advisor.parsers.redaction import redact
from advisor.suggest import closest
from advisor.units import KIB, parse_size

STORAGE = ("ssd", "hdd", "san")
WORKLOADS = ("web", "oltp", "dw", "mixed")
PLATFORMS = ("rds", "aurora", "cloudsql", "azure")
PROGRAMS = ("postgresql", "nginx", "gunicorn", "sqlalchemy", "uvicorn", "pgbouncer", "redis")
FAIL_ON = (*(str(severity) for severity in Severity), "never")
FILE = "advisor.toml"
_LONGEST = 60
"""Characters of a value that a message shows."""
_MOST_MEMORY = 2**50
"""A petabyte: more is a slip."""


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Everything the user chose, defaults filled in.
    """

    given: Given = field(default_factory=Given)
    fail_on: Severity | None = Severity.HIGH
    """None: never fail because of findings."""
    min_severity: Severity = Severity.LOW
    rules: tuple[Path, ...] = ()
    """Folders with the user's own rules."""


def load_settings(
    folder: Path,
    *,
    host: Iterable[str] = (),
    target: Iterable[str] = (),
    path_map: Iterable[str] = (),
) -> Settings:
    """
    Settings for one deployment: the closest ``advisor.toml`` upwards, overridden by options.

    Raises `ConfigError` for anything that is not understood.
    """
    settings = _from_file(folder)
    given = settings.given
    for text in host:
        given = _auto(given) if text.strip() == "auto" else _host(given, _pairs(text, "--host"))
    for text in target:
        given = _target(given, _pairs(text, "--target"))
    mapped = {**given.path_map, **dict(_mapping(text) for text in path_map)}
    return replace(settings, given=replace(given, path_map=mapped))


def given_from(host: Mapping[str, object], target: Mapping[str, object]) -> Given:
    """
    `Given` from plain mappings, as rule examples and ``advisor.toml`` hold them.
    """
    return _target(
        _host(Given(), [(key, _text(value)) for key, value in host.items()]),
        [(key, _text(value)) for key, value in target.items()],
    )


def parse_fail_on(text: str) -> Severity | None:
    """
    The severity from which on the exit code is 1, None for ``never``.
    """
    return None if text == "never" else parse_severity(text)


def parse_severity(text: str) -> Severity:
    """
    A severity by name. Raises `ConfigError` with the names there are.
    """
    try:
        return Severity[text.upper()]
    except KeyError:
        names = ", ".join(map(str, Severity))
        raise ConfigError(f"{_quoted(text)} is no severity", hint=f"one of {names}") from None


def _from_file(folder: Path) -> Settings:
    start = folder.resolve()
    for place in (start, *start.parents):
        path = place / FILE
        if path.is_file():
            return _read(path)
        if (place / ".git").exists():
            break
    return Settings()


def _read(path: Path) -> Settings:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", path=str(path)) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"is not valid TOML: {error}", path=str(path)) from error
    except RecursionError as error:
        raise ConfigError("is nested too deep", path=str(path)) from error
    try:
        return _settings(data, path.parent)
    except ConfigError as error:
        raise ConfigError(error.message, path=str(path), hint=error.hint) from error


_KEYS = ("host", "target", "path-map", "fail-on", "min-severity", "rules")


def _settings(data: Mapping[str, Any], folder: Path) -> Settings:
    for key in data:
        _one_of(key, _KEYS, "key")
    given = given_from(_table(data, "host"), _table(data, "target"))
    pairs = _table(data, "path-map").items()
    mapping = dict(_mapped(str(source), _text(target), "path-map") for source, target in pairs)
    rules = data.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
        raise ConfigError("rules must be a list of folders")
    return Settings(
        given=replace(given, path_map=mapping),
        fail_on=parse_fail_on(str(data.get("fail-on", "high"))),
        min_severity=parse_severity(str(data.get("min-severity", "low"))),
        rules=tuple(folder / rule for rule in rules),
    )


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = data.get(key, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{key} must be a table", hint=f"write [{key}]")
    return table


def _pairs(text: str, option: str) -> list[tuple[str, str]]:
    pairs = []
    for part in text.split(","):
        key, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign or not key or not value:
            raise ConfigError(f"{option} takes key=value pairs, got {_quoted(part.strip())}")
        pairs.append((key, value))
    return pairs


def _mapping(text: str) -> tuple[str, str]:
    source, sign, target = text.partition("=")
    return _mapped(source if sign else "", target if sign else text, "--path-map")


def _mapped(source: str, target: str, what: str) -> tuple[str, str]:
    if not source.startswith("/"):
        written = f"{source}={target}" if source else target
        raise ConfigError(
            f"{what} takes /absolute=relative, got {_quoted(written)}",
            hint="for example /etc/nginx=deploy/nginx",
        )
    return source.rstrip("/") or "/", target.strip("/")


def _host(given: Given, pairs: Iterable[tuple[str, str]]) -> Given:
    for key, text in pairs:
        _one_of(key, tuple(_HOST), "host fact")
        given = _HOST[key](given, text)
    return given


def _cpus(given: Given, text: str) -> Given:
    try:
        cpus = float(text)
    except ValueError:
        cpus = 0.0
    if not 0 < cpus < 1e5:
        raise ConfigError(f"cpus must be a positive number, got {_quoted(text)}")
    return replace(given, cpus=Value(int(cpus) if cpus.is_integer() else cpus, Origin.GIVEN))


def _memory(given: Given, text: str) -> Given:
    size = parse_size(text) if len(text) <= _LONGEST else None
    bare = re.fullmatch(r"[\d.]+", text)
    if not size or bare or size > _MOST_MEMORY:
        raise ConfigError(
            f"memory must be a size, got {_quoted(text)}", hint="for example memory=16GB"
        )
    return replace(given, memory=Value(size, Origin.GIVEN))


def _storage(given: Given, text: str) -> Given:
    _one_of(text.lower(), STORAGE, "storage")
    return replace(given, storage=Value(text.lower(), Origin.GIVEN))


def _workload(given: Given, text: str) -> Given:
    _one_of(text.lower(), WORKLOADS, "workload")
    return replace(given, workload=Value(text.lower(), Origin.GIVEN))


def _platform(given: Given, text: str) -> Given:
    _one_of(text.lower(), PLATFORMS, "platform")
    return replace(given, platform=Value(text.lower(), Origin.GIVEN))


def _shared(given: Given, text: str) -> Given:
    _one_of(text.lower(), ("true", "false"), "value of shared")
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
        _one_of(key, PROGRAMS, "program")
        if not re.fullmatch(r"\d{1,4}(\.\d{1,4}){0,3}", text):
            raise ConfigError(
                f"{key}={_shown(text)} is no version",
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


def _one_of(name: str, names: tuple[str, ...], what: str) -> None:
    if name in names:
        return
    near = closest(name, names)
    raise ConfigError(
        f"unknown {what} {_quoted(name)}",
        hint=f"did you mean {near!r}?" if near else f"one of {', '.join(names)}",
    )


def _quoted(text: str) -> str:
    return repr(_shown(text))


def _shown(text: str) -> str:
    """
    What the user wrote, short and without passwords.
    """
    shown = redact(text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
