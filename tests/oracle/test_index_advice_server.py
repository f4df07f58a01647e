"""
The real planner on advised indexes of every kind: their statements run, and it uses them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.indexes import Query, advise
from advisor.indexes.schema import read_schema
from advisor.plans.read import read_plans
from tests.support.explain_servers import SERIAL, Server, serving

BIN = Path("/usr/lib/postgresql/15/bin")

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not (BIN / "postgres").exists(), reason="PostgreSQL 15 is not installed"),
]

PEOPLE = """
CREATE TABLE people (id int PRIMARY KEY, tenant_id int NOT NULL, email varchar(60) NOT NULL,
  name text NOT NULL, kind text NOT NULL, data jsonb NOT NULL, tags text[] NOT NULL,
  span int4range NOT NULL, born date NOT NULL, seen_at timestamptz NOT NULL, gone_at timestamptz);
INSERT INTO people SELECT g, g % 150, 'Person' || g || '@example.org', md5(g::text) || ' x',
  (ARRAY['a','b','c','d'])[1 + g % 4], jsonb_build_object('k', g % 900, 'v', md5((g * 3)::text)),
  ARRAY['t' || g % 700, 'u' || g % 800], int4range(g, g + 3), date '1950-01-01' + g % 15000,
  timestamptz '2025-01-01' + (g::bigint * 7919 % 60000) * interval '1 minute',
  CASE WHEN g % 300 > 0 THEN timestamptz '2025-01-01' END FROM generate_series(1, 60000) g;
VACUUM ANALYZE people;
"""

CASES = {
    "expression": ("lower(email) = 'person777@example.org'", "(lower((email)::text))"),
    "key of jsonb": ("data ->> 'v' = md5('2331')", "((data ->> 'v'::text))"),
    "prefix": ("email LIKE 'Person777%'", "(email text_pattern_ops)"),
    "beginning": ("name ~ '^abc1'", "(name text_pattern_ops)"),
    "infix": ("name ILIKE '%c4ca42%'", "USING gin (name gin_trgm_ops)"),
    "infix of expression": ("lower(name) LIKE '%c4ca42%'", "USING gin (lower(name) gin_trgm_ops)"),
    "containment": ("data @> '{\"k\": 77}'", "USING gin (data jsonb_path_ops)"),
    "path": ("data @? '$.k ? (@ == 77)'", "USING gin (data jsonb_path_ops)"),
    "array": ("tags @> ARRAY['t77']", "USING gin (tags)"),
    "overlap": ("tags && ARRAY['t77', 'u5']", "USING gin (tags)"),
    "range type": ("span && '[500,505)'::int4range", "USING gist (span)"),
    "text search": (
        "to_tsvector('english', name) @@ to_tsquery('english', 'c4ca4238a0b923820dcc509a6f75849b')",
        "USING gin (to_tsvector('english'::regconfig, name))",
    ),
    "what is left": ("gone_at IS NULL", "(gone_at) WHERE (gone_at IS NULL)"),
    "partial": (
        "tenant_id = 7 AND gone_at IS NULL ORDER BY seen_at LIMIT 3",
        "(tenant_id, seen_at) WHERE (gone_at IS NULL)",
    ),
    "direction": (
        "tenant_id = 7 ORDER BY born DESC, id LIMIT 3",
        "(tenant_id, born DESC, id)",
    ),
    "day": ("born >= '1960-01-01' AND born < '1960-02-01'", "(born)"),
}
SIZES = {
    "expression": 1.5,
    "key of jsonb": 2.5,
    "direction": 1.5,
    "day": 1.5,
}
"""Estimated and real size differ by at most this factor; the width of texts is a guess."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(BIN / "postgres") as running:
        running.psql(*[part for part in PEOPLE.split(";\n") if part.strip()])
        yield running


@pytest.mark.parametrize("name", CASES)
def test_an_advised_index_is_accepted_used_and_taken_away(server: Server, name: str) -> None:
    condition, expected = CASES[name]
    command = f"{SERIAL} EXPLAIN (ANALYZE) SELECT * FROM people WHERE {condition}"
    (before,) = read_plans("x", server.psql(command)[0]).plans
    (found,) = advise([Query("x", before)]).candidates
    assert found.statement.endswith(f" ON people {expected};")
    statements = found.statement.split("\n")
    server.psql(*statements)
    try:
        (after,) = read_plans("x", server.psql(command)[0]).plans
        index = statements[-1].split()[3]
        assert index in [node.index for node in after.walk()]
        assert "Seq Scan" not in [node.node_type for node in after.walk()]
        if name in SIZES:
            real, _ = server.psql(f"SELECT pg_relation_size('{index}')", options=("-A", "-t"))
            assert found.size is not None
            assert 1 / SIZES[name] <= found.size / int(real) <= SIZES[name]
    finally:
        server.psql(found.rollback)


