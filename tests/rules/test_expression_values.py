"""
What expressions are worth: source, and the value or the names that are missing.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalog.nginx import at_least
from advisor.facts.schema import (
    BOOL,
    DURATION,
    NUMBER,
    SHARE,
    SIZE,
    STRING,
    Type,
    list_of,
    record,
)
from advisor.model.subject import Record
from advisor.rules.expression import Scope, Undecided, compile_expression
from tests.support.expressions import FACTS, GB, KB, LOCATIONS, MB, SCOPE, SERVERS, literal

DECIDED: list[tuple[str, Type, Any]] = [
    # literals and units
    ("1", NUMBER, 1),
    ("1_000.5", NUMBER, 1000.5),
    ("'a' == \"a\"", BOOL, True),
    ("True", BOOL, True),
    ("true", BOOL, True),
    ("false", BOOL, False),
    ("8 * kB", SIZE, 8 * KB),
    ("GB * 2", SIZE, 2 * GB),
    ("1 * TB / GB", NUMBER, 1024),
    ("8192 * B == 8 * kB", BOOL, True),
    ("1.5 * min", DURATION, 90),
    ("1 * h + 1 * d", DURATION, 90000),
    ("250 * ms", DURATION, 0.25),
    ("1000000 * us == 1 * s", BOOL, True),
    # facts
    ("workers", NUMBER, 9),
    ("pg.shared_buffers", SIZE, 4 * GB),
    ("pg.libraries", list_of(STRING), ("pg_stat_statements", "auto_explain")),
    ("upstream.servers", list_of(record("upstream_server")), SERVERS),
    ("pg.fsync", BOOL, True),
    # arithmetic
    ("workers + 1 - 2 * 3", NUMBER, 4),
    ("workers / 2", NUMBER, 4.5),
    ("workers % 4", NUMBER, 1),
    ("-workers", NUMBER, -9),
    ("--workers", NUMBER, 9),
    ("-(2 * GB)", SIZE, -2 * GB),
    ("pg.shared_buffers + 1 * GB", SIZE, 5 * GB),
    ("pg.shared_buffers - 1 * GB", SIZE, 3 * GB),
    ("pg.shared_buffers % (3 * GB)", SIZE, GB),
    ("pg.shared_buffers / 4", SIZE, GB),
    ("pg.shared_buffers / pg.work_mem", NUMBER, 1024),
    ("pg.max_connections * pg.work_mem", SIZE, 800 * MB),
    ("pg.shared_buffers * pg.autovacuum_scale_factor", SIZE, 0.2 * 4 * GB),
    ("pg.autovacuum_scale_factor * 100", NUMBER, 20),
    ("pg.autovacuum_scale_factor + pg.autovacuum_scale_factor", SHARE, 0.4),
    ("1 - pg.autovacuum_scale_factor", NUMBER, 0.8),
    ("30 * s / (10 * s)", NUMBER, 3),
    ("max(pg.shared_buffers - 8 * GB, 0)", SIZE, 0),
    # comparisons
    ("workers > 8", BOOL, True),
    ("1 < workers < 5", BOOL, False),
    ("1 < workers <= 9 != 10", BOOL, True),
    ("pg.shared_buffers < 8 * GB", BOOL, True),
    ("pg.temp_file_limit == -1", BOOL, True),
    ("pg.statement_timeout == 0", BOOL, True),
    ("0 < pg.shared_buffers", BOOL, True),
    ("pg.autovacuum_scale_factor < 0.5", BOOL, True),
    ("pg.random_page_cost >= 1.1", BOOL, True),
    ("pg.wal_level == 'replica'", BOOL, True),
    ("pg.wal_level != 'replica'", BOOL, False),
    ("pg.fsync == true", BOOL, True),
    ("pg.fsync != false", BOOL, True),
    # versions
    ("pg.version >= '16'", BOOL, True),
    ("pg.version < '16.10'", BOOL, True),
    ("pg.version >= '16.4.0'", BOOL, True),
    ("pg.version < '16.4.0'", BOOL, False),
    ("pg.version == '16.5.1'", BOOL, False),
    ("'15.9.9' < pg.version", BOOL, True),
    ("pg.version in ('16.5.1', '16.4')", BOOL, True),
    ("'2.1.3' in app.versions", BOOL, False),
    ("nginx.version == '1.29'", BOOL, True),
    ("nginx.version < '1.3'", BOOL, False),
    ("'1.29.7' < nginx.version", BOOL, False),
    ("'1.25.1' <= nginx.version < '1.30'", BOOL, True),
    ("nginx.version != pg.version", BOOL, True),
    ("nginx.version in ['1.28.0', '1.29.0']", BOOL, True),
    ("'1.2' in app.versions", BOOL, True),
    ("'1.20' in app.versions", BOOL, False),
    # membership
    ("'stat' in 'pg_stat_statements'", BOOL, True),
    ("'log' not in pg.wal_level", BOOL, True),
    ("'auto_explain' in pg.libraries", BOOL, True),
    ("'timescaledb' not in pg.libraries", BOOL, True),
    ("6432 in pg.ports", BOOL, True),
    ("pg.wal_level in ('minimal', 'replica')", BOOL, True),
    ("pg.wal_level not in ['minimal']", BOOL, True),
    ("pg.shared_buffers in (4 * GB, 0)", BOOL, True),
    ("workers in (pg.max_connections, 9)", BOOL, True),
    ("workers in (pg.max_connections,)", BOOL, False),
    # and or not
    ("pg.fsync and workers == 9", BOOL, True),
    ("pg.fsync and workers == 9 and false", BOOL, False),
    ("workers == 1 or workers == 2 or workers == 9", BOOL, True),
    ("not pg.fsync", BOOL, False),
    ("not (pg.fsync and false)", BOOL, True),
    # functions
    ("min(workers, 4)", NUMBER, 4),
    ("max(workers, 4, 20)", NUMBER, 20),
    ("sum(workers, 4, 20)", NUMBER, 33),
    ("min(pg.work_mem, pg.shared_buffers)", SIZE, 4 * MB),
    ("max(pg.autovacuum_scale_factor, 0.5)", NUMBER, 0.5),
    ("max(0, -1)", NUMBER, 0),
    ("max(pg.ports)", NUMBER, 6432),
    ("sum(pg.ports)", NUMBER, 11864),
    ("len(pg.libraries)", NUMBER, 2),
    ("len([x for x in upstream.servers if x.backup])", NUMBER, 1),
    ("startswith(pg.wal_level, 'rep')", BOOL, True),
    ("endswith(pg.wal_level, 'rep')", BOOL, False),
    ("floor(workers / 2)", NUMBER, 4),
    ("ceil(workers / 2)", NUMBER, 5),
    ("round(workers / 4)", NUMBER, 2),
    ("floor(pg.shared_buffers * 0.3 / MB) * MB", SIZE, 1228 * MB),
    ("round(pg.autovacuum_scale_factor)", NUMBER, 0),
    ("abs(2 - workers)", NUMBER, 7),
    ("abs(pg.temp_file_limit)", SIZE, 1),
    # loops
    ("any(x.max_fails == 0 for x in upstream.servers)", BOOL, True),
    ("any(x.max_fails == 0 for x in upstream.servers if x.backup)", BOOL, False),
    ("all(x.fail_timeout <= 30 * s for x in upstream.servers)", BOOL, True),
    ("all(x.backup for x in upstream.servers if x.max_fails > 1)", BOOL, True),
    ("all([x.backup for x in upstream.servers])", BOOL, False),
    ("count(x.max_fails > 0 for x in upstream.servers)", NUMBER, 2),
    ("count(x for x in upstream.servers if not x.backup if x.max_fails > 0)", NUMBER, 1),
    ("count(x for x in upstream.servers)", NUMBER, 3),
    ("count(name for name in pg.libraries if startswith(name, 'pg_'))", NUMBER, 1),
    ("sum(x.max_fails for x in upstream.servers)", NUMBER, 4),
    ("sum(x.fail_timeout for x in upstream.servers if x.backup)", DURATION, 5),
    ("sum(x.max_fails for x in upstream.servers if x.max_fails > 9)", NUMBER, 0),
    ("min(x.fail_timeout for x in upstream.servers)", DURATION, 5),
    ("max([x.fail_timeout for x in upstream.servers])", DURATION, 30),
    ("any(port > 6000 for port in pg.ports)", BOOL, True),
    ("[x for x in upstream.servers if x.backup]", list_of(record("upstream_server")), SERVERS[2:]),
    ("[x.address for x in upstream.servers if x.max_fails == 0]", list_of(STRING), ("b",)),
    ("[port - 1 for port in pg.ports]", list_of(NUMBER), (5431, 6431)),
    ("any(any(z.size < 1 * MB for z in x.zones) for x in upstream.servers)", BOOL, True),
    ("sum(count(z for z in x.zones) for x in upstream.servers)", NUMBER, 2),
    ("any(y.backup for y in [x for x in upstream.servers if x.max_fails > 1])", BOOL, True),
    ("any(s.fail_timeout > 20 * min for s in upstream.servers)", BOOL, False),
    ("any(x.buffers.size < 8 * kB for x in upstream.locations)", BOOL, True),
    # questions about facts
    ("known(workers)", BOOL, True),
    ("known(host.memory)", BOOL, False),
    ("known(host.cpus)", BOOL, True),
    ("is_set(pg.shared_buffers)", BOOL, True),
    ("is_set(pg.work_mem)", BOOL, False),
    ("is_set(host.cpus)", BOOL, False),
    ("has_value(pg.work_mem)", BOOL, True),
    ("has_value(host.cpus)", BOOL, False),
    ("not has_value(host.cpus) or host.cpus > 1", BOOL, True),
    ("count(known(x.http_version) for x in upstream.locations)", NUMBER, 2),
    ("count(is_set(x.buffers.size) for x in upstream.locations)", NUMBER, 2),
    # decided in spite of something unknown
    ("false and host.memory > 0", BOOL, False),
    ("host.memory > 0 and false", BOOL, False),
    ("true or host.memory > 0", BOOL, True),
    ("host.memory > 0 or true", BOOL, True),
    ("any(x.http_version == '1.0' for x in upstream.locations)", BOOL, True),
    ("all(x.http_version == '1.1' for x in upstream.locations)", BOOL, False),
    (
        "[x for x in upstream.locations if x.path == '/']",
        list_of(record("location")),
        LOCATIONS[:1],
    ),
    ("any(false and host.memory > 0 for x in upstream.servers)", BOOL, False),
    ("workers in (9, host.cpus)", BOOL, True),
    # layout
    ("  workers\n  ==\n  9  ", BOOL, True),
    ("workers == 9\r\nand pg.fsync", BOOL, True),
    ("(workers ==\n\t9)", BOOL, True),
    ("pg.wal_level != '#'", BOOL, True),
    ("pg.wal_level != 'é' and workers == 9", BOOL, True),
]

UNDECIDED: list[tuple[str, tuple[str, ...]]] = [
    ("host.memory", ("host.memory",)),
    ("host.memory > 8 * GB", ("host.memory",)),
    ("8 * GB < host.memory", ("host.memory",)),
    ("host.cpus > 4", ("host.cpus",)),
    ("-host.memory", ("host.memory",)),
    ("not host.memory > 0", ("host.memory",)),
    ("host.memory / host.cpus > 0", ("host.memory", "host.cpus")),
    ("true and host.memory > 0", ("host.memory",)),
    ("host.memory > 0 and host.cpus > 0 and pg.fsync", ("host.memory", "host.cpus")),
    ("host.memory > 0 or host.cpus > 0 or host.memory < 0", ("host.memory", "host.cpus")),
    ("(host.memory > 0 and false) or host.cpus > 1", ("host.cpus",)),
    ("0 < host.memory < 1 * GB", ("host.memory",)),
    ("'x' in app.nodes", ("app.nodes",)),
    ("len(app.nodes)", ("app.nodes",)),
    ("any(x == 'a' for x in app.nodes)", ("app.nodes",)),
    ("count(x == 'a' for x in app.nodes)", ("app.nodes",)),
    ("[x for x in app.nodes]", ("app.nodes",)),
    ("min(workers, host.cpus)", ("host.cpus",)),
    ("workers in (1, host.cpus)", ("host.cpus",)),
    ("max(x.max_fails for x in upstream.servers if x.max_fails > 9)",
     ("max(x.max_fails for x in upstream.servers if x.max_fails > 9)",)),
    ("any(x.http_version == '2' for x in upstream.locations)",
     ("upstream.locations[2].http_version",)),
    ("all(x.http_version != '2' for x in upstream.locations)",
     ("upstream.locations[2].http_version",)),
    ("count(x.http_version == '1.1' for x in upstream.locations)",
     ("upstream.locations[2].http_version",)),
    ("[x.http_version for x in upstream.locations]", ("upstream.locations[2].http_version",)),
    ("[x for x in upstream.locations if x.http_version == '1.1']",
     ("upstream.locations[2].http_version",)),
    ("sum(x.buffers.size for x in upstream.locations)", ("upstream.locations[2].buffers.size",)),
    ("1 * min / pg.statement_timeout > 1", ("pg.statement_timeout",)),
    ("workers / (workers - 9) > 1", ("workers - 9",)),
    ("workers / (workers - 9) > 1 and pg.wal_level != 'é'", ("workers - 9",)),
    ("workers % (workers - 9) > 1", ("workers - 9",)),
    ("is_set(host.memory)", ("host.memory",)),
    ("not is_set(host.memory)", ("host.memory",)),
    ("has_value(host.memory)", ("host.memory",)),
    ("any(is_set(x.http_version) for x in upstream.locations if x.path == '/ws')",
     ("upstream.locations[2].http_version",)),
    ("pg.version >= '16.4.1'", ("pg.version",)),
    ("'16.4.1' > pg.version", ("pg.version",)),
    ("pg.version == '16.4.0'", ("pg.version",)),
    ("pg.version in ('16.4.1', '15')", ("pg.version",)),
    ("'2.0.1' in app.versions", ("app.versions",)),
]  # fmt: skip


@pytest.mark.parametrize(("source", "type_", "value"), DECIDED)
def test_decided(source: str, type_: Type, value: object) -> None:
    compiled = compile_expression(source, SCOPE)

    result = compiled.evaluate(FACTS)

    assert compiled.type == type_
    if isinstance(value, float):
        assert result == pytest.approx(value)
    else:
        assert result == value
        assert isinstance(result, bool) is isinstance(value, bool)


@pytest.mark.parametrize(("source", "needs"), UNDECIDED)
def test_undecided(source: str, needs: tuple[str, ...]) -> None:
    result = compile_expression(source, SCOPE).evaluate(FACTS)

    assert isinstance(result, Undecided)
    assert result.needs == needs


def test_reasons_of_undecided_results() -> None:
    """
    Each missing name comes with why it is missing.
    """
    source = "host.memory > 0 or host.cpus > 0 or workers / (workers - 9) > 0 or max(pg.ports) < 0"
    facts = {**FACTS, "pg.ports": FACTS["app.nodes"]}

    result = compile_expression(source, SCOPE).evaluate(facts)

    assert dict(zip(result.needs, result.reasons, strict=True)) == {
        "host.memory": "no file states it",
        "host.cpus": "it is not set and has no default",
        "workers - 9": "it is zero, and something is divided by it",
        "pg.ports": "depends on the variable NODES",
    }


@pytest.mark.parametrize(
    ("version", "source", "expected"),
    [
        ((1, 29), ">= '1.29.7'", None),
        ((1, 29), "< '1.29.7'", None),
        ((1, 29), "!= '1.29.7'", None),
        ((1, 29), ">= '1.29.0'", True),
        ((1, 29), "> '1.29.0'", None),
        ((1, 29), ">= '1.29'", True),
        ((1, 29), "<= '1.29'", True),
        ((1, 29), "< '1.30'", True),
        ((1, 29), "< '1.30.1'", True),
        ((1, 29), "> '1.28.9'", True),
        ((1, 30), ">= '1.30.0'", True),
        ((1, 30), ">= '1.29.7'", True),
        ((1,), ">= '1.29.7'", None),
        ((1,), ">= '0.9'", True),
        ((1, 29, 7), ">= '1.29'", True),
        ((1, 29, 0), "== '1.29'", True),
        ((1, 29, 7), "> pg.version", None),
        ((1, 30, 0), "> pg.version", True),
    ],
)
def test_a_short_version_decides_what_all_its_releases_decide(
    version: tuple[int, ...],
    source: str,
    expected: bool | None,  # noqa: FBT001 - a case of the table
) -> None:
    """
    The same meaning as in the catalogue of nginx.
    """
    facts = {"nginx.version": literal(version), "pg.version": literal((1, 29))}

    result = compile_expression(f"nginx.version {source}", SCOPE).evaluate(facts)

    assert (None if isinstance(result, Undecided) else result) is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("gunicorn.class == 'sync'", True),
        ("gunicorn . class == 'sync' and gunicorn.in.from == 1", True),
        ("gunicorn.class == 'gunicorn.class'", False),
        ("'a.class' == 'a.class' and gunicorn.class != \"a.class\"", True),
        ("any(x.is == 1 for x in gunicorn.with)", True),
    ],
)
def test_facts_may_be_named_like_keywords_of_python(source: str, expected: bool) -> None:  # noqa: FBT001 - a case of the table
    scope = Scope(
        {
            "gunicorn.class": STRING,
            "gunicorn.in.from": NUMBER,
            "gunicorn.with": list_of(record("thing")),
        },
        {"thing": {"is": NUMBER}},
    )
    facts = {
        "gunicorn.class": literal("sync"),
        "gunicorn.in.from": literal(1),
        "gunicorn.with": literal((Record({"is": literal(1)}),)),
    }

    assert compile_expression(source, scope).evaluate(facts) is expected


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple),
    st.lists(st.integers(0, 3), min_size=1, max_size=4).map(tuple),
)
def test_versions_agree_with_the_catalogue(version: tuple[int, ...], step: tuple[int, ...]) -> None:
    source = f"nginx.version >= '{'.'.join(map(str, step))}'"

    result = compile_expression(source, SCOPE).evaluate({"nginx.version": literal(version)})

    padded = version + (0,) * (len(step) - len(version))
    expected = at_least(version, step)
    if expected is False and padded >= step:
        expected = True  # the catalogue takes 1.29 and 1.29.0 apart where nothing depends on it
    assert (None if isinstance(result, Undecided) else result) is expected


def test_why_a_short_version_is_not_enough() -> None:
    result = compile_expression("nginx.version >= '1.29.7'", SCOPE).evaluate(
        {"nginx.version": literal((1, 29))}
    )

    assert result.reasons == ("1.29 may be any 1.29.x",)


def test_an_undecided_result_is_not_true() -> None:
    """
    A caller that forgets to ask must not see a rule fire.
    """
    assert not compile_expression("host.memory > 0", SCOPE).evaluate(FACTS)
