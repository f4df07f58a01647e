"""
Lists and dicts, and what a loop sees of them.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from advisor.model import Location
from advisor.parsers.pyeval import environment
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.methods import merge
from advisor.parsers.pyeval.results import Known, Undecided
from advisor.parsers.pyeval.values import (
    MAX_ITEMS,
    Abstract,
    Listing,
    Symbol,
    Table,
    is_literal,
    tainted,
    undecided,
)


def members_of(machine: Machine, nodes: Sequence[ast.expr]) -> tuple[Abstract, ...] | Undecided:
    """
    The items written in a row, those behind ``*`` spread out.
    """
    members: list[Abstract] = []
    for node in nodes:
        if not isinstance(node, ast.Starred):
            members.append(machine.evaluate(node))
            continue
        spread = machine.evaluate(node.value)
        if not isinstance(spread, Listing) or spread.kind is set:
            return undecided(spread)
        members.extend(tainted(member, spread.taint) for member in spread.members)
        machine.spend(len(members) // 8)
    if len(members) > MAX_ITEMS:
        return Undecided("has too many items", machine.source.locate(nodes[0]))
    return tuple(members)


def listing(machine: Machine, node: ast.List | ast.Tuple | ast.Set, where: Location) -> Abstract:
    """
    ``[…]``, ``(…)`` and ``{…}``.
    """
    kinds: Mapping[type, type[Any]] = {ast.List: list, ast.Tuple: tuple, ast.Set: set}
    members = members_of(machine, node.elts)
    if isinstance(members, Undecided):
        return members
    literal = all(map(is_literal, members))
    return Listing(kinds[type(node)], members, where, literal=literal)


def table(machine: Machine, node: ast.Dict, where: Location) -> Abstract:
    """
    ``{…: …}``. Keys that are not known may hide any key before them.
    """
    table, members = Table({}, where), dict[Any, Abstract]()
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = machine.evaluate(value_node)
        if key_node is None:
            table = merge(replace(table, members=members), value)
            members = dict(table.members)
            continue
        key = machine.evaluate(key_node)
        if isinstance(key, Known):
            members[key.value] = tainted(value, key.taint)
        else:
            table, members = replace(table, members={}, partial=True), {}
    literal = not table.partial and all(map(is_literal, members.values()))
    return replace(table, members=members, literal=literal)


def iterate(machine: Machine, value: Abstract) -> tuple[Abstract, ...] | None:
    """
    The items that a loop over a value sees, None when they or their order are not known.
    """
    if isinstance(value, Symbol) and value.name == "os.environ":
        table = environment.all_variables(machine, value.location)
        return tuple(Known(name, value.location, taint=table.taint) for name in table.members)
    if isinstance(value, Listing) and (value.kind is not set or len(value.members) < 2):
        return tuple(tainted(member, value.taint) for member in value.members)
    if isinstance(value, Table) and not value.partial:
        return tuple(Known(key, value.location, taint=value.taint) for key in value.members)
    if isinstance(value, Known) and isinstance(value.value, str) and len(value.value) <= MAX_ITEMS:
        return tuple(Known(letter, value.location, taint=value.taint) for letter in value.value)
    return None
