"""
Names of Python and its library that have a meaning of their own for what they change.
"""

from __future__ import annotations

import builtins

BUILTINS = frozenset(dir(builtins)) - {"__name__", "__file__", "__doc__", "__spec__", "__package__"}
NAMES = "globals()"
"""Symbol of the dict that holds the names of the module."""
NAMESPACES = frozenset({"globals", "locals", "vars"})
"""Functions that give the names around them as a dict."""
SETTERS = frozenset({"delattr", "exec", "setattr"})
"""Functions that may set a name without writing it."""
ENVIRONMENT = ("os.environ", "os.putenv", "os.unsetenv")
"""Beginnings of names of what changes the environment."""
HARMLESS = (
    *("dotenv.", "logging.", "math.", "os.path.", "print", "sqlalchemy.", "sqlmodel."),
    *("warnings.", "sys.std"),
)
"""Beginnings of names of functions that change neither their arguments nor names of the file."""
_CALLING = frozenset({"eval", "filter", "map", "next"})
"""Built-in functions that change what they are given, or call what may."""


def changes_arguments(symbol: str) -> bool:
    """
    Whether a function may change a list or dict it is given, told by its dotted name.
    """
    if symbol in BUILTINS:
        return symbol in _CALLING or symbol in SETTERS
    return not symbol.startswith(HARMLESS)
