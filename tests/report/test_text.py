from __future__ import annotations

import pytest

from advisor.model import (
    Apply,
    Change,
    Evidence,
    FactRow,
    Finding,
    Location,
    Mark,
    NotEvaluated,
    Origin,
    Severity,
)
from advisor.report import RenderOptions, render
from tests.support.report_builders import finding, fix, report


def text(*findings: Finding, options: RenderOptions | None = None, **fields: object) -> str:
    return render("text", [report(*findings, **fields)], options or RenderOptions())


class TestHead:
    def test_the_name_and_the_stack(self) -> None:
        assert text().startswith("deploy: gunicorn → PostgreSQL 16\n\n")

    def test_an_empty_stack(self) -> None:
        assert text(stack=" ").startswith("deploy: nothing recognised\n")

    def test_known_host_facts_follow(self) -> None:
        facts = (
            FactRow("host.storage", "", None, note="unknown"),
            FactRow("host.memory", "16 GB", Origin.LITERAL, Location("compose.yaml", 3)),
            FactRow("host.cpus", "4", Origin.GIVEN),
        )

        assert text(facts=facts).startswith(
            "deploy: gunicorn → PostgreSQL 16 · 4 cpus, 16 GB (compose.yaml)\n"
        )

    def test_three_hosts_are_named_and_the_others_counted(self) -> None:
        facts = tuple(FactRow("host.cpus", "2", Origin.GIVEN, subject=name) for name in "abcde")

        assert " · a: 2 cpus · b: 2 cpus · c: 2 cpus · 2 more hosts\n" in text(facts=facts)

    def test_nothing_is_said_of_a_host_that_is_not_known(self) -> None:
        facts = (FactRow("host.memory", "", None, note="unknown"),)

        assert text(facts=facts).startswith("deploy: gunicorn → PostgreSQL 16\n")


class TestItems:
    def test_a_short_fix_is_not_said_twice(self) -> None:
        printed = text(finding(recommendation="shared_buffers = 4GB, a quarter", fix=fix()))

        assert printed.count("shared_buffers = 4GB") == 1

    def test_the_snippet_stands_for_a_missing_recommendation(self) -> None:
        change = fix(changes=(), snippet="server {\n\tlisten 80;\n}")

        assert "    = fix: server {\n                 listen 80;\n             }\n" in text(
            finding(recommendation="", fix=change)
        )

    def test_the_file_stands_where_it_is_not_the_one_shown(self) -> None:
        here = Mark(Location("postgresql.conf", 5))

        assert "of the memory (in postgresql.conf)\n" in text(finding(fix=fix()))
        assert "of the memory\n" in text(finding(mark=here, fix=fix()))

    def test_the_file_stands_alone_without_words(self) -> None:
        assert "= fix: in postgresql.conf\n" in text(
            finding(recommendation="", fix=fix(snippet=""))
        )

    def test_alternatives_have_their_own_lines(self) -> None:
        printed = text(finding(recommendation="this\n  or: that\n or the other"))

        assert "= fix: this\n    = or:  that\n    = or:  the other\n" in printed

    def test_nothing_is_printed_for_what_is_empty(self) -> None:
        printed = text(finding(why="", recommendation="", subject=""))

        assert printed.splitlines()[2:4] == [
            "medium[PG101] shared-buffers-too-small: shared_buffers is 128 MB",
            "    = sure: certain · advisor explain PG101",
        ]

    def test_facts_stand_below_a_finding_without_place(self) -> None:
        facts = (
            Evidence("host.memory", "16 GB", Origin.GIVEN),
            Evidence("pg.x", "1", Origin.LITERAL, Location("a.conf", 3)),
            Evidence("pg.y", "2", Origin.LITERAL),
        )

        assert "= from: host.memory = 16 GB (given), pg.x = 1 (a.conf:3), pg.y = 2\n" in text(
            finding(evidence=facts)
        )

    @pytest.mark.parametrize(
        ("code", "apply", "program", "words"),
        [
            ("PG101", Apply.RESTART, "", "PostgreSQL restart"),
            ("STK001", Apply.RELOAD, "gunicorn", "gunicorn reload"),
            ("STK001", Apply.RELOAD, "", "reload"),
            ("NGX101", Apply.REBUILD, "image", "image rebuild"),
            ("EXP007", Apply.NONE, "", "takes effect by itself"),
        ],
    )
    def test_what_makes_it_take_effect(
        self, code: str, apply: Apply, program: str, words: str
    ) -> None:
        change = fix(apply=apply, program=program)

        assert f"= sure: certain · {words} · advisor explain {code}\n" in text(
            finding(code, fix=change)
        )

    def test_a_command_to_copy_is_not_folded(self) -> None:
        narrow = RenderOptions(width=40)
        printed = text(finding(impact=0.5, fix=fix(apply=Apply.NONE)), options=narrow)

        assert "advisor explain PG101\n" in printed

    def test_secrets_in_a_fix_are_masked(self) -> None:
        change = Change("url", "", "", None, "")

        assert "hunter2" not in text(
            finding(fix=fix(changes=(change,), snippet="a\npassword = hunter2"))
        )


