"""
Reads of the environment and of the number of cpus, in every spelling in use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from advisor.model import Location
from advisor.parsers.pyeval.compute import Call, apply
from advisor.parsers.pyeval.guards import to_text
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.results import ANY_VARIABLE, Known, Taint, Undecided
from advisor.parsers.pyeval.signals import RaisedError
from advisor.parsers.pyeval.values import Abstract, Symbol, Table, computed, lift, tainted

CPUS = "depends on the number of cpus"
CPU_COUNTS = frozenset(
    {
        "joblib.cpu_count",
        "multiprocessing.cpu_count",
        "os.cpu_count",
        "os.process_cpu_count",
        "psutil.cpu_count",
    }
)
_TRUE = frozenset({"1", "t", "true", "y", "yes", "on"})
_FALSE = frozenset({"0", "f", "false", "n", "no", "off"})
SCHEMED = "environ.Env(…)"
"""An object of django-environ that holds types and defaults for some variables."""
READERS = frozenset(
    {"decouple.config", "environ.Env()", "environs.Env()", "starlette.config.Config()", SCHEMED}
)
"""Objects that are called with the name of a variable, a default and a type."""
_CASTS = frozenset({"bool", "float", "int", "str"})


def count_cpus(machine: Machine, call: Call) -> Abstract:
    """
    ``multiprocessing.cpu_count()`` and its relatives.
    """
    machine.uses_cpus = True
    if call.args or call.kwargs or call.partial:
        return Undecided("counts cpus in a way not evaluated", call.location, call.taint)
    return _cpus(machine, call.location)


def list_cpus(machine: Machine, call: Call) -> Abstract:
    """
    ``os.sched_getaffinity(0)``: one item for every cpu.
    """
    machine.uses_cpus = True
    if machine.cpus is None:
        return _cpus(machine, call.location)
    return lift(set(range(machine.cpus)), call.location, Taint(per_cpu=True))


def ask_system(machine: Machine, call: Call) -> Abstract:
    """
    ``os.sysconf("SC_NPROCESSORS_ONLN")``.
    """
    name = call.args[0] if call.args else None
    if isinstance(name, Known) and name.value in {"SC_NPROCESSORS_ONLN", "SC_NPROCESSORS_CONF"}:
        machine.uses_cpus = True
        return _cpus(machine, call.location)
    return Undecided("asks the operating system", call.location, call.taint)


def get_variable(machine: Machine, call: Call) -> Abstract:
    """
    ``os.environ.get(name, default)`` and ``os.getenv``.
    """
    name = _name(call)
    if isinstance(name, Undecided):
        return name
    value = machine.variable(name, call.location)
    if value is not None:
        return tainted(computed(value, call.location), call.taint)
    default = call.argument(1, "default") or Known(None, call.location)
    return tainted(computed(default, call.location), machine.unset(name) | call.taint)


def need_variable(machine: Machine, call: Call) -> Abstract:
    """
    ``os.environ[name]``; see `missing` for a variable that nothing states.
    """
    name = _name(call)
    if isinstance(name, Undecided):
        return name
    value = machine.variable(name, call.location)
    if value is not None:
        return tainted(value, call.taint)
    return missing(machine, name, "KeyError", call)


def missing(machine: Machine, variable: str, error: str, call: Call) -> Undecided:
    """
    A variable that has to be set and that nothing states.

    Raises `RaisedError` inside a ``try``, which knows what to do without it; anywhere else the
    program could not run without it, so that it is set, only not to what.
    """
    reason = f"depends on the variable {variable}"
    taint = machine.unset(variable) | call.taint
    if machine.tries:
        raise RaisedError(error, reason, taint)
    return Undecided(reason, call.location, taint)


def has_variable(machine: Machine, call: Call) -> Abstract:
    """
    ``name in os.environ``.
    """
    name = _name(call)
    if isinstance(name, Undecided):
        return name
    value = machine.variable(name, call.location)
    if isinstance(value, Undecided):
        return value
    taint = value.taint if value is not None else machine.unset(name)
    return Known(value is not None, call.location, taint=taint | call.taint)


def set_default(machine: Machine, call: Call) -> Abstract:
    """
    ``os.environ.setdefault(name, value)``.
    """
    value = get_variable(machine, call)
    name = _name(call)
    if isinstance(name, str) and name not in machine.overlay:
        machine.overlay[name] = value
    return value


def pop_variable(machine: Machine, call: Call) -> Abstract:
    """
    ``os.environ.pop(name, default)``.
    """
    value = get_variable(machine, call)
    name = _name(call)
    machine.overlay[name if isinstance(name, str) else ANY_VARIABLE] = None
    return value


def set_variable(machine: Machine, name: Abstract, value: Abstract) -> None:
    """
    ``os.environ[name] = value``.
    """
    if isinstance(name, Known) and isinstance(name.value, str):
        machine.overlay[name.value] = tainted(value, machine.context | name.taint)
    else:
        machine.overlay = {ANY_VARIABLE: None}


def update_variables(machine: Machine, call: Call) -> Abstract:
    """
    ``os.environ.update({…})``.
    """
    given = call.args[0] if call.args else Table({}, call.location)
    if isinstance(given, Table) and not given.partial and not call.partial:
        for name, value in (*given.members.items(), *call.kwargs.items()):
            set_variable(machine, Known(name, call.location), value)
    else:
        machine.overlay = {ANY_VARIABLE: None}
    return Known(None, call.location)


def all_variables(machine: Machine, location: Location) -> Table:
    """
    Everything known of the environment; which other variables are set is not known.
    """
    taint = Taint(assumed=frozenset({ANY_VARIABLE}))
    names = [name for name in (*machine.env, *machine.overlay) if name != ANY_VARIABLE]
    values = {name: machine.variable(name, location) for name in names}
    members = {name: tainted(value, taint) for name, value in values.items() if value is not None}
    return Table(members, location, taint=taint)


def is_reader(name: str) -> bool:
    """
    Whether a symbol is a reader of variables or one of its typed methods (``env.int``).
    """
    return name in READERS or _split(name)[0] in READERS


def read_typed(machine: Machine, name: str, call: Call) -> Abstract:
    """
    ``config("NAME", default=…, cast=int)``, ``env.int("NAME", 4)``: decouple, environs, environ.

    The value of a set variable is converted, a default is taken as it stands.
    """
    variable = _name(call)
    if isinstance(variable, Undecided):
        return variable
    method = _split(name)[1]
    if name == SCHEMED:
        return Undecided("is converted in a way not evaluated", call.location, call.taint)
    cast = call.kwargs.get("cast") or call.argument(2, "cast")
    kind = cast.name if isinstance(cast, Symbol) else method or "str"
    if kind not in _CASTS or (cast is not None and not isinstance(cast, Symbol)):
        return Undecided("is converted in a way not evaluated", call.location, call.taint)
    value = machine.variable(variable, call.location)
    if value is not None:
        return cast_text(machine, value, kind, call.location)
    default = call.argument(1, "default")
    if default is None:
        return missing(machine, variable, "UndefinedValueError", call)
    if name == "decouple.config":
        default = cast_text(machine, default, kind, call.location)
    return tainted(computed(default, call.location), machine.unset(variable))


def cast_text(machine: Machine, value: Abstract, kind: str, location: Location) -> Abstract:
    """
    Text of a variable as ``int``, ``float``, ``bool`` or ``str``.
    """
    casts: Mapping[str, Callable[[Any], Any]] = {
        "bool": to_bool,
        "float": float,
        "int": int,
        "str": to_text,
    }
    return apply(machine, casts[kind], Call(location, (value,)))


def to_bool(value: object) -> bool:
    """
    A truth value as ``distutils.util.strtobool`` and its successors read it.

    Raises `ValueError` for any other text.
    """
    text = str(value).strip().lower()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise ValueError(text)


def _cpus(machine: Machine, location: Location) -> Known | Undecided:
    taint = Taint(per_cpu=True)
    if machine.cpus is None:
        return Undecided(CPUS, location, taint)
    return Known(machine.cpus, location, taint=taint)


def _name(call: Call) -> str | Undecided:
    name = call.argument(0, "key") or call.kwargs.get("name") or call.kwargs.get("option")
    if isinstance(name, Known) and isinstance(name.value, str) and not call.partial:
        return name.value
    reason = "depends on a variable whose name is not known"
    return Undecided(reason, call.location, call.taint)


def _split(name: str) -> tuple[str, str]:
    head, _, tail = name.rpartition(".")
    return (head, tail) if head in READERS else (name, "")
