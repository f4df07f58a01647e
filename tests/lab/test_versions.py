"""What the lab does that an older server does not."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.lab.record import Column, Index, Record, Source, Table
from advisor.lab.versions import differences, skipped

RECORD = Record(
    server=Source(major=15),
    tables=(Table(name="t"),),
    columns=(Column(table="t", name="a"), Column(table="t", name="b")),
    indexes=(
        Index(table="t", name="t_a_b", columns=("a", "b")),
        Index(table="t", name="t_expression", columns=(None, "b")),
    ),
    extensions=({"name": "plpgsql"}, {"name": "postgis"}),
)


def plan(index: str, condition: str) -> dict[str, Any]:
    scan = {"Node Type": "Index Scan", "Index Name": index, "Index Cond": condition}
    return {"Node Type": "Limit", "Plans": [scan]}


@pytest.mark.parametrize(
    ("index", "condition", "found"),
    [
        ("t_a_b", "(t.b = 1)", {"t_a_b"}),
        ("t_a_b", "((t.a = 1) AND (t.b = 1))", set[str]()),
        ("t_a_b", "(t.a_b = 1)", {"t_a_b"}),
        ("t_expression", "(t.b = 1)", set[str]()),
        ("unknown", "(t.b = 1)", set[str]()),
        ("t_a_b", "", set[str]()),
    ],
)
def test_an_index_searched_without_its_first_key(
    index: str, condition: str, found: set[str]
) -> None:
    assert skipped(plan(index, condition), RECORD) == found


def test_differences_are_named() -> None:
    said = dict(differences(RECORD))

    assert said["version"] == "the lab plans as PostgreSQL 18; a plan of 15 may differ"
    assert "extension postgis" in said
    assert "extension plpgsql" not in said
    assert "statistics" in said
