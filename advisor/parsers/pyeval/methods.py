"""
Methods of text, lists and dicts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec.structs import replace

from advisor.model import Location
from advisor.parsers.pyeval.compute import Call, apply
from advisor.parsers.pyeval.guards import format_text, join_text, pad_text, replace_text
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.results import Known, Undecided
from advisor.parsers.pyeval.signals import RaisedError
from advisor.parsers.pyeval.values import (
    MAX_ITEMS,
    Abstract,
    Listing,
    Method,
    Table,
    plain,
    tainted,
    undecided,
)

_SIMPLE_TEXT = (
    *("capitalize", "casefold", "lower", "swapcase", "title", "upper"),
    *("count", "endswith", "find", "index", "rfind", "startswith"),
    *("isalnum", "isalpha", "isdecimal", "isdigit", "islower", "isnumeric", "isspace", "isupper"),
    *("lstrip", "removeprefix", "removesuffix", "rstrip", "strip"),
    *("partition", "rpartition", "rsplit", "split", "splitlines"),
)
TEXT: Mapping[str, Callable[..., Any]] = {
    **{name: getattr(str, name) for name in _SIMPLE_TEXT},
    "format": format_text,
    "join": join_text,
    "replace": replace_text,
    "zfill": pad_text,
}


def call_method(machine: Machine, method: Method, call: Call) -> Abstract:
    """
    A call of a method of plain data.
    """
    receiver = method.receiver
    if isinstance(receiver, Table):
        return _call_table(machine, method, receiver, call)
    if isinstance(receiver, Listing):
        return _call_listing(machine, method, receiver, call)
    if isinstance(receiver, Known) and isinstance(receiver.value, str) and method.name in TEXT:
        whole = replace(call, args=(receiver, *call.args))
        return apply(machine, TEXT[method.name], whole)
    if isinstance(receiver, Undecided):
        return _call_open(machine, method, receiver, call)
    if isinstance(receiver, Known) and receiver.value is None:
        raise RaisedError("AttributeError", "raises AttributeError", receiver.taint)
    reason = f"calls the method {method.name}(), which is not evaluated"
    return Undecided(reason, call.location, call.taint | receiver.taint)


def _call_open(machine: Machine, method: Method, receiver: Undecided, call: Call) -> Abstract:
    """
    A method of something not known. A text known in pieces keeps them through ``replace``.
    """
    lost = Undecided(receiver.reason, call.location, call.taint | receiver.taint)
    for value in (*call.args, *call.kwargs.values()):
        machine.spoil(value, lost)
    if method.name != "replace" or not receiver.template:
        return lost
    pieces = Known(receiver.template, call.location)
    changed = apply(machine, replace_text, replace(call, args=(pieces, *call.args)))
    known = isinstance(changed, Known) and isinstance(changed.value, str)
    return replace(lost, template=changed.value) if known and isinstance(changed, Known) else lost


def _call_table(machine: Machine, method: Method, table: Table, call: Call) -> Abstract:
    handler = _TABLE.get(method.name)
    if handler is None or (call.partial and method.name != "update"):
        return _lose(machine, method, table, call)
    return tainted(handler(machine, table, call), table.taint)


def _call_listing(machine: Machine, method: Method, listing: Listing, call: Call) -> Abstract:
    handler = _LISTING.get(method.name)
    if handler is not None and listing.kind is list and not call.partial:
        return tainted(handler(machine, listing, call), listing.taint)
    if method.name in {"index", "count"} and listing.kind is not set:
        whole = replace(call, args=(listing, *call.args))
        return apply(machine, getattr(listing.kind, method.name), whole)
    return _lose(machine, method, listing, call)


def _lose(machine: Machine, method: Method, receiver: Listing | Table, call: Call) -> Abstract:
    reason = f"calls the method {method.name}(), which is not evaluated"
    lost = Undecided(reason, call.location, call.taint | receiver.taint)
    machine.spoil(receiver, lost)
    return lost


def read_key(table: Table, key: Abstract, location: Location) -> Abstract | None:
    """
    The value under a key; None when the table surely has no such key.
    """
    if not isinstance(key, Known):
        return undecided(key)
    if key.value in table.members:
        return table.members[key.value]
    return undecided(replace(table, location=location)) if table.partial else None


def _get(_machine: Machine, table: Table, call: Call) -> Abstract:
    if not call.args:
        return Undecided("is called without a key", call.location)
    value = read_key(table, call.args[0], call.location)
    if value is not None:
        return value
    return call.argument(1, "default") or Known(None, call.location)


def _set_default(machine: Machine, table: Table, call: Call) -> Abstract:
    value = _get(machine, table, call)
    key = call.args[0] if call.args else None
    if isinstance(key, Known):
        machine.change(table, with_key(table, key, value))
    else:
        machine.spoil(table, undecided(table))
    return value


def _update(machine: Machine, table: Table, call: Call) -> Abstract:
    merged = table
    for given in call.args[:1]:
        merged = merge(merged, given)
    if call.partial:
        merged = replace(merged, members={}, partial=True)
    merged = replace(merged, members={**merged.members, **call.kwargs})
    machine.spend(1 + len(merged.members) // 8)
    machine.change(table, merged)
    return Known(None, call.location)


def merge(table: Table, given: Abstract) -> Table:
    """
    The table after ``table.update(given)``. Unknown keys of `given` may hide any key of `table`.
    """
    # Which keys there are rests on what `given` rests on, too.
    table = replace(table, taint=table.taint | given.taint)
    if not isinstance(given, Table):
        return replace(table, members={}, partial=True)
    newer = {key: tainted(value, given.taint) for key, value in given.members.items()}
    if given.partial:
        return replace(table, members=newer, partial=True)
    return replace(table, members={**table.members, **newer})


def _copy(_machine: Machine, table: Table, call: Call) -> Abstract:
    return Table(table.members, call.location, taint=table.taint, partial=table.partial)


def _pop(machine: Machine, table: Table, call: Call) -> Abstract:
    value = _get(machine, table, call)
    key = call.args[0] if call.args else None
    if not isinstance(key, Known):
        machine.spoil(table, undecided(table))
        return value
    if key.value not in table.members and not table.partial and len(call.args) < 2:
        raise RaisedError("KeyError", "raises KeyError", table.taint)
    members = {name: item for name, item in table.members.items() if name != key.value}
    machine.change(table, replace(table, members=members))
    return value


def _listed(kind: str) -> Callable[[Machine, Table, Call], Abstract]:
    def view(_machine: Machine, table: Table, call: Call) -> Abstract:
        if table.partial:
            return undecided(table)
        keys = [Known(key, call.location) for key in table.members]
        values = list(table.members.values())
        pairs = zip(keys, values, strict=True)
        items = [Listing(tuple, pair, call.location) for pair in pairs]
        members: Mapping[str, list[Any]] = {"keys": keys, "values": values, "items": items}
        return Listing(list, tuple(members[kind]), call.location, taint=table.taint)

    return view


def with_key(table: Table, key: Known, value: Abstract) -> Table:
    """
    The table after ``table[key] = value``.
    """
    return replace(table, members={**table.members, key.value: tainted(value, key.taint)})


def _append(machine: Machine, listing: Listing, call: Call) -> Abstract:
    return _grow(machine, listing, (*listing.members, *call.args[:1]), call)


def _extend(machine: Machine, listing: Listing, call: Call) -> Abstract:
    given = call.args[0] if call.args else None
    if isinstance(given, Listing) and given.kind is not set:
        more = tuple(tainted(member, given.taint) for member in given.members)
        return _grow(machine, listing, (*listing.members, *more), call)
    machine.spoil(listing, Undecided("is extended by items not known", call.location))
    return Known(None, call.location)


def _insert(machine: Machine, listing: Listing, call: Call) -> Abstract:
    members = list(listing.members)
    position = call.args[0] if len(call.args) == 2 else None
    if isinstance(position, Known) and isinstance(position.value, int):
        members.insert(plain(position), call.args[1])
        return _grow(machine, listing, tuple(members), call)
    machine.spoil(listing, Undecided("changes at a place not known", call.location))
    return Known(None, call.location)


def _grow(
    machine: Machine, listing: Listing, members: tuple[Abstract, ...], call: Call
) -> Abstract:
    machine.spend(1 + len(members) // 8)
    if len(members) > MAX_ITEMS:
        machine.spoil(listing, Undecided("has too many items", call.location))
    else:
        machine.change(listing, replace(listing, members=members))
    return Known(None, call.location)


def _copy_list(_machine: Machine, listing: Listing, call: Call) -> Abstract:
    return Listing(list, listing.members, call.location, taint=listing.taint)


_TABLE: Mapping[str, Callable[[Machine, Table, Call], Abstract]] = {
    "copy": _copy,
    "get": _get,
    "items": _listed("items"),
    "keys": _listed("keys"),
    "pop": _pop,
    "setdefault": _set_default,
    "update": _update,
    "values": _listed("values"),
}
_LISTING: Mapping[str, Callable[[Machine, Listing, Call], Abstract]] = {
    "append": _append,
    "copy": _copy_list,
    "extend": _extend,
    "insert": _insert,
}
