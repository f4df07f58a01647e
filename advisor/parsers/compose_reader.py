"""
From YAML nodes to values with an origin: merges, interpolation, limits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from advisor import regex
from advisor.model import Location, Origin, Problem, Secret, Unknown, Value
from advisor.parsers.interpolation import Interpolated, Style, interpolate
from advisor.parsers.redaction import redact, redact_words, wrap
from advisor.parsers.words import UnclosedQuoteError, split_words
from advisor.parsers.yaml_nodes import ListNode, MapNode, Node, ScalarNode, is_template

MAX_READ = 200_000
"""Values read from one document, repeated ones through aliases included."""
MAX_MERGE_DEPTH = 100
"""Mappings that merge mappings that merge mappings."""
MAX_EXPANDED = 4 * 1024 * 1024
"""Characters that all values together may grow to through variables."""
MAX_PROBLEMS = 50
"""Problems of one document that are listed."""

T = TypeVar("T")
Fields = Mapping[str, Node]

_SHOWN = Style(hide_secrets=True)
_WORDS = Style(hide_secrets=True, keep_unset=True)
_LINE_BREAK = regex.lazy(r"\r\n|[\n\r\x85\u2028\u2029]")
_BOOLS = {"true": True, "false": False, "yes": True, "no": False, "on": True, "off": False}


class TooLargeError(Exception):
    """
    The document expands to more than the limits allow.
    """


class Reader:
    """
    Reads the fields of one document and collects what is wrong with them.
    """

    def __init__(self, path: str, text: str, env: Mapping[str, str]) -> None:
        self.path = path
        self.env = env
        self.problems: list[Problem] = []
        self._lines: dict[str, list[str]] = {}
        self.add(path, text)
        self._merged: dict[int, tuple[MapNode, dict[str, tuple[ScalarNode, Node]]]] = {}
        """By identity; with the node itself, so that no other one can get its identity."""
        self._depth = 0
        self._read = 0
        self._expanded = 0
        self._noted_template = False

    def add(self, path: str, text: str) -> None:
        """
        Take in another file whose values are merged into the document.
        """
        self._lines[path] = _LINE_BREAK.split(text.removeprefix("\ufeff"))

    def problem(
        self, message: str, location: Location, *, hint: str = "", category: str = "syntax"
    ) -> None:
        """
        Note what cannot be read; after `MAX_PROBLEMS` only that there is more.
        """
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(message, location, hint, category))
        elif len(self.problems) == MAX_PROBLEMS:
            self.problems.append(Problem("has more problems, not listed here", location))

    def wrong_type(self, what: str, node: Node, wanted: str) -> None:
        """
        Note that a field is not of the form it should have.
        """
        if not is_template(node):
            self.problem(f"{what} is not {wanted}", node.location)
        elif not self._noted_template:
            self._noted_template = True
            self.problem(
                "is a template with {{ }}, not a finished compose file",
                node.location,
                hint="audit the rendered file",
                category="template",
            )

    def fields(self, node: Node | None, what: str) -> dict[str, Node]:
        """
        The entries of a mapping with merges applied; empty when it is none.
        """
        return {name: value for name, (_, value) in self.entries(node, what).items()}

    def entries(self, node: Node | None, what: str) -> dict[str, tuple[ScalarNode, Node]]:
        """
        The entries of a mapping with merges applied, each with its key.

        Own keys win over merged ones, and earlier merges over later ones.
        """
        if node is None or (isinstance(node, ScalarNode) and node.is_null):
            return {}
        if not isinstance(node, MapNode) or is_template(node):
            self.wrong_type(what, node, "a mapping")
            return {}
        _, known = self._merged.get(id(node), (None, None))
        if known is None:
            known = self._merge(node, what)
            self._merged[id(node)] = (node, known)
        self._count(len(known))
        return known

    def _merge(self, node: MapNode, what: str) -> dict[str, tuple[ScalarNode, Node]]:
        found: dict[str, tuple[ScalarNode, Node]] = {}
        merges: list[Node] = []
        for key, value in node.pairs:
            if not isinstance(key, ScalarNode):
                self.problem(f"a key of {what} is not a text", key.location)
            elif key.text == "<<" and key.plain:
                merges.extend(value.items if isinstance(value, ListNode) else (value,))
            else:
                if key.text in found:
                    self.problem(
                        f"{key.text} is written twice, which Compose refuses", key.location
                    )
                found[key.text] = (key, value)
        self._depth += 1
        if self._depth > MAX_MERGE_DEPTH:
            raise TooLargeError(f"its merges are nested more than {MAX_MERGE_DEPTH} deep")
        for merge in merges:
            # Nodes are complete before they can be referred to, so this ends.
            found = {**self.entries(merge, "<<"), **found}
        self._depth -= 1
        return found

    def items(self, node: Node | None, what: str) -> tuple[Node, ...]:
        """
        The items of a list, or one value as a list of one.
        """
        if node is None or (isinstance(node, ScalarNode) and node.is_null):
            return ()
        if isinstance(node, MapNode):
            self.wrong_type(what, node, "a list")
            return ()
        found = node.items if isinstance(node, ListNode) else (node,)
        self._count(len(found))
        return found

    def text(self, node: Node | None, what: str) -> Value[str] | Unknown | None:
        """
        A text with its variables replaced and passwords dropped.

        Unknown when it is nothing but a variable that no file sets.
        """
        if node is None:
            return None
        if not isinstance(node, ScalarNode):
            self.wrong_type(what, node, "a single value")
            return Unknown(f"{what} is not a single value", node.location)
        if node.is_null:
            return None
        result = self._interpolate(node, _SHOWN)
        if result.unset and not result.text:
            return Unknown(result.note, node.location)
        return Value(redact(result.text), result.origin, node.location, note=result.note)

    def convert(
        self, node: Node | None, what: str, *, read: Callable[[str], T | None], wanted: str
    ) -> Value[T] | Unknown | None:
        """
        A value of another type; `read` gives None for what cannot be read.
        """
        text = self.text(node, what)
        if not isinstance(text, Value):
            return text
        result = read(text.value.strip())
        if result is not None:
            return Value(result, text.origin, text.location, note=text.note)
        if text.origin is Origin.ASSUMED and text.note:
            return Unknown(text.note, text.location)
        if node is not None:
            self.wrong_type(what, node, wanted)
        return Unknown(f"{what} is not {wanted}", text.location)

    def flag(self, node: Node | None, what: str) -> Value[bool] | Unknown | None:
        """
        A boolean.
        """
        return self.convert(
            node, what, read=lambda text: _BOOLS.get(text.lower()), wanted="true or false"
        )

    def plain(self, node: Node | None, what: str) -> str:
        """
        A text, or nothing where there is none or it is not known.
        """
        value = self.text(node, what)
        return value.value if isinstance(value, Value) else ""

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        """
        The texts of a list, or the keys of a mapping.
        """
        if isinstance(node, MapNode):
            return tuple(self.entries(node, what))
        return tuple(filter(None, (self.plain(item, what) for item in self.items(node, what))))

    def variables(self, node: Node | None, what: str) -> dict[str, Value[str | Secret] | Unknown]:
        """
        Variables written as a mapping or as a list of ``NAME=value``; secrets are wrapped.
        """
        if isinstance(node, MapNode):
            pairs = self.entries(node, what).values()
            return {key.text: self._variable(key.text, value) for key, value in pairs}
        found: dict[str, Value[str | Secret] | Unknown] = {}
        for item in self.items(node, what):
            if isinstance(item, ScalarNode):
                name, sign, _ = item.text.partition("=")
                rest = ScalarNode(item.text[len(name) + 1 :], item.location, plain=not sign)
                found[name.strip()] = self._variable(name.strip(), rest, is_set=bool(sign))
            else:
                self.wrong_type(what, item, "of the form NAME=value")
        return found

    def _variable(
        self, name: str, node: Node, *, is_set: bool | None = None
    ) -> Value[str | Secret] | Unknown:
        if not isinstance(node, ScalarNode):
            self.wrong_type(name, node, "a single value")
            return Unknown(f"{name} is not a single value", node.location)
        if is_set is False or (is_set is None and node.is_null):
            return self._passed_through(name, node.location)
        result = self._interpolate(node, Style())
        if result.unset and not result.text:
            return Unknown(result.note, node.location)
        return Value(wrap(name, result.text), result.origin, node.location, note=result.note)

    def _passed_through(self, name: str, location: Location) -> Value[str | Secret] | Unknown:
        if name in self.env:
            return Value(wrap(name, self.env[name]), Origin.EVALUATED, location)
        return Unknown(f"{name} is taken from the shell that starts Compose", location)

    def words(self, node: Node, what: str) -> tuple[Value[str], ...]:
        """
        The words of a command: the items of a list, or a text split as a shell would.
        """
        if isinstance(node, ScalarNode):
            found = self._split(node, what)
        else:
            items = self.items(node, what)
            found = [self._word(item, what) for item in items]
        shown = redact_words([word.value for word in found])
        return tuple(
            Value(text, word.origin, word.location, note=word.note)
            for text, word in zip(shown, found, strict=True)
        )

    def _word(self, node: Node, what: str) -> Value[str]:
        if not isinstance(node, ScalarNode):
            self.wrong_type(f"a word of {what}", node, "a single value")
            return Value("", Origin.ASSUMED, node.location)
        result = self._interpolate(node, _WORDS)
        return Value(result.text, result.origin, node.location, note=result.note)

    def _split(self, node: ScalarNode, what: str) -> list[Value[str]]:
        try:
            words = split_words(node.text)
        except UnclosedQuoteError as error:
            self.problem(f"{what}: {error}", node.location)
            return []
        places = self._places(node, [node.text[word.start : word.end] for word in words])
        found: list[Value[str]] = []
        for word, place in zip(words, places, strict=True):
            piece = ScalarNode(word.text, place)
            result = self._interpolate(piece, _WORDS)
            replaced = result.used or result.defaulted
            texts = _resplit(result.text) if replaced and not word.quoted else [result.text]
            found.extend(Value(text, result.origin, place, note=result.note) for text in texts)
        return found

    def _places(self, node: ScalarNode, raws: list[str]) -> Iterator[Location]:
        """
        Where each of the raw words stands; the whole value where that cannot be told.
        """
        line, column = node.location.line, node.location.column - 1
        found: tuple[int, int] | None = (line, column)
        for raw in raws:
            # After one miss the rest is not searched for: that would take quadratic time.
            found = self._find(raw, (line, column), node.location) if found else None
            if found is None:
                yield node.location
            else:
                line, column = found[0], found[1] + len(raw)
                yield Location(node.location.path, line, found[1] + 1, line, column + 1)

    def _find(self, raw: str, start: tuple[int, int], span: Location) -> tuple[int, int] | None:
        line, column = start
        lines = self._lines.get(span.path, [])
        while line <= min(span.end_line, len(lines)):
            at = lines[line - 1].find(raw, column)
            if at >= 0:
                return line, at
            line, column = line + 1, 0
        return None

    def _interpolate(self, node: ScalarNode, style: Style) -> Interpolated:
        self._count(1)
        result = interpolate(node.text, self.env, style)
        if result.problem:
            self.problem(f"variables cannot be replaced: {result.problem}", node.location)
        self._expanded += len(result.text)
        if self._expanded > MAX_EXPANDED:
            raise TooLargeError(f"its values grow beyond {MAX_EXPANDED} characters")
        return result

    def _count(self, number: int) -> None:
        self._read += number
        if self._read > MAX_READ:
            raise TooLargeError(f"its aliases expand to more than {MAX_READ:,} values")


def _resplit(text: str) -> list[str]:
    try:
        return [word.text for word in split_words(text)]
    except UnclosedQuoteError:
        return [text]
