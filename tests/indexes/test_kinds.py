"""
Indexes of every kind: expressions, patterns, trigrams, GIN, GiST, partial and covering indexes.
"""

from __future__ import annotations

import pytest

from advisor.indexes import Advice, IndexCandidate, Query, advise, candidates
from advisor.indexes.operators import is_immutable, like_prefix, longest_word
from advisor.indexes.schema import Schema, read_schema
from advisor.plans.read import read_plans

TWICE = "(((data -> 'a'::text) ->> 'b'::text))"
READ = "(cost=0.00..9000.00 rows=50 width={width}) (actual time=0.010..90.000 rows={kept} loops=1)"
SCAN = f"""
 Seq Scan on {{table}} t  {READ}
   Filter: {{condition}}
   Rows Removed by Filter: {{removed}}
"""
TOP = "(cost=9000.00..9001.00 rows=10 width=40) (actual time=90.000..90.100 rows=10 loops=1)"
ORDERED = f"""
 Limit  {TOP}
   ->  Sort  {TOP}
         Sort Key: {{keys}}
         ->  Seq Scan on jobs t  {READ}
               Filter: {{condition}}
               Rows Removed by Filter: {{removed}}
"""


def query(condition: str, *, kept: int = 100, statement: str = "", **more: object) -> Query:
    """A plan that reads 100,000 rows."""
    values = {"table": "jobs", "width": 40, "removed": 100_000 - kept, **more}
    form = ORDERED if "keys" in more else SCAN
    text = form.format(condition=condition, kept=kept, **values)
    head = f"EXPLAIN ANALYZE {statement};\n" if statement else ""
    (plan,) = read_plans("x.txt", head + text).plans
    return Query("x.txt", plan)


def only(*queries: Query, schema: Schema | None = None) -> IndexCandidate:
    (found,) = advise(queries, schema).candidates
    return found


def body(found: IndexCandidate) -> str:
    return found.statement.partition(" ON jobs")[2].strip().removesuffix(";")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("(lower((t.email)::text) = 'a'::text)", "(lower((email)::text))"),
        ("(lower(email) = $1)", "(lower(email))"),
        ("((data ->> 'k'::text) = 'v'::text)", "((data ->> 'k'::text))"),
        (
            "(((data -> 'a'::text) ->> 'b'::text) = 'v'::text)",
            "(((data -> 'a'::text) ->> 'b'::text))",
        ),
        ("(((data ->> 'n'::text))::integer = 5)", "((((data ->> 'n'::text))::integer))"),
        ("(COALESCE(a, b) = 5)", ""),
        ("((name)::text ~~ 'abc%'::text)", "(name text_pattern_ops)"),
        ("(lower(name) ~~ 'abc%'::text)", "(lower(name) text_pattern_ops)"),
        ("(name ~ '^abc'::text)", "(name text_pattern_ops)"),
        ("((name)::text ~~* '%abc%'::text)", "USING gin (name gin_trgm_ops)"),
        ("((name)::text ~~* 'abc%'::text)", "USING gin (name gin_trgm_ops)"),
        ("(name ~~ '%abc'::text)", "USING gin (name gin_trgm_ops)"),
        ("(lower(name) ~~ '%abc%'::text)", "USING gin (lower(name) gin_trgm_ops)"),
        ("(name ~* 'foo.*bar'::text)", "USING gin (name gin_trgm_ops)"),
        ("(data @> '{\"a\": 1}'::jsonb)", "USING gin (data jsonb_path_ops)"),
        ("(data ? 'key'::text)", "USING gin (data)"),
        ("(tags @> '{a,b}'::text[])", "USING gin (tags)"),
        ("(tags && ARRAY['a'::text])", "USING gin (tags)"),
        ("(span && '[2025-01-01,2025-02-01)'::daterange)", "USING gist (span)"),
        ("(search @@ to_tsquery('english'::regconfig, 'a'::text))", "USING gin (search)"),
        (
            "(to_tsvector('english'::regconfig, body) @@ '''a'''::tsquery)",
            "USING gin (to_tsvector('english'::regconfig, body))",
        ),
    ],
)
def test_each_operator_gets_its_kind(condition: str, expected: str) -> None:
    found = advise([query(condition)]).candidates
    assert [body(one) for one in found] == ([expected] if expected else [])


