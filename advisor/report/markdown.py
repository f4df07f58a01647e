"""
A tuning report to paste into a ticket or a pull request.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from advisor.model import Order
from advisor.report.bars import LEGEND, amount, bar, budget_words, kept_words
from advisor.report.describe import (
    alternatives,
    apply_words,
    hosts,
    item_title,
    marks,
    origin_words,
    saves_words,
    snippet_of,
)
from advisor.report.escape import Markdown, bold, code, fenced, inline, joined, link, mermaid
from advisor.report.fleet import fleet_words, often_words, standing, worst_first
from advisor.report.jinja import load_template
from advisor.report.masking import mask
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
from advisor.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jinja2 import Template

    from advisor.model import (
        Budget,
        BudgetTerm,
        Change,
        Evidence,
        FactRow,
        Finding,
        GuideRow,
        Location,
        Report,
        TimeoutStep,
    )
    from advisor.report.describe import Host
    from advisor.report.fleet import Standing
    from advisor.report.options import RenderOptions
    from advisor.report.steps import Step
    from advisor.report.summary import Missing, Tally

_MOST_PLACES = 20
_NOT_KNOWN = "not known"


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Print one document for each report, one below the other; above several, how each stands.
    """
    template = _template("report.md.j2")
    overview = [_fleet(reports, options)] if len(reports) > 1 else []
    documents = (
        template.render(
            report=report,
            count=tally(report.findings, options),
            findings=shown(report, options),
            steps=first_steps(shown(report, options)),
            hosts=hosts(report),
            rules=rule_counts(report),
            missing=missing(report),
            legend=LEGEND,
            suppressed=listed(report, options),
            others=words([report], options),
        )
        for report in reports
    )
    return "\n".join([*overview, *documents])


def _fleet(reports: Sequence[Report], options: RenderOptions) -> str:
    standings = [standing(report, options) for report in reports]
    return _template("fleet.md.j2").render(
        words=fleet_words(standings),
        standings=worst_first(standings),
        frequent=often_words(standings),
    )


def _standing(one: Standing) -> str:
    """
    The findings that are shown, in a cell.
    """
    if one.error:
        return f"could not be audited: {one.error}"
    return count_words({key: n for key, n in one.count.shown.items() if n}) or "none"


@lru_cache(maxsize=2)
def _template(name: str) -> Template:
    return load_template(name, _filters(), finalize=inline, autoescape=False)


def _filters() -> dict[str, Callable[..., Any]]:
    return {
        "alternatives": alternatives,
        "amount": _amount,
        "apply": apply_words,
        "bold": bold,
        "budget": _budget,
        "budget_title": _budget_title,
        "code": code,
        "came_from": _came_from,
        "changes": _changes,
        "codes": joined,
        "diagram": _diagram,
        "hidden": hidden_words,
        "host": _host,
        "decision": how,
        "how": _how,
        "item": item_title,
        "kept": lambda budget: kept_words(budget.kind),
        "links": _links,
        "order": _order,
        "paste": _paste,
        "places": _places,
        "saves": saves_words,
        "seconds": _seconds,
        "standing": _standing,
        "state": _state,
        "step": _step,
        "step_note": _noted,
        "term_how": _term_how,
        "verdict": _verdict,
    }


def _verdict(count: Tally) -> Markdown:
    """
    The counts, and whether a build would fail.
    """
    found = {severity: number for severity, number in count.counts.items() if number}
    words = count_words(found) or "no findings"
    if count.fail_on is None:
        return Markdown(f"{words}; never fails CI (`--fail-on never`)")
    would = "fail" if count.failing else "pass"
    return Markdown(f"{words}; would {would} CI (`--fail-on {count.fail_on}`)")


def _host(host: Host) -> Markdown:
    known = joined(host.known)
    places = joined(map(_place, host.locations))
    stated = Markdown(f"{known} ({places})") if places else known
    subject = Markdown(f"{inline(host.subject)}: ") if host.subject else ""
    return Markdown(subject + joined([stated, *host.unknown]))


def _place(location: Location | None) -> Markdown:
    return code(location) if location else Markdown()


def _came_from(row: Evidence | FactRow) -> Markdown:
    """
    Where a value stands, and how it came to be known if not just from there.
    """
    return joined([_place(row.location), origin_words(row.origin, row.note)])


def _places(finding: Finding) -> list[Markdown]:
    """
    A list item for each place of the finding.
    """
    found = marks(finding)
    items = [joined([_place(mark.location), mark.label], " ") for mark in found[:_MOST_PLACES]]
    if len(found) > _MOST_PLACES:
        items.append(inline(f"and {plural(len(found) - _MOST_PLACES, 'other place')}"))
    return items


