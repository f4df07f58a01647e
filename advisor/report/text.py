"""
The report for a terminal: a fact per finding, the lines it is about, why, and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.report.cells import fold, lines_of, one_line, together, width_of
from advisor.report.describe import (
    alternatives,
    apply_words,
    hosts,
    marks,
    origin_words,
    saves_words,
)
from advisor.report.fleet import fleet_words, often_words, standing, worst_first
from advisor.report.masking import mask
from advisor.report.snippet import Role, Row, clusters, digits, rows
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
    from collections.abc import Iterable, Iterator, Sequence

    from advisor.model import Evidence, Finding, Report, Suppressed
    from advisor.report.options import RenderOptions
    from advisor.report.summary import Missing, Tally

_NARROWEST = 40
_MOST_PLACES = 8
"""Snippets of one finding; the other places are listed in one line."""
_MOST_ROWS = 40
"""Deployments that the summary of many lists."""
_MOST_FACTS = 8
"""Missing facts that are named; the others are counted."""

_STYLES = {
    "critical": "1;31",
    "high": "1;31",
    "medium": "1;33",
    "low": "1;34",
    "info": "2",
    "strong": "1",
    "faint": "2",
    "gutter": "34",
}


class _Pen(Struct, frozen=True):
    """
    Paints and folds; without colour the texts are the same.
    """

    color: bool
    width: int

    def paint(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.color and text else text

    def hang(self, head: str, text: str, indent: int) -> list[str]:
        """
        `head` and then `text`, folded, with further lines indented by `indent`.
        """
        first, *others = fold(text, max(self.width - indent, _NARROWEST // 2))
        return [head + first, *(" " * indent + line for line in others)]


def render(reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Print reports one below the other, and a line of totals when there are several.
    """
    pen = _Pen(options.color, max(options.width, _NARROWEST))
    blocks = ["\n".join(_report(report, options, pen)) for report in reports]
    if len(reports) > 1:
        blocks.append("\n".join(_fleet(reports, options, pen)))
    if len(reports) != 1:
        every = [finding for report in reports for finding in report.findings]
        count = tally(every, options)
        line = _count_line(count) if sum(count.shown.values()) else _joined("no findings", count)
        others = words(reports, options)
        line = f"{line} · {others}" if others else line
        blocks.append(f"{plural(len(reports), 'deployment')}, {line}")
    return "\n\n".join(blocks) + "\n"


def _fleet(reports: Sequence[Report], options: RenderOptions, pen: _Pen) -> Iterator[str]:
    """
    The deployments that something was found in, the worst first, and the rules that fire most.
    """
    standings = [standing(report, options) for report in reports]
    yield pen.paint(fleet_words(standings), "strong")
    told = [one for one in worst_first(standings) if one.error or any(one.count.shown.values())]
    longest = max((width_of(one_line(one.root)) for one in told[:_MOST_ROWS]), default=0)
    for one in told[:_MOST_ROWS]:
        root = one_line(one.root)
        found = {level: number for level, number in one.count.shown.items() if number}
        words = "could not be audited" if one.error else count_words(found)
        yield f"  {root}{' ' * (longest - width_of(root))}  {words}"
    if len(told) > _MOST_ROWS:
        yield f"  and {len(told) - _MOST_ROWS:,} more with findings (-f jsonl lists them all)"
    if frequent := often_words(standings):
        yield from pen.hang("most often: ", one_line(frequent), len("most often: "))


def _report(report: Report, options: RenderOptions, pen: _Pen) -> Iterator[str]:
    if report.error:
        head = f"{pen.paint(one_line(report.name) + ':', 'strong')} {pen.paint('error:', 'high')} "
        yield from pen.hang(head, one_line(report.error), 2)
        return
    yield _head(report, pen)
    yield ""
    for finding in shown(report, options):
        yield from _finding(finding, report, pen)
        yield ""
    for one in listed(report, options):
        yield from _suppressed(one, pen)
        yield ""
    yield from _closing(report, tally(report.findings, options), words([report], options), pen)


def _head(report: Report, pen: _Pen) -> str:
    """
    The stack, and the hosts as far as they are known.
    """
    parts = [one_line(report.stack) or "nothing recognised"]
    machines = hosts(report)
    for host in machines[:3]:
        paths = dict.fromkeys(location.path for location in host.locations)
        places = f" ({', '.join(paths)})" if paths else ""
        subject = f"{host.subject}: " if host.subject else ""
        parts += [one_line(f"{subject}{', '.join(host.known)}{places}")] if host.known else []
    if len(machines) > 3:
        parts.append(f"{len(machines) - 3} more hosts")
    return f"{pen.paint(one_line(report.name) + ':', 'strong')} {' · '.join(parts)}"


def _finding(finding: Finding, report: Report, pen: _Pen) -> Iterator[str]:
    level = str(finding.severity)
    title = pen.paint(f"{level}[{one_line(finding.code)}]", level)
    yield f"{title} {pen.paint(f'{one_line(finding.name)}: {one_line(finding.message)}', 'strong')}"
    places = marks(finding)
    gutter = digits(places[:_MOST_PLACES])
    for cluster in clusters(places[:_MOST_PLACES], report.sources):
        for row in rows(cluster, report.sources, pen.width - gutter):
            yield _row(row, gutter, level, pen)
    for key, lines in _items(finding):
        yield from _item(key, lines, gutter, pen)


