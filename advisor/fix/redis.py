"""
Settings in redis.conf.
"""

from __future__ import annotations

from advisor import regex
from advisor.fix.edits import Edit, RefusedError, lines_of
from advisor.model import Change

_ENTRY = regex.lazy(r"[ \t]*([A-Za-z0-9-]+)[ \t]+(.*?)[ \t\r]*")
_DEFAULT = regex.lazy(r"[ \t]*#[ \t]*([a-z0-9-]+)[ \t]+\S+[ \t\r]*")
"""A comment of two words whose first is a setting's name, as redis.conf shows its defaults."""
_MARKS = ("$", "{{", "{%", "<%")
"""How text begins that is filled in before Redis reads it."""


def edit(change: Change, text: str) -> tuple[Edit, ...]:
    """
    The value of the setting, else a new line: behind its commented default if there is.

    A comment behind a value would be a word too many, so the value is the rest of the line.
    """
    lines = lines_of(text)
    rows = text.removeprefix("\ufeff").split("\n")
    if change.location is None:
        shown = [number for number, row in enumerate(rows, 1) if _shows(row, change.setting)]
        if shown:
            return (lines.add_line(lines.offset(shown[-1], 1), change.then),)
        return (lines.append(change.then),)
    number = change.location.line
    entry = _ENTRY.fullmatch(rows[number - 1]) if number <= len(rows) else None
    if entry is None or entry[1].lower() != change.setting:
        raise RefusedError(f"{change.setting} is not set in this line")
    if entry[2].startswith(_MARKS):
        raise RefusedError("a template fills its value in")
    start, end = entry.span(2)
    return (Edit(lines.offset(number, start + 1), lines.offset(number, end + 1), change.value),)


def _shows(row: str, setting: str) -> bool:
    found = _DEFAULT.fullmatch(row)
    return found is not None and found[1] == setting
