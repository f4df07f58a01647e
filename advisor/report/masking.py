"""
The last guard against printing a secret together with the line that holds it.

Values are masked where they are parsed; source lines reach a report as they stand in the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

STARS = "***"

_VALUE = r"""(?:"(?P<{0}d>[^"]*)"|'+(?P<{0}s>[^']*)'|(?P<{0}b>[^\s"',;)}}\]]+))"""
_SECRETS = (
    # pg_hba.conf: a list of secrets, and quotes around a value or around the whole option
    regex.lazy(r"""(?i)(?:ldapbindpasswd|radiussecrets)=(?P<hba>(?:"[^"]*"|[^\s"])+)"""),
    # connection strings of pgbouncer.ini: two quotes stand for one
    regex.lazy(r"""(?i)password\s*=\s*'(?P<ini>(?:[^']|'')*)'"""),
    # auth_file of PgBouncer: "user" "password"
    regex.lazy(r"""^\s*"(?:[^"]|"")*"\s*"(?P<users>(?:[^"]|"")*)"""),
    # scheme://user:password@host; the password may hold anything but blanks, slashes and quotes
    regex.lazy(r"""://[^\s:/@"']*:(?P<url>[^\s/"']+)@"""),
    regex.lazy(
        r"""(?i)(?:passw(?:or)?d|pass|pwd|secret|token|api_?key|secret_?key)["']?\s*[=:]\s*"""
        + _VALUE.format("set")
    ),
    regex.lazy(r"(?i)\b(?:requirepass|masterauth|masteruser)\s+" + _VALUE.format("redis")),
    regex.lazy(
        r"""(?i)\bauthorization["']?[\s:=]+["']?(?:(?:bearer|basic|token)\s+)?"""
        r"""(?P<header>[^\s"';]+)"""
    ),
)
_REFERENCES = ("$", "{{", "%(", "<%", "os.", "environ", "getenv(", "env(", "config", "settings.")
"""How a value starts that only names the place of the secret."""


def secret_spans(line: str) -> list[tuple[int, int]]:
    """
    Where `line` holds what looks like a secret: half-open ranges of characters, in order.

    A reference such as ``${PGPASSWORD}`` is not a secret.
    """
    return sorted(set(_spans(line)))


def _spans(line: str) -> Iterator[tuple[int, int]]:
    for pattern in _SECRETS:
        for match in pattern.finditer(line):
            group = match.lastgroup
            if group and match[group] and not match[group].startswith(_REFERENCES):
                yield match.span(group)


def mask(text: str) -> str:
    """
    `text` with three stars in place of every secret.
    """
    parts = []
    done = 0
    for start, end in secret_spans(text):
        if end <= done:
            continue
        parts += [text[done : max(start, done)], STARS]
        done = end
    return "".join([*parts, text[done:]])
