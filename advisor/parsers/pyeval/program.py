"""
A file ready to be evaluated, once for every number of cpus and every environment asked about.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.model import Location
from advisor.model.discreet import Discreet
from advisor.parsers.pyeval import endings
from advisor.parsers.pyeval.blocks import SIGNALS, run_block
from advisor.parsers.pyeval.compute import Call
from advisor.parsers.pyeval.definitions import call_function
from advisor.parsers.pyeval.effects import Definition, effects
from advisor.parsers.pyeval.environment import CPUS
from advisor.parsers.pyeval.expressions import arguments, evaluate
from advisor.parsers.pyeval.frames import Binding, Frame
from advisor.parsers.pyeval.library import Library
from advisor.parsers.pyeval.machine import MAX_DEPTH, Hooks, Machine
from advisor.parsers.pyeval.outcomes import finish
from advisor.parsers.pyeval.results import (
    ANY_VARIABLE,
    CLEAN,
    EnvDependent,
    Known,
    Outcome,
    PerCpu,
    Undecided,
)
from advisor.parsers.pyeval.signals import ExhaustedError, RaisedError, TooHardError
from advisor.parsers.pyeval.source import Source
from advisor.parsers.pyeval.statements import execute
from advisor.parsers.pyeval.values import Abstract, holds_container

MAX_MODULES = 24
"""Files that one file may draw in by its imports."""


class Watch(Struct, frozen=True):
    """
    A call to record, and the functions it stands in, outermost first.
    """

    node: ast.Call
    inside: tuple[Definition, ...] = ()


class Program(Discreet, frozen=True, eq=False):
    """
    One file, one environment, and the calls to record while evaluating.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"library", "runs"})

    source: Source
    env: Mapping[str, str]
    name: str
    """What ``__name__`` is; empty when that depends on who imports the file."""
    watches: tuple[Watch, ...] = ()
    library: Library | None = None
    """The files it may import from; None when there is only this one."""
    runs: dict[int | None, Machine] = field(default_factory=dict)

    def run(self, cpus: int | None) -> Machine:
        """
        The state at the end of the file, for a number of cpus; None leaves it open.
        """
        if cpus not in self.runs:
            watched: dict[int, list[Call]] = {id(watch.node): [] for watch in self.watches}
            machine = Machine(
                self.source, self.env, cpus, HOOKS, calls=watched, library=self.library
            )
            machine.modules[self.source.path] = None
            _run_file(machine, self.name)
            _visit_functions(machine, self.watches)
            self.runs[cpus] = machine
        return self.runs[cpus]


def load_module(
    machine: Machine, path: str, overlay: Mapping[str, Abstract | None]
) -> Machine | None:
    """
    Another file of the same code at its end, imported with the environment changed by `overlay`.

    None when it is being run already, when there are too many, or when it ends the program.
    """
    if path in machine.modules:
        endings.meet(machine, path)
        return machine.modules[path]
    usual = not overlay and not machine.overlay
    if usual and endings.adopt(machine, path):
        return machine.modules[path]
    source = machine.library.source(path) if machine.library else None
    machine.modules[path] = None
    if source is None or len(machine.modules) > MAX_MODULES or machine.depth > MAX_DEPTH // 2:
        endings.refuse(machine)
        return None
    home = Machine(
        source,
        machine.env,
        machine.cpus,
        HOOKS,
        library=machine.library,
        modules=machine.modules,
        lent=machine.lent,
        began=dict(overlay),
    )
    with endings.importing(machine, path) as loading:
        ended = _imported(machine, home, overlay)
    if ended:
        machine.modules[path] = home
    if usual and not machine.overlay:
        endings.keep(machine, loading)
    return machine.modules[path]


def _imported(machine: Machine, home: Machine, overlay: Mapping[str, Abstract | None]) -> bool:
    """
    Run an imported file; whether it gets to its end.
    """
    before = machine.overlay
    with machine.visiting(home):
        home.overlay, home.tries = dict(overlay), 0
        ended = _run_file(home, "")
    if home.overlay == overlay:
        machine.overlay = before
    elif before != overlay:
        # Run later than the program does, it changes what has been read since.
        machine.overlay = {ANY_VARIABLE: None}
    return ended


HOOKS = Hooks(expression=evaluate, statement=execute, call=call_function, load=load_module)


def outcome_of(program: Program, pick: Callable[[Machine], Abstract | None]) -> Outcome:
    """
    What `pick` finds at the end of the file, with the number of cpus and the environment open.
    """
    machine = program.run(None)
    here = Location(program.source.path, 1)
    result = _finished(pick(machine), here)
    inner: Known | PerCpu | Undecided = result
    if isinstance(result, Undecided) and _hangs_on_cpus(program, pick, result):
        inner = PerCpu(result.location, CPUS, lambda cpus: _finished(pick(program.run(cpus)), here))
    if not result.taint.assumed:
        return inner
    return EnvDependent(tuple(sorted(result.taint.assumed)), inner)


