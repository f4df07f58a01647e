"""
SARIF 2.1.0, with what GitHub's code scanning reads of it.

Sources: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub, "SARIF
support for code scanning". Fixes are left out: code scanning shows none, and ``--diff`` does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from advisor import __version__, regex
from advisor.model import By, Confidence, Severity
from advisor.report.cells import one_line
from advisor.report.describe import alternatives, marks
from advisor.report.escape import bold, code, inline, joined, link
from advisor.report.json import dumped
from advisor.report.places import placed, placed_suppressed, seen, span
from advisor.report.suppressed import counts, how

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from advisor.model import Finding, Location, Mark, Report, Suppressed
    from advisor.report.options import RenderOptions
    from advisor.report.places import Placed

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LONGEST = 1024
"""Characters of a description that code scanning shows."""
_LONGEST_NAME = 255
_MOST_PLACES = 100
_LEVELS: Mapping[Severity, str] = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_PROBLEMS = {"error": "error", "warning": "warning", "note": "recommendation"}
_SECURITY: Mapping[Severity, str] = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "0.1",
}
"""Inside of the ranges that code scanning calls critical, high, medium and low."""
_PRECISION: Mapping[Confidence, str] = {
    Confidence.CERTAIN: "very-high",
    Confidence.LIKELY: "high",
    Confidence.POSSIBLE: "medium",
}
_SEMANTIC = regex.lazy(r"\d+\.\d+\.\d+")
_LINK = regex.lazy(r"\[(?=[^\]]*\]\()")
"""What SARIF would take for a link in a message."""


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Print one log for the run, with one run of the tool for each deployment.

    Without a deployment there is one run without results, which closes all alerts.
    """
    pairs = zip(reports, _categories(reports), strict=True)
    runs = [_run(report, name, options) for report, name in pairs]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": runs or [_empty()]}
    return dumped(log) + "\n"


def _empty() -> dict[str, Any]:
    return {"tool": {"driver": _driver({})}, "results": []}


def _categories(reports: Sequence[Report]) -> list[str]:
    """
    Names under which code scanning keeps the alerts of the deployments apart, no two the same.

    The folder, and the name too where two files of one folder were audited.
    """
    found: dict[str, None] = {}
    for number, report in enumerate(reports):
        folder = f"advisor/{one_line(report.base)}/" if report.base else "advisor/"
        names = (folder, f"{folder}{one_line(report.name)}/", f"{folder}{number}/")
        found[next((name for name in names if name not in found), f"{folder}{number}//")] = None
    return list(found)


def _run(report: Report, category: str, options: RenderOptions) -> dict[str, Any]:
    """
    Results that somebody has decided about only on request: code scanning takes them for open ones.
    """
    found = [*placed(report, options), *placed_suppressed(report, options)]
    number = counts([report], options)
    rules: dict[str, Finding] = {}
    for one in found:
        rules.setdefault(one.finding.code, one.finding)
    index = {code: number for number, code in enumerate(rules)}
    return {
        "tool": {"driver": _driver(rules)},
        "automationDetails": {"id": category},
        **({"invocations": [_failed(report)]} if report.error else {}),
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            "%SRCROOT%": {"description": {"text": "The folder the audit was started in."}}
        },
        "results": [_result(one, report, index) for one in found],
        **({"properties": {"suppressed": number}} if any(number.values()) else {}),
    }


def _failed(report: Report) -> dict[str, Any]:
    """
    The run of a deployment that could not be audited.
    """
    message = {"text": _text(report.error, "error")}
    return {
        "executionSuccessful": False,
        "toolExecutionNotifications": [{"level": "error", "message": message}],
    }


def _driver(rules: Mapping[str, Finding]) -> dict[str, Any]:
    return {
        "name": "advisor",
        "version": __version__,
        **({"semanticVersion": __version__} if _SEMANTIC.fullmatch(__version__) else {}),
        "rules": [_rule(finding) for finding in rules.values()],
    }


def _rule(finding: Finding) -> dict[str, Any]:
    """
    What holds for all findings of a rule.
    """
    title = _text(finding.title or finding.name, finding.code)[:_LONGEST]
    level = _LEVELS[finding.severity]
    security = finding.category == "security"
    tags = [tag for tag in ("security" if security else "", finding.category) if tag]
    pages = [page.url for page in finding.references if re.match(r"https?://", page.url)]
    help_uri = {"helpUri": quote(pages[0], safe="/:?#@!$&'()*+,;=%~-._")} if pages else {}
    return {
        "id": _text(finding.code, "advisor"),
        "name": _text(finding.name, finding.code)[:_LONGEST_NAME],
        "shortDescription": {"text": title},
        "fullDescription": {"text": title},
        "help": {"text": _help(finding, title), "markdown": _help_markdown(finding, title)},
        **help_uri,
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": list(dict.fromkeys(tags)),
            "precision": _PRECISION[finding.confidence],
            "problem.severity": _PROBLEMS[level],
            **({"security-severity": _SECURITY[finding.severity]} if security else {}),
        },
    }


