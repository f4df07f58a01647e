"""
One expression and the questions that may be asked of it. Every answer was tried on the machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from advisor.parsers.pcre import Where
from advisor.parsers.pcre.machine import STEPS, Machine, Run, TooManyStepsError
from advisor.parsers.pcre.parse import NotUnderstoodError, parse
from advisor.parsers.pcre.program import Program, compile_tree
from advisor.parsers.pcre.tree import Tree, is_anchored
from advisor.parsers.pcre.witness import capturing

Accept = Callable[[bytes], bool]
"""Whether a text is one that the expression may be given."""


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """
    An expression that was understood.
    """

    text: str
    caseless: bool
    tree: Tree = field(repr=False)
    program: Program = field(repr=False)

    @property
    def groups(self) -> int:
        """
        How many parts it captures.
        """
        return self.tree.groups

    @property
    def anchored(self) -> bool:
        """
        Whether every match begins at the start of the text.
        """
        return is_anchored(self.tree.root)

    def number(self, name: str) -> int | None:
        """
        The number of a captured part by its name or number; None when there is none.
        """
        if name.isdigit():
            return int(name) if int(name) <= self.groups else None
        return dict(self.tree.names).get(name)

    def run(self, text: bytes, limit: int = STEPS) -> Run | None:
        """
        What comes of matching a text; None when it takes too many steps.
        """
        try:
            return Machine(self.program, text, limit).search()
        except TooManyStepsError:
            return None

    def matches(self, text: bytes) -> bool | None:
        """
        Whether a text matches; None when it takes too many steps.
        """
        run = self.run(text)
        return None if run is None else run.matched

    def captured(self, text: bytes, number: int) -> bytes | None:
        """
        What a part captures of a text; None for nothing, and when it takes too many steps.
        """
        run = self.run(text)
        return run.group(text, number) if run else None

    def capture(
        self, number: int, wanted: bytes, where: Where, *, accept: Accept, before: bytes = b""
    ) -> bytes | None:
        """
        A text of which a part captures `wanted`, and which is one that `accept` takes.

        `before` may stand before what matches. None when no such text was found, which is no proof
        that there is none: looks around and back references may refuse the shortest.
        """
        found = capturing(self.program, number, wanted, where)
        if found is None:
            return None
        for text in (found, before + found):
            if accept(text) and _is(self.captured(text, number), wanted, where):
                return text
        return None


def _is(captured: bytes | None, wanted: bytes, where: Where) -> bool:
    if captured is None:
        return False
    if where is Where.ALL:
        return captured == wanted
    return captured.startswith(wanted) if where is Where.FIRST else wanted in captured


@lru_cache(maxsize=4096)
def pattern(text: str, *, caseless: bool = False) -> Pattern | None:
    """
    An expression, None when it was not understood.
    """
    try:
        tree = parse(text, caseless=caseless)
        return Pattern(text, caseless, tree, compile_tree(tree))
    except NotUnderstoodError:
        return None
