"""
The auth_file of PgBouncer: who may log in, and in what form the passwords are kept.

Source: "Authentication file format" (https://www.pgbouncer.org/config.html); behaviour checked with
the program. No password is kept, only its form.
"""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

from advisor import regex
from advisor.model import Location

_GAP = regex.lazy(r"\s+|;[^\n]*")
_ENTRY = regex.lazy(r'"((?>(?:[^"]++|"")*))"\s*+"((?>(?:[^"]++|"")*))"[^\n]*')
_PLACEHOLDER = regex.lazy(r"\{\{|\{%|\$\{")
_MD5 = regex.lazy(r"md5[0-9a-f]{32}")
_SCRAM = regex.lazy(
    r"SCRAM-SHA-256\$\d{1,10}:[A-Za-z0-9+/=]{1,999}\$[A-Za-z0-9+/=]{1,99}:[A-Za-z0-9+/=]{1,99}"
)
_MOST = 10_000
"""Users of one file that are read."""


class Form(StrEnum):
    """
    How a password is kept.
    """

    PLAIN = "plain"
    MD5 = "md5"
    SCRAM = "scram"
    EMPTY = "empty"


class User(Struct, frozen=True):
    """
    One line of the file.
    """

    name: str
    form: Form
    location: Location
    """Of the name alone: what follows it no report may show."""


class UsersDocument(Struct, frozen=True):
    """
    All users of a file, up to where PgBouncer stops reading.
    """

    path: str
    users: tuple[User, ...]
    broken: Location | None = None
    """Where the program gives up: it then knows nobody of what follows."""
    template: bool = False
    """Whether something is filled in later."""


def parse_users(path: str, text: str) -> UsersDocument:
    """
    Read a file of users. Nothing raises for bad content.

    ``;`` begins a comment and nothing else does; an entry may go on behind the end of a line.
    """
    users: list[User] = []
    at, line = 0, 1
    while at < len(text) and len(users) < _MOST:
        entry = None if (gap := _GAP.match(text, at)) else _ENTRY.match(text, at)
        match = gap or entry
        if match is None:
            template = _PLACEHOLDER.search(text) is not None
            broken = None if template else _place(path, text, at, line)
            return UsersDocument(path, tuple(users), broken, template)
        if entry:
            users.append(_user(entry, _place(path, text, at, line)))
        line += text.count("\n", at, match.end())
        at = match.end()
    return UsersDocument(path, tuple(users), template=_PLACEHOLDER.search(text) is not None)


def _user(match: re.Match[str], start: Location) -> User:
    name, secret = (part.replace('""', '"') for part in match.groups())
    end = start.column + match.end(1) - match.start() + 1
    return User(
        name, _form(secret), Location(start.path, start.line, start.column, start.line, end)
    )


def _form(secret: str) -> Form:
    if not secret:
        return Form.EMPTY
    if _MD5.fullmatch(secret):
        return Form.MD5
    return Form.SCRAM if _SCRAM.fullmatch(secret) else Form.PLAIN


def _place(path: str, text: str, at: int, line: int) -> Location:
    """
    One character: nothing behind it is shown.
    """
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return Location(path, line, column, line, column + 1)
