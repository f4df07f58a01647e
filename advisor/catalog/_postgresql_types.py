"""
The words of the PostgreSQL catalogue: a setting, and what a server makes of a value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct


class Guc(Struct, frozen=True):
    """
    One setting as one major knows it.
    """

    name: str
    """In the server's own spelling, for example ``DateStyle``."""
    vartype: str
    """``bool``, ``integer``, ``real``, ``string`` or ``enum``."""
    unit: str = ""
    """Of a bare number, as ``pg_settings`` prints it: ``8kB kB MB B ms s min``, or empty."""
    minimum: float | None = None
    maximum: float | None = None
    """Both in `unit`, inclusive; None for types without a range."""
    members: tuple[str, ...] = ()
    """Words of an enum that every build accepts."""
    build_members: tuple[str, ...] = ()
    """Words of an enum that only some builds or platforms accept: ``lz4``, ``io_uring`` …"""
    hidden: tuple[tuple[str, str], ...] = ()
    """Accepted words that are not listed, or are printed as another one: ``(word, printed)``."""
    context: str = "user"
    """Who may change it and when: ``internal postmaster sighup superuser … user``."""
    default: str | None = None
    """Raw built-in default; None when it depends on the build, the cluster or the host."""
    category: str = ""
    """Kebab-case group, for example ``memory``."""


class Removed(Struct, frozen=True):
    """
    A name that servers knew once.
    """

    name: str
    last: str
    """The last version that had it: ``9.4``, ``16``."""
    successor: str
    """The setting that replaces it, or empty."""
    note: str
    """What to do instead, or empty."""


class Canonical(Struct, frozen=True):
    """
    A value the server accepts.
    """

    text: str
    """As ``postgres -C NAME`` prints it: the number in the setting's own unit, or the word."""
    value: bool | float | str
    """
    Sizes in bytes (int), durations in seconds (int or float), else bool, int, float or str.

    Negative numbers of a setting with a unit are special words, not amounts: ``-1`` stays ``-1``.
    """
    build: bool = False
    """True when only some builds of the server accept the word."""


class Rejection(Struct, frozen=True):
    """
    A value the server refuses.
    """

    reason: str
    """One sentence for people, without the setting's place."""
    kind: str
    """
    ``unit range enum bool number`` after the type; ``value`` for text that breaks the rules of its
    setting; ``internal`` for settings nobody can set; ``unknown`` for names no server knows.
    """


Rule: TypeAlias = Callable[[Guc, Canonical, int], Canonical | Rejection]
"""A rule of one setting: what it makes of a value of the right type, in one major."""


def refuse(guc: Guc, reason: str) -> Rejection:
    """
    A rejection by the rule of a setting; `reason` completes a sentence that starts with its name.
    """
    return Rejection(f"{guc.name} {reason}", "value")
