"""
Everything a rule says in expressions and templates, compiled before it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from advisor.errors import ExpressionError
from advisor.facts.namespaces import scope_of
from advisor.facts.schema import BOOL, NUMBER, Type
from advisor.rules.compiled import CompiledRule
from advisor.rules.rule import Rule

Where = tuple[str | int, ...]
"""Path of a key in the rule file, for messages."""


def check(rule: Rule) -> Iterator[tuple[Where, ExpressionError]]:
    """
    Compile everything the rule holds, and give each mistake with the key it stands under.

    The target and all fact names outside expressions must have been checked before.
    """
    compiled = CompiledRule(rule)
    for where, source, expect in _expressions(rule):
        yield from _tried(where, lambda: compiled.expression(source, expect))  # noqa: B023 - at once
    for where, text in _templates(rule):
        yield from _tried(where, lambda: compiled.template(text))  # noqa: B023 - called at once


def _tried(where: Where, compile_: Callable[[], object]) -> Iterator[tuple[Where, ExpressionError]]:
    try:
        compile_()
    except ExpressionError as error:
        yield where, error


def _expressions(rule: Rule) -> Iterator[tuple[Where, str, Type | None]]:
    yield ("when",), rule.when, BOOL
    for index, variant in enumerate(rule.variants):
        yield ("variants", index, "when"), variant.when, BOOL
    if rule.impact:
        yield ("impact",), rule.impact, NUMBER
    if rule.fix:
        specs = scope_of(rule.target)
        for name, source in rule.fix.set.items():
            yield ("fix", "set", name), source, specs[name].type


def _templates(rule: Rule) -> Iterator[tuple[Where, str]]:
    yield ("message",), rule.message
    yield ("recommendation",), rule.recommendation
    yield ("why",), rule.why
    yield ("root_cause",), rule.root_cause
    for index, mark in enumerate(rule.at):
        yield ("at", index, "label"), mark.label
    for index, variant in enumerate(rule.variants):
        yield ("variants", index, "message"), variant.message
        yield ("variants", index, "recommendation"), variant.recommendation
        yield ("variants", index, "why"), variant.why
    if rule.fix:
        yield ("fix", "snippet"), rule.fix.snippet
