"""
Plans of a file, whatever form they are in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from advisor.model import Location, Problem
from advisor.plans import json, log, text, yaml
from advisor.plans.model import Plan, PlanDocument
from advisor.plans.quotation import without_quotation


def _read_xml(path: str, text: str) -> PlanDocument:
    if "<explain" not in text:
        return PlanDocument(())
    from advisor.plans import xml  # noqa: PLC0415 - expat is for those who need it

    return xml.read(path, text)


READERS: Mapping[str, Callable[[str, str], PlanDocument]] = {
    "json": json.read,
    "xml": _read_xml,
    "yaml": yaml.read,
    "text": text.read,
}
"""By form, in the order in which they are tried; each sees what those before it left over."""

_HINT = "Paste the output of EXPLAIN (ANALYZE, BUFFERS) as psql prints it."
_SAMPLE = 200_000
_SIGNS = re.compile(
    r"""
      \(cost=[\d.N]+\.\.[\d.N]+[ ]{1,2}rows=
    | \(actual[ ](?:time=[\d.N]+\.\.[\d.N]+[ ])?rows=
    | "?Node[ ]Type"{0,2}[ ]?:
    | <Node-Type>
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
    return _SIGNS.search(without_quotation(text[:_SAMPLE])) is not None


def read_plans(path: str, text: str) -> PlanDocument:
    """
    Every plan of a file, in the order in which they stand there.

    `path` is what locations say. Nothing is raised for bad input: what could not be read is in the
    problems of the document or of its plans. A file without any plan is one problem.
    """
    rest = without_quotation(text)
    plans: list[Plan] = []
    problems: list[Problem] = []
    if log.might_hold_records(rest):
        logged = list(log.records(rest.split("\n")))
        documents = [log.read_record(path, record, _read_forms) for record in logged]
        plans += (plan for document in documents for plan in document.plans)
        problems += (problem for document in documents for problem in document.problems)
        rest = _without(rest, ((record.line, record.end_line) for record in logged))
    document = _read_forms(path, rest)
    plans += document.plans
    problems += document.problems
    if not plans and not problems:
        problems.append(Problem("no query plan found", Location(path, 1), _HINT))
    return PlanDocument(
        tuple(sorted(plans, key=lambda plan: plan.location.line)),
        tuple(sorted(problems, key=lambda problem: problem.location.line)),
    )


def read_log(
    path: str, lines: Iterable[str], wanted: Callable[[float], bool] = lambda _: True
) -> Iterator[PlanDocument]:
    """
    The plans that auto_explain left in a log, one record after the other in bounded memory.

    `wanted` says by its duration in milliseconds whether a record is worth reading.
    """
    for record in log.records(lines):
        if wanted(record.duration_ms or 0.0):
            yield log.read_record(path, record, _read_forms)


def _read_forms(path: str, text: str) -> PlanDocument:
    """
    The plans of a text that is no log, unsorted.
    """
    plans: list[Plan] = []
    problems: list[Problem] = []
    rest = text
    for reader in READERS.values():
        document = reader(path, rest)
        plans += document.plans
        problems += document.problems
        places = [plan.location for plan in document.plans]
        rest = _without(rest, ((place.line, place.end_line) for place in places))
    return PlanDocument(tuple(plans), tuple(problems))


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """
    The text with the lines of what was read left blank, so that line numbers stay.
    """
    lines: list[str] = []
    for first, last in spans:
        lines = lines or text.split("\n")
        lines[first - 1 : last] = [""] * (last - first + 1)
    return "\n".join(lines) if lines else text
