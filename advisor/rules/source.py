"""
A rule file as plain data, with the place of each part. Hostile YAML costs no more than good YAML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from msgspec import Struct

from advisor import regex
from advisor.errors import ExpressionError, RuleError

MAX_BYTES = 256 * 1024
"""Of one rule file. The largest of the advisor's own has a thirtieth of it."""
MAX_DEPTH = 20
MAX_PARTS = 5000
"""Keys, values and lists of one file."""

Where: TypeAlias = tuple[str | int, ...]
"""Path of keys and list positions, from the top of the file."""

_PLAIN = frozenset(f"tag:yaml.org,2002:{tag}" for tag in ("str", "int", "float", "bool", "null"))
_WORD = regex.lazy(r"[\w-]+")
_STRING = "tag:yaml.org,2002:str"
_INDENTED = "did not find expected key"


class Place(Struct, frozen=True):
    """
    Where a part of the file begins. Line and column are 1-based.
    """

    line: int
    column: int
    index: int
    """Characters before it."""


class RuleSource(Struct, frozen=True):
    """
    What a file says, and where.
    """

    text: str
    shown: str
    """Path as messages name it."""
    data: object
    keys: Mapping[Where, Place]
    """Where the key of an entry stands; the entry itself where it has no key."""
    values: Mapping[Where, Place]

    def error(
        self, message: str, where: Where, *, of_key: bool = False, hint: str | None = None
    ) -> RuleError:
        """
        The error to raise about a part, or about what is missing in it.
        """
        places = self.keys if of_key else self.values
        ends = (where[:end] for end in range(len(where), -1, -1))
        place = next((places[end] for end in ends if end in places), Place(1, 1, 0))
        return RuleError(message, path=self.shown, line=place.line, column=place.column, hint=hint)

    def expression_error(self, where: Where, error: ExpressionError) -> RuleError:
        """
        The error to raise about an expression or template, with its line and a caret.
        """
        place = self._inside(self.values[where], error.expression, (error.column or 1) - 1)
        message = f"{dotted(where)}: {error}"
        return RuleError(message, path=self.shown, line=place.line, column=place.column)

    def _inside(self, start: Place, value: str, offset: int) -> Place:
        """
        The place of a character of a text value: YAML may have folded lines and taken off quotes.

        The value's own place when the text is not written as it reads.
        """
        at = start.index
        if self.text[at : at + 1] in ("|", ">"):
            at = self.text.find("\n", at)
        elif self.text[at : at + 1] in ("'", '"'):
            at += 1
        for character in value[: offset + 1]:
            if character.isspace():
                continue
            while self.text[at : at + 1].isspace():
                at += 1
            if self.text[at : at + 1] != character:
                return start
            at += 1
        at -= 1 if value[offset : offset + 1].strip() else 0
        before = self.text.rfind("\n", 0, at) + 1
        return Place(self.text.count("\n", 0, at) + 1, at - before + 1, at)


def read_source(path: Path, shown: str) -> RuleSource:
    """
    Read a rule file. `shown` is its path as messages name it.

    Raises `RuleError` when it cannot be read, is too large, or is no plain YAML.
    """
    try:
        if not path.is_file():
            raise RuleError("is no file", path=shown)
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RuleError(f"cannot be read: {error.strerror}", path=shown) from error
    _check_size(len(raw), shown)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise RuleError("is not UTF-8 text", path=shown, line=line) from error
    return parse_source(text, shown)


def parse_source(text: str, shown: str) -> RuleSource:
    """
    As `read_source`, from text.
    """
    import yaml  # noqa: PLC0415 - start-up cost

    _check_size(len(text), shown)
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _check_events(yaml.parse(text, Loader=loader), shown)
        reader = loader(text)
        try:
            node = reader.get_single_node()
            if node is None:
                raise RuleError("is empty", path=shown)
            keys, values = _places(node, shown)
            return RuleSource(text, shown, reader.construct_document(node), keys, values)
        finally:
            reader.dispose()
    except yaml.YAMLError as error:
        raise _yaml_error(error, shown) from error
    except (ValueError, OverflowError) as error:
        # A number too long for Python, or half a character.
        raise RuleError(f"holds a value that is none: {error}", path=shown) from error


def dotted(where: Where) -> str:
    """
    A part's name in messages: ``examples.bad[0].at``.
    """
    parts = (
        f".{part}" if isinstance(part, str) and _WORD.fullmatch(part) else f"[{part!r}]"
        for part in where
    )
    return "".join(parts).removeprefix(".") or "the file"


def _check_size(size: int, shown: str) -> None:
    if size > MAX_BYTES:
        raise RuleError(f"is larger than {MAX_BYTES // 1024} kB", path=shown)


def _check_events(events: Iterator[Any], shown: str) -> None:
    """
    Refuse what grows without bound when it is read, before it is read.
    """
    import yaml  # noqa: PLC0415 - start-up cost

    depth = 0
    for number, event in enumerate(events):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if getattr(event, "tag", None) is not None:
            raise _at("tags (!name) are not allowed", event, shown)
        if isinstance(event, yaml.AliasEvent):
            raise _at("aliases (*name) are not allowed", event, shown, hint="repeat the text")
        if depth > MAX_DEPTH:
            raise _at(f"is nested deeper than {MAX_DEPTH} levels", event, shown)
        if number > MAX_PARTS:
            raise _at(f"has more than {MAX_PARTS} parts", event, shown)


def _places(root: Any, shown: str) -> tuple[dict[Where, Place], dict[Where, Place]]:  # noqa: ANN401 - yaml nodes are untyped
    keys: dict[Where, Place] = {}
    values: dict[Where, Place] = {}

    def visit(node: Any, where: Where, key: Any) -> None:  # noqa: ANN401 - yaml nodes are untyped
        values[where], keys[where] = _place(node), _place(key)
        if node.id == "mapping":
            for name, value in node.value:
                visit(value, (*where, _key(name, where, keys, shown)), name)
        elif node.id == "sequence":
            for index, value in enumerate(node.value):
                visit(value, (*where, index), value)
        elif node.tag not in _PLAIN:
            raise _at("this value is no plain text or number", node, shown, hint="quote it")

    visit(root, (), root)
    return keys, values


def _key(node: Any, where: Where, keys: Mapping[Where, Place], shown: str) -> str:  # noqa: ANN401 - yaml nodes are untyped
    if node.id != "scalar" or node.tag != _STRING:
        raise _at("this key is no text", node, shown, hint="quote it")
    name = str(node.value)
    if first := keys.get((*where, name)):
        raise _at(f"{name!r} stands here and in line {first.line}", node, shown)
    return name


def _place(node: Any) -> Place:  # noqa: ANN401 - yaml nodes are untyped
    mark = node.start_mark
    return Place(mark.line + 1, mark.column + 1, mark.index)


def _at(message: str, part: Any, shown: str, *, hint: str | None = None) -> RuleError:  # noqa: ANN401 - yaml nodes and events are untyped
    place = _place(part)
    return RuleError(message, path=shown, line=place.line, column=place.column, hint=hint)


def _yaml_error(error: Exception, shown: str) -> RuleError:
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    mark = getattr(error, "problem_mark", None)
    hint = "a text that begins with blanks needs a number: |2" if problem == _INDENTED else None
    return RuleError(
        f"is not valid YAML: {problem}",
        path=shown,
        line=mark.line + 1 if mark else None,
        column=mark.column + 1 if mark else None,
        hint=hint,
    )
