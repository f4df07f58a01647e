"""
The state of one evaluation: names, environment, budget.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.model import Location
from advisor.parsers.pyeval.frames import Binding, Frame, Snapshot, merge_bindings
from advisor.parsers.pyeval.library import Library
from advisor.parsers.pyeval.results import ANY_VARIABLE, CLEAN, Known, Taint, Undecided
from advisor.parsers.pyeval.signals import ExhaustedError
from advisor.parsers.pyeval.source import Source
from advisor.parsers.pyeval.values import (
    Abstract,
    Function,
    Instance,
    Klass,
    Listing,
    Symbol,
    Table,
    holds_container,
    parts,
    tainted,
    too_large,
    weight,
)

MAX_STEPS = 60_000
MAX_DEPTH = 80
"""Nested expressions, blocks and calls together; each takes a few frames of Python's own stack."""


class Hooks(Struct, frozen=True):
    """
    The parts of the evaluator that need each other, tied together when a machine is made.
    """

    expression: Callable[[Machine, ast.expr], Abstract]
    """Value of an expression."""
    statement: Callable[[Machine, ast.stmt], None]
    """Carries out a statement."""
    call: Callable[[Machine, Function, Any], Abstract]
    """Result of a function of the file."""
    load: Callable[[Machine, str, Mapping[str, Abstract | None]], Machine | None]
    """Another file of the same code at its end, None when it cannot be evaluated."""


