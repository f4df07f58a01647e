"""
What a configuration forbids the planner, and what it makes every statement measure.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.catalog import postgresql as catalog
from advisor.deployment.model import Database
from advisor.facts._postgresql_repeats import libraries
from advisor.facts.common import computed
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.postgresql import Effective

_SWITCH = "enable_"
_OFF_BY_DEFAULT = frozenset({"enable_partitionwise_aggregate", "enable_partitionwise_join"})
_SUPPORTED = frozenset(major for major in catalog.MAJORS if major >= 12)
_EXPLAIN = "auto_explain"
_PRELOADING = (
    "shared_preload_libraries",
    "session_preload_libraries",
    "local_preload_libraries",
)
_MOST = 0.5
"""Sample rate from which on most statements are timed."""


def planner_facts(database: Database) -> dict[str, Fact]:
    """
    Facts under ``pg.``: methods that are switched off, statements that are timed node by node.
    """
    settings = database.document.settings
    off = [one for name, one in settings.items() if _is_switched_off(name, one)]
    everywhere = all(_in_every_version(one.name) for one in off) and not _is_old(database)
    return {
        "pg.switched_off": Value(
            tuple(one.name for one in off), Origin.EVALUATED, _first_place(off)
        ),
        "pg.switch": Value(value=True if everywhere else None, origin=Origin.EVALUATED),
        "pg.timed_statements": _timed(settings),
    }


def _is_switched_off(name: str, one: Effective) -> bool:
    if not name.startswith(_SWITCH) or name in _OFF_BY_DEFAULT or one.placeholder:
        return False
    return _value(one) is False


def _is_old(database: Database) -> bool:
    major = database.major
    return isinstance(major, Value) and major.value not in _SUPPORTED


def _in_every_version(name: str) -> bool:
    return _SUPPORTED.issubset(catalog.majors_of(name))


def _first_place(settings: list[Effective]) -> Location | None:
    return settings[0].location if settings else None


def _value(one: Effective) -> bool | float | str | None:
    """
    What the newest version that knows the setting makes of it, None when it refuses the value.
    """
    value = catalog.newest(one.name, one.raw)
    return value.value if value is not None else None


def _timed(settings: Mapping[str, Effective]) -> Fact:
    """
    Whether auto_explain reads the clock at every node: of no, ``some`` or ``most`` statements.

    With log_analyze it does so for every sampled statement, also for those that turn out too fast
    to be logged (documentation of ``auto_explain.log_analyze``).
    """
    own = {
        name.partition(".")[2]: one
        for name, one in settings.items()
        if name.startswith(f"{_EXPLAIN}.")
    }
    analyze = own.get("log_analyze")
    if analyze is None or not _is_loaded(settings):
        return computed("none")
    if any(one.placeholder for one in own.values()):
        return Unknown("a template fills its value in", analyze.value_location)
    on = _value(analyze) is True and _number(own, "log_min_duration", -1) >= 0
    if not on or ("log_timing" in own and _value(own["log_timing"]) is not True):
        return computed("none")
    rate = _number(own, "sample_rate", 1)
    kind = "most" if rate >= _MOST else "some" if rate else "none"
    return Value(kind, Origin.EVALUATED, analyze.location)


def _is_loaded(settings: Mapping[str, Effective]) -> bool:
    lists = (settings[name] for name in _PRELOADING if name in settings)
    return any(_EXPLAIN in libraries(one.raw) for one in lists)


def _number(own: Mapping[str, Effective], name: str, default: float) -> float:
    value = _value(own[name]) if name in own else default
    return value if isinstance(value, (int, float)) else default
