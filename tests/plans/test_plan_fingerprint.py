"""
Statements that are the same but for their literals.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.plans.fingerprint import LONGEST, fingerprint


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT * FROM t WHERE id = 7", "select * from t where id = ?"),
        ("select *\n from t\twhere id=-7.5e3 ;", "select * from t where id=?"),
        ("SELECT 'it''s', E'a', $1, $tag$ 'x' $tag$", "select ?"),
        ("SELECT x FROM t WHERE a IN (1,2, 3)", "select x from t where a in (?)"),
        ("INSERT INTO t VALUES (1, 'a'), (2, 'b')", "insert into t values (?)"),
        ('SELECT "Name", "7" FROM t2', 'select "Name", "7" from t2'),
        ("SELECT 1 -- for user 7\n FROM t /* 'x' */", "select ? from t"),
        ("SELECT '-- no comment' FROM t", "select ? from t"),
        ("SELECT a FROM t WHERE b IS NULL AND c = TRUE", "select a from t where b is ? and c = ?"),
    ],
)
def test_literals_are_question_marks(statement: str, expected: str) -> None:
    assert fingerprint(statement) == expected


@given(st.integers(), st.text("abc' \n", max_size=9), st.lists(st.integers(), min_size=1))
def test_any_literals_give_the_same(number: int, text: str, items: list[int]) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    listed = ", ".join(map(str, items))
    condition = f"WHERE a = {number} AND b = {quoted} AND c IN ({listed})"
    assert fingerprint(condition) == "where a = ? and b = ? and c in (?)"


@given(st.text("aA'\"$-/*\n 19.,()", max_size=60))
def test_whatever_stands_there_is_read(statement: str) -> None:
    fingerprint(statement)


def test_values_without_end_are_cut() -> None:
    assert len(fingerprint("SELECT x," * LONGEST)) <= LONGEST
