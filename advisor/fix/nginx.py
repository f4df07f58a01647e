"""
Directives in nginx configurations.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from advisor import regex
from advisor.catalog.nginx import contexts
from advisor.fix.edits import Edit, Lines, RefusedError, lines_of, replace_value
from advisor.model import Change, Location
from advisor.parsers._nginx_context import infer
from advisor.parsers._nginx_lexer import lex
from advisor.parsers._nginx_words import unescape
from advisor.parsers.nginx import Directive, is_placeholder, parse_file

_REST = regex.lazy(r"[ \t\r]*(?:#[^\n]*)?(?=\n|\Z)")
"""What may follow on a line behind which another one can be put."""

OPENED = regex.lazy(r"(?:\s|#[^\n]*\n)*\{")
"""What stands between the last word of a directive and what is in its block."""
_APART = frozenset({"mail", "stream"})
_LISTS = frozenset({"add_header", "add_trailer", "proxy_set_header", "grpc_set_header"}) | {
    f"{one}_{what}"
    for one in ("proxy", "fastcgi", "uwsgi", "scgi", "grpc")
    for what in ("param", "hide_header", "pass_header")
}
"""
Directives of which a block has one for each name that comes first, and which a block inherits only
as long as it has none of its own.
"""


class _Level(Struct, frozen=True):
    """
    One block, or the file as a whole.
    """

    kind: str
    """Its context in nginx's terms: ``main``, ``http``, ``server``, ``location`` …"""
    opening: Directive | None
    """None for the file as a whole."""
    directives: tuple[Directive, ...]


class _File(Struct, frozen=True):
    """
    One file as it is, without what it includes.
    """

    outermost: _Level
    by_start: Mapping[tuple[int, int], Directive]
    """All directives by line and column."""


def edit(change: Change, text: str) -> tuple[Edit, ...]:
    """
    The arguments of the directive where it stands, else the directive in the block it belongs to.

    That is the innermost block around `change.inside` in which nginx allows it, else the first
    outermost one, such as ``events``. Raises
    `RefusedError` where there is no such block, or a template fills something in.
    """
    file = _parsed(change.path, text)
    if change.location is not None:
        one = file.by_start.get(_start(change.location))
        if one is None or one.name != change.setting:
            raise RefusedError(f"{change.setting} does not stand at {change.location}")
        return (_replaced(one, change.value, text),)
    if change.inside is None:
        raise RefusedError("the block it belongs to is in none of the files")
    levels = list(_levels(file, change.inside))
    for number, level in reversed(list(enumerate(levels))):
        if _allowed(change.setting, level.kind):
            _check_inherited(change.setting, levels[: number + 1])
            return (_added(change, level, text),)
    for one in file.outermost.directives:
        if one.block is not None and one.name in contexts(change.setting):
            return (_added(change, _Level(one.name, one, tuple(one.block)), text),)
    raise RefusedError(f"nginx allows {change.setting} in no block around {change.inside}")


@lru_cache(maxsize=4)
def _parsed(path: str, text: str) -> _File:
    directives = parse_file(path, text).directives
    outermost = _Level(infer(path, directives), None, directives)
    return _File(outermost, {_start(one.location): one for one in _all(directives)})


def _replaced(directive: Directive, value: str, text: str) -> Edit:
    if any(map(is_placeholder, directive.args)):
        raise RefusedError("a template fills its value in")
    return _arguments(text, lines_of(text).span(directive.location), value)


def _arguments(text: str, span: tuple[int, int], value: str) -> Edit:
    """
    Everything between the name and the ``;``, in the quotes of the old value.

    Arguments that only get more behind them stay as they are written.
    """
    start, end = span
    _, *words = [one for one in lex(text[start:end]) if one[0] != ";" or one[3]]
    if not words or any(word.startswith("#") and not quoted for word, _, _, quoted in words):
        raise RefusedError("a comment stands among its arguments")
    said, wanted = _words(text[start : start + words[-1][2]])[1:], _words(value)
    if wanted[: len(said)] == said and len(wanted) > len(said):
        _check_words(value)
        *_, last = list(lex(value))[: len(said)]
        place = start + words[-1][2]
        return Edit(place, place, f" {value[last[2] :].lstrip()}")
    quote = text[start + words[0][1]] if len(words) == 1 and words[0][3] else ""
    one = not any(mark in value for mark in " \"'")
    new = f"{quote}{value}{quote}" if one else value
    _check_words(new)
    return replace_value(text, start + words[0][1], start + words[-1][2], new)


