"""Patroni: the postgresql.conf and pg_hba.conf that its file makes, at their places."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Location
from advisor.parsers.patroni import Patroni, parse_patroni
from advisor.sources.kinds import Kind, kind_of
from tests.support.deployments import deploy, facts_of, known

TEXT = """\
scope: batman
name: postgresql0
restapi: {listen: 127.0.0.1:8008}
bootstrap:
  dcs:
    ttl: 30
    postgresql:
      parameters:
        max_connections: 200
        work_mem: 8MB
  pg_hba:
    - host all all 10.0.0.0/8 md5
postgresql:
  listen: 0.0.0.0:5433
  parameters:
    max_connections: 300
    work_mem: 16MB
    log_line_prefix: "%m 'x'"
"""


def test_what_a_member_says_counts_unless_all_share_it() -> None:
    found = parse_patroni("patroni.yml", TEXT)

    assert found.parameters is not None
    assert found.parameters.text == (
        "max_connections = '200'\n"
        "work_mem = '8MB'\n"
        "work_mem = '16MB'\n"
        "log_line_prefix = '%m ''x'''\n"
        "listen_addresses = '0.0.0.0'\n"
        "port = 5433\n"
    )
    assert found.parameters.locate(Location("x", 3)) == Location("patroni.yml", 17, 5)
    assert found.hba is not None
    assert found.hba.locate(Location("x", 1)).line == 12


def test_without_shared_parameters_those_of_the_member_count() -> None:
    found = parse_patroni("p.yml", "scope: a\npostgresql:\n  parameters: {max_connections: 300}\n")

    assert found.parameters is not None
    assert found.parameters.text == "max_connections = '300'\n"


@pytest.mark.parametrize(
    ("text", "record"),
    [
        (
            "bootstrap: {pg_hba: [a], dcs: {postgresql: {pg_hba: [b]}}}\npostgresql: {pg_hba: [c]}",
            "c",
        ),
        ("bootstrap: {pg_hba: [a], dcs: {postgresql: {pg_hba: [b]}}}\n", "b"),
        ("bootstrap: {pg_hba: [a]}\n", "a"),
    ],
)
def test_the_strongest_access_rules_count(text: str, record: str) -> None:
    found = parse_patroni("p.yml", text)

    assert found.hba is not None
    assert found.hba.text == f"{record}\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (TEXT, Kind.PATRONI),
        ("postgresql:\n  user: x\n", None),
        ("scope: x\n", None),
        ("services:\n  a:\n    image: x\n", Kind.COMPOSE),
    ],
)
def test_what_is_a_file_of_patroni(text: str, kind: Kind | None) -> None:
    assert kind_of("conf/node.yml", text) is kind


def test_it_is_a_server_of_the_deployment() -> None:
    facts = facts_of({"patroni.yml": TEXT}, "postgresql", target={"postgresql": "16"})
    found = deploy({"patroni.yml": TEXT})
    place = found.databases[0].document.settings["max_connections"].location

    assert known(facts, "pg.max_connections") == 200
    assert known(facts, "pg.work_mem") == 16 * 2**20
    assert str(found.embedded[place.path].locate(place)) == "patroni.yml:9"
    assert found.access[0].database is found.databases[0]


def test_what_has_another_form_is_a_problem() -> None:
    text = "scope: a\npostgresql:\n  parameters: [a]\n"

    assert [str(one.problem.location) for one in deploy({"p.yml": text}).problems] == ["p.yml:3"]


@given(st.text() | st.text(alphabet="postgresql:parameters [],{}\n-", max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_text_gives_a_document(text: str) -> None:
    assert isinstance(parse_patroni("p", text), Patroni)
