from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from advisor.lab.planner import Note
from advisor.lab.result import Chosen, Dropped, LabAdvice, QueryCost, Unverified, Writes
from advisor.report.indexes import FORMATS, render, schema

DATA = Path(__file__).parents[1] / "data" / "indexes"
ADVICE = LabAdvice(
    queries=[
        QueryCost("q.sql:1", "SELECT 1", 10, 0.7, 1_000.0, 10.0, ["idx_t_a"]),
        QueryCost("q.sql:3", "SELECT 2", 1, 0.3, 50.0, 50.0, []),
    ],
    chosen=[
        Chosen(
            "idx_t_a",
            "public.t",
            "CREATE INDEX CONCURRENTLY idx_t_a ON public.t (a);",
            "DROP INDEX CONCURRENTLY IF EXISTS public.idx_t_a;",
            1_048_576,
            50.5,
            ["q.sql:1"],
            ["size: width of a key"],
        ),
        Chosen(
            "idx_t_b",
            "public.t",
            "CREATE INDEX CONCURRENTLY idx_t_b ON public.t (b);",
            "DROP INDEX CONCURRENTLY IF EXISTS public.idx_t_b;",
            8_192,
            1.5,
            ["q.sql:3"],
        ),
    ],
    dropped=[
        Dropped(
            "old",
            "public.t",
            "DROP INDEX CONCURRENTLY IF EXISTS public.old;",
            "CREATE INDEX old ON public.t USING btree (a);",
            "redundant: idx_t_a does its work",
            2_097_152,
        )
    ],
    unverified=[Unverified("statement q.sql:9", "function own(integer) does not exist")],
    writes=[Writes("public.t", 2, 3, 100.0, None)],
    notes=[Note("version", "the lab plans as PostgreSQL 18; a plan of 15 may differ")],
    candidates=7,
    planner_calls=21,
    seconds=1.25,
)
EMPTY = LabAdvice([], [], [], [], [], [], 0, 0, 0.0)


@pytest.mark.parametrize("form", FORMATS)
def test_the_whole_output(form: str) -> None:
    suffix = {"markdown": "md"}.get(form, form)

    assert render(form, ADVICE) == (DATA / f"advice.{suffix}").read_text("utf-8")


@pytest.mark.parametrize("advice", [ADVICE, EMPTY])
def test_json_is_what_its_schema_says(advice: LabAdvice) -> None:
    jsonschema.validate(json.loads(render("json", advice)), schema())


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_says_that_costs_are_no_times(form: str) -> None:
    assert "planner cost, not time" in render(form, EMPTY)


def test_sql_runs_as_it_is() -> None:
    """Everything but statements is a comment."""
    lines = [one for one in render("sql", ADVICE).split("\n") if one and not one.startswith("--")]

    assert [line.split()[0] for line in lines] == ["CREATE", "CREATE", "DROP"]
