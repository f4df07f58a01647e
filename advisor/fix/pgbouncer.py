"""
Settings in pgbouncer.ini.
"""

from __future__ import annotations

from advisor import regex
from advisor.fix.edits import Edit, Lines, RefusedError, lines_of
from advisor.model import Change

_ENTRY = regex.lazy(r"[ \t]*([A-Za-z_]+)[ \t]*=[ \t]*(.*?)[ \t\r]*")
_DEFAULT = regex.lazy(r"[ \t]*[;#]+[ \t]*([A-Za-z_]+)[ \t]*=[^=]*")
_SECTION = regex.lazy(r"[ \t]*\[([^\]]*)\][ \t\r]*")
_MARKS = ("%", "$", "{{", "<%")
"""How text begins that is filled in before PgBouncer reads it."""


def edit(change: Change, text: str) -> tuple[Edit, ...]:
    """
    The value of the setting, else a line in its section: behind its commented default if there is.

    PgBouncer takes a comment behind a value for a part of it, so the value is the rest of the line.
    """
    lines = lines_of(text)
    rows = text.removeprefix("\ufeff").split("\n")
    if change.location is not None:
        return (_replaced(change, change.location.line, lines, rows),)
    number = _place(change.setting, rows)
    if not number:
        raise RefusedError("the file has no section [pgbouncer]")
    return (lines.add_line(lines.offset(number, 1), change.then),)


def _replaced(change: Change, number: int, lines: Lines, rows: list[str]) -> Edit:
    row = rows[number - 1] if number <= len(rows) else ""
    entry = _ENTRY.fullmatch(row)
    if entry is None or entry[1] != change.setting:
        raise RefusedError(f"{change.setting} is not set in this line")
    if entry[2].startswith(_MARKS):
        raise RefusedError("a template fills its value in")
    start, end = entry.span(2)
    apart = " " if row[start - 1] == "=" and start == end else ""
    value = apart + change.value
    return Edit(lines.offset(number, start + 1), lines.offset(number, end + 1), value)


def _place(setting: str, rows: list[str]) -> int:
    """
    The line of ``[pgbouncer]`` to add one behind: a commented default, the last entry, the header.
    """
    inside, default, last = False, 0, 0
    for number, row in enumerate(rows, 1):
        section = _SECTION.fullmatch(row)
        commented = _DEFAULT.fullmatch(row)
        if section:
            inside = section[1] == "pgbouncer"
            last = number if inside else last
        elif inside and commented and commented[1] == setting:
            default = number
        elif inside and _ENTRY.fullmatch(row):
            last = number
    return default or last
