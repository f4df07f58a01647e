"""
Settings that are written more than once: who wins, and what is lost.

Source: "Setting Parameters" (config-setting.html): the last line counts, after includes are put in
place; postgresql.auto.conf comes after all of them, the command line after that.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Canonical
from advisor.deployment.model import Database
from advisor.facts.common import computed
from advisor.model import Origin, Value
from advisor.model.subject import Fact
from advisor.parsers.postgresql import Assignment
from advisor.parsers.redaction import MASK

PRELOADED = "shared_preload_libraries"
_AUTO_CONF = "postgresql.auto.conf"
_SHOWN = 5
"""Overridden lines that are named; more would not be read."""
_LONGEST = 60
"""Characters of a value that are shown."""
_INITDB = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "max_wal_size": "1GB",
    "min_wal_size": "80MB",
    "dynamic_shared_memory_type": "posix",
}
"""What initdb writes without a comment sign, where the build or the host does not decide it."""

NOT_REPEATED: dict[str, Fact] = {
    "setting.repeat": computed("none"),
    "setting.winner": computed(""),
    "setting.stock": computed(False),
    "setting.stock_lost": computed(False),
    "setting.loser": computed(""),
    "setting.losers": Value((), Origin.EVALUATED),
    "setting.lost_libraries": Value((), Origin.EVALUATED),
}


def repeat_facts(winner: Assignment, database: Database, major: int) -> dict[str, Fact]:
    """
    Facts about the lines that a winning line overrides, for a server of version `major`.

    Values that a template fills in, or that hold a secret, are not compared.
    """
    losers = list(_losers(winner, database))
    compared = [winner, *losers]
    if not losers or any(one.placeholder or MASK in one.raw for one in compared):
        return NOT_REPEATED
    meant = _meaning(winner, major)
    different = [one for one in losers if _meaning(one, major) != meant]
    first = (different or losers)[-1]
    return {
        "setting.repeat": computed("different" if different else "equal"),
        "setting.winner": computed(_place(winner, losers, database)),
        "setting.stock": computed(_is_stock(winner, major)),
        "setting.stock_lost": computed(all(_is_stock(one, major) for one in losers)),
        "setting.loser": Value(first.raw, Origin.LITERAL, first.value_location),
        "setting.losers": Value(tuple(map(_shown, losers[-_SHOWN:])), Origin.EVALUATED),
        "setting.lost_libraries": Value(_lost_libraries(winner, losers), Origin.EVALUATED),
    }


def libraries(raw: str) -> tuple[str, ...]:
    """
    Names in a list of libraries, without folder and suffix: ``'$libdir/auto_explain, citus'``.
    """
    words = (word.strip(' \t"') for word in raw.split(","))
    return tuple(posixpath.basename(word).removesuffix(".so") for word in words if word)


def _losers(winner: Assignment, database: Database) -> Iterator[Assignment]:
    """
    Overridden lines; a file that is read twice does not override itself.
    """
    effective = database.document.settings[catalog.canonical_name(winner.name)]
    in_files = winner.location.path in database.document.files
    for one in effective.lost:
        if not (in_files and one.location == winner.location):
            yield one


def _meaning(one: Assignment, major: int) -> str:
    guc = catalog.find(one.name, major)
    value = catalog.canonical(guc, one.raw, major) if guc else None
    return value.text if isinstance(value, Canonical) else one.raw.strip()


def _is_stock(one: Assignment, major: int) -> bool:
    """
    Whether this is the built-in default, or what initdb writes.
    """
    guc = catalog.find(one.name, major)
    if guc is None:
        return False
    default = catalog.default(guc.name, major)
    stock = {default.text} if default else set()
    written = _INITDB.get(guc.name)
    value = catalog.canonical(guc, written, major) if written else None
    if isinstance(value, Canonical):
        stock.add(value.text)
    return _meaning(one, major) in stock


def _place(winner: Assignment, losers: Sequence[Assignment], database: Database) -> str:
    path, files = winner.location.path, database.document.files
    if path not in files:
        return "command"
    if posixpath.basename(path) == _AUTO_CONF:
        return "auto"
    if any(one.location.path == path for one in losers):
        return "same"
    return "main" if path == files[0] else "include"


def _shown(one: Assignment) -> str:
    value = one.raw if len(one.raw) <= _LONGEST else f"{one.raw[:_LONGEST]}…"
    return f"{value or repr('')} ({one.location})"


def _lost_libraries(winner: Assignment, losers: Sequence[Assignment]) -> tuple[str, ...]:
    if catalog.canonical_name(winner.name) != PRELOADED:
        return ()
    kept = set(libraries(winner.raw))
    lost = (name for one in losers for name in libraries(one.raw) if name not in kept)
    return tuple(dict.fromkeys(lost))[:_SHOWN]