def _help(finding: Finding, title: str) -> str:
    return "\n".join([title, *(f"{words}" for words in _help_lines(finding))])


def _help_lines(finding: Finding) -> Iterator[str]:
    if finding.not_when:
        words = "; ".join(one_line(one).rstrip(".") for one in finding.not_when)
        yield f"Does not apply when: {words}."
    yield from (f"{one_line(page.title)}: {one_line(page.url)}" for page in finding.references)
    yield f"advisor explain {one_line(finding.code)}"


def _help_markdown(finding: Finding, title: str) -> str:
    parts: list[str] = [bold(title)]
    if finding.not_when:
        words = joined((one.rstrip(".") for one in finding.not_when), "; ")
        parts.append(f"Does not apply when: {words}.")
    parts += [f"- {link(page.title, page.url)}" for page in finding.references]
    return "\n\n".join([*parts, f"{inline('More:')} {code(f'advisor explain {finding.code}')}"])


def _result(one: Placed, report: Report, index: Mapping[str, int]) -> dict[str, Any]:
    finding = one.finding
    first, *others = marks(finding) or (None,)
    related = [_related(mark, report, n) for n, mark in enumerate(others[:_MOST_PLACES], 1) if mark]
    region = _region(one.line, one.column, one.end_line, one.end_column)
    return {
        "ruleId": _text(finding.code, "advisor"),
        "ruleIndex": index[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [{"physicalLocation": _physical(one.path, region)}],
        **({"relatedLocations": related} if related else {}),
        # The only name that code scanning knows; the value need not be a hash of the line.
        "partialFingerprints": {"primaryLocationLineHash": finding.fingerprint},
        **({"suppressions": [_suppression(one.decision)]} if one.decision else {}),
        "properties": {
            "severity": str(finding.severity),
            "confidence": str(finding.confidence),
            "also": list(finding.also),
            **({"label": one_line(first.label)} if first and one_line(first.label) else {}),
        },
    }


def _suppression(decision: Suppressed) -> dict[str, str]:
    kind = "inSource" if decision.by is By.COMMENT else "external"
    return {"kind": kind, "status": "accepted", "justification": how(decision)}


def _message(finding: Finding) -> str:
    """
    The message is the first sentence, which code scanning takes for the title.
    """
    fix, *others = alternatives(finding.recommendation)
    parts = (finding.message, finding.why, fix, *(f"Or: {other}" for other in others))
    sentences = [_sentence(part) for part in parts if part.strip()]
    return _LINK.sub(r"\\[", " ".join(sentences)) or _text(finding.name, finding.code)


def _sentence(words: str) -> str:
    line = one_line(words)
    return line if line.endswith((".", "!", "?", ":")) else f"{line}."


def _related(mark: Mark, report: Report, number: int) -> dict[str, Any]:
    place: Location = mark.location
    label = {"message": {"text": one_line(mark.label)}} if one_line(mark.label) else {}
    path = seen(place.path, report)
    return {"id": number, "physicalLocation": _physical(path, _region(*span(place))), **label}


def _physical(path: str, region: dict[str, int]) -> dict[str, Any]:
    return {"artifactLocation": _artifact(path), "region": region}


def _artifact(path: str) -> dict[str, str]:
    """
    A path below the folder the audit was started in, else an absolute address.
    """
    address = quote(path.encode("utf-8", "replace"), safe="/-._~!$&'()*+,=@")
    if path.startswith("/"):
        return {"uri": f"file://{address}"}
    return {"uri": address, "uriBaseId": "%SRCROOT%"}


def _region(line: int, column: int, end_line: int, end_column: int) -> dict[str, int]:
    end = {"endColumn": end_column} if end_column else {}
    return {"startLine": line, "startColumn": column, "endLine": end_line, **end}


def _text(text: str, otherwise: str) -> str:
    """
    `text`, or something else where it is blank: empty strings are refused.
    """
    return one_line(text) or one_line(otherwise) or "advisor"