@pytest.mark.parametrize(
    "condition",
    [
        "(name ~~ '%ab%'::text)",
        "(name ~~* 'ab%'::text)",
        "(name ~~ $1)",
        "(name ~ '(foo|bar)'::text)",
        "(to_tsvector(body) @@ '''a'''::tsquery)",
        "(date_trunc('day'::text, at) = '2025-01-01'::date)",
        "(to_char(at, 'YYYY'::text) = '2025'::text)",
        "((at)::date = '2025-01-01'::date)",
        "(mine.secret(name) = 'x'::text)",
        "((name || 'x'::text) = 'y'::text)",
        "('a'::text = ANY (tags))",
        "(span @> 5)",
    ],
)
def test_what_no_index_serves_for_sure_gets_none(condition: str) -> None:
    assert advise([query(condition)]).candidates == ()


def test_an_extension_is_said() -> None:
    found = only(query("(name ~~ '%abc%'::text)"))
    assert found.extension == "pg_trgm"
    assert found.statement.splitlines()[0] == "CREATE EXTENSION IF NOT EXISTS pg_trgm;"
    assert found.size is None, "it depends on the texts"
    assert found.rollback == "DROP INDEX CONCURRENTLY IF EXISTS idx_jobs_name_gin_trgm;"


def test_a_schema_tells_what_an_operator_means() -> None:
    schema = read_schema({"s.sql": 'CREATE TABLE jobs (span int4range, name text COLLATE "C");'})
    assert body(only(query("(span @> 5)"), schema=schema)) == "USING gist (span)"
    assert body(only(query("(name ~~ 'abc%'::text)"), schema=schema)) == "(name)"
    number = read_schema({"s.sql": "CREATE TABLE jobs (name int);"})
    assert advise([query("((name)::text = '7'::text)")], number).candidates == ()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("((gone IS NULL) AND (owner = 5))", "(owner) WHERE (gone IS NULL)"),
        ("((NOT done) AND (owner = 5))", "(owner) WHERE (NOT done)"),
        ("(done IS NULL)", "(done) WHERE (done IS NULL)"),
    ],
)
def test_partial_indexes(condition: str, expected: str) -> None:
    assert body(only(query(condition))) == expected


def test_a_constant_of_one_plan_is_no_predicate() -> None:
    first, second = (
        "((kind = 'mail'::text) AND (owner = 5))",
        "((kind = 'mail'::text) AND (owner = 6))",
    )
    assert body(only(query(first))) in {"(kind, owner)", "(owner, kind)"}
    shared = only(query(first), query(second))
    assert body(shared) == "(owner) WHERE (kind = 'mail'::text)"
    other = query("((kind = 'fax'::text) AND (owner = 6))")
    assert "WHERE" not in only(query(first), query(second), other).statement


def test_a_partial_index_does_not_serve_plans_without_its_condition() -> None:
    kept = query("((gone IS NULL) AND (owner = 5))")
    every = query("(owner = 5)")
    found = only(kept, every)
    assert body(found) == "(owner)"
    assert {one.query for one in found.services} == {0, 1}


def test_a_queue_gets_its_order_among_what_is_left() -> None:
    jobs = query("((done IS NULL) AND (queue = 'q'::text))", keys="t.run_at", kept=500)
    left = query("(done IS NULL)", kept=1_000)
    assert body(only(jobs, left)) == "(queue, run_at) WHERE (done IS NULL)"


def test_equality_columns_stand_in_the_order_that_serves_most_plans() -> None:
    both = query("((a = 1) AND (b = 2))", kept=10)
    second = query("(b = 3)", kept=500)
    found = only(both, second)
    assert found.columns == ("b", "a")
    assert len(found.services) == 2


def test_columns_are_included_when_rows_are_many_and_narrow() -> None:
    statement = "SELECT amount FROM jobs t WHERE t.owner = 5"
    many = query("(owner = 5)", kept=8_000, statement=statement, width=8)
    assert body(only(many)) == "(owner) INCLUDE (amount)"
    assert body(only(query("(owner = 5)", kept=8_000, statement=statement, width=400))) == "(owner)"
    few = query("(owner = 5)", kept=20, statement=statement, width=8)
    assert body(only(few)) == "(owner)"
    star = query(
        "(owner = 5)", kept=8_000, statement="SELECT * FROM jobs t WHERE owner = 5", width=8
    )
    assert body(only(star)) == "(owner)"


