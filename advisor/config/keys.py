"""
The keys of ``advisor.toml``, each with what checks it. `schema.py` says the same to editors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from advisor.config.given import given_from, mapped_paths
from advisor.config.words import (
    FAIL_ON,
    one_of,
    parse_confidence,
    parse_fail_on,
    parse_severity,
    quoted,
)
from advisor.errors import ConfigError
from advisor.policy.choice import PROFILES

ENTRY_KEYS = ("rule", "path", "reason", "until")
PATH_KEYS = ("ignore", "severity")
Table = Mapping[str, Any]


def check_layer(data: Table) -> None:
    """
    Raise `ConfigError` for the first thing that is not understood.
    """
    for key in data:
        one_of(key, CHECKS, "key")
    for key, value in data.items():
        CHECKS[key](value)


def parse_day(value: object) -> date:
    """
    A day, as TOML writes it or as text. Raises `ConfigError`.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        text = quoted(str(value))
        raise ConfigError(f"{text} is no day", hint="for example 2027-01-31") from None


def table(value: object, key: str) -> Table:
    """
    A table. Raises `ConfigError` for anything else.
    """
    if not isinstance(value, dict):
        raise ConfigError(f"{key} must be a table", hint=f"write [{key}]")
    return value


def _strings(what: str) -> Callable[[object], None]:
    def check(value: object) -> None:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ConfigError(f"{what} must be a list of {_OF.get(what, 'codes')}")

    return check


_OF = {"rules": "folders"}


def _select(value: object) -> None:
    _strings("select")(value)
    if not value:
        # Nothing would be tried, and that would look like a pass.
        raise ConfigError("select names no rule", hint="leave it out, or name some")


def _text(what: str) -> Callable[[object], None]:
    def check(value: object) -> None:
        if not isinstance(value, str) or not value:
            raise ConfigError(f"{what} must be the path of a file")

    return check


def _flag(value: object) -> None:
    if not isinstance(value, bool):
        raise ConfigError(f"require-reason must be true or false, not {quoted(str(value))}")


def _profile(value: object) -> None:
    one_of(str(value), PROFILES, "profile")


def _severities(value: object) -> None:
    for level in table(value, "severity").values():
        parse_severity(str(level))


def _params(value: object) -> None:
    for code, values in table(value, "params").items():
        for name, written in table(values, f"params.{code}").items():
            if not isinstance(written, str | int | float):
                raise ConfigError(f"params.{code}.{name} must be a text, a number, true or false")


def _paths(value: object) -> None:
    for path, settings in table(value, "paths").items():
        for key in table(settings, f'paths."{path}"'):
            one_of(key, PATH_KEYS, "key of paths")
        _strings("ignore")(settings.get("ignore", []))
        _severities(settings.get("severity", {}))


def _ignore(value: object) -> None:
    if not isinstance(value, list):
        raise ConfigError("ignore must be a list of codes, or [[ignore]]")
    for entry in value:
        if isinstance(entry, str):
            continue
        if not isinstance(entry, dict):
            raise ConfigError("ignore must hold codes or tables with rule, path and reason")
        for key in entry:
            one_of(key, ENTRY_KEYS, "key of ignore")
        for key in ENTRY_KEYS[:3]:
            if not isinstance(entry.get(key, ""), str):
                raise ConfigError(f"{key} of ignore must be a text")
        if not entry.get("rule"):
            raise ConfigError("ignore needs a rule", hint='for example rule = "PG101"')
        if "until" in entry:
            parse_day(entry["until"])


def _host(value: object) -> None:
    given_from(table(value, "host"), {})


def _target(value: object) -> None:
    given_from({}, table(value, "target"))


def _path_map(value: object) -> None:
    mapped_paths(table(value, "path-map"))


def _fail_on(value: object) -> None:
    if str(value) not in FAIL_ON:
        parse_fail_on(str(value))


def _min_severity(value: object) -> None:
    parse_severity(str(value))


def _min_confidence(value: object) -> None:
    parse_confidence(str(value))


CHECKS: Mapping[str, Callable[[object], None]] = {
    "extend": _text("extend"),
    "profile": _profile,
    "select": _select,
    "extend-select": _strings("extend-select"),
    "ignore": _ignore,
    "severity": _severities,
    "params": _params,
    "paths": _paths,
    "fail-on": _fail_on,
    "min-severity": _min_severity,
    "min-confidence": _min_confidence,
    "require-reason": _flag,
    "baseline": _text("baseline"),
    "rules": _strings("rules"),
    "host": _host,
    "target": _target,
    "path-map": _path_map,
}
"""Every key in the order in which it is shown."""
