"""
Budgets as bars of blocks, and their numbers as words; shared by the prose formats.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from advisor.model import Budget, BudgetKind
from advisor.units import format_number, format_size

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTH = 40
"""Blocks of a bar."""
LEGEND = "█ kept or expected · ▒ at most · ░ free · ┃ the limit"
_KEPT: Mapping[BudgetKind, str] = {
    BudgetKind.CONNECTIONS: "kept open",
    BudgetKind.MEMORY: "expected",
}
_UNIT: Mapping[BudgetKind, str] = {BudgetKind.CONNECTIONS: " connections", BudgetKind.MEMORY: ""}


def bar(budget: Budget) -> str:
    """
    For example ``███████▒▒▒┃▒▒▒▒``; empty where nothing but the limit is known.
    """
    most, expected = known_amount(budget.most), known_amount(budget.expected)
    limit = known_amount(budget.limit)
    reached = most if most is not None else expected
    if reached is None:
        return ""
    whole = max(reached, limit or 0)
    if whole <= 0:
        return ""
    filled, taken = (round(min(part / whole, 1) * WIDTH) for part in (expected or 0, reached))
    blocks = "█" * filled + "▒" * (taken - filled) + "░" * (WIDTH - max(taken, filled))
    if limit is None or limit >= whole:
        return blocks
    place = round(limit / whole * WIDTH)
    return f"{blocks[:place]}┃{blocks[place:]}"


def budget_words(budget: Budget) -> str:
    """
    For example ``at most 270 of 197 connections ⚠, 180 kept open``.
    """
    unit = _UNIT[budget.kind]
    most, limit = amount(budget.kind, budget.most), amount(budget.kind, budget.limit)
    if not most:
        return "demand not known" + (f", the limit is {limit}{unit}" if limit else "")
    of = f" of {limit}" if limit else ""
    warning = " ⚠" if budget.exceeded else ""
    upper = f"at most {most}{of}{unit}{warning}"
    kept = amount(budget.kind, budget.expected)
    return f"{upper}, {kept} {_KEPT[budget.kind]}" if kept else upper


def kept_words(kind: BudgetKind) -> str:
    """
    What the smaller of the two numbers of a term stands for.
    """
    return _KEPT[kind]


def amount(kind: BudgetKind, number: float | None) -> str:
    """
    ``270`` connections or ``16 GB``; empty when it is not known.
    """
    known = known_amount(number)
    if known is None:
        return ""
    return format_size(known) if kind is BudgetKind.MEMORY else format_number(known)


def known_amount(number: float | None) -> float | None:
    """
    A number that can be drawn; None for the others.
    """
    return number if number is not None and math.isfinite(number) and number >= 0 else None
