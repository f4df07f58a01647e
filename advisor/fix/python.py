"""
Settings of gunicorn.conf.py, and keyword arguments of the calls that create engines.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from advisor import regex
from advisor.catalog.gunicorn import find
from advisor.fix.edits import Edit, Lines, RefusedError, lines_of, replace_value
from advisor.model import Change, Location
from advisor.parsers._engine_calls import ENGINES, find_calls
from advisor.parsers.pyeval.source import Source, parse

_MAY_GO = frozenset(
    {"multiprocessing", "os", "psutil", "cpu_count", "process_cpu_count", "sched_getaffinity"}
    | {"len", "max", "min", "int", "round"}
)
"""Names in an expression that may give way to a number: nobody sets them from outside."""
_FROM_OUTSIDE = frozenset({"environ", "environb", "getenv", "getenvb"})
_PIECE = regex.lazy(r"[ \t\f\r\n\\]+|#[^\r\n]*|\)|,")
"""What stands between the last argument of a call and its closing parenthesis."""
_REST = regex.lazy(r"[ \t\f]*(?:#[^\r\n]*)?(?=[\r\n]|\Z)")
_STRING = regex.lazy(r"""(["'])[^"'\\\r\n]*\1""")


def edit_gunicorn(change: Change, text: str) -> tuple[Edit, ...]:
    """
    The value of the assignment that counts, else an assignment behind the last one of a setting.

    Raises `RefusedError` when the file is no Python or the value comes from somewhere else.
    """
    source = _source(change, text)
    lines = lines_of(text, returns=True)
    if change.location is None:
        return (_assigned(source, lines, change.then),)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and _is_at(source, node, change.location):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [one.id for one in targets if isinstance(one, ast.Name)]
            if names == [change.setting] and len(targets) == 1 and node.value is not None:
                return (_value(source, lines, node.value, change.value),)
    raise RefusedError(f"{change.setting} is not set by an assignment of its own there")


def edit_engine(change: Change, text: str) -> tuple[Edit, ...]:
    """
    The value of the keyword argument, else a further keyword argument of the call.

    Raises `RefusedError` when the argument is not written in the call itself.
    """
    source = _source(change, text)
    lines = lines_of(text, returns=True)
    calls = [found.node for found in find_calls(source.tree, ENGINES)]
    if change.location is not None:
        for keyword in (keyword for call in calls for keyword in call.keywords):
            if keyword.arg == change.setting and _is_at(source, keyword, change.location):
                return (_value(source, lines, keyword.value, change.value),)
        raise RefusedError(f"{change.setting} is not written in the call itself")
    place = change.inside
    call = next((one for one in calls if place and _is_at(source, one, place)), None)
    if call is None:
        raise RefusedError("the call that creates the engine cannot be told")
    if any(keyword.arg is None for keyword in call.keywords):
        raise RefusedError("further arguments of the call come from elsewhere (**)")
    return _argument(source, lines, call, change.then)


_parsed = lru_cache(maxsize=4)(parse)


def _source(change: Change, text: str) -> Source:
    source = _parsed(change.path, text)
    if not change.path.endswith(".py") or source.problems:
        raise RefusedError("the file is no Python that can be edited")
    return source


def _is_at(source: Source, node: ast.AST, place: Location) -> bool:
    found = source.locate(node)
    return (found.line, found.column) == (place.line, place.column)


def _value(source: Source, lines: Lines, node: ast.expr, value: str) -> Edit:
    for name in _outside(node):
        raise RefusedError(f"its value depends on {name}: change it there")
    start, end = lines.span(source.locate(node))
    old = lines.text[start:end]
    if _STRING.fullmatch(old) and old[0] == '"' and _STRING.fullmatch(value):
        value = f'"{value[1:-1]}"'
    return replace_value(lines.text, start, end, value)


def _outside(node: ast.expr) -> Iterator[str]:
    """
    Names that decide about an expression and may be meant to be set from elsewhere.
    """
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and inner.attr in _FROM_OUTSIDE:
            yield "the environment"
        elif isinstance(inner, ast.Name) and inner.id not in _MAY_GO:
            yield "the environment" if inner.id in _FROM_OUTSIDE else inner.id


def _assigned(source: Source, lines: Lines, line: str) -> Edit:
    settings = [one for one in source.tree.body if _is_setting(one)]
    if not settings:
        return lines.append(line)
    end = lines.span(source.locate(settings[-1]))[1]
    if _REST.match(lines.text, end):
        return lines.add_line(end, line)
    return lines.append(line)


def _is_setting(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and find(target.id) for target in node.targets
    )


def _argument(source: Source, lines: Lines, call: ast.Call, argument: str) -> tuple[Edit, ...]:
    """
    Behind the last argument: on a line of its own where that one is.
    """
    given = [*call.args, *call.keywords]
    if not given:
        raise RefusedError("the call has no arguments")
    start, end = max(lines.span(source.locate(one)) for one in given)
    close = lines.span(source.locate(call))[1] - 1
    end, comma = _behind(lines.text, end, close)
    apart = lines.leads(start) and lines.leads(close) and _REST.match(lines.text, comma or end)
    if not apart:
        return (Edit(end, end, f", {argument}"),)
    line = lines.add_line(comma or end, f"{lines.indent_of(start)}{argument},")
    return (line,) if comma else (replace_value(lines.text, end, end, ","), line)


def _behind(text: str, position: int, close: int) -> tuple[int, int]:
    """
    Where the last argument ends, parentheses around it included, and where its comma ends or 0.
    """
    end, comma = position, 0
    while position < close and (piece := _PIECE.match(text, position)):
        position = piece.end()
        if piece[0] == ")":
            end = position
        elif piece[0] == ",":
            comma = position
    return end, comma
