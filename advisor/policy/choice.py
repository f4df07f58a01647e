"""
Which rules are tried, and what of them is not as their files say.

Of all selectors that cover a rule the most specific one decides: its code or name before a longer
before a shorter prefix before ``ALL``. Of equally specific ones that of the command line goes
before that of a file, and ``ignore`` before ``select``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.errors import ConfigError
from advisor.model import Origin, Severity, Value
from advisor.rules.catalogue import Head
from advisor.rules.rule import PARAM_TYPES, Param, Rule, param_value
from advisor.suggest import did_you_mean

ALL = "ALL"
META = "ADV"
"""Family of the rules about files that cannot be read and about suppressions: they always count."""
ESSENTIAL, RECOMMENDED, STRICT = "essential", "recommended", "strict"
PROFILES = (ESSENTIAL, RECOMMENDED, STRICT)
_CODE = re.compile(r"([A-Z]*)(\d*)")
_EXACT = 100


class Selector(Struct, frozen=True):
    """
    Rules that somebody named: a code, a rule's name, the beginning of a code, or ``ALL``.
    """

    text: str
    said: str
    """Where, for messages: ``--select``, ``deploy/advisor.toml: ignore``."""
    layer: int = 0
    """The nearer to the command line, the higher."""


class Choice(Struct, frozen=True):
    """
    Everything that was said about rules. Empty: the recommended ones, as their files say.
    """

    profile: str = RECOMMENDED
    narrow: bool = False
    """Whether only what is selected counts, and not the profile."""
    on: tuple[Selector, ...] = ()
    off: tuple[Selector, ...] = ()
    severities: tuple[tuple[Selector, Severity], ...] = ()
    params: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    """By code or name of the rule."""
    params_said: str = ""
    """Where, for messages."""


def specificity(selector: str, head: Head) -> int:
    """
    How narrowly a selector covers a rule, 0 when it does not; ``ALL`` is 1.

    Letters alone are a family, and ``PG`` does not cover ``PGB001``; with digits they are the
    beginning of a code.
    """
    text = selector.strip()
    if text == head.name or text.upper() == head.code:
        return _EXACT
    if text.upper() == ALL:
        return 1
    wanted = _CODE.fullmatch(text.upper())
    found = _CODE.fullmatch(head.code)
    if not text or wanted is None or found is None or wanted[1] != found[1]:
        return 0
    return 1 + len(text) if found[2].startswith(wanted[2]) else 0


def chosen(rules: Iterable[Rule], heads: Iterable[Head], choice: Choice) -> Iterator[Rule]:
    """
    The rules that count, with the severities and params that were chosen for them.

    Raises `ConfigError` for a selector or param that names nothing.
    """
    if choice == Choice():
        yield from rules
        return
    heads = tuple(heads)
    _check(choice, heads)
    known = {head.code: head for head in heads}
    for rule in rules:
        if _counts(rule, known[rule.code], choice):
            yield _adjusted(rule, known[rule.code], choice)


def check_selector(selector: Selector, heads: Iterable[Head]) -> None:
    """
    Raise `ConfigError` when no rule is meant.
    """
    heads = tuple(heads)
    if not any(specificity(selector.text, head) for head in heads):
        names = [name for head in heads for name in (head.code, head.name)]
        raise ConfigError(
            f"{selector.said}: there is no rule {selector.text[:40]!r}",
            hint=did_you_mean(selector.text, names, cutoff=0.6)
            or "a code, the beginning of one, a rule's name or ALL",
        )


def _check(choice: Choice, heads: tuple[Head, ...]) -> None:
    named = (one for one, _ in choice.severities)
    for selector in (*choice.on, *choice.off, *named):
        check_selector(selector, heads)
    for name in choice.params:
        if not any(specificity(name, head) == _EXACT for head in heads):
            check_selector(Selector(name, choice.params_said), heads)
            raise ConfigError(
                f"{choice.params_said}: {name!r} is no single rule", hint="write its whole code"
            )


def _counts(rule: Rule, head: Head, choice: Choice) -> bool:
    ranks = [(0, 0, 0, _in_profile(rule, choice))]
    for is_off, selectors in enumerate((choice.on, choice.off)):
        for one in selectors:
            width = specificity(one.text, head)
            if width:
                ranks.append((width, one.layer, is_off, not is_off))
    return max(ranks)[3]


def _in_profile(rule: Rule, choice: Choice) -> bool:
    """
    ``essential`` holds the rules that can find something critical or high, the others hold all.
    """
    if rule.code.startswith(META):
        return True
    if choice.narrow:
        return False
    severities = (rule.severity, *(one.severity for one in rule.variants if one.severity))
    worst = min(severities, key=lambda one: one.value)
    return choice.profile != ESSENTIAL or worst.at_least(Severity.HIGH)


def _adjusted(rule: Rule, head: Head, choice: Choice) -> Rule:
    ranks = [
        (width, selector.layer, severity)
        for selector, severity in choice.severities
        if (width := specificity(selector.text, head))
    ]
    if ranks:
        severity = max(ranks, key=lambda rank: rank[:2])[2]
        variants = tuple(replace(one, severity=None) for one in rule.variants)
        rule = replace(rule, severity=severity, variants=variants)
    for name in (rule.name, rule.code):
        if name in choice.params:
            rule = _with_params(rule, choice.params[name], choice.params_said)
    return rule


def _with_params(rule: Rule, values: Mapping[str, object], said: str) -> Rule:
    params = {one.name: one for one in rule.params}
    for name, written in values.items():
        if name not in params:
            names = ", ".join(params)
            raise ConfigError(
                f"{said}.{rule.code}: there is no param {name[:40]!r}",
                hint=f"one of {names}" if names else "the rule has none",
            )
        params[name] = _param(params[name], written, f"{said}.{rule.code}.{name}")
    return replace(rule, params=tuple(params.values()))


def _param(param: Param, written: object, said: str) -> Param:
    unit = next(name for name, kind in PARAM_TYPES.items() if kind == param.type)
    value = param_value(written, unit) if isinstance(written, str | int | float) else None
    if value is None:
        raise ConfigError(f"{said} must be a {unit}")
    return replace(param, value=Value(value, Origin.GIVEN))
