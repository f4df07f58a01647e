from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings

from advisor.model import (
    Apply,
    Budget,
    BudgetKind,
    BudgetTerm,
    Change,
    Confidence,
    Evidence,
    FactRow,
    Finding,
    Location,
    Mark,
    NotEvaluated,
    Order,
    Origin,
    Reference,
    Report,
    Severity,
    TimeoutChain,
    TimeoutStep,
    Wait,
)
from advisor.report import RenderOptions, render
from tests.support.report_builders import finding, fix, report
from tests.support.report_strategies import REPORTS
from tests.support.reports import HOSTILE, RICH

ALL = RenderOptions(min_severity=Severity.INFO)


def markdown(*findings: Finding, options: RenderOptions = ALL, **fields: object) -> str:
    return render("markdown", [report(*findings, **fields)], options)


def tokens(text: str) -> list[Any]:
    """
    What a CommonMark parser with GFM tables and strikethrough makes of `text`, flattened.
    """
    parser = pytest.importorskip("markdown_it", reason="markdown-it-py is not installed")
    blocks = parser.MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    return [token for block in blocks for token in (block, *(block.children or ()))]


def expected_rows(item: Report) -> int:
    """
    The rows that tables must have, without their heads.
    """
    subjects = {row.subject for row in item.facts if row.name.startswith("host.")}
    hosts = {"host.memory", "host.cpus", "host.storage"} & {row.name for row in item.facts}
    facts = {
        fact for undecided in item.not_evaluated for fact in undecided.needs or ("more facts",)
    }
    in_findings = sum(
        len(found.evidence) + len(found.fix.changes if found.fix else ()) for found in item.findings
    )
    head = 2 + (len(subjects) if hosts else 0)
    shares = sum(len(budget.terms) + 2 for budget in item.budgets)
    waits = sum(len(chain.steps) for chain in item.timeouts)
    guide = len(item.guide) + len(item.targets)
    return head + in_findings + len(item.facts) + len(facts) + shares + waits + guide


@pytest.mark.oracle
class TestParsedBack:
    """
    Asks markdown-it-py what the report says.
    """

    @staticmethod
    def check(item: Report) -> None:
        found = tokens(render("markdown", [item], ALL))
        kinds = Counter(token.type for token in found)
        names = ("facts", "notes", "not_evaluated", "budgets", "timeouts", "targets")
        guide = {bool(row.group) for row in item.guide}
        sections = len(guide) + sum(bool(getattr(item, name)) for name in names)

        assert {t.content for t in found if t.type == "html_inline"} <= {"<code>", "</code>"}
        assert not kinds.keys() & {"html_block", "image", "code_block", "hr", "s_open"}
        assert not kinds.keys() & {"blockquote_open", "softbreak", "hardbreak", "lheading_open"}
        assert all(
            str(t.attrs["href"]).startswith(("http://", "https://"))
            for t in found
            if t.type == "link_open"
        )
        headings = Counter(t.tag for t in found if t.type == "heading_open")
        steps = any(f.severity is not Severity.INFO for f in item.findings)
        assert headings["h1"] == 1
        assert headings["h2"] == (not item.error) + steps + sections
        assert headings["h3"] == len(item.findings)
        assert headings.total() == 1 + headings["h2"] + headings["h3"]

    @pytest.mark.parametrize("item", [RICH, HOSTILE])
    def test_the_structure_is_the_template_s_own(self, item: Report) -> None:
        self.check(item)
        found = tokens(render("markdown", [item], ALL))
        rows = sum(token.type == "tr_open" for token in found)
        heads = sum(token.type == "thead_open" for token in found)
        assert rows - heads == expected_rows(item)

    @settings(max_examples=500, deadline=None)
    @given(item=REPORTS)
    def test_no_text_changes_the_structure(self, item: Report) -> None:
        self.check(item)

    @pytest.mark.parametrize("text", ["a|b", "a\\|b", "a\\\\|b", "|", "\\", "a`|b", "a|b\\"])
    def test_a_cell_says_what_the_fact_says(self, text: str) -> None:
        printed = markdown(facts=(FactRow("f", text, Origin.LITERAL, Location(text, 1)),))
        cells = [
            "".join(child.content for child in inside.children if child.type != "html_inline")
            for token, inside in pairwise(tokens(printed))
            if token.type == "td_open"
        ]

        assert cells[-2:] == [text, f"{text}:1"]

    def test_a_block_holds_its_snippet(self) -> None:
        snippet = "```\n</code>\n\n````\n\tserver {"
        found = tokens(markdown(finding(fix=fix(snippet=snippet, language="nginx"))))

        assert [(t.info, t.content) for t in found if t.type == "fence"] == [
            ("nginx", snippet + "\n")
        ]


