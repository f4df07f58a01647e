"""
One rule against one subject.
"""

from __future__ import annotations

from typing import Any

import pytest

from advisor.model import (
    Confidence,
    Location,
    NotEvaluated,
    Origin,
    Passed,
    Secret,
    Severity,
    Unknown,
    Value,
)
from advisor.model.subject import Fact, Subject
from advisor.rules.judge import MAX_NEEDS, Judge
from advisor.rules.known import WithParams
from tests.support.rules import (
    HERE,
    default,
    fired,
    location_item,
    rule,
    subject,
    undecided,
    upstream,
    written,
)

ASSUMED: Fact = Value(4, Origin.ASSUMED, HERE, "WORKERS is set nowhere")


class TestDecision:
    def test_fired(self) -> None:
        finding = fired(rule(), upstream(keepalive=4))

        assert (finding.code, finding.name) == ("NGX999", "few-idle-connections")
        assert finding.message == "keepalive is 4"
        assert finding.recommendation == "Use keepalive 32 in app."
        assert finding.subject == "upstream app"
        assert finding.guide == ("connection-optimization.upstream-keepalive",)

    def test_passed(self) -> None:
        assert Judge(rule()).judge(upstream(keepalive=8)) == Passed("NGX999", "upstream app")

    def test_not_decided(self) -> None:
        outcome = undecided(rule(when="upstream.keepalive < upstream.servers"), upstream())

        assert outcome == NotEvaluated(
            "NGX999",
            "upstream app",
            ("upstream.keepalive", "upstream.servers"),
            ("nobody said", "nobody said"),
        )

    def test_a_fact_that_is_required_and_unknown(self) -> None:
        """
        The condition alone would be decided.
        """
        outcome = undecided(
            rule(requires=["nginx.version", "upstream.keepalive"]), upstream(keepalive=4)
        )

        assert (outcome.needs, outcome.reasons) == (("nginx.version",), ("nobody said",))

    def test_a_fact_that_is_required_is_evidence(self) -> None:
        about = upstream(keepalive=4)
        known = {**about.facts, "nginx.version": written((1, 24, 0))}

        finding = fired(rule(requires=["nginx.version"]), Subject(about.target, "u", known))

        assert [row.fact for row in finding.evidence] == [
            "nginx.version",
            "upstream.keepalive",
            "upstream.name",
        ]

    def test_a_fact_that_the_subject_does_not_hold(self) -> None:
        bare = Subject("nginx.upstream", "upstream app", {})

        assert undecided(rule(), bare).reasons == ("the files do not say",)
        assert undecided(rule(requires=["nginx.version"]), bare).needs == ("nginx.version",)

    def test_many_needs_are_cut(self) -> None:
        servers = tuple(location_item(n, http_version=Unknown(f"why {n}")) for n in range(30))
        outcome = undecided(
            rule(when="any(x.http_version == '1.0' for x in upstream.locations)"),
            upstream(locations=written(servers)),
        )

        assert len(outcome.needs) == len(outcome.reasons) == MAX_NEEDS
        assert outcome.needs[1] == "upstream.locations[1].http_version"
        assert outcome.reasons[1] == "why 1"

    def test_one_judge_for_many_subjects(self) -> None:
        judge = Judge(rule())

        codes = [type(judge.judge(upstream(keepalive=n))).__name__ for n in (4, 9, 5)]

        assert codes == ["Finding", "Passed", "Finding"]


