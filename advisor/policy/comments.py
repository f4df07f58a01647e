"""
``# advisor: ignore[PG101] reason``: what comments in the audited files accept.

A comment behind something speaks about its own line, one that stands alone about the next line that
is neither blank nor a comment; ``ignore-file`` speaks about the whole file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date

from msgspec import Struct

from advisor.model import Location
from advisor.parsers.redaction import redact
from advisor.sources.kinds import Kind

WORD = "advisor:"
"""A text without it holds no such comment."""
MAX_COMMENTS = 10_000
"""Comments of one file that are read."""

_MARK = re.compile(r"(?:[#;]+|--+|//+)[ \t]*advisor:[ \t]*(ignore(?:-file)?)\b(.*)$")
_SAID = re.compile(
    r"[ \t]*\[([A-Za-z0-9,\s_-]{1,2000})\][ \t]*(?:until=(\S{1,40}))?[ \t]*[:–—-]?[ \t]*(.*)"
)
_QUOTED = re.compile(r"(?<!\w)'(?>(?:[^'\\]++|\\.)*)'|(?<!\w)\"(?>(?:[^\"\\]++|\\.)*)\"")
_LONGEST = 4096
"""Characters of a line that are looked at."""


class Comment(Struct, frozen=True):
    """
    One comment, as written.
    """

    location: Location
    codes: tuple[str, ...]
    """Codes, names or beginnings of codes; none when the comment cannot be understood."""
    line: int
    """The line it speaks about, 0 for the whole file."""
    reason: str = ""
    until: date | None = None
    """The last day on which it counts."""
    mistake: str = ""
    """What is wrong with it; it then suppresses nothing."""

    @property
    def name(self) -> str:
        """
        How to call it in a sentence.
        """
        word = "ignore" if self.line else "ignore-file"
        return f"{word}[{', '.join(self.codes)}]" if self.codes else word


class _Style(Struct, frozen=True):
    """
    How a format writes comments.
    """

    signs: tuple[str, ...] = ("#",)
    behind: bool = True
    """Whether a comment may follow something on its line."""


_ALONE = _Style(behind=False)
_INI = _Style(("#", ";"), behind=False)
_STYLES: Mapping[Kind, _Style] = {
    Kind.DOCKERFILE: _ALONE,
    Kind.REDIS: _ALONE,
    Kind.PROCFILE: _ALONE,
    Kind.SYSTEMD: _INI,
    Kind.PGBOUNCER: _INI,
    Kind.INI: _INI,
    Kind.SUPERVISORD: _Style(("#", ";")),
    Kind.TERRAFORM: _Style(("#", "//")),
    Kind.SCHEMA: _Style(("--",)),
}
_WITHOUT = frozenset({Kind.PLAN, Kind.LOAD, Kind.SNAPSHOT})
"""Formats that have no comments."""
_PYTHON = frozenset({Kind.GUNICORN, Kind.PYTHON})


def read_comments(path: str, text: str, kind: Kind | None) -> tuple[Comment, ...]:
    """
    The comments of one file that accept findings. Of an unknown kind: as most formats write them.
    """
    if WORD not in text or kind in _WITHOUT:
        return ()
    style = _STYLES.get(kind, _Style()) if kind else _Style()
    lines = [line.removesuffix("\r")[:_LONGEST] for line in text.split("\n")]
    starts = _python_starts(text) if kind in _PYTHON else None
    found = (
        _comment(path, lines, number, match, style)
        for number, match in _matches(lines, starts, style)
    )
    return tuple(comment for comment, _ in zip(found, range(MAX_COMMENTS), strict=False))


def _matches(
    lines: list[str], starts: Mapping[int, int] | None, style: _Style
) -> Iterator[tuple[int, re.Match[str]]]:
    """
    Line numbers from 0 on, and what stands in their comments.
    """
    for number, line in enumerate(lines):
        if WORD in line:
            start = _start(line, style) if starts is None else starts.get(number)
            match = None if start is None else _MARK.search(line, start)
            if match:
                yield number, match


def _start(line: str, style: _Style) -> int | None:
    """
    Where the comment of a line begins, None when it has none.
    """
    indent = len(line) - len(line.lstrip())
    if line.startswith(style.signs, indent):
        return indent
    if not style.behind:
        return None
    spans = [match.span() for match in _QUOTED.finditer(line)]
    signs = "|".join(map(re.escape, style.signs))
    for match in re.finditer(rf"(?<=[\s;{{}}])(?:{signs})", line):
        at = match.start()
        before = bisect_right(spans, (at, len(line))) - 1
        if before < 0 or spans[before][1] <= at:
            return at
    return None


def _python_starts(text: str) -> Mapping[int, int] | None:
    """
    Where comments of Python begin, by line; None when the text is no Python as a whole.
    """
    import io  # noqa: PLC0415 - start-up cost
    import tokenize  # noqa: PLC0415 - start-up cost

    try:
        return {
            token.start[0] - 1: token.start[1]
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.type == tokenize.COMMENT
        }
    except (tokenize.TokenError, SyntaxError, ValueError):
        return None


def _comment(
    path: str, lines: list[str], number: int, match: re.Match[str], style: _Style
) -> Comment:
    place = Location(path, number + 1, match.start() + 1, number + 1, match.end() + 1)
    whole = match[1] == "ignore-file"
    alone = not lines[number][: match.start()].strip(" \t" + "".join(style.signs))
    line = 0 if whole else _spoken_about(lines, number, style) if alone else number + 1
    said = _SAID.fullmatch(match[2].rstrip())
    codes = tuple(filter(None, re.split(r"[,\s]+", said[1]))) if said else ()
    if said is None or not codes:
        mistake = f"{match[1]} names no rule: write {match[1]}[CODE] and the reason"
        return Comment(place, (), line, mistake=mistake)
    until, mistake = _until(said[2])
    return Comment(place, codes, line, redact(said[3].strip()), until, mistake)


def _spoken_about(lines: list[str], number: int, style: _Style) -> int:
    for following in range(number + 1, len(lines)):
        text = lines[following].strip()
        if text and not text.startswith(style.signs):
            return following + 1
    return number + 1


def _until(text: str | None) -> tuple[date | None, str]:
    if text is None:
        return None, ""
    try:
        return date.fromisoformat(text), ""
    except ValueError:
        return None, f"until={text} is no day: write it as until=2027-01-31"
