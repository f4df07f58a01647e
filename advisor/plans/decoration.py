"""
What psql, spreadsheets and pgAdmin put around a plan, and how it comes off again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from msgspec import Struct

from advisor import regex
from advisor.plans import scan
from advisor.plans.names import is_known

_BORDERS = "|│║"
_RULE = regex.lazy(r"[-+=|:─━═│║┌┐└┘├┤┬┴┼╔╗╚╝╠╣╦╩╬╞╡╪╟╢╫ ]{3,}")
_RECORD = regex.lazy(r"\W*\[ ?[^\W\d]+ \d+ ?\][-+─═╮╭╕╒┐┌┬┤├╤]*")
_EMPTY_CELL = regex.lazy(r"\s*[|│║]\s?")
_EXPANDED = regex.lazy(r"\s*QUERY PLAN\s*[|│║]\s?")
_HEADER = regex.lazy(r"\W*QUERY PLAN\W*", re.IGNORECASE)
_TITLE = regex.lazy(r"[^:;(>]{1,200}")
_FOOTER = regex.lazy(r"\(\d+\s*[^\W\d][^()=]*(?:\([^()=]*\))?\)")
_TUPLE = regex.lazy(r"[\[(]?\((['\"])(.*)\1,\)[,\])]{0,2}")
_FENCE = regex.lazy(r"(?:```|~~~|\{(?:code|noformat|quote)(?::[^{}]*)?\}).*")


class Mark(Enum):
    """
    What a line is, as far as its decoration says.
    """

    TEXT = "text"
    BLANK = "blank"
    EDGE = "edge"
    """Header, rule, footer or fence: never part of a plan, and it ends one."""


class Line(Struct, frozen=True):
    """
    A line without its decoration.
    """

    number: int
    column: int
    """0-based column of the first character, comparable within one plan."""
    text: str
    """Without the blanks around it."""
    mark: Mark = Mark.TEXT
    titled: bool = False
    """Whether it is the first line below a header."""


def undecorate(raw: str) -> str:
    """
    A line without borders, continuation marks and exotic blanks; leading blanks stay comparable.
    """
    text = raw.replace("\ufeff", "").replace("\u00a0", " ").rstrip()
    if "\t" in text:
        body = text.lstrip()
        text = text[: len(text) - len(body)].expandtabs(8) + body
    head = text.lstrip()
    if head[:1] in _BORDERS and head:
        text = f"{text[: len(text) - len(head)]} {head[1:].rstrip(_BORDERS)}".rstrip()
        text = text[match.end() :] if (match := _EMPTY_CELL.match(text)) else text
    if match := _EXPANDED.match(text):
        text = text[match.end() :]
    if text.endswith(("+", "↵")):
        text = text[:-1].rstrip()
    return text


def unquote(text: str) -> str:
    """
    A line without the quotes of CSV, pgAdmin or a Python list around it.
    """
    body = text.strip()
    if match := _TUPLE.fullmatch(body):
        return match[2].replace(f"\\{match[1]}", match[1])
    for quote in ('"', "'"):
        if len(body) > 1 and body[0] == body[-1] == quote:
            return body[1:-1].replace(quote * 2, quote)
    # A cell of several lines has one quote at its beginning and one at its end.
    if '"' in (body[:1], body[-1:]) and scan.open_quote(body) == '"':
        return body[1:].replace('""', '"') if body.startswith('"') else text.rstrip()[:-1]
    return text


def clean(text: str) -> list[Line]:
    """
    The lines of a file without their decoration, numbered from 1.
    """
    raws = _without_right_border(text.split("\n")) if "|" in text else text.split("\n")
    rules = [_is_rule(raw) for raw in raws]
    bordered = [raw.lstrip()[:1] in _BORDERS and bool(raw.strip()) for raw in raws]
    lines: list[Line] = []
    titled = False
    for index, raw in enumerate(raws):
        edge = rules[index] or _is_header(index, raws, rules, bordered)
        line = _line(index + 1, raw, edge=edge, titled=titled)
        lines.append(line)
        if line.mark is not Mark.BLANK:
            titled = line.mark is Mark.EDGE and _titles(line.text)
    return lines


def _without_right_border(raws: list[str]) -> list[str]:
    """
    Lines without the bar at their end, where there is one at the same column in a line next to it.

    DBeaver has none at the left.
    """
    ends = [
        len(raw) if raw.endswith("|") and not raw.lstrip().startswith("|") else 0
        for raw in map(str.rstrip, raws)
    ]
    if not any(ends):
        return raws
    near = zip([0, *ends], ends, [*ends[1:], 0], strict=False)
    shared = [bool(end) and end in (above, below) for above, end, below in near]
    return [
        raw.rstrip()[:-1].rstrip() if is_shared else raw
        for raw, is_shared in zip(raws, shared, strict=True)
    ]


def is_record_rule(raw: str) -> bool:
    """
    Whether a line is what psql puts above every record of an expanded table.
    """
    return _RECORD.fullmatch(raw.strip()) is not None


def _line(number: int, raw: str, *, edge: bool, titled: bool) -> Line:
    if is_record_rule(raw):
        return Line(number, 0, "", Mark.BLANK)
    text = unquote(undecorate(raw))
    body = text.strip()
    if not body:
        return Line(number, 0, "", Mark.BLANK)
    column = len(text) - len(text.lstrip())
    if edge or _HEADER.fullmatch(body) or _FOOTER.fullmatch(body) or _FENCE.fullmatch(body):
        return Line(number, column, body, Mark.EDGE)
    return Line(number, column, body, Mark.TEXT, titled)


def _titles(text: str) -> bool:
    return not _FOOTER.fullmatch(text)


def _is_rule(raw: str) -> bool:
    body = raw.strip()
    return bool(_RULE.fullmatch(body)) and len(set(body) & set("-─━═=")) > 0


def _is_header(
    index: int, raws: Sequence[str], rules: Sequence[bool], bordered: Sequence[bool]
) -> bool:
    """
    Whether a line is a column title: the line above a rule, in whatever language.

    In a bordered table the last row also stands above a rule; that one has no row below it.
    """
    body = raws[index].strip()
    if index + 1 >= len(raws) or not body or not rules[index + 1] or rules[index]:
        return False
    # Somebody's own rule between two plans must not swallow the last line of the first.
    if not _TITLE.fullmatch(body) or is_known(unquote(undecorate(body)).strip()):
        return False
    if bordered[index]:
        return index + 2 < len(raws) and bordered[index + 2] and not rules[index + 2]
    return not body.upper().startswith(("EXPLAIN", "--"))
