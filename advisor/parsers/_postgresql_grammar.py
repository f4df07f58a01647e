"""
One file of postgresql.conf's grammar: assignments, includes, and every line the server refuses.

Source: ``ParseConfigFp`` of guc-file.l. After a syntax error the server goes on with the next line,
and so does this; it gives up after 100 errors.
"""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.model import Location, Problem
from advisor.parsers import _postgresql_template as template
from advisor.parsers._postgresql_hints import hint
from advisor.parsers._postgresql_lexer import (
    NAME,
    VALUE,
    Token,
    ordinary,
    tokens,
    unescape,
)
from advisor.parsers.redaction import redact

MAX_ERRORS = 100
_SHOWN = 40
"""Longer words are cut in messages."""
_BOM = "\ufeff"
_INCLUDES = frozenset({"include", "include_if_exists", "include_dir"})


class Assignment(Struct, frozen=True):
    """
    One ``name = value``.
    """

    name: str
    """As written."""
    raw: str
    """The value without quotes and escapes, passwords taken out."""
    location: Location
    """From the first character of the name to the last of the value."""
    value_location: Location
    quoted: bool = False
    """Whether the value stands in quotes."""
    placeholder: bool = False
    """Whether a template decides about the value, or about the whole line."""


class Include(Struct, frozen=True):
    """
    One directive that pulls in other files.
    """

    kind: str
    """``include``, ``include_if_exists`` or ``include_dir``."""
    target: str
    """As written, without quotes."""
    location: Location
    placeholder: bool = False


class ParsedFile(Struct, frozen=True):
    """
    What one file says. `entries` are in the order of the file.
    """

    path: str
    entries: tuple[Assignment | Include, ...]
    problems: tuple[Problem, ...]

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        """
        The settings of this file alone.
        """
        return tuple(entry for entry in self.entries if isinstance(entry, Assignment))

    @property
    def includes(self) -> tuple[Include, ...]:
        """
        The include directives of this file.
        """
        return tuple(entry for entry in self.entries if isinstance(entry, Include))


class _Line(Struct, frozen=True):
    path: str
    number: int
    text: str
    words: tuple[Token, ...] = field(default=())

    def span(self, start: int, end: int) -> Location:
        return Location(self.path, self.number, start + 1, self.number, end + 1)

    def word(self, index: int) -> str:
        return self.text[self.words[index].start : self.words[index].end]


_Entry = Assignment | Include | Problem | None
_Spans = tuple[int, int, int, int]
"""Start and end of the name, start and end of the value."""


def parse_file(path: str, text: str) -> ParsedFile:
    """
    Read one file. Never raises: what the server would refuse becomes a problem.
    """
    entries: list[Assignment | Include] = []
    problems: list[Problem] = []
    errors = depth = 0
    if text.startswith(_BOM):
        problems.append(_byte_order_mark(path))
    for number, line in enumerate(text.removeprefix(_BOM).split("\n"), start=1):
        found = template.marks(line)
        entry = _read(path, number, line, marked=bool(found))
        if found:
            if isinstance(entry, Problem):
                entry = _templated(path, number, line)
            depth = max(0, depth + template.nesting(found))
        if isinstance(entry, Problem):
            problems.append(entry)
            errors += 1
        elif entry is not None:
            entries.append(replace(entry, placeholder=True) if depth else entry)
        if errors == MAX_ERRORS:
            where = Location(path, number)
            problems.append(Problem("too many syntax errors: the rest was not read", where))
            break
    return ParsedFile(path, tuple(entries), tuple(problems))


def _byte_order_mark(path: str) -> Problem:
    return Problem(
        "the file starts with a byte order mark, which the server takes for part of the first word",
        Location(path, 1, 1, 1, 2),
        "save the file as UTF-8 without BOM",
        "encoding",
    )


def _read(path: str, number: int, text: str, *, marked: bool) -> _Entry:
    """
    What one line says; `marked` when there are template marks in it.
    """
    if not text or text[0] == "#":
        return None
    spans = ordinary(text) or _spans(path, number, text)
    if spans is None or isinstance(spans, Problem):
        return spans
    return _assignment(path, number, text, spans, marked=marked)


def _spans(path: str, number: int, text: str) -> _Spans | Problem | None:
    """
    Where name and value of an assignment are; None when the line says nothing.
    """
    words = tokens(text)
    if not words:
        return None
    line = _Line(path, number, text, words)
    value = 2 if len(words) > 1 and words[1].kind == "equals" else 1
    if words[0].kind not in NAME:
        return _error(line, 0)
    if value >= len(words) or words[value].kind not in VALUE:
        return _error(line, value)
    if value + 1 < len(words):
        return _error(line, value + 1)
    return words[0].start, words[0].end, words[value].start, words[value].end


def _assignment(
    path: str, number: int, text: str, spans: _Spans, *, marked: bool
) -> Assignment | Include:
    start, name_end, at, end = spans
    name, raw = text[start:name_end], text[at:end]
    quoted = raw[0] == "'"
    raw = unescape(raw) if quoted else raw
    placeholder = marked and template.is_placeholder(name, raw)
    location = Location(path, number, start + 1, number, end + 1)
    if name.lower() in _INCLUDES:
        return Include(name.lower(), raw, location, placeholder)
    value_location = Location(path, number, at + 1, number, end + 1)
    return Assignment(name, redact(raw), location, value_location, quoted, placeholder)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _templated(path: str, number: int, text: str) -> _Entry:
    """
    A line the server would refuse as it stands, because it is still to be rendered.
    """
    found = template.marks(text)
    if template.is_only_markup(text, found):
        return None
    bare = template.without_comment(template.without_control(text, found), found)
    entry = _read(path, number, bare, marked=True)
    if not isinstance(entry, Problem):
        return entry and replace(entry, placeholder=True)
    parts = template.setting(bare)
    if parts is None and min(mark.start for mark in found) <= len(text) - len(text.lstrip()):
        return None
    if parts is None or not template.marks(parts[2]):
        return entry
    name, start, raw, at = parts
    line = _Line(path, number, text)
    whole, value = line.span(start, at + len(raw)), line.span(at, at + len(raw))
    return Assignment(name, redact(raw), whole, value, quoted=False, placeholder=True)


def _error(line: _Line, index: int) -> Problem:
    if index < len(line.words):
        token = line.words[index]
        near, place = f"“{_short(line.word(index))}”", line.span(token.start, token.end)
    else:
        end = len(line.text.rstrip())
        near, place = "the end of the line", line.span(line.words[-1].start, end)
    return Problem(f"syntax error near {redact(near)}", place, redact(hint(line.text)))
