"""
Closures that read one fact or one field, and say why when it holds no usable value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advisor.facts.schema import Kind, Type
from advisor.model.subject import Fact, Record
from advisor.model.value import Unknown, Value
from advisor.rules.expression.context import Typed
from advisor.rules.expression.kinds import NUMERIC
from advisor.rules.expression.result import FORGETFUL, Cause, Frame, Key, Reads, Undecided, missing

if TYPE_CHECKING:
    from collections.abc import Callable

_ABSENT = Unknown("the files do not say")
_LARGEST = 1e300
_PYTHON: dict[Kind, type] = {
    Kind.BOOL: bool,
    Kind.STRING: str,
    Kind.RECORD: Record,
}


def fact_reader(name: str, type_: Type) -> Typed:
    """
    Reads a fact of the subject.
    """
    accepts = acceptor(type_)
    places = _holds_records(type_)

    def fact(frame: Frame) -> Fact:
        found = frame.facts.get(name, _ABSENT)
        if frame.reads.note(name, found) and places:
            _place(frame.reads, name, found)
        return found

    def run(frame: Frame) -> object:
        # The most frequent call of an audit: a glance, which notes nothing, takes no detour.
        found = frame.facts.get(name, _ABSENT) if frame.reads is FORGETFUL else fact(frame)
        if found.__class__ is Value and accepts(found.value):
            return found.value
        return _explain(name, found, type_)

    return Typed(type_, run, fact=fact)


def field_reader(name: str, type_: Type, slot: int) -> Typed:
    """
    Reads a field of the current item of a loop.
    """
    accepts = acceptor(type_)
    places = _holds_records(type_)

    def fact(frame: Frame) -> Fact:
        record: Any = frame.items[slot]
        found: Fact = record.fields.get(name, _ABSENT)
        key = (id(record), name)
        if frame.reads.note(key, found, record) and places:
            _place(frame.reads, key, found)
        return found

    def run(frame: Frame) -> object:
        found = fact(frame)
        if isinstance(found, Value) and accepts(found.value):
            return found.value
        return _explain(frame.reads.name((id(frame.items[slot]), name)), found, type_)

    return Typed(type_, run, fact=fact)


def _explain(name: str, found: Fact, type_: Type) -> Undecided:
    if isinstance(found, Unknown):
        causes = tuple(Cause(need, found.reason) for need in found.needs or (name,))
        return Undecided(causes)
    if found.value is None:
        return missing(name, "it is not set and has no default")
    return missing(name, f"its value is no usable {type_}")


def acceptor(type_: Type) -> Callable[[Any], bool]:
    """
    Whether a value is of the type the schema promises: nothing that is read may crash a rule.
    """
    if type_.kind in NUMERIC:
        return _is_number
    if type_.kind is Kind.LIST and type_.item is not None:
        accepts = acceptor(type_.item)
        return lambda value: isinstance(value, tuple) and all(map(accepts, value))
    if type_.kind is Kind.VERSION:
        return _is_version
    wanted = _PYTHON[type_.kind]
    return lambda value: isinstance(value, wanted)


def _is_number(value: object) -> bool:
    # The bounds also keep out nan, and whole numbers that no float can hold.
    return isinstance(value, (int, float)) and value.__class__ is not bool and abs(value) < _LARGEST


def _is_version(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and all(map(_is_whole, value))


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and value.__class__ is not bool


def _holds_records(type_: Type) -> bool:
    return type_.item is not None and type_.item.kind is Kind.RECORD


def _place(reads: Reads, key: Key, found: Fact) -> None:
    if isinstance(found, Value) and isinstance(found.value, tuple):
        reads.place(key, [item for item in found.value if isinstance(item, Record)])
