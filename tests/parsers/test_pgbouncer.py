"""
pgbouncer.ini: its grammar, its values, and no password ever.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.pgbouncer import SETTINGS, default_of, read_value
from advisor.errors import SourceError
from advisor.model import Unknown, Value
from advisor.parsers.pgbouncer import PgbouncerDocument, read_pgbouncer
from advisor.sources.tree import MemoryTree

WORDS = (
    *("[pgbouncer]", "[databases]", "[users]", "[x]", "[", "]", "=", "\n", " ", ";", "#", '"', "'"),
    *("a", "%include ", "b.ini", "pgbouncer.ini", "default_pool_size", "host=", "1", "{{", "\0"),
)
PIECES = st.sampled_from(WORDS)


def read(text: str, **files: str) -> PgbouncerDocument:
    tree = {"pgbouncer.ini": text, **{f"{name}.ini": one for name, one in files.items()}}
    return read_pgbouncer("pgbouncer.ini", MemoryTree(tree))


def values(document: PgbouncerDocument) -> dict[str, object]:
    known = document.settings.items()
    return {name: one.value for name, one in known if isinstance(one, Value)}


def refusal(text: str) -> str:
    (problem,) = read(text).problems
    assert problem.category == "syntax"
    return problem.message.removeprefix("PgBouncer refuses this: ")


class TestSettings:
    def test_values_and_places(self) -> None:
        document = read(
            "; top\n[pgbouncer]\n\n  pool_mode = Transaction \n# x\nmax_client_conn=0x10"
        )

        assert values(document) == {"pool_mode": "transaction", "max_client_conn": 16}
        place = document.settings["pool_mode"].location
        assert place is not None
        assert (place.line, place.column, place.end_column) == (4, 3, 26)
        assert str(document.location) == "pgbouncer.ini:2"

    def test_the_section_starts_again_with_defaults(self) -> None:
        """So the program does: what was set before is gone."""
        document = read("[pgbouncer]\ndefault_pool_size=1\n[pgbouncer]\nmin_pool_size=2\n")

        assert values(document) == {"min_pool_size": 2}

    def test_a_setting_on_the_header_line(self) -> None:
        assert values(read("[pgbouncer] min_pool_size = 2\n")) == {"min_pool_size": 2}

    def test_other_settings_are_left_alone(self) -> None:
        assert values(read("[pgbouncer]\nadmin_users = root\n")) == {}

    def test_templates(self) -> None:
        document = read("[pgbouncer]\nmin_pool_size = ${X}\n{% if x %}\nmax_client_conn = 7\n")

        assert isinstance(document.settings["min_pool_size"], Unknown)
        assert values(document) == {"max_client_conn": 7}
        assert document.template
        assert document.problems == ()

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("x = 1\n", "a setting before the first section"),
            ("[nosuch]\n", "there is no section [nosuch]"),
            ("[pgbouncer\n", "it cannot be read"),
            ("[pgbouncer]\nword\n", "it cannot be read"),
            ("[pgbouncer]\nmin_pool_size =\n", "takes a whole number"),
            ("[pgbouncer]\npool_mode = x\n", "takes one of session, transaction, statement"),
            ("[pgbouncer]\nquery_timeout = -1\n", "takes a number of seconds"),
            ("[pgbouncer]\nmin_pool_size = 1 ; one\n", "has a comment behind its value"),
            ("[databases]\na = host\n", "the connection string of a cannot be read"),
        ],
    )
    def test_the_reason_is_said(self, text: str, message: str) -> None:
        assert message in refusal(text)


class TestDatabases:
    def test_connection_strings(self) -> None:
        text = "[databases]\n* = host=x port = 1  dbname='a b''c' pool_size=7\n\"a b\" =\n"
        star, other = read(text).databases

        assert star.parameters == {"host": "x", "port": "1", "dbname": "a b'c", "pool_size": "7"}
        assert (star.number("pool_size"), star.number("host"), star.number("no")) == (7, None, None)
        assert (other.name, other.parameters) == ("a b", {})

    def test_users(self) -> None:
        assert read("[users]\nbob = pool_mode=session\n").users == ("bob",)

    def test_no_password_is_kept(self) -> None:
        """Neither in what was read nor in what is said of a line that cannot be."""
        text = "[databases]\na = host=x password=geheim user=u\nb = password='geheim\n"
        document = read(text)

        assert "geheim" not in repr(document)
        assert document.databases[0].location.end_column == 2
        assert len(document.problems) == 1

    def test_a_string_from_a_template(self) -> None:
        assert read("[databases]\na = {{ dsn }}\n").databases[0].parameters == {}


class TestIncludes:
    def test_the_section_goes_on(self) -> None:
        document = read("[pgbouncer]\n%include b.ini\nmin_pool_size=1\n", b="max_client_conn=5\n")

        assert values(document) == {"max_client_conn": 5, "min_pool_size": 1}
        assert document.files == ("pgbouncer.ini", "b.ini")
        assert document.complete

    @pytest.mark.parametrize("name", ["none.ini", "/etc/x.ini", "../x.ini", "pgbouncer.ini"])
    def test_what_is_not_here(self, name: str) -> None:
        document = read(f"[pgbouncer]\n%include {name}\nmin_pool_size=1\n")

        assert values(document) == {"min_pool_size": 1}
        assert not document.complete
        assert document.problems == ()

    def test_a_file_that_cannot_be_read(self) -> None:
        class Broken(MemoryTree):
            def read(self, path: str) -> str | None:
                raise SourceError("cannot be read", path=path)

        assert not read_pgbouncer("x", Broken({})).complete


class TestCatalogue:
    def test_prepared_statements_by_version(self) -> None:
        """Source: changelog of PgBouncer, 1.21 and 1.24."""
        name = "max_prepared_statements"

        assert default_of(name, (1, 18)) == 0
        assert default_of(name, (1, 23, 1)) == 0
        assert default_of(name, (1, 24)) == 200
        assert default_of(name, (1,)) is None
        assert default_of(name, None) is None
        assert default_of("max_client_conn", None) == 100

    @pytest.mark.parametrize(
        ("raw", "value"),
        [
            ("010", 8),
            ("-5", -5),
            ("+5", 5),
            ("0", 0),
            ("089", None),
            ("5s", None),
            ("9" * 19, None),
        ],
    )
    def test_numbers(self, raw: str, value: int | None) -> None:
        assert read_value("min_pool_size", raw) == value

    def test_seconds(self) -> None:
        assert read_value("query_timeout", "1.5") == 1.5
        assert read_value("query_timeout", "1e999") is None

    def test_defaults_are_values(self) -> None:
        for name, setting in SETTINGS.items():
            assert read_value(name, str(setting.default)) == setting.default


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=40))
def test_no_text_is_too_much(pieces: list[str]) -> None:
    text = "".join(pieces)
    document = read(text, b=text)

    assert all(one.location.line <= text.count("\n") + 1 for one in document.databases)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    read(f"[databases]\n{text}")