def _check_words(value: str) -> None:
    """
    Refuse what would be more, or less, than the arguments of one directive.
    """
    tokens = list(lex(value))
    marks = any(not quoted and word[0] in ";{}#" for word, _, _, quoted in tokens if word)
    if marks or not tokens or tokens[-1][2] != len(value.rstrip()):
        raise RefusedError(f"{value} cannot be written as it is")


def _words(text: str) -> list[str]:
    """
    Words and marks as nginx understands them.
    """
    return [unescape(word[1:-1] if quoted else word) for word, _, _, quoted in lex(text)]


def _added(change: Change, level: _Level, text: str) -> Edit:
    """
    Behind the last of the simple directives that the block begins with, unless it is there.
    """
    same = [one for one in level.directives if _is_said(one, change)]
    if same[1:]:
        raise RefusedError(f"{change.setting} stands in this block several times")
    if same:
        return _replaced(same[0], change.value, text)
    if change.value:
        _check_words(change.value)
    lines = lines_of(text)
    before = _leading(level)
    if before is not None:
        offset = lines.span(before.location)[1]
        indent = lines.indent_of(lines.offset(before.location.line, 1))
        return _line(lines, offset, indent, change.then)
    if level.opening is None:
        first = lines.span(level.directives[0].location)[0]
        return Edit(first, first, f"{change.then}{lines.line_end}")
    start, end = lines.span(level.opening.location)
    opened = OPENED.match(text, end)
    if opened is None:
        raise RefusedError("the brace of its block cannot be told")
    inner = next((one.location for one in level.directives), None)
    deeper = lines.indent_of(start) + ("\t" if lines.indent_of(start)[:1] == "\t" else "    ")
    indent = lines.indent_of(lines.offset(inner.line, 1)) if inner else deeper
    return _line(lines, opened.end(), indent, change.then)


def _is_said(one: Directive, change: Change) -> bool:
    if one.name != change.setting or change.setting not in _LISTS:
        return one.name == change.setting
    names = ([word.lower() for word in words[:1]] for words in (one.args, _words(change.value)))
    return next(names) == next(names)


def _check_inherited(setting: str, levels: Sequence[_Level]) -> None:
    """
    Refuse the first entry of a list in a block that so far has all those of the blocks around it.
    """
    *outer, own = ([one.name for one in level.directives] for level in levels)
    if setting in _LISTS and setting not in own and any(setting in names for names in outer):
        raise RefusedError(f"its block would lose each {setting} that it has from around it")


def _leading(level: _Level) -> Directive | None:
    last = None
    for one in level.directives:
        if one.block is not None:
            break
        last = one
    return last


def _line(lines: Lines, offset: int, indent: str, line: str) -> Edit:
    """
    A line of its own where the rest of the line is blank or a comment, else on the same one.
    """
    if _REST.match(lines.text, offset):
        return lines.add_line(offset, indent + line)
    apart = " " if lines.text.startswith("}", offset) else ""
    return Edit(offset, offset, f" {line}{apart}")


def _levels(file: _File, place: Location) -> Iterator[_Level]:
    """
    The file and the blocks around a place, outermost first.
    """
    level = file.outermost
    yield level
    while True:
        # Blocks do not overlap: only the last directive that has begun can be around the place.
        begun = bisect_right(level.directives, _start(place), key=lambda one: _start(one.location))
        last = level.directives[begun - 1] if begun else None
        if last is None or last.block is None or place.line > (last.close_line or place.line):
            return
        # A server of stream takes other directives than one of http.
        apart = level.kind.partition(" ")[0] in _APART
        kind = f"{level.kind} {last.name}" if apart else last.name
        level = _Level(kind, last, last.block)
        yield level


def _allowed(name: str, kind: str) -> bool:
    """
    Whether the directive may stand on this level; an unknown one on every level.
    """
    known = contexts(name)
    return kind in known if known else kind not in ("if", "limit_except", "map", "types", "events")


def _all(directives: Sequence[Directive]) -> Iterator[Directive]:
    for one in directives:
        yield one
        yield from _all(one.block or ())


def _start(place: Location) -> tuple[int, int]:
    return place.line, place.column
