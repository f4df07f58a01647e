"""
Plans of server logs that are too long to be held in memory: one for each statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from advisor.deployment.model import Deployment, FileProblem
from advisor.plans.read import read_slowest
from advisor.plans.skim import skim
from advisor.plans.workload import Workload, of_records

MOST_PLANS = 200
"""Statements of a long log that are looked at: those that took most time in all."""
MOST_PROBLEMS = 100
"""Problems of a long log that are kept: the first."""
LISTED = 5
"""Statements that are named in the notes."""
_SHOWN = 60
"""Characters of them."""


def with_log(deployment: Deployment, path: str, blocks: Iterable[bytes]) -> Deployment:
    """
    The deployment together with the plans of a log, which is read in bounded memory.
    """
    workload = of_records(skim(blocks))
    documents = list(read_slowest(path, workload.ranked()[:MOST_PLANS]))
    plans = sorted((p for one in documents for p in one.plans), key=lambda p: p.location.line)
    problems = [
        FileProblem("plan", problem)
        for one in documents
        for problem in (*one.problems, *(found for plan in one.plans for found in plan.problems))
    ]
    return replace(
        deployment,
        plans=(*deployment.plans, *((path, plan) for plan in plans)),
        problems=(*deployment.problems, *problems[:MOST_PROBLEMS]),
        notes=(*deployment.notes, *_notes(path, workload)),
    )


def _notes(path: str, workload: Workload) -> Iterator[str]:
    count = len(workload.statements) + workload.let_go
    more = f"; the {MOST_PLANS} that took most are looked at" if count > MOST_PLANS else ""
    yield f"{path} holds {workload.records:,} plans of {count:,} statements{more}"
    if workload.let_go:
        yield f"{path} has too many statements: {workload.let_go:,} that took least were let go"
    ranked = sorted(workload.statements.items(), key=lambda pair: -pair[1].total_ms)
    for text, one in ranked[:LISTED]:
        shown = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
        share = one.total_ms / workload.total_ms if workload.total_ms else 0.0
        yield f"{share:.0%} of the time in {path}: {one.calls:,} × {shown}"
