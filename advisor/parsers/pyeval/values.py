"""
What an expression of a configuration file may turn out to be.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import copy
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct, field
from msgspec.structs import force_setattr, replace

from advisor.model import Location
from advisor.parsers.pyeval.results import CLEAN, Known, Taint, Undecided

MAX_BITS = 1024
"""Whole numbers beyond this are given up: no setting needs them, and powers grow without end."""
MAX_TEXT = 100_000
MAX_ITEMS = 10_000
MAX_WEIGHT = 20_000
"""Items of a container with those of all containers inside."""
MAX_NESTING = 40
"""Containers inside each other."""


class Listing(Struct, frozen=True, eq=False):
    """
    A list, tuple or set whose items are told one by one.
    """

    kind: type[list[Any] | tuple[Any, ...] | set[Any]]
    members: tuple[Abstract, ...]
    location: Location
    literal: bool = False
    taint: Taint = CLEAN
    token: object = field(default_factory=object)
    """Identity: names bound to one list share it, also after a change of taint."""
    weight: int = 0
    """Computed, as `nesting` is."""
    nesting: int = 0

    def __post_init__(self) -> None:
        _measure(self, self.members)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Listing) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[object, ...]:
        return self.kind, self.members, self.location, self.literal, self.taint


class Table(Struct, frozen=True, eq=False):
    """
    A dict whose values are told one by one.
    """

    members: Mapping[Any, Abstract]
    location: Location
    literal: bool = False
    taint: Taint = CLEAN
    token: object = field(default_factory=object)
    """As for `Listing`."""
    partial: bool = False
    """Whether it may hold more keys than `members` tells."""
    weight: int = 0
    """Computed, as `nesting` is."""
    nesting: int = 0

    def __post_init__(self) -> None:
        _measure(self, self.members.values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[object, ...]:
        return self.members, self.location, self.literal, self.taint, self.partial


class Symbol(Struct, frozen=True):
    """
    Something imported or built in, by its dotted name: ``os.environ``, ``int``.
    """

    name: str
    location: Location
    taint: Taint = CLEAN
    path: str = ""
    """File of a module that belongs to the same code, else empty."""
    member: str = ""
    """A name of that file, empty for the module itself."""


class Method(Struct, frozen=True):
    """
    A method of plain data, not yet called.
    """

    receiver: Abstract
    name: str
    location: Location
    taint: Taint = CLEAN


class Function(Struct, frozen=True):
    """
    A function the file defines, and the names around it.
    """

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Any
    """The `Frame` it was defined in."""
    defaults: Mapping[str, Abstract]
    """Values of the parameters that have one."""
    location: Location
    opaque: bool = False
    """Whether a call of it is not followed: decorated, asynchronous, a generator."""
    taint: Taint = CLEAN
    home: str = ""
    """Path of the file that defines it."""

    @property
    def name(self) -> str:
        """
        Its name; lambdas have Python's own word for it.
        """
        return "<lambda>" if isinstance(self.node, ast.Lambda) else self.node.name


class Klass(Struct, frozen=True):
    """
    A class the file defines.
    """

    node: ast.ClassDef
    bases: tuple[str, ...]
    """Dotted names; ``?`` for a base that is not a plain name."""
    members: Mapping[str, Abstract]
    """What its body and those of its bases in the file bind, as it is when they are defined."""
    location: Location
    taint: Taint = CLEAN
    parents: tuple[Klass, ...] = ()
    """Bases that are classes of the code itself."""
    module: str = ""
    """Name of the module it was imported from; empty for a class of the file itself."""


class Instance(Struct, frozen=True, eq=False):
    """
    An object of a class the file defines, made without arguments.
    """

    klass: Klass
    location: Location
    taint: Taint = CLEAN
    overlay: Mapping[str, Abstract | None] = field(default_factory=dict)
    """What the program itself had set in the environment when it was made: no part of equality."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instance) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[Klass, Location, Taint]:
        return self.klass, self.location, self.taint


Abstract: TypeAlias = (
    Known | Undecided | Listing | Table | Symbol | Method | Function | Klass | Instance
)
A = TypeVar("A", Known, Undecided, Listing, Table, Symbol, Method, Function, Klass, Instance)


CONTAINERS = (Listing, Table)
"""As a tuple: a union of types is made anew wherever it stands."""
_COLLECTIONS = (list, tuple, set)
_TEXTS = (str, bytes)
_SCALARS = (str, bool, int, float, bytes, type(None))


def weight(value: Abstract) -> int:
    """
    How much there is of a value: 1 and the weight of its parts.
    """
    return value.weight if isinstance(value, CONTAINERS) else 1


def nesting(value: Abstract) -> int:
    """
    How many containers stand inside each other.
    """
    return value.nesting if isinstance(value, CONTAINERS) else 0


def too_large(value: Abstract) -> bool:
    """
    Whether a container has grown beyond what any setting needs.
    """
    return weight(value) > MAX_WEIGHT or nesting(value) > MAX_NESTING


def _measure(container: Listing | Table, members: Collection[Abstract]) -> None:
    """
    Keep the weight and nesting of a container that is being made.
    """
    inner = [one for one in members if isinstance(one, CONTAINERS)]
    force_setattr(container, "weight", 1 + len(members) + sum(one.weight - 1 for one in inner))
    force_setattr(container, "nesting", 1 + max((one.nesting for one in inner), default=0))


def _copied(container: Listing | Table, **changes: object) -> Listing | Table:
    """
    The same container with other marks, without weighing its members once more.
    """
    twin = copy(container)
    for name, value in changes.items():
        force_setattr(twin, name, value)
    return twin


