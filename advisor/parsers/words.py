"""
Commands as words, the way a shell would split them; no shell is run.
"""

from __future__ import annotations

from msgspec import Struct

from advisor import regex

_BLANK = " \t\r\n"
_PLAIN = regex.lazy(r"[^\s'\"\\$`]+")
_INSIDE = regex.lazy(r'[^"\\$`]+')
_BRACES = regex.lazy(r"[{}]")
_ESCAPABLE = '"$`\n'
MAX_NESTING = 50
"""Braces within the braces of a variable."""


class Word(Struct, frozen=True):
    """
    One word, quotes taken off.
    """

    text: str
    """Without its quotes; variables are as they are written."""
    start: int
    """Offset of the first character, quotes included."""
    end: int
    """Offset behind the last one."""
    quoted: bool
    """Whether any part was quoted or escaped: its blanks then do not separate words."""


class UnclosedQuoteError(ValueError):
    """
    A quote or a brace that nothing closes.
    """


def split_words(
    text: str, *, protect_dollars: bool = False, escape: str = "\\"
) -> tuple[Word, ...]:
    """
    The words of a text, split at blanks outside of quotes and of ``${…}``.

    There are no comments, and operators like ``&&`` are words like any other. With
    `protect_dollars` a dollar that a shell would not replace (escaped, or in single quotes) is
    written ``$$``. `escape` is what quotes the next character. Raises `UnclosedQuoteError`.
    """
    scanner = _Scanner(text, protect_dollars=protect_dollars, escape=escape)
    words: list[Word] = []
    while (word := scanner.word()) is not None:
        words.append(word)
    return tuple(words)


class _Scanner:
    """
    Goes through a text once, from left to right.
    """

    def __init__(self, text: str, *, protect_dollars: bool, escape: str) -> None:
        self.text = text
        self.escape = escape
        self.at = 0
        self.dollar = "$$" if protect_dollars else "$"
        self.quoted = False

    def word(self) -> Word | None:
        """
        The next word, None at the end.
        """
        while self.at < len(self.text) and self.text[self.at] in _BLANK:
            self.at += 1
        if self.at == len(self.text):
            return None
        start, self.quoted = self.at, False
        parts: list[str] = []
        while self.at < len(self.text) and self.text[self.at] not in _BLANK:
            parts.append(self._part())
        return Word("".join(parts), start, self.at, quoted=self.quoted)

    def _part(self) -> str:
        char = self.text[self.at]
        if char == "'":
            return self._single()
        if char == '"':
            return self._double()
        if char == self.escape:
            return self._escape()
        if char == "$":
            return self._variable()
        plain = _PLAIN.match(self.text, self.at)
        self.at = plain.end() if plain else self.at + 1
        return plain[0] if plain else char

    def _single(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise UnclosedQuoteError("a single quote is not closed")
        body = self.text[self.at + 1 : end]
        self.at, self.quoted = end + 1, True
        return body.replace("$", self.dollar)

    def _double(self) -> str:
        self.at += 1
        self.quoted = True
        parts: list[str] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == '"':
                self.at += 1
                return "".join(parts)
            parts.append(self._inside(char))
        raise UnclosedQuoteError("a double quote is not closed")

    def _inside(self, char: str) -> str:
        if char == "$":
            return self._variable()
        if char != self.escape:
            plain = _INSIDE.match(self.text, self.at)
            self.at = plain.end() if plain else self.at + 1
            return plain[0] if plain else char
        follower = self.text[self.at + 1 : self.at + 2]
        if not follower or follower not in _ESCAPABLE + self.escape:
            self.at += 1
            return char
        return self._escape()

    def _escape(self) -> str:
        char = self.text[self.at + 1 : self.at + 2]
        self.at += 1 + len(char)
        self.quoted = True
        if char == "\n":
            return ""
        return self.dollar if char == "$" else char

    def _variable(self) -> str:
        start = self.at
        following = self.text[start + 1 : start + 2]
        self.at += 2 if following == "$" else 1
        if following == "{":
            self._skip_braces()
        return self.text[start : self.at]

    def _skip_braces(self) -> None:
        depth = 0
        for brace in _BRACES.finditer(self.text, self.at):
            depth += 1 if brace[0] == "{" else -1
            if depth == 0:
                self.at = brace.end()
                return
            if depth > MAX_NESTING:
                break
        raise UnclosedQuoteError("${ is not closed")