def _hangs_on_cpus(
    program: Program, pick: Callable[[Machine], Abstract | None], result: Undecided
) -> bool:
    # What is too hard with the number of cpus open may be easy with one.
    if result.taint.per_cpu or not program.run(None).uses_cpus:
        return result.taint.per_cpu
    return isinstance(_finished(pick(program.run(1)), result.location), Known)


def _finished(value: Abstract | None, here: Location) -> Known | Undecided:
    return Undecided("is not set then", here) if value is None else finish(value)


def _run_file(machine: Machine, name: str) -> bool:
    """
    Follow a file to its end; whether it gets there.
    """
    origin = Location(machine.source.path, 1)
    known = Known(name, origin) if name else Undecided("depends on who imports the file", origin)
    file = Undecided("depends on where the file is", origin)
    machine.module.names["__name__"] = Binding(known, origin, origin)
    machine.module.names["__file__"] = Binding(file, origin, origin)
    body = machine.source.tree.body
    for position, statement in enumerate(body):
        try:
            run_block(machine, [statement])
        except ExhaustedError:
            _stop(machine, body[position:])
            return True
        except RaisedError:
            # Ends on purpose: nothing below is reached.
            return False
        except SIGNALS:
            # `break` outside of a loop: Python would not take the file.
            _reset(machine)
    return True


def _stop(machine: Machine, rest: list[ast.stmt]) -> None:
    """
    Give up everything that the statements not looked at may assign or change.
    """
    _reset(machine)
    where = machine.source.locate(rest[0])
    lost = Undecided("the file takes too long to evaluate", where)
    names = machine.module.names
    for name, binding in names.items():
        if holds_container(binding.value):
            names[name] = replace(binding, value=lost)
    for name in effects(rest).names:
        names[name] = Binding(lost, where, where)
    machine.opened = machine.opened or where


def _reset(machine: Machine) -> None:
    machine.stack, machine.context = [], CLEAN
    machine.steps = machine.depth = machine.loops = machine.tries = 0


def _visit_functions(machine: Machine, watches: tuple[Watch, ...]) -> None:
    """
    Follow the functions that hold a watched call which the file itself did not reach.
    """
    _reset(machine)
    machine.reached = frozenset(key for key, calls in machine.calls.items() if calls)
    try:
        for watch in watches:
            if watch.inside and not machine.calls[id(watch.node)]:
                _visit(machine, watch)
    except ExhaustedError:
        _reset(machine)
    skipped = {id(node) for branch in machine.skipped for top in branch for node in ast.walk(top)}
    for watch in watches:
        if not machine.calls[id(watch.node)] and id(watch.node) not in skipped:
            _read_arguments(machine, watch)


def _visit(machine: Machine, watch: Watch) -> None:
    before = machine.snapshot()
    for function in watch.inside:
        machine.stack.append(Frame(_parameters(machine, function), machine.frame, tolerant=True))
        if isinstance(function, ast.Lambda):
            continue
        try:
            run_block(machine, function.body)
        except (RaisedError, TooHardError, *SIGNALS):
            machine.depth = machine.loops = machine.tries = 0
            machine.context = CLEAN
    machine.stack = []
    machine.restore(before)


def _read_arguments(machine: Machine, watch: Watch) -> None:
    _reset(machine)
    for function in watch.inside:
        names = _parameters(machine, function)
        where = machine.source.locate(function)
        for name in effects([] if isinstance(function, ast.Lambda) else function.body).names:
            lost = Undecided(f"is decided inside {_title(function)}", where)
            names.setdefault(name, Binding(lost, where, where))
        machine.stack.append(Frame(names, machine.frame))
    try:
        machine.calls[id(watch.node)].append(arguments(machine, watch.node))
    except (RaisedError, ExhaustedError):
        where = machine.source.locate(watch.node)
        machine.calls[id(watch.node)].append(Call(where, partial=True))
    finally:
        _reset(machine)


def _parameters(machine: Machine, function: Definition) -> dict[str, Binding]:
    where = machine.source.locate(function)
    reason = f"is given by the caller of {_title(function)}"
    lost = Undecided(reason, where)
    return {name: Binding(lost, where, where) for name in _parameter_names(function.args)}


def _parameter_names(spec: ast.arguments) -> Iterator[str]:
    for parameter in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg):
        if parameter is not None:
            yield parameter.arg


def _title(function: Definition) -> str:
    return "a lambda" if isinstance(function, ast.Lambda) else f"{function.name}()"
