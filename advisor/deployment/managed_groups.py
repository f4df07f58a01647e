"""
Parameters that Terraform hands to managed PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from msgspec import Struct, field

from advisor.catalog.rds_formulas import is_formula
from advisor.model import Location, Origin, Unknown, Value
from advisor.parsers.hcl import Block, Expression, Literal, ObjectOf, Reference
from advisor.parsers.postgresql import Assignment
from advisor.parsers.redaction import redact
from advisor.parsers.terraform import Module

_UNREAD = "its parameters are computed when Terraform applies them"
Pair: TypeAlias = "tuple[Expression | None, Expression | None]"
"""Name and value of a parameter."""


class Group(Struct, frozen=True):
    """
    Parameters of one server.
    """

    assignments: tuple[Assignment, ...] = ()
    formulas: Mapping[str, Value[str]] = field(default_factory=dict)
    """Texts of formulas by name, which RDS computes."""
    unread: Unknown | None = None
    """Why parameters may be missing here."""
    location: Location | None = None
    """The group of parameters that further ones go to, None when there is none of its own."""

    def under(self, other: Group) -> Group:
        """
        These parameters and on top of them those of another group.
        """
        return Group(
            (*self.assignments, *other.assignments),
            {**self.formulas, **other.formulas},
            self.unread or other.unread,
            self.location or other.location,
        )


def of_blocks(module: Module, block: Block, type_: str) -> Group:
    """
    Parameters that stand as blocks of one type, those of ``dynamic`` blocks included.
    """
    pairs: list[Pair] = [
        (one.attributes.get("name"), one.attributes.get("value")) for one in block.of_type(type_)
    ]
    unread = None
    for one in block.of_type("dynamic"):
        if one.labels == (type_,):
            repeated = _repeated(module, one)
            unread = Unknown(_UNREAD, one.location) if repeated is None else unread
            pairs += repeated or ()
    return of_pairs(module, pairs, unread)


def of_list(module: Module, expression: Expression | None) -> Group:
    """
    Parameters that stand as objects with ``name`` and ``value`` in a list.
    """
    if expression is None:
        return Group()
    items = module.items(expression)
    if items is None or module.resolve(expression)[1]:
        return Group(unread=Unknown(_UNREAD, expression.location))
    pairs = [(module.entry(one, "name"), module.entry(one, "value")) for one in items]
    return of_pairs(module, pairs)


def _repeated(module: Module, block: Block) -> list[Pair] | None:
    """
    Names and values of a ``dynamic`` block over a list or object that is written out.

    None when part of it is computed.
    """
    iterator = module.text(block.attributes.get("iterator"))
    name = iterator.value if isinstance(iterator, Value) else block.labels[0]
    over = block.attributes.get("for_each")
    content = next(block.of_type("content"), None)
    if over is None or content is None:
        return None
    items = module.items(over)
    found, assumed = module.resolve(over)
    if items is None or assumed:
        # A default of a variable: where the module is applied there may be other parameters.
        return None
    keys = list(found.entries) if isinstance(found, ObjectOf) else [None] * len(items)
    pairs: list[Pair] = []
    for key, item in zip(keys, items, strict=True):
        first, second = (
            _inside(module, content.attributes.get(one), (name, key, item))
            for one in ("name", "value")
        )
        if first is None or second is None:
            return None
        pairs.append((first, second))
    return pairs


def _inside(
    module: Module, expression: Expression | None, turn: tuple[str, str | None, Expression]
) -> Expression | None:
    """
    What an expression of the block stands for in one turn, None when that cannot be told.
    """
    name, key, item = turn
    if not isinstance(expression, Reference) or expression.steps[0] != name:
        return expression
    match expression.steps[1:]:
        case ("key",) if key is not None:
            return Literal(key, item.location)
        case ("value",):
            return item
        case ("value", field):
            return module.entry(item, field)
    return None


def of_pairs(module: Module, pairs: Iterable[Pair], unread: Unknown | None = None) -> Group:
    """
    Parameters as assignments, formulas aside. A value that is not known is one of a template.
    """
    assignments: list[Assignment] = []
    formulas: dict[str, Value[str]] = {}
    for first, second in pairs:
        name, value = module.text(first), module.text(second)
        if not isinstance(name, Value):
            unread = unread or Unknown(_UNREAD, first.location if first else None)
            continue
        place = second.location if second else _place(name)
        if isinstance(value, Value) and is_formula(value.value):
            formulas[name.value.lower()] = value
        else:
            assignments.append(_assignment(name.value, value, place))
    return Group(tuple(assignments), formulas, unread)


def _place(name: Value[str]) -> Location:
    return name.location or Location("", 1)


def _assignment(name: str, value: Value[str] | Unknown | None, place: Location) -> Assignment:
    """
    What a default of a variable says may be overridden, so it counts as unknown as well.
    """
    known = isinstance(value, Value) and value.origin is not Origin.ASSUMED
    raw = value.value if isinstance(value, Value) and known else ""
    return Assignment(name, redact(raw), place, place, quoted=True, placeholder=not known)
