"""
Guesses where a block without a closing brace was meant to end.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct, field

from advisor.catalog.nginx import Form, contexts, find, form
from advisor.parsers._nginx_model import Directive

if TYPE_CHECKING:
    from advisor.model import Location
    from advisor.parsers._nginx_lexer import Token
    from advisor.parsers._nginx_lines import Lines

FREE = frozenset(
    {"charset_map", "geo", "map", "match", "num_map", "split_clients", "types"},
)
"""Blocks whose entries are not directives."""

_ANY_WORDS = frozenset({"index", "log_format", "server_name", "try_files", "valid_referers"})
_ANY_WORDS_ENDINGS = ("_types", "_no_cache", "_cache_bypass")
_CONTEXTS = {
    "events": frozenset({"events"}),
    "http": frozenset({"http"}),
    "if": frozenset({"if", "if in location"}),
    "limit_except": frozenset({"limit_except"}),
    "location": frozenset({"location"}),
    "mail": frozenset({"mail"}),
    "server": frozenset({"server"}),
    "stream": frozenset({"stream"}),
    "upstream": frozenset({"upstream"}),
}


class Frame(Struct):
    """
    A block that is open while its file is read.
    """

    name: str
    args: tuple[str, ...]
    location: Location
    """From the name to the last word before the brace."""
    start: int
    """Offset of its name."""
    children: list[Directive] = field(default_factory=list)

    def closed(self, line: int) -> Directive:
        """
        The directive with its block; `line` is that of the brace, 0 when there is none.
        """
        return Directive(self.name, self.args, self.location, tuple(self.children), line)


def ends_by_indent(stack: list[Frame], lines: Lines, brace: int) -> int:
    """
    How many inner blocks a brace at this indentation leaves open, because it is an outer one's.
    """
    indent = lines.indent(brace)
    if not 0 <= indent < lines.indent(stack[-1].start):
        return 0
    for count, frame in enumerate(reversed(stack)):
        if lines.indent(frame.start) == indent:
            return count
    return 0


def ends_before(stack: list[Frame], name: str, *, opens: bool) -> int:
    """
    How many inner blocks must have ended before a directive that may not stand in them.

    0 when it fits, when nothing is known of it, or when it fits nowhere.
    """
    allowed = {
        context
        for spec in find(name)
        if (spec.form is Form.BLOCK) == opens
        for context in spec.contexts
    }
    for count, frame in enumerate(reversed(stack)):
        own = _CONTEXTS.get(frame.name)
        if own is None and not opens:
            return 0  # an entry of a map or the like
        if own is not None and own & allowed:
            return count
    return len(stack) if "main" in allowed else 0


def next_statement(words: list[Token], lines: Lines, *, opens: bool) -> int | None:
    """
    Index of the word that begins the next directive where the ``;`` before it is missing.

    None when all words are one directive's, as far as can be told.
    """
    name, first, _, _ = words[0]
    if len(words) < 2 or lines.row(first) == lines.row(words[-1][1]):
        return None
    shape = form(name)
    if not contexts(name) or shape is Form.BLOCK:
        return None
    for index in range(1, len(words)):
        word, start, _, quoted = words[index]
        if quoted or lines.indent(start) < 0 or not contexts(word):
            continue
        block = opens and any(spec.form is Form.BLOCK for spec in find(word))
        if shape in (Form.ONE, Form.NONE) or "_" in word or block:
            return index
    return None


def takes_any_words(name: str) -> bool:
    """
    Whether nginx takes whatever stands before the ``;``, the next line's directive too.
    """
    return name in _ANY_WORDS or name.endswith(_ANY_WORDS_ENDINGS)


@lru_cache(maxsize=2048)
def takes_no_block(name: str) -> bool:
    """
    Whether the directive is known, and nowhere a block.
    """
    return bool(contexts(name)) and all(spec.form is not Form.BLOCK for spec in find(name))
