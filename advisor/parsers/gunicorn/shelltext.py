"""
Words of a command line that still hold shell syntax: ``${WORKERS:-4}``, ``$((2 * $(nproc) + 1))``.

They are rewritten as Python and given to the evaluator, so that variables and the number of cpus
stay open exactly as in a configuration file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from advisor import regex
from advisor.model import Location
from advisor.parsers.pyeval import Known, Outcome, Undecided, evaluate_module

_MAX_TEXT = 512
_NAME = regex.lazy(r"[A-Za-z_][A-Za-z0-9_]*")
_CPUS = regex.lazy(
    r"\$\(\s*nproc(?: --all)?\s*\)|`\s*nproc(?: --all)?\s*`|"
    r"\$\(\s*getconf _NPROCESSORS_ONLN\s*\)"
)
_SUM = regex.lazy(r"(?:[\s\d+*/%()-]|\bCPUS\b|\bN_[A-Za-z0-9_]+\b)+")


class _NotUnderstoodError(ValueError):
    """
    Shell syntax beyond what is rewritten.
    """


def evaluate_text(text: str, location: Location, env: Mapping[str, str]) -> Outcome:
    """
    The text after the shell is through with it; undecided for syntax that is not understood.

    `env` holds the variables that deployment files state.
    """
    if "$" not in text and "`" not in text:
        return Known(text, location, literal=True)
    try:
        expression = _rewrite(text) if len(text) <= _MAX_TEXT else ""
    except _NotUnderstoodError:
        expression = ""
    if not expression:
        return Undecided("is computed by the shell", location)
    values = evaluate_module(f"import os\nvalue = {expression}\n", location.path, env=env)
    found = values.names.get("value")
    return found.outcome if found else Undecided("is computed by the shell", location)


def _rewrite(text: str) -> str:
    """
    A Python expression for a word of the shell.
    """
    pieces: list[str] = []
    rest = text
    while rest:
        head, dollar, rest = _cut(rest)
        if head:
            pieces.append(repr(head))
        if dollar:
            piece, rest = _substitution(dollar + rest)
            pieces.append(piece)
    return " + ".join(pieces) or "''"


def _cut(text: str) -> tuple[str, str, str]:
    at = min((text.index(sign) for sign in "$`" if sign in text), default=len(text))
    return text[:at], text[at : at + 1], text[at + 1 :]


def _substitution(text: str) -> tuple[str, str]:
    """
    The expression for the substitution that `text` starts with, and what follows it.
    """
    cpus = _CPUS.match(text)
    if cpus:
        return "str(os.cpu_count())", text[cpus.end() :]
    if text.startswith("$(("):
        end = _closing(text, "$((", "))")
        return f"str({_arithmetic(text[3:end])})", text[end + 2 :]
    if text.startswith("${"):
        end = _closing(text, "${", "}")
        return _parameter(text[2:end]), text[end + 1 :]
    name = _NAME.match(text[1:]) if text[0] == "$" else None
    if name is None:
        raise _NotUnderstoodError(text)
    return f"os.environ[{name[0]!r}]", text[1 + name.end() :]


def _closing(text: str, start: str, stop: str) -> int:
    depth, at = 0, 0
    while at < len(text):
        if text.startswith(start, at):
            depth, at = depth + 1, at + len(start)
        elif text.startswith("$(", at) and stop == "))":
            at = text.find(")", at) + 1 or len(text)
        elif text.startswith(stop, at):
            depth -= 1
            if depth == 0:
                return at
            at += len(stop)
        else:
            at += 1
    raise _NotUnderstoodError(text)


def _parameter(text: str) -> str:
    name = _NAME.match(text)
    if name is None:
        raise _NotUnderstoodError(text)
    rest = text[name.end() :]
    if not rest or rest.startswith((":?", "?")):
        return f"os.environ[{name[0]!r}]"
    if rest.startswith(":-"):
        return f"(os.environ.get({name[0]!r}) or {_rewrite(rest[2:])})"
    if rest.startswith("-"):
        return f"os.environ.get({name[0]!r}, {_rewrite(rest[1:])})"
    raise _NotUnderstoodError(text)


def _arithmetic(text: str) -> str:
    names: dict[str, str] = {}

    def variable(match: re.Match[str]) -> str:
        key = f"N_{len(names)}"
        names[key] = f"int({_parameter(match[1] or match[2])})"
        return key

    # Variables first: a default may hold the number of cpus.
    plain = re.sub(r"\$\{([^{}]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)", variable, text)
    plain = _CPUS.sub("CPUS", plain)
    if not _SUM.fullmatch(plain) or "**" in plain:
        raise _NotUnderstoodError(text)
    plain = plain.replace("/", "//").replace("CPUS", "os.cpu_count()")
    return re.sub(r"N_\d+", lambda match: names[match[0]], plain)
