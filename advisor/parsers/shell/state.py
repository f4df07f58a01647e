"""
What a shell knows at one point of a script.
"""

from __future__ import annotations

from msgspec import Struct, field

from advisor.parsers.shell.model import Field


class State(Struct):
    """
    What a shell knows at one point of a script.
    """

    variables: dict[str, Field] = field(default_factory=dict)
    arrays: dict[str, tuple[Field, ...]] = field(default_factory=dict)
    exported: set[str] = field(default_factory=set)
    arguments: tuple[Field, ...] = ()
    """``$1`` and those after it."""
    ended: bool = False
    """Whether nothing of the script is run from here on."""
    returned: bool = False
    """Whether it has only ended the function that it is in."""

    def copy(self) -> State:
        """
        The same, to go on with on its own.
        """
        return State(
            dict(self.variables),
            dict(self.arrays),
            set(self.exported),
            self.arguments,
            self.ended,
            self.returned,
        )
