"""
EXPLAIN (FORMAT JSON): arrays as the server prints them, objects as auto_explain logs them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from advisor import regex
from advisor.model import Location, Problem
from advisor.plans.decoration import clean, undecorate
from advisor.plans.model import Plan, PlanDocument
from advisor.plans.objects import Document, plans_of
from advisor.plans.statement import query_before

_NODE_TYPE = regex.lazy(r'(?<!\\)"Node Type"\s*:')
_OPENING = regex.lazy(r'\s*(?:\[\s*)?\{\s*"')
_FREE_BUDGET = 1_000_000
"""Characters spent on documents that fail before the rest is left alone: keeps time linear."""
_RECURSION_COST = 10_000


def read(path: str, text: str) -> PlanDocument:
    """
    All plans in the JSON documents of a file; what surrounds the documents is ignored.

    A document that is cut off or broken is a problem, with the line where reading stopped.
    """
    if "Node Type" not in text:
        return PlanDocument(())
    lines = [undecorate(raw) for raw in text.split("\n")]
    if '""Node Type""' in text:
        lines = _from_csv(lines)
    above = clean(text)
    plans: list[Plan] = []
    problems: list[Problem] = []
    end = 0
    for document in _documents(path, lines, problems):
        query = query_before(above[end : document.line - 1])
        whole = Document(document.value, "json", document.end_line, _by_object(document))
        plans += plans_of(path, whole, query)
        end = document.end_line
    return PlanDocument(tuple(plans), tuple(problems))


class _Document(NamedTuple):
    value: Any
    line: int
    end_line: int
    node_lines: Sequence[int]
    """Lines of its ``Node Type`` keys, in order."""


def _from_csv(lines: Sequence[str]) -> list[str]:
    """
    A CSV cell holds the document in quotes and doubles its own.
    """
    single = [line.replace('""', '"') for line in lines]
    opened = [line[1:] if line.startswith(('"[', '"{')) else line for line in single]
    return [line[:-1] if line.endswith((']"', '}"')) else line for line in opened]


def _documents(path: str, lines: Sequence[str], problems: list[Problem]) -> Iterator[_Document]:
    text = "\n".join(lines)
    begin = index = 0
    budget = _FREE_BUDGET + 2 * len(text)
    decoder = json.JSONDecoder()
    while index < len(lines) and budget > 0:
        end = index
        if lines[index].lstrip().startswith(("[", "{")):
            # Blanks before a document are no part of it for `raw_decode`.
            start = begin + len(lines[index]) - len(lines[index].lstrip())
            try:
                value, stop = decoder.raw_decode(text, start)
                end += text.count("\n", start, stop)
                numbers = _node_lines(lines[index : end + 1], index + 1)
                yield _Document(value, index + 1, end + 1, numbers)
            except (ValueError, RecursionError) as error:
                budget -= getattr(error, "pos", start + _RECURSION_COST) - start
                if problem := _broken(path, lines, index, error):
                    problems.append(problem)
                    end = problem.location.line - 1
        begin += sum(len(line) + 1 for line in lines[index : end + 1])
        index = end + 1


def _broken(path: str, lines: Sequence[str], index: int, error: Exception) -> Problem | None:
    """
    The problem of a document that does not parse; None when it is no plan anyway.
    """
    head = "\n".join(lines[index : index + 6])
    if not _OPENING.match(head) or ('"Plan"' not in head and '"Query Text"' not in head):
        return None
    hint = "Paste the whole output of EXPLAIN (FORMAT JSON)."
    if isinstance(error, json.JSONDecodeError):
        place = Location(path, min(error.lineno, len(lines)))
        return Problem(f"the JSON plan is broken or cut off: {error.msg}", place, hint)
    return Problem("the JSON plan cannot be read: too deep or too large", Location(path, index + 1))


def _node_lines(lines: Sequence[str], first: int) -> list[int]:
    return [number for number, line in enumerate(lines, first) for _ in _NODE_TYPE.finditer(line)]


def _by_object(document: _Document) -> dict[int, int]:
    """
    The line of every object that has a node type, in the order in which the keys were written.
    """
    numbers = iter(document.node_lines)
    found: dict[int, int] = {}
    waiting = [document.value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, _Key):
            found[item.owner] = next(numbers, document.line)
        elif isinstance(item, list):
            waiting += reversed(item)
        elif isinstance(item, dict):
            pairs = reversed(item.items())
            waiting += [_Key(id(item)) if key == "Node Type" else value for key, value in pairs]
    return found


class _Key(NamedTuple):
    owner: int
    """Which object the ``Node Type`` key stands in."""
