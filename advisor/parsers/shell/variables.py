"""
Commands of the shell itself that change what it knows, and those that ask for it.

Source: POSIX.1-2024, "Shell Command Language", 2.15 "Special Built-In Utilities".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from advisor import regex
from advisor.parsers.shell.conditions import Operand
from advisor.parsers.shell.expansion import Expander
from advisor.parsers.shell.fields import MAX_WORDS
from advisor.parsers.shell.lexer import tokens
from advisor.parsers.shell.model import UNKNOWN, Field, ShellSyntaxError, Token
from advisor.parsers.shell.state import State

ASSIGNMENT = regex.lazy(r"([A-Za-z_]\w*)(\[[^\]]*\])?(\+?)=")
DECLARING = ("export", "readonly", "local", "declare", "typeset")
_PATTERN = regex.lazy(r"[*?\[]")
_ALL = ('"$@"', "$@", '"$*"', "$*")


def operands(words: Sequence[Token], expander: Expander) -> list[Operand]:
    """
    The operands of ``test``, ``[`` or ``[[``.
    """
    first, *rest = words
    found: list[Operand] = []
    for word in rest if first.text == "test" else rest[:-1]:
        if word.text in _ALL:
            found += [Operand(one) for one in expander.words(word.text)]
        else:
            pattern = first.text == "[[" and is_pattern(word.text)
            found.append(Operand(expander.text(word.text), pattern=pattern))
    return found


def is_pattern(raw: str) -> bool:
    """
    Whether a word is a pattern: its signs are not quoted.
    """
    return raw[:1] not in ("'", '"') and _PATTERN.search(raw) is not None


def assigned(raw: str, expander: Expander) -> tuple[str, Field]:
    """
    Name and value of an assignment in front of a command.
    """
    name, _, value = raw.partition("=")
    return name.removesuffix("+"), expander.text(value)


def assign(raw: str, expander: Expander) -> None:
    """
    Set a variable, an array, or one item of it.
    """
    match = ASSIGNMENT.match(raw)
    if match is None:
        return
    state = expander.state
    name, index, plus = match[1], match[2], match[3]
    written = raw[match.end() :]
    if written.startswith("(") and written.endswith(")"):
        parts = [one.text for one in tokens(written[1:-1]) if not one.operator]
        values = tuple(one for part in parts for one in expander.words(part))
        before = state.arrays.get(name, ()) if plus else ()
        if len(before) + len(values) > MAX_WORDS:
            raise ShellSyntaxError("an array grows too long", 1)
        state.arrays[name] = (*before, *values)
        state.variables.pop(name, None)
        return
    value = UNKNOWN if index else expander.text(f"${{{name}}}{written}" if plus else written)
    state.arrays.pop(name, None)
    state.variables[name] = value


def declare(keyword: str, words: Sequence[Token], expander: Expander) -> None:
    """
    ``export`` and its kin.
    """
    for word in words:
        if word.text.startswith("-"):
            continue
        assign(word.text, expander)
        if keyword == "export":
            expander.state.exported.add(word.text.partition("=")[0].removesuffix("+"))


def _set(fields: Sequence[Field], state: State) -> bool:
    texts = [one.text for one in fields]
    if "--" in texts:
        state.arguments = tuple(fields[texts.index("--") + 1 :])
    elif texts and texts[0][:1] not in ("-", "+"):
        state.arguments = tuple(fields)
    return True


def _shift(fields: Sequence[Field], state: State) -> bool:
    count = fields[0].text if fields else "1"
    plain = count.isascii() and count.isdigit() and len(count) < _DIGITS
    state.arguments = state.arguments[int(count) if plain else 1 :]
    return True


def _unset(fields: Sequence[Field], state: State) -> bool:
    for one in fields:
        state.arrays.pop(one.text, None)
        state.variables[one.text] = Field("", "")
        state.exported.discard(one.text)
    return True


def _read(fields: Sequence[Field], state: State) -> None:
    for one in fields:
        state.variables[one.text] = UNKNOWN


def _true(_: Sequence[Field], __: State) -> bool:
    return True


def _false(_: Sequence[Field], __: State) -> bool:
    return False


_DIGITS = 6
BUILTINS: Mapping[str, Callable[[Sequence[Field], State], bool | None]] = {
    "set": _set,
    "shift": _shift,
    "unset": _unset,
    "read": _read,
    "true": _true,
    ":": _true,
    "false": _false,
}
"""By their names; each returns its status, None where that is not known."""


def merge(state: State, states: Sequence[State]) -> None:
    """
    What holds behind branches: what all of them agree on.
    """
    first, *others = states
    names = set[str]().union(*(one.variables for one in states))
    state.variables = {
        name: first.variables[name]
        if all(one.variables.get(name) == first.variables.get(name) for one in others)
        else UNKNOWN
        for name in names
    }
    arrays = set[str]().union(*(one.arrays for one in states))
    state.arrays = {
        name: first.arrays[name]
        for name in arrays
        if all(one.arrays.get(name) == first.arrays.get(name) for one in others)
    }
    for name in arrays - state.arrays.keys():
        state.variables[name] = UNKNOWN
    state.exported = set[str]().union(*(one.exported for one in states))
    state.arguments = first.arguments
