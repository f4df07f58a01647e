"""
Names and what they stand for, in one place of the program or in two possible ones.
"""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.model import Location
from advisor.parsers.pyeval.results import CLEAN, Taint, Undecided
from advisor.parsers.pyeval.values import Abstract, Table, same, tainted, whole_taint


class Binding(Struct, frozen=True):
    """
    What a name stands for, and where it got it.
    """

    value: Abstract
    statement: Location
    place: Location
    """The expression that was assigned."""
    absent: bool = False
    """True when the name is not set, but would be if an assumption did not hold."""


class Frame(Struct):
    """
    The names of the module, of a class body or of one call of a function.
    """

    names: dict[str, Binding] = field(default_factory=dict)
    outer: Frame | None = None
    globals: frozenset[str] = frozenset()
    """Names that the function declares global."""
    tolerant: bool = False
    """Whether a failing statement stops nothing but itself."""
    of_class: bool = False
    """Whether it is the body of a class, whose names functions inside do not see."""


class Snapshot(Struct, frozen=True):
    """
    All names of all frames at one moment.
    """

    frames: tuple[dict[str, Binding], ...]
    overlay: dict[str, Abstract | None]


def merge_bindings(
    here: Binding | None, there: Binding | None, reason: str, where: Location, taint: Taint
) -> Binding:
    """
    What a name stands for when either of two states may be the one.
    """
    for binding in (here, there):
        taint = taint | (whole_taint(binding.value) if binding else CLEAN)
    lost = Undecided(reason, where, taint)
    bound = [one for one in (here, there) if one is not None]
    is_set = [one for one in bound if not one.absent]
    if here is None or there is None or len(is_set) == 1:
        known = (is_set or bound)[:1]
        return replace(known[0], value=lost) if known else Binding(lost, where, where)
    if same(here.value, there.value):
        return replace(here, value=tainted(here.value, taint))
    if isinstance(here.value, Table) and isinstance(there.value, Table):
        return replace(here, value=_merge_tables(here.value, there.value, lost))
    return replace(here, value=lost)


def _merge_tables(here: Table, there: Table, lost: Undecided) -> Table:
    """
    What two states of a dict agree on; a key of one only makes it partial.
    """
    shared = [key for key in here.members if key in there.members]
    members = {
        key: value if same(value, there.members[key]) else lost
        for key, value in ((key, here.members[key]) for key in shared)
    }
    partial = here.partial or there.partial or here.members.keys() != there.members.keys()
    merged = replace(here, members=members, partial=partial, literal=False)
    return replace(merged, taint=lost.taint)