class TestPlaces:
    def test_after_eight_they_are_listed(self) -> None:
        related = tuple(Mark(Location("nginx.conf", 10 * line)) for line in range(1, 31))
        printed = text(finding(related=related))

        assert printed.count("-->") == 8
        assert (
            "= more: nginx.conf:90, nginx.conf:100, nginx.conf:110 and 19 other places\n" in printed
        )

    def test_few_more_are_all_listed(self) -> None:
        related = tuple(Mark(Location("nginx.conf", 10 * line)) for line in range(1, 11))

        assert "= more: nginx.conf:90, nginx.conf:100\n" in text(finding(related=related))

    def test_the_gutter_holds_the_longest_number(self) -> None:
        mark = Mark(Location("a", 10_000, 1, 10_000, 2))
        printed = text(finding(mark=mark), sources={"a": ("x",) * 10_000})

        assert (
            "\n    --> a:10000:1\n      |\n10000 | x\n      | ^\n      = why: reads go" in printed
        )


class TestClosing:
    def test_counts_of_what_is_shown_and_what_is_not(self) -> None:
        many = [finding(severity=level) for level in Severity for _ in range(2)]

        assert text(*many).endswith(
            "\n8 findings: 2 critical, 2 high, 2 medium, 2 low"
            " · 2 info not shown (--min-severity info)\n"
        )

    def test_hidden_levels_are_named_with_the_option_that_shows_all(self) -> None:
        printed = text(
            finding(severity=Severity.HIGH),
            finding(severity=Severity.LOW),
            options=RenderOptions(min_severity=Severity.HIGH),
        )

        assert printed.endswith(
            "\n1 finding: 0 critical, 1 high · 1 low not shown (--min-severity low)\n"
        )

    def test_only_hidden_findings(self) -> None:
        assert text(finding(severity=Severity.INFO), rules=1).endswith(
            "\nno findings: 0 rules passed · 1 info not shown (--min-severity info)\n"
        )

    def test_missing_facts_beyond_eight_are_counted(self) -> None:
        undecided = tuple(NotEvaluated("PG1", "db", (f"f{n}",), ()) for n in range(10))

        assert "1 needs f7, and 2 more facts (--format markdown)\n" in text(not_evaluated=undecided)

    def test_notes_are_folded(self) -> None:
        printed = text(notes=("word " * 12,), options=RenderOptions(width=40))

        assert printed.endswith(
            "\nnote: word word word word word word word\n      word word word word word\n"
        )


def test_several_deployments_end_with_a_total() -> None:
    reports = [report(finding(), name="one"), report(name="two")]
    printed = render("text", reports, RenderOptions())

    assert printed.endswith("\n\n2 deployments, 1 finding: 0 critical, 0 high, 1 medium, 0 low\n")


def test_several_clean_deployments() -> None:
    printed = render("text", [report(), report()], RenderOptions())

    assert printed.endswith("\n\n2 deployments, no findings\n")


@pytest.mark.parametrize(
    ("severity", "escape"),
    [
        (Severity.CRITICAL, "\x1b[1;31mcritical[PG101]"),
        (Severity.HIGH, "\x1b[1;31mhigh[PG101]"),
        (Severity.MEDIUM, "\x1b[1;33mmedium[PG101]"),
        (Severity.LOW, "\x1b[1;34mlow[PG101]"),
        (Severity.INFO, "\x1b[2minfo[PG101]"),
    ],
)
def test_every_severity_has_its_colour(severity: Severity, escape: str) -> None:
    options = RenderOptions(color=True, min_severity=Severity.INFO)

    assert escape in text(finding(severity=severity), options=options)