class TestMarks:
    def test_the_places_of_the_facts(self) -> None:
        at = [
            {"fact": "upstream.keepalive", "label": "{upstream.keepalive} kept"},
            {"fact": "upstream.servers", "label": "for these"},
        ]
        finding = fired(
            rule(at=at), upstream(keepalive=written(4, 2), servers=written(3, 7, path="app.conf"))
        )

        assert finding.mark is not None
        assert (str(finding.mark.location), finding.mark.label) == ("nginx.conf:2", "4 kept")
        assert [(str(m.location), m.label) for m in finding.related] == [
            ("app.conf:7", "for these")
        ]

    def test_facts_at_one_place_appear_once(self) -> None:
        at = [{"fact": f"upstream.{name}"} for name in ("keepalive", "servers", "keepalive")]
        facts = {"servers": Value(2, Origin.EVALUATED, Location("nginx.conf", 2, 3, 9))}

        finding = fired(rule(at=at), upstream(keepalive=4, **facts))

        assert finding.related == ()

    def test_what_nobody_set_is_marked_where_the_subject_begins(self) -> None:
        finding = fired(rule(), upstream(keepalive=default(0)))

        assert finding.mark is not None
        assert (str(finding.mark.location), finding.mark.label) == ("nginx.conf:1", "not set here")

    def test_a_derived_fact_is_not_called_unset(self) -> None:
        finding = fired(rule(), upstream(keepalive=Value(0, Origin.EVALUATED)))

        assert finding.mark is not None
        assert finding.mark.label == ""

    def test_no_place_at_all(self) -> None:
        finding = fired(rule(), subject({"upstream.keepalive": default(0)}))

        assert (finding.mark, finding.related) == (None, ())
        assert finding.root_cause == "NGX999 upstream app"

    def test_an_unknown_fact_has_a_place_too(self) -> None:
        at = [{"fact": "upstream.servers"}, {"fact": "upstream.keepalive"}]
        servers = Unknown("depends on the variable SERVERS", Location("nginx.conf", 9))

        finding = fired(rule(at=at), upstream(keepalive=4, servers=servers))

        assert str(finding.mark.location if finding.mark else "") == "nginx.conf:9"

    def test_a_label_with_a_hole_is_left_out(self) -> None:
        at = [{"fact": "upstream.keepalive", "label": "of {upstream.servers}"}]

        finding = fired(rule(at=at), upstream(keepalive=4))

        assert finding.mark is not None
        assert finding.mark.label == ""


class TestVariants:
    VARIANTS: Any = (
        {"when": "upstream.keepalive == 0", "severity": "high", "message": "nothing is kept"},
        {"when": "upstream.servers > 4", "severity": "low", "confidence": "possible"},
    )

    def test_the_first_that_holds_counts(self) -> None:
        finding = fired(rule(variants=self.VARIANTS), upstream(keepalive=0, servers=9))

        assert (finding.severity, finding.message) == (Severity.HIGH, "nothing is kept")
        assert finding.confidence is Confidence.CERTAIN
        assert finding.why == "A new connection costs a round trip."

    def test_the_second(self) -> None:
        finding = fired(rule(variants=self.VARIANTS), upstream(keepalive=1, servers=9))

        assert (finding.severity, finding.confidence) == (Severity.LOW, Confidence.POSSIBLE)
        assert finding.message == "keepalive is 1"
        assert "upstream.servers" in [row.fact for row in finding.evidence]

    def test_none(self) -> None:
        """
        What a variant read that does not hold is no evidence.
        """
        finding = fired(rule(variants=self.VARIANTS), upstream(keepalive=1, servers=2))

        assert finding.severity is Severity.MEDIUM
        assert "upstream.servers" not in [row.fact for row in finding.evidence]

    def test_one_that_is_not_decided_leaves_a_doubt(self) -> None:
        finding = fired(rule(variants=self.VARIANTS), upstream(keepalive=1))

        assert (finding.severity, finding.confidence) == (Severity.MEDIUM, Confidence.LIKELY)


class TestConfidence:
    @pytest.mark.parametrize(
        ("origin", "confidence"),
        [
            (Origin.LITERAL, Confidence.CERTAIN),
            (Origin.GIVEN, Confidence.CERTAIN),
            (Origin.EVALUATED, Confidence.CERTAIN),
            (Origin.DEFAULT, Confidence.CERTAIN),
            (Origin.ASSUMED, Confidence.LIKELY),
        ],
    )
    def test_that_of_the_weakest_fact(self, origin: Origin, confidence: Confidence) -> None:
        assert fired(rule(), upstream(keepalive=Value(4, origin))).confidence is confidence

    def test_never_above_the_rules_own(self) -> None:
        given = rule(confidence="possible")

        assert fired(given, upstream(keepalive=ASSUMED)).confidence is Confidence.POSSIBLE

    def test_nothing_assumed_is_critical(self) -> None:
        given = rule(severity="critical", category="correctness")

        assert fired(given, upstream(keepalive=4)).severity is Severity.CRITICAL
        assert fired(given, upstream(keepalive=ASSUMED)).severity is Severity.HIGH


