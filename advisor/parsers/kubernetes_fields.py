"""
From YAML nodes to values: the fields of Kubernetes objects, within limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias, TypeVar

from advisor.model import Location, Origin, Problem, Unknown, Value
from advisor.parsers.yaml_nodes import ListNode, MapNode, Node, ScalarNode, is_template
from advisor.units import parse_quantity

MAX_READ = 200_000
"""Values read from one file, repeated ones through aliases included."""
MAX_PROBLEMS = 50
"""Problems of one file that are listed."""
_MAX_MERGES = 50
"""Mappings that merge mappings that merge mappings."""

T = TypeVar("T")
Entries: TypeAlias = "dict[str, tuple[ScalarNode, Node]]"


class TooLargeError(Exception):
    """
    The file expands to more than the limits allow.
    """


class Fields:
    """
    Reads the fields of one file and collects what is wrong with them.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._read = 0

    def entries(self, node: Node | None, what: str, depth: int = 0) -> Entries:
        """
        The entries of a mapping with ``<<`` applied, each with its key; empty when it is none.
        """
        if node is None or (isinstance(node, ScalarNode) and node.is_null):
            return {}
        if not isinstance(node, MapNode) or is_template(node) or depth > _MAX_MERGES:
            self._wrong(what, node, "a mapping")
            return {}
        self._count(len(node.pairs))
        own: Entries = {}
        merged: Entries = {}
        for key, value in node.pairs:
            if not isinstance(key, ScalarNode):
                self._wrong(f"a key of {what}", key, "a text")
            elif key.text == "<<" and key.plain:
                for one in value.items if isinstance(value, ListNode) else (value,):
                    merged = {**self.entries(one, what, depth + 1), **merged}
            else:
                own[key.text] = (key, value)
        return {**merged, **own}

    def fields(self, node: Node | None, what: str) -> dict[str, Node]:
        """
        The entries of a mapping without their keys.
        """
        return {name: value for name, (_, value) in self.entries(node, what).items()}

    def at(self, node: Node | None, *names: str) -> Node | None:
        """
        What lies below a mapping under names, None where one of them is missing.
        """
        for name in names:
            node = self.fields(node, name).get(name) if isinstance(node, MapNode) else None
        return node

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """
        The items of a list; empty when it is none.
        """
        if node is None or (isinstance(node, ScalarNode) and node.is_null):
            return ()
        if not isinstance(node, ListNode):
            self._wrong(what, node, "a list")
            return ()
        self._count(len(node.items))
        return node.items

    def records(self, node: Node | None, what: str) -> Iterator[tuple[Node, dict[str, Node]]]:
        """
        The mappings of a list, each with its fields.
        """
        for item in self.items(node, what):
            yield item, self.fields(item, f"an item of {what}")

    def text(self, node: Node | None, what: str) -> Value[str] | None:
        """
        A text, None when there is none.
        """
        if node is None:
            return None
        self._count(1)
        if not isinstance(node, ScalarNode):
            self._wrong(what, node, "a single value")
            return None
        return None if node.is_null else Value(node.text, Origin.LITERAL, node.location)

    def plain(self, node: Node | None, what: str) -> str:
        """
        A text, empty when there is none.
        """
        found = self.text(node, what)
        return found.value if found else ""

    def convert(
        self, node: Node | None, what: str, read: Callable[[str], T | None], wanted: str
    ) -> Value[T] | Unknown | None:
        """
        A value of another type; `read` gives None for what it cannot read.
        """
        found = self.text(node, what)
        if found is None or node is None:
            return None
        result = read(found.value.strip())
        if result is None:
            self._wrong(what, node, wanted)
            return Unknown(f"{what} is not {wanted}", node.location)
        return Value(result, Origin.LITERAL, node.location)

    def count(self, node: Node | None, what: str) -> Value[int] | Unknown | None:
        """
        A whole number that is not negative.
        """
        return self.convert(node, what, read_count, "a whole number")

    def quantity(self, node: Node | None, what: str) -> Value[float] | Unknown | None:
        """
        A number of cores or the like: ``500m``, ``1.5``.
        """
        return self.convert(node, what, parse_quantity, "a quantity")

    def size(self, node: Node | None, what: str) -> Value[int] | Unknown | None:
        """
        Bytes: ``512Mi``.
        """
        return self.convert(node, what, _bytes, "a quantity")

    def flag(self, node: Node | None, what: str) -> bool:
        """
        A boolean, false when there is none.
        """
        return self.plain(node, what).lower() == "true"

    def problem(self, message: str, place: Location, *, category: str = "syntax") -> None:
        """
        Note what cannot be read; after `MAX_PROBLEMS` nothing more.
        """
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(message, place, category=category))

    def _wrong(self, what: str, node: Node, wanted: str) -> None:
        if is_template(node):
            message = "is a template with {{ }}, not a finished manifest"
            self.problem(message, node.location, category="template")
        else:
            self.problem(f"{what} is not {wanted}", node.location)

    def _count(self, number: int) -> None:
        self._read += number
        if self._read > MAX_READ:
            raise TooLargeError(f"its aliases expand to more than {MAX_READ:,} values")


def read_count(text: str) -> int | None:
    """
    A whole number of at most nine digits that is not negative.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _bytes(text: str) -> int | None:
    number = parse_quantity(text)
    return None if number is None else round(number)
