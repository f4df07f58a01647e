"""
Words of an nginx configuration with their exact places.

nginx's own rules hold, character by character: only four characters are blanks, a word ends at a
blank, a ``;`` or a ``{``, and quotes and ``#`` count only where a word begins. Two things are added
to them. Tags of template languages are taken whole, and a ``}`` that touches the word before it
can be read as a mark of its own, since whoever writes ``gzip on}`` has forgotten the ``;``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from advisor import regex

Token: TypeAlias = tuple[str, int, int, bool]
"""Word, offset of its first character, offset after its last one, whether it was quoted."""

MARKUP = regex.lazy(
    r"\{\{[^\n]{0,300}?\}\}|\{%[^\n]{0,300}?%\}|\{\#[^\n]{0,300}?\#\}|<%[^\n]{0,300}?%>"
)
"""One tag of a template language. The bound keeps hostile text linear."""

_BLANKS = r"[ \t\r\n]*+"
_SIMPLE = r"""[^\s\\{};"'#<]++"""
PLAIN = regex.lazy(
    rf"{_BLANKS}(?:({_SIMPLE})((?>(?:[ \t]++{_SIMPLE})*))[ \t]*+(?<!\$)(;|\{{(?![{{%#]))|\}})"
)
"""
A whole statement on one line, in which nothing is quoted, escaped or a template's: its name, its
arguments, and what ends it. Or a closing brace, which has none of them.

Most statements are such ones, and to read them at once takes a fraction of the time.
"""


def _token(more: str) -> re.Pattern[str]:
    """
    One word, quoted word, mark or comment, or the end of the text; `more` may be inside words.

    Matches everywhere but at a quote that is never closed.
    """
    whole = rf"{MARKUP.pattern}|\$\{{[^\s;{{}}]*+\}}|\$\{{*+|\\.?|<"
    return re.compile(
        rf"""{_BLANKS}(?:
            (?P<comment>\#[^\n]*+)
            |(?P<quoted>"(?>(?:[^"\\{{<]++|{MARKUP.pattern}|\\.|[{{<])*)"
                |'(?>(?:[^'\\{{<]++|{MARKUP.pattern}|\\.|[{{<])*)')
            |(?P<word>(?:{whole}|[^ \t\r\n\\{{}};"'\#$<])
                (?>(?:{whole}|[^ \t\r\n\\{{}};$<]++{more})*))
            |(?P<mark>[;{{}}])
            |(?P<end>\Z)
        )""",
        re.DOTALL | re.VERBOSE,
    )


TOKEN = _token("")
TOKEN_WITH_BRACES = _token(r"|\}")
"""The same where a ``}`` belongs to the word that it touches, as it does for nginx."""

_BRACE_IN_WORD = regex.lazy(r"""[^\s\\{};"'#$<]\}""")


def lex(text: str) -> Iterator[Token]:
    """
    Words, marks and comments of a text, up to its end or a quote that is never closed.
    """
    match = TOKEN.match(text)
    while match is not None and match.lastgroup not in (None, "end"):
        kind = match.lastgroup or ""
        yield match[kind], match.start(kind), match.end(kind), kind == "quoted"
        match = TOKEN.match(text, match.end())


def has_brace_in_word(text: str) -> bool:
    """
    Whether a ``}`` touches the word before it. nginx then takes it for a part of the word.
    """
    return _BRACE_IN_WORD.search(text) is not None
