"""
Plans of a file, whatever form they are in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from advisor import regex
from advisor.model import Location, Problem
from advisor.plans import json, log, text, yaml
from advisor.plans.model import Plan, PlanDocument
from advisor.plans.quotation import without_quotation

if TYPE_CHECKING:
    from advisor.plans.workload import Statement


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
_SIGNS = regex.lazy(
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


def read_slowest(path: str, statements: Iterable[Statement]) -> Iterator[PlanDocument]:
    """
    The slowest plan of each statement of a log, with the number and the time of all its runs.
    """
    for one in statements:
        document = log.read_record(path, one.slowest, _read_forms)
        plans = (replace(p, calls=one.calls, total_ms=one.total_ms) for p in document.plans)
        yield PlanDocument(tuple(plans), document.problems)


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
