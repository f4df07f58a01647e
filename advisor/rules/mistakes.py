"""
What pydantic says of a rule file, as sentences for the people who write rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from advisor.errors import RuleError
from advisor.rules.source import RuleSource, Where, dotted
from advisor.suggest import did_you_mean

_PATTERNS: Mapping[str, str] = {
    "code": "must be letters and three digits, like PG101",
    "name": "must be words in lower case with dashes, like work-mem-too-small",
    "since": "must be a version in quotes, like '0.1'",
    "url": "must be a link that begins with https://",
}
_MODELS: Mapping[str, str] = {
    "": "RuleFile",
    "at[]": "MarkFile",
    "examples": "ExamplesFile",
    "examples.bad[]": "BadFile",
    "examples.good[]": "ExampleFile",
    "examples.unknown[]": "UnknownFile",
    "fix": "FixFile",
    "references[]": "ReferenceFile",
    "variants[]": "VariantFile",
}
_UNION_MEMBERS = frozenset({"str", "int", "float", "bool"})
_SCALAR = "must be a text, a number, true or false"


def first_mistake(errors: list[Any], source: RuleSource) -> RuleError:
    """
    The error to raise for what pydantic found in a file.

    An unknown key goes first: the one that is missing is often the one that was meant.
    """
    error = min(errors, key=lambda one: one["type"] != "extra_forbidden")
    where: Where = tuple(part for part in error["loc"] if part != "[key]")
    if where and where[-1] in _UNION_MEMBERS and where not in source.values:
        return source.error(f"{dotted(where[:-1])} {_SCALAR}", where[:-1])
    if error["type"] == "extra_forbidden":
        name = str(where[-1])
        hint = did_you_mean(name, _siblings(where[:-1]), cutoff=0.6)
        return source.error(f"unknown key {dotted(where)!r}", where, of_key=True, hint=hint)
    if error["type"] == "value_error":
        name = f"{dotted(where)}: " if where else ""
        return source.error(f"{name}{error['ctx']['error']}", where, of_key="[key]" in error["loc"])
    explain = _SENTENCES.get(error["type"], _own_words)
    hint = _nearest_choice(error) if error["type"] == "literal_error" else None
    return source.error(
        f"{dotted(where)} {explain(error)}", where, of_key="[key]" in error["loc"], hint=hint
    )


def _siblings(where: Where) -> list[str]:
    """
    Keys that may stand beside an unknown one.
    """
    from advisor.rules import schema  # noqa: PLC0415 - pydantic

    shape = re.sub(r"\[\d+\]", "[]", dotted(where)) if where else ""
    name = "ParamFile" if where[:1] == ("params",) else _MODELS.get(shape)
    return list(getattr(schema, name).model_fields) if name else []


def _choices(error: Mapping[str, Any]) -> list[str]:
    return re.findall(r"'([^']*)'", error["ctx"]["expected"])


def _nearest_choice(error: Mapping[str, Any]) -> str | None:
    return did_you_mean(str(error["input"]), _choices(error), cutoff=0.5)


def _pattern(error: Mapping[str, Any]) -> str:
    parts = [part for part in error["loc"] if part != "[key]"]
    if "params" in parts[:1]:
        return "must be a name in lower case with underscores, like least_rows"
    return _PATTERNS.get(str(parts[-1]), f"must match {error['ctx']['pattern']}")


def _own_words(error: Mapping[str, Any]) -> str:
    text = str(error["msg"])
    return text[:1].lower() + text[1:]


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": lambda _: "is missing",
    "literal_error": lambda error: f"must be one of {', '.join(_choices(error))}",
    "string_pattern_mismatch": _pattern,
    "string_type": lambda _: "must be a text; put it in quotes",
    "string_too_short": lambda _: "must not be empty",
    "too_short": lambda _: "must not be empty",
    "list_type": lambda _: "must be a list",
    "dict_type": lambda _: "must be a mapping",
    "model_type": lambda _: "must be a mapping",
}
