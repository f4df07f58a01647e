"""
Indexes of a schema that are too many, missing or not valid.
"""

from __future__ import annotations

import pytest

from advisor.indexes.flaws import flaws
from advisor.indexes.model import Flaw
from advisor.indexes.schema import read_schema

USERS = "CREATE TABLE users (id int PRIMARY KEY, email text, team int, at date, gone date);\n"


def of(sql: str) -> list[Flaw]:
    return list(flaws(read_schema({"schema.sql": sql})))


@pytest.mark.parametrize(
    ("sql", "kind", "index", "other"),
    [
        ("CREATE INDEX a ON users (id)", "duplicate", "a", "the key (id)"),
        ("CREATE INDEX a ON users (team); CREATE INDEX b ON users (team)", "duplicate", "b", "a"),
        (
            "CREATE INDEX a ON users (team); CREATE UNIQUE INDEX b ON users (team)",
            "duplicate",
            "a",
            "b",
        ),
        (
            "CREATE INDEX a ON users (team); CREATE INDEX b ON users (team, at)",
            "redundant",
            "a",
            "b",
        ),
        (
            "CREATE INDEX a ON users (at) WHERE gone IS NULL;"  # noqa: ISC004 - one script
            "CREATE INDEX b ON users (at, team) WHERE (gone IS NULL)",
            "redundant",
            "a",
            "b",
        ),
        (
            "CREATE INDEX a ON users (at) INCLUDE (team); CREATE INDEX b ON users (at, team, id)",
            "redundant",
            "a",
            "b",
        ),
    ],
)
def test_superfluous_indexes(sql: str, kind: str, index: str, other: str) -> None:
    (found,) = of(USERS + sql)
    assert (found.kind, found.index, found.other) == (kind, index, other)
    assert found.statement == f"DROP INDEX CONCURRENTLY IF EXISTS {index};"
    assert found.rollback.startswith(f"CREATE INDEX CONCURRENTLY {index} ON users (")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE UNIQUE INDEX a ON users (team); CREATE INDEX b ON users (team, at)",
        "CREATE INDEX a ON users (team DESC); CREATE INDEX b ON users (team, at)",
        "CREATE INDEX a ON users (at); CREATE INDEX b ON users (team, at)",
        "CREATE INDEX a ON users USING hash (team); CREATE INDEX b ON users (team)",
        "CREATE INDEX a ON users (email); CREATE INDEX b ON users (email text_pattern_ops)",
        "CREATE INDEX a ON users (team); CREATE INDEX b ON users (team, at) WHERE gone IS NULL",
        "CREATE INDEX a ON users (team) INCLUDE (email); CREATE INDEX b ON users (team, at)",
        "CREATE INDEX a ON users (lower(email)); CREATE INDEX b ON users (upper(email))",
    ],
)
def test_indexes_that_differ_stay(sql: str) -> None:
    assert of(USERS + sql) == []


REFERRING = """
CREATE TABLE teams (id int PRIMARY KEY);
CREATE TABLE m (a int, b int REFERENCES teams{});
"""
BOTH = REFERRING.format(", FOREIGN KEY (a, b) REFERENCES t (x, y)")


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        (REFERRING.format(""), ("b",)),
        (REFERRING.format("") + "CREATE INDEX i ON m (b) WHERE a > 1;", ("b",)),
        (REFERRING.format("") + "CREATE INDEX i ON m (a, b);", ("b",)),
        (BOTH + "CREATE INDEX ON m (b)", ("a", "b")),
    ],
)
def test_foreign_keys_without_an_index(sql: str, columns: tuple[str, ...]) -> None:
    (found,) = of(sql)
    assert (found.kind, found.columns) == ("foreign-key", columns)
    assert found.statement.endswith(f" ON m ({', '.join(columns)});")


@pytest.mark.parametrize(
    "sql",
    [
        REFERRING.format("") + "CREATE INDEX i ON m (b, a);",
        REFERRING.format(", PRIMARY KEY (b, a)"),
        BOTH + "CREATE INDEX i ON m (b, a)",
    ],
)
def test_foreign_keys_that_begin_an_index(sql: str) -> None:
    assert of(sql) == []


def test_an_index_that_waits_for_its_partitions() -> None:
    sql = """
CREATE TABLE e (id int) PARTITION BY RANGE (id);
CREATE TABLE e_1 PARTITION OF e FOR VALUES FROM (0) TO (5);
CREATE TABLE e_2 PARTITION OF e FOR VALUES FROM (5) TO (9);
CREATE INDEX e_id ON ONLY e (id);
CREATE INDEX e_1_id ON e_1 (id);
ALTER INDEX e_id ATTACH PARTITION e_1_id;
"""
    (found,) = of(sql)
    assert (found.kind, found.index, found.other) == ("invalid", "e_id", "1 of 2 partitions")
    assert found.statement == (
        "CREATE INDEX CONCURRENTLY idx_e_2_id ON e_2 (id);\n"
        "ALTER INDEX e_id ATTACH PARTITION idx_e_2_id;"
    )
    whole = sql + "CREATE INDEX e_2_id ON e_2 (id); ALTER INDEX e_id ATTACH PARTITION e_2_id;"
    assert of(whole) == []
