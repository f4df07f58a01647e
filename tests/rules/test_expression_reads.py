"""
What an evaluation reports of the facts it read.
"""

from __future__ import annotations

import pytest

from advisor.facts.schema import NUMBER, list_of, record
from advisor.model import Unknown
from advisor.rules.expression import Read, Reads, Scope, compile_expression
from tests.support.expressions import FACTS, LOCATIONS, SCOPE, Plain, item, literal


def read(source: str) -> Reads:
    reads = Reads()
    compile_expression(source, SCOPE).evaluate(FACTS, reads)
    return reads


def names(source: str) -> list[str]:
    return [entry.name for entry in read(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 < 2", []),
        ("workers > pg.max_connections and pg.fsync", ["workers", "pg.max_connections"]),
        ("workers > 1 and workers < 99 and pg.fsync", ["workers", "pg.fsync"]),
        ("pg.fsync or workers > 1", ["pg.fsync"]),
        ("host.memory > 0 and workers > 99", ["host.memory", "workers"]),
        ("known(host.memory) and host.memory > 0", ["host.memory"]),
        ("is_set(pg.work_mem)", ["pg.work_mem"]),
        (
            "any(x.max_fails == 0 for x in upstream.servers)",
            ["upstream.servers", "upstream.servers[0].max_fails", "upstream.servers[1].max_fails"],
        ),
        (
            "[x for x in upstream.locations if known(x.http_version) and x.path == '/ws']",
            [
                "upstream.locations",
                "upstream.locations[0].http_version",
                "upstream.locations[0].path",
                "upstream.locations[1].http_version",
                "upstream.locations[1].path",
                "upstream.locations[2].http_version",
            ],
        ),
        (
            "any(z.max_fails > workers for z in [y for y in upstream.servers if y.backup])",
            [
                "upstream.servers",
                "upstream.servers[0].backup",
                "upstream.servers[1].backup",
                "upstream.servers[2].backup",
                "upstream.servers[2].max_fails",
                "workers",
            ],
        ),
        (
            "all(all(z.name != 'z' for z in x.zones) for x in upstream.servers)",
            [
                "upstream.servers",
                "upstream.servers[0].zones",
                "upstream.servers[0].zones[0].name",
                "upstream.servers[1].zones",
                "upstream.servers[2].zones",
                "upstream.servers[2].zones[0].name",
            ],
        ),
    ],
)
def test_names_in_the_order_of_reading(source: str, expected: list[str]) -> None:
    assert names(source) == expected


def test_a_read_keeps_its_fact_and_record() -> None:
    """
    The record's location is what a finding about a list item points at.
    """
    entries = list(read("any(x.http_version == '1.0' for x in upstream.locations)"))

    assert entries[0] == Read("upstream.locations", FACTS["upstream.locations"])
    assert entries[2] == Read(
        "upstream.locations[1].http_version", LOCATIONS[1].fields["http_version"], LOCATIONS[1]
    )


def test_unknown_facts_and_their_reasons() -> None:
    """
    Only what left the result undecided counts, not every unknown fact that was read.
    """
    reads = read("(not known(host.cpus) or host.cpus > 0) and (host.memory > 0 or pg.fsync)")

    assert [entry.name for entry in reads] == ["host.cpus", "host.memory", "pg.fsync"]
    assert reads.unknown == {"host.cpus": "it is not set and has no default"}


def test_unknown_stays_empty_when_decided() -> None:
    assert read("host.memory > 0 and false").unknown == {}


def test_one_reads_for_several_expressions() -> None:
    reads = Reads()
    for source in ("workers > 1", "host.memory > 0", "workers > 2 or host.cpus > 0"):
        compile_expression(source, SCOPE).evaluate(FACTS, reads)

    assert [entry.name for entry in reads] == ["workers", "host.memory"]
    assert list(reads.unknown) == ["host.memory"]
    assert len(reads) == 2


def test_a_fact_that_was_not_collected_is_unknown() -> None:
    result = compile_expression("workers > 1", SCOPE).evaluate({})

    assert result.reasons == ("the files do not say",)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("workers > 1", "9"),
        ("workers > 1", True),
        ("workers > 1", float("nan")),
        ("workers > 1", float("inf")),
        ("workers > 1", 10**400),
        ("pg.fsync", 1),
        ("pg.wal_level == 'a'", 1),
        ("pg.version > '1'", "16"),
        ("pg.version > '1'", ("16",)),
        ("pg.version > '1'", ()),
        ("'1.2.0' in app.versions", ((1, 2), (True,))),
        ("6432 in pg.ports", ("6432",)),
        ("'a' in pg.libraries", "abc"),
        ("len(upstream.servers) > 0", (1,)),
    ],
)
def test_a_value_of_the_wrong_type_is_unknown(source: str, value: Plain) -> None:
    """
    A mistake in a collector must not crash an audit or decide a rule.
    """
    compiled = compile_expression(source, SCOPE)
    (name,) = compiled.evaluate({}).needs

    result = compiled.evaluate({name: literal(value)})

    assert result.needs == (name,)
    assert result.reasons[0].startswith("its value is no usable ")


def test_results_too_large_to_compute() -> None:
    facts = {"workers": literal(1e299), "pg.max_connections": literal(10**299)}

    for source in ("workers * workers", "pg.max_connections * pg.max_connections"):
        result = compile_expression(source, SCOPE).evaluate(facts)
        assert (result.needs, result.reasons) == ((source,), ("it is too large to compute",))


def test_one_reads_for_two_subjects_does_not_crash() -> None:
    """
    It is not meant to be used so, but then only names of fields suffer.
    """
    scope = Scope({"a.list": list_of(record("thing"))}, {"thing": {"size": NUMBER}})
    compiled = compile_expression("any(x.size > 1 for x in a.list)", scope)
    reads = Reads()
    compiled.evaluate({"a.list": literal((item(1, size=1),))}, reads)
    compiled.evaluate({"a.list": literal((item(2, size=Unknown("torn")),))}, reads)

    assert [entry.name for entry in reads] == ["a.list", "a.list[0].size", "item[0].size"]
