"""
HTML out of text that nobody vouches for.

Jinja2 escapes every expression; `finalize` shows characters that steer the direction of text as
their escapes before it does. Only this module makes `Markup`, and only out of escaped text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor import regex
from advisor.report.cells import escape as escape_steering
from advisor.report.cells import one_line, verbatim_lines

if TYPE_CHECKING:
    from markupsafe import Markup

_CODE = regex.lazy(r"`([^`]+)`")
_WEB = regex.lazy(r"https?://[^\s\"'<>`\\]+\Z")


def finalize(value: object) -> object:
    """
    What a template prints for a value: one line without control characters; nothing for None.
    """
    if value is None:
        return ""
    return value if hasattr(value, "__html__") else one_line(str(value))


def prose(text: object) -> Markup:
    """
    A sentence, in which backquotes mark code.
    """
    from markupsafe import Markup, escape  # noqa: PLC0415 - start-up cost

    parts = _CODE.split(one_line(str(text)))
    pieces = (
        escape(part) if place % 2 == 0 else Markup("<code>{}</code>").format(part)
        for place, part in enumerate(parts)
    )
    return Markup().join(pieces)


def verbatim(text: str) -> Markup:
    """
    A block of text whose blanks and line breaks count.
    """
    from markupsafe import escape  # noqa: PLC0415 - start-up cost

    return escape("\n".join(verbatim_lines(text)))


def spaced(line: str) -> Markup:
    """
    A line, or a part of one, whose blanks count.
    """
    from markupsafe import escape  # noqa: PLC0415 - start-up cost

    return escape("\t".join(map(escape_steering, line.split("\t"))))


def address(url: str) -> str:
    """
    An address that a link may lead to: a page of the web; empty for any other.
    """
    return url if _WEB.match(url) and url.isprintable() else ""
