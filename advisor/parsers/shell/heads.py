"""
Which of its words is the command that a command line runs, behind the wrappers before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor import regex
from advisor.parsers.shell.model import Field

SHELLS = frozenset({"ash", "bash", "dash", "sh", "zsh"})
WRAPPERS = frozenset(
    {
        *("catatonit", "chpst", "command", "dumb-init", "env", "exec", "gosu", "nice", "nohup"),
        *("runuser", "s6-setuidgid", "setpriv", "setsid", "setuidgid", "stdbuf", "su-exec"),
        *("sudo", "time", "timeout", "tini", "with-contenv"),
    }
)
"""Programs that start the command behind their own arguments."""
_TAKES_VALUES = frozenset(
    {
        *("chpst", "gosu", "nice", "runuser", "s6-setuidgid", "setpriv", "setuidgid", "stdbuf"),
        *("su-exec", "sudo", "timeout"),
    }
)
_SEPARATORS = ("&&", "||", ";", "|", "&")
_ASSIGNMENT = regex.lazy(r"[A-Za-z_]\w*=")


def heads(texts: Sequence[str]) -> range:
    """
    Indexes of the words that may be the command: the first behind the wrappers, or one of those
    after it where a wrapper takes values of its own.
    """
    at = 0
    while at < len(texts) and (
        base(texts[at]) in WRAPPERS
        or (at and (texts[at].startswith("-") or _ASSIGNMENT.match(texts[at])))
    ):
        at += 1
    takes = any(base(one) in _TAKES_VALUES for one in texts[:at])
    return range(at, min(at + (3 if takes else 1), len(texts)))


def separated(words: Sequence[Field]) -> Iterator[list[Field]]:
    """
    The commands that operators split words into.
    """
    command: list[Field] = []
    for word in words:
        if word.text in _SEPARATORS:
            yield command
            command = []
        else:
            command.append(word)
    yield command


def base(word: str) -> str:
    """
    The name of a program without its folder.
    """
    return word.rpartition("/")[2]