COVERED = {
    "sum of a column": (
        "SELECT kind, sum(tenant_id + id) FROM people WHERE born < '1952-06-01' GROUP BY kind",
        "(born) INCLUDE (id, kind, tenant_id)",
    ),
    "join": (
        "SELECT a.kind FROM people a JOIN people b ON b.id = a.tenant_id AND a.born < '1952-1-1'",
        "(born) INCLUDE (kind, tenant_id)",
    ),
}
"""Statement, and the index with all that its VERBOSE plan says is needed of the table."""


@pytest.mark.parametrize("name", COVERED)
def test_a_verbose_plan_says_what_an_index_should_carry(server: Server, name: str) -> None:
    """Then the table is not read."""
    statement, expected = COVERED[name]
    command = f"{SERIAL} EXPLAIN (ANALYZE, VERBOSE) {statement}"
    (before,) = read_plans("x", server.psql(command)[0]).plans
    (found,) = advise([Query("x", before)]).candidates
    assert found.statement.endswith(f" ON public.people {expected};")
    server.psql(found.statement, "VACUUM people")
    try:
        (after,) = read_plans("x", server.psql(command)[0]).plans
        uses = [node.node_type for node in after.walk() if node.index == found.statement.split()[3]]
        assert uses == ["Index Only Scan"]
    finally:
        server.psql(found.rollback)


LOOK_UP = "SELECT p.id, q.name FROM people p LEFT JOIN people q ON q.id = p.tenant_id"
ORDERED = {
    "join": (
        "",
        f"{LOOK_UP.replace('LEFT', 'INNER')} ORDER BY p.seen_at DESC, p.id LIMIT 20",
        "(seen_at DESC, id)",
    ),
    "join and equality": (
        "",
        f"{LOOK_UP} WHERE p.kind = 'a' ORDER BY p.seen_at LIMIT 20",
        "(kind, seen_at)",
    ),
    "followed for its order": (
        "CREATE INDEX own ON people (seen_at)",
        "SELECT * FROM people WHERE tenant_id = 7 ORDER BY seen_at DESC LIMIT 20",
        "(tenant_id, seen_at)",
    ),
}
"""An index that is there, a statement, and the index that delivers what LIMIT asks for."""


@pytest.mark.parametrize("name", ORDERED)
def test_an_index_delivers_just_what_a_limit_wants(server: Server, name: str) -> None:
    """The planner reads no more rows than that, in order, and looks up the rest."""
    there, statement, expected = ORDERED[name]
    command = f"{SERIAL} EXPLAIN (ANALYZE, VERBOSE) {statement}"
    server.psql(*filter(None, [there]))
    (before,) = read_plans("x", f"EXPLAIN ANALYZE {statement};\n" + server.psql(command)[0]).plans
    (found,) = advise([Query("x", before)]).candidates
    assert found.statement.endswith(f" ON public.people {expected};")
    server.psql(found.statement)
    try:
        (after,) = read_plans("x", server.psql(command)[0]).plans
        (scan,) = (one for one in after.walk() if one.index == found.statement.split()[3])
        assert scan.actual_rows is not None
        assert scan.actual_rows <= 25
        assert "Sort" not in [one.node_type for one in after.walk()]
    finally:
        server.psql(found.rollback, *["DROP INDEX own"][: bool(there)])


def test_the_schema_of_the_server_is_read_and_respected(server: Server) -> None:
    """What the server prints for its own indexes is what the reader takes them for."""
    command = (
        f"{SERIAL} EXPLAIN (ANALYZE) SELECT * FROM people"
        " WHERE tenant_id = 7 AND born = '1960-01-01'"
    )
    (plan,) = read_plans("x", server.psql(command)[0]).plans
    made = ("(born, tenant_id)", "(tenant_id, born, (lower(email)))")
    for keys in made:
        server.psql(f"CREATE INDEX own ON people {keys}")
        printed, _ = server.psql("SELECT pg_get_indexdef('own'::regclass)", options=("-A", "-t"))
        server.psql("DROP INDEX own")
        schema = read_schema({"s.sql": "CREATE TABLE public.people (id int);" + printed})
        (declared,) = schema.tables["public.people"].indexes
        assert declared.name == "own"
        assert advise([Query("x", plan)], schema).candidates == ()


def test_a_partitioned_table_gets_a_valid_index(server: Server) -> None:
    declarations = (
        "CREATE TABLE parts (id int, owner int) PARTITION BY RANGE (id)",
        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (20000)",
        "CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (20000) TO (40000)",
    )
    fill = "INSERT INTO parts SELECT g, g % 3000 FROM generate_series(1, 39999) g"
    server.psql(*declarations, fill, "ANALYZE parts")
    command = f"{SERIAL} EXPLAIN (ANALYZE) SELECT * FROM parts WHERE owner = 7"
    (plan,) = read_plans("x", server.psql(command)[0]).plans
    schema = read_schema({"s.sql": ";\n".join(declarations)})
    (found,) = advise([Query("x", plan)], schema).candidates
    server.psql(*found.statement.split("\n"))
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'idx_parts_owner'::regclass"
    assert server.psql(valid, options=("-A", "-t"))[0].strip() == "t"
    assert "Seq Scan" not in server.psql(command)[0]
    server.psql(found.rollback, "DROP TABLE parts")
