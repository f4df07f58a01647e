"""
Commands of shell scripts out of their tokens.

Source: POSIX.1-2024, "Shell Command Language", 2.9 "Shell Commands", 2.10 "Shell Grammar".
"""

from __future__ import annotations

from collections.abc import Collection

from advisor import regex
from advisor.parsers.shell.lexer import tokens
from advisor.parsers.shell.model import (
    Apart,
    Arm,
    Case,
    Function,
    Group,
    If,
    Joined,
    Loop,
    Node,
    Not,
    Script,
    ShellSyntaxError,
    Simple,
    Token,
)

MAX_NESTING = 60
"""Commands within commands."""
_NAME = regex.lazy(r"[A-Za-z_][\w:.-]*")
_ARM_ENDS = (";;", ";&", ";;&")
_COMPOUND = frozenset({"if", "case", "while", "until", "for", "select", "function", "{"})
_CLOSING = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}"})
_END = Token("", 0, operator=True)


def parse_shell(path: str, text: str) -> Script:
    """
    The commands of a script. Raises `ShellSyntaxError` for what no shell would read.
    """
    parser = _Parser(tokens(text.removeprefix("\ufeff")))
    nodes = parser.commands(())
    if parser.at < len(parser.tokens):
        raise ShellSyntaxError(f"{parser.now.text} does not belong here", parser.now.line)
    return Script(path, nodes)


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        self.at = 0
        self.depth = 0

    @property
    def now(self) -> Token:
        """
        The next token.
        """
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    def take(self) -> Token:
        """
        The next token, used up.
        """
        token = self.now
        self.at += 1
        return token

    def commands(self, until: Collection[str]) -> tuple[Node, ...]:
        """
        Commands up to a reserved word, a closing bracket, or the end of an arm.
        """
        found: list[Node] = []
        while self.at < len(self.tokens):
            token = self.now
            if token.operator and token.text in ("\n", ";"):
                self.at += 1
            elif token.text in until or (token.operator and token.text in (")", *_ARM_ENDS)):
                break
            else:
                node = self._joined()
                if self.now.operator and self.now.text == "&":
                    self.at += 1
                    node = Apart((node,), background=True)
                found.append(node)
        return tuple(found)

    def _joined(self) -> Node:
        parts = [("", self._pipeline())]
        while self.now.operator and self.now.text in ("&&", "||"):
            sign = self.take().text
            self._lines()
            parts.append((sign, self._pipeline()))
        return parts[0][1] if len(parts) == 1 else Joined(tuple(parts))

    def _lines(self) -> None:
        while self.now.operator and self.now.text == "\n":
            self.at += 1

    def _pipeline(self) -> Node:
        negated = False
        while self.now.text == "!" and not self.now.operator:
            self.at += 1
            negated = not negated
        node = self._piped()
        return Not(node) if negated else node

    def _piped(self) -> Node:
        parts = [self._command()]
        while self.now.operator and self.now.text in ("|", "|&"):
            self.at += 1
            self._lines()
            parts.append(self._command())
        return parts[0] if len(parts) == 1 else Apart(tuple(parts))

    def _command(self) -> Node:
        self.depth += 1
        if self.depth > MAX_NESTING:
            raise ShellSyntaxError("nests too deeply", self.now.line)
        node = self._any()
        self.depth -= 1
        return node

    def _any(self) -> Node:
        token = self.now
        if token.operator:
            if token.text != "(":
                shown = "the end" if token is _END else repr(token.text)
                raise ShellSyntaxError(f"{shown} stands where a command is expected", token.line)
            self.at += 1
            body = self.commands(())
            self._expect(")")
            return Apart(body)
        if token.text in _CLOSING:
            raise ShellSyntaxError(f"{token.text} does not belong here", token.line)
        if token.text in _COMPOUND:
            self.at += 1
            return self._compound(token.text)
        following = self.tokens[self.at + 1 : self.at + 3]
        if [one.text for one in following] == ["(", ")"] and _NAME.fullmatch(token.text):
            self.at += 3
            self._lines()
            return Function(token.text, self._command())
        return self._simple()

    def _compound(self, keyword: str) -> Node:
        match keyword:
            case "if":
                return self._if()
            case "case":
                return self._case()
            case "while" | "until":
                return self._while()
            case "function":
                return self._function()
            case "{":
                return self._group()
            case _:
                return self._for()

    def _simple(self) -> Simple:
        words = []
        while not self.now.operator:
            words.append(self.take())
        return Simple(tuple(words))

    def _expect(self, text: str) -> None:
        if self.now.text != text:
            raise ShellSyntaxError(f"{text} is missing", self.now.line)
        self.at += 1

    def _function(self) -> Node:
        name = self.take().text
        if self.now.operator and self.now.text == "(":
            self.at += 1
            self._expect(")")
        self._lines()
        return Function(name, self._command())

    def _group(self) -> Node:
        body = self.commands(("}",))
        self._expect("}")
        return Group(body)

    def _if(self) -> Node:
        branches = []
        otherwise: tuple[Node, ...] = ()
        word = "elif"
        while word == "elif":
            condition = self.commands(("then",))
            self._expect("then")
            branches.append((condition, self.commands(("elif", "else", "fi"))))
            word = self.take().text
        if word == "else":
            otherwise = self.commands(("fi",))
            word = self.take().text
        if word != "fi":
            raise ShellSyntaxError("fi is missing", self.now.line)
        return If(tuple(branches), otherwise)

    def _while(self) -> Node:
        keyword = self.tokens[self.at - 1].text
        condition = self.commands(("do",))
        return Loop(keyword, condition, self._body())

    def _body(self) -> tuple[Node, ...]:
        self._expect("do")
        body = self.commands(("done",))
        self._expect("done")
        return body

    def _for(self) -> Node:
        name = self.take().text
        while self.at < len(self.tokens) and self.now.text not in ("do", "{"):
            self.at += 1
        return Loop("for", (), self._body(), name)

    def _case(self) -> Node:
        subject = self.take()
        self._lines()
        self._expect("in")
        arms: list[Arm] = []
        while True:
            self._lines()
            if self.now.text == "esac" and not self.now.operator:
                self.at += 1
                return Case(subject, tuple(arms))
            arms.append(self._arm())

    def _arm(self) -> Arm:
        if self.now.operator and self.now.text == "(":
            self.at += 1
        patterns = []
        while self.now.text != ")" or not self.now.operator:
            token = self.take()
            if token is _END:
                raise ShellSyntaxError("esac is missing", token.line)
            if not token.operator:
                patterns.append(token)
        self.at += 1
        body = self.commands(("esac",))
        if self.now.operator and self.now.text in _ARM_ENDS:
            self.at += 1
        return Arm(tuple(patterns), body)