class Machine(Struct):
    """
    One evaluation of one file, with one environment and one number of cpus.
    """

    source: Source
    env: Mapping[str, str]
    cpus: int | None
    hooks: Hooks
    module: Frame = field(default_factory=Frame)
    stack: list[Frame] = field(default_factory=list)
    """Frames of the running calls, innermost last; empty at module level."""
    overlay: dict[str, Abstract | None] = field(default_factory=dict)
    """Variables the file sets itself in `os.environ`; None for those it removes."""
    context: Taint = CLEAN
    """What being here rests on: tests of the branches around."""
    loops: int = 0
    tries: int = 0
    may_raise: bool = False
    """Whether something inside the current `try` may or may not have raised."""
    uses_cpus: bool = False
    opened: Location | None = None
    """Where names come in that cannot be told, for example ``from x import *``."""
    env_opened: Location | None = None
    """Where any variable of the environment may become a name."""
    steps: int = 0
    depth: int = 0
    calls: dict[int, list[Any]] = field(default_factory=dict)
    """Calls to record, by identity of their node, and the arguments they were reached with."""
    reached: frozenset[int] = frozenset()
    """Those of `calls` that loading the file itself reaches."""
    skipped: list[Sequence[ast.stmt]] = field(default_factory=list)
    """Branches that are surely not taken, or not under the assumptions made."""
    library: Library | None = None
    """Where modules of the same code are found; None when there is only this file."""
    modules: dict[str, Machine | None] = field(default_factory=dict)
    """Files imported so far, one dict for all of them; None for one that is not believed."""
    lent: dict[object, str] = field(default_factory=dict)
    """Identities of containers that another file took over, and the file that owns each."""
    began: Mapping[str, Abstract | None] = field(default_factory=dict)
    """What `overlay` was when the file was imported."""

    def evaluate(self, node: ast.expr) -> Abstract:
        """
        The value of an expression; see `advisor.parsers.pyeval.expressions.evaluate`.
        """
        return self.hooks.expression(self, node)

    def spend(self, steps: int = 1) -> None:
        """
        Count work. Raises `ExhaustedError` when there has been too much of it.
        """
        self.steps += steps
        if self.steps > MAX_STEPS:
            raise ExhaustedError

    @property
    def frame(self) -> Frame:
        """
        Where names are bound now.
        """
        return self.stack[-1] if self.stack else self.module

    @property
    def sealed(self) -> bool:
        """
        Whether a failing statement stops nothing but itself: no loop, call or `try` around it.
        """
        inside = self.loops or self.tries
        return not inside and all(frame.tolerant for frame in self.stack)

    @property
    def scope(self) -> Frame:
        """
        Where a function that is defined now looks for names.
        """
        frame = self.frame
        while frame.of_class and frame.outer is not None:
            frame = frame.outer
        return frame

    def lookup(self, name: str) -> Binding | None:
        """
        What a name stands for here.
        """
        frame: Frame | None = self.frame
        while frame is not None:
            if name in frame.names:
                return frame.names[name]
            frame = frame.outer
        return None

    def bind(self, name: str, value: Abstract, statement: Location, place: Location) -> None:
        """
        Assign to a name.
        """
        frame = self.module if name in self.frame.globals else self.frame
        frame.names[name] = Binding(tainted(value, self.context), statement, place)

    def open_names(self, where: Location) -> None:
        """
        From here on any name of the module may be something else.
        """
        self.opened = where
        lost = Undecided(f"line {where.line} may have replaced it", where)
        for name, binding in self.module.names.items():
            # Modules and functions are left alone: nobody replaces `os` in this way.
            if not isinstance(binding.value, Symbol | Function):
                self.module.names[name] = replace(binding, value=lost)

    def value_of(self, name: str) -> Abstract | None:
        """
        The value of a name here, None when it has none.
        """
        binding = self.lookup(name)
        return binding.value if binding else None

    def spoil(self, value: Abstract | None, lost: Undecided) -> None:
        """
        Give up a container that something not understood may have changed.
        """
        if isinstance(value, Table):
            self.change(value, replace(value, members={}, partial=True))
        elif isinstance(value, Listing) and holds_container(value):
            self.change(value, lost)

    def change(self, old: Listing | Table, new: Abstract) -> None:
        """
        Change a container in place: everything that holds `old` now holds `new`.
        """
        self.spend(weight(new) // 32)
        owner = self.modules.get(self.lent.get(old.token, self.source.path))
        if owner is not None and owner is not self:
            lost = Undecided("another file changes it", old.location, old.taint)
            owner.change(old, lost)
        if isinstance(new, Listing | Table):
            new = replace(new, taint=new.taint | self.context, token=old.token, literal=False)
        for frame in (self.module, *self.stack):
            self.spend(1 + len(frame.names) // 16)
            for name, binding in frame.names.items():
                changed = self._swap(binding.value, old, new)
                if too_large(changed):
                    changed = Undecided("has too many items", changed.location, changed.taint)
                if changed is not binding.value:
                    frame.names[name] = replace(binding, value=changed)

    def lend(self, value: Abstract, owner: str) -> None:
        """
        Note the containers in a value that is taken over from another file.
        """
        if isinstance(value, Listing | Table) and holds_container(value):
            self.lent.setdefault(value.token, owner)
        for part in parts(value):
            self.lend(part, owner)

    def lose_module(self, path: str, reason: str, where: Location) -> None:
        """
        Give up an imported file, and the containers that were taken over from it.
        """
        self.modules[path] = None
        lost = Undecided(reason, where)
        for machine in (self, *self.modules.values()):
            for frame in (machine.module, *machine.stack) if machine is not None else ():
                for name, binding in frame.names.items():
                    if self._is_lent(binding.value, path):
                        frame.names[name] = replace(binding, value=lost)

    def _is_lent(self, value: Abstract, path: str) -> bool:
        token = value.token if isinstance(value, Listing | Table) else None
        return self.lent.get(token) == path or any(self._is_lent(one, path) for one in parts(value))

    @contextmanager
    def visiting(self, home: Machine) -> Iterator[None]:
        """
        Let another file go on from here: one environment, one depth, one `try` around.
        """
        loops, home.loops = home.loops, 0
        before, home.context = home.context, CLEAN
        home.tries, home.depth, home.overlay = self.tries, self.depth, self.overlay
        try:
            yield
        finally:
            self.overlay = home.overlay
            self.may_raise = self.may_raise or home.may_raise
            self.uses_cpus = self.uses_cpus or home.uses_cpus
            home.loops, home.context = loops, before
            home.tries = home.depth = 0

    def _swap(self, value: Abstract, old: Listing | Table, new: Abstract) -> Abstract:
        if isinstance(value, Instance):
            klass = self._swap(value.klass, old, new)
            return replace(value, klass=klass) if isinstance(klass, Klass) else value
        if isinstance(value, Klass):
            attributes = {key: self._swap(item, old, new) for key, item in value.members.items()}
            return replace(value, members=attributes)
        if not isinstance(value, Listing | Table):
            return value
        self.spend()
        if value.token is old.token:
            return new
        if isinstance(value, Table):
            members = {key: self._swap(item, old, new) for key, item in value.members.items()}
            changed = any(members[key] is not value.members[key] for key in members)
            return replace(value, members=members) if changed else value
        items = tuple(self._swap(item, old, new) for item in value.members)
        changed = any(a is not b for a, b in zip(items, value.members, strict=True))
        return replace(value, members=items) if changed else value

    def variable(self, name: str, where: Location) -> Abstract | None:
        """
        An environment variable as text, None when it is not set or not stated anywhere.
        """
        if name in self.overlay:
            return self.overlay[name]
        if ANY_VARIABLE in self.overlay:
            return Undecided("the file changes the environment in a way not told", where)
        stated = self.env.get(name)
        if stated is None:
            return None
        return Known(stated, where, taint=Taint(stated=frozenset({name})))

    def unset(self, name: str) -> Taint:
        """
        What the absence of a variable rests on; nothing when the file itself removed it.
        """
        return CLEAN if name in self.overlay else Taint(assumed=frozenset({name}))

    def snapshot(self) -> Snapshot:
        """
        The state of all names, to come back to.
        """
        frames = (self.module, *self.stack)
        self.spend(1 + sum(len(frame.names) for frame in frames) // 8)
        return Snapshot(tuple(dict(frame.names) for frame in frames), dict(self.overlay))

    def restore(self, snapshot: Snapshot) -> None:
        """
        Go back to a state.
        """
        frames = (self.module, *self.stack)
        for frame, names in zip(frames, snapshot.frames, strict=True):
            frame.names = dict(names)
        self.overlay = dict(snapshot.overlay)

    def join(self, other: Snapshot, reason: str, where: Location, taint: Taint) -> None:
        """
        Keep what is the same now and in `other`; everything else is undecided.
        """
        frames = (self.module, *self.stack)
        for frame, names in zip(frames, other.frames, strict=True):
            for name in frame.names.keys() | names.keys():
                here, there = frame.names.get(name), names.get(name)
                if here is not there:
                    frame.names[name] = merge_bindings(here, there, reason, where, taint)
        if self.overlay != other.overlay:
            self.overlay = {ANY_VARIABLE: None}