def _suppressed(one: Suppressed, pen: _Pen) -> Iterator[str]:
    """
    What was found, where, and who decided about it.
    """
    finding = one.finding
    head = f"suppressed {finding.severity}[{finding.code}] {finding.name}: {finding.message}"
    yield pen.paint(one_line(head), "faint")
    yield from (f"  --> {one_line(str(mark.location))}" for mark in marks(finding)[:1])
    yield from _item("by", [how(one)], 2, pen)


def _row(row: Row, gutter: int, level: str, pen: _Pen) -> str:
    if row.role is Role.PLACE:
        label = f" {row.label}" if row.label else ""
        return f"{' ' * (gutter - 1)}{pen.paint('-->', 'gutter')} {row.text}{label}"
    number = "" if row.number is None else str(row.number)
    edge = pen.paint(f"{number:>{gutter}} |", "gutter")
    if row.role is Role.SOURCE:
        return f"{edge} {row.text}" if row.text else edge
    blanks = len(row.text) - len(row.text.lstrip())
    body = f"{row.text[:blanks]}{pen.paint(row.text[blanks:], level)}"
    label = f" {pen.paint(row.label, level)}" if row.label else ""
    return f"{edge} {body}{label}"


def _items(finding: Finding) -> Iterator[tuple[str, list[str]]]:
    """
    What stands below the snippets: a key and its lines; the first line is prose.
    """
    places = marks(finding)
    if len(places) > _MOST_PLACES:
        yield "more", [_further_places([str(m.location) for m in places[_MOST_PLACES:]])]
    if not places:
        yield "in", [finding.subject]
        yield "from", [", ".join(map(_evidence, finding.evidence))]
    yield "why", [finding.why]
    fix, *others = alternatives(finding.recommendation)
    yield "fix", [line for line in (_where(fix, finding), *_snippet(fix, finding)) if line]
    for other in others:
        yield "or", [other]
    yield "sure", [_sure(finding)]
    yield "also", [", ".join(finding.also)]


def _item(key: str, lines: list[str], gutter: int, pen: _Pen) -> Iterator[str]:
    if not lines or not lines[0]:
        return
    margin = " " * (gutter + 1)
    head = f"{margin}{pen.paint('=', 'gutter')} {pen.paint(f'{key}:', 'strong')}"
    pad = " " * max(1, 5 - len(f"{key}:"))
    indent = width_of(f"{margin}= {key}:{pad}")
    yield from pen.hang(head + pad, one_line(lines[0]), indent)
    for line in lines[1:]:
        yield " " * (indent + 2) + line


def _where(recommendation: str, finding: Finding) -> str:
    """
    The prose of the fix, with the file to edit when that is not the one shown.
    """
    here = finding.mark.location.path if finding.mark else ""
    changes = finding.fix.changes if finding.fix else ()
    paths = dict.fromkeys(change.path for change in changes if change.path not in {"", here})
    place = f"in {', '.join(paths)}" if paths else ""
    return f"{recommendation} ({place})" if recommendation and place else recommendation or place


def _snippet(recommendation: str, finding: Finding) -> list[str]:
    """
    The lines to paste, unless the recommendation already holds them.
    """
    lines = lines_of(mask(finding.fix.snippet)) if finding.fix else []
    if len(lines) == 1 and lines[0].strip() in one_line(recommendation):
        return []
    return lines


def _evidence(evidence: Evidence) -> str:
    origin = origin_words(evidence.origin, evidence.note)
    where = ", ".join(filter(None, (str(evidence.location or ""), origin)))
    return f"{evidence.fact} = {evidence.value}" + (f" ({where})" if where else "")


def _sure(finding: Finding) -> str:
    how = (str(finding.confidence), saves_words(finding), apply_words(finding))
    return " · ".join(filter(None, (*how, together(f"advisor explain {finding.code}"))))


def _further_places(places: list[str]) -> str:
    named = ", ".join(places[:3])
    rest = len(places) - 3
    return f"{named} and {plural(rest, 'other place')}" if rest > 0 else named


def _closing(report: Report, count: Tally, others: str, pen: _Pen) -> Iterator[str]:
    """
    The counts, what was not evaluated, and notes.
    """
    if any(count.shown.values()):
        yield pen.paint(_count_line(count), "strong")
    else:
        yield _joined(f"no findings: {rule_counts(report).words()}", count)
    if others:
        yield others
    yield from _not_evaluated(missing(report), pen)
    for note in report.notes:
        yield from pen.hang("note: ", one_line(note), len("note: "))


def _count_line(count: Tally) -> str:
    total = plural(sum(count.shown.values()), "finding")
    return _joined(f"{total}: {count_words(count.shown)}", count)


def _joined(text: str, count: Tally) -> str:
    return " · ".join(filter(None, (text, hidden_words(count))))


def _not_evaluated(groups: Sequence[Missing], pen: _Pen) -> Iterable[str]:
    if not groups:
        return []
    parts = [_need(group, "rule" if group is groups[0] else "") for group in groups[:_MOST_FACTS]]
    if len(groups) > _MOST_FACTS:
        parts.append(f"and {plural(len(groups) - _MOST_FACTS, 'more fact')} (--format markdown)")
    head = "not evaluated: "
    return pen.hang(pen.paint(head, "faint"), one_line(", ".join(parts)), len(head))


def _need(group: Missing, noun: str) -> str:
    number = len(group.codes)
    count = plural(number, noun) if noun else str(number)
    how = " " + together(f"({group.how})") if group.how else ""
    return f"{count} {'needs' if number == 1 else 'need'} {group.fact}{how}"
