"""
Looking through the commands of a script without running them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor import regex
from advisor.parsers.shell.model import (
    Apart,
    Case,
    Function,
    Group,
    If,
    Joined,
    Loop,
    Node,
    Not,
    Simple,
)

GUNICORN = regex.lazy(r"(?<![\w.-])(?:gunicorn3?|supervisord)(?![\w.:-])")
"""What a text has that is worth a note when it cannot be read."""
_STARTED = frozenset({"gunicorn", "gunicorn3"})
_MENTIONS = frozenset({"echo", "printf", "pip", "pip3", "apt-get", "apk", "pkill", "killall"})
_NEAR = 6
"""Words of a command among which its program is looked for, wrappers included."""


def simples(nodes: Sequence[Node]) -> Iterator[Simple]:
    """
    All simple commands in nodes, those of functions included.
    """
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Simple):
            yield node
        else:
            waiting += _inner(node)


def _inner(node: Node) -> list[Node]:
    match node:
        case Joined(parts=parts):
            return [part for _, part in parts]
        case Not(node=inner) | Function(body=inner):
            return [inner]
        case Apart(nodes=nodes) | Group(nodes=nodes):
            return list(nodes)
        case If(branches=branches, otherwise=otherwise):
            return [one for pair in branches for part in pair for one in part] + list(otherwise)
        case Case(arms=arms):
            return [one for arm in arms for one in arm.body]
        case Loop(condition=condition, body=body):
            return [*condition, *body]
    return []


def starts_gunicorn(node: Simple) -> bool:
    """
    Whether a command looks as if it started gunicorn.
    """
    words = [word.text.rpartition("/")[2] for word in node.words[:_NEAR]]
    return bool(words) and words[0] not in _MENTIONS and not _STARTED.isdisjoint(words)
