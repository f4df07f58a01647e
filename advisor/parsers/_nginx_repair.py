"""
Guesses where a block without a closing brace was meant to end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from advisor.catalog.nginx import Form, find

if TYPE_CHECKING:
    from advisor.parsers._nginx_model import Directive

_CONTEXTS = {
    "events": frozenset({"events"}),
    "http": frozenset({"http"}),
    "if": frozenset({"if", "if in location"}),
    "limit_except": frozenset({"limit_except"}),
    "location": frozenset({"location"}),
    "mail": frozenset({"mail"}),
    "server": frozenset({"server"}),
    "stream": frozenset({"stream"}),
    "upstream": frozenset({"upstream"}),
}


@dataclass(slots=True)
class Frame:
    """
    A block that is open while its file is read.
    """

    head: Directive
    """Name and arguments; its block is still to come."""
    indent: int
    """Blanks before its name; -1 when other words stand before it on its line."""
    children: list[Directive] = field(default_factory=list)


def ends_by_indent(stack: list[Frame], indent: int) -> int:
    """
    How many inner blocks a brace at this indentation leaves open, because it is an outer one's.
    """
    if not 0 <= indent < stack[-1].indent:
        return 0
    for count, frame in enumerate(reversed(stack)):
        if frame.indent == indent:
            return count
    return 0


def ends_before(stack: list[Frame], name: str, *, opens: bool) -> int:
    """
    How many inner blocks must have ended before a directive that may not stand in them.

    0 when it fits, when nothing is known of it, or when it fits nowhere.
    """
    allowed = {
        context
        for spec in find(name)
        if (spec.form is Form.BLOCK) == opens
        for context in spec.contexts
    }
    for count, frame in enumerate(reversed(stack)):
        own = _CONTEXTS.get(frame.head.name)
        if own is None and not opens:
            return 0  # an entry of a map or the like
        if own is not None and own & allowed:
            return count
    return len(stack) if "main" in allowed else 0
