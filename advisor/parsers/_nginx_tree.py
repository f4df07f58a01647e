"""
Builds the tree of one nginx file and keeps what it can of a broken one.
"""

from __future__ import annotations

import re

from msgspec import Struct, field
from msgspec.structs import replace

from advisor import regex
from advisor.model import Location, Problem
from advisor.parsers._nginx_lexer import (
    MARKUP,
    PLAIN,
    TOKEN,
    TOKEN_WITH_BRACES,
    Token,
    has_brace_in_word,
)
from advisor.parsers._nginx_lines import MARK, Lines
from advisor.parsers._nginx_lua import LUA_BLOCK, read_lua
from advisor.parsers._nginx_model import Directive, ParsedFile, is_placeholder
from advisor.parsers._nginx_repair import (
    FREE,
    Frame,
    ends_before,
    ends_by_indent,
    next_statement,
    takes_any_words,
    takes_no_block,
)
from advisor.parsers._nginx_secrets import SPECIAL
from advisor.parsers._nginx_words import arguments, unescape

MAX_DEPTH = 100
"""Blocks within blocks; nginx itself never needs more than ten."""
MAX_PROBLEMS = 20
"""After so many the rest of a file is not worth reading."""

_TAGS = regex.lazy(rf"(?:{MARKUP.pattern}|\$\{{[A-Z][^}}\s]*\}})+")


def parse(path: str, text: str) -> ParsedFile:
    """
    Directives of one file, and a problem for everything nginx would refuse about its shape, unless
    it is a template.

    When blocks are left open, a second reading closes them where indentation and the table of
    directives say they were meant to end, so that what follows is not read as part of them.
    """
    builder = _read(path, text)
    if builder.problems:
        builder = _read_again(path, text, builder)
    if text.startswith(MARK):
        builder.problems.append(_byte_order_mark(path))
    # Before it is rendered, a Jinja or ERB template need not be a configuration that nginx would
    # take, and that it is one is said once for the file. envsubst only fills in words, so that
    # braces and semicolons have to be right already.
    found = () if builder.markup else builder.problems
    problems = (replace(problem, category="syntax") for problem in found)
    return ParsedFile(
        path=path,
        directives=tuple(builder.root),
        problems=tuple(sorted(problems, key=lambda problem: problem.location)),
        template=builder.template,
        notes=tuple(builder.notes),
    )


