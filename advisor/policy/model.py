"""
The decisions themselves, as settings hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from msgspec import Struct, field

from advisor.model import By, Severity
from advisor.policy.choice import Choice, Selector


class Accepted(Struct, frozen=True):
    """
    An entry of ``[[ignore]]``, or what is ignored below a path.
    """

    rule: Selector
    path: str = ""
    """Pattern as in ``.gitignore``, from `folder` on; empty: everywhere."""
    reason: str = ""
    until: date | None = None
    """The last day on which it counts."""
    file: str = ""
    """The configuration it stands in, for messages."""
    folder: Path = Path()
    """Of that file."""
    entry: bool = True
    """Whether it is an entry of its own, about which something may be said."""


class PathSeverity(Struct, frozen=True):
    """
    A severity for the findings of some rules below some paths.
    """

    path: str
    rule: Selector
    severity: Severity
    folder: Path


class Known(Struct, frozen=True):
    """
    Findings that were there before: those of a baseline or of another revision.
    """

    by: By
    name: str
    """What it is called: the file, the revision."""
    folder: Path
    """What the paths of the entries are relative to."""
    entries: Mapping[tuple[str, str], str]
    """Fingerprint and path → code of the rule."""


class Policy(Struct, frozen=True):
    """
    What an audit does with rules and findings besides judging. Empty: nothing.
    """

    choice: Choice = field(default_factory=Choice)
    accepted: tuple[Accepted, ...] = ()
    severities: tuple[PathSeverity, ...] = ()
    require_reason: bool = False
    known: tuple[Known, ...] = ()


NO_POLICY = Policy()
"""The recommended rules, and nothing accepted but by comments."""