class TestVerdict:
    @pytest.mark.parametrize(
        ("fail_on", "words"),
        [
            (Severity.HIGH, "1 medium; would pass CI (`--fail-on high`)"),
            (Severity.MEDIUM, "1 medium; would fail CI (`--fail-on medium`)"),
            (None, "1 medium; never fails CI (`--fail-on never`)"),
        ],
    )
    def test_it_depends_on_the_threshold(self, fail_on: Severity | None, words: str) -> None:
        printed = markdown(finding(), options=RenderOptions(fail_on=fail_on))

        assert f"| Verdict | {words} |" in printed

    def test_without_findings(self) -> None:
        assert "| Verdict | no findings; would pass CI (`--fail-on high`) |" in markdown()


class TestHost:
    def test_several_hosts_are_named(self) -> None:
        printed = markdown(
            facts=(
                FactRow("host.cpus", "1", Origin.GIVEN, subject="service db"),
                FactRow("host.storage", "ssd", Origin.GIVEN, subject="service app"),
            )
        )

        assert "| Host | service db: 1 cpu |\n| Host | service app: ssd storage |" in printed

    def test_an_unknown_host(self) -> None:
        assert "| Host | memory unknown |" in markdown(facts=(FactRow("host.memory", "", None),))


class TestFinding:
    def test_without_fix_or_place_or_prose(self) -> None:
        """
        Nothing is printed for what is not there, and the paragraphs keep their distance.
        """
        printed = markdown(finding(why="", recommendation="", not_when=("never",)))

        assert printed.endswith(
            "### 1. Medium · PG101 · shared_buffers is 128 MB\n\nIn service db.\n\n"
            "**Sure:** certain.\n\n**Does not apply when:** never.\n"
        )

    def test_many_places_are_counted(self) -> None:
        related = tuple(Mark(Location("nginx.conf", line)) for line in range(1, 31))
        printed = markdown(finding(related=related))

        assert "- `nginx.conf:20`\n- and 10 other places\n" in printed
        assert "nginx.conf:21" not in printed

    def test_the_file_is_named_where_it_is_not_the_one_shown(self) -> None:
        here = Mark(Location("postgresql.conf", 5))

        assert "\n| now | recommended |\n" in markdown(finding(mark=here, fix=fix()))
        assert "\n| file | now | recommended |\n" in markdown(finding(fix=fix()))

    def test_a_line_to_add_and_a_line_to_remove(self) -> None:
        changes = (Change("fsync", "", "fsync = on"), Change("jit", "off", ""), Change("", "", ""))
        printed = markdown(finding(fix=fix(changes=changes, snippet="")))

        assert "| fsync is not set | `fsync = on` |\n| `off` | remove the line |\n" in printed

    def test_a_snippet_that_says_the_same_is_left_out(self) -> None:
        assert "```" not in markdown(finding(fix=fix()))
        assert "```ini\n# a comment\nx = 1\n```" in markdown(
            finding(fix=fix(snippet="# a comment\nx = 1"))
        )

    def test_measured_and_applied(self) -> None:
        printed = markdown(finding(impact=0.5, fix=fix(), confidence=Confidence.POSSIBLE))

        assert (
            "**Sure:** possible. **Measured:** saves 50 %. **Apply:** PostgreSQL restart."
            in printed
        )

    def test_only_web_pages_are_linked(self) -> None:
        pages = (Reference("docs", "https://a.b/c d|e"), Reference("x", "javascript:alert(1)"))

        assert "[docs](https://a.b/c%20d%7Ce), x `javascript:alert(1)`" in markdown(
            finding(references=pages)
        )

    def test_secrets_are_masked(self) -> None:
        change = Change("url", "redis://:hunter2@h/0", "redis://:hunter3@h/1")
        printed = markdown(finding(fix=fix(changes=(change,), snippet="# PASSWORD=hunter4")))

        assert "hunter" not in printed