class NotPlainError(Exception):
    """
    A value is not plain data; `culprit` says which part is not and why.
    """

    def __init__(self, culprit: Undecided) -> None:
        super().__init__(culprit.reason)
        self.culprit = culprit


def tainted(value: Abstract, taint: Taint) -> Abstract:
    """
    The same value, resting on `taint` too.
    """
    if taint is CLEAN or not taint or value.taint | taint == value.taint:
        return value
    if isinstance(value, CONTAINERS):
        return _copied(value, taint=value.taint | taint)
    return replace(value, taint=value.taint | taint)


def computed(value: Abstract, location: Location) -> Abstract:
    """
    The same value as the result of an expression elsewhere: no longer a literal.
    """
    if isinstance(value, Known):
        return Known(value.value, location, taint=value.taint)
    if isinstance(value, CONTAINERS):
        return _copied(value, location=location, literal=False)
    return replace(value, location=location)


def plain(value: Abstract) -> Any:  # noqa: ANN401 - plain data of any type
    """
    Plain Python data of a value. Raises `NotPlainError` when it or a part of it is not decided.
    """
    if isinstance(value, Known):
        return value.value
    if isinstance(value, Listing):
        try:
            return value.kind(plain(member) for member in value.members)
        except TypeError:
            raise NotPlainError(Undecided("is a set of lists", value.location)) from None
    if isinstance(value, Table) and not value.partial:
        return {key: plain(member) for key, member in value.members.items()}
    raise NotPlainError(undecided(value))


def undecided(value: Abstract) -> Undecided:
    """
    Why a value that is not plain data is not.
    """
    if isinstance(value, Undecided):
        return value
    if isinstance(value, Method) and isinstance(value.receiver, Undecided):
        return Undecided(value.receiver.reason, value.location, value.taint)
    reasons: dict[type, str] = {
        Symbol: f"comes from {getattr(value, 'name', '')}, which is not part of this file",
        Table: "is a dict that may hold more than the file shows",
    }
    reason = reasons.get(type(value), "is not plain data")
    return Undecided(reason, value.location, value.taint)


def whole_taint(value: Abstract) -> Taint:
    """
    What a value and all its parts rest on.
    """
    taint = value.taint
    if isinstance(value, Known):
        return taint
    for member in parts(value):
        taint = taint | whole_taint(member)
    return taint


def parts(value: Abstract) -> Iterable[Abstract]:
    """
    The items of a container, nothing for anything else.
    """
    if isinstance(value, Listing):
        return value.members
    return value.members.values() if isinstance(value, Table) else ()


def is_literal(value: Abstract) -> bool:
    """
    Whether a value is written out where it stands.
    """
    return isinstance(value, Known | Listing | Table) and value.literal


def same(left: Abstract, right: Abstract) -> bool:
    """
    Whether two values are surely equal, wherever they come from.
    """
    if isinstance(left, Known) and isinstance(right, Known):
        return type(left.value) is type(right.value) and bool(left.value == right.value)
    if isinstance(left, Listing) and isinstance(right, Listing):
        return left.kind is right.kind and _all_same(left.members, right.members)
    if isinstance(left, Table) and isinstance(right, Table):
        return (
            left.partial == right.partial
            and tuple(left.members) == tuple(right.members)
            and _all_same(tuple(left.members.values()), tuple(right.members.values()))
        )
    if isinstance(left, Symbol) and isinstance(right, Symbol):
        return left.name == right.name
    if isinstance(left, Function) and isinstance(right, Function):
        return left.node is right.node and left.scope is right.scope
    return left is right


def holds_container(value: Abstract) -> bool:
    """
    Whether a value could be changed by whoever gets hold of it.
    """
    if isinstance(value, Table):
        return True
    return isinstance(value, Listing) and (
        value.kind is not tuple or any(holds_container(item) for item in parts(value))
    )


def lift(value: object, location: Location, taint: Taint) -> Abstract:
    """
    The value of a computation. What is too large or no plain data becomes undecided.
    """
    if isinstance(value, _SCALARS):
        return _lift_scalar(value, location, taint)
    if isinstance(value, range):
        # A range has a length before it has items: check it first.
        value = list(value) if _length(value) <= MAX_ITEMS else object()
    if isinstance(value, dict):
        members = {key: lift(item, location, taint) for key, item in value.items()}
        return Table(members, location, taint=taint)
    if isinstance(value, _COLLECTIONS):
        if len(value) > MAX_ITEMS:
            return Undecided("has too many items", location, taint)
        items = tuple(lift(item, location, taint) for item in value)
        return Listing(type(value), items, location, taint=taint)
    return Undecided("is not plain data", location, taint)


def orderless(value: object) -> bool:
    """
    Whether plain data holds a set, whose order is another one in every process.
    """
    if isinstance(value, set | frozenset):
        return len(value) > 1
    return any(orderless(item) for item in _items(value))


def _items(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list | tuple):
        yield from value


def _lift_scalar(value: object, location: Location, taint: Taint) -> Known | Undecided:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        return Undecided("is a number too large to evaluate", location, taint)
    if isinstance(value, _TEXTS) and len(value) > MAX_TEXT:
        return Undecided("is a text too long to evaluate", location, taint)
    return Known(value, location, taint=taint)


def _length(span: range) -> int:
    # len() of a range beyond sys.maxsize raises.
    return max(0, (span.stop - span.start + span.step - (1 if span.step > 0 else -1)) // span.step)


def _all_same(left: tuple[Abstract, ...], right: tuple[Abstract, ...]) -> bool:
    return len(left) == len(right) and all(map(same, left, right))
