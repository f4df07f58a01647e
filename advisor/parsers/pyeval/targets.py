"""
Assignment: to names, to items of dicts and lists, to the environment.
"""

from __future__ import annotations

import ast

from msgspec import Struct
from msgspec.structs import replace

from advisor.model import Location
from advisor.parsers.pyeval import environment, scopes
from advisor.parsers.pyeval.containers import iterate
from advisor.parsers.pyeval.effects import effects
from advisor.parsers.pyeval.forgetting import forget
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.methods import with_key
from advisor.parsers.pyeval.results import ANY_VARIABLE, Known, Undecided
from advisor.parsers.pyeval.signals import RaisedError
from advisor.parsers.pyeval.symbols import NAMES
from advisor.parsers.pyeval.values import (
    Abstract,
    Instance,
    Klass,
    Listing,
    Symbol,
    Table,
    tainted,
    undecided,
)


class Places(Struct, frozen=True):
    """
    Where an assignment stands.
    """

    statement: Location
    value: Location


def assign(machine: Machine, target: ast.expr, value: Abstract, places: Places) -> None:
    """
    Carry out ``target = value``.

    Raises `RaisedError` when the audited program would.
    """
    if isinstance(target, ast.Name):
        machine.bind(target.id, value, places.statement, places.value)
    elif isinstance(target, ast.Tuple | ast.List):
        _unpack(machine, target, value, places)
    elif isinstance(target, ast.Subscript):
        _assign_item(machine, target, value, places)
    elif isinstance(target, ast.Attribute):
        _assign_attribute(machine, target, places)
    else:
        forget(machine, effects([target]), "is not evaluated", places.statement, value.taint)


def _assign_attribute(machine: Machine, target: ast.Attribute, places: Places) -> None:
    holder: ast.expr = target
    while isinstance(holder, ast.Attribute | ast.Subscript):
        holder = holder.value
    if isinstance(holder, ast.Name) and isinstance(machine.value_of(holder.id), Klass | Instance):
        lost = Undecided("is changed after it was made", places.statement)
        machine.bind(holder.id, lost, places.statement, places.value)


def _unpack(
    machine: Machine, target: ast.Tuple | ast.List, value: Abstract, places: Places
) -> None:
    items = iterate(machine, value)
    starred = any(isinstance(node, ast.Starred) for node in target.elts)
    if items is None or starred:
        lost = undecided(value)
        forget(machine, effects([target]), lost.reason, places.statement, lost.taint)
        return
    if len(items) != len(target.elts):
        raise RaisedError("ValueError", "raises ValueError", value.taint)
    for node, item in zip(target.elts, items, strict=True):
        assign(machine, node, item, Places(places.statement, item.location))


def _assign_item(machine: Machine, target: ast.Subscript, value: Abstract, places: Places) -> None:
    holder = machine.evaluate(target.value)
    key: Abstract = Undecided("is a slice", places.statement)
    if not isinstance(target.slice, ast.Slice):
        key = machine.evaluate(target.slice)
    if isinstance(holder, Symbol) and holder.name == NAMES:
        scopes.set_name(machine, key, value, places.statement, places.value)
    elif isinstance(holder, Symbol) and holder.name == "os.environ":
        environment.set_variable(machine, key, value)
    elif isinstance(holder, Table) and isinstance(key, Known):
        machine.change(holder, with_key(holder, key, value))
    elif isinstance(holder, Listing) and isinstance(key, Known) and isinstance(key.value, int):
        _set_member(machine, holder, key, value)
    else:
        machine.spoil(holder, Undecided("is changed at a place not known", places.statement))


def _set_member(machine: Machine, listing: Listing, key: Known, value: Abstract) -> None:
    members = list(listing.members)
    try:
        members[key.value] = tainted(value, key.taint)
    except IndexError:
        raise RaisedError("IndexError", "raises IndexError", listing.taint) from None
    machine.spend(len(members) // 8)
    machine.change(listing, replace(listing, members=tuple(members)))


def delete(machine: Machine, target: ast.expr, where: Location) -> None:
    """
    Carry out ``del target``.
    """
    if isinstance(target, ast.Name):
        machine.frame.names.pop(target.id, None)
        return
    holder = machine.evaluate(target.value) if isinstance(target, ast.Subscript) else None
    key = machine.evaluate(target.slice) if isinstance(target, ast.Subscript) else None
    if isinstance(holder, Symbol) and holder.name == "os.environ":
        machine.overlay[str(key.value) if isinstance(key, Known) else ANY_VARIABLE] = None
    elif isinstance(holder, Table) and isinstance(key, Known):
        members = {name: item for name, item in holder.members.items() if name != key.value}
        machine.change(holder, replace(holder, members=members))
    else:
        forget(machine, effects([target]), "is deleted in part", where)
