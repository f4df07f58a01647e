"""
Settings of gunicorn by release, and what each worker class makes of them.

The figures in `gunicorn.json` come from gunicorn itself: see `tools/build_gunicorn_catalog.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from msgspec import Struct

from advisor.catalog.gunicorn_workers import effective_class, ignored_by

__all__ = [
    "Arity",
    "Form",
    "GunicornSetting",
    "Kind",
    "Version",
    "by_flag",
    "defaults",
    "effective_class",
    "find",
    "flags",
    "ignored_by",
    "latest",
    "oldest",
    "settings",
    "slips",
    "suggest",
]

Version: TypeAlias = tuple[int, ...]


class Kind(StrEnum):
    """
    What gunicorn's validator makes of a value.
    """

    INT = "int"
    """Zero or more; text is read as Python reads a number, so ``"0x10"`` is 16."""
    BOOL = "bool"
    STRING = "string"
    LIST = "list"
    """List of strings; a single string stands for a list of one."""
    CSV = "csv"
    """One string with commas, which becomes a list."""
    ADDRESSES = "addresses"
    """As `CSV`; every item has to be an address, a network or ``*``."""
    CHOICE = "choice"
    DICT = "dict"
    CALLABLE = "callable"
    CLASS = "class"
    ACCOUNT = "account"
    """User or group, by name or number."""
    ANY = "any"


class Arity(StrEnum):
    """
    What a flag of the command line takes.
    """

    ONE = "one"
    APPEND = "append"
    """One value, and the flag may be repeated to give a list."""
    ON = "on"
    """No value: the flag means true."""
    OFF = "off"
    """No value: the flag means false."""
    MAYBE = "maybe"
    """One value or none."""


class Form(Struct, frozen=True):
    """
    What a setting is like from one release on.
    """

    since: Version
    kind: Kind
    arity: Arity
    default: Any
    """Plain data; None when not set, or when gunicorn takes it from the machine it runs on."""
    choices: tuple[str, ...] = ()


class GunicornSetting(Struct, frozen=True):
    """
    One setting under its name in a configuration file.
    """

    name: str
    section: str
    flags: tuple[str, ...]
    """As on the command line of the newest release; empty when a file is the only place."""
    since: Version
    """First release that has it; 20.0 is the oldest one looked at."""
    until: Version | None
    """Last release that has it, None for those of today."""
    variable: str
    """Environment variable that replaces the default, or empty."""
    forms: tuple[Form, ...]
    """Oldest first."""

    def form(self, version: Version | None = None) -> Form | None:
        """
        Its form in a release, None when that release does not have it. None is the newest.
        """
        wanted = _minor(version or latest())
        if wanted < self.since and self.since > oldest():
            return None
        if self.until is not None and wanted > self.until:
            return None
        fitting = [form for form in self.forms if form.since <= wanted]
        return fitting[-1] if fitting else self.forms[0]


def settings() -> Mapping[str, GunicornSetting]:
    """
    Every setting of any release by name, in gunicorn's own order.
    """
    return _load()[1]


def find(name: str) -> GunicornSetting | None:
    """
    The setting of exactly this name; gunicorn is case-sensitive about names in a file.
    """
    return settings().get(name)


def by_flag(flag: str) -> GunicornSetting | None:
    """
    The setting behind a flag as written in full: ``--workers``, ``-w``.
    """
    return flags().get(flag)


@cache
def flags() -> Mapping[str, GunicornSetting]:
    """
    Every flag of the command line and its setting.
    """
    return {flag: setting for setting in settings().values() for flag in setting.flags}


def defaults(version: Version | None = None) -> dict[str, Any]:
    """
    Defaults of one release by name, without the influence of environment variables.
    """
    forms = {name: setting.form(version) for name, setting in settings().items()}
    return {name: form.default for name, form in forms.items() if form is not None}


def latest() -> Version:
    """
    The newest release the catalogue knows.
    """
    return _load()[0][-1]


def oldest() -> Version:
    """
    The oldest release the catalogue knows.
    """
    return _load()[0][0]


def suggest(name: str) -> str | None:
    """
    The setting that an unknown name of a configuration file most likely means, None when unsure.

    A name means a setting when it is a flag's name (``log_level``), the setting in other letters
    (``Keep_Alive``), or off by one slip, two from eight letters on.
    """
    if name in settings() or name.startswith("_"):
        return None
    folded = _fold(name)
    same = _folded_names().get(folded)
    if same is not None:
        return same
    reach = 2 if len(folded) >= 8 else 1
    if len(folded) < 5:
        return None
    near = sorted(_neighbours(folded, reach))
    if not near or (len(near) > 1 and near[0][0] == near[1][0]):
        return None
    return near[0][1]


def _neighbours(folded: str, reach: int) -> Iterator[tuple[int, str]]:
    letters = set(folded)
    for other, name in _folded_settings():
        # A slip changes at most two of the letters in use: most settings need no closer look.
        if abs(len(other) - len(folded)) <= reach and len(letters ^ set(other)) <= 2 * reach:
            distance = slips(folded, other)
            if distance <= reach:
                yield distance, name


@cache
def _folded_settings() -> tuple[tuple[str, str], ...]:
    return tuple((_fold(name), name) for name in settings() if len(name) >= 5)


def slips(left: str, right: str) -> int:
    """
    Letters added, dropped, replaced or swapped with their neighbour between two words.

    Optimal string alignment distance; stops counting at 3.
    """
    if abs(len(left) - len(right)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            swapped = i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b
            row.append(min(cost, last[j - 2] + 1) if swapped else cost)
    return min(row[-1], 3)


@cache
def _folded_names() -> Mapping[str, str]:
    by_name = {_fold(name): name for name in settings()}
    by_long_flag = {
        _fold(flag.removeprefix("--")): setting.name
        for flag, setting in flags().items()
        if flag.startswith("--") and setting.forms[-1].arity is not Arity.OFF
    }
    return {**by_long_flag, **by_name}


def _fold(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


@cache
def _load() -> tuple[tuple[Version, ...], Mapping[str, GunicornSetting]]:
    raw = json.loads(Path(__file__).with_name("gunicorn.json").read_text("utf-8"))
    versions = tuple(_version(text) for text in raw["versions"])
    return versions, {name: _setting(name, entry) for name, entry in raw["settings"].items()}


def _setting(name: str, entry: Mapping[str, Any]) -> GunicornSetting:
    return GunicornSetting(
        name=name,
        section=entry["section"],
        flags=tuple(entry["flags"]),
        since=_version(entry["since"]),
        until=_version(entry["until"]) if "until" in entry else None,
        variable=entry.get("variable", ""),
        forms=tuple(_form(form) for form in entry["forms"]),
    )


def _form(entry: Mapping[str, Any]) -> Form:
    return Form(
        since=_version(entry["since"]),
        kind=Kind(entry["kind"]),
        arity=Arity(entry["arity"]),
        default=entry["default"],
        choices=tuple(entry.get("choices", ())),
    )


def _version(text: str) -> Version:
    return tuple(int(part) for part in text.split("."))


def _minor(version: Version) -> Version:
    return (*version, 0)[:2]
