"""
The report for programs: ``json-v1``, described by `report-v1.schema.json`.

Within version 1 properties may be added, to the schema in the same release, but never renamed,
removed or given another meaning.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor import __version__, regex
from advisor.report.cells import steers
from advisor.report.describe import marks
from advisor.report.fleet import often, standing
from advisor.report.masking import mask
from advisor.report.options import RenderOptions
from advisor.report.summary import passed_codes, rule_counts, shown, tally
from advisor.report.suppressed import counts, listed, suppressed_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from advisor.model import (
        Budget,
        BudgetTerm,
        Change,
        Evidence,
        FactRow,
        Finding,
        Fix,
        GuideRow,
        Location,
        Mark,
        NotEvaluated,
        PlanRow,
        PlanTree,
        Report,
        TargetRow,
        TimeoutChain,
        TimeoutStep,
    )
    from advisor.report.fleet import Standing
    from advisor.report.summary import Tally

SCHEMA = "urn:deploy-advisor:report-v1"
"""``$id`` of the schema, and the value of the report's property ``schema``."""

_SURROGATE = regex.lazy(r"[\ud800-\udfff]")
_BEYOND_ASCII = regex.lazy("[^\n -~]")


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Print one object for the run, indented, keys in the order of the schema.
    """
    return dumped(to_document(reports, options)) + "\n"


def dumped(document: object, *, indent: int | None = 2) -> str:
    """
    JSON that can be written as UTF-8 and that steers no terminal; on one line without `indent`.
    """
    text = json.dumps(document, ensure_ascii=False, indent=indent, allow_nan=False)
    # Half a surrogate pair cannot be written as UTF-8 at all.
    return _BEYOND_ASCII.sub(_harmless, _SURROGATE.sub("\ufffd", text))


def _harmless(match: re.Match[str]) -> str:
    """
    The escape of a character that JSON allows but that steers the terminal showing the file.
    """
    if not steers(match[0]):
        return match[0]
    units = match[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def schema() -> dict[str, Any]:
    """
    The published JSON Schema (draft 2020-12) of what `render` prints.
    """
    file = Path(__file__).with_name("report-v1.schema.json")
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def to_document(reports: Sequence[Report], options: RenderOptions) -> dict[str, Any]:
    """
    The whole run: one entry of ``deployments`` for each audited path, and the totals.
    """
    count = tally((finding for report in reports for finding in report.findings), options)
    fleet = fleet_json([standing(report, options) for report in reports])
    return {
        "schema": SCHEMA,
        "advisor": __version__,
        "deployments": [to_json(report, options) for report in reports],
        "summary": {
            "deployments": len(reports),
            **count_json(count),
            **fleet,
            "suppressed": counts(reports, options),
        },
    }


def to_json(report: Report, options: RenderOptions | None = None) -> dict[str, Any]:
    """
    One audited path, with the findings that `options` show.
    """
    options = options or RenderOptions()
    return {
        "name": report.name,
        "root": report.root,
        "stack": report.stack,
        "findings": [finding_json(finding) for finding in shown(report, options)],
        "not_evaluated": [_not_evaluated(item) for item in report.not_evaluated],
        "passed": passed_codes(report),
        "facts": [_fact(row) for row in report.facts],
        "guide": [_guide(row) for row in report.guide],
        "notes": list(report.notes),
        "diagram": [
            {"from": start, "label": label, "to": end} for start, label, end in report.diagram
        ],
        "summary": {
            **count_json(tally(report.findings, options)),
            "rules": _rules(report),
            "suppressed": counts([report], options),
        },
        "base": report.base,
        "budgets": [_budget(budget) for budget in report.budgets],
        "timeouts": [_chain(chain) for chain in report.timeouts],
        "targets": [_target(row) for row in report.targets],
        "plans": [_plan(tree) for tree in report.plans],
        "plans_read": max(report.plans_read, len(report.plans)),
        "error": report.error or None,
        "suppressed": [
            finding_json(one.finding, suppressed_json(one)) for one in listed(report, options)
        ],
    }


def fleet_json(standings: Sequence[Standing]) -> dict[str, Any]:
    """
    What holds for many deployments together.
    """
    return {
        "failing": sum(one.fails for one in standings),
        "errors": sum(bool(one.error) for one in standings),
        "rules": [{"rule": code, "deployments": number} for code, number in often(standings)],
    }


def finding_json(finding: Finding, decision: dict[str, Any] | None = None) -> dict[str, Any]:
    """
    One finding, as in ``json-v1``, with the decision about it if there is one.
    """
    primary, related = finding.mark, marks(finding)[1 if finding.mark else 0 :]
    return {
        "rule": finding.code,
        "name": finding.name,
        "severity": str(finding.severity),
        "confidence": str(finding.confidence),
        "message": finding.message,
        "recommendation": finding.recommendation,
        "why": finding.why,
        "subject": finding.subject,
        "location": location(primary.location if primary else None),
        "label": primary.label if primary else "",
        "related": [_mark(mark) for mark in related],
        "facts": [_evidence(evidence) for evidence in finding.evidence],
        "fix": _fix(finding.fix) if finding.fix else None,
        "references": [{"title": page.title, "url": page.url} for page in finding.references],
        "guide": list(finding.guide),
        "not_when": list(finding.not_when),
        "impact": _share(finding.impact),
        "also": list(finding.also),
        "fingerprint": finding.fingerprint,
        "suppressed": decision,
    }


def location(place: Location | None) -> dict[str, Any] | None:
    """
    Lines and columns from 1 on; an unknown end column is null.
    """
    if place is None:
        return None
    line = max(1, place.line)
    return {
        "path": place.path,
        "line": line,
        "column": max(1, place.column),
        "end_line": max(line, place.end_line),
        "end_column": place.end_column if place.end_column > 0 else None,
    }


def _mark(mark: Mark) -> dict[str, Any]:
    return {"location": location(mark.location), "label": mark.label}


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "name": evidence.fact,
        "value": evidence.value,
        "origin": str(evidence.origin),
        "location": location(evidence.location),
        "note": evidence.note,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "safety": str(fix.safety),
        "apply": str(fix.apply),
        "program": fix.program,
        "language": fix.language,
        "snippet": mask(fix.snippet),
        "edits": [_edit(change) for change in fix.changes],
    }


def _edit(change: Change) -> dict[str, Any]:
    return {
        "setting": change.setting,
        "path": change.path,
        "location": location(change.location),
        "now": mask(change.now),
        "then": mask(change.then),
    }


def _not_evaluated(item: NotEvaluated) -> dict[str, Any]:
    reasons = (*item.reasons, *[""] * len(item.needs))
    return {
        "rule": item.code,
        "subject": item.subject,
        "needs": [
            {"fact": fact, "reason": reason}
            for fact, reason in zip(item.needs, reasons, strict=False)
        ],
    }


def _fact(row: FactRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "subject": row.subject,
        "value": row.value if row.origin else None,
        "origin": str(row.origin) if row.origin else None,
        "location": location(row.location),
        "note": row.note,
    }


def _guide(row: GuideRow) -> dict[str, Any]:
    return {
        "section": row.section,
        "title": row.title,
        "state": row.state,
        "rules": list(row.codes),
        "group": row.group,
    }


def _budget(budget: Budget) -> dict[str, Any]:
    return {
        "kind": str(budget.kind),
        "subject": budget.subject,
        "terms": [_term(term) for term in budget.terms],
        "expected": _amount(budget.expected),
        "most": _amount(budget.most),
        "limit": _amount(budget.limit),
        "limit_how": budget.limit_how,
        "exceeded": budget.exceeded,
    }


def _term(term: BudgetTerm) -> dict[str, Any]:
    return {
        "name": term.name,
        "expected": _amount(term.expected),
        "most": _amount(term.most),
        "how": term.how,
        "location": location(term.location),
    }


def _chain(chain: TimeoutChain) -> dict[str, Any]:
    return {"subject": chain.subject, "steps": [_step(step) for step in chain.steps]}


def _step(step: TimeoutStep) -> dict[str, Any]:
    return {
        "wait": str(step.wait),
        "setting": step.setting,
        "seconds": _finite(step.seconds),
        "order": str(step.order),
        "note": step.note,
        "location": location(step.location),
    }


def _target(row: TargetRow) -> dict[str, Any]:
    return {
        "metric": row.metric,
        "target": row.target,
        "critical": row.critical,
        "measured": row.measured,
        "state": row.state,
    }


def _plan(tree: PlanTree) -> dict[str, Any]:
    return {
        "location": location(tree.location),
        "query": mask(tree.query) or None,
        "form": tree.form,
        "planning_ms": _finite(tree.planning_ms),
        "execution_ms": _finite(tree.execution_ms),
        "estimated": tree.estimated,
        "jit_ms": _finite(tree.jit_ms),
        "triggers_ms": _finite(tree.triggers_ms),
        "serialization_ms": _finite(tree.serialization_ms),
        "calls": tree.calls,
        "total_ms": _finite(tree.total_ms),
        "nodes": [_plan_row(row) for row in tree.rows],
    }


def _plan_row(row: PlanRow) -> dict[str, Any]:
    return {
        "depth": row.depth,
        "title": row.title,
        "name": row.name or None,
        "line": max(1, row.location.line),
        "share": None if row.share is None else _share(row.share),
        "self_ms": _finite(row.self_ms),
        "wall_ms": _finite(row.wall_ms),
        "cpu_ms": _finite(row.cpu_ms),
        "rows_planned": _finite(row.rows_planned),
        "rows_actual": _finite(row.rows_actual),
        "loops": _finite(row.loops),
        "findings": list(row.codes),
    }


def _amount(number: float | None) -> int | None:
    """
    Connections or bytes; half of either means nothing.
    """
    known = _finite(number)
    return None if known is None else round(known)


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None


def count_json(count: Tally) -> dict[str, Any]:
    """
    Findings by severity, and whether a build fails.
    """
    return {
        "findings": {str(severity): number for severity, number in count.counts.items()},
        "shown": sum(count.shown.values()),
        "not_shown": sum(count.hidden.values()) + count.unsure,
        "fail_on": str(count.fail_on) if count.fail_on else None,
        "fails": count.failing > 0,
    }


def _rules(report: Report) -> dict[str, int]:
    rules = rule_counts(report)
    return {
        "tried": rules.tried,
        "fired": rules.fired,
        "passed": rules.passed,
        "not_evaluated": rules.not_evaluated,
        "not_applicable": rules.not_applicable,
    }


def _share(number: float) -> float:
    return round(min(max(number, 0.0), 1.0), 4) if math.isfinite(number) else 0.0