class _Row(Struct, frozen=True):
    """
    A row of the table of changes.
    """

    file: Markdown
    """Empty when the file is the one that the finding points at."""
    now: Markdown
    then: Markdown


def _changes(finding: Finding) -> list[_Row]:
    here = finding.mark.location.path if finding.mark else ""
    changes = finding.fix.changes if finding.fix else ()
    return [_change_row(change, here) for change in changes]


def _change_row(change: Change, here: str) -> _Row:
    now = code(mask(change.now)) or inline(f"{change.setting} is not set".strip())
    then = code(mask(change.then)) or inline("remove the line")
    return _Row(code(change.path) if change.path != here else Markdown(), now, then)


def _paste(finding: Finding) -> Markdown:
    """
    The snippet as a block, unless the table of changes already says the same.
    """
    text = snippet_of(finding)
    return fenced(mask(text), finding.fix.language) if text and finding.fix else Markdown()


def _step(step: Step) -> Markdown:
    """
    What to do in bold, which findings it settles, the numbers, the change, and how to apply it.
    """
    finding = step.findings[0]
    title = alternatives(finding.recommendation)[0].partition(". ")[0].rstrip(". ")
    changes = joined(code(mask(change.then)) for change in step.changes[:3])
    files = joined(dict.fromkeys(code(change.path) for change in step.changes if change.path))
    action = joined([joined([changes, files], " in "), apply_words(finding)])
    return Markdown(
        f"{bold(title or finding.name)} ({joined(step.codes)}): "
        f"{inline(finding.message.rstrip('. '))}. "
        f"{_sentence(action)}{_sentence(saves_words(finding))}".rstrip()
    )


def _sentence(words: str) -> str:
    """
    `words` with a full stop; a program's name at the start keeps its own spelling.
    """
    if words.startswith(("saves", "takes", "re")):
        words = words[0].upper() + words[1:]
    return f"{words}. " if words else ""


def _links(finding: Finding, report: Report) -> Markdown:
    """
    The official pages, and the sections of the guide by title.
    """
    titles = {row.section: row.title for row in report.guide}
    pages = joined(link(reference.title, reference.url) for reference in finding.references)
    sections = joined(Markdown(f"*{inline(titles.get(s, s))}*") for s in finding.guide)
    return joined([pages, Markdown(f"guide: {sections}") if sections else ""], " · ")


def _how(group: Missing) -> Markdown:
    return code(group.example) or joined(group.reasons[:3], "; ")


def _state(row: GuideRow) -> Markdown:
    return joined([row.state, joined(row.codes)], ": ")


def _budget(budget: Budget) -> Markdown:
    """
    One line: the bar, whose it is, and the numbers.
    """
    words = f"{_budget_title(budget)}: {budget_words(budget)}"
    return joined([code(bar(budget)), words], " ")


def _budget_title(budget: Budget) -> str:
    return f"{str(budget.kind).capitalize()} of {budget.subject}"


def _amount(number: float | None, budget: Budget) -> str:
    return amount(budget.kind, number) or _NOT_KNOWN


def _term_how(term: BudgetTerm) -> Markdown:
    return joined([term.how, _place(term.location)])


def _seconds(step: TimeoutStep) -> str:
    if step.seconds is None:
        return "" if step.order is Order.UNKNOWN else str(step.order)
    return format_duration(step.seconds)


def _order(step: TimeoutStep) -> Markdown:
    return bold(step.order) if step.order is Order.LATE else inline(step.order)


def _noted(step: TimeoutStep) -> Markdown:
    return joined([_place(step.location), step.note])


def _diagram(edges: Sequence[tuple[str, str, str]]) -> Markdown:
    """
    The stack as a mermaid flowchart; nodes are numbered so that no name can be read as syntax.
    """
    names = dict.fromkeys(name for start, _, end in edges for name in (start, end) if name)
    ids = {name: f"n{number}" for number, name in enumerate(names, 1)}
    lines = ["```mermaid", "flowchart LR"]
    lines += [f"  {ids[name]}[{mermaid(name)}]" for name in names]
    for start, label, end in edges:
        if start and end:
            arrow = f"-- {mermaid(label)} -->" if label else "-->"
            lines.append(f"  {ids[start]} {arrow} {ids[end]}")
    return Markdown("\n".join([*lines, "```"]))