class TestEvidence:
    def test_every_fact_with_value_origin_and_place(self) -> None:
        finding = fired(
            rule(message="{upstream.keepalive_timeout} of {params.most}", params=PARAMS),
            upstream(keepalive=4, keepalive_timeout=default(60)),
        )

        rows = [(row.fact, row.value, row.origin, row.note) for row in finding.evidence]
        assert rows == [
            ("upstream.keepalive", "4", Origin.LITERAL, ""),
            ("upstream.name", "app", Origin.LITERAL, ""),
            ("upstream.keepalive_timeout", "60 s", Origin.DEFAULT, "default of nginx 1.24"),
        ]
        assert finding.evidence[0].location == HERE

    def test_fields_of_list_items(self) -> None:
        """
        A field is printed by its type, and placed where its item stands.
        """
        items = (location_item(5, closes=Value(True, Origin.EVALUATED), label="/"),)
        finding = fired(
            rule(when="any(x.closes for x in upstream.locations)", message="closed"),
            upstream(locations=written(items)),
        )

        row = next(row for row in finding.evidence if "closes" in row.fact)
        assert (row.fact, row.value) == ("upstream.locations[0].closes", "on")
        assert row.location == Location("nginx.conf", 5)

    def test_a_secret_is_never_shown(self) -> None:
        hidden: Any = Value(Secret("hunter2"), Origin.LITERAL, HERE)
        finding = fired(
            rule(when="known(upstream.backend)", message="backend {upstream.backend}"),
            upstream(backend=hidden, keepalive=1),
        )

        assert "hunter2" not in repr(finding)
        assert [row.value for row in finding.evidence if row.fact == "upstream.backend"] == ["***"]


PARAMS = {
    "most": {"value": 16, "doc": "connections"},
    "wait": {"value": 5, "unit": "duration", "doc": "s"},
}


class TestParams:
    def test_they_are_names_of_the_rule(self) -> None:
        given = rule(
            params=PARAMS,
            when="upstream.keepalive < params.most and upstream.keepalive_timeout > params.wait",
            message="{upstream.keepalive} of {params.most}, {params.wait}",
        )

        finding = fired(given, upstream(keepalive=9, keepalive_timeout=60))

        assert finding.message == "9 of 16, 5 s"

    def test_they_are_seen_beside_all_facts(self) -> None:
        given = rule(params=PARAMS, when="upstream.keepalive < params.most")

        assert undecided(given, upstream()).needs == ("upstream.keepalive",)


def test_facts_and_params_together() -> None:
    facts = WithParams({"params.most": default(16)}, {"upstream.keepalive": default(0)})

    assert list(facts) == ["params.most", "upstream.keepalive"]
    assert len(facts) == 2
    assert "params.least" not in facts
    assert "upstream.servers" not in facts


class TestImpact:
    @pytest.mark.parametrize(
        ("source", "impact"),
        [
            ("node.share", 0.25),
            ("node.share * 8", 1.0),
            ("0 - node.share", 0.0),
            ("node.misestimate", 0.0),
        ],
    )
    def test_a_share_between_0_and_1(self, source: str, impact: float) -> None:
        about = subject({"node.share": 0.25, "node.type": "Sort"}, target="plan.node")
        given = rule(
            target="plan.node",
            when="node.type == 'Sort'",
            at=[{"fact": "node.type"}],
            message="slow",
            recommendation="sort less",
            impact=source,
        )

        assert fired(given, about).impact == impact

    def test_none_is_0(self) -> None:
        assert fired(rule(), upstream(keepalive=1)).impact == 0


class TestRootCause:
    def test_code_and_primary_place(self) -> None:
        """
        Two upstreams may open in one line.
        """
        causes = {
            fired(rule(), upstream(keepalive=written(1, 2, column))).root_cause
            for column in (3, 40)
        }

        assert causes == {"NGX999 nginx.conf:2:3", "NGX999 nginx.conf:2:40"}

    def test_the_rules_own(self) -> None:
        finding = fired(rule(root_cause="reuse of {upstream.name}"), upstream(keepalive=1))

        assert finding.root_cause == "reuse of app"


def test_a_text_with_an_unknown_fact() -> None:
    finding = fired(rule(why="Of {upstream.servers} servers."), upstream(keepalive=1))

    assert finding.why == "Of ? servers."
