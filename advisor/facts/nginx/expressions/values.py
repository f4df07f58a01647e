"""
What a text with variables is made of, and what nginx's own variables may hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from msgspec import Struct

from advisor import regex
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import Scope

if TYPE_CHECKING:
    from advisor.parsers.pcre.pattern import Pattern

_VARIABLE = regex.lazy(r"\$(?:\{(\w+)\}|([1-9])|([A-Za-z_]\w*))")


class Nature(StrEnum):
    """
    What the client decides of a text.
    """

    PATH = "the decoded path"
    """Everything but NUL: ``%0a`` has become a line break, ``%20`` a blank."""
    RAW = "text of the request as it was sent"
    """One line of a request: no line break, no NUL."""
    HOST = "the name of the host"
    """Neither blanks nor ``/``; upper case has become lower case."""


_PATHS = frozenset(
    {
        "document_uri",
        "fastcgi_path_info",
        "fastcgi_script_name",
        "request_filename",
        "uri",
    }
)
_RAW = frozenset({"args", "query_string", "request_uri"})
_RAW_PREFIXES = ("arg_", "cookie_", "http_")


def nature_of(name: str) -> Nature | None:
    """
    What the client decides of one of nginx's own variables; None when nothing, or not known.
    """
    if name in _PATHS:
        return Nature.PATH
    if name in _RAW or name.startswith(_RAW_PREFIXES):
        return Nature.RAW
    return Nature.HOST if name == "host" else None


class Regex(Struct, frozen=True):
    """
    A regular expression of a configuration, and what it is matched against.
    """

    text: str
    caseless: bool
    pattern: Pattern | None
    """None when it was not understood."""
    nature: Nature | None
    """Of the text it is matched against; None when that is mixed or not known."""
    subject: str
    """That text as written: ``$uri``, ``$http_user_agent``."""
    directive: Directive
    scope: Scope
    positive: bool = True
    """False for ``!~``: what follows then holds when it does not match."""


class Literal(Struct, frozen=True):
    """
    Text that stands there.
    """

    text: str


class Given(Struct, frozen=True):
    """
    A variable of nginx that the client decides.
    """

    name: str
    nature: Nature


class Captured(Struct, frozen=True):
    """
    What an expression captures.
    """

    name: str
    """``1``, or the name of the part."""
    number: int
    regex: Regex


class Opaque(Struct, frozen=True):
    """
    A variable of which nothing is known, or that the client does not decide.
    """

    name: str


Leaf: TypeAlias = Literal | Given | Captured | Opaque
Leaves: TypeAlias = tuple[Leaf, ...]
"""A text taken apart; what several assignments may make of it are several such."""


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """
    Literal text and the name of the variable after it, in turn; the last name is empty.
    """
    position = 0
    for found in _VARIABLE.finditer(text):
        yield text[position : found.start()], found[1] or found[2] or found[3]
        position = found.end()
    yield text[position:], ""


def names(text: str) -> frozenset[str]:
    """
    The variables in a text.
    """
    return frozenset(name for _, name in pieces(text) if name) if "$" in text else frozenset()


def is_path(text: bytes) -> bool:
    """
    Whether a text may be a path after nginx decoded and normalized it.
    """
    segments = text.split(b"/")
    clean = b"" not in segments[1:-1] and not {b".", b".."}.intersection(segments)
    return text.startswith(b"/") and clean and b"\0" not in text


def is_line(text: bytes) -> bool:
    """
    Whether a text may be (a part of) one line of a request.
    """
    return not any(char < 32 or char == 127 for char in text)


def is_host(text: bytes) -> bool:
    """
    Whether a text may be the host that nginx matches server names against.
    """
    return all(33 <= char < 127 and char not in b"/:\\[]" for char in text) and text == text.lower()


ACCEPT = {Nature.PATH: is_path, Nature.RAW: is_line, Nature.HOST: is_host}
"""Which texts a variable of a nature may hold."""


def as_request(path: bytes) -> str:
    """
    A path as a client writes it.
    """
    return quote(path, safe="/:@!$&'()*+,;=~.-_")