def test_a_verbose_plan_needs_no_statement() -> None:
    """Its Output says what is returned; without it nothing is carried along."""
    plan = f"""
 Seq Scan on public.jobs t  {READ.format(kept=8_000, width=8)}
{{output}}   Filter: ({{alias}}owner = 5)
   Rows Removed by Filter: 92000
"""
    texts = {
        "(owner) INCLUDE (amount)": plan.format(output="   Output: t.amount\n", alias="t."),
        "(owner)": plan.format(output="", alias=""),
    }
    for expected, text in texts.items():
        (read,) = read_plans("x.txt", text).plans
        assert only(Query("x.txt", read)).statement.endswith(f" ON public.jobs {expected};")


def test_what_exists_is_not_advised() -> None:
    asked = query("((owner = 5) AND (at > '2025-01-01'::date))")
    declared = "CREATE TABLE jobs (id int PRIMARY KEY, owner int, at date, name text);"
    for index in ("(owner, at)", "(owner, at, name)"):
        schema = read_schema({"s.sql": f"{declared} CREATE INDEX i ON jobs {index};"})
        assert advise([asked], schema).candidates == ()
    for index in ("USING hash (at)", "(name)", "(owner, at) WHERE name IS NULL"):
        schema = read_schema({"s.sql": f"{declared} CREATE INDEX i ON jobs {index};"})
        assert body(only(asked, schema=schema)) == "(owner, at)"
    assert advise([query("(id = 5)")], read_schema({"s.sql": declared})).candidates == ()


def test_a_partitioned_table_is_indexed_as_a_whole() -> None:
    sql = """
CREATE TABLE events (id int, owner int) PARTITION BY RANGE (id);
CREATE TABLE jobs PARTITION OF events FOR VALUES FROM (0) TO (5);
CREATE TABLE more PARTITION OF events FOR VALUES FROM (5) TO (9);
"""
    found = only(query("(owner = 5)"), schema=read_schema({"s.sql": sql}))
    assert found.table == "events"
    assert found.statement.splitlines() == [
        "CREATE INDEX idx_events_owner ON ONLY events (owner);",
        "CREATE INDEX CONCURRENTLY idx_jobs_owner ON jobs (owner);",
        "ALTER INDEX idx_events_owner ATTACH PARTITION idx_jobs_owner;",
        "CREATE INDEX CONCURRENTLY idx_more_owner ON more (owner);",
        "ALTER INDEX idx_events_owner ATTACH PARTITION idx_more_owner;",
    ]
    assert found.rollback == "DROP INDEX IF EXISTS idx_events_owner;"


def test_a_foreign_key_that_advice_serves_is_not_told_again() -> None:
    sql = "CREATE TABLE jobs (id int PRIMARY KEY, owner int REFERENCES users);"
    schema = read_schema({"s.sql": sql})
    assert [one.kind for one in advise([], schema).flaws] == ["foreign-key"]
    assert advise([query("(owner = 5)")], schema).flaws == ()


def test_candidates_are_every_index_that_could_serve() -> None:
    found = candidates([query("((a = 1) AND (b = 2))")])
    assert {one.names for one in found} >= {("a", "b"), ("b", "a")}
    assert candidates([]) == ()
    assert advise([]) == Advice()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lower((email)::text)", True),
        ("(data ->> 'k'::text)", True),
        ("to_tsvector('english'::regconfig, body)", True),
        ("to_tsvector(body)", False),
        ("(at)::date", False),
        ("my_lower(x)", False),
        ("pg_catalog.lower(x)", False),
        ("a + b", False),
        ("CASE WHEN a THEN b END", False),
    ],
)
def test_expressions_are_immutable_or_left_alone(text: str, *, expected: bool) -> None:
    assert is_immutable(text) is expected


@pytest.mark.parametrize(
    ("pattern", "prefix", "word"),
    [
        ("abc%", "abc", 3),
        ("%abcd_ef", "", 4),
        (r"10\%x%", "10%x", 2),
        ("ab_cd", "ab", 2),
        ("", "", 0),
    ],
)
def test_patterns(pattern: str, prefix: str, word: int) -> None:
    assert like_prefix(pattern) == prefix
    assert longest_word("~~", pattern) == word


@pytest.mark.parametrize(
    ("pattern", "word"), [("^abc.*de", 3), ("abcd?", 3), ("a[bcd]ef", 2), ("foo|barbar", 0)]
)
def test_words_of_regular_expressions(pattern: str, word: int) -> None:
    assert longest_word("~", pattern) == word


