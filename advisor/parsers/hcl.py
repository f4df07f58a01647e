"""
Files of Terraform: blocks and attributes with their places.

Only what configuration is written in is understood: texts, numbers, switches, lists, objects,
references. Every other expression (calls, operators, conditions, loops) is `Opaque`: where it
stands is known, what it gives is not. Nothing is evaluated.

A reader of our own, because python-hcl2 takes 23 s for 8,000 lines, ends with a RecursionError at
300 brackets, and keeps nothing of a file with a slip in its last line.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from advisor import regex
from advisor.bulk import collector_paused
from advisor.model import Location, Problem
from advisor.parsers._hcl_lexer import MAX_NESTING, HclError, Piece, Places, Token, Type, tokens
from advisor.parsers._hcl_model import (
    Block,
    Expression,
    HclDocument,
    ListOf,
    Literal,
    ObjectOf,
    Opaque,
    Reference,
    Scalar,
    Template,
)

__all__ = [
    "Block",
    "Expression",
    "HclDocument",
    "ListOf",
    "Literal",
    "ObjectOf",
    "Opaque",
    "Reference",
    "Scalar",
    "Template",
    "parse_hcl",
]


_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")
_REFERENCE = regex.lazy(
    r"\s*+([^\W\d][\w-]*+(?>(?:\.[\w-]++|\[\d{1,9}+\]|\[\"[^\"\\]++\"\])*))\s*+"
)
_STEP = regex.lazy(r"[\w-]++|\"([^\"\\]++)\"")


@collector_paused()
def parse_hcl(path: str, text: str) -> HclDocument:
    """
    Read one file. Never fails: what stands behind a mistake is left out, and the problem says so.
    """
    text = text.removeprefix("\ufeff")
    places = Places(path, text)
    parser = _Parser(text, places)
    problems = []
    try:
        parser.read()
    except HclError as error:
        place = places.span(error.start, error.start + 1)
        # Terraform itself says what is wrong with a file; here it only matters what is missing.
        message = f"{error}; the rest of the file is not read"
        problems.append(Problem(message, place, category="note"))
    return HclDocument(path, parser.root(), tuple(problems))


class _Open(Struct):
    """
    A block whose end has not come yet.
    """

    type: str
    labels: tuple[str, ...]
    location: Location
    attributes: dict[str, Expression]
    blocks: list[Block]

    def closed(self) -> Block:
        return Block(self.type, self.labels, self.attributes, tuple(self.blocks), self.location)


class _Parser:
    """
    One pass over the words of a file.
    """

    def __init__(self, text: str, places: Places) -> None:
        self._text = text
        self._places = places
        self._words = tokens(text)
        self._next = Token(Type.NEWLINE, "", 0, 0)
        self._depth = 0
        self._loose = False
        """Whether lines end nothing: in square brackets."""
        self._open = [_Open("", (), places.span(0, 0), {}, [])]

    def root(self) -> Block:
        """
        The file as far as it was read.
        """
        while len(self._open) > 1:
            self._close()
        return self._open[0].closed()

    def read(self) -> None:
        """
        Read to the end. Raises `HclError` at the first mistake.
        """
        self._take()
        while self._next.type is not Type.END:
            if self._next.type is Type.NEWLINE:
                self._take()
            elif self._is("}") and len(self._open) > 1:
                self._take()
                self._close()
            elif self._next.type is Type.WORD:
                self._entry()
            else:
                raise self._unexpected("a name")
        if len(self._open) > 1:
            raise self._unexpected("}")

    def _take(self) -> Token:
        taken, self._next = self._next, next(self._words, self._next)
        return taken

    def _is(self, sign: str) -> bool:
        return self._next.type is Type.SIGN and self._next.text == sign

    def _unexpected(self, wanted: str) -> HclError:
        found = self._next
        what = {Type.END: "the end", Type.NEWLINE: "the end of the line", Type.TEXT: "a string"}
        shown = what.get(found.type) or found.text[:40]
        return HclError(f"{wanted} expected, not {shown}", found.start)

    def _close(self) -> None:
        last = self._open.pop()
        self._open[-1].blocks.append(last.closed())

    def _entry(self) -> None:
        """
        An attribute, or the first line of a block.
        """
        name = self._take()
        if self._is("="):
            self._take()
            self._open[-1].attributes[name.text] = self._expression()
            return
        labels: list[str] = []
        end = name.end
        while self._next.type in (Type.TEXT, Type.WORD):
            label = self._take()
            labels.append(label.text or "".join(one.text for one in label.pieces))
            end = label.end
        if not self._is("{"):
            raise self._unexpected("= or {")
        self._take()
        if len(self._open) > MAX_NESTING:
            raise self._too_deep()
        place = self._places.span(name.start, end)
        self._open.append(_Open(name.text, tuple(labels), place, {}, []))

    def _too_deep(self) -> HclError:
        return HclError(f"more than {MAX_NESTING} levels", self._next.start)

    def _expression(self) -> Expression:
        """
        What stands up to the end of the line, or up to a comma or bracket of what is around it.
        """
        start = self._next.start
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise self._too_deep()
        loose = self._loose
        found, end = self._simple()
        self._depth -= 1
        self._loose = loose
        if loose:
            self._blank_lines()
        if self._ends():
            return found
        end = self._skip(end)
        return Opaque(self._places.span(start, end))

    def _ends(self) -> bool:
        ended = self._next.type in (Type.NEWLINE, Type.END)
        return ended or any(map(self._is, (",", "]", "}", ")", ":", "=")))

    def _skip(self, end: int) -> int:
        """
        Pass over the rest of an expression, and say where it ends.
        """
        depth = 0
        while self._next.type is not Type.END:
            sign = self._next.text if self._next.type is Type.SIGN else ""
            line_ends = self._next.type is Type.NEWLINE and not self._loose
            if not depth and (line_ends or sign in (",", *_CLOSE)):
                break
            depth += (sign in _OPEN) - (sign in _CLOSE)
            taken = self._take()
            end = end if taken.type is Type.NEWLINE else taken.end
        return end

    def _simple(self) -> tuple[Expression, int]:
        """
        The first operand and where it ends; what is none of ours is passed over.
        """
        first = self._take()
        if first.type is Type.TEXT:
            return self._string(first), first.end
        if first.type is Type.NUMBER:
            return self._literal(_number(first.text), first, first.end), first.end
        if first.text == "-" and self._next.type is Type.NUMBER:
            number = self._take()
            return self._literal(-_number(number.text), first, number.end), number.end
        if first.type is Type.WORD:
            return self._named(first)
        if first.text == "[":
            return self._list(first)
        if first.text == "{":
            return self._object(first)
        if first.text in ("(", "!", "-"):
            end = self._bracket(first) if first.text == "(" else self._skip(first.end)
            return Opaque(self._places.span(first.start, end)), end
        self._next = first
        raise self._unexpected("a value")

    def _literal(self, value: Scalar, first: Token, end: int) -> Literal:
        return Literal(value, self._places.span(first.start, end))

    def _string(self, token: Token) -> Expression:
        place = self._places.span(token.start, token.end)
        if not any(one.filled for one in token.pieces):
            return Literal("".join(one.text for one in token.pieces), place)
        return Template(tuple(_part(one, place) for one in token.pieces), place)

    def _named(self, first: Token) -> tuple[Expression, int]:
        if first.text in _WORDS:
            return self._literal(_WORDS[first.text], first, first.end), first.end
        if self._is("("):
            end = self._bracket(self._take())
            return Opaque(self._places.span(first.start, end)), end
        match = _REFERENCE.match(self._text, first.start)
        steps, reach = (_steps(match[1]), match.end(1)) if match else ((first.text,), first.end)
        end = first.end
        while self._next.start < reach and self._next.type is not Type.END:
            end = self._take().end
        return Reference(steps, self._places.span(first.start, end)), end

    def _bracket(self, opening: Token) -> int:
        """
        Pass over what stands in brackets, and say where they end.
        """
        depth, end = 1, opening.end
        while depth:
            if self._next.type is Type.END:
                raise self._unexpected("a closing bracket")
            taken = self._take()
            end = taken.end
            if taken.type is Type.SIGN:
                depth += (taken.text in _OPEN) - (taken.text in _CLOSE)
        return end

    def _blank_lines(self) -> None:
        while self._next.type is Type.NEWLINE:
            self._take()

    def _list(self, first: Token) -> tuple[Expression, int]:
        items: list[Expression] = []
        self._loose = True
        self._blank_lines()
        if self._next.text == "for":
            end = self._bracket(first)
            return Opaque(self._places.span(first.start, end)), end
        while not self._is("]"):
            items.append(self._expression())
            self._blank_lines()
            if not self._is("]"):
                self._expect(",")
                self._blank_lines()
        end = self._take().end
        return ListOf(tuple(items), self._places.span(first.start, end)), end

    def _object(self, first: Token) -> tuple[Expression, int]:
        entries: dict[str, Expression] = {}
        self._loose = False
        self._blank_lines()
        if self._next.text == "for":
            end = self._bracket(first)
            return Opaque(self._places.span(first.start, end)), end
        known = True
        while not self._is("}"):
            name = self._key()
            if not (self._is("=") or self._is(":")):
                raise self._unexpected("= or :")
            self._take()
            value = self._expression()
            if name is None:
                known = False
            else:
                entries[name] = value
            if self._is(","):
                self._take()
            elif self._next.type is not Type.NEWLINE and not self._is("}"):
                raise self._unexpected(", or }")
            self._blank_lines()
        end = self._take().end
        place = self._places.span(first.start, end)
        return (ObjectOf(entries, place) if known else Opaque(place)), end

    def _key(self) -> str | None:
        """
        The name of an entry, None when it is computed.
        """
        key = self._expression()
        if isinstance(key, Reference) and len(key.steps) == 1:
            return key.steps[0]
        known = isinstance(key, Literal) and isinstance(key.value, str)
        return str(key.value) if known and isinstance(key, Literal) else None

    def _expect(self, sign: str) -> None:
        if not self._is(sign):
            raise self._unexpected(sign)
        self._take()


def _number(text: str) -> float:
    return int(text) if text.isdigit() and len(text) <= 18 else float(text)


def _part(piece: Piece, place: Location) -> Expression:
    if not piece.filled:
        return Literal(piece.text, place)
    match = _REFERENCE.fullmatch(piece.text)
    return Reference(_steps(match[1]), place) if match else Opaque(place)


def _steps(text: str) -> tuple[str, ...]:
    return tuple(one[1] or one[0] for one in _STEP.finditer(text))
