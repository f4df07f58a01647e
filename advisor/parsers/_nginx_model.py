"""
What a read nginx configuration is made of. Everything here is exported by `nginx`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct, field

from advisor import regex
from advisor.model import Location, Problem
from advisor.parsers._nginx_stock import stock_directives

REDACTED = "***"
"""Stands in arguments where a secret was written."""
PLACEHOLDER = regex.lazy(
    r"\{\{|\}\}|\{%|%\}|\{#.*#\}|<%|%>|\$\{[A-Z][A-Z0-9_]*(?::?[-=?+][^}]*)?\}"
)
"""Marks of Jinja and Go templates, ERB and envsubst. nginx's own variables are lower-case."""


class Directive(NamedTuple):
    """
    One directive with its block, as nginx understands it: quotes and escapes are gone.

    A named tuple, for a big configuration has a hundred thousand: a frozen dataclass takes six
    times as long to make.
    """

    name: str
    """As written; the key of an entry inside ``map``, ``types`` and their like."""
    args: tuple[str, ...]
    """Of ``if``: without the outer parentheses. Secrets are replaced by `REDACTED`."""
    location: Location
    """From the name to the ``;``, or to the last word before ``{``."""
    block: tuple[Directive, ...] | None = None
    """None when there is no block. Lua blocks are not read: theirs is empty."""
    close_line: int = 0
    """Line of the closing brace; 0 when there is none."""

    def __str__(self) -> str:
        return " ".join((self.name, *self.args))


class ParsedFile(Struct, frozen=True):
    """
    One file on its own: ``include`` is still a directive.
    """

    path: str
    directives: tuple[Directive, ...]
    """All that could be read, also when there are problems."""
    problems: tuple[Problem, ...]
    template: bool
    """Whether the file holds placeholders that some program fills in before nginx reads it."""
    notes: tuple[Problem, ...] = ()
    """What nginx accepts, and is hardly meant."""


class Why(StrEnum):
    """
    Why an ``include`` could not be followed.
    """

    MISSING = "missing"
    """Named outright, and not among the files."""
    STOCK = "stock"
    """Named outright and not among the files, but nginx's or certbot's packages bring it."""
    EMPTY = "empty"
    """A pattern that no file matches."""
    UNLISTED = "unlisted"
    """A pattern below a folder of which nobody knows where it is among the files."""
    PLACEHOLDER = "placeholder"
    """The path holds a placeholder."""
    CYCLE = "cycle"
    """The file is being included already."""


_KNOWN_EMPTY = frozenset({Why.EMPTY, Why.CYCLE})


class Unresolved(Struct, frozen=True):
    """
    An ``include`` that stays in the tree because its files are not known.
    """

    pattern: str
    why: Why
    location: Location

    @property
    def may_hold(self) -> frozenset[str] | None:
        """
        Names of the directives that its files may hold; None when nobody knows.
        """
        return frozenset() if self.why in _KNOWN_EMPTY else stock_directives(self.pattern)


class NginxDocument(Struct, frozen=True):
    """
    A configuration with its includes expanded in place.
    """

    path: str
    directives: tuple[Directive, ...]
    """Each keeps the location in its own file. An unresolved ``include`` stays a directive."""
    context: str
    """Where the first file belongs: ``main``, ``http``, ``server``, ``location``, ``stream`` …"""
    problems: tuple[Problem, ...]
    """What nginx would refuse, or what could not be read."""
    notes: tuple[Problem, ...]
    """What is harmless but should not go unsaid."""
    files: tuple[str, ...]
    """Every file that was read, in order of first use."""
    unresolved: tuple[Unresolved, ...]
    template: bool
    """Whether any of the files holds placeholders."""
    includes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Files by what an ``include`` names; none for one that could not be followed."""


def is_placeholder(text: str) -> bool:
    """
    Whether a value is filled in before nginx reads it, and so is not known.

    Jinja and Go templates (``{{ }}``, ``{% %}``), ERB (``<% %>``) and envsubst (``${UPPER}``).
    """
    return PLACEHOLDER.search(text) is not None
