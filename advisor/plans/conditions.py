"""
The conditions of a plan, taken apart into comparisons.

EXPLAIN prints conditions fully parenthesised, so balanced parentheses outside of quotes are enough
to find conjuncts and operators; texts stay verbatim.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from advisor.plans import scan
from advisor.plans.sides import Side, side

_KINDS: Mapping[str, str] = {
    "=": "eq",
    "<": "range",
    "<=": "range",
    ">": "range",
    ">=": "range",
    "~~": "like",
    "~~*": "like",
    "~": "like",
    "~*": "like",
    "^@": "like",
}
_COMMUTED: Mapping[str, str] = {"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=", "<>": "<>"}
_BOOLEAN = ("IS TRUE", "IS FALSE")
_MAX_PARTS = 1_000


class Predicate(Struct, frozen=True):
    """
    One condition that every row must meet.
    """

    kind: str
    """``eq``, ``in``, ``range``, ``like``, ``is_null`` or ``other``."""
    text: str
    """The whole condition, verbatim, without the outer parentheses."""
    operator: str
    """As in the plan: ``=``, ``= ANY``, ``~~``, ``IS NULL``; empty for a bare expression."""
    left: Side
    right: Side

    @property
    def expression(self) -> str:
        """
        What is compared, verbatim.
        """
        return self.left.text

    @property
    def operand(self) -> str:
        """
        What it is compared with, verbatim.
        """
        return self.right.text

    @property
    def is_column(self) -> bool:
        """
        Whether `expression` is one column, perhaps relabelled from varchar to text.
        """
        return self.left.is_column

    def turned(self) -> Predicate | None:
        """
        The same condition with its sides exchanged; None when the operator does not allow it.
        """
        operator = _COMMUTED.get(self.operator)
        if operator is None:
            return None
        return Predicate(self.kind, self.text, operator, self.right, self.left)


def predicates(condition: str) -> tuple[Predicate, ...]:
    """
    The conditions that a filter or join condition connects with AND.

    A constant always stands on the right. An OR, a NOT of anything but a column, and whatever is
    not understood is of kind ``other``.
    """
    return tuple(_predicate(part) for part in conjuncts(condition))


def conjuncts(condition: str) -> tuple[str, ...]:
    """
    Parts of a condition between its outermost ANDs, without their outer parentheses.
    """
    done: list[str] = []
    waiting = [condition]
    while waiting and len(done) < _MAX_PARTS:
        text = scan.strip_parentheses(waiting.pop())
        parts = scan.split(text, "AND")
        if len(parts) > 1:
            waiting.extend(reversed(parts))
        elif parts:
            done.append(text)
    return tuple(done)


def _predicate(text: str) -> Predicate:
    found = _operator(text)
    if found is None:
        return _bare(text)
    operator, left, right = found
    if operator.startswith("IS"):
        return Predicate(
            "is_null" if operator == "IS NULL" else "other", text, operator, side(left), Side("")
        )
    if right.startswith(("ANY (", "ALL (")):
        kind = "in" if operator == "=" and right.startswith("ANY") else "other"
        word, operand = right[:3], scan.strip_parentheses(right[3:])
        return Predicate(kind, text, f"{operator} {word}", side(left), side(operand))
    predicate = Predicate(_KINDS.get(operator, "other"), text, operator, side(left), side(right))
    is_turned = predicate.left.is_constant and not predicate.right.is_constant
    return (predicate.turned() if is_turned else None) or predicate


def _operator(text: str) -> tuple[str, str, str] | None:
    """
    The operator outside of all parentheses, and the texts on its sides; None when there is none.
    """
    for token in scan.tokens(text):
        if token.depth or token.start == 0:
            continue
        left, right = text[: token.start].rstrip(), text[token.end :].lstrip()
        if token.kind == "operator":
            return token.text, left, right
        if token.text == "IS":
            return f"IS {right}", left, right
        if token.text in ("OR", "OPERATOR"):
            return token.text, left, right
    return None


def _bare(text: str) -> Predicate:
    """
    A boolean column is compared with true, ``NOT`` of one with false.
    """
    name = scan.strip_parentheses(text.removeprefix("NOT "))
    left = side(name) if text.startswith("NOT ") else side(text)
    if left.is_column and not left.relabelled:
        value = "false" if text.startswith("NOT ") else "true"
        return Predicate("eq", text, "=", left, Side(value))
    return Predicate(
        "other", text, "", Side(text, known=left.known, qualifiers=left.qualifiers), Side("")
    )
