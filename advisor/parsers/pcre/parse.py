r"""
Reads a regular expression as PCRE does, without its newline, Unicode and callout options.

nginx compiles expressions with no option but ``CASELESS``; everything is bytes. What is rare and
would change the meaning of the rest (recursion, conditions, verbs, branch reset, ``(?x)``,
``\p``, ``\K``, ``\R``) is refused rather than guessed. Source: pcre2pattern(3).
"""

from __future__ import annotations

import re

from msgspec import Struct, field
from msgspec.structs import replace

from advisor import regex
from advisor.parsers.pcre import charset
from advisor.parsers.pcre.tree import (
    Again,
    Assertion,
    At,
    Atomic,
    Chars,
    Choice,
    Greed,
    Group,
    Look,
    Node,
    Repeat,
    Sequence,
    Tree,
)

LONGEST = 2000
"""Characters of an expression; a longer one is not read."""
DEEPEST = 60
"""Groups inside groups."""
_MOST_COPIES = 1000

_QUANTIFIER = regex.lazy(rb"(?:([*+?])|\{(\d{1,5})(?:(,)(\d{1,5})?)?\})([?+]?)")
_UNSETTLED = regex.lazy(rb"\{\s*(?:,\s*)?\d[\d\s,]*\}")
"""Repetitions since PCRE2 10.43, plain text before."""
_SIMPLE = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_NAME = regex.lazy(rb"\(\?(?:P?<([A-Za-z_]\w{0,31})>|'([A-Za-z_]\w{0,31})')")
_NAMED_AGAIN = regex.lazy(rb"k(?:<(\w+)>|'(\w+)'|\{(\w+)\})|g\{([A-Za-z_]\w*)\}")
_NUMBER_AGAIN = regex.lazy(rb"g(?:(\d{1,2})|\{(\d{1,2})\})|([1-9])(?!\d)")
_FLAGS = regex.lazy(rb"\(\?([ims]*)(?:-([ims]+))?([:)])")
_COMMENT = regex.lazy(rb"\(\?#[^)]*\)")
_HEX = regex.lazy(rb"x(?:\{([0-9A-Fa-f]{1,2})\}|([0-9A-Fa-f]{1,2}))")
_POSIX = regex.lazy(rb"\[:(\^?)([a-z]+):\]")
_OPENERS: dict[bytes, tuple[bool, bool]] = {
    # Opening of a look around: ahead, negative.
    b"(?=": (True, False),
    b"(?!": (True, True),
    b"(?<=": (False, False),
    b"(?<!": (False, True),
}
_CONTROL = {"n": 10, "r": 13, "t": 9, "f": 12, "e": 27, "a": 7}
_PLACES = {
    "A": At.START,
    "z": At.VERY_END,
    "Z": At.END,
    "b": At.WORD,
    "B": At.NO_WORD,
}


class NotUnderstoodError(Exception):
    """
    The expression is wrong, or uses what is not read here.
    """


class _Flags(Struct, frozen=True):
    caseless: bool
    dots_take_breaks: bool = False
    lines: bool = False


class _Reader(Struct):
    text: bytes
    position: int = 0
    groups: int = 0
    depth: int = 0
    names: dict[str, int] = field(default_factory=dict)

    def starts(self, prefix: bytes) -> bool:
        return self.text.startswith(prefix, self.position)

    def take(self, prefix: bytes) -> bool:
        found = self.starts(prefix)
        self.position += len(prefix) if found else 0
        return found

    def match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        found = pattern.match(self.text, self.position)
        self.position = found.end() if found else self.position
        return found

    def next(self) -> str:
        if self.position >= len(self.text):
            raise NotUnderstoodError("the expression ends too early")
        self.position += 1
        return chr(self.text[self.position - 1])


def parse(text: str, *, caseless: bool = False) -> Tree:
    """
    The parts of an expression. Raises `NotUnderstoodError`.
    """
    if len(text) > LONGEST:
        raise NotUnderstoodError("the expression is too long")
    reader = _Reader(text.encode("utf-8", "surrogateescape"))
    root = _choice(reader, _Flags(caseless))
    if reader.position < len(reader.text):
        raise NotUnderstoodError("a closing parenthesis too many")
    return Tree(root, reader.groups, tuple(reader.names.items()))


