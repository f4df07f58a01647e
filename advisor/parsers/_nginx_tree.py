"""
Builds the tree of one nginx file and keeps what it can of a broken one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from advisor.catalog.nginx import Form, contexts, form
from advisor.model import Location, Problem
from advisor.parsers._nginx_lexer import MARKUP, Token, has_brace_in_word, lex, lua_name
from advisor.parsers._nginx_model import Directive, ParsedFile, is_placeholder
from advisor.parsers._nginx_repair import Frame, ends_before, ends_by_indent
from advisor.parsers._nginx_secrets import redact

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_DEPTH = 100
"""Blocks within blocks; nginx itself never needs more than ten."""
MAX_PROBLEMS = 20
"""After so many the rest of a file is not worth reading."""
MAX_INDENT = 200
"""What stands further right is taken to have other words before it."""
FREE = frozenset(
    {"charset_map", "geo", "map", "match", "num_map", "split_clients", "types"},
)
"""Blocks whose entries are not directives."""

_ESCAPE = re.compile(r"\\([\"'\\trn])")
_ESCAPED = {"t": "\t", "r": "\r", "n": "\n"}
_TAGS = re.compile(rf"(?:{MARKUP.pattern}|\$\{{[A-Z][^}}\s]*\}})+")


def parse(path: str, text: str) -> ParsedFile:
    """
    Directives of one file, and a problem for everything nginx would refuse about its shape.

    When blocks are left open, a second reading closes them where indentation and the table of
    directives say they were meant to end, so that what follows is not read as part of them.
    """
    text = text.removeprefix("\ufeff")
    builder = _read(path, text)
    if builder.problems:
        builder = _read_again(path, text, builder)
    # Before it is rendered, a Jinja or ERB template need not be a configuration that nginx would
    # take. envsubst only fills in words, so that braces and semicolons have to be right already.
    category = "template" if builder.markup else "syntax"
    problems = (replace(problem, category=category) for problem in builder.problems)
    return ParsedFile(
        path=path,
        directives=tuple(builder.root),
        problems=tuple(sorted(problems, key=lambda problem: problem.location)),
        template=builder.template,
    )


def _read_again(path: str, text: str, first: _Builder) -> _Builder:
    """
    A better reading of a text that gave problems, or the first one.

    A brace at the end of a word is usually a forgotten ``;``, so only if nothing else is wrong
    it is read as nginx reads it.
    """
    if has_brace_in_word(text):
        exact = _read(path, text, braces_in_words=True)
        if not exact.problems:
            return exact
    return _read(path, text, missing=first.left_open) if first.left_open else first


def _read(path: str, text: str, *, missing: int = 0, braces_in_words: bool = False) -> _Builder:
    breaks = [match.start() for match in re.finditer("\n", text)]
    builder = _Builder(path, text, breaks, missing)
    builder.read(lex(text, braces_in_words=braces_in_words))
    return builder


@dataclass(slots=True)
class _Builder:
    path: str
    text: str
    breaks: list[int]
    missing: int
    """How many blocks may be closed without a brace of their own."""
    root: list[Directive] = field(default_factory=list)
    stack: list[Frame] = field(default_factory=list)
    words: list[Token] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    template: bool = False
    markup: bool = False
    """Whether tags of a template language occur, which may bring in whole lines."""
    left_open: int = 0
    lone: bool = False
    """Whether `words` is a template tag, which may be a line of its own."""
    stopped: bool = False

    def read(self, tokens: Iterable[Token]) -> None:
        last = 0
        for token in tokens:
            word, start, end, quoted = token
            last = end
            if quoted:
                self._check_quote(token)
                self._add(token)
            elif word == ";":
                self._end(end)
            elif word == "{":
                self._open(start)
            elif word == "}":
                self._close(start)
            elif word[0] != "#":
                self._add(token)
            if self.stopped:
                break
        self._finish(last)

    def _add(self, token: Token) -> None:
        word, start, end, quoted = token
        if not self.markup and ("{" in word or "<" in word):
            self.markup = MARKUP.search(word) is not None
            self.template = self.template or self.markup or is_placeholder(word)
        if self.lone:
            self._drop_tag(start)
        if self.words or quoted:
            self.words.append(token)
        elif lua_name(word):
            self._lua(token)
        else:
            lead = _TAGS.match(word) if word[0] in "{<$" else None
            cut = lead.end() if lead else 0
            self.lone = cut == len(word)
            if word[cut:].isidentifier():
                token = (word[cut:], start + cut, end, quoted)
            self.words.append(token)

    def _drop_tag(self, start: int) -> None:
        """
        Forget a tag that is no directive: a statement, or one with nothing after it on its line.
        """
        word, _, end, _ = self.words[0]
        value = word.startswith(("{{", "<%=", "$"))
        if not value or "\n" in self.text[end:start]:
            self.words.clear()
        self.lone = False

    def _lua(self, token: Token) -> None:
        word, start, end, _ = token
        head, _, _ = word.partition("{")
        name, *args = head.split()
        self._append(
            Directive(
                name=name,
                args=tuple(args),
                location=self._span(start, start + len(head.rstrip())),
                block=(),
                close_line=self._line(end),
            )
        )

    def _end(self, end: int) -> None:
        if self.lone:
            self._reset()
        elif not self.words:
            if not self.template:
                self._problem('unexpected ";"', end - 1, "remove it")
        else:
            self._statement(end)

    def _statement(self, end: int) -> None:
        """
        Append the directive of the collected words, or several when a ``;`` is missing.
        """
        self._separate(opens=False)
        self._fit(opens=False)
        self._append(self._directive(self.words, end))
        self._reset()

    def _open(self, start: int) -> None:
        if not self.words:
            self._problem('unexpected "{"', start, "write the directive it belongs to before it")
            return
        self._separate(opens=True)
        self._fit(opens=True)
        first = self.words[0]
        head = self._directive(self.words, self.words[-1][2])
        self.stack.append(Frame(head, self._indent(first[1])))
        self._reset()
        if len(self.stack) > MAX_DEPTH:
            self._problem(f"blocks are nested deeper than {MAX_DEPTH}", start, "", last=True)

    def _close(self, start: int) -> None:
        if self.lone:
            self._reset()
        self._end_words()
        if not self.stack:
            self._problem(
                'unexpected "}": no block is open here',
                start,
                "remove it, or find the block that was closed too early",
            )
            return
        self._close_early(ends_by_indent(self.stack, self._indent(start)), start)
        self._pop(self._line(start))

    def _pop(self, line: int) -> None:
        frame = self.stack.pop()
        head = frame.head
        self._append(
            Directive(head.name, head.args, head.location, tuple(frame.children), line),
        )

    def _fit(self, *, opens: bool) -> None:
        if self.missing:
            name, start = self.words[0][0], self.words[0][1]
            self._close_early(ends_before(self.stack, name, opens=opens), start)

    def _close_early(self, count: int, start: int) -> None:
        for _ in range(min(count, self.missing)):
            self.missing -= 1
            self._report_open(self.stack[-1], f'add "}}" before line {self._line(start)}')
            self._pop(0)

    def _separate(self, *, opens: bool) -> None:
        """
        Cut the words where the next line begins with a directive: the ``;`` before it is missing.
        """
        if self.stack and self.stack[-1].head.name in FREE:
            return
        while not self.stopped and (cut := self._cut(opens=opens)) is not None:
            rest = self.words[cut:]
            del self.words[cut:]
            self._unended()
            self.words = rest

    def _cut(self, *, opens: bool) -> int | None:
        words = self.words
        if len(words) < 2 or self.text.find("\n", words[0][2], words[-1][1]) < 0:
            return None
        shape = form(words[0][0])
        if not contexts(words[0][0]) or shape is Form.BLOCK:
            return None
        for index in range(1, len(words)):
            word, start, _, quoted = words[index]
            if quoted or self._indent(start) < 0 or not contexts(word):
                continue
            block = opens and form(word) is Form.BLOCK
            if shape in (Form.ONE, Form.NONE) or "_" in word or block:
                return index
        return None

    def _end_words(self) -> None:
        """
        Words that a brace or the end of the file cuts off.
        """
        if self.words:
            self._separate(opens=False)
            self._unended()

    def _unended(self) -> None:
        first, last = self.words[0], self.words[-1]
        self._problem(
            f'"{first[0]}" is not ended by ";"',
            first[1],
            f'add ";" at the end of line {self._line(last[2])}',
            end=last[2],
        )
        self._append(self._directive(self.words, last[2]))
        self._reset()

    def _finish(self, last: int) -> None:
        if self.stopped:
            self._reset()
        elif self.text[last:].strip():
            self._unread(last)
        if self.lone:
            self._reset()
        self._end_words()
        self.left_open = 0 if self.stopped else len(self.stack)
        while self.stack:
            if not self.stopped:
                self._report_open(self.stack[-1], 'add the missing "}"')
            self._pop(0)

    def _unread(self, last: int) -> None:
        """
        The lexer gave up: a quote, or a Lua block, is still open when the file ends.
        """
        start = last + len(self.text[last:]) - len(self.text[last:].lstrip())
        self._reset()
        if self.text[start] in "\"'":
            self._problem("quote opened here is never closed", start, "close it", last=True)
        else:
            hint = "look for a brace or a quote that is not closed"
            self._problem("the file is not understood from here on", start, hint, last=True)

    def _report_open(self, frame: Frame, hint: str) -> None:
        self._note(f'block "{frame.head}" opened here is never closed', frame.head.location, hint)

    def _check_quote(self, token: Token) -> None:
        after = self.text[token[2] : token[2] + 2]
        if not after or after[0].isspace() or after[0] in ";{)" or after == "<%":
            return
        self._reset()
        message = f"unexpected {after[0]!r} after the closing quote"
        self._problem(message, token[2], "put a blank or a ; after the quote", last=True)

    def _append(self, directive: Directive) -> None:
        (self.stack[-1].children if self.stack else self.root).append(directive)

    def _directive(self, words: list[Token], end: int) -> Directive:
        name = words[0][0]
        args = tuple(
            [_unescape(word[0]) if "\\" in word[0] else word[0] for word in words[1:]],
        )
        if name == "if":
            args = _condition(args)
        return Directive(name, redact(name, args), self._span(words[0][1], end))

    def _reset(self) -> None:
        self.words = []
        self.lone = False

    def _problem(
        self, message: str, start: int, hint: str, *, end: int = 0, last: bool = False
    ) -> None:
        self._note(message, self._span(start, end or start + 1), hint)
        self.stopped = self.stopped or last

    def _note(self, message: str, location: Location, hint: str) -> None:
        self.problems.append(Problem(message, location, hint))
        self.stopped = self.stopped or len(self.problems) >= MAX_PROBLEMS

    def _line(self, offset: int) -> int:
        return bisect_left(self.breaks, offset) + 1

    def _span(self, start: int, end: int) -> Location:
        breaks = self.breaks
        first, last = bisect_left(breaks, start), bisect_left(breaks, end)
        column = start - (breaks[first - 1] if first else -1)
        end_column = end - (breaks[last - 1] if last else -1)
        return Location(self.path, first + 1, column, last + 1, end_column)

    def _indent(self, offset: int) -> int:
        """
        Width of the blanks before a word, -1 when other words stand before it on its line.
        """
        before = bisect_left(self.breaks, offset)
        line = self.breaks[before - 1] + 1 if before else 0
        width = offset - line
        return width if width < MAX_INDENT and not self.text[line:offset].strip() else -1


def _unescape(word: str) -> str:
    """
    The word as nginx reads it: six escapes lose their backslash, every other keeps it.
    """
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), word)


def _condition(args: tuple[str, ...]) -> tuple[str, ...]:
    """
    The words of an ``if`` without its outer parentheses.
    """
    if not args or not args[0].startswith("(") or not args[-1].endswith(")"):
        return args
    inner = [*args]
    inner[0] = inner[0][1:]
    inner[-1] = inner[-1][:-1]
    return tuple(
        word for index, word in enumerate(inner) if word or index not in (0, len(inner) - 1)
    )