def test_a_large_table_that_only_grows_gets_a_summary() -> None:
    declared = "CREATE TABLE jobs (id int, at timestamptz DEFAULT {} NOT NULL);"
    week = "((at >= '2025-01-01'::date) AND (at < '2025-01-08'::date))"
    wide = query(week, kept=1_000_000, removed=29_000_000)
    grown = read_schema({"s.sql": declared.format("now()")})
    found = only(wide, schema=grown)
    assert body(found) == "USING brin (at)"
    assert found.size is not None
    assert found.size < 1_000_000
    other = read_schema({"s.sql": declared.format("'2025-01-01'")})
    assert body(only(wide, schema=other)) == "(at)"
    assert body(only(query(week), schema=grown)) == "(at)"


SHAPE = "'0101'::geometry"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (f"((geom && {SHAPE}) AND st_intersects(geom, {SHAPE}))", "USING gist (geom)"),
        (f"st_dwithin(t.geom, {SHAPE}, '500'::double precision)", "USING gist (geom)"),
        (f"public.st_contains({SHAPE}, geom)", "USING gist (geom)"),
        ("(geog && '0101'::public.geography)", "USING gist (geog)"),
        ("(during && '[2025-01-01,2025-02-01)'::tsrange)", "USING gist (during)"),
        ("st_isvalid(geom)", ""),
        ("st_intersects(geom, st_buffer(other, '5'::double precision))", ""),
        ("(st_area(geom) > '6'::double precision)", ""),
        ("(shape && '((0,0),(1,1))'::text)", ""),
    ],
)
def test_geometries_and_ranges(condition: str, expected: str) -> None:
    found = advise([query(condition)]).candidates
    assert [body(one) for one in found] == ([expected] if expected else [])


MEETING = """
 Nested Loop  (cost=0.00..9.00 rows=858 width=4) (actual time=7.0..9000.0 rows=896 loops=1)
   Join Filter: ((a.id < b.id) AND {condition})
   Rows Removed by Join Filter: 99999104
   ->  Seq Scan on jobs a  (cost=0.00..9.0 rows=10000 width=4) \
(actual time=1.0..9.0 rows=10000 loops=1)
   ->  Materialize  (cost=0.00..9.0 rows=10000 width=4) \
(actual time=0.0..0.2 rows=10000 loops=10000)
         ->  Seq Scan on jobs b  (cost=0.00..9.0 rows=10000 width=4) \
(actual time=1.0..9.0 rows=10000 loops=1)
 Execution Time: 9001.0 ms
"""


def meeting(condition: str, sql: str = "") -> tuple[IndexCandidate, ...]:
    (plan,) = read_plans("x.txt", MEETING.format(condition=condition)).plans
    return advise([Query("x.txt", plan)], read_schema({"s": sql}) if sql else None).candidates


def test_geometries_that_meet_each_other() -> None:
    (found,) = meeting("st_intersects(a.geom, b.geom)")
    assert body(found) == "USING gist (geom)"
    assert [one.unit for one in found.services] == ["pairs"]
    assert found.assumptions == (
        "few bounding boxes meet, because what is computed for the pairs that do stays",
    )


def test_ranges_that_meet_each_other_when_the_schema_says_so() -> None:
    assert meeting("(a.span && b.span)") == ()
    (found,) = meeting("(a.span && b.span)", "CREATE TABLE jobs (id int, span tsrange);")
    assert body(found) == "USING gist (span)"
    (found,) = meeting("(a.at <@ b.span)", "CREATE TABLE jobs (id int, at date, span daterange);")
    assert body(found) == "USING gist (span)"


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("(now() - '15:00:00'::interval)", "(at)"),
        ("(now() - '3 days 12:00:00'::interval)", "(at)"),
        ("(CURRENT_DATE - 2)", "(at)"),
        ("(now() - '90 days'::interval)", "USING gin (name gin_trgm_ops)"),
        ("(now() - '1 year'::interval)", "USING gin (name gin_trgm_ops)"),
        ("'2025-01-01'::date", "USING gin (name gin_trgm_ops)"),
    ],
)
def test_what_is_recent_is_little(since: str, expected: str) -> None:
    """How little, nobody knows; the finding says that it is assumed."""
    found = only(query(f"((name ~~* '%some text%'::text) AND (at > {since}))", kept=10))
    assert body(found) == expected
    assumed = (f"few of the rows meet at > {since}",) if expected == "(at)" else ()
    assert found.assumptions == assumed
