"""Facts of running servers: the traps behind the numbers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.facts.collect import collect
from advisor.facts.namespaces import scope_of
from advisor.model import Unknown, Value
from advisor.parsers.snapshot import SECTIONS
from advisor.rules.judge import Judge
from advisor.rules.loader import load_folder
from advisor.rules.rule import from_data
from tests.support.snapshots import deployment, setting, snapshot, subjects

RULES = Path(__file__).parents[2] / "rules" / "live"
FILE = "snapshot.json"
AUTOVACUUM = [
    setting("autovacuum_vacuum_threshold", "50"),
    setting("autovacuum_vacuum_scale_factor", "0.2"),
]


def only(target: str, server: Mapping[str, Any] | None = None, **sections: Any) -> Any:  # noqa: ANN401 - facts
    """
    The facts of the only subject.
    """
    (found,) = subjects({FILE: snapshot(server, **sections)}, target)
    return found.facts


def value(facts: Mapping[str, Any], name: str) -> object:
    fact = facts[name]
    assert isinstance(fact, Value), (name, fact)
    return fact.value


@pytest.mark.parametrize(
    ("target", "section", "row"),
    [
        ("live", "settings", {"name": "work_mem"}),
        ("live.db", "databases", {"name": "shop"}),
        ("live.table", "tables", {"name": "t"}),
        ("live.db_index", "indexes", {"table": "t", "name": "i"}),
        ("live.sequence", "sequences", {"name": "s", "max": 5}),
        ("live.slot", "slots", {"name": "s"}),
        ("live.standby", "replication", {"name": "s"}),
        ("live.transaction", "long_sessions", {}),
        ("live.transaction", "prepared", {}),
        ("live.subscription", "subscriptions", {"name": "s"}),
        ("live.statement", "statements", {"query": "SELECT 1"}),
    ],
)
def test_a_row_that_says_nothing_still_has_every_fact(
    target: str, section: str, row: Mapping[str, object]
) -> None:
    """Versions and privileges leave out columns: then facts are unknown, and never missing."""
    (found,) = subjects({FILE: snapshot(None, **{section: [row]})}, target)
    assert set(found.facts) == set(scope_of(target))


@pytest.mark.parametrize(
    ("server", "row", "age"),
    [
        ({}, {"stats_reset": "2026-05-30T00:00:00Z"}, 2 * 86400.0),
        ({"started_at": "2026-05-31T00:00:00Z"}, {}, 86400.0),
        ({"collected_at": "2026-05-01T00:00:00Z"}, {"stats_reset": "2026-06-01T00:00:00Z"}, 0.0),
    ],
)
def test_how_long_was_counted(
    server: Mapping[str, object], row: Mapping[str, object], age: float
) -> None:
    """Without a reset nothing older than the start is sure: a crash forgets all counters."""
    facts = only("live.db", server, databases=[{"name": "shop", **row}])
    assert value(facts, "db.age") == age


_ODD = st.sampled_from([0, 1, -1, 10**18, -(10**18), 0.5, 1e300, "", "x", "-1", "nan", True, []])
_WORDS = st.sampled_from(["2026-06-01", "2026-06-01T00:00:00", "infinity", "0001-01-01T00:00:00Z"])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_value_makes_facts_or_rules_crash(data: st.DataObject) -> None:
    """Whoever edits a snapshot gets problems and unknown facts, and never a traceback."""
    name = data.draw(st.sampled_from(sorted(SECTIONS)))
    kind = SECTIONS[name]
    row = {"name": "x", "table": "t", "max": 9, "query": "SELECT 1", "section": "a", "files": 1}
    row |= {"what": "b", "reason": "c", "timed": 1, "requested": 2}
    fields = data.draw(st.lists(st.sampled_from(kind.__struct_fields__), max_size=6))
    odd: dict[str, Any] = {**row, **{one: data.draw(_ODD | _WORDS) for one in fields}}
    server = {one: data.draw(_WORDS) for one in data.draw(st.sets(st.sampled_from(_MOMENTS)))}
    sections: dict[str, Any] = {name: [odd], "settings": AUTOVACUUM}
    text = snapshot(server, **sections)
    outcomes = [
        judge.judge(one)
        for one in collect(deployment({FILE: text}))
        for judge in judges()
        if judge.rule.target == one.target
    ]
    assert outcomes


_MOMENTS = ("collected_at", "started_at", "loaded_at")


@cache
def judges() -> tuple[Judge, ...]:
    """All rules for running servers."""
    return tuple(Judge(from_data(data)) for data in load_folder(RULES))


def test_rates_need_a_day() -> None:
    row = {"name": "shop", "deadlocks": 9, "stats_reset": "2026-05-31T20:00:00Z"}
    assert isinstance(only("live.db", databases=[row])["db.deadlocks_per_day"], Unknown)


@pytest.mark.parametrize(
    ("row", "used", "left"),
    [
        ({"max": 100, "last_value": 50}, 49 / 99, 50),
        ({"max": 100, "last_value": 100}, 1.0, 0),
        (
            {"max": 2**63 - 1, "column": "a", "column_type": "smallint", "last_value": 2**15 - 1},
            1,
            0,
        ),
        ({"min": -100, "max": -1, "increment": -1, "last_value": -100}, 1.0, 0),
        ({"min": 0, "max": 100, "increment": 10, "last_value": 50}, 49 / 99, 5),
    ],
)
def test_how_much_of_a_sequence_is_used(row: Mapping[str, Any], used: float, left: int) -> None:
    facts = only("live.sequence", sequences=[{"name": "s", **row}])
    assert value(facts, "sequence.used") == pytest.approx(used)
    assert value(facts, "sequence.left") == left


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        ([], 250.0),
        (["autovacuum_vacuum_scale_factor=0.01"], 60.0),
        (["autovacuum_vacuum_threshold=1000"], 1200.0),
        (["autovacuum_vacuum_max_threshold=100"], 100.0),
        (["autovacuum_vacuum_threshold=many"], None),
    ],
)
def test_when_autovacuum_comes(options: list[str], limit: float | None) -> None:
    row = {"name": "t", "tuples": 1000, "options": options}
    fact = only("live.table", settings=AUTOVACUUM, tables=[row])["table.dead_limit"]
    assert (fact.value if isinstance(fact, Value) else None) == limit


@pytest.mark.parametrize(
    ("more", "supports"),
    [
        ({"columns": ["a"]}, True),
        ({"columns": ["b", "a"], "keys": 2}, False),
        ({"columns": [None]}, False),
    ],
)
def test_indexes_that_deletes_elsewhere_need(more: Mapping[str, Any], supports: bool) -> None:  # noqa: FBT001 - a parameter
    keys = [{"table": "t", "name": "f", "columns": ["a"]}]
    facts = only("live.db_index", foreign_keys=keys, indexes=[{"table": "t", "name": "i", **more}])
    assert value(facts, "db_index.supports_key") is supports


def test_an_index_is_only_unused_where_all_its_users_are_seen() -> None:
    """Without the list of standbys nobody knows whether one of them uses it."""
    index = [{"table": "t", "name": "i"}]
    assert value(only("live.db_index", indexes=index), "db_index.standby")
    alone = only("live.db_index", indexes=index, replication=[], slots=[])
    assert not value(alone, "db_index.standby")


def test_an_index_is_never_called_bloated_for_its_width() -> None:
    """The estimate is an upper bound: wide columns, many nulls or expressions make none."""
    columns = [{"table": "t", "name": "a", "avg_width": 2000}]
    row = {"table": "t", "name": "i", "columns": ["a"], "tuples": 1000, "size": 2_000_000}
    assert value(only("live.db_index", columns=columns, indexes=[row]), "db_index.bloat") == 0
    expression = {**row, "columns": [None]}
    facts = only("live.db_index", columns=columns, indexes=[expression])
    assert isinstance(facts["db_index.bloat"], Unknown)


def test_what_is_hidden_is_unknown_and_not_nothing() -> None:
    facts = only("live", {"reads_statistics": False}, sessions=[], long_sessions=[])
    for name in ("live.idle_transactions", "live.unencrypted", "live.superusers"):
        assert isinstance(facts[name], Unknown)


@pytest.mark.parametrize(
    ("name", "written", "raw", "shown"),
    [
        ("work_mem", "16MB", "65536", "64 MB"),
        ("statement_timeout", "1s", "30000", "30 s"),
        ("random_page_cost", "1.1", "4", "4"),
        ("fsync", "on", "off", "off"),
        ("log_line_prefix", "'%m '", "", "empty"),
        ("statement_timeout", "1s", "0", "0 s"),
    ],
)
def test_drift_is_shown_as_people_write_it(name: str, written: str, raw: str, shown: str) -> None:
    files = {
        "postgresql.conf": f"{name} = {written}\n",
        FILE: snapshot(settings=[setting(name, raw)]),
    }
    (found,) = subjects(files, "live.drift")
    assert value(found.facts, "drift.server_value") == shown