def _byte_order_mark(path: str) -> Problem:
    return Problem(
        "nginx takes the byte order mark before the first word for a part of it",
        Location(path, 1, 1, 1, 2),
        "save the file without one",
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
    token = TOKEN_WITH_BRACES if braces_in_words else TOKEN
    builder = _Builder(text, Lines(path, text), token, missing)
    builder.read(len(MARK) if text.startswith(MARK) else 0)
    return builder


class _Builder(Struct):
    text: str
    lines: Lines
    token: re.Pattern[str]
    missing: int
    """How many blocks may be closed without a brace of their own."""
    root: list[Directive] = field(default_factory=list)
    stack: list[Frame] = field(default_factory=list)
    words: list[Token] = field(default_factory=list)
    """Of the statement that is being read."""
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    template: bool = False
    markup: bool = False
    """Whether tags of a template language occur, which may bring in whole lines."""
    left_open: int = 0
    lone: bool = False
    """Whether `words` is a template tag, which may be a line of its own."""
    stopped: bool = False

    def read(self, position: int) -> None:
        """
        Read from an offset on, as far as the text can be understood.
        """
        while not self.stopped and position < len(self.text):
            if not self.words and not self.missing:
                position = self._plain(position)
            if not self.stopped:
                position = self._token(position)
        self._finish()

    def _plain(self, position: int) -> int:
        """
        Read statements while they are plain ones; gives the offset after the last of them.

        Nearly all the time that a configuration takes is spent here, hence the few calls.
        """
        text, path, starts, plain = self.text, self.lines.path, self.lines.starts, PLAIN.match
        row, siblings = self.lines.row(position), self._siblings()
        while found := plain(text, position):
            name, words, mark = found.groups()
            if name is None:
                position = found.end()
                self._close(position - 1)
                if self.stopped:
                    break
                siblings = self._siblings()
                continue
            if name.endswith(LUA_BLOCK) or (mark == "{" and takes_no_block(name)):
                break
            start, position = found.start(1), found.end()
            while starts[row + 1] <= start:
                row += 1
            end = position if mark == ";" else found.end(2)
            before = starts[row] - 1
            place = Location(path, row + 1, start - before, row + 1, end - before)
            args = tuple(words.split())
            if name == "if" or name in SPECIAL or "@" in words:
                args = arguments(name, args)
            if mark == ";":
                siblings.append(Directive(name, args, place))
            else:
                self._push(name, args, place, start)
                if self.stopped:
                    break
                siblings = self.stack[-1].children
        return position

    def _token(self, position: int) -> int:
        """
        Read one word, mark or comment; gives the offset after it.
        """
        found = self.token.match(self.text, position)
        if found is None:
            return self._unclosed_quote(position)
        kind = found.lastgroup or ""
        start, end = found.span(kind)
        if kind == "word":
            self._add((found[kind], start, end, False))
        elif kind == "quoted":
            self._add((self.text[start + 1 : end - 1], start, end, True))
            self._check_quote(end)
        elif kind == "mark":
            return self._mark(found[kind], start)
        return end

    def _mark(self, mark: str, start: int) -> int:
        if mark == ";":
            self._end(start + 1)
        elif mark == "}":
            self._close(start)
        elif self.words and _is_lua(self.words[0]):
            return self._lua(start)
        else:
            self._open(start)
        return start + 1

    def _add(self, token: Token) -> None:
        word, start, end, quoted = token
        if not self.markup and ("{" in word or "<" in word):
            self.markup = MARKUP.search(word) is not None
            self.template = self.template or self.markup or is_placeholder(word)
        if self.lone:
            self._drop_tag(start)
        if not self.words and not quoted:
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

    def _lua(self, start: int) -> int:
        """
        Pass over a block of Lua. Of what follows one that is never closed nothing can be known.
        """
        end, quotes = read_lua(self.text, start + 1)
        head = self._directive(self.words, self.words[-1][2])
        self._reset()
        for quote in quotes:
            self._problem("quote in Lua opened here is never closed", quote, "close it")
        if end is None:
            hint = "look for a brace, a quote or a long bracket that is not closed"
            self._report_open(head, hint)
            self.stopped = True
        line = self.lines.row(end - 1) + 1 if end else 0
        self._append(head._replace(block=(), close_line=line))
        return end or len(self.text)

    def _end(self, end: int) -> None:
        if self.lone:
            self._reset()
        elif self.words:
            self._statement(end)
        elif not self.template:
            self._problem('unexpected ";"', end - 1, "remove it")

    def _statement(self, end: int) -> None:
        """
        Append the directive of the collected words, or several when a ``;`` is missing.
        """
        self._separate(opens=False)
        self._fit(self.words[0][0], self.words[0][1], opens=False)
        if _is_lua(self.words[0]):
            name, start, last, _ = self.words[0]
            self._problem(f'"{name}" has no block', start, "put the code in braces", end=last)
        self._append(self._directive(self.words, end))
        self._reset()

    def _open(self, start: int) -> None:
        if not self.words:
            self._problem('unexpected "{"', start, "write the directive it belongs to before it")
            return
        self._separate(opens=True)
        name, first, _, _ = self.words[0]
        self._fit(name, first, opens=True)
        head = self._directive(self.words, self.words[-1][2])
        if takes_no_block(name) and not (self.stack and self.stack[-1].name in FREE):
            self._problem(f'"{name}" takes no block', start, f'end "{name}" by ";"')
        self._reset()
        self._push(head.name, head.args, head.location, first)

    def _push(self, name: str, args: tuple[str, ...], place: Location, start: int) -> None:
        self.stack.append(Frame(name, args, place, start))
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
        if self.missing:
            self._close_early(ends_by_indent(self.stack, self.lines, start), start)
        self._pop(self.lines.row(start) + 1)

    def _pop(self, line: int) -> None:
        frame = self.stack.pop()
        self._append(frame.closed(line))

    def _fit(self, name: str, start: int, *, opens: bool) -> None:
        if self.missing:
            self._close_early(ends_before(self.stack, name, opens=opens), start)

    def _close_early(self, count: int, start: int) -> None:
        for _ in range(min(count, self.missing)):
            self.missing -= 1
            hint = f'add "}}" before line {self.lines.row(start) + 1}'
            self._report_open(self.stack[-1].closed(0), hint)
            self._pop(0)

    def _separate(self, *, opens: bool) -> None:
        """
        Cut the words where the next line begins with a directive: the ``;`` before it is missing.
        """
        if self.stack and self.stack[-1].name in FREE:
            return
        while not self.stopped:
            cut = next_statement(self.words, self.lines, opens=opens)
            if cut is None:
                return
            if not opens and takes_any_words(self.words[0][0]):
                self._run_on(cut)
                return
            rest = self.words[cut:]
            del self.words[cut:]
            self._unended()
            self.words = rest

    def _run_on(self, cut: int) -> None:
        """
        Say that a statement takes in what looks like the next one, which nginx allows.
        """
        (name, start, _, _), (word, _, end, _) = self.words[0], self.words[cut]
        place = self.lines.span(start, end)
        line = self.lines.row(self.words[cut - 1][2]) + 1
        message = f'"{name}" is not ended before "{word}", which nginx reads as one more argument'
        self.notes.append(Problem(message, place, f'add ";" at the end of line {line}'))

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
            f'add ";" at the end of line {self.lines.row(last[2]) + 1}',
            end=last[2],
        )
        self._append(self._directive(self.words, last[2]))
        self._reset()

    def _finish(self) -> None:
        if self.stopped or self.lone:
            self._reset()
        self._end_words()
        self.left_open = 0 if self.stopped else len(self.stack)
        while self.stack:
            if not self.stopped:
                self._report_open(self.stack[-1].closed(0), 'add the missing "}"')
            self._pop(0)

    def _unclosed_quote(self, position: int) -> int:
        start = len(self.text) - len(self.text[position:].lstrip(" \t\r\n"))
        self._reset()
        self._problem("quote opened here is never closed", start, "close it", last=True)
        return start

    def _report_open(self, block: Directive, hint: str) -> None:
        self._note(f'block "{block}" opened here is never closed', block.location, hint)

    def _check_quote(self, end: int) -> None:
        after = self.text[end : end + 2]
        if not after or after[0] in " \t\r\n;{)" or after == "<%":
            return
        self._reset()
        message = f"unexpected {after[0]!r} after the closing quote"
        self._problem(message, end, "put a blank or a ; after the quote", last=True)

    def _siblings(self) -> list[Directive]:
        return self.stack[-1].children if self.stack else self.root

    def _append(self, directive: Directive) -> None:
        self._siblings().append(directive)

    def _directive(self, words: list[Token], end: int) -> Directive:
        name, *args = [unescape(word) if "\\" in word else word for word, _, _, _ in words]
        return Directive(name, arguments(name, tuple(args)), self.lines.span(words[0][1], end))

    def _reset(self) -> None:
        self.words = []
        self.lone = False

    def _problem(
        self, message: str, start: int, hint: str, *, end: int = 0, last: bool = False
    ) -> None:
        self._note(message, self.lines.span(start, end or start + 1), hint)
        self.stopped = self.stopped or last

    def _note(self, message: str, location: Location, hint: str) -> None:
        self.problems.append(Problem(message, location, hint))
        self.stopped = self.stopped or len(self.problems) >= MAX_PROBLEMS


def _is_lua(token: Token) -> bool:
    word, _, _, quoted = token
    return not quoted and word.endswith(LUA_BLOCK)
