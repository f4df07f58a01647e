"""
Names reached as data: ``globals()["workers"] = 4``.
"""

from __future__ import annotations

import ast

from msgspec.structs import replace

from advisor.model import Location
from advisor.parsers.pyeval.compute import Call
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.results import ANY_VARIABLE, Known, Taint, Undecided
from advisor.parsers.pyeval.signals import RaisedError
from advisor.parsers.pyeval.values import (
    Abstract,
    Table,
    computed,
    tainted,
    undecided,
)


def is_namespace(machine: Machine, node: ast.Call) -> bool:
    """
    Whether a call gives the names of the module: ``globals()``, at module level ``locals()``.
    """
    if not isinstance(node.func, ast.Name) or node.args or node.keywords:
        return False
    name = node.func.id
    here = name == "globals" or (name in {"locals", "vars"} and not machine.stack)
    return here and machine.lookup(name) is None


def get_name(machine: Machine, call: Call) -> Abstract:
    """
    ``globals().get(name, default)``.
    """
    found = _find(machine, call)
    return found or call.argument(1, "default") or Known(None, call.location)


def need_name(machine: Machine, call: Call) -> Abstract:
    """
    ``globals()[name]``. Raises `RaisedError` when the name is surely not set.
    """
    found = _find(machine, call)
    if found is None:
        raise RaisedError("KeyError", "raises KeyError", call.taint)
    return found


def has_name(machine: Machine, call: Call) -> Abstract:
    """
    ``name in globals()``.
    """
    found = _find(machine, call)
    if isinstance(found, Undecided):
        return found
    return Known(found is not None, call.location, taint=call.taint)


def default_name(machine: Machine, call: Call) -> Abstract:
    """
    ``globals().setdefault(name, value)``.
    """
    value = get_name(machine, call)
    if call.args:
        set_name(machine, call.args[0], value, call.location, call.location)
    return value


def update_names(machine: Machine, call: Call) -> Abstract:
    """
    ``globals().update({…})``.
    """
    given = call.args[0] if call.args else Table({}, call.location)
    if call.partial or not isinstance(given, Table) or given.partial:
        machine.open_names(call.location)
        return Known(None, call.location)
    for name, value in (*given.members.items(), *call.kwargs.items()):
        key = Known(name, call.location, taint=given.taint)
        set_name(machine, key, value, call.location, value.location)
    return Known(None, call.location)


def set_name(
    machine: Machine, name: Abstract, value: Abstract, statement: Location, place: Location
) -> None:
    """
    ``globals()[name] = value``.
    """
    if not isinstance(name, Known) or not isinstance(name.value, str):
        machine.open_names(statement)
        return
    frame, machine.stack = machine.stack, []
    machine.bind(name.value, tainted(value, name.taint), statement, place)
    machine.stack = frame
    if ANY_VARIABLE in name.taint.assumed:
        open_to_environment(machine, statement)


def open_to_environment(machine: Machine, where: Location) -> None:
    """
    From here on any name of the module may have come from a variable that no file states.
    """
    if machine.env_opened is not None:
        return
    machine.env_opened = where
    taint = Taint(assumed=frozenset({ANY_VARIABLE}))
    for name, binding in machine.module.names.items():
        machine.module.names[name] = replace(binding, value=tainted(binding.value, taint))


def _find(machine: Machine, call: Call) -> Abstract | None:
    name = call.args[0] if call.args else None
    if not isinstance(name, Known):
        return undecided(name) if name else Undecided("is called without a name", call.location)
    binding = machine.module.names.get(str(name.value))
    if binding is not None:
        return computed(binding.value, call.location)
    opened = machine.opened
    return Undecided(f"line {opened.line} may have set it", opened) if opened else None