def _choice(reader: _Reader, flags: _Flags) -> Node:
    """
    Everything up to the end or the closing parenthesis, which stays.
    """
    reader.depth += 1
    if reader.depth > DEEPEST:
        raise NotUnderstoodError("groups nest too deep")
    options: list[Node] = []
    items: list[Node] = []
    while reader.position < len(reader.text) and not reader.starts(b")"):
        if reader.take(b"|"):
            options.append(_sequence(items))
            items = []
        elif reader.match(_COMMENT):
            continue
        elif change := _inline(reader, flags):
            flags = change
        else:
            items += _quantified(reader, flags)
    reader.depth -= 1
    options.append(_sequence(items))
    return options[0] if len(options) == 1 else Choice(tuple(options))


def _sequence(items: list[Node]) -> Node:
    return items[0] if len(items) == 1 else Sequence(tuple(items))


def _inline(reader: _Reader, flags: _Flags) -> _Flags | None:
    """
    The flags after ``(?i)`` or ``(?-i)``, which hold up to the end of the group.
    """
    found = _FLAGS.match(reader.text, reader.position)
    if found is None or found[3] == b":" or not (found[1] or found[2]):
        return None
    reader.position = found.end()
    return _changed(flags, found)


def _changed(flags: _Flags, found: re.Match[bytes]) -> _Flags:
    fields = {b"i": "caseless", b"s": "dots_take_breaks", b"m": "lines"}
    for letters, value in ((found[1], True), (found[2] or b"", False)):
        for letter in letters:
            flags = replace(flags, **{fields[bytes([letter])]: value})
    return flags


def _quantified(reader: _Reader, flags: _Flags) -> list[Node]:
    if reader.take(rb"\Q"):
        end = reader.text.find(rb"\E", reader.position)
        end = end if end >= 0 else len(reader.text)
        quoted = reader.text[reader.position : end]
        reader.position = min(end + 2, len(reader.text))
        if _QUANTIFIER.match(reader.text, reader.position):
            raise NotUnderstoodError("a quantifier after quoted text")
        return [_char(char, flags) for char in quoted]
    if reader.take(rb"\E"):
        return []
    node = _atom(reader, flags)
    found = reader.match(_QUANTIFIER)
    if found is None and _UNSETTLED.match(reader.text, reader.position):
        raise NotUnderstoodError("a repetition that not all versions read alike")
    if found is None:
        return [node]
    if isinstance(node, (Assertion, Look)):
        raise NotUnderstoodError("a quantifier after an assertion")
    low, high = _bounds(found)
    greed = {b"": Greed.MANY, b"?": Greed.FEW, b"+": Greed.ALL}[found[5]]
    if _QUANTIFIER.match(reader.text, reader.position):
        raise NotUnderstoodError("a quantifier after a quantifier")
    return [Repeat(node, low, high, greed)]


def _bounds(found: re.Match[bytes]) -> tuple[int, int | None]:
    if found[1]:
        return _SIMPLE[found[1].decode()]
    low = int(found[2])
    high = low if not found[3] else int(found[4]) if found[4] else None
    if max(low, high or 0) > _MOST_COPIES or (high is not None and high < low):
        raise NotUnderstoodError("a repetition that is too long")
    return low, high


def _atom(reader: _Reader, flags: _Flags) -> Node:
    if reader.starts(b"("):
        return _group(reader, flags)
    if reader.starts(b"[:") or reader.starts(b"[[."):
        raise NotUnderstoodError("a class outside of brackets")
    if reader.take(b"["):
        return Chars(_brackets(reader, flags))
    char = reader.next()
    if char == "\\":
        return _escape(reader, flags)
    if char == ".":
        everything = charset.EVERYTHING
        return Chars(everything if flags.dots_take_breaks else everything & ~charset.NEWLINE)
    if char == "^":
        return Assertion(At.LINE_START if flags.lines else At.START)
    if char == "$":
        return Assertion(At.LINE_END if flags.lines else At.END)
    if char in "*+?":
        raise NotUnderstoodError("a quantifier with nothing before it")
    return _char(ord(char), flags)


def _char(char: int, flags: _Flags) -> Chars:
    mask = 1 << char
    return Chars(charset.without_case(mask) if flags.caseless else mask)


