"""
Python text as a syntax tree with the audit's own locations.
"""

from __future__ import annotations

import ast
import warnings
from bisect import bisect_left
from itertools import accumulate
from typing import ClassVar

from msgspec import Struct, field

from advisor import regex
from advisor.model import Location, Problem
from advisor.model.discreet import Discreet
from advisor.parsers.pyeval.effects import Definition, Effects, of_function

_LINE_END = regex.lazy(r"\r\n|\r|\n")
_WANTED = "configuration in Python 3 syntax"


class Shape(Struct, frozen=True):
    """
    What the syntax of a function tells of its calls.
    """

    simple: bool
    """No generator, and without a function inside that changes its names."""
    globals: frozenset[str]
    """Names that it declares global."""


_PLACED = (ast.expr, ast.stmt)
"""Nodes that say where they stand."""


class Source(Discreet, frozen=True, eq=False):
    """
    One file of Python.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"shapes", "_effects", "_offsets"})

    path: str
    lines: tuple[str, ...]
    tree: ast.Module
    problems: tuple[Problem, ...] = ()
    ascii: bool = False
    """Whether bytes and characters are the same all through the file."""
    shapes: dict[int, Shape] = field(default_factory=dict)
    """Of the functions called so far, by the identity of their node in `tree`."""
    _effects: dict[int, Effects] = field(default_factory=dict)
    """Of functions, by the identity of their node in `tree`."""
    _offsets: dict[int, list[int]] = field(default_factory=dict)
    """Byte offset of every letter, for lines that are not plain ASCII."""

    def locate(self, node: ast.AST) -> Location:
        """
        The span of a node, in characters.
        """
        if self.ascii and isinstance(node, _PLACED):
            line, column = node.lineno, node.col_offset + 1
            return Location(
                self.path, line, column, node.end_lineno or 0, (node.end_col_offset or -1) + 1
            )
        line, end_line = getattr(node, "lineno", 1), getattr(node, "end_lineno", None)
        column, end_column = getattr(node, "col_offset", 0), getattr(node, "end_col_offset", None)
        if end_line is None or end_column is None:
            return Location(self.path, line, self._column(line, column))
        return Location(
            self.path,
            line,
            self._column(line, column),
            end_line,
            self._column(end_line, end_column),
        )

    def effects_of(self, function: Definition) -> Effects:
        """
        What a call of a function of the file may do to what stands around it.
        """
        if id(function) not in self._effects:
            self._effects[id(function)] = of_function(function)
        return self._effects[id(function)]

    def _column(self, line: int, offset: int) -> int:
        # The syntax tree counts bytes of UTF-8.
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        if text.isascii():
            return offset + 1
        if line not in self._offsets:
            sizes = (len(letter.encode("utf-8", "surrogatepass")) for letter in text)
            self._offsets[line] = list(accumulate(sizes, initial=0))
        return bisect_left(self._offsets[line], offset) + 1


def parse(path: str, text: str) -> Source:
    """
    Syntax tree of a file; an empty one and a problem when it is no Python.
    """
    text = text.removeprefix("\ufeff")
    lines = tuple(_LINE_END.split(text))
    try:
        with warnings.catch_warnings():
            # Invalid escapes are the audited file's business.
            warnings.simplefilter("ignore")
            return Source(path, lines, ast.parse(text), ascii=text.isascii())
    except SyntaxError as error:
        return _failed(path, lines, _place(path, lines, error), error.msg)
    except (ValueError, RecursionError, MemoryError) as error:
        # Null bytes, lone surrogates, nesting beyond what the parser stands.
        reason = str(error) or "it is nested too deeply"
        return _failed(path, lines, Location(path, 1), reason)


def _place(path: str, lines: tuple[str, ...], error: SyntaxError) -> Location:
    line = min(max(error.lineno or 1, 1), len(lines))
    column = min(max(error.offset or 1, 1), len(lines[line - 1]) + 1)
    return Location(path, line, column)


def _failed(path: str, lines: tuple[str, ...], place: Location, reason: str) -> Source:
    problem = Problem(f"cannot be read as Python: {reason}", place, f"Write {_WANTED}.")
    return Source(path, lines, ast.Module([], []), (problem,))
