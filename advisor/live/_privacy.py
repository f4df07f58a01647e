"""
What a snapshot must not hold: passwords, and values of table data unless they were asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from advisor import regex
from advisor.parsers.redaction import MASK, is_secret_name, redact

Row: TypeAlias = Mapping[str, Any]

_HARMLESS = frozenset(
    {"password_encryption", "ssl_key_file", "ssl_passphrase_command_supports_reload"}
)
"""Settings whose names only look like secrets."""
_OPTIONS = regex.lazy(
    r"(?i)^(ldapbindpasswd|radiussecrets|[^=]*(?:secret|passw)[^=]*)=.*", re.DOTALL
)
_LITERAL = regex.lazy(
    r"\"[^\"]*+\""
    r"|\b[Ee]'(?>(?:[^'\\]++|\\.|'')*)(?:'|\\?\Z)"
    r"|(?:\b[BbXxNn]|\b[Uu]&)?'(?>(?:[^']++|'')*)(?:'|\Z)"
    r"|\$([^\W\d]\w*|)\$.*?(?:\$\1\$|\Z)"
    r"|/\*.*?(?:\*/|\Z)|--[^\n]*+",
    re.DOTALL,
)
"""Names in quotes, constants, comments. What is cut off in the middle goes on to the end."""


def clean(section: str, row: Row, *, samples: bool) -> Row:
    """
    A row without secrets.
    """
    if section in ("settings", "role_settings"):
        return _setting(row)
    if section == "hba" and "options" in row:
        options = [_OPTIONS.sub(rf"\1={MASK}", one) for one in row["options"]]
        return {**row, "options": options}
    if (section == "hba" and "error" in row) or section == "file_errors":
        return {**row, "error": redact(row["error"])}
    if section == "statements":
        return {**row, "query": redact(row["query"]) if samples else anonymous(row["query"])}
    return row


def anonymous(query: str) -> str:
    """
    A statement without constants of text and without comments.

    The extension replaces constants by parameters, but not always: a statement whose entry was
    evicted while it ran is kept as it was written.
    """
    return _LITERAL.sub(_replacement, query).strip()


def _replacement(match: re.Match[str]) -> str:
    if match[0].startswith('"'):
        return match[0]
    return "" if match[0].startswith(("/*", "--")) else "'?'"


def _setting(row: Row) -> Row:
    secret = is_secret_name(row["name"].rpartition(".")[2]) and row["name"] not in _HARMLESS
    kept = dict(row)
    for key in ("setting", "boot"):
        text = kept.get(key)
        if text:
            kept[key] = MASK if secret else redact(text)
    return kept
