"""
Conditions as EXPLAIN deparses them: conjuncts, operators, sides.
"""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.plans import scan
from advisor.plans.conditions import Predicate, conjuncts, predicates
from advisor.plans.sides import side


def one(condition: str) -> Predicate:
    (found,) = predicates(condition)
    return found


@pytest.mark.parametrize(
    ("condition", "kind", "expression", "operator", "operand"),
    [
        (
            "((category)::text = 'firmware'::text)",
            "eq",
            "(category)::text",
            "=",
            "'firmware'::text",
        ),
        ("(t.id = 7)", "eq", "t.id", "=", "7"),
        ("(5 < id)", "range", "id", ">", "5"),
        ("(7 = id)", "eq", "id", "=", "7"),
        ("(id >= $1)", "range", "id", ">=", "$1"),
        ("(id = (InitPlan 1).col1)", "eq", "id", "=", "(InitPlan 1).col1"),
        ("(created_at >= (now() - '1 day'::interval))", "range", "created_at", ">=", None),
        ("(id = ANY ('{5,7}'::integer[]))", "in", "id", "= ANY", "'{5,7}'::integer[]"),
        ("((c)::text = ANY ('{a,\"b )\"}'::text[]))", "in", "(c)::text", "= ANY", None),
        ("(id <> ALL ('{5}'::integer[]))", "other", "id", "<> ALL", "'{5}'::integer[]"),
        ("(deleted_at IS NULL)", "is_null", "deleted_at", "IS NULL", ""),
        ("(deleted_at IS NOT NULL)", "other", "deleted_at", "IS NOT NULL", ""),
        ("((c)::text IS DISTINCT FROM 'x'::text)", "other", "(c)::text", None, ""),
        ("active", "eq", "active", "=", "true"),
        ("(NOT t.active)", "eq", "t.active", "=", "false"),
        ("(NOT (a = 1))", "other", "NOT (a = 1)", "", ""),
        ("((name)::text ~~ 'abc%'::text)", "like", "(name)::text", "~~", "'abc%'::text"),
        ("((name)::text !~~ 'abc%'::text)", "other", "(name)::text", "!~~", "'abc%'::text"),
        ("(lower(email) = 'x'::text)", "eq", "lower(email)", "=", "'x'::text"),
        ("((doc ->> 'k'::text) = '3'::text)", "eq", "(doc ->> 'k'::text)", "=", "'3'::text"),
        ("(tags @> '{x}'::text[])", "other", "tags", "@>", "'{x}'::text[]"),
        ("((a = 1) OR (b = 2))", "other", "(a = 1)", "OR", "(b = 2)"),
        ("(x OPERATOR(public.=) y)", "other", "x", "OPERATOR", "(public.=) y"),
        ("(ANY (x = (hashed SubPlan 1).col1))", "other", None, "", ""),
        ("(hashed SubPlan 1)", "other", "hashed SubPlan 1", "", ""),
        ("false", "other", "false", "", ""),
        ("(ROW(a, b) > ROW(1, 2))", "range", "ROW(a, b)", ">", "ROW(1, 2)"),
        ("(\"Odd =\" = 'it''s ('::text)", "eq", '"Odd ="', "=", "'it''s ('::text"),
        ("((id)::numeric = 5.5)", "eq", "(id)::numeric", "=", "5.5"),
        ("(ts < 'now'::timestamp with time zone)", "range", "ts", "<", None),
    ],
)
def test_a_condition_is_taken_apart_verbatim(
    condition: str, kind: str, expression: str | None, operator: str | None, operand: str | None
) -> None:
    found = one(condition)
    assert found.kind == kind
    assert expression in (None, found.expression)
    assert operator in (None, found.operator)
    assert operand in (None, found.operand)


def test_conjuncts_are_split_outside_of_quotes_and_parentheses() -> None:
    condition = "((a = 'x AND y'::text) AND ((b = 1) OR ((c = 2) AND (d = 3))) AND (\"AND\" > 4))"
    assert conjuncts(condition) == (
        "a = 'x AND y'::text",
        "(b = 1) OR ((c = 2) AND (d = 3))",
        '"AND" > 4',
    )
    assert conjuncts("") == ()


