"""
EXPLAIN (FORMAT XML), read by expat; a document type, and thereby any entity, is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from xml.parsers import expat

from msgspec import Struct, field

from advisor import regex
from advisor.model import Location, Problem
from advisor.plans.build import MAX_DEPTH, PROPERTIES
from advisor.plans.decoration import Mark, clean, undecorate
from advisor.plans.model import Plan, PlanDocument
from advisor.plans.objects import Document, plans_of
from advisor.plans.statement import query_before

_OPENING = regex.lazy(r"<explain\b")
_CLOSING = "</explain>"
_CSV = regex.lazy(r'<explain xmlns=""')
_CSV_CELL = regex.lazy(r'^"(?=<)|(?<=>)"$')
_NOT_IN_NAMES = regex.lazy(r"[^A-Za-z0-9_.]")
_NAMES = {_NOT_IN_NAMES.sub("-", name): name for name in PROPERTIES if "-" in name or "/" in name}
"""Elements whose name is not the property's with ``-`` for blanks."""
_LISTS = frozenset(
    {"Plans", "Workers", "Triggers", "Target Tables", "Grouping Sets", "Group Keys", "Hash Keys"}
)
"""Lists of objects; lists of texts have elements called ``Item``."""
_MAX_ELEMENTS = 3 * MAX_DEPTH
_HINT = "Paste the whole output of EXPLAIN (FORMAT XML)."


def read(path: str, text: str) -> PlanDocument:
    """
    All plans in the XML documents of a file; what surrounds the documents is ignored.

    A document that is cut off or broken is a problem, with the line where reading stopped.
    """
    if "<explain" not in text:
        return PlanDocument(())
    above = clean(text)
    lines = [
        "" if line.mark is Mark.EDGE else undecorate(raw)
        for line, raw in zip(above, text.split("\n"), strict=True)
    ]
    if _CSV.search(text):
        lines = [_CSV_CELL.sub("", line.strip()).replace('""', '"') for line in lines]
    plans: list[Plan] = []
    problems: list[Problem] = []
    end = 0
    for first, last in _documents(lines):
        query = query_before(above[end:first])
        end = last + 1
        try:
            document = _parse(lines[first:end], first)
        except (expat.ExpatError, _RefusedError) as error:
            problems.append(_broken(path, first, error))
            continue
        plans += plans_of(path, document, query)
    return PlanDocument(tuple(plans), tuple(problems))


class _RefusedError(Exception):
    """
    The document holds what no plan has.
    """

    def __init__(self, message: str, lineno: int) -> None:
        super().__init__(message)
        self.lineno = lineno


def _documents(lines: Sequence[str]) -> list[tuple[int, int]]:
    """
    First and last index of every document; one that is not closed ends before the next.
    """
    found: list[tuple[int, int]] = []
    start = -1
    for index, line in enumerate(lines):
        if _OPENING.search(line):
            if start >= 0:
                found.append((start, index - 1))
            start = index
        if start >= 0 and _CLOSING in line:
            found.append((start, index))
            start = -1
    return [*found, (start, len(lines) - 1)] if start >= 0 else found


def _broken(path: str, first: int, error: expat.ExpatError | _RefusedError) -> Problem:
    what = expat.ErrorString(error.code) if isinstance(error, expat.ExpatError) else str(error)
    place = Location(path, first + error.lineno)
    return Problem(f"the XML plan is broken or cut off: {what}", place, _HINT)


class _Element(Struct):
    name: str
    texts: list[str] = field(default_factory=list)
    children: list[tuple[str, Any]] = field(default_factory=list)
    line: int = 0
    """Of the node's type, for nodes."""

    def value(self) -> Any:  # noqa: ANN401 - whatever the document holds
        """
        What JSON has for the element: a list, an object, or a text.
        """
        if self.name in _LISTS or (self.children and self.children[0][0] == "Item"):
            return [value for _, value in self.children]
        return dict(self.children) if self.children else "".join(self.texts)


def _parse(lines: Sequence[str], first: int) -> Document:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    builder = _Builder(parser, first)
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    text = "\n".join(_dedented(lines))
    text = text[: text.index(_CLOSING) + len(_CLOSING)] if _CLOSING in text else text
    parser.Parse(text, True)
    return Document(builder.queries, "xml", first + len(lines), builder.places)


def _dedented(lines: Sequence[str]) -> Iterator[str]:
    """
    The lines of a document without what stands left of it: psql puts a blank before each.
    """
    margin = lines[0].index("<explain")
    yield lines[0][margin:]
    for line in lines[1:]:
        yield line[min(margin, len(line) - len(line.lstrip())) :]


class _Builder(Struct):
    """
    Objects from elements, without recursion.
    """

    parser: expat.XMLParserType
    first: int
    queries: list[Any] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    open: list[_Element] = field(default_factory=list)

    def start(self, tag: str, _attributes: dict[str, str]) -> None:
        if len(self.open) >= _MAX_ELEMENTS:
            raise _RefusedError("nested too deeply", self.parser.CurrentLineNumber)
        name = _NAMES.get(tag) or tag.replace("-", " ")
        if name == "Node Type" and self.open:
            self.open[-1].line = self.first + self.parser.CurrentLineNumber
        self.open.append(_Element(name))

    def text(self, data: str) -> None:
        self.open[-1].texts.append(data)

    def end(self, _tag: str) -> None:
        element = self.open.pop()
        value = element.value()
        if element.line:
            self.places[id(value)] = element.line
        if self.open:
            self.open[-1].children.append((element.name, value))
        else:
            # auto_explain writes one statement without an element of its own.
            queries = [value for name, value in element.children if name == "Query"]
            self.queries = queries or [dict(element.children)]

    def refuse(self, *_given: object) -> None:
        raise _RefusedError("it declares entities", self.parser.CurrentLineNumber)
