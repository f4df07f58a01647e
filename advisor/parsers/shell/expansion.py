"""
Words of a shell script as the texts that a command is given.

What the script sets is put in; what the container sets stays written as a variable, so that a
reader of the text still sees where it comes from.

Source: POSIX.1-2024, "Shell Command Language", 2.6 "Word Expansions".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from advisor import regex
from advisor.model import Location
from advisor.parsers.gunicorn.shelltext import evaluate_text
from advisor.parsers.pyeval import EnvDependent, Known
from advisor.parsers.redaction import MASK
from advisor.parsers.shell.fields import (
    MAX_VALUE,
    Fields,
    cased,
    flat,
    glued,
    listed,
    literal,
    without_variables,
)
from advisor.parsers.shell.lexer import skip_double, skip_part
from advisor.parsers.shell.model import UNKNOWN, Field
from advisor.parsers.shell.state import State

_NAME = regex.lazy(r"[A-Za-z_]\w*")
_SPECIAL = regex.lazy(r"[0-9@*#?$!-]")
_BRACED = regex.lazy(r"([A-Za-z_]\w*|[0-9]+|[@*#])(\[[@*\w]+\])?(:?[-+=?]|,,?|\^\^?)?")
_LENGTH = regex.lazy(r"#([A-Za-z_]\w*|[@*])(\[[@*]\])?")
_CPUS = regex.lazy(
    r"\$\(\s*(?:nproc(?:\s+--all)?|getconf\s+_NPROCESSORS_ONLN)\s*\)|`\s*nproc(?:\s+--all)?\s*`"
)
_WHICH = regex.lazy(r"(?:\$\(|`)\s*(?:which|command\s+-v)\s+([\w./-]+)\s*[)`]")
_TERM = regex.lazy(r"\$\{[^{}]*\}|\$\((?!\()[^()]*\)|\$\w+|[A-Za-z_]\w*")
_BRACKETS = regex.lazy(r"\)(?=\))")
_NUMBER = regex.lazy(r"-?\d+")
_PLACE = Location("", 1)
Named: TypeAlias = Mapping[str, str]


class Expander(Struct, frozen=True):
    """
    Expands words in a state.
    """

    state: State
    env: Named
    """Variables of the container."""
    hidden: frozenset[str] = frozenset()
    """Those of them whose value must not be told."""

    def words(self, raw: str) -> list[Field]:
        """
        The fields of a word, split where it is not quoted.
        """
        fields = Fields()
        for piece, quoted in self._pieces(raw):
            if isinstance(piece, list):
                (fields.add_list if quoted else fields.add_split_list)(piece)
            elif quoted:
                fields.add(piece, kept=True)
            else:
                fields.add_split(piece)
        return fields.end()

    def text(self, raw: str) -> Field:
        """
        One word as one text: the value of an assignment, the subject of a condition.
        """
        parts: list[Field] = []
        for piece, _ in self._pieces(raw):
            if not isinstance(piece, list):
                parts.append(piece)
                continue
            for at, one in enumerate(piece):
                parts += [*([Field(" ", " ")] if at else []), one]
        return glued(parts)

    def variable(self, name: str) -> Field:
        """
        The value of a variable.
        """
        known = self.state.variables.get(name)
        if known is not None:
            return known
        if name in self.state.arrays:
            return next(iter(self.state.arrays[name]), Field("", ""))
        shown = f"${{{name}}}"
        if name in self.hidden:
            return Field(shown, MASK, filled=True)
        if name in self.env:
            return Field(shown, self.env[name])
        return Field(shown, "", frozenset({name}))

    def _pieces(self, raw: str) -> Iterator[tuple[Field | list[Field], bool]]:
        """
        Parts of a word and whether they are quoted; a list for ``"$@"`` and the like.
        """
        at = 0
        while at < len(raw):
            letter = raw[at]
            if letter == '"':
                end = skip_double(raw, at)
                if end == at + 2:
                    yield Field("", ""), True
                for piece in self._inside(raw[at + 1 : end - 1]):
                    yield piece, True
            elif letter == "'":
                end = skip_part(raw, at)
                text = raw[at + 1 : end - 1]
                yield Field(text, text), True
            elif letter == "\\":
                end = at + 2
                text = raw[at + 1 : end]
                yield Field(text, text), True
            elif letter in "$`":
                piece, end = self._dollar(raw, at, quoted=False)
                yield piece, raw.startswith("$'", at)
            else:
                end = at + 1
                while end < len(raw) and raw[end] not in "\"'\\$`":
                    end += 1
                yield Field(raw[at:end], raw[at:end]), True
            at = end

    def _inside(self, text: str) -> Iterator[Field | list[Field]]:
        """
        Parts of what stands between double quotes.
        """
        at = 0
        while at < len(text):
            letter = text[at]
            if letter == "\\" and text[at + 1 : at + 2] in ('"', "$", "`", "\\"):
                yield Field(text[at + 1], text[at + 1])
                at += 2
            elif letter in "$`":
                piece, at = self._dollar(text, at, quoted=True)
                yield piece
            else:
                end = at + 1
                while end < len(text) and text[end] not in "\\$`":
                    end += 1
                yield Field(text[at:end], text[at:end])
                at = end

    def _dollar(self, text: str, at: int, *, quoted: bool) -> tuple[Field | list[Field], int]:
        """
        The value of what begins with a dollar or a backtick, and the offset behind it.
        """
        if text.startswith(("$(", "${", "`"), at):
            end = skip_part(text, at, quoted=quoted)
            raw = text[at:end]
            if raw.startswith("$((") and raw.endswith("))"):
                return self._arithmetic(raw[3:-2]), end
            if raw.startswith("${"):
                return self._braces(raw, quoted=quoted), end
            if _CPUS.fullmatch(raw):
                return Field(raw, filled=True), end
            which = _WHICH.fullmatch(raw)
            return (Field(which[1], which[1]) if which else UNKNOWN), end
        name = _NAME.match(text, at + 1)
        if name is not None:
            return self.variable(name[0]), name.end()
        if _SPECIAL.match(text, at + 1):
            return self._special(text[at + 1], quoted=quoted), at + 2
        if not quoted and text.startswith("$'", at):
            end = skip_part(text, at + 1)
            return UNKNOWN if "\\" in text[at:end] else literal(text[at + 2 : end - 1]), end
        return literal("$"), at + 1

    def _special(self, sign: str, *, quoted: bool) -> Field | list[Field]:
        arguments = self.state.arguments
        if sign in "@*":
            return listed(arguments, quoted=quoted and sign == "@", star=quoted and sign == "*")
        if sign == "#":
            return literal(str(len(arguments)))
        if sign.isdigit() and sign != "0":
            number = int(sign)
            return arguments[number - 1] if number <= len(arguments) else literal("")
        return UNKNOWN

    def _braces(self, raw: str, *, quoted: bool) -> Field | list[Field]:
        inner = raw[2:-1]
        length = _LENGTH.fullmatch(inner)
        if length is not None:
            return self._length(length[1], of_array=bool(length[2]))
        match = _BRACED.match(inner)
        if match is None:
            return UNKNOWN
        name, index, sign = match[1], match[2], match[3] or ""
        if not sign and match.end() < len(inner):
            value = self._of(name, index, quoted=quoted)
            empty = isinstance(value, Field) and value.plain == "" and not value.guessed
            return literal("") if empty else UNKNOWN
        value = self._of(name, index, quoted=quoted)
        if not sign or sign.endswith("?"):
            return value
        word = inner[match.end() :]
        if isinstance(value, list):
            return value if (value and sign[-1] in "-=") else self._operand(word, quoted=quoted)
        if sign[0] in ",^":
            return cased(value, sign)
        if sign[-1] == "+":
            return self._instead(value, sign, word, raw, quoted=quoted)
        own = not (name.isdigit() or name in self.state.variables or name in self.state.arrays)
        return self._default(name if own else "", value, sign, word, quoted=quoted)

    def _of(self, name: str, index: str | None, *, quoted: bool) -> Field | list[Field]:
        if name in ("@", "*", "#"):
            return self._special(name, quoted=quoted)
        if name.isdigit():
            number = int(name) if len(name) < 4 else 0
            found = self.state.arguments[number - 1 : number] if number else (UNKNOWN,)
            return found[0] if found else literal("")
        if index is None:
            return self.variable(name)
        array = self.state.arrays.get(name)
        if array is None:
            return self.variable(name) if index in ("[@]", "[*]", "[0]") else UNKNOWN
        if index in ("[@]", "[*]"):
            return listed(array, quoted=quoted and index == "[@]", star=quoted and index == "[*]")
        written = index[1:-1]
        at = int(written) if written.isdigit() and len(written) < 6 else -1
        return array[at] if 0 <= at < len(array) else UNKNOWN

    def _length(self, name: str, *, of_array: bool) -> Field:
        if name in ("@", "*"):
            return literal(str(len(self.state.arguments)))
        if of_array:
            array = self.state.arrays.get(name)
            return UNKNOWN if array is None else literal(str(len(array)))
        value = self.variable(name)
        return UNKNOWN if value.plain is None else literal(str(len(value.plain)), value.guessed)

    def _instead(
        self, value: Field, sign: str, word: str, raw: str, *, quoted: bool
    ) -> Field | list[Field]:
        """
        ``${NAME:+word}``.
        """
        known = value.plain == "" and not value.guessed and sign[0] != ":"
        if value.plain or value.filled or known:
            return self._operand(word, quoted=quoted)
        if value.plain is None:
            return UNKNOWN
        return Field(raw, "", value.guessed) if value.guessed else literal("")

    def _default(
        self, name: str, value: Field, sign: str, word: str, *, quoted: bool
    ) -> Field | list[Field]:
        """
        ``${NAME:-word}``; a name only for variables of the container, which may still be set.
        """
        if value.plain is None and not value.filled:
            return UNKNOWN
        if not name:
            missing = value.plain == "" and (sign[0] == ":" or bool(value.guessed))
            return self._operand(word, quoted=quoted, guessed=value.guessed) if missing else value
        if value.plain == "" and not value.guessed and sign[0] != ":":
            return value
        operand = self._operand(word, quoted=True, as_written=quoted)
        default = operand if isinstance(operand, Field) else glued(operand)
        plain = value.plain if value.plain or value.filled else default.plain
        braces = "{" in without_variables(default.shown) or "}" in without_variables(default.shown)
        shown = default.shown if braces else f"${{{name}{sign[:-1]}-{default.shown}}}"
        if braces and (value.plain or value.filled):
            shown = value.shown
        taken = plain is default.plain and word[:1] in ("'", '"') and word[:1] == word[-1:]
        found = Field(shown, plain, value.guessed, filled=value.filled, whole=taken and not quoted)
        if sign[-1] == "=":
            self.state.variables[name] = found
        return found

    def _operand(
        self,
        word: str,
        *,
        quoted: bool,
        as_written: bool = False,
        guessed: frozenset[str] = frozenset(),
    ) -> Field | list[Field]:
        """
        The word behind an operator: within double quotes, single ones are letters like others.
        """
        if as_written or quoted:
            if as_written:
                return glued(flat(self._inside(word.replace('"', ""))), guessed)
            found = self.text(word)
            return replace(found, guessed=found.guessed | guessed)
        found_words = self.words(word)
        marked = [replace(one, guessed=one.guessed | guessed) for one in found_words]
        if len(marked) == 1:
            return marked[0]
        texts = " ".join(one.text for one in marked)
        known = all(one.plain is not None for one in marked)
        return Field(texts, texts, guessed) if known else (marked or literal(""))

    def _arithmetic(self, text: str) -> Field:
        """
        ``$((…))`` with the variables of the script put in, and worked out where that is possible.
        """
        guessed: set[str] = set()
        unknown = len(text) > MAX_VALUE // 8
        if unknown:
            return UNKNOWN

        def term(written: str) -> str:
            nonlocal unknown
            if _CPUS.fullmatch(written):
                return written
            raw = written if written.startswith("$") else f"${{{written}:-0}}"
            found = self._dollar(raw, 0, quoted=True)[0]
            value = found if isinstance(found, Field) else glued(found)
            guessed.update(value.guessed)
            if (
                value.plain is not None
                and _NUMBER.fullmatch(value.plain)
                and "$" not in value.shown
            ):
                return value.plain
            if value.shown.startswith("$((") and value.shown.endswith("))"):
                return f"({value.shown[3:-2]})"
            unknown = unknown or value is UNKNOWN or not value.shown.startswith("$")
            return value.shown

        inner = _TERM.sub(lambda match: term(match[0]), text)
        if unknown or len(inner) > MAX_VALUE:
            return UNKNOWN
        # Its reader takes the first two brackets in a row for the end.
        shown = f"$(({_BRACKETS.sub(') ', f'{inner})')[:-1]}))"
        outcome = evaluate_text(shown, _PLACE, self.env)
        if isinstance(outcome, EnvDependent):
            outcome = outcome.default
        plain = str(outcome.value) if isinstance(outcome, Known) else None
        if "$" not in inner:
            return UNKNOWN if plain is None else literal(plain, frozenset(guessed))
        return Field(shown, plain, frozenset(guessed), filled=True)
