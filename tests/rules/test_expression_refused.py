"""
What does not compile: source, column, and what the author is told.
"""

from __future__ import annotations

import inspect
import sys

import pytest

from advisor.errors import ExpressionError
from advisor.facts.schema import BOOL, NUMBER, SHARE, SIZE, STRING, Type, list_of
from advisor.rules.expression import compile_expression
from tests.support.expressions import SCOPE

S = "upstream.servers"

REFUSED: list[tuple[str, int, str]] = [
    # text
    ("", 1, "the expression is empty"),
    (" \n ", 1, "the expression is empty"),
    ("1 +", 4, "this is not an expression"),
    ("workers = 9", 9, "this is not an expression; write '==' to compare"),
    ("pg.fsync && true", 11, "this is not an expression; write 'and', 'or'"),
    ("pg.shared_buffers > 8 GB", 23,
     "this is not an expression; write sizes and times like 8 * GB"),
    ("workers > 1 # many", 13, "comments are not allowed"),
    ("workers > 1 # many\n and false", 13, "comments are not allowed"),
    ("pg.wal_level == 'a\\n'", 19, "'\\' is not allowed"),
    ("workers == '\ud800'", 1, "the expression holds a character that is no text"),
    ("1" + " + 1" * 125, 501,
     "the expression has 501 characters, at most 500 are allowed; make part of it a derived fact"),
    ("not " * 120 + "true", 401, "the expression is nested too deeply"),
    ("-" * 499 + "1", 101, "the expression is nested too deeply"),
    # names
    ("pg.shared_bufers > 0", 1,
     "unknown fact 'pg.shared_bufers'; did you mean 'pg.shared_buffers'?"),
    ("pg.fsync and\n  pg.shared_bufers > 0", 16,
     "unknown fact 'pg.shared_bufers'; did you mean 'pg.shared_buffers'?"),
    ("\n  pg.fsync\n  and pg.sync", 19, "unknown fact 'pg.sync'; did you mean 'pg.fsync'?"),
    ("pg.wal_level == 'é' and pg.zzz", 25, "unknown fact 'pg.zzz'"),
    ("pg.fsync.__class__", 1, "unknown fact 'pg.fsync.__class__'; did you mean 'pg.fsync'?"),
    ("pg", 1, "unknown name 'pg'"),
    ("workers > 1 and pg.class", 17,
     "unknown fact 'pg.class'; did you mean 'pg.libraries'?"),
    ("(pg).fsync", 1, "unknown fact '(pg).fsync'; did you mean 'pg.fsync'?"),
    ("class == 1", 1, "this is not an expression"),
    ("worker > 2", 1, "unknown name 'worker'; did you mean 'workers'?"),
    ("8 * Gb", 5, "unknown name 'Gb'; did you mean 'GB'?"),
    ("len > 2", 1, "'len' is a function; write len(…)"),
    ("workers == None", 12, "there is no None; ask is_set(…) or known(…)"),
    ("workers == null", 12, "there is no None; ask is_set(…) or known(…)"),
    ("'a'.upper", 1, "only facts and loop variables have parts after a dot"),
    (f"any(x.max_failz == 0 for x in {S})", 5,
     "no field 'max_failz' on upstream_server; did you mean 'max_fails'?"),
    (f"any(x.__class__ == 0 for x in {S})", 5, "no field '__class__' on upstream_server"),
    ("any(x.name == 'a' for x in pg.libraries)", 5, "a string has no fields"),
    # types
    ("pg.shared_buffers < 8", 21, "cannot compare size with number; write 8 * GB"),
    ("8 > pg.shared_buffers", 1, "cannot compare number with size; write 8 * GB"),
    ("pg.statement_timeout > 30", 24, "cannot compare duration with number; write 30 * s"),
    ("pg.shared_buffers > workers", 21, "cannot compare size with number; write (workers) * GB"),
    ("pg.shared_buffers < '8GB'", 21, "cannot compare size with string; write it like 8 * GB"),
    ("pg.shared_buffers < 8 * s", 21, "cannot compare size with duration"),
    ("workers == '9'", 12, "cannot compare number with string"),
    ("workers == true", 12, "cannot compare number with bool"),
    ("1 < workers < pg.fsync", 15, "cannot compare number with bool"),
    ("pg.wal_level > 'a'", 16,
     "cannot order strings; only numbers, sizes, durations and versions have an order"),
    ("pg.fsync < true", 12,
     "cannot order bools; only numbers, sizes, durations and versions have an order"),
    ("pg.libraries == pg.libraries", 17, "cannot compare list of string with list of string"),
    (f"any(x == x for x in {S})", 10, "cannot compare upstream_server with upstream_server"),
    ("pg.version > '16.x'", 14, "'16.x' is no version; write it like '1.25.1'"),
    ("pg.version > ''", 14, "'' is no version; write it like '1.25.1'"),
    ("pg.version > 16", 14, "cannot compare version with number; write '16'"),
    ("pg.version == pg.wal_level", 15, "cannot compare version with string"),
    ("workers is 9", 12, "'is' is not allowed; write '==' or '!='"),
    ("workers + pg.work_mem", 1, "cannot compute number + size"),
    ("1 < 2 * workers + pg.work_mem", 5, "cannot compute number + size"),
    ("pg.work_mem * pg.work_mem", 1, "cannot compute size * size"),
    ("1 / pg.work_mem", 1, "cannot compute number / size"),
    ("'a' + 'b' == 'ab'", 1, "cannot compute string + string"),
    ("'a' * 9 == 'a'", 1, "cannot compute string * number"),
    ("'%9d' % 9 == 'a'", 1, "cannot compute string % number"),
    ("pg.libraries + pg.libraries", 1, "cannot compute list of string + list of string"),
    ("true + true", 1, "cannot compute bool + bool"),
    ("-pg.wal_level == 'a'", 1, "cannot compute -string"),
    ("pg.fsync and workers", 14, "expected a condition, got number; compare it with something"),
    ("not pg.wal_level", 5, "expected a condition, got string; compare it with something"),
    (f"any(x for x in {S})", 5, "expected a condition, got upstream_server"),
    (f"any(x.backup for x in {S} if x)", 43, "expected a condition, got upstream_server"),
    ("pg.fsync in 3", 13, "cannot look for bool in number"),
    ("3 in pg.libraries", 1, "cannot compare number with string"),
    ("pg.wal_level in ('a', 3)", 23, "cannot compare string with number"),
    ("pg.wal_level in ()", 17, "nothing is in an empty list"),
    ("1 in pg.ports == true", 1, "'in' cannot be part of a chain; join the parts with 'and'"),
    ("1 / 0", 1, "division by zero"),
    ("9 % (1 - 1)", 1, "division by zero"),
    ("9223372036854775809 > 1", 1, "the number is too large"),
    ("1e999 > 1", 1, "the number is too large"),
    (" * ".join(["9e18"] * 17), 1, "the number is too large"),
    ("1j == 1", 1, "only numbers, strings, true and false are allowed"),
    ("b'a' == 'a'", 1, "only numbers, strings, true and false are allowed"),
    # loops
    ("any(x > 1 for x in workers)", 20, "cannot go through number"),
    ("any(x > 1 for x in [1, 2])", 20, "a list of literals may only follow 'in'"),
    ("any(pg > 1 for pg in pg.ports)", 16, "'pg' is already the name of facts"),
    ("any(len > 1 for len in pg.ports)", 17, "'len' already has a meaning"),
    ("any(a == 1 for a, b in pg.ports)", 16, "the loop variable must be one name"),
    (f"any(any(x.size > 0 for x in x.zones) for x in {S})", 24,
     "'x' is already the variable of the outer loop"),
    ("any(a == b for a in pg.ports for b in pg.ports)", 34,
     "only one 'for' is allowed; put one function in another"),
    ("any(x > 1 async for x in pg.ports)", 21, "'async' is not allowed"),
    ("any(any(any(a > 1 for a in pg.ports) for b in pg.ports) for c in pg.ports)", 12,
     "more than 2 comprehensions inside each other"),
    ("any(pg.libraries)", 5,
     "any() takes a condition for each item; write <condition> for x in <list>"),
    ("count(pg.libraries)", 7,
     "count() takes a condition for each item; write <condition> for x in <list>"),
    ("count(x + 1 for x in pg.ports)", 7, "expected a condition, got number"),
    ("(x for x in pg.ports)", 1,
     "a loop needs a function around it; write any(…), count(…) or sum(…)"),
    ("any(x > 1 for x in pg.ports) and x > 1", 34, "unknown name 'x'"),
    # functions
    ("flor(workers)", 1, "unknown function 'flor'; did you mean 'floor'?"),
    ("GB(8)", 1, "unknown function 'GB'"),
    ("__import__('os')", 1, "unknown function '__import__'"),
    ("pg.wal_level.startswith('a')", 1,
     "only functions can be called; write startswith(pg.wal_level, …)"),
    ("pg.wal_level.format(1)", 1, "only functions can be called"),
    ("round(workers, digits=1)", 23, "round() takes no named arguments"),
    ("startswith('a')", 1, "startswith() takes 2 arguments, got 1"),
    ("startswith('a', workers)", 17, "startswith() takes strings, got number"),
    ("floor()", 1, "floor() takes 1 argument, got 0"),
    ("floor(pg.fsync)", 7, "floor() takes a number, got bool"),
    ("len(pg.wal_level)", 5, "len() takes a list, got string"),
    ("known(workers + 1)", 7, "known() takes the name of a fact"),
    ("has_value(1)", 11, "has_value() takes the name of a fact"),
    ("is_set('workers')", 8, "is_set() takes the name of a fact"),
    ("max()", 1, "max() takes a list or two values, got nothing"),
    ("max(workers)", 5, "max() takes a list or two values, got number"),
    ("sum(pg.libraries)", 5, "sum() takes numbers, got list of string"),
    ("min(workers, pg.work_mem)", 1, "min() cannot combine number with size"),
    ("min('a', 'b')", 1, "min() cannot combine string"),
    ("max(*pg.ports, 1)", 5, "'*' is not allowed here"),
    # the rest of Python
    ("2 ** 9", 1, "'**' is not allowed"),
    ("workers // 2", 1, "'//' is not allowed; write floor(a / b)"),
    ("pg.fsync | true", 1, "'|' is not allowed; write 'or'"),
    ("1 << 99", 1, "this operator is not allowed"),
    ("+workers", 1, "'+' is not allowed as a sign"),
    ("~workers", 1, "'~' is not allowed as a sign"),
    ("workers if pg.fsync else 2", 1, "'if … else' is not allowed"),
    ("lambda: 1", 1, "'lambda' is not allowed"),
    ("(x := 1)", 2, "':=' is not allowed"),
    ("f'{workers}' == 'a'", 1, "f-strings are not allowed"),
    ("pg.ports[0]", 1, "'[…]' after a name is not allowed; go through the list with any(…)"),
    ("pg.wal_level[1:2]", 1, "'[…]' after a name is not allowed; go through the list with any(…)"),
    ("[1, 2]", 1, "a list of literals may only follow 'in'"),
    ("{1: 2}", 1, "'{…}' is not allowed"),
    ("{x for x in pg.ports}", 1, "'{…}' is not allowed"),
    ("(yield)", 2, "Yield is not allowed"),
]  # fmt: skip

