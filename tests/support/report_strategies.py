"""
Random reports, with every kind of text that a file can hold.

Drawing every field of a report takes hypothesis longer than printing it. So it draws a few texts
and numbers, and a `Filling` deals them out to the fields in turn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import TypeVar

from hypothesis import strategies as st
from msgspec.structs import replace

from advisor.fingerprints import fingerprinted
from advisor.model import (
    Apply,
    Budget,
    BudgetKind,
    BudgetTerm,
    By,
    Change,
    Confidence,
    Evidence,
    FactRow,
    Finding,
    Fix,
    GuideRow,
    Location,
    Mark,
    NotEvaluated,
    Order,
    Origin,
    Passed,
    PlanRow,
    PlanTree,
    Reference,
    Report,
    Safety,
    Severity,
    Suppressed,
    TargetRow,
    TimeoutChain,
    TimeoutStep,
    Wait,
)
from advisor.report import RenderOptions
from tests.support.report_builders import report as empty_report

T = TypeVar("T")

FRAGMENTS = (
    "\x1b[31m",
    "\x1b]8;;http://x\x07",
    "\u202e",
    "\udc80",
    "\r\n",
    "\n\n# ",
    "\n```\n",
    "`",
    "``",
    "|",
    "\\|",
    "\n| a | b |\n|---|---|\n",
    "<script>",
    "<!--",
    "</code>",
    "&lt;",
    "![x](y)",
    "[a]: b",
    "](",
    "**",
    "__",
    "~~",
    "$",
    "1. ",
    "- ",
    "> ",
    "---",
    "www.example.org",
    "javascript:x",
    "@team",
    "a@b.c",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "日本語",
    "e\u0301",
    "\t",
    "%",
    '"]',
    ";",
    "secret=abc",
    "://u:p@h",
)
ANYTHING = st.characters(exclude_categories=())
TEXTS = st.one_of(
    st.text(ANYTHING, max_size=12),
    st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(ANYTHING, max_size=4)), max_size=5).map(
        "".join
    ),
)


class Filling:
    """
    Deals out texts and numbers, the first again after the last.
    """

    def __init__(self, texts: Sequence[str], numbers: Sequence[int]) -> None:
        self._texts = cycle(texts)
        self._numbers = cycle(numbers)

    def text(self) -> str:
        return next(self._texts)

    def number(self) -> int:
        return next(self._numbers)

    def one_of(self, choices: Sequence[T]) -> T:
        return choices[self.number() % len(choices)]

    def maybe(self, make: Callable[[], T]) -> T | None:
        return make() if self.number() % 3 else None

    def some(self, make: Callable[[], T]) -> tuple[T, ...]:
        return tuple(make() for _ in range(self.number() % 3))

    def path(self) -> str:
        return self.one_of(("a.conf", "b.py", self.text()))

    def location(self) -> Location:
        return Location(
            self.path(), self.number() % 9, self.number(), self.number() % 9, self.number()
        )

    def mark(self) -> Mark:
        return Mark(self.location(), self.text())

    def change(self) -> Change:
        where = self.maybe(self.location)
        return Change(self.text(), self.text(), self.text(), where, self.path())

    def fix(self) -> Fix:
        return Fix(
            self.some(self.change),
            self.text() + self.text(),
            self.text(),
            self.one_of(list(Safety)),
            self.one_of(list(Apply)),
            self.text(),
        )

    def evidence(self) -> Evidence:
        origin, where = self.one_of(list(Origin)), self.maybe(self.location)
        return Evidence(self.text(), self.text(), origin, where, self.text())

    def finding(self) -> Finding:
        return Finding(
            code=self.text(),
            name=self.text(),
            severity=self.one_of(list(Severity)),
            confidence=self.one_of(list(Confidence)),
            message=self.text() + self.text(),
            recommendation=self.text() + self.text(),
            why=self.text(),
            subject=self.text(),
            mark=self.maybe(self.mark),
            related=self.some(self.mark),
            evidence=self.some(self.evidence),
            fix=self.maybe(self.fix),
            references=self.some(lambda: Reference(self.text(), self.text())),
            guide=self.some(self.text),
            not_when=self.some(self.text),
            root_cause=self.text(),
            impact=self.one_of((0.0, 0.5, 7.0, -1.0, float("nan"), float("inf"))),
            also=self.some(self.text),
        )

    def fact(self) -> FactRow:
        name = self.one_of(("host.memory", "host.cpus", "host.storage", self.text()))
        origin, where = self.maybe(lambda: self.one_of(list(Origin))), self.maybe(self.location)
        return FactRow(name, self.text(), origin, where, self.text(), self.text())

    def undecided(self) -> NotEvaluated:
        return NotEvaluated(self.text(), self.text(), self.some(self.text), self.some(self.text))

    def amount(self) -> float | None:
        return self.one_of((None, 0, -1.0, 0.5, self.number(), 2**40, float("nan"), float("inf")))

    def term(self) -> BudgetTerm:
        where = self.maybe(self.location)
        return BudgetTerm(self.text(), self.amount(), self.amount(), self.text(), where)

    def budget(self) -> Budget:
        kind, sums = self.one_of(list(BudgetKind)), (self.amount(), self.amount(), self.amount())
        return Budget(kind, self.text(), self.some(self.term), *sums, self.text())

    def step(self) -> TimeoutStep:
        wait, order = self.one_of(list(Wait)), self.one_of(list(Order))
        where = self.maybe(self.location)
        return TimeoutStep(wait, self.text(), self.amount(), order, self.text(), where)

    def guide(self) -> GuideRow:
        group = self.maybe(self.text) or ""
        return GuideRow(self.text(), self.text(), self.text(), self.some(self.text), group)

    def target(self) -> TargetRow:
        return TargetRow(self.text(), self.text(), self.text(), self.text(), self.text())

    def suppressed(self) -> Suppressed:
        by = self.one_of(list(By))
        found = fingerprinted([self.finding()])[0]
        return Suppressed(found, by, self.text(), self.location(), self.text())

    def node(self) -> PlanRow:
        return PlanRow(
            depth=self.number() % 60,
            title=self.text(),
            name=self.text(),
            share=self.one_of((0.0, 0.3, 1.0)),
            self_ms=self.amount(),
            rows_planned=self.amount(),
            rows_actual=self.amount(),
            loops=self.amount(),
            location=self.location(),
            codes=self.some(self.text),
            wall_ms=self.amount(),
            cpu_ms=self.amount(),
        )

    def plan(self) -> PlanTree:
        times = self.amount(), self.amount()
        estimated = bool(self.number() % 2)
        form = self.one_of(("text", "json", "yaml", "xml"))
        rows = self.some(self.node)
        tree = PlanTree(self.location(), self.text(), form, *times, estimated, rows)
        beside = {"jit_ms": self.amount(), "total_ms": self.amount()}
        return replace(tree, **beside, calls=1 + self.number())

    def line(self) -> str:
        return self.text() * self.number() + self.text()

    def failed(self) -> Report:
        """
        A deployment that could not be audited.
        """
        plain = empty_report(name=self.text(), root=self.text(), base=self.text(), stack="")
        return replace(plain, error=self.text() or "error")

    def any_report(self) -> Report:
        """
        One of five is of a deployment that could not be audited.
        """
        return self.report() if self.number() % 5 else self.failed()

    def report(self) -> Report:
        return Report(
            name=self.text(),
            root=self.text(),
            stack=self.text(),
            findings=tuple(fingerprinted(self.some(self.finding))),
            not_evaluated=self.some(self.undecided),
            passed=self.some(lambda: Passed(self.text(), self.text())),
            facts=self.some(self.fact),
            guide=self.some(self.guide),
            notes=self.some(self.text),
            diagram=self.some(lambda: (self.text(), self.text(), self.text())),
            sources={path: tuple(self.line() for _ in range(8)) for path in ("a.conf", "b.py")},
            rules=self.number(),
            base=self.text(),
            budgets=self.some(self.budget),
            timeouts=self.some(lambda: TimeoutChain(self.text(), self.some(self.step))),
            targets=self.some(self.target),
            suppressed=self.some(self.suppressed),
            plans=self.some(self.plan),
            plans_read=self.number(),
        )


REPORTS = st.builds(
    Filling,
    texts=st.lists(TEXTS, min_size=1, max_size=7),
    numbers=st.lists(st.integers(min_value=0, max_value=400), min_size=1, max_size=11),
).map(Filling.any_report)
OPTIONS = st.builds(
    RenderOptions,
    width=st.integers(min_value=-5, max_value=200),
    min_severity=st.sampled_from(Severity),
    fail_on=st.none() | st.sampled_from(Severity),
    min_confidence=st.sampled_from(Confidence),
    show_suppressed=st.booleans(),
)
