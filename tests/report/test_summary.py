from __future__ import annotations

import pytest

from advisor.model import NotEvaluated, Passed, Severity
from advisor.report import RenderOptions
from advisor.report.summary import (
    HOW_TO_GIVE,
    Missing,
    missing,
    passed_codes,
    rule_counts,
    shown,
    tally,
)
from tests.support.report_builders import finding, report


def undecided(code: str, *needs: str, reasons: tuple[str, ...] = ()) -> NotEvaluated:
    return NotEvaluated(code, "db", needs, reasons)


class TestTally:
    def test_every_severity_has_a_count(self) -> None:
        assert list(tally((), RenderOptions()).counts) == list(Severity)

    @pytest.mark.parametrize(
        ("fail_on", "failing"), [(Severity.CRITICAL, 0), (Severity.MEDIUM, 2), (None, 0)]
    )
    def test_failing(self, fail_on: Severity | None, failing: int) -> None:
        found = [
            finding(severity=level) for level in (Severity.HIGH, Severity.MEDIUM, Severity.LOW)
        ]

        assert tally(found, RenderOptions(fail_on=fail_on)).failing == failing

    def test_shown(self) -> None:
        low, info = finding(severity=Severity.LOW), finding(severity=Severity.INFO)

        made = report(low, info)

        assert shown(made, RenderOptions()) == made.findings[:1]


class TestRules:
    def test_a_rule_counts_once_and_at_its_worst(self) -> None:
        counts = rule_counts(
            report(
                finding("PG1", also=("PG2",)),
                passed=tuple(Passed(code, "db") for code in ("PG1", "PG2", "PG3", "PG4", "PG4")),
                not_evaluated=(undecided("PG3", "x"), undecided("PG2", "x"), undecided("PG5", "x")),
                rules=9,
            )
        )

        assert (counts.fired, counts.not_evaluated, counts.passed) == (2, 2, 1)
        assert counts.not_applicable == 4
        assert counts.words() == "1 rule passed, 2 were not evaluated, 4 do not apply"

    def test_one_of_each(self) -> None:
        counts = rule_counts(report(not_evaluated=(undecided("PG1", "x"),), rules=2))

        assert counts.words() == "0 rules passed, 1 was not evaluated, 1 does not apply"

    def test_more_outcomes_than_rules_is_no_negative_number(self) -> None:
        counts = rule_counts(report(passed=(Passed("PG1", "db"),)))

        assert (counts.tried, counts.not_applicable) == (1, 0)

    def test_passed_codes_are_sorted(self) -> None:
        found = report(passed=(Passed("PG2", "a"), Passed("PG1", "a"), Passed("PG2", "b")))

        assert passed_codes(found) == ["PG1", "PG2"]


class TestMissing:
    def test_the_most_wanted_fact_comes_first(self) -> None:
        found = missing(
            report(
                not_evaluated=(
                    undecided("PG1", "b", "z", reasons=("no b", "no z")),
                    undecided("PG2", "z", reasons=("no z",)),
                    undecided("PG2", "z", reasons=("other",)),
                    undecided("PG3", "a"),
                )
            )
        )

        assert found == [
            Missing("z", ("PG1", "PG2"), ("no z", "other")),
            Missing("a", ("PG3",), ()),
            Missing("b", ("PG1",), ("no b",)),
        ]

    def test_a_rule_that_names_no_fact_is_not_lost(self) -> None:
        assert missing(report(not_evaluated=(undecided("PG1"),))) == [
            Missing("more facts", ("PG1",), ())
        ]

    def test_how_to_give_it(self) -> None:
        storage = Missing("host.storage", (), ())

        assert storage.how == "--host storage=ssd|hdd"
        assert storage.example == "--host storage=ssd"

    def test_other_facts_are_only_named(self) -> None:
        assert (Missing("pg.x", (), ()).how, Missing("pg.x", (), ()).example) == ("", "")

    def test_every_way_is_an_option_with_a_value(self) -> None:
        for fact in HOW_TO_GIVE:
            option, value = Missing(fact, (), ()).example.split("=")
            assert option.split()[0] in {"--host", "--target"}
            assert value
