"""
The whole report as one page that needs nothing else: no network, no other file, no JavaScript.

Scripts only add to it: filters, copy buttons, opened details on paper. The page's own policy
(`assets.policy`) allows that one script and that one style sheet and nothing else, so that even
markup smuggled into it could neither run nor load anything.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from advisor import __version__
from advisor.report.describe import (
    alternatives,
    apply_words,
    hosts,
    item_title,
    origin_words,
    saves_words,
)
from advisor.report.html.assets import ICON, policy, script, style
from advisor.report.html.budgets import budget_chart
from advisor.report.html.diagram import Drawing, tall, wide
from advisor.report.html.findings import finding_views, layers_of, paths_of
from advisor.report.html.guide import checklist, state_sign
from advisor.report.html.markup import finalize, prose, spaced, verbatim
from advisor.report.html.plans import plan_view
from advisor.report.html.timeouts import chain_chart
from advisor.report.jinja import load_template
from advisor.report.plan import cut_words
from advisor.report.steps import first_steps
from advisor.report.summary import (
    count_words,
    hidden_words,
    missing,
    plural,
    rule_counts,
    shown,
    tally,
)
from advisor.report.suppressed import how, listed, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jinja2 import Template

    from advisor.model import Report
    from advisor.report.html.findings import FindingView
    from advisor.report.options import RenderOptions


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Print one page for all reports of a run.
    """
    return document(reports, options)


def document(
    reports: Sequence[Report], options: RenderOptions, *, plans_first: bool = False
) -> str:
    """
    Print one page; the query plans stand before the findings about them when they are the subject.
    """
    every = [finding for report in reports for finding in report.findings]
    template = _template()
    return template.render(
        deployments=list(_deployments(reports, options)),
        count=tally(every, options),
        policy=policy(),
        style=style(),
        script=script(),
        icon=ICON,
        version=__version__,
        plans_first=plans_first,
    )


def _deployments(reports: Sequence[Report], options: RenderOptions) -> Iterator[dict[str, object]]:
    """
    What the template shows of each report; all ids of one report start with the same letters.
    """
    taken: set[str] = set()
    for number, report in enumerate(reports, 1):
        views = finding_views(report, options, taken)
        paths = paths_of(views)
        yield {
            "id": f"d{number}",
            "report": report,
            "count": tally(report.findings, options),
            "findings": views,
            "layers": layers_of(views),
            "paths": paths,
            "numbers": {path: number for number, (path, _) in enumerate(paths, 1)},
            "steps": _steps(report, options, views),
            "hosts": hosts(report),
            "rules": rule_counts(report),
            "missing": missing(report),
            "drawings": _drawings(report),
            "budgets": [budget_chart(one) for one in report.budgets],
            "chains": [chain_chart(one) for one in report.timeouts],
            "plans": [plan_view(tree, views) for tree in report.plans],
            "cut": cut_words(report),
            "checklist": checklist(report),
            "others": words([report], options),
            "suppressed": listed(report, options),
        }


def _drawings(report: Report) -> dict[str, Drawing]:
    """
    The stack from left to right, and for narrow screens from top to bottom.
    """
    drawn = {"wide": wide(report.diagram), "tall": tall(report.diagram)}
    return {name: drawing for name, drawing in drawn.items() if drawing}


def _steps(
    report: Report, options: RenderOptions, views: Sequence[FindingView]
) -> list[dict[str, object]]:
    """
    The first things to do, each with the finding it is explained in.
    """
    by_identity = {id(view.finding): view for view in views}
    return [
        {
            "view": by_identity[id(step.findings[0])],
            "codes": step.codes,
            "title": _title(step.findings[0].recommendation) or step.findings[0].name,
        }
        for step in first_steps(shown(report, options))
    ]


def _title(recommendation: str) -> str:
    return alternatives(recommendation)[0].partition(". ")[0].rstrip(". ")


@lru_cache(maxsize=1)
def _template() -> Template:
    filters: dict[str, Callable[..., Any]] = {
        "alternatives": alternatives,
        "apply": apply_words,
        "came_from": lambda row: origin_words(row.origin, row.note),
        "counts": count_words,
        "decision": how,
        "hidden": hidden_words,
        "item": item_title,
        "plural": plural,
        "prose": prose,
        "saves": saves_words,
        "sign": state_sign,
        "spaced": spaced,
        "verbatim": verbatim,
    }
    return load_template("html/page.j2", filters, finalize=finalize, autoescape=True)
