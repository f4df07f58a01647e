"""
What a shell script is made of, and what comes out of going through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from msgspec import Struct, field

from advisor.model import Location


class ShellSyntaxError(ValueError):
    """
    What cannot be read as a shell script; `line` counts from 1.
    """

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Token(Struct, frozen=True):
    """
    One word as it is written, quotes included, or an operator.
    """

    text: str
    line: int
    operator: bool = False


class Simple(Struct, frozen=True):
    """
    A command with its arguments; ``[[ … ]]`` and ``(( … ))`` as well. Redirections are left out.
    """

    words: tuple[Token, ...]


class Joined(Struct, frozen=True):
    """
    Commands joined by ``&&`` and ``||``; the operator before each, empty for the first.
    """

    parts: tuple[tuple[str, Node], ...]


class Not(Struct, frozen=True):
    """
    A command behind ``!``.
    """

    node: Node


class Apart(Struct, frozen=True):
    """
    What runs in a shell of its own: a pipeline, ``( … )``, what stands before ``&``.
    """

    nodes: tuple[Node, ...]
    background: bool = False


class Group(Struct, frozen=True):
    """
    Commands between braces.
    """

    nodes: tuple[Node, ...]


class If(Struct, frozen=True):
    """
    Conditions with their branches, then what runs when none holds.
    """

    branches: tuple[tuple[tuple[Node, ...], tuple[Node, ...]], ...]
    otherwise: tuple[Node, ...] = ()


class Arm(Struct, frozen=True):
    """
    One arm of ``case``.
    """

    patterns: tuple[Token, ...]
    body: tuple[Node, ...]


class Case(Struct, frozen=True):
    """
    ``case`` with its arms.
    """

    subject: Token
    arms: tuple[Arm, ...]


class Loop(Struct, frozen=True):
    """
    ``while``, ``until``, ``for`` or ``select``.
    """

    keyword: str
    condition: tuple[Node, ...]
    body: tuple[Node, ...]
    name: str = ""
    """The variable of ``for``."""


class Function(Struct, frozen=True):
    """
    The definition of a function.
    """

    name: str
    body: Node


Node: TypeAlias = "Simple | Joined | Not | Apart | Group | If | Case | Loop | Function"


class Script(Struct, frozen=True):
    """
    A script that was read.
    """

    path: str
    nodes: tuple[Node, ...]


class Field(Struct, frozen=True):
    """
    A text after the shell is through with it, as far as that is known.
    """

    shown: str
    """What still depends on the container stands as the shell writes it: ``${WORKERS:-4}``."""
    plain: str | None = None
    """The text itself, None when it is not known."""
    guessed: frozenset[str] = frozenset()
    """Variables it rests on that nothing sets."""
    filled: bool = False
    """Whether it is surely not empty although it is not known."""
    whole: bool = False
    """Whether it is one word although nothing around it is quoted: the default behind it is."""
    place: Location | None = None
    """Where it is written, when that is not the line of the script."""
    handed: bool = False
    """Whether it is one of the words that the container starts with."""

    @property
    def text(self) -> str:
        """
        The text, or what is written where it is not known.
        """
        return self.shown if self.plain is None else self.plain


UNKNOWN = Field("$(:)")
"""A text that is not known at all, written so that its readers see a shell compute it."""


class Ran(Struct, frozen=True):
    """
    A command that a script runs.
    """

    words: tuple[Field, ...]
    location: Location
    maybe: bool = False
    """Whether it hangs on a condition that is not known."""
    background: bool = False
    environment: Mapping[str, Field] = field(default_factory=dict)
    """Variables that the script has set and exported."""


class Trace(Struct, frozen=True):
    """
    What was run, and what could not be followed.
    """

    commands: tuple[Ran, ...] = ()
    scripts: tuple[tuple[str, str], ...] = ()
    """Path and text of the scripts that were gone through, in order."""
    lost: tuple[tuple[Location, str], ...] = ()
    """Places where the way could not be followed, and why."""
    left: frozenset[str] = frozenset()
    """Variables that nothing sets, for which a start of gunicorn was passed by."""