@pytest.mark.parametrize(
    ("text", "column", "qualifier", "relabelled"),
    [
        ("created_at", "created_at", "", False),
        ("t.created_at", "created_at", "t", False),
        ('"My T"."Odd ""x"""', 'Odd "x"', "My T", False),
        ("(category)::text", "category", "", True),
        ("(t.category)::text", "category", "t", True),
        ("größe", "größe", "", False),
        ("(id)::numeric", "", "", False),
        ("lower(name)", "", "", False),
        ("'x'::text", "", "", False),
        ("true", "", "", False),
        ("CURRENT_DATE", "", "", False),
    ],
)
def test_columns_are_told_from_other_sides(
    text: str, column: str, qualifier: str, *, relabelled: bool
) -> None:
    found = side(text)
    assert (found.column, found.qualifier, found.relabelled) == (column, qualifier, relabelled)
    assert found.is_column is bool(column)


@pytest.mark.parametrize(
    ("text", "constant"),
    [
        ("'x'::character varying(20)", True),
        ("-5", True),
        ("$12", True),
        ("(now() - '1 day'::interval)", True),
        ("date_trunc('day'::text, now())", True),
        ("CURRENT_DATE", True),
        ("'{1,2}'::integer[]", True),
        ("(InitPlan 1).col1", True),
        ("clock_timestamp()", False),
        ("random()", False),
        ("my_schema.my_function(1)", False),
        ("(t.id + 1)", False),
        ("(SubPlan 3)", False),
        ("a *** b", False),
        ("(SELECT 1)", False),
        ("f(((", False),
        ("(" * 40 + "now()" + ")" * 40, False),
        ("concat('" + "x" * 5_000 + "', now())", False),
    ],
)
def test_only_what_is_surely_constant_is_constant(text: str, *, constant: bool) -> None:
    assert side(text).is_constant is constant


def test_functions_keep_the_names_of_the_plan() -> None:
    found = side("date_part('year'::text, (substr(a.b, 1, 2))::character(3))")
    assert found.functions == {"date_part", "substr"}
    assert found.qualifiers == {"a"}


def test_only_symmetric_operators_can_be_turned() -> None:
    turned = one("(a.x <= b.y)").turned()
    assert turned is not None
    assert (turned.expression, turned.operator, turned.operand) == ("b.y", ">=", "a.x")
    assert one("(a ~~ b)").turned() is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("((a))", "a"), ("(a) AND (b)", "(a) AND (b)"), ("('(')", "'('"), ("()", ""), ("(a", "(a")],
)
def test_outer_parentheses_come_off(text: str, expected: str) -> None:
    assert scan.strip_parentheses(text) == expected


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("Filter: (a = 'x", True),
        ("Filter: (a = 'x'", True),
        ("Filter: (a = 'it''s (')", False),
        ('Output: "odd', True),
        ("Filter: (note = '5\" disk')", False),
        ("Filter: (note = '(')", False),
        ("", False),
    ],
)
def test_what_is_left_open_is_noticed(text: str, *, is_open: bool) -> None:
    assert scan.is_open(text) is is_open


WORDS = " AND | OR |::text|NOT | IS NULL|ANY (|ROW(|SubPlan 1|(InitPlan 1).col1|E'\\\\'|now()|CASE "
ALPHABET = st.sampled_from([*"()'\"=<>~!-+*/$.,: abx1", *WORDS.split("|"), " COLLATE "])


@settings(max_examples=500, deadline=None)
@given(st.lists(ALPHABET, max_size=25).map("".join) | st.text())
def test_hostile_conditions_never_raise(text: str) -> None:
    for found in predicates(text):
        assert found.kind in ("eq", "in", "range", "like", "is_null", "other")
    scan.split(text, ",")


@pytest.mark.parametrize(
    "text", ["(" * 50_000, "(a = 1) AND " * 20_000, "a" * 200_000, "'" * 99_999]
)
def test_hostile_conditions_take_linear_time(text: str) -> None:
    start = time.process_time()
    predicates(text)
    assert time.process_time() - start < 5
