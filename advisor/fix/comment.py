"""
Comments that accept findings: codes are taken out, and the comment with the last of them.
"""

from __future__ import annotations

from advisor import regex
from advisor.fix.edits import Edit, RefusedError, lines_of
from advisor.model import Change

_MARK = regex.lazy(
    r"(?:[#;]+|--+)[ \t]*advisor:[ \t]*ignore(?:-file)?[ \t]*\[([A-Za-z0-9,\s_-]+)\][^\r\n]*"
)


def edit(change: Change, text: str) -> tuple[Edit, ...]:
    """
    The codes without those of the change; without any left the comment goes, or its line.

    Raises `RefusedError` where no such comment stands, as for an entry of advisor.toml.
    """
    place, lines = change.location, lines_of(text)
    start = lines.offset(place.line, 1) if place else 0
    found = _MARK.search(text, start, lines.end_of(start))
    if found is None:
        raise RefusedError("it is no comment")
    gone = {code.strip() for code in change.value.split(",")}
    left = [code.strip() for code in found[1].split(",") if code.strip() not in gone]
    if left:
        return (Edit(*found.span(1), ", ".join(left)),)
    before = text[start : found.start()]
    if before.strip():
        return (Edit(start + len(before.rstrip()), found.end(), ""),)
    end = found.end() + len(lines.line_end)
    return (Edit(start, min(end, len(text)), ""),)
