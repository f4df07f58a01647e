"""
EXPLAIN (FORMAT YAML), read line by line as the server writes it, and as programs write it again.

No YAML library is asked: those build aliases and tags, and forget where things stand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, field

from advisor import regex
from advisor.model import Location, Problem
from advisor.plans.build import MAX_DEPTH
from advisor.plans.decoration import Mark, clean, undecorate
from advisor.plans.model import Plan, PlanDocument
from advisor.plans.objects import Document, plans_of
from advisor.plans.statement import query_before

_SIGN = regex.lazy(r"Node Type['\"]?:")
_START = regex.lazy(r"(?:- +)?(['\"]?)(?:Plan\1: *|Query Text\1: .*)")
_PAIR = regex.lazy(r"(['\"]?)([A-Za-z][^:'\"]{0,80})\1:(?:\s+(.*))?", re.DOTALL)
_OPENING = regex.lazy(r"^(?:- )*(?:[^:'\"]{1,80}: +)?(['\"])")
_CLOSED = {
    '"': regex.lazy(r'"(?>(?:[^"\\]++|\\.)*)"', re.DOTALL),
    "'": regex.lazy(r"'(?>(?:[^']++|'')*)'"),
}
_CSV = regex.lazy(r'Node Type: ""\w')
_CSV_CELL = regex.lazy(r'^"(?=- |[A-Z])')
_NOTHING = ("", "~", "null", "{}")
_LITERAL_LINES = 60
"""Lines that a terminal may have broken a string into."""
_MAX_CUTS = 20
"""Problems of a plan before continuations are no longer looked for: keeps time linear."""
_MAX_BLOCKS = 3 * MAX_DEPTH


def read(path: str, text: str) -> PlanDocument:
    """
    All plans of a file in YAML; what surrounds them is ignored.

    A line within a plan that cannot be read is a problem of the plan.
    """
    if not _SIGN.search(text):
        return PlanDocument(())
    above = clean(text)
    raws = text.split("\n")
    lines = [
        "" if line.mark is Mark.EDGE else undecorate(raw)
        for line, raw in zip(above, raws, strict=True)
    ]
    if _CSV.search(text):
        lines = [_CSV_CELL.sub("", line).replace('""', '"') for line in lines]
    plans: list[Plan] = []
    index = end = 0
    while index < len(lines):
        if not _START.fullmatch(lines[index].strip()):
            index += 1
            continue
        reader = _Reader(path, lines, index)
        document = reader.read()
        query = query_before(above[end:index]) if document.lines else ""
        plans += plans_of(path, document, query, reader.problems)
        index = reader.index
        end = index if document.lines else end
    return PlanDocument(tuple(plans))


class _Block(Struct):
    """
    A mapping or a list that the lines at its column add to.
    """

    column: int
    mapping: dict[str, Any] | None = None
    items: list[Any] | None = None
    open_key: str = ""
    """The key whose value is what stands deeper."""


class _Reader(Struct):
    """
    One pass over one plan; `index` ends behind its last line.
    """

    path: str
    lines: Sequence[str]
    index: int
    blocks: list[_Block] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def read(self) -> Document:
        """
        The plan that begins here: its first line, and all that stands as deep as its first key.
        """
        first = self.lines[self.index]
        body = first.lstrip(" -")
        base = len(first) - len(body)
        top: dict[str, Any] = {}
        self.blocks = [_Block(base, top)]
        self._entry(base, body)
        while self.index < len(self.lines):
            line = self.lines[self.index]
            body = line.lstrip()
            column = len(line) - len(body)
            if not body or column < base or (column == base and not _PAIR.fullmatch(body)):
                break
            self._entry(column, body)
        return Document(top, "yaml", self.index, self.places)

    def _entry(self, column: int, body: str) -> None:
        """
        One line, with those that continue its string.
        """
        number = self.index + 1
        body = self._whole(body)
        while body.startswith("- ") and (block := self._list(column)) is not None:
            rest = body[1:].lstrip()
            column += len(body) - len(rest)
            body = rest
            if not _PAIR.fullmatch(body):
                block.append(_scalar(body))
                return
            item: dict[str, Any] = {}
            block.append(item)
            self.blocks.append(_Block(column, item))
        match = _PAIR.fullmatch(body)
        target = self._mapping(column) if match else None
        if match is None or target is None or len(self.blocks) > _MAX_BLOCKS:
            self._problem(number, column, f"not understood as part of the plan: {body[:80]}")
            return
        self.blocks[-1].open_key = match[2]
        target[match[2]] = _scalar((match[3] or "").strip())
        if match[2] == "Node Type":
            self.places[id(target)] = number

    def _list(self, column: int) -> list[Any] | None:
        """
        The list whose items stand at a column, begun if need be.
        """
        while len(self.blocks) > 1 and self.blocks[-1].column > column:
            self.blocks.pop()
        top = self.blocks[-1]
        if top.items is None and top.mapping is not None and top.open_key:
            items: list[Any] = []
            top.mapping[top.open_key] = items
            top = _Block(column, items=items)
            self.blocks.append(top)
        return top.items

    def _mapping(self, column: int) -> dict[str, Any] | None:
        """
        The mapping whose keys stand at a column, begun if need be.
        """
        while len(self.blocks) > 1 and self.blocks[-1].column >= column:
            top = self.blocks[-1]
            if top.column == column and top.mapping is not None:
                break
            self.blocks.pop()
        top = self.blocks[-1]
        if top.column < column and top.mapping is not None and top.open_key:
            inner: dict[str, Any] = {}
            top.mapping[top.open_key] = inner
            top = _Block(column, inner)
            self.blocks.append(top)
        return top.mapping if top.column == column else None

    def _whole(self, body: str) -> str:
        """
        A line with those that close the string it opens; moves behind them.
        """
        number = self.index + 1
        self.index += 1
        match = _OPENING.search(body)
        if match is None or len(self.problems) > _MAX_CUTS:
            return body
        opening, quote = match.start(1), match[1]
        if _CLOSED[quote].match(body, opening):
            return body
        text = body
        last = min(self.index + _LITERAL_LINES, len(self.lines))
        for index in range(self.index, last):
            line = self.lines[index]
            text = text + line if quote == '"' else _folded(text, line.strip())
            if quote in line and _CLOSED[quote].fullmatch(text, opening):
                self.index = index + 1
                return text
        self._problem(number, 0, f"a quote is not closed: cut off here: {body[:80]}")
        return body

    def _problem(self, line: int, column: int, message: str) -> None:
        self.problems.append(Problem(message, Location(self.path, line, column + 1)))


def _folded(text: str, line: str) -> str:
    """
    A text with one more line of a plain or single-quoted string; an empty one is a line break.
    """
    if not line:
        return f"{text}\n"
    return text + line if text.endswith("\n") else f"{text} {line}"


def _scalar(text: str) -> Any:  # noqa: ANN401 - whatever the document holds
    """
    Text stays text, numbers too: they are read where they are needed.
    """
    if text in _NOTHING:
        return None
    if text.startswith(('"', "[")):
        try:
            return json.loads(text, strict=False)
        except (ValueError, RecursionError):
            return text.strip('"')
    if text.startswith("'") and text.endswith("'"):
        return text[1:-1].replace("''", "'")
    return text
