"""
What chats, tickets, comments, web pages and terminals do to a plan, undone.

Lines stay lines, so that their numbers hold; what is taken away from the left is replaced by
blanks, so that columns stay comparable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from advisor import regex
from advisor.plans.names import is_known

_INVISIBLE = regex.lazy(
    r"\x1b\[[0-9;?]{0,20}[A-Za-z]|\x1b\(B|^[\u200b-\u200f\u2060\ufeff]+"
    r"|[\u200b-\u200f\u2060\ufeff]+(?=\r?$)",
    re.MULTILINE,
)
"""Colours of a terminal, and characters without a width at the ends of lines."""
_BLANKS = regex.lazy(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_ARROW = regex.lazy(r"^([^\w\n]{0,80}?)[→➔⇒](?=\s)", re.MULTILINE)
_ESCAPED_ARROW = regex.lazy(r"^[^\w\n]{0,80}?-&gt;\s", re.MULTILINE)
_ENTITIES = {"&gt;": ">", "&lt;": "<", "&quot;": '"', "&#39;": "'", "&nbsp;": " ", "&amp;": "&"}
_ENTITY = regex.lazy("|".join(_ENTITIES))
_ESCAPED = regex.lazy(r"\\\((?:cost=|actual |never executed)|(?:Filter|Cond): \\\(")
_BARE = regex.lazy(r"(?<!\\)[(_*]")
_BACKSLASH = regex.lazy(r"\\([][()*_<>|~`{}#+.!-])")
"""What Markdown has for characters that would mean something to it."""
_TAGS = regex.lazy(
    r"^[ \t]*(?:<(?:pre|code|tt)\b[^<>\n]{0,200}>)+|(?:</(?:pre|code|tt)>)+[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_MARKS = (
    regex.lazy(r"[ \t]{0,8}>(?:[ \t]?>)*"),
    regex.lazy(r"[ \t]*#"),
    regex.lazy(r"[ \t]*--(?![->])"),
    regex.lazy(r"[ \t]*//"),
    regex.lazy(r"[ \t]*\*(?=[ \t]|$)"),
    regex.lazy(r"[A-Za-z][\w.-]{0,60} {1,40}\|(?=[ \t]|$)"),
)
"""Mail and chat, comments of shells, of SQL and of C, and the names that compose puts first."""
_FIRST = regex.lazy(r"^[ \t]*(?:[>#*/]|--[^->\n]|[A-Za-z][\w.-]{0,60} {1,40}\|)", re.MULTILINE)
_SIGN = regex.lazy(
    r"->[ ]{1,4}\w|\(cost=|\(actual |\(never executed\)|QUERY PLAN|Node[ -]Type|\bplan:[ ]?$"
    r"|\w[ ]Scan[ ](?:Backward[ ]|\([\w ]{1,60}\)[ ])?(?:on|using)[ ]"
)
_PROPERTY = regex.lazy(r"[ ]+[A-Z][\w ()/-]{0,60}:(?:[ ]|$)")


def without_quotation(text: str) -> str:
    """
    The text as the server printed it, as far as can be told.

    Marks at the left are taken for marks only where consecutive lines have the same and one of
    these lines looks like a plan: a condition may hold lines that begin with ``>`` as well.
    """
    if not text.isascii() or "\x1b" in text:
        text = _BLANKS.sub(" ", _INVISIBLE.sub("", text))
    if "<explain" not in text and _ESCAPED_ARROW.search(text):
        text = _ENTITY.sub(lambda match: _ENTITIES[match[0]], text)
    if "\\" in text and (_ESCAPED.search(text) or not _BARE.search(text)):
        text = _BACKSLASH.sub(r"\1", text)
    text = _ARROW.sub(r"\1->", text)
    if "</" in text:
        text = _TAGS.sub("", text)
    if not _FIRST.search(text):
        return text
    lines = text.split("\n")
    for mark in _MARKS:
        for start, end in _runs(lines, mark):
            if _holds_plan(lines[start:end], mark):
                lines[start:end] = [_blanked(line, mark) for line in lines[start:end]]
    return "\n".join(lines)


def _holds_plan(lines: Sequence[str], mark: re.Pattern[str]) -> bool:
    """
    Whether a line tells a plan by itself, or is a node's whole name above a property of it.
    """
    return any(_SIGN.search(line) for line in lines) or any(
        _is_node(_blanked(above, mark), _blanked(below, mark)) for above, below in pairwise(lines)
    )


def _is_node(above: str, below: str) -> bool:
    body = above.strip()
    if not body or not _PROPERTY.match(below) or not is_known(body):
        return False
    return len(above) - len(above.lstrip()) < len(below) - len(below.lstrip())


def _runs(lines: Sequence[str], mark: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    start = -1
    for index, line in enumerate(lines):
        if mark.match(line):
            start = index if start < 0 else start
        elif start >= 0:
            yield start, index
            start = -1
    if start >= 0:
        yield start, len(lines)


def _blanked(line: str, mark: re.Pattern[str]) -> str:
    match = mark.match(line)
    width = match.end() if match else 0
    return " " * width + line[width:]
