"""
Plans of a document that names its properties: JSON, YAML and XML hold the same objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from advisor.model import Location, Problem
from advisor.plans import build
from advisor.plans.build import MAX_DEPTH, RawNode, RawPlan
from advisor.plans.model import Plan
from advisor.plans.statement import without_explain


class Document(Struct, frozen=True):
    """
    One document as objects and lists, under the names that JSON has.
    """

    value: Any
    form: str
    end_line: int
    lines: Mapping[int, int]
    """The line of every node, by the `id` of its object."""


def plans_of(
    path: str, document: Document, query: str, problems: Iterable[Problem] = ()
) -> Iterator[Plan]:
    """
    The statements of one document; an array has several when a rule rewrote the query.

    `query` is the statement above the document, for those that do not hold it themselves,
    and `problems` are those of reading the document.
    """
    for item in document.value if isinstance(document.value, list) else [document.value]:
        top = item.get("Plan") if isinstance(item, dict) else None
        if not isinstance(top, dict) or not isinstance(top.get("Node Type"), str):
            continue
        found = [*problems]
        root = _root(path, top, document.lines, found)
        location = Location(path, root.line, 1, document.end_line)
        given = {key: value for key, value in item.items() if key != "Plan"}
        logged = given.get("Query Text")
        own = without_explain(logged) if isinstance(logged, str) else query
        yield build.plan(RawPlan(root, document.form, location, given, own, found))


def _root(
    path: str, top: dict[str, Any], numbers: Mapping[int, int], problems: list[Problem]
) -> RawNode:
    root = RawNode(numbers.get(id(top), 1), top)
    waiting = [(root, 1)]
    while waiting:
        raw, depth = waiting.pop()
        below = raw.properties.get("Plans")
        children = (
            [item for item in below if isinstance(item, dict)] if isinstance(below, list) else []
        )
        if children and depth >= MAX_DEPTH:
            message = "nested too deeply, so the tree is cut here"
            problems.append(Problem(message, Location(path, raw.line)))
            continue
        raw.children = [RawNode(numbers.get(id(item), raw.line), item) for item in children]
        waiting += [(child, depth + 1) for child in raw.children]
    return root
