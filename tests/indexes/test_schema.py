"""
Schemas from SQL: dumps of pg_dump, migrations, and what is no declaration.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.indexes.model import Definition, Key
from advisor.indexes.schema import Schema, Table, read_schema
from advisor.indexes.statements import statements

DUMP = """\
--
-- PostgreSQL database dump
--
\\restrict abcDEF

SET statement_timeout = 0;
CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN NEW.at := now(); -- ; CREATE TABLE no (x int);
    RETURN NEW; END $$;

CREATE TABLE public.users (
    id bigint NOT NULL,
    email character varying(80) DEFAULT 'a;b'::character varying NOT NULL,
    "Team" text COLLATE "C",
    price numeric(10,2),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT price_check CHECK ((price > (0)::numeric))
);

COPY public.users (id, email) FROM stdin;
1\tCREATE TABLE data (id int);
\\.

CREATE TABLE public.orders (
    id bigint NOT NULL,
    user_id bigint
);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_team UNIQUE ("Team", email);
CREATE INDEX users_lower ON public.users USING btree (lower((email)::text) text_pattern_ops);
CREATE INDEX users_new ON public.users USING btree (created_at DESC NULLS LAST, id) INCLUDE (email)
    WHERE ((price IS NULL) AND (id > 5));
CREATE INDEX users_trgm ON public.users USING gin (email gin_trgm_ops);
ALTER TABLE ONLY public.orders
    ADD CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES public.users(id) ON DELETE CASCADE;
"""


def table(sql: str, name: str) -> Table:
    found = read_schema({"schema.sql": sql}).find(name)
    assert found is not None
    return found


def test_a_dump_is_read() -> None:
    schema = read_schema({"schema.sql": DUMP})
    assert sorted(schema.tables) == ["public.orders", "public.users"]
    assert schema.problems == []
    users = schema.tables["public.users"]
    assert {name: one.type for name, one in users.columns.items()} == {
        "id": "bigint",
        "email": "character varying(80)",
        "Team": "text",
        "price": "numeric(10,2)",
        "created_at": "timestamp with time zone",
    }
    assert users.columns["Team"].collation == "C"
    assert users.columns["created_at"].default == "now()"
    assert users.primary_key == ("id",)
    names = ["users_pkey", "users_team", "users_lower", "users_new", "users_trgm"]
    assert [one.name for one in users.indexes] == names
    assert [one.unique for one in users.indexes] == [True, True, False, False, False]
    (key,) = schema.tables["public.orders"].foreign_keys
    assert (key.name, key.columns, key.parent) == ("orders_user", ("user_id",), "public.users")


def test_indexes_are_taken_apart() -> None:
    *_, lower, new, trigrams = table(DUMP, "users").indexes
    assert lower.definition == Definition(
        "public.users",
        (Key("lower((email)::text)", is_column=False, opclass="text_pattern_ops"),),
    )
    assert new.definition == Definition(
        "public.users",
        (Key("created_at", descending=True), Key("id")),
        include=("email",),
        predicate=("price IS NULL", "id > 5"),
    )
    assert trigrams.definition.method == "gin"
    assert trigrams.definition.columns == ("email gin_trgm_ops",)
    assert [one.location.line for one in (lower, new, trigrams)] == [33, 34, 36]


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("CREATE TABLE t (id serial PRIMARY KEY, x int UNIQUE)", [("id",), ("x",)]),
        ("CREATE TABLE IF NOT EXISTS t (a int, b int, PRIMARY KEY (a, b))", [("a", "b")]),
        ("create unlogged table T (A int); create index on t using HASH (A)", [("a",)]),
        ('CREATE TABLE t ("Odd ""x""" int); CREATE INDEX i ON t ("Odd ""x""")', [('Odd "x"',)]),
        ("CREATE TABLE t (a int); CREATE INDEX CONCURRENTLY i ON ONLY t (a DESC)", [("a",)]),
        ("CREATE TABLE t (a int); CREATE INDEX i ON t (a); DROP INDEX IF EXISTS i", []),
        ("CREATE TABLE t (a int8range, EXCLUDE USING gist (a WITH &&))", [("a",)]),
        (
            "CREATE TABLE t (a int); ALTER TABLE t ADD COLUMN b int UNIQUE, ADD UNIQUE (a)",
            [("b",), ("a",)],
        ),
        ("CREATE TABLE t (a text /* b; int */, -- c\n d int UNIQUE)", [("d",)]),
        ("CREATE TABLE t AS SELECT 1; CREATE INDEX i ON t (a)", [("a",)]),
    ],
)
def test_every_way_to_declare_an_index(sql: str, names: list[tuple[str, ...]]) -> None:
    assert [one.definition.names for one in table(sql, "t").indexes] == names


def test_partitions_know_their_parent() -> None:
    sql = """
CREATE TABLE s.events (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE s.events_1 PARTITION OF s.events FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
CREATE TABLE s.events_2 (id int, at date);
ALTER TABLE ONLY s.events ATTACH PARTITION s.events_2 FOR VALUES FROM ('2025-02-01') TO (MAXVALUE);
"""
    schema = read_schema({"schema.sql": sql})
    parent = schema.tables["s.events"]
    assert parent.is_partitioned
    assert [one.name for one in schema.partitions(parent)] == ["s.events_1", "s.events_2"]
    assert schema.root(schema.tables["s.events_2"]) is parent


def test_names_are_found_with_and_without_their_schema() -> None:
    schema = read_schema({"a.sql": "CREATE TABLE a.t (x int); CREATE TABLE b.t (x int);"})
    assert schema.find("t") is None, "it may be either"
    assert schema.find("a.t") is schema.tables["a.t"]
    bare = read_schema({"a.sql": "CREATE TABLE t (x int)"})
    assert bare.find("public.t") is bare.tables["t"]
    assert schema.find("c.t") is None


def test_what_is_not_understood_is_said() -> None:
    schema = read_schema({"a.sql": "CREATE TABLE t (\n  id int, ???\n);"})
    (problem,) = schema.problems
    assert problem.message == "not understood in CREATE TABLE t: ???"
    assert (problem.location.path, problem.location.line) == ("a.sql", 1)


def test_statements_keep_their_lines() -> None:
    script = "-- one\n\nSELECT ';';\n/* two; */ SELECT $x$;$x$;\n\n  SELECT 3"
    found = [(one.text, one.line) for one in statements(script)]
    assert found == [("SELECT ';'", 3), ("SELECT $x$;$x$", 4), ("SELECT 3", 6)]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="CREATE TABLE t(i,);'\"$-/*\n\\.x INDEX ON", max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert isinstance(read_schema({"x.sql": text}), Schema)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8),
        min_size=1,
        max_size=4,
        unique=True,
    )
)
def test_quoted_names_are_kept(names: list[str]) -> None:
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    body = ", ".join(f"{name} int" for name in quoted)
    sql = f"CREATE TABLE t ({body}); CREATE INDEX i ON t ({', '.join(quoted)});"
    found = table(sql, "t")
    assert list(found.columns) == names
    assert found.indexes[0].definition.names == tuple(names)


def test_a_backslash_at_the_beginning_of_a_line_is_a_command_outside_of_quotes_only() -> None:
    sql = '\\restrict a\'b\nCREATE TABLE t ("a\n\\" int, b int\n\\echo x; y\n);\n\\unrestrict a\n'
    assert list(table(sql, "t").columns) == ["a\n\\", "b"]
