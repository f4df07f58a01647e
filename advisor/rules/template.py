"""
Messages of rules: text with expressions in braces, checked when they are loaded.

``{pg.shared_buffers}`` prints a value as people write it, ``{pg.shared_buffers:pgsize}`` in a
given form; ``{{`` and ``}}`` are braces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

from advisor import regex
from advisor.errors import ExpressionError
from advisor.facts.schema import Kind, Type
from advisor.model import Secret
from advisor.model.subject import Record
from advisor.rules.expression import (
    Compiled,
    Reads,
    Scope,
    Undecided,
    compile_expression,
)
from advisor.rules.expression.readers import acceptor
from advisor.rules.expression.scope import suggest
from advisor.rules.spelling import digits, postgres_size_value
from advisor.units import (
    format_duration,
    format_number,
    format_percent,
    format_size,
)

if TYPE_CHECKING:
    from advisor.model.subject import Fact

UNDECIDED = "?"
"""What stands in the text for a field whose facts are unknown."""
NOT_SET = "not set"
"""What `show` says of a setting that nobody set and that has no default."""
MAX_ITEMS = 10
"""Items of a list that are printed; the others are counted."""

_NO_LIMIT = "-1"
"""What programs write for "off" and "no limit": a size or duration without a unit."""

Format: TypeAlias = Callable[[Any], str]

_TOKEN = regex.lazy(
    r"""(?P<text>[^{}]++) | (?P<brace>\{\{|\}\}) | (?P<close>\})
    | \{(?P<source>(?>(?:[^{}:'"]++|'[^']*'|"[^"]*")*))(?P<spec>:[^{}]*+)?\} | (?P<open>\{)""",
    re.VERBOSE | re.DOTALL,
)


class Field(Struct, frozen=True):
    """
    One expression in a template, and how its value is printed.
    """

    compiled: Compiled
    show: Format


class Template(Struct, frozen=True):
    """
    A text ready to be rendered for any subject of its scope.
    """

    text: str
    parts: tuple[str | Field, ...]

    def render(self, facts: Mapping[str, Fact], reads: Reads | None = None) -> str:
        """
        The text for one subject, with ``?`` for what is not known. Adds what was read to `reads`.
        """
        return "".join(
            part if isinstance(part, str) else _render(part, facts, reads) for part in self.parts
        )

    def undecided(self, facts: Mapping[str, Fact]) -> tuple[str, ...]:
        """
        The expressions that `render` shows as ``?``, as written.
        """
        return tuple(
            part.compiled.source.strip()
            for part in self.parts
            if isinstance(part, Field) and isinstance(part.compiled.evaluate(facts), Undecided)
        )


def compile_template(text: str, scope: Scope) -> Template:
    """
    Check and compile a text with expressions in braces.

    Raises `ExpressionError` with the column in the whole text.
    """
    text = text.replace("\r\n", "\n")
    return Template(text, tuple(_parts(text, scope)))


def show(value: object, type_: Type | None) -> str:
    """
    The value of a fact as people write it, for tables. Never shows a secret.

    Without a type, or for a value that is not of it, what the value itself looks like counts.
    """
    if value is None:
        return NOT_SET
    if type_ is not None and acceptor(type_)(value):
        return _default(type_)(value) or "empty"
    if isinstance(value, tuple):
        return _join([show(item, None) for item in value[:MAX_ITEMS]], len(value))
    return _LOOKS.get(type(value), _anything)(value)


def outline(text: str) -> str:
    """
    A template for people who read the rule: ``{budget.workers}`` becomes ``‹budget.workers›``.
    """
    return "".join(
        _OUTLINES.get(token.lastgroup or "", _as_is)(token) for token in _TOKEN.finditer(text)
    )


def _parts(text: str, scope: Scope) -> Iterator[str | Field]:
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "text":
                yield token[0]
            case "brace":
                yield token[0][0]
            case "source" | "spec":
                yield _field(text, token, scope)
            case "close":
                raise _error(text, token.start(), "single '}' in the text", "write '}}'")
            case _:
                hint = "close it with '}', or write '{{' for a brace"
                raise _error(text, token.start(), "this field does not end", hint)


def _field(text: str, token: re.Match[str], scope: Scope) -> Field:
    start = token.start("source")
    try:
        compiled = compile_expression(token["source"], scope)
    except ExpressionError as error:
        column = start + (error.column or 1) - 1
        raise _error(text, column, error.message, error.hint) from None
    if token["spec"] is None:
        return Field(compiled, _default(compiled.type))
    spec = token["spec"][1:]
    known = SPECS.get(spec)
    if known is None:
        hint = suggest(spec, SPECS)
        raise _error(text, token.start("spec") + 1, f"unknown format '{spec}'", hint)
    kinds, show = known
    if compiled.type.kind not in kinds:
        wanted = " or ".join(sorted(kinds))
        message = f"format '{spec}' prints {wanted}, got {compiled.type}"
        raise _error(text, token.start("spec") + 1, message)
    return Field(compiled, show or _default(compiled.type))


def _error(text: str, start: int, message: str, hint: str | None = None) -> ExpressionError:
    return ExpressionError(message, expression=text, column=start + 1, hint=hint)


def _render(part: Field, facts: Mapping[str, Fact], reads: Reads | None) -> str:
    value = part.compiled.evaluate(facts, reads)
    return UNDECIDED if isinstance(value, Undecided) else part.show(value)


def _default(type_: Type) -> Format:
    if type_.kind is not Kind.LIST or type_.item is None:
        return _DEFAULTS[type_.kind]
    show = _default(type_.item)
    return lambda items: _join([show(item) for item in items[:MAX_ITEMS]], len(items))


def _join(shown: list[str], total: int) -> str:
    if total > len(shown):
        return f"{', '.join(shown)} and {total - len(shown)} more"
    if len(shown) < 2:
        return shown[0] if shown else "none"
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def _text(value: str) -> str:
    # What stands in a file must not reach a terminal or a snippet as control characters.
    if value.isprintable():
        return value
    return "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in value
    )


def _lines(value: str | tuple[object, ...]) -> str:
    """
    A text whose line breaks are meant, or a list: lines to paste. Other control characters stay
    visible.
    """
    lines = value.split("\n") if isinstance(value, str) else map(str, value)
    return "\n".join(map(_text, lines))


def _switch(value: object) -> str:
    return "on" if value else "off"


def _version(value: tuple[int, ...]) -> str:
    return ".".join(map(str, value))


def _record(value: Record) -> str:
    return _text(value.label) or (str(value.location) if value.location else UNDECIDED)


def _whole(value: float) -> str:
    return str(round(value))


def _size(value: float) -> str:
    return _NO_LIMIT if value == -1 else format_size(value)


def _duration(value: float) -> str:
    return _NO_LIMIT if value == -1 else format_duration(value)


def _anything(value: object) -> str:
    # A secret's str() is three stars.
    return _text(str(value)) or "empty"


def _outline_field(token: re.Match[str]) -> str:
    return f"‹{' '.join(token['source'].split())}›"


def _as_is(token: re.Match[str]) -> str:
    return token[0]


_DEFAULTS: dict[Kind, Format] = {
    Kind.NUMBER: format_number,
    Kind.SIZE: _size,
    Kind.DURATION: _duration,
    Kind.SHARE: format_percent,
    Kind.BOOL: _switch,
    Kind.STRING: _text,
    Kind.VERSION: _version,
    Kind.RECORD: _record,
}
_LOOKS: dict[type, Format] = {
    bool: _switch,
    int: format_number,
    float: format_number,
    Record: _record,
    Secret: str,
}
_OUTLINES: dict[str, Callable[[re.Match[str]], str]] = {
    "brace": lambda token: token[0][0],
    "source": _outline_field,
    "spec": _outline_field,
}

SPECS: dict[str, tuple[frozenset[Kind], Format | None]] = {
    "size": (frozenset({Kind.SIZE}), None),
    "duration": (frozenset({Kind.DURATION}), None),
    "percent": (frozenset({Kind.SHARE, Kind.NUMBER}), format_percent),
    "number": (frozenset({Kind.NUMBER, Kind.SHARE}), format_number),
    "int": (frozenset({Kind.NUMBER}), _whole),
    "plain": (frozenset({Kind.NUMBER, Kind.SIZE, Kind.DURATION, Kind.SHARE}), digits),
    "list": (frozenset({Kind.LIST}), None),
    "lines": (frozenset({Kind.STRING, Kind.LIST}), _lines),
    "pgsize": (frozenset({Kind.SIZE}), postgres_size_value),
    "seconds": (frozenset({Kind.DURATION}), digits),
}
"""Formats by name: the kinds they print, and how; None prints as without a format."""
