"""
Plans of a file, whatever form they are in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from advisor.model import Location, Problem
from advisor.plans import json, text
from advisor.plans.model import Plan, PlanDocument

READERS: Mapping[str, Callable[[str, str], PlanDocument]] = {
    "json": json.read,
    "text": text.read,
}
"""By form, in the order in which they are tried; each sees what those before it left over."""

_SAMPLE = 200_000
_SIGNS = re.compile(
    r"""
      \(cost=[\d.N]+\.\.[\d.N]+[ ]{1,2}rows=
    | \(actual[ ](?:time=[\d.N]+\.\.[\d.N]+[ ])?rows=
    | "Node[ ]Type""?[ ]?:
    | ^[^\w\n]{0,80}->[ ]{1,4}[A-Z]\w+
    | ^[^\w\n]{0,80}QUERY[ ]PLAN\W*$
    | ^[^\w\n]{0,8}(?:Parallel[ ])?(?:Seq|Index(?:[ ]Only)?|Bitmap[ ]Heap)[ ]Scan[ ](?:on|using)[ ]
    """,
    re.VERBOSE | re.MULTILINE,
)


def looks_like_plan(text: str) -> bool:
    """
    Whether a file is worth reading for plans: a cheap look at its first 200,000 characters.
    """
    return _SIGNS.search(text, 0, _SAMPLE) is not None


def read_plans(path: str, text: str) -> PlanDocument:
    """
    Every plan of a file, in the order in which they stand there.

    `path` is what locations say. Nothing is raised for bad input: what could not be read is in the
    problems of the document or of its plans. A file without any plan is one problem.
    """
    plans: list[Plan] = []
    problems: list[Problem] = []
    rest = text
    for reader in READERS.values():
        document = reader(path, rest)
        plans += document.plans
        problems += document.problems
        rest = _without(rest, document)
    if not plans and not problems:
        hint = "Paste the output of EXPLAIN (ANALYZE, BUFFERS) as psql prints it."
        problems.append(Problem("no query plan found", Location(path, 1), hint))
    return PlanDocument(
        tuple(sorted(plans, key=lambda plan: plan.location.line)),
        tuple(sorted(problems, key=lambda problem: problem.location.line)),
    )


def _without(text: str, document: PlanDocument) -> str:
    """
    The text with the lines of what was read left blank, so that line numbers stay.
    """
    if not document.plans:
        return text
    lines = text.split("\n")
    for plan in document.plans:
        for number in range(plan.location.line, plan.location.end_line + 1):
            lines[number - 1] = ""
    return "\n".join(lines)
