"""
What makes a changed setting take effect, where the program's catalogue knows better than a rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.catalog import postgresql as catalog
from advisor.model import Apply, Value
from advisor.model.subject import Fact
from advisor.rules.known import ABSENT

_POSTGRESQL = "postgresql"
_ORDER = (Apply.NONE, Apply.RELOAD, Apply.RESTART, Apply.REBUILD)


def apply_of(said: Apply, settings: Sequence[tuple[str, str]], facts: Mapping[str, Fact]) -> Apply:
    """
    The least that makes all `settings`, pairs of program and name, take effect.

    `said` is what the rule says. Settings of PostgreSQL follow their context: ``postmaster`` needs
    a restart, every other one a reload (``context`` of pg_settings).
    """
    programs = {program for program, _ in settings}
    if _POSTGRESQL not in programs:
        return said
    needed = _of_postgresql([name for program, name in settings if program == _POSTGRESQL], facts)
    return needed if len(programs) == 1 else max(said, needed, key=_ORDER.index)


def apply_of_line(said: Apply, facts: Mapping[str, Fact]) -> Apply:
    """
    What a corrected line of PostgreSQL's configuration needs, which may be more than was `said`.
    """
    name = facts.get("setting.name", ABSENT)
    if not isinstance(name, Value):
        return said
    return max(said, _of_postgresql([str(name.value)], facts), key=_ORDER.index)


def _of_postgresql(names: Sequence[str], facts: Mapping[str, Fact]) -> Apply:
    """
    Without a known version the strictest one decides: contexts change between versions.
    """
    settings = (catalog.find(name, major) for name in names for major in _majors(facts))
    restart = any(one is not None and one.context == "postmaster" for one in settings)
    return Apply.RESTART if restart else Apply.RELOAD


def _majors(facts: Mapping[str, Fact]) -> tuple[int, ...]:
    fact = facts.get("pg.major", ABSENT)
    major = fact.value if isinstance(fact, Value) else None
    return (major,) if isinstance(major, int) and major in catalog.MAJORS else catalog.MAJORS
