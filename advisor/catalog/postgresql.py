"""
PostgreSQL's settings, version by version, and what a server makes of their values.

The data stands in ``postgresql.json`` (built by ``tools/build_postgresql_catalog.py``) and is read
when it is first asked for.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from advisor.catalog._postgresql_types import Canonical, Guc, Rejection, Removed
from advisor.catalog._postgresql_values import canonical
from advisor.suggest import closest

__all__ = [
    "MAJORS",
    "QUOTED_LISTS",
    "Canonical",
    "Guc",
    "Rejection",
    "Removed",
    "canonical",
    "canonical_name",
    "default",
    "find",
    "majors_of",
    "names",
    "newest",
    "removed",
    "suggest",
]

MAJORS: tuple[int, ...] = (10, 11, 12, 13, 14, 15, 16, 17, 18)
"""The major versions the catalogue knows."""

QUOTED_LISTS = frozenset(
    {
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "temp_tablespaces",
        "unix_socket_directories",
    }
)
"""
Lists of names. In ``ALTER SYSTEM`` each item is a literal of its own: one literal with commas in it
would be taken for a single name. Source: ``GUC_LIST_QUOTE`` in the server; a test asks it.
"""


def find(name: str, major: int) -> Guc | None:
    """
    The setting of this name, in any case and by any old name the major still accepts.

    None when the server does not know it; names with a dot may still be accepted as placeholders
    of an extension.
    """
    return _find(name.lower(), major)


def removed(name: str) -> Removed | None:
    """
    What became of a name that servers knew once, None when it was never heard of or never left.
    """
    entry = _catalogue()["removed"].get(name.lower())
    return Removed(name.lower(), *entry) if entry else None


def suggest(name: str, major: int) -> str | None:
    """
    The name that was probably meant: the successor of a removed one, else the most similar.
    """
    gone = removed(name)
    if gone and gone.successor and find(gone.successor, major):
        return gone.successor
    return closest(name, names(major))


def majors_of(name: str) -> tuple[int, ...]:
    """
    The majors that know this name, oldest first.
    """
    return tuple(major for major in MAJORS if find(name, major))


def names(major: int) -> tuple[str, ...]:
    """
    All settings of a major, contrib modules included, in the server's spelling and order.
    """
    return tuple(
        name
        for name, entry in _catalogue()["settings"].items()
        if entry["majors"][0] <= major <= entry["majors"][1]
    )


def default(name: str, major: int) -> Canonical | None:
    """
    The value when nobody sets it; None when that depends on the build, the cluster or the host.

    This is what a server uses for a setting its files do not mention; the file that initdb writes
    mentions some, with other values (``shared_buffers = 128MB``).
    """
    guc = find(name, major)
    if guc is None or guc.default is None:
        return None
    return _default(guc, major)


def newest(name: str, raw: str) -> Canonical | None:
    """
    A value as the newest major that knows the setting takes it, None when that refuses it.
    """
    majors = majors_of(name)
    guc = find(name, majors[-1]) if majors else None
    value = canonical(guc, raw, majors[-1]) if guc else None
    return value if isinstance(value, Canonical) else None


def canonical_name(name: str) -> str:
    """
    Lower case, and today's name for old ones that every major accepts (``sort_mem``).
    """
    lowered = name.lower()
    since, target = _catalogue()["aliases"].get(lowered, (0, ""))
    return target if target and since <= MAJORS[0] else lowered


@functools.cache
def _catalogue() -> dict[str, Any]:
    # importlib.resources would take longer to import than the data to read.
    text = Path(__file__).with_suffix(".json").read_text("utf-8")
    catalogue: dict[str, Any] = json.loads(text)
    catalogue["spelling"] = {name.lower(): name for name in catalogue["settings"]}
    return catalogue


@functools.cache
def _find(name: str, major: int) -> Guc | None:
    catalogue = _catalogue()
    since, target = catalogue["aliases"].get(name, (0, ""))
    spelling = catalogue["spelling"].get(target if target and since <= major else name, "")
    entry = catalogue["settings"].get(spelling)
    if entry is None or not entry["majors"][0] <= major <= entry["majors"][1]:
        return None
    at = {key: _at(attribute, major) for key, attribute in entry.items()}
    return Guc(
        name=spelling,
        vartype=at["type"],
        unit=at.get("unit") or "",
        minimum=at.get("min"),
        maximum=at.get("max"),
        members=tuple(at.get("members") or ()),
        build_members=tuple(at.get("build") or ()),
        hidden=tuple((word, printed) for word, printed in at.get("hidden") or ()),
        context=at["context"],
        default=at.get("default"),
        category=at.get("category") or "",
    )


def _at(attribute: Any, major: int) -> Any:  # noqa: ANN401 - JSON
    """
    An attribute in one major: a plain value, or the last of ``{"<since major>": value, …}``.
    """
    if not isinstance(attribute, dict):
        return attribute
    since = max((start for start in map(int, attribute) if start <= major), default=None)
    return None if since is None else attribute[str(since)]


def _default(guc: Guc, major: int) -> Canonical | None:
    if guc.context == "internal" or guc.vartype == "string":
        guc = replace(guc, context="user")
    value = canonical(guc, guc.default or "", major)
    return value if isinstance(value, Canonical) else None
