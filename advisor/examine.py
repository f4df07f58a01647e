"""
Plans that somebody wants to look at: one file, its trees, and what the rules find in them.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from advisor.audit import report_on
from advisor.deployment.assemble import assemble
from advisor.deployment.model import Deployment, FileProblem
from advisor.errors import SourceError
from advisor.model import Finding, Given, Location, PlanRow, PlanTree, Problem, Report
from advisor.plans.arithmetic import account
from advisor.plans.model import Plan, PlanDocument, PlanNode
from advisor.plans.read import read_log
from advisor.sources.kinds import Kind
from advisor.sources.stream import byte_lines, text_of
from advisor.sources.text import MAX_BYTES, decode
from advisor.sources.tree import MemoryTree
from advisor.sources.walk import Source

MOST_PLANS = 200
"""Plans of a long log that are kept: the slowest."""
MOST_PROBLEMS = 100
"""Problems of a long log that are kept: the first."""
_HINT = "paste what EXPLAIN (ANALYZE, BUFFERS) prints, or name a server log of auto_explain"


@dataclass(frozen=True, slots=True)
class Examination:
    """
    What there is to say about the plans of one file.
    """

    trees: tuple[PlanTree, ...]
    report: Report


def examine(path: Path | None, given: Given, extra_rules: tuple[Path, ...] = ()) -> Examination:
    """
    The plans of a file, None for standard input, and the findings about them.

    Raises `SourceError` when it cannot be read or holds no plan, `RuleError` when a rule of the
    user's cannot be used.
    """
    shown = path or Path("stdin")
    deployment = _read(path, shown, given)
    if not deployment.plans:
        problem = next((one.problem for one in deployment.problems), None)
        message = problem.message if problem else "no query plan found"
        line = problem.location.line if problem else None
        raise SourceError(message, path=str(shown), line=line, hint=_HINT)
    report = report_on(shown, deployment, extra_rules)
    marked = _by_line(report.findings)
    trees = (_tree(file, plan, marked) for file, plan in deployment.plans)
    return Examination(tuple(trees), report)


def _read(path: Path | None, shown: Path, given: Given) -> Deployment:
    name = shown.name
    with byte_lines(path, str(shown)) as lines:
        head, is_whole = _head(lines)
        if is_whole:
            text = decode(b"".join(head))
            if text is None:
                raise SourceError("is a binary file, not text", path=str(shown))
            sources = (Source(name, Kind.PLAN, text),)
            return assemble(sources, MemoryTree({name: text}), given, name=name)
        return _from_log(name, map(text_of, chain(head, lines)), given)


def _head(lines: Iterator[bytes]) -> tuple[list[bytes], bool]:
    """
    The lines that fit into the size of an ordinary file, and whether these are all.
    """
    head: list[bytes] = []
    size = 0
    for line in lines:
        head.append(line)
        size += len(line)
        if size > MAX_BYTES:
            return head, False
    return head, True


def _from_log(name: str, lines: Iterable[str], given: Given) -> Deployment:
    """
    The slowest plans of a log that is too long to be held in memory.
    """
    slowest = _Slowest()
    for document in read_log(name, lines, slowest.would_take):
        slowest.take(document)
    empty = assemble((), MemoryTree({}), given, name=name)
    note = f"{name} holds {slowest.count:,} plans; the {MOST_PLANS} slowest are looked at"
    return replace(
        empty,
        plans=tuple((name, plan) for plan in slowest.plans()),
        problems=tuple(FileProblem("plan", problem) for problem in slowest.problems),
        notes=(*empty.notes, note) if slowest.count > MOST_PLANS else empty.notes,
    )


@dataclass(slots=True)
class _Slowest:
    """
    The plans of a log that took longest, as far as it has been read.
    """

    count: int = 0
    """Records so far, also those that were fast."""
    heap: list[tuple[float, int, Plan]] = field(default_factory=list)
    """Time and number of each plan, the fastest of them first."""
    kept: int = 0
    problems: list[Problem] = field(default_factory=list)

    def would_take(self, duration_ms: float) -> bool:
        """
        Count a record, and say whether it is slow enough to be read.
        """
        self.count += 1
        return len(self.heap) < MOST_PLANS or duration_ms > self.heap[0][0]

    def take(self, document: PlanDocument) -> None:
        """
        Keep the plans of a record, and let the fastest ones go.
        """
        of_plans = chain.from_iterable(plan.problems for plan in document.plans)
        self.problems.extend(chain(document.problems, of_plans))
        del self.problems[MOST_PROBLEMS:]
        for plan in document.plans:
            self.kept += 1
            entry = (plan.execution_ms or 0.0, self.kept, plan)
            if len(self.heap) < MOST_PLANS:
                heapq.heappush(self.heap, entry)
            else:
                heapq.heappushpop(self.heap, entry)

    def plans(self) -> list[Plan]:
        """
        The plans in the order of the log.
        """
        return sorted((plan for _, _, plan in self.heap), key=lambda plan: plan.location.line)


_Marks = Mapping[tuple[str, int], list[Finding]]


def _by_line(findings: Iterable[Finding]) -> _Marks:
    found: dict[tuple[str, int], list[Finding]] = defaultdict(list)
    for finding in findings:
        places = [mark.location for mark in (finding.mark, *finding.related) if mark]
        for path, line in dict.fromkeys((place.path, place.line) for place in places):
            found[path, line].append(finding)
    return found


def _tree(path: str, plan: Plan, marked: _Marks) -> PlanTree:
    times = account(plan)
    nodes = list(plan.walk())
    depths = {0: 0}
    for node in nodes:
        depths |= {child.id: depths[node.id] + 1 for child in node.children}
    lines: dict[int, list[PlanNode]] = defaultdict(list)
    for node in nodes:
        lines[node.line].append(node)
    rows = (
        PlanRow(
            depth=depths[node.id],
            title=_title(node),
            name=node.subplan_name,
            share=times[node.id].share,
            self_ms=times[node.id].self_ms,
            rows_planned=node.plan_rows,
            rows_actual=None if node.never_executed else node.actual_rows,
            loops=node.loops,
            location=Location(path, node.line),
            codes=_codes(node, lines[node.line], marked.get((path, node.line), ())),
        )
        for node in nodes
    )
    return PlanTree(
        location=plan.location,
        query=plan.query,
        form=plan.form,
        planning_ms=plan.planning_ms,
        execution_ms=plan.execution_ms,
        estimated=times[0].estimated,
        rows=tuple(rows),
    )


def _codes(
    node: PlanNode, same_line: list[PlanNode], findings: Iterable[Finding]
) -> tuple[str, ...]:
    """
    Codes of the findings about a node. Of nodes on one line, those that are named are meant.
    """
    codes: dict[str, None] = {}
    for finding in findings:
        named = [one for one in same_line if finding.subject in _names(one)] or same_line[:1]
        if node in named:
            codes |= dict.fromkeys((finding.code, *finding.also))
    return tuple(codes)


def _names(node: PlanNode) -> tuple[str, ...]:
    """
    What findings about a node are about.
    """
    if not node.relation:
        return (node.title,)
    target = node.qualified_relation
    return f"{node.title} on {target}", f"table {target}"


def _title(node: PlanNode) -> str:
    title = node.title or "node without a type"
    target = node.qualified_relation or node.cte_name or node.function_name
    index = f" using {node.index}" if node.index else ""
    return f"{title}{index} on {target}" if target else f"{title}{index}"
