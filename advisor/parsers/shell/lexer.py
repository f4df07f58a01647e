"""
Tokens of shell scripts. Redirections, here documents and comments are taken out.

Source: POSIX.1-2024, "Shell Command Language", 2.3 "Token Recognition"; what bash adds is in its
manual.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor import regex
from advisor.parsers.shell.model import ShellSyntaxError, Token

MAX_TEXT = 128 * 1024
"""Characters of one script."""
MAX_DEPTH = 20
"""Substitutions within substitutions."""

_OPERATOR = regex.lazy(r"\n|;;&|;;|;&|&&|\|\||\|&|&>>|&>|<<<|<<-|<<|<>|<&|>&|>>|>\||[;&|()<>]")
_PLAIN = regex.lazy(r"[^\s;&|()<>'\"\\$`]+")
_ARRAY = regex.lazy(r"[A-Za-z_]\w*(?:\[\w*\])?\+?=")
_ENDS = " \t\n;&|()<>"


def tokens(text: str) -> list[Token]:
    """
    The tokens of a script. Raises `ShellSyntaxError` for quotes that nothing closes.
    """
    if len(text) > MAX_TEXT:
        raise ShellSyntaxError("is too long", 1)
    return list(_Lexer(text.replace("\r\n", "\n")).run())


def skip_double(text: str, at: int, depth: int = 0) -> int:
    """
    Offset behind the double quote that closes the one at `at`.
    """
    at += 1
    while at < len(text):
        letter = text[at]
        if letter == '"':
            return at + 1
        at = skip_part(text, at, depth, quoted=True)
    raise ShellSyntaxError("a double quote is not closed", 1)


def skip_part(text: str, at: int, depth: int = 0, *, quoted: bool = False) -> int:
    """
    Offset behind the quotation, substitution or letter at `at`.
    """
    if depth > MAX_DEPTH:
        raise ShellSyntaxError("nests too deeply", 1)
    letter = text[at]
    if letter == "\\":
        return min(at + 2, len(text))
    if letter == "'" and not quoted:
        return _closing(text, at, "'")
    if letter == '"':
        return skip_double(text, at, depth + 1)
    if letter == "`":
        return _closing(text, at, "`")
    if text.startswith("$(", at):
        return skip_nested(text, at + 1, depth, "()")
    if text.startswith("${", at):
        return skip_nested(text, at + 1, depth, "{}", quoted=quoted)
    return at + 1


def _closing(text: str, at: int, quote: str) -> int:
    end = text.find(quote, at + 1)
    if end < 0:
        raise ShellSyntaxError(f"{quote} is not closed", 1)
    return end + 1


def skip_nested(text: str, at: int, depth: int, pair: str, *, quoted: bool = False) -> int:
    """
    Offset behind the bracket that closes the one at `at`; quotations inside are skipped.
    """
    level = 0
    while at < len(text):
        letter = text[at]
        if letter == pair[1]:
            level -= 1
            at += 1
            if level == 0:
                return at
        elif letter == pair[0]:
            level += 1
            at += 1
        else:
            at = skip_part(text, at, depth + 1, quoted=quoted)
    raise ShellSyntaxError(f"{pair[0]} is not closed", 1)


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.testing = False
        """Whether it is inside of ``[[ … ]]``, where operators are words."""
        self.waiting: list[tuple[str, bool]] = []
        """Delimiters of here documents that begin on the next line."""
        self.found: list[Token] = []

    def run(self) -> Iterator[Token]:
        """
        All tokens.
        """
        while self._skip_blanks():
            if self.text[self.at] == "\n":
                self.found.append(Token("\n", self.line, operator=True))
                self._move(self.at + 1)
                self._documents()
            elif not self._arithmetic() and not self._operator():
                self._word()
        return iter(self.found)

    def _move(self, end: int) -> str:
        part = self.text[self.at : end]
        self.line += part.count("\n")
        self.at = end
        return part

    def _skip_blanks(self) -> bool:
        text = self.text
        while self.at < len(text):
            if text[self.at] in " \t\r":
                self.at += 1
            elif text.startswith("\\\n", self.at):
                self._move(self.at + 2)
            elif text[self.at] == "#":
                end = text.find("\n", self.at)
                self.at = len(text) if end < 0 else end
            else:
                return True
        return False

    def _documents(self) -> None:
        for delimiter, tabs in self.waiting:
            while self.at < len(self.text):
                end = self.text.find("\n", self.at)
                line = self._move(len(self.text) if end < 0 else end + 1).rstrip("\n")
                if (line.lstrip("\t") if tabs else line) == delimiter:
                    break
        self.waiting.clear()

    def _arithmetic(self) -> bool:
        """
        ``(( … ))`` as one word.
        """
        before = self.found[-1] if self.found else None
        first = before is None or before.operator or before.text in _BEFORE_COMMAND
        if self.testing or not first or not self.text.startswith("((", self.at):
            return False
        end = self._bracket(self.at)
        if self.text[end - 2 : end] != "))":
            return False
        line = self.line
        self.found.append(Token(self._move(end), line))
        return True

    def _operator(self) -> bool:
        match = _OPERATOR.match(self.text, self.at)
        if match is None or self.testing:
            return False
        sign = match[0]
        if sign in "<>" and self.text.startswith("(", match.end()):
            return False
        line = self.line
        self.at = match.end()
        if sign[0] not in "<>" and sign not in ("&>", "&>>"):
            self.found.append(Token(sign, line, operator=True))
            return True
        self._redirection(sign, match.start())
        return True

    def _redirection(self, sign: str, start: int) -> None:
        before = self.found[-1] if self.found else None
        if before and before.text.isdigit() and self.text[start - 1 : start].isdigit():
            self.found.pop()
        if not self._skip_blanks() or self.text[self.at] == "\n":
            return
        target = self._scan()
        if sign in ("<<", "<<-"):
            plain = target.replace("'", "").replace('"', "").replace("\\", "")
            self.waiting.append((plain, sign == "<<-"))

    def _word(self) -> None:
        line = self.line
        # Operators end no word there: ``[[ $a =~ ^(b|c)$ ]];`` has to be told from its end.
        if self.testing and self.text.startswith("]]", self.at):
            self.testing = False
        raw = self._scan()
        self.testing = self.testing or raw == "[["
        self.found.append(Token(raw, line))

    def _scan(self) -> str:
        """
        The raw text of a word, line continuations taken out.
        """
        start, parts = self.at, list[str]()
        ends = " \t\n" if self.testing else _ENDS
        while self.at < len(self.text):
            letter = self.text[self.at]
            if self.text.startswith("\\\n", self.at):
                parts.append(self.text[start : self.at])
                self._move(self.at + 2)
                start = self.at
            elif letter in "<>" and self.text.startswith("(", self.at + 1) and start == self.at:
                self._move(self._bracket(self.at + 1))
            elif letter == "(" and _ARRAY.fullmatch(self.text, start, self.at):
                self._move(self._bracket(self.at))
            elif letter in ends:
                break
            else:
                plain = None if self.testing else _PLAIN.match(self.text, self.at)
                end = plain.end() if plain else self._part()
                self._move(end)
        if self.at == start and not parts:
            self._move(self.at + 1)
        return "".join([*parts, self.text[start : self.at]])

    def _bracket(self, at: int) -> int:
        try:
            return skip_nested(self.text, at, 0, "()")
        except ShellSyntaxError as error:
            raise ShellSyntaxError(str(error), self.line) from None

    def _part(self) -> int:
        try:
            return skip_part(self.text, self.at)
        except ShellSyntaxError as error:
            raise ShellSyntaxError(str(error), self.line) from None


_BEFORE_COMMAND = frozenset({"if", "then", "elif", "else", "while", "until", "do", "!", "{", "for"})
