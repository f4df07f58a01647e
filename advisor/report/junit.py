"""
JUnit XML: every rule a test case, so that what passed can be seen beside what failed.

There is no standard; the elements and attributes are those that CI servers read. Findings stand in
a suite for each file, the rules that passed or lacked a fact in one for the deployment.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from msgspec import Struct
from msgspec.structs import replace

from advisor import regex
from advisor.report.cells import one_line
from advisor.report.places import placed, placed_suppressed, seen
from advisor.report.summary import fired_codes, passed_codes
from advisor.report.suppressed import how

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from advisor.model import Report
    from advisor.report.options import RenderOptions
    from advisor.report.places import Placed

_PACKAGE = "org.advisor"
_NOT_XML = regex.lazy("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold, not even as a reference."""


class _Case(Struct, frozen=True):
    """
    One rule at one place, and how it went.
    """

    code: str
    place: Mapping[str, str | int]
    inside: tuple[str, ...] = ()
    """Lines inside of the element; none for a rule that passed."""
    failed: bool = False
    skipped: bool = False
    broken: bool = False

    def lines(self, where: str) -> Iterator[str]:
        name = f"{_PACKAGE}.{self.code}"
        head = _attributes({"name": name, "classname": where, **self.place})
        if not self.inside:
            yield f"    <testcase{head}/>"
            return
        yield f"    <testcase{head}>"
        yield from self.inside
        yield "    </testcase>"


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Print one document for the run.
    """
    suites = [suite for report in reports for suite in _suites(report, options)]
    every = [case for *_, cases in suites for case in cases]
    lines = [line for suite in suites for line in _suite(*suite)]
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    totals = _attributes({"name": _PACKAGE, **_counts(every)})
    return "\n".join([head, f"<testsuites{totals}>", *lines, "</testsuites>", ""])


def _suites(report: Report, options: RenderOptions) -> Iterator[tuple[str, str, list[_Case]]]:
    """
    Name, class name and cases: the files in the order of their worst findings, then the deployment.
    """
    files: dict[str, list[_Case]] = {}
    for one in placed(report, options):
        files.setdefault(one.path, []).append(_failure(one))
    for one in placed_suppressed(report, replace(options, show_suppressed=True)):
        files.setdefault(one.path, []).append(_accepted(one))
    for path, cases in files.items():
        yield path, posixpath.splitext(path)[0], cases
    name = seen("", report)
    if report.error:
        yield name, name, [_broken(report)]
        return
    yield name, name, [*_skipped(report), *(_Case(one, {}) for one in passed_codes(report))]


def _suite(name: str, where: str, cases: Sequence[_Case]) -> Iterator[str]:
    head = _attributes({"name": name, "package": _PACKAGE, **_counts(cases)})
    yield f"  <testsuite{head}>"
    for case in cases:
        yield from case.lines(where)
    yield "  </testsuite>"


def _counts(cases: Sequence[_Case]) -> dict[str, str | int]:
    return {
        "tests": len(cases),
        "failures": sum(case.failed for case in cases),
        "errors": sum(case.broken for case in cases),
        "skipped": sum(case.skipped for case in cases),
    }


def _failure(one: Placed) -> _Case:
    finding = one.finding
    attributes = _attributes({"type": str(finding.severity), "message": finding.message})
    parts = (finding.message, finding.why, finding.recommendation)
    first, *others = (one_line(part) for part in parts)
    lines = [f"line {one.line}, col {one.column}, {first}", *filter(None, others)]
    text = escape(_legal("\n".join(lines)))
    inside = (f"      <failure{attributes}>{text}</failure>",)
    return _Case(finding.code, {"line": one.line, "column": one.column}, inside, failed=True)


def _broken(report: Report) -> _Case:
    """
    A deployment that could not be audited.
    """
    inside = (f"      <error{_attributes({'message': report.error})}/>",)
    return _Case("audit", {}, inside, broken=True)


def _accepted(one: Placed) -> _Case:
    """
    What somebody has decided about did not fail, and did not pass.
    """
    reason = how(one.decision) if one.decision else ""
    message = _attributes({"message": f"suppressed: {one.finding.message} ({reason})"})
    inside = (f"      <skipped{message}/>",)
    return _Case(one.finding.code, {"line": one.line, "column": one.column}, inside, skipped=True)


def _skipped(report: Report) -> Iterator[_Case]:
    """
    Rules that lack facts; one that fired elsewhere has failed.
    """
    fired = fired_codes(report)
    needs: dict[str, dict[str, None]] = {}
    for one in report.not_evaluated:
        if one.code not in fired:
            needs.setdefault(one.code, {}).update(dict.fromkeys(one.needs))
    for code, facts in sorted(needs.items()):
        yield _Case(code, {}, (_lacking(facts),), skipped=True)


def _lacking(facts: Iterable[str]) -> str:
    message = f"not evaluated: needs {', '.join(facts) or 'more facts'}"
    return f"      <skipped{_attributes({'message': message})}/>"


def _attributes(values: Mapping[str, str | int]) -> str:
    pairs = ((key, _legal(one_line(str(text)))) for key, text in values.items())
    return "".join(f" {key}={quoteattr(text)}" for key, text in pairs)


def _legal(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
