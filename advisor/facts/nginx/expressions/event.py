"""
An argument with variables, or a regular expression, that does more than its author meant.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from advisor.facts.nginx.expressions.values import Captured, Given, Leaf
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.schema import BOOL, STRING
from advisor.model import Location, Origin, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import Scope


class What(StrEnum):
    """
    What is wrong with an expression: each is the business of one rule.
    """

    LINE_BREAK = "line break"
    CHOSEN_HOST = "chosen host"
    SPOOFED_HOST = "spoofed host"
    LOOSE_ORIGIN = "loose origin"
    REFLECTED_ORIGIN = "reflected origin"
    TRAVERSAL = "traversal"
    SIBLING = "sibling"
    FILE = "file"
    DECODED = "decoded"
    JOINED = "joined"
    SLOW = "slow"
    NO_GROUP = "no group"
    OPEN_ENDED = "open ended"
    EXACT = "exact"
    ARGUMENTS_LEAK = "arguments leak"
    OVERLAPPING = "overlapping"


class Event(Struct, frozen=True, kw_only=True):
    """
    One expression and what is wrong with it.
    """

    what: What
    directive: Directive
    scope: Scope
    part: str = ""
    """The variable or expression in question, as written."""
    source: str = ""
    """Where what it holds comes from."""
    example: str = ""
    """A request, or a text, that shows it."""
    result: str = ""
    """What comes of the example."""
    better: str = ""
    """What to write instead, where one line says it."""
    grave: bool = False
    """Whether it is the worse of two forms of the same flaw."""


def _of(function: Callable[[Event], str | bool]) -> Callable[[Event], Fact]:
    def fact(event: Event) -> Fact:
        return Value(function(event), Origin.EVALUATED, _place(event))

    return fact


def _place(event: Event) -> Location:
    return event.directive.location


def _line(event: Event) -> str:
    args = event.directive.args
    shown = f"({' '.join(args)})" if event.directive.name == "if" else " ".join(args)
    return f"{event.directive.name} {shown}".strip()


def phrase(leaf: Leaf) -> str:
    """
    What a part of a text is, in words.
    """
    if isinstance(leaf, Captured):
        return f"{shown(leaf)} of {leaf.regex.text}"
    return shown(leaf)


def shown(leaf: Leaf) -> str:
    """
    A part of a text as it is written.
    """
    return f"${leaf.name}" if isinstance(leaf, (Given, Captured)) else ""


EXPRESSION: Rows = {
    "what": Row(
        STRING, "what is wrong with it: " + ", ".join(What), _of(lambda event: str(event.what))
    ),
    "directive": Row(STRING, "name of the directive", _of(lambda event: event.directive.name)),
    "line": Row(STRING, "the directive as written", _of(_line)),
    "label": Row(STRING, "the level it stands on", _of(lambda event: event.scope.label)),
    "part": Row(STRING, "the variable or expression in question", _of(lambda event: event.part)),
    "source": Row(STRING, "where its text comes from", _of(lambda event: event.source)),
    "example": Row(
        STRING, "a request or text that shows it, empty if none", _of(lambda event: event.example)
    ),
    "result": Row(STRING, "what comes of the example", _of(lambda event: event.result)),
    "better": Row(STRING, "what to write instead, ready to paste", _of(lambda event: event.better)),
    "grave": Row(BOOL, "whether it is the worse form of the flaw", _of(lambda event: event.grave)),
}
