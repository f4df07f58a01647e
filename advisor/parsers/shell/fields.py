"""
Parts of words: put together, split, and changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from advisor import regex
from advisor.parsers.shell.model import UNKNOWN, Field, ShellSyntaxError

MAX_VALUE = 8 * 1024
"""Characters of one value."""
MAX_WORDS = 2_000
"""Words that one may become, and those of a list."""
_VARIABLE = regex.lazy(r"\$\{[^{}]*\}")


class Fields:
    """
    The words that one becomes while its parts are expanded.
    """

    def __init__(self) -> None:
        self.found: list[Field] = []
        self._parts: list[Field] = []
        self._kept = False
        """Whether the word stays even when it is empty."""

    def end(self) -> list[Field]:
        """
        End the word at hand, and give all so far.
        """
        if self._kept:
            self.found.append(glued(self._parts))
        if len(self.found) > MAX_WORDS:
            raise ShellSyntaxError("becomes too many words", 1)
        self._parts, self._kept = [], False
        return self.found

    def add(self, part: Field, *, kept: bool) -> None:
        """
        Go on with the word at hand.
        """
        self._parts.append(part)
        self._kept = self._kept or kept

    def add_list(self, parts: Sequence[Field]) -> None:
        """
        Words of a list: the first goes on with the one at hand.
        """
        for at, one in enumerate(parts):
            if at:
                self.end()
            self.add(one, kept=True)

    def add_split_list(self, parts: Sequence[Field]) -> None:
        """
        Words of a list that is not quoted.
        """
        for at, one in enumerate(parts):
            if at:
                self.end()
            self.add_split(one)

    def add_split(self, part: Field) -> None:
        """
        A value that is not quoted: blanks of it end words.
        """
        pieces = None if part.whole else split(part)
        if pieces is None:
            self.add(part, kept=bool(part.shown) or part.whole)
            return
        text = part.plain or ""
        if text[:1].isspace():
            self.end()
        self.add_list([replace(part, shown=one, plain=one) for one in pieces])
        if pieces and text[-1:].isspace():
            self.end()


def literal(text: str, guessed: frozenset[str] = frozenset()) -> Field:
    """
    A text that is known.
    """
    return Field(text, text, guessed)


def without_variables(shown: str) -> str:
    """
    A text as it is shown, without the variables in it.
    """
    return _VARIABLE.sub("", shown)


def flat(pieces: Iterator[Field | list[Field]]) -> list[Field]:
    """
    The parts of a text, lists among them opened.
    """
    return [one for piece in pieces for one in (piece if isinstance(piece, list) else [piece])]


def listed(values: Sequence[Field], *, quoted: bool, star: bool) -> Field | list[Field]:
    """
    ``$@`` and the like: one text for ``"$*"``, else a list; unquoted without its empty words.
    """
    if star:
        spaced = [part for one in values for part in (Field(" ", " "), one)][1:]
        return glued(spaced)
    if quoted:
        return list(values)
    return [one for one in values if one.shown]


def cased(value: Field, sign: str) -> Field:
    """
    A text in upper or lower case, or with its first letter so.
    """
    if value.plain is None:
        return UNKNOWN
    change: Callable[[str], str] = str.lower if sign[0] == "," else str.upper
    text = value.plain
    changed = change(text) if len(sign) == 2 else change(text[:1]) + text[1:]
    return Field(changed, changed, value.guessed)


def split(piece: Field) -> list[str] | None:
    """
    The parts that an unquoted value falls into, None where it stays as it is written.

    A variable of the container with one plain word stays one, so that it can be told where the
    word comes from; one that nothing sets may be set to anything.
    """
    text = piece.plain
    if text is None:
        return None
    if not text:
        return None if piece.guessed and piece.shown else []
    written = piece.shown == text
    if written or any(letter.isspace() for letter in text) or text.startswith("-"):
        return text.split()
    return None


def glued(parts: Sequence[Field], guessed: frozenset[str] = frozenset()) -> Field:
    """
    Several parts as one text.
    """
    if len(parts) == 1:
        (only,) = parts
        return replace(only, guessed=only.guessed | guessed)
    if sum(len(one.shown) + len(one.text) for one in parts) > 2 * MAX_VALUE:
        return UNKNOWN
    texts = [one.plain for one in parts]
    plain = None if None in texts else "".join(one for one in texts if one is not None)
    shown = "".join(one.shown for one in parts)
    return Field(
        shown,
        plain,
        guessed.union(*(one.guessed for one in parts)),
        filled=any(one.filled or bool(one.plain) for one in parts),
    )
