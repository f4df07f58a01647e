"""
Versions: compared part by part, and only as far as they are known.

A version that was read may be short: ``1.29`` stands for any 1.29.x. It decides what every 1.29.x
would decide. A version written in a rule is exact: its missing parts are 0.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from advisor import regex
from advisor.facts.schema import VERSION, Kind
from advisor.rules.expression.closures import lift_pair
from advisor.rules.expression.context import Context, Run, Typed, constant
from advisor.rules.expression.result import Undecided, merge, missing

if TYPE_CHECKING:
    from collections.abc import Callable

Version: TypeAlias = tuple[int, ...]
Side: TypeAlias = tuple[ast.expr, Typed]
"""One side of a comparison: as written and as compiled."""

_LITERAL = regex.lazy(r"\d{1,9}(?:\.\d{1,9})*", re.ASCII)


def compile_versions(
    context: Context, function: Callable[[Any, Any], bool], left: Side, right: Side
) -> Run:
    """
    A comparison of two versions, one of which may be written as a string.

    Raises `ExpressionError` for a string that is no version, or that is not known yet.
    """
    return lift_pair(
        _comparer(context, function, left, right),
        _version(context, *left),
        _version(context, *right),
    )


def in_versions(context: Context, needle: Side, item: Side) -> Run:
    """
    Whether a version is in a list; `item` has the type of the list's items and its closure.
    """
    equal = _comparer(context, lambda one, two: one == two, needle, item)

    def search(wanted: Version, versions: tuple[Version, ...]) -> object:
        results = [equal(wanted, version) for version in versions]
        if True in results:
            return True
        undecided = [one for one in results if isinstance(one, Undecided)]
        return merge(*undecided) if undecided else False

    return lift_pair(search, _version(context, *needle), item[1])


def possible_orders(one: Version, two: Version, *, exact: tuple[bool, bool]) -> frozenset[int]:
    """
    How `one` may stand to `two`: -1 below, 0 equal, 1 above. `exact` tells which has no more parts.

    The same meaning as `advisor.catalog.nginx.at_least`: a version of as many parts as the other is
    taken as it stands.
    """
    if len(one) > len(two):
        turned = possible_orders(two, one, exact=(exact[1], exact[0]))
        return frozenset(-order for order in turned)
    rest = two[len(one) :]
    if rest and not exact[0] and two[: len(one)] == one:
        return frozenset({-1, 0, 1}) if any(rest) else frozenset({0, 1})
    padded = one + (0,) * len(rest)
    return frozenset({(padded > two) - (padded < two)})


def _comparer(
    context: Context, function: Callable[[Any, Any], bool], left: Side, right: Side
) -> Callable[[Version, Version], object]:
    exact = (left[1].constant, right[1].constant)
    names = tuple(context.parsed.text(node) for node, _ in (left, right))

    def compare(one: Version, two: Version) -> object:
        results = {function(order, 0) for order in possible_orders(one, two, exact=exact)}
        if len(results) == 1:
            return results.pop()
        name, short = (names[0], one) if len(one) < len(two) else (names[1], two)
        text = ".".join(map(str, short))
        return missing(name, f"{text} may be any {text}.x")

    return compare


def _version(context: Context, node: ast.expr, part: Typed) -> Typed:
    if part.type.kind is Kind.VERSION:
        return part
    if not part.constant:
        raise context.error(node, "cannot compare version with string")
    if not _LITERAL.fullmatch(part.value):
        raise context.error(node, f"'{part.value}' is no version", "write it like '1.25.1'")
    return constant(VERSION, tuple(int(number) for number in part.value.split(".")))
