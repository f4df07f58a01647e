"""
What is still known after statements that were not understood, or not carried out.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from advisor.model import Location
from advisor.parsers.pyeval.effects import Effects
from advisor.parsers.pyeval.frames import Binding
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.results import ANY_VARIABLE, CLEAN, Taint, Undecided
from advisor.parsers.pyeval.symbols import BUILTINS, ENVIRONMENT, NAMES, changes_arguments
from advisor.parsers.pyeval.values import Function, Listing, Symbol, Table, tainted


class _Reached(Struct, frozen=True):
    """
    What statements may change, by what the names in them stand for.
    """

    variables: frozenset[str]
    """Variables of the environment; `ANY_VARIABLE` for any."""
    changed: frozenset[str]
    """Names whose containers they may change."""
    names: frozenset[str]
    """Names of the module, set otherwise than by an assignment here."""
    any_name: bool
    """Whether any name of the module may be set."""


def forget(
    machine: Machine, effects: Effects, reason: str, where: Location, taint: Taint = CLEAN
) -> None:
    """
    Make names undecided: something that is not understood may have assigned them.
    """
    lost = Undecided(reason, where, taint)
    effects = _followed(machine, effects)
    machine.spend(effects.size // 8)
    reached = _reached(machine, effects)
    if reached.variables:
        machine.overlay = {ANY_VARIABLE: None}
    for name in reached.changed:
        machine.spoil(machine.value_of(name), lost)
    if reached.any_name:
        machine.open_names(where)
    for name in reached.names:
        machine.module.names[name] = Binding(tainted(lost, machine.context), where, where)
    for name in effects.names:
        machine.bind(name, lost, where, where)


def retaint(machine: Machine, effects: Effects, taint: Taint, where: Location) -> None:
    """
    Let names rest on `taint` too: a branch not taken would have assigned them.
    """
    if not taint:
        return
    effects = _followed(machine, effects)
    machine.spend(effects.size // 8)
    reached = _reached(machine, effects)
    for variable in reached.variables:
        _retaint_variable(machine, variable, taint, where)
    for name in reached.changed:
        value = machine.value_of(name)
        if isinstance(value, Listing | Table):
            machine.change(value, tainted(value, taint))
    names = machine.module.names
    for name in (*reached.names, *(names if reached.any_name else ())):
        names[name] = _retainted(names.get(name), taint, where)
    for name in effects.names:
        names = (machine.module if name in machine.frame.globals else machine.frame).names
        names[name] = _retainted(names.get(name), taint, where)


def _followed(machine: Machine, effects: Effects) -> Effects:
    """
    With what functions of this file do that the statements may call.
    """
    seen: set[str] = set()
    pending = [*effects.read]
    while pending:
        name = pending.pop()
        value = machine.value_of(name) if name not in seen else None
        seen.add(name)
        if isinstance(value, Function) and value.home == machine.source.path:
            inside = machine.source.effects_of(value.node)
            pending.extend(inside.read)
            effects |= inside
    return effects


def _reached(machine: Machine, effects: Effects) -> _Reached:
    """
    What statements may change, by what the names in them stand for.
    """
    variables: set[str] = set()
    names: set[str | None] = set(effects.outside)
    for dotted, key in effects.touched:
        symbol = _symbol(machine, dotted)
        if symbol.startswith(NAMES):
            names.add(key)
        elif symbol.startswith(ENVIRONMENT):
            variables.add(ANY_VARIABLE if key is None else key)
    given = {
        name for function, name in effects.passed if changes_arguments(_symbol(machine, function))
    }
    return _Reached(
        frozenset(variables),
        effects.changed | given,
        frozenset(name for name in names if name is not None),
        None in names,
    )


def _symbol(machine: Machine, dotted: str) -> str:
    """
    The full name of something imported or built in; empty for anything else.
    """
    base, dot, rest = dotted.partition(".")
    if base == NAMES:
        return dotted
    value = machine.value_of(base)
    if value is None and base in BUILTINS:
        return dotted
    return f"{value.name}{dot}{rest}" if isinstance(value, Symbol) else ""


def _retaint_variable(machine: Machine, name: str, taint: Taint, where: Location) -> None:
    if name == ANY_VARIABLE:
        machine.overlay = {ANY_VARIABLE: None}
        return
    value = machine.variable(name, where)
    if value is not None:
        machine.overlay[name] = tainted(value, taint)
    elif name in machine.overlay:
        machine.overlay[name] = Undecided("may be in the environment", where, taint)


def _retainted(binding: Binding | None, taint: Taint, where: Location) -> Binding:
    if binding is None:
        missing = Undecided("is not set here", where, taint)
        return Binding(missing, where, where, absent=True)
    return replace(binding, value=tainted(binding.value, taint))
