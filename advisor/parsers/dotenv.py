"""
Files with environment variables, by Docker Compose's rules.
"""

from __future__ import annotations

import re
from collections import ChainMap
from typing import TYPE_CHECKING

from msgspec import Struct, field

from advisor import regex
from advisor.model import Location, Problem, Secret, Unknown, Value
from advisor.parsers.interpolation import Interpolated, interpolate
from advisor.parsers.redaction import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_TOTAL = 4 * 1024 * 1024
"""Characters that all values together may grow to through variables."""
MAX_PROBLEMS = 50
"""Problems after which a file is not read any further."""

_NAME = regex.lazy(r"[ \t\ufeff]*(?:export[ \t]+)?([\w.\[\]-]+)[ \t]*", re.ASCII)
_SINGLE = regex.lazy(r"'((?>(?:[^'\\]++|\\.)*))'", re.DOTALL)
_DOUBLE = regex.lazy(r'"((?>(?:[^"\\]++|\\.)*))"', re.DOTALL)
_UNQUOTED = regex.lazy(r"[^\r\n]*")
_COMMENT = regex.lazy(r"(?:^|[ \t])#")
_REST = regex.lazy(r"[ \t]*(?:#[^\n]*)?\r?(?:\n|$)")
_ESCAPE = regex.lazy(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "$": "$$"}

Variable = Value[str | Secret] | Unknown


class DotenvDocument(Struct, frozen=True):
    """
    The variables of one file.
    """

    path: str
    variables: Mapping[str, Variable] = field(default_factory=dict)
    """Unknown where a name stands alone: its value comes from the shell that starts Compose."""
    problems: tuple[Problem, ...] = ()

    def texts(self) -> dict[str, str]:
        """
        The known values as plain text, secrets included: for interpolation, never for showing.
        """
        known = ((name, item.value) for name, item in self._known())
        return {name: value.text if isinstance(value, Secret) else value for name, value in known}

    def _known(self) -> Iterator[tuple[str, Value[str | Secret]]]:
        return ((name, item) for name, item in self.variables.items() if isinstance(item, Value))


def parse_dotenv(path: str, text: str, *, env: Mapping[str, str] | None = None) -> DotenvDocument:
    """
    Read ``NAME=value`` lines. Later lines win; `env` has variables from before, and they win over
    the file's own when values refer to them.

    Unquoted and double-quoted values are interpolated, single-quoted ones are literal; quoted ones
    may go over several lines. Source: Docker documentation, "Set, use, and manage variables in a
    Compose file: .env file syntax".
    """
    reader = _Reader(path, text, env or {})
    reader.run()
    return DotenvDocument(path, reader.variables, tuple(reader.problems))


class _Reader:
    """
    Goes through a file once.
    """

    def __init__(self, path: str, text: str, env: Mapping[str, str]) -> None:
        self.path = path
        self.text = text
        self.own: dict[str, str] = {}
        self.env = ChainMap(dict(env), self.own)
        self.variables: dict[str, Variable] = {}
        self.problems: list[Problem] = []
        self.at = 0
        self.line = 1
        self.line_start = 0
        self.total = 0

    def run(self) -> None:
        """
        Read to the end of the file, or to where its values grow out of hand.
        """
        while self.at < len(self.text):
            if self.total > MAX_TOTAL:
                self._problem(f"stopped: the values grow beyond {MAX_TOTAL} characters")
                return
            if len(self.problems) >= MAX_PROBLEMS:
                self._problem("stopped: this is no file of NAME=value lines")
                return
            self._entry()

    def _entry(self) -> None:
        if self._is_blank():
            self._next_line()
            return
        name = _NAME.match(self.text, self.at)
        separator = self.text[name.end() : name.end() + 1] if name else ""
        if name is None or separator not in ("=", ":", "\r", "\n", "#", ""):
            self._problem("is not of the form NAME=value")
            self._next_line()
        elif separator in ("=", ":"):
            self._value(name[1], name.end() + 1)
        else:
            self._inherited(name[1])

    def _is_blank(self) -> bool:
        return _REST.match(self.text, self.at) is not None

    def _inherited(self, name: str) -> None:
        known = self.env.get(name)
        if known is None:
            reason = f"{name} is taken from the shell that starts Compose"
            self.variables[name] = Unknown(reason, self._location(self.at, self.at + len(name)))
        else:
            self._store(name, Interpolated(known, used=(name,)), (self.at, self.at + len(name)))
        self._next_line()

    def _value(self, name: str, start: int) -> None:
        while self.text[start : start + 1] in (" ", "\t"):
            start += 1
        quote = self.text[start : start + 1]
        if quote == "'":
            self._quoted(name, _SINGLE.match(self.text, start), start)
        elif quote == '"':
            self._quoted(name, _DOUBLE.match(self.text, start), start)
        else:
            self._unquoted(name, start)

    def _quoted(self, name: str, match: re.Match[str] | None, start: int) -> None:
        if match is None:
            self._problem(f"the quote that opens the value of {name} is not closed")
            self._next_line()
            return
        if match[0][0] == "'":
            result = Interpolated(match[1].replace("\\'", "'"))
        else:
            result = interpolate(_ESCAPE.sub(_unescape, match[1]), self.env)
        self._store(name, result, (start, match.end()))
        self._move_to(match.end())
        if not self._is_blank():
            self._problem(f"there is text behind the closing quote of {name}")
        self._next_line()

    def _unquoted(self, name: str, start: int) -> None:
        match = _UNQUOTED.match(self.text, start)
        line = match[0] if match else ""
        comment = _COMMENT.search(line)
        text = (line[: comment.start()] if comment else line).rstrip()
        self._store(name, interpolate(text, self.env), (start, start + len(text)))
        self._next_line()

    def _store(self, name: str, result: Interpolated, span: tuple[int, int]) -> None:
        location = self._location(*span)
        if result.problem:
            self.problems.append(Problem(f"{name}: {result.problem}", location))
        self.own[name] = result.text
        self.total += len(result.text)
        self.variables[name] = Value(
            wrap(name, result.text), result.origin, location, note=result.note
        )

    def _location(self, start: int, end: int) -> Location:
        column = start - self.line_start + 1
        lines = self.text.count("\n", start, end)
        last = self.text.rfind("\n", start, end) + 1 if lines else self.line_start
        return Location(self.path, self.line, column, self.line + lines, end - last + 1)

    def _problem(self, message: str) -> None:
        self.problems.append(Problem(message, Location(self.path, self.line)))

    def _next_line(self) -> None:
        end = self.text.find("\n", self.at)
        self._move_to(len(self.text) if end < 0 else end + 1)

    def _move_to(self, position: int) -> None:
        lines = self.text.count("\n", self.at, position)
        if lines:
            self.line += lines
            self.line_start = self.text.rfind("\n", self.at, position) + 1
        self.at = position


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPES.get(match[1], match[1])
