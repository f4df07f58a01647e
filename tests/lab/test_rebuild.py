"""Every statement of the lab is its own: what a definition could smuggle in is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.indexes.statements import statements
from advisor.lab import rebuild
from advisor.lab.record import Column, ExtendedStatistics, ForeignKey, Index, Record, Table

COLUMNS = (
    Column(table="t", name="id", number=1, type="bigint", not_null=True),
    Column(table="t", name="Order", number=2, type="character varying(20)"),
    Column(table="t", name="m", number=3, type="numeric(10,2)[]"),
)


def index(rest: str, **fields: object) -> Index:
    definition = f"CREATE INDEX i ON public.t USING {rest}"
    return Index(table="t", name="i", definition=definition, **fields)  # type: ignore[arg-type]


def test_tables_are_declared_with_quoted_names() -> None:
    (step,) = rebuild.tables(Record(tables=(Table(name="t"),), columns=COLUMNS))

    assert step.sql == (
        'CREATE TABLE public.t (id bigint NOT NULL, "Order" character varying(20),'
        " m numeric(10,2)[])"
    )


def test_partitions_are_attached_below_their_parent() -> None:
    record = Record(
        tables=(
            Table(name="t", kind="p", partition_key="RANGE (id)"),
            Table(
                name="t1",
                partition=True,
                parent="t",
                bound="FOR VALUES FROM ('1') TO ('5')",
            ),
            Table(name="old", parent="public.t"),
        ),
        columns=COLUMNS,
    )
    found = [step.sql for step in rebuild.tables(record)]

    assert found[0].endswith(" PARTITION BY RANGE (id)")
    assert found[-2:] == [
        "ALTER TABLE ONLY public.t ATTACH PARTITION public.t1 FOR VALUES FROM ('1') TO ('5')",
        "ALTER TABLE public.old INHERIT public.t",
    ]


def test_keys_of_partitioned_tables_are_linked() -> None:
    own = Index(
        table="t1",
        name="t1_pkey",
        definition="CREATE UNIQUE INDEX t1_pkey ON public.t1 USING btree (id)",
        columns=("id",),
        unique=True,
        primary=True,
        parent="t_pkey",
    )
    above = Index(
        table="t",
        name="t_pkey",
        definition="CREATE UNIQUE INDEX t_pkey ON ONLY public.t USING btree (id)",
        columns=("id",),
        unique=True,
        primary=True,
        partitioned=True,
    )

    assert [step.sql for step in rebuild.indexes(Record(indexes=(above, own)))] == [
        "CREATE UNIQUE INDEX t1_pkey ON public.t1 USING btree (id)",
        "ALTER TABLE public.t1 ADD CONSTRAINT t1_pkey PRIMARY KEY USING INDEX t1_pkey",
        "ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id)",
        "ALTER INDEX public.t_pkey ATTACH PARTITION public.t1_pkey",
    ]


@pytest.mark.parametrize(
    "rest",
    [
        "btree (a) ; DROP TABLE t",
        "btree (a) -- the rest",
        "btree (a) /* x */",
        "btree a",
        "",
    ],
)
def test_an_index_with_more_than_keys_is_left_out(rest: str) -> None:
    (step,) = rebuild.indexes(Record(indexes=(index(rest),)))

    assert step.sql == ""
    assert step.subject == "index public.i"


def test_an_index_keeps_all_that_the_planner_sees() -> None:
    rest = "btree (lower(a) text_pattern_ops DESC) INCLUDE (b) WITH (fillfactor='70') WHERE (b > 1)"
    (step,) = rebuild.indexes(Record(indexes=(index(rest),)))

    assert step.sql == f"CREATE INDEX i ON public.t USING {rest}"


def test_invalid_indexes_are_not_built() -> None:
    assert list(rebuild.indexes(Record(indexes=(index("btree (a)", valid=False),)))) == []


@pytest.mark.parametrize("kind", ["integer; DROP TABLE t", "int DEFAULT pg_sleep(9)", "text--"])
def test_a_type_that_is_none_is_not_sent(kind: str) -> None:
    column = Column(table="t", name="a", number=1, type=kind)
    (step,) = rebuild.tables(Record(tables=(Table(name="t"),), columns=(column,)))

    assert ";" not in step.sql
    assert "--" not in step.sql
    assert "DEFAULT" not in step.sql
    assert step.sql == "CREATE TABLE public.t (a )"


def test_statistics_and_foreign_keys() -> None:
    record = Record(
        tables=(Table(name="t"),),
        foreign_keys=(ForeignKey(table="t", name="f", references="app.p", columns=("a", "b")),),
    )
    known = ExtendedStatistics(
        name="s",
        table="t",
        definition="CREATE STATISTICS public.s (ndistinct, mcv) ON a, lower(b) FROM t",
    )

    assert rebuild.extended(known, record).sql == (
        "CREATE STATISTICS public.s (ndistinct, mcv) ON a, lower(b) FROM public.t"
    )
    assert [step.sql for step in rebuild.foreign_keys(record)] == [
        "ALTER TABLE public.t ADD FOREIGN KEY (a, b) REFERENCES app.p"
    ]


def test_enumerations_are_taken_from_scripts() -> None:
    text = "CREATE TYPE public.mood AS ENUM (\n 'fine',\n 'it''s; so so'\n);\nSELECT 1;"
    found = rebuild.enums([text])

    assert found == {"mood": "'fine', 'it''s; so so'"}
    step = rebuild.stand_in("app.mood", found["mood"])
    assert step.sql == "CREATE TYPE app.mood AS ENUM ('fine', 'it''s; so so')"
    assert rebuild.stand_in("mood", None).sql == "CREATE DOMAIN mood AS text"


def test_what_is_declared_is_read_again_as_what_it_was() -> None:
    from advisor.indexes.schema import read_schema

    record = Record(
        tables=(Table(name="t"),),
        columns=COLUMNS,
        indexes=(
            Index(
                table="t",
                name="t_pkey",
                definition="CREATE UNIQUE INDEX t_pkey ON public.t USING btree (id)",
                columns=("id",),
                unique=True,
                primary=True,
                constraint="t_pkey",
            ),
            index('btree ("Order")'),
        ),
    )
    table = read_schema({"x": rebuild.declared(record)}).tables["public.t"]

    assert table.primary_key == ("id",)
    assert [one.definition.names for one in table.indexes] == [("id",), ("Order",)]


@given(st.text(alphabet="abc();'\"-/*$ \n\\", max_size=30))
def test_no_definition_becomes_two_statements(text: str) -> None:
    record = Record(tables=(Table(name="t"),), indexes=(index(f"btree ({text})"),))
    for step in rebuild.indexes(record):
        assert len(list(statements(step.sql))) <= 1