EXPECTED: list[tuple[str, Type, str | None]] = [
    ("workers > 1", BOOL, None),
    ("workers", BOOL, "expected bool, got number"),
    ("workers", SHARE, None),
    ("pg.autovacuum_scale_factor", NUMBER, None),
    ("0", SIZE, None),
    ("-1", SIZE, None),
    ("8", SIZE, "expected size, got number"),
    ("8 * s", SIZE, "expected size, got duration"),
    ("pg.libraries", list_of(STRING), None),
    ("pg.libraries", list_of(NUMBER), "expected list of number, got list of string"),
]


@pytest.mark.parametrize(("source", "column", "message"), REFUSED)
def test_refused(source: str, column: int, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source, SCOPE)

    error = caught.value
    told = f"{error.message}; {error.hint}" if error.hint else error.message
    assert (told, error.column) == (message, column)


@pytest.mark.parametrize(("source", "expect", "message"), EXPECTED)
def test_expected_type(source: str, expect: Type, message: str | None) -> None:
    if message is None:
        assert compile_expression(source, SCOPE, expect=expect).source == source
        return

    with pytest.raises(ExpressionError) as caught:
        compile_expression(source, SCOPE, expect=expect)

    assert caught.value.message == message


def test_no_character_of_any_kind_does_worse() -> None:
    with pytest.raises(ExpressionError):
        compile_expression("workers == '\0'", SCOPE)


def test_a_caller_deep_in_the_stack_is_told_too() -> None:
    """
    The recursion limit counts the caller's frames as well.
    """

    def descend(levels: int) -> None:
        if levels:
            descend(levels - 1)
        else:
            compile_expression("not " * 90 + "true", SCOPE)

    with pytest.raises(ExpressionError, match="nested too deeply"):
        descend(sys.getrecursionlimit() - len(inspect.stack()) - 100)


def test_the_caret_stands_under_the_place() -> None:
    """
    In an expression of several lines the line at fault is shown.
    """
    with pytest.raises(ExpressionError) as caught:
        compile_expression("pg.fsync\r\nand pg.sync\r\nor true", SCOPE)

    assert str(caught.value) == (
        "unknown fact 'pg.sync'; did you mean 'pg.fsync'?\n    and pg.sync\n        ^"
    )
