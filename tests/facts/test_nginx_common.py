"""
What all servers, locations and upstreams of a configuration have in common, and what follows.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.audit import collect_example
from advisor.facts.nginx.tables import TABLES, rows_of, spec_names
from advisor.model import DIFFERS, NotEvaluated, Passed, Unknown, Value
from advisor.model.subject import Subject
from advisor.verdict import judge_all
from tests.support.nginx_facts import http, reader, shown
from tests.support.nginx_judges import check_together, entries, judges


def check(subjects: tuple[Subject, ...]) -> None:
    """A rule that is passed for all subjects at once holds for none of them."""
    for subject in subjects:
        common = subject.common
        if common is None:
            continue
        for name, fact in common.items():
            if isinstance(fact, Value):
                assert shown(subject.facts[name]) == shown(fact), name
        for judge in judges():
            if judge.rule.target == subject.target and judge.never_holds(common):
                assert isinstance(judge.judge(subject), (Passed, NotEvaluated)), judge.rule.code
    check_together(subjects)


BLOCKS = st.sampled_from(
    [
        "gzip on;",
        "proxy_buffering off;",
        "keepalive_timeout 0;",
        "http2 on;",
        "proxy_set_header Connection '';",
        "proxy_http_version 1.1;",
        "proxy_pass http://app;",
        "proxy_pass http://10.0.0.1:8000;",
        "ssl_session_tickets off;",
        "ssl_session_cache shared:SSL:10m;",
        "root /srv/www;",
        "expires 30d;",
        "include mime.types;",
    ]
)
SERVERS = st.lists(
    st.tuples(st.lists(BLOCKS, max_size=3), st.lists(BLOCKS, max_size=3)), min_size=1, max_size=3
)


@settings(max_examples=60, deadline=None)
@given(SERVERS, st.sampled_from([None, "1.22.1", "1.30.0"]))
def test_passing_all_at_once_is_passing_each(
    servers: list[tuple[list[str], list[str]]], version: str | None
) -> None:
    text = "upstream app { server a:1; keepalive 8; }\n"
    for number, (outer, inner) in enumerate(servers):
        own = " ".join(one for one in dict.fromkeys(outer) if not one.startswith("proxy_pass"))
        location = " ".join(dict.fromkeys(inner))
        text += f"server {{ listen {8000 + number} ssl; {own} location / {{ {location} }} }}\n"
    check(collect_example({"nginx.conf": http(text)}, {}, {"nginx": version} if version else {}))


@pytest.mark.parametrize("entry", entries(), ids=lambda one: str(one["code"]))
def test_no_example_of_a_rule_is_passed_over(entry: dict[str, Any]) -> None:
    for example in (*entry["examples"]["bad"], *entry["examples"]["good"]):
        check(collect_example(example["files"], example["host"], example["target"]))


def test_what_stands_nowhere_has_its_default_everywhere() -> None:
    one = next(reader(http("server { gzip on; }")).servers())
    assert one.common is not None
    assert shown(one.common["server.keepalive_timeout"]) == 75
    assert one.common["server.gzip"] is DIFFERS
    assert shown(one.common["nginx.complete"]) is True


@pytest.mark.parametrize(
    "text", ["server {}", http("include missing.conf; server {}"), http("server { {{ x }} }")]
)
def test_where_files_may_be_missing_nothing_is_common(text: str) -> None:
    assert [one.common for one in reader(text).servers()] == [None]


def test_thousands_of_servers_are_passed_at_once() -> None:
    """A rule that nothing can break gives one outcome, not one a server."""
    text = http("".join(f"server {{ listen {number}; root /srv; }}" for number in range(1, 400)))
    subjects = collect_example({"nginx.conf": text}, {}, {"nginx": "1.30.0"})
    outcomes = judge_all([one.rule for one in judges()], subjects)
    passed = [one for one in outcomes if isinstance(one, Passed)]
    assert len(passed) <= len(judges())


@pytest.mark.parametrize("space", list(TABLES))
def test_every_derived_fact_says_what_it_is(space: str) -> None:
    for name, row in rows_of(space).items():
        assert row.doc
        assert spec_names(space)[name] == (row.type, row.doc, row.setting)


def test_a_fact_that_needs_directives_names_directives() -> None:
    for space in TABLES:
        for name, row in rows_of(space).items():
            assert all(one == one.lower() and " " not in one for one in row.only_with), name


def test_an_unknown_default_is_where_the_level_begins() -> None:
    text = http("server { }\nupstream app { server a:1; }")
    one = reader(text, version=None)
    fact = one.upstream(one.config.upstreams[0]).facts["upstream.keepalive"]
    assert isinstance(fact, Unknown)
    assert fact.location is not None
    assert fact.location.line == 4


@pytest.mark.parametrize("space", list(TABLES))
def test_no_two_tables_name_the_same_fact(space: str) -> None:
    names = [name for table in TABLES[space] for name in table]
    assert sorted(names) == sorted(set(names))
