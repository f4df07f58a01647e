"""
Dockerfiles as instructions: continuation lines joined, comments and heredocs taken out.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor import regex
from advisor.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DIRECTIVE = regex.lazy(r"#[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*(\S+)[ \t]*")
_INSTRUCTION = regex.lazy(r"[ \t]*(\S+)[ \t]*")
_HEREDOC = regex.lazy(r"(?:^|(?<=[\s;&|]))\d*<<(-?)(['\"]?)([A-Za-z_]\w*)\2(?=[\s;&|)]|$)")
_WITH_HEREDOC = frozenset({"RUN", "COPY", "ADD"})


class Instruction(Struct, frozen=True):
    """
    One instruction with its arguments.
    """

    name: str
    """In upper case."""
    text: str
    """Everything behind the name, continuation lines joined."""
    location: Location
    """The name."""
    pieces: tuple[tuple[int, int, int], ...]
    """Offset in `text`, line, and column of the offset, for every line that `text` is made of."""
    heredocs: tuple[str, ...] = ()
    """Names of the heredocs whose bodies followed."""

    def place(self, start: int, end: int) -> Location:
        """
        Where a span of `text` stands.
        """
        first = self._piece(start)
        last = self._piece(max(start, end - 1))
        return Location(
            self.location.path,
            first[1],
            first[2] + start - first[0],
            last[1],
            last[2] + end - last[0],
        )

    def _piece(self, offset: int) -> tuple[int, int, int]:
        index = bisect_right(self.pieces, offset, key=lambda piece: piece[0])
        return self.pieces[max(0, index - 1)]


class Listing(Struct, frozen=True):
    """
    The lines of a Dockerfile and the character that escapes in it.
    """

    path: str
    lines: tuple[str, ...]
    escape: str
    last: Mapping[str, int]
    """Number of the last line with that text, so that every heredoc that is taken has an end."""
    last_tabbed: Mapping[str, int]
    """The same, tabs in front of the lines not counted."""

    def instructions(self) -> Iterator[Instruction]:
        """
        The instructions in order.
        """
        number = 0
        while number < len(self.lines):
            if self._is_skipped(self.lines[number]):
                number += 1
                continue
            instruction, number = self._instruction(number)
            yield instruction

    def _is_skipped(self, line: str) -> bool:
        stripped = line.strip()
        return not stripped or stripped.startswith("#")

    def _instruction(self, first: int) -> tuple[Instruction, int]:
        parts, following = self._join(first)
        head = _INSTRUCTION.match(parts[0][1])
        name, start, end = (head[1], head.start(1), head.end()) if head else ("", 0, 0)
        texts: list[str] = []
        pieces: list[tuple[int, int, int]] = []
        offset = 0
        for index, (number, line) in enumerate(parts):
            skipped = end if index == 0 else 0
            pieces.append((offset, number + 1, skipped + 1))
            texts.append(line[skipped:])
            offset += len(line) - skipped
        text = "".join(texts)
        names, after = self._heredocs(name.upper(), text, following)
        location = Location(self.path, first + 1, start + 1, first + 1, start + 1 + len(name))
        return Instruction(name.upper(), text.rstrip(), location, tuple(pieces), names), after

    def _join(self, first: int) -> tuple[list[tuple[int, str]], int]:
        parts: list[tuple[int, str]] = []
        number = first
        while number < len(self.lines):
            line = self.lines[number]
            number += 1
            if parts and self._is_skipped(line):
                continue
            body = line.rstrip(" \t")
            if not body.endswith(self.escape):
                parts.append((number - 1, line))
                break
            parts.append((number - 1, body[:-1]))
        return parts, number

    def _heredocs(self, name: str, text: str, number: int) -> tuple[tuple[str, ...], int]:
        names: list[str] = []
        for match in _HEREDOC.finditer(text) if name in _WITH_HEREDOC else ():
            # Without an end it was no heredoc, but for example a text in quotes.
            if self._ends(tabs=bool(match[1])).get(match[3], -1) >= number:
                number = self._behind(match[3], number, tabs=bool(match[1]))
                names.append(match[3])
        return tuple(names), number

    def _behind(self, name: str, number: int, *, tabs: bool) -> int:
        while True:
            line = self.lines[number]
            number += 1
            if (line.lstrip("\t") if tabs else line) == name:
                return number

    def _ends(self, *, tabs: bool) -> Mapping[str, int]:
        return self.last_tabbed if tabs else self.last


def read_lines(path: str, text: str) -> Listing:
    """
    Split a Dockerfile into lines and look for the ``# escape=`` directive at its top.
    """
    lines = tuple(line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n"))
    escape = "\\"
    for line in lines:
        directive = _DIRECTIVE.fullmatch(line)
        if directive is None:
            break
        if directive[1].lower() == "escape" and directive[2] == "`":
            escape = "`"
    last = {line: number for number, line in enumerate(lines)}
    last_tabbed = {line.lstrip("\t"): number for number, line in enumerate(lines)}
    return Listing(path, lines, escape, last, last_tabbed)
