"""
From values of the evaluator to what the rest of the advisor reads.
"""

from __future__ import annotations

from msgspec.structs import replace

from advisor.model import Location, Origin, Unknown, Value
from advisor.parsers.pyeval.results import (
    ANY_VARIABLE,
    Code,
    EnvDependent,
    Known,
    Outcome,
    PerCpu,
    Taint,
    Undecided,
)
from advisor.parsers.pyeval.values import (
    Abstract,
    Function,
    Klass,
    NotPlainError,
    Symbol,
    is_literal,
    plain,
    whole_taint,
)


def finish(value: Abstract) -> Known | Undecided:
    """
    A value as plain data; functions and classes by their names, as `Code`.
    """
    taint = whole_taint(value)
    if isinstance(value, Function):
        return Known(Code(value.name, "function"), value.location, taint=taint)
    if isinstance(value, Klass):
        name = f"{value.module}.{value.node.name}" if value.module else value.node.name
        return Known(Code(name, "class"), value.location, taint=taint)
    if isinstance(value, Symbol):
        return Known(Code(value.name), value.location, taint=taint)
    try:
        data = plain(value)
    except NotPlainError as error:
        return replace(error.culprit, taint=error.culprit.taint | taint)
    return Known(data, value.location, is_literal(value), taint)


def settle(outcome: Outcome, location: Location, *, cpus: int | None) -> Value[object] | Unknown:
    """
    An outcome as a value with origin and note, or as unknown with its reason.

    `cpus` decides what follows from the number of cpus; without it that stays unknown.
    """
    if isinstance(outcome, EnvDependent):
        outcome = outcome.default
    if isinstance(outcome, PerCpu):
        if cpus is None:
            return Unknown(outcome.reason, outcome.location, ("host.cpus",))
        outcome = outcome.at(cpus)
    if isinstance(outcome, Undecided):
        return Unknown(outcome.reason, outcome.location)
    if isinstance(outcome.value, Code):
        return Unknown(f"comes from {outcome.value.name}, which is not evaluated", location)
    note = describe(outcome.taint, outcome.value, cpus)
    return Value(outcome.value, origin_of(outcome), location, note)


def origin_of(known: Known) -> Origin:
    """
    How a known value came about: written, computed, or resting on an assumption.
    """
    if known.taint.assumed:
        return Origin.ASSUMED
    return Origin.LITERAL if known.literal and not known.taint else Origin.EVALUATED


def describe(taint: Taint, value: object, cpus: int | None) -> str:
    """
    What a value rests on, for the reader: ``9 at 4 cpus, if WORKERS is not set``.
    """
    notes = []
    if taint.per_cpu and cpus is not None:
        number = isinstance(value, int | float) or (isinstance(value, str) and value.isdecimal())
        amount = f"{value} " if number else ""
        notes.append(f"{amount}at {cpus} {'cpu' if cpus == 1 else 'cpus'}")
    if taint.stated:
        notes.append(f"with {_listed(sorted(taint.stated))} as stated")
    named = sorted(taint.assumed - {ANY_VARIABLE})
    if named:
        notes.append(f"if {_listed(named)} {'is' if len(named) == 1 else 'are'} not set")
    elif taint.assumed:
        notes.append("if no variable of the environment replaces it")
    return ", ".join(notes)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
