"""
What is a secret, by its name or by its form.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from advisor import regex
from advisor.model import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASK = "***"
"""What stands in the place of a secret that was dropped."""
MAX_TEXT = 64 * 1024
"""Characters of a text that is looked through."""

_SECRET_NAME = regex.lazy(
    r"PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|(?:^|_)(?:PASS|PWD|PW|SALT)(?:_|$)"
    r"|(?:^|_)AUTH(?!_(?:METHOD|MODE|TYPE)$)(?:_|$)|KEYS?(?:_|$)|(?:^|_)DSN(?:_|$)",
    re.IGNORECASE,
)
_URL_PASSWORD = regex.lazy(r"(?<=://)([^\s:/?#@]{0,256}:)(\S{0,512})(?=@)")
_FIELD_PASSWORD = regex.lazy(
    r"(pass(?:word|wd)(?:[ \t]{0,9}=[ \t]{0,9}|[ \t]{1,9}(?=')))"
    r"('(?>(?:[^'\\]++|\\.)*)'|\"[^\"\n]*+\"|[^\s&;,'\"]++)",
    re.IGNORECASE,
)
_NAMED = regex.lazy(
    r"(?<![\w$])([A-Za-z_][\w-]{0,100}=)(?![$/~.])('[^'\n]*+'|\"[^\"\n]*+\"|[^\s&;,'\"]++)"
)
"""
``NAME=value`` and ``--name=value`` inside a command; `is_secret_name` says which are secret.
Variables and paths (``sslkey=/etc/key.pem``) are none.
"""
_FOLDERS = frozenset({"PWD", "OLDPWD"})
"""Names of the shell's own that only look like passwords."""
_SECRET_FLAG = regex.lazy(r"--?(?:requirepass|masterauth|(?:[a-z]+-)*(?:password|secret|token))")
_SECRET_FLAG_VALUE = regex.lazy(rf"({_SECRET_FLAG.pattern})=(.+)", re.DOTALL)


def is_secret_name(name: str) -> bool:
    """
    Whether a variable of that name holds a secret: ``POSTGRES_PASSWORD``, ``SECRET_KEY`` …
    """
    return name not in _FOLDERS and _SECRET_NAME.search(name) is not None


def holds_password(text: str) -> bool:
    """
    Whether a text has a password in it: in the user part of a URL, or as ``password=``.

    A text too long to be looked through in short time counts as one that has.
    """
    return len(text) > MAX_TEXT or bool(_URL_PASSWORD.search(text) or _FIELD_PASSWORD.search(text))


def wrap(name: str, text: str) -> str | Secret:
    """
    The value of an environment variable, as a `Secret` if its name or form says so.
    """
    return Secret(text) if is_secret_name(name) or holds_password(text) else text


def redact(text: str) -> str:
    """
    The text with passwords in URLs and in ``password=`` fields replaced by ``***``.

    Nothing else is left of a text that is too long to be looked through in short time.
    """
    if len(text) > MAX_TEXT:
        return MASK
    # Neither form can do without one of these, and most values have none.
    if not ("=" in text or "'" in text or "://" in text):
        return text
    text = _FIELD_PASSWORD.sub(rf"\1{MASK}", _URL_PASSWORD.sub(rf"\1{MASK}", text))
    return _NAMED.sub(_hidden, text)


def _hidden(match: re.Match[str]) -> str:
    name = match[1].removesuffix("=").replace("-", "_")
    return f"{match[1]}{MASK}" if is_secret_name(name) else match[0]


def redact_words(words: Iterable[str]) -> Iterator[str]:
    """
    The words of a command with passwords replaced: in URLs and behind ``--requirepass`` and such.
    """
    hide_next = False
    for word in words:
        yield MASK if hide_next else redact(_SECRET_FLAG_VALUE.sub(rf"\1={MASK}", word))
        hide_next = _SECRET_FLAG.fullmatch(word) is not None
