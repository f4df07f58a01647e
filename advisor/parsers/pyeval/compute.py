"""
Applying plain functions to evaluated arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.model import Location
from advisor.parsers.pyeval.guards import ASSEMBLERS, FAILURES, TooLargeError
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.results import CLEAN, HOLE, Known, Taint, Undecided
from advisor.parsers.pyeval.signals import RaisedError
from advisor.parsers.pyeval.values import (
    Abstract,
    Listing,
    NotPlainError,
    lift,
    orderless,
    plain,
    weight,
    whole_taint,
)


class Call(Struct, frozen=True):
    """
    A call with its arguments evaluated.
    """

    location: Location
    args: tuple[Abstract, ...] = ()
    kwargs: Mapping[str, Abstract] = field(default_factory=dict)
    partial: bool = False
    """Whether ``*`` or ``**`` brings in arguments that are not known."""
    spread: Taint = CLEAN
    """What the choice of arguments behind ``**`` rests on."""

    @property
    def taint(self) -> Taint:
        """
        What the arguments rest on.
        """
        return taint_of((*self.args, *self.kwargs.values()))

    def argument(self, position: int, name: str) -> Abstract | None:
        """
        An argument given by position or by name.
        """
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name)


def taint_of(values: Sequence[Abstract]) -> Taint:
    """
    What several values rest on together.
    """
    taint = CLEAN
    for value in values:
        taint = taint | whole_taint(value)
    return taint


def apply(
    machine: Machine, function: Callable[..., Any], call: Call, *, sets: bool = False
) -> Abstract:
    """
    The result of a plain function.

    Undecided when an argument is, or when the result would be too large. `sets` says that the
    order of a set makes no difference to the function. Raises `RaisedError` when the function
    raises: the audited program would, too.
    """
    if call.partial:
        return Undecided("is called with arguments that are not known", call.location)
    machine.spend(1 + sum(map(weight, (*call.args, *call.kwargs.values()))) // 16)
    try:
        args = [plain(value) for value in call.args]
        kwargs = {name: plain(value) for name, value in call.kwargs.items()}
    except NotPlainError as error:
        culprit = error.culprit
        lost = Undecided(culprit.reason, culprit.location, call.taint | culprit.taint)
        return replace(lost, template=_template(machine, function, call))
    if not sets and any(map(orderless, (*args, *kwargs.values()))):
        return Undecided("depends on the order of a set", call.location, call.taint)
    machine.spend(1 + sum(map(_size, args)) // 64)
    return _run(function, args, kwargs, call)


def _template(machine: Machine, function: Callable[..., Any], call: Call) -> str:
    """
    The text a function that puts texts together gives, with holes for what is not known.
    """
    if function not in ASSEMBLERS:
        return ""
    kwargs = {name: _with_holes(value, call) for name, value in call.kwargs.items()}
    filled = replace(
        call, args=tuple(_with_holes(value, call) for value in call.args), kwargs=kwargs
    )
    try:
        value = apply(machine, function, filled)
    except RaisedError:
        return ""
    known = isinstance(value, Known) and isinstance(value.value, str)
    return value.value if known and isinstance(value, Known) else ""


def _with_holes(value: Abstract, call: Call) -> Abstract:
    if isinstance(value, Listing):
        return replace(value, members=tuple(_with_holes(item, call) for item in value.members))
    if isinstance(value, Known):
        return value
    template = value.template if isinstance(value, Undecided) else ""
    return Known(template or HOLE, call.location)


def _run(
    function: Callable[..., Any], args: list[Any], kwargs: dict[str, Any], call: Call
) -> Abstract:
    try:
        return lift(function(*args, **kwargs), call.location, call.taint)
    except TooLargeError:
        return Undecided("is too large or too unusual to evaluate", call.location, call.taint)
    except FAILURES as error:
        name = type(error).__name__
        raise RaisedError(name, f"raises {name}", call.taint) from None


def truth(value: Abstract) -> bool | None:
    """
    Whether a value counts as true, None when that is not known.
    """
    if isinstance(value, Known):
        return bool(value.value)
    try:
        return bool(plain(value))
    except NotPlainError:
        return _truth_of_container(value)


def _truth_of_container(value: Abstract) -> bool | None:
    members = getattr(value, "members", None)
    return True if members and not isinstance(value, Undecided) else None


def _size(value: object) -> int:
    return len(value) if isinstance(value, str | bytes | list | tuple | dict | set) else 1
