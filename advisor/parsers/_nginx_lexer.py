"""
Words of an nginx configuration with their exact places.

crossplane's lexer cuts the text; three things are done around it. It is fed runs of plain
characters where it expects single ones, which changes no word and makes it three times as fast.
Variables (``${name}``), template tags and Lua blocks go in whole, because taken apart they upset
it: it glues ``${uri} $args`` together and counts the braces inside Lua. And every word's offset is
found again in the text, from which lines and columns follow; crossplane knows neither columns nor
the line of a block's end. Its parser is not used: it loses the whole tree at the first unbalanced
brace, reports no line for a missing ``;`` at the end, and drops the places of arguments.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Token: TypeAlias = tuple[str, int, int, bool]
"""Word, offset of its first character, offset after its last one, whether it was quoted."""

MARKUP = re.compile(
    r"\{\{[^\n]{0,300}?\}\}|\{%[^\n]{0,300}?%\}|\{\#[^\n]{0,300}?\#\}|<%[^\n]{0,300}?%>"
)
"""One tag of a template language. The bound keeps hostile text linear."""

# Lua is taken out only where a statement may begin, so never inside a comment.
_LUA = re.compile(r"(?:^|[;{}])[ \t]*([a-z_]+_by_lua_block)(?:\s+\$\w+)?\s*\{", re.MULTILINE)
_LUA_PART = re.compile(
    r"""(?:--)?\[(?P<level>=*)\[|--[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[{}]"""
)
_WHOLE = MARKUP.pattern + r"|\$\{[^}\s]{0,100}\}|\\."
_CHUNK = re.compile(_WHOLE + r"""|\$?[^\s\\{};"'#$<]+|[^\S\n]+|.""", re.DOTALL)
_CHUNK_WITH_BRACES = re.compile(
    _WHOLE + r"""|\$?[^\s\\{};"'#$<][^\s\\{;"'#$<]*|[^\S\n]+|.""", re.DOTALL
)
_BRACE_IN_WORD = re.compile(r"""[^\s\\{};"'#$<]\}""")
_QUOTE = re.compile(r"\s*([\"'])")


def has_brace_in_word(text: str) -> bool:
    """
    Whether a ``}`` touches the word before it. nginx then takes it for a part of the word.
    """
    return _BRACE_IN_WORD.search(text) is not None


def lex(text: str, *, braces_in_words: bool = False) -> Iterator[Token]:
    """
    Words in order. Comments come as words that begin with ``#``, and braces and ``;`` as words.

    A Lua block is one word, from its name to the closing brace. Ends without complaint at a quote
    that is never closed; `text` from the end of the last word on is then not blank.
    With `braces_in_words` a ``}`` that touches the word before it belongs to that word.
    """
    # The lexer that takes text rather than a file name is private; its interface has not
    # changed since 2016, and the tests hold it.
    from crossplane.lexer import _lex_file_object  # noqa: PLC0415 - start-up cost

    # The line break ends a comment or a word on the last line, which would be dropped else.
    with suppress(_lexer_error()):
        chunk = _CHUNK_WITH_BRACES if braces_in_words else _CHUNK
        yield from _located(text, _lex_file_object([_chunks(text, chunk), ("\n",)]))


def _lexer_error() -> type[Exception]:
    """
    What crossplane raises where a Lua block does not begin as it should.
    """
    from crossplane.errors import NgxParserBaseException  # noqa: PLC0415 - start-up cost

    error: type[Exception] = NgxParserBaseException
    return error


def _located(text: str, words: Iterable[tuple[str, int, bool]]) -> Iterator[Token]:
    cursor = 0
    for word, _, quoted in words:
        start, end = _quoted(text, word, cursor) if quoted else _plain(text, word, cursor)
        if start < 0:
            return
        yield word, start, end, quoted
        cursor = end


def lua_name(word: str) -> str | None:
    """
    Name of the directive when the word is a whole Lua block, else None.
    """
    match = _LUA.match(word) if word.endswith("}") else None
    return match[1] if match else None


def _plain(text: str, word: str, cursor: int) -> tuple[int, int]:
    start = text.find(word, cursor)
    return start, start + len(word)


def _quoted(text: str, word: str, cursor: int) -> tuple[int, int]:
    opening = _QUOTE.match(text, cursor)
    if opening is None:
        return -1, -1
    # crossplane drops the backslash before an escaped quote, and no other character.
    escapes = word.count(opening[1])
    return opening.start(1), opening.end() + len(word) + escapes + 1


def _chunks(text: str, chunk: re.Pattern[str]) -> Iterator[str]:
    done = 0
    for start, end in _lua_spans(text):
        yield from chunk.findall(text, done, start)
        yield text[start:end]
        done = end
    yield from chunk.findall(text, done)


def _lua_spans(text: str) -> Iterator[tuple[int, int]]:
    if "_by_lua_block" not in text:
        return
    position = 0
    while match := _LUA.search(text, position):
        end = _lua_end(text, match.end())
        if end is None:
            return
        yield match.start(1), end
        position = end


def _lua_end(text: str, position: int) -> int | None:
    depth = 1
    while depth:
        part = _LUA_PART.search(text, position)
        if part is None:
            return None
        position = part.end()
        if part["level"] is not None:
            closing = f"]{part['level']}]"
            end = text.find(closing, position)
            if end < 0:
                return None
            position = end + len(closing)
        depth += {"{": 1, "}": -1}.get(part[0], 0)
    return position
