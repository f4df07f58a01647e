"""
The statement above a plan, in all the ways in which people keep it.
"""

from __future__ import annotations

import pytest

from advisor.plans.decoration import clean
from advisor.plans.statement import query_before, starts_statement, without_explain


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("EXPLAIN ANALYZE SELECT 1;", "SELECT 1"),
        ("explain (analyze, buffers, format text)\nselect *\nfrom t;\n", "select *\nfrom t"),
        ("EXPLAIN ANALYZE VERBOSE SELECT 1", "SELECT 1"),
        ("explain (select 1);", "(select 1)"),
        ("EXPLAIN (SELECT 1) UNION SELECT 2;", "(SELECT 1) UNION SELECT 2"),
        ("shop=# explain select 1;", "select 1"),
        ("shop=> explain select 1\nshop-> from t;", "select 1\nfrom t"),
        ("postgres=*# \\timing\npostgres=*# EXPLAIN SELECT 3;\n", "SELECT 3"),
        ("-- the slow one:\n-- SELECT 5\n-- FROM t;", "SELECT 5\nFROM t"),
        ("-- Query: SELECT 5;", "SELECT 5"),
        ("Query Text: SELECT 6", "SELECT 6"),
        ("SELECT 1;\nSELECT 2;", "SELECT 2"),
        ("SET work_mem = '1MB';\nEXPLAIN SELECT 1;\n", "SELECT 1"),
        ("SELECT 1;\n QUERY PLAN\n------\n", "SELECT 1"),
        ("\n\nHere is what I saw.\n", ""),
        ("", ""),
        ("update t set x = 1 where y;\n\n", "update t set x = 1 where y"),
        ("EXPLAIN EXECUTE q(1);", "EXECUTE q(1)"),
    ],
)
def test_the_query_is_found(text: str, query: str) -> None:
    assert query_before(clean(text)) == query


@pytest.mark.parametrize(
    "text", ["db=# select", "db=> ", "a.b@h/x=*# \\q", "EXPLAIN x", "explain x"]
)
def test_prompts_and_explain_end_a_plan(text: str) -> None:
    assert starts_statement(text)


@pytest.mark.parametrize(
    "text", ["->  Sort", "Filter: (a -> b)", "Settings: a = 'b'", "Sort Key: x"]
)
def test_lines_of_plans_do_not(text: str) -> None:
    assert not starts_statement(text)


@pytest.mark.parametrize("title", ["explain analyze:", "EXPLAIN analyze...result", "EXPLAIN"])
def test_a_title_is_no_statement(title: str) -> None:
    assert without_explain(title) == ""