def _group(reader: _Reader, flags: _Flags) -> Node:
    for opening, (ahead, negative) in _OPENERS.items():
        if reader.take(opening):
            return Look(_closed(reader, flags), ahead=ahead, negative=negative)
    if reader.take(b"(?>"):
        return Atomic(_closed(reader, flags))
    found = _FLAGS.match(reader.text, reader.position)
    if found and found[3] == b":":
        reader.position = found.end()
        return _closed(reader, _changed(flags, found))
    named = reader.match(_NAME)
    if not named and (reader.starts(b"(?") or reader.starts(b"(*")):
        raise NotUnderstoodError("a kind of group that is not read")
    if not named:
        reader.position += 1
    reader.groups += 1
    number = reader.groups
    if named:
        name = (named[1] or named[2]).decode()
        if name in reader.names:
            raise NotUnderstoodError("a name that is given twice")
        reader.names[name] = number
    return Group(_closed(reader, flags), number)


def _closed(reader: _Reader, flags: _Flags) -> Node:
    node = _choice(reader, flags)
    if not reader.take(b")"):
        raise NotUnderstoodError("a parenthesis is not closed")
    return node


def _escape(reader: _Reader, flags: _Flags) -> Node:
    named = reader.match(_NAMED_AGAIN)
    if named:
        name = next(one for one in named.groups() if one).decode()
        if name not in reader.names:
            raise NotUnderstoodError("a group of this name comes later or never")
        return Again(reader.names[name], folded=flags.caseless)
    numbered = reader.match(_NUMBER_AGAIN)
    if numbered:
        number = int(next(one for one in numbered.groups() if one))
        if not 0 < number <= reader.groups:
            raise NotUnderstoodError("a group of this number comes later or never")
        return Again(number, folded=flags.caseless)
    letter = chr(reader.text[reader.position]) if reader.position < len(reader.text) else ""
    if letter in _PLACES and letter:
        reader.position += 1
        return Assertion(_PLACES[letter])
    if letter == "N":
        reader.position += 1
        return Chars(charset.EVERYTHING & ~charset.NEWLINE)
    mask = _set_or_char(reader)
    return Chars(charset.without_case(mask) if flags.caseless else mask)


def _set_or_char(reader: _Reader) -> int:
    """
    What an escape stands for that means the same in brackets and outside.
    """
    found = reader.match(_HEX)
    if found:
        return 1 << int(found[1] or found[2], 16)
    letter = reader.next()
    if letter in charset.CLASSES:
        return charset.CLASSES[letter]
    if letter in _CONTROL:
        return 1 << _CONTROL[letter]
    if letter.isalnum():
        raise NotUnderstoodError("an escape that is not read")
    return 1 << ord(letter)


def _brackets(reader: _Reader, flags: _Flags) -> int:
    negative = reader.take(b"^")
    mask = 0
    first = True
    while first or not reader.take(b"]"):
        first = False
        mask |= _member(reader)
    mask = charset.without_case(mask) if flags.caseless else mask
    return charset.EVERYTHING & ~mask if negative else mask


def _member(reader: _Reader) -> int:
    """
    One member of a class in brackets: a character, a range, a set.
    """
    posix = reader.match(_POSIX)
    if posix:
        mask = charset.NAMED.get(posix[2].decode())
        if mask is None:
            raise NotUnderstoodError("a class of this name is not known")
        return charset.EVERYTHING & ~mask if posix[1] else mask
    low = _bracket_char(reader)
    ranged = reader.starts(b"-") and not reader.starts(b"-]")
    if not ranged or low.bit_count() > 1:
        return low
    reader.position += 1
    high = _bracket_char(reader)
    if high.bit_count() > 1 or high < low:
        raise NotUnderstoodError("a range that is none")
    return charset.between(low.bit_length() - 1, high.bit_length() - 1)


def _bracket_char(reader: _Reader) -> int:
    char = reader.next()
    if char == "[" and (reader.starts(b".") or reader.starts(b"=")):
        raise NotUnderstoodError("a collating element")
    if char != "\\":
        return 1 << ord(char)
    if reader.take(b"b"):
        return 1 << 8
    return _set_or_char(reader)