class TestDoFirst:
    def test_a_step_without_words_has_the_finding_s_name(self) -> None:
        printed = markdown(finding(recommendation="", message="it is small."))

        assert "\n1. **shared-buffers-too-small** (PG101): it is small.\n" in printed

    def test_a_step_ends_with_how_to_apply_it(self) -> None:
        change = fix(changes=(), apply=Apply.REBUILD)

        assert "128 MB. Rebuild.\n" in markdown(finding("X1", fix=change))

    def test_info_findings_are_no_steps(self) -> None:
        assert "## Do first" not in markdown(finding(severity=Severity.INFO))


def test_the_reason_stands_where_no_option_helps() -> None:
    undecided = NotEvaluated("PG1", "db", ("pg.x",), ("depends on the variable `X`",))

    assert "| pg.x | PG1 | depends on the variable `X` |" in markdown(not_evaluated=(undecided,))


def test_evidence_says_where_it_is_from() -> None:
    facts = (
        Evidence("a", "1", Origin.GIVEN),
        Evidence("b", "2", Origin.DEFAULT, note="of PostgreSQL 16"),
        Evidence("c", "3", Origin.LITERAL, Location("x.conf", 4), "in seconds"),
    )

    assert markdown(finding(evidence=facts)).partition("|---|---|---|\n")[2].splitlines()[:3] == [
        "| a | 1 | given |",
        "| b | 2 | default, of PostgreSQL 16 |",
        "| c | 3 | `x.conf:4`, in seconds |",
    ]


def test_a_node_may_stand_alone_in_the_diagram() -> None:
    printed = markdown(diagram=(("nginx", "", ""), ("", "", "redis")))

    assert 'flowchart LR\n  n1["nginx"]\n  n2["redis"]\n```' in printed


class TestNumbers:
    """
    Budgets as bars and tables, timeouts in their order.
    """

    def test_bars_stand_below_the_diagram(self) -> None:
        printed = render("markdown", [RICH], ALL)
        bars, _, _ = printed.partition("```\n\n- ")[2].partition("## Do first")

        assert bars.startswith("`▒▒▒")
        assert "Memory of service db: at most 13 GB of 16 GB, 5.5 GB expected\n" in bars
        assert "- Connections of service replica: demand not known\n" in bars

    def test_a_report_without_numbers_has_neither(self) -> None:
        printed = markdown()

        assert "█" not in printed
        assert "## Budgets" not in printed
        assert "## Timeouts" not in printed

    def test_every_term_stands_above_its_sum_and_the_limit(self) -> None:
        budget = Budget(
            BudgetKind.CONNECTIONS,
            "db",
            (BudgetTerm("app", 2, 4, "1 worker × 4", Location("a.py", 3)),),
            2,
            4,
            97,
            "max_connections 100 − 3 reserved",
        )

        assert (
            "**Connections of db**\n\n"
            "| takes | kept open | at most | how |\n|---|---|---|---|\n"
            "| app | 2 | 4 | 1 worker × 4, `a.py:3` |\n"
            "| **together** | 2 | 4 | |\n"
            "| **limit** | | 97 | max_connections 100 − 3 reserved |\n"
        ) in markdown(budgets=(budget,))

    def test_what_is_out_of_order_stands_out(self) -> None:
        late = TimeoutStep(Wait.POOL, "pool_timeout", 90, Order.LATE, "ends after 60 s")
        none = TimeoutStep(Wait.STATEMENT, "statement_timeout", None, Order.UNLIMITED)
        printed = markdown(timeouts=(TimeoutChain("app", (late, none)),))

        assert "| pool | `pool_timeout` | 90 s | **out of order** | ends after 60 s |\n" in printed
        assert "| statement | `statement_timeout` | no limit | no limit |  |\n" in printed

    def test_the_report_ends_with_checklist_and_targets(self) -> None:
        printed = render("markdown", [RICH], ALL)
        places = [
            printed.index(head)
            for head in ("## Notes", "## Against the guide", "## Checklist", "## Target metrics")
        ]

        assert places == sorted(places)
        assert "| Quick wins | Implement connection pooling | violated: STK001 |" in printed


def test_hidden_findings_are_counted() -> None:
    info = finding(severity=Severity.INFO)

    printed = markdown(info, options=RenderOptions())
    assert (
        "No findings to show: 0 rules passed.\n\n1 info not shown (--min-severity info)" in printed
    )
