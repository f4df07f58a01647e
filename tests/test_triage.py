"""
From many findings to the few that matter.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from advisor.model import (
    Apply,
    Change,
    Confidence,
    Evidence,
    Finding,
    Fix,
    Location,
    Mark,
    Origin,
    Safety,
    Severity,
)
from advisor.triage import importance, triage
from tests.support.report_builders import finding

FIX = Fix(
    (Change("keepalive", "", "keepalive 32;"),), "keepalive 32;", "nginx", Safety.SAFE, Apply.RELOAD
)


def at(line: int, path: str = "nginx.conf", column: int = 1) -> Mark:
    return Mark(Location(path, line, column), f"line {line}")


def one(code: str, cause: str = "", **changes: Any) -> Finding:  # noqa: ANN401 - any field
    plain: dict[str, Any] = {"root_cause": cause or code, "related": (), "evidence": ()}
    return replace(finding(code), **{**plain, **changes})


class TestOrder:
    def test_severity_then_impact_then_confidence_then_place(self) -> None:
        found = [
            one("A", mark=at(9), severity=Severity.LOW, impact=0.9),
            one("B", mark=at(9), severity=Severity.HIGH),
            one("C", mark=at(9), severity=Severity.HIGH, impact=0.1),
            one("D", mark=at(9), severity=Severity.HIGH, confidence=Confidence.POSSIBLE),
            one("E", mark=at(2), severity=Severity.HIGH),
            one("F", mark=at(9, "app.conf"), severity=Severity.HIGH),
            one("G", mark=None, severity=Severity.HIGH),
        ]

        assert "".join(each.code for each in triage(found)) == "CGFEBDA"

    @given(st.permutations([one(code, mark=at(1), severity=Severity.LOW) for code in "ABCDE"]))
    def test_the_order_of_the_rules_does_not_matter(self, found: list[Finding]) -> None:
        assert [each.code for each in triage(found)] == list("ABCDE")


class TestMerge:
    def test_one_root_cause_is_one_finding(self) -> None:
        found = [
            one("NGX302", "reuse", mark=at(5), related=(at(9),), severity=Severity.LOW),
            one("NGX303", "reuse", mark=at(2), severity=Severity.MEDIUM),
            one("NGX302", "reuse", mark=at(7), related=(at(9),), severity=Severity.LOW),
            one("NGX205", "http2", mark=at(1), severity=Severity.HIGH),
        ]

        first, second = triage(found)

        assert (first.code, first.also) == ("NGX205", ())
        assert (second.code, second.also) == ("NGX303", ("NGX302",))
        assert second.mark == at(2)
        assert second.related == (at(5), at(9), at(7))

    def test_the_same_rule_in_many_places(self) -> None:
        found = [one("NGX302", "reuse", mark=at(line)) for line in (3, 1, 2)]

        (merged,) = triage(found)

        assert (merged.mark, merged.related, merged.also) == (at(1), (at(2), at(3)), ())

    def test_a_place_that_ends_elsewhere_is_the_same(self) -> None:
        longer = Mark(Location("nginx.conf", 1, 1, 1, 9))

        (merged,) = triage([one("A", "x", mark=at(1)), one("B", "x", mark=longer)])

        assert merged.related == ()

    def test_facts_and_sections_of_all(self) -> None:
        row = Evidence("pg.max_connections", "200", Origin.LITERAL, Location("postgresql.conf", 1))
        more = Evidence("engine.pool_size", "20", Origin.LITERAL, Location("db.py", 4))

        (merged,) = triage(
            [
                one("A", "x", mark=at(1), evidence=(row,), guide=("a", "b")),
                one("B", "x", mark=at(2), evidence=(row, more), guide=("b", "c")),
            ]
        )

        assert merged.evidence == (row, more)
        assert merged.guide == ("a", "b", "c")

    def test_a_fix_of_another_is_better_than_none(self) -> None:
        other = replace(FIX, snippet="other")
        bare = one("A", "x", mark=at(1), fix=None)

        assert triage([bare, one("B", "x", mark=at(2), fix=FIX)])[0].fix == FIX
        assert triage([replace(bare, fix=FIX), one("B", "x", mark=at(2), fix=other)])[0].fix == FIX

    def test_merged_findings_merge_again(self) -> None:
        found = [one("A", "x", mark=at(1), also=("B",)), one("B", "x", mark=at(2), also=("C", "A"))]

        assert triage(found)[0].also == ("B", "C")

    def test_without_places(self) -> None:
        (merged,) = triage([one("A", "x", mark=None), one("B", "x", mark=None)])

        assert (merged.mark, merged.related) == (None, ())


def test_nothing_found() -> None:
    assert triage([]) == ()


def test_importance_is_a_total_order() -> None:
    assert importance(one("A", mark=at(1), subject="a")) < importance(
        one("A", mark=at(1), subject="b")
    )


def test_who_measured_an_impact_speaks_for_who_only_found_it_slow() -> None:
    slow = finding(code="EXP053", severity=Severity.HIGH, root_cause="node 7")
    spilled = finding(code="EXP012", severity=Severity.MEDIUM, root_cause="node 7", impact=0.4)
    (merged,) = triage([slow, spilled])
    assert (merged.code, merged.severity, merged.also) == ("EXP012", Severity.HIGH, ("EXP053",))
