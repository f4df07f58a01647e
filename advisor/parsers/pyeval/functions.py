"""
Functions of Python and its library that the evaluator understands, by dotted name.
"""

from __future__ import annotations

import ast
import math
import posixpath
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from advisor.parsers.pyeval import database_urls, environment, scopes
from advisor.parsers.pyeval.compute import Call, apply
from advisor.parsers.pyeval.guards import (
    TooLargeError,
    concatenate,
    format_value,
    round_number,
    to_text,
)
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.methods import merge
from advisor.parsers.pyeval.results import Known, Undecided
from advisor.parsers.pyeval.signals import RaisedError
from advisor.parsers.pyeval.symbols import NAMES, SETTERS, changes_arguments
from advisor.parsers.pyeval.values import MAX_ITEMS, Abstract, Listing, Symbol, Table

Handler = Callable[[Machine, Call], Abstract]


def _range(*bounds: int) -> range:
    span = range(*bounds)
    if abs(span.stop - span.start) // abs(span.step) > MAX_ITEMS:
        raise TooLargeError
    return span


def _sum(items: Iterable[Any], start: int = 0) -> Any:  # noqa: ANN401 - a number of any type
    numbers = list(items)
    if not all(isinstance(item, bool | int | float) for item in numbers):
        raise TooLargeError
    return sum(numbers, start)


def _abspath(path: str) -> str:
    if not posixpath.isabs(path):
        raise TooLargeError
    return posixpath.normpath(path)


def _strtobool(text: str) -> int:
    return int(environment.to_bool(text))


def _literal(text: str) -> Any:  # noqa: ANN401 - a literal of any type
    try:
        return ast.literal_eval(text)
    except (MemoryError, RecursionError, SyntaxError):
        raise ValueError(text) from None


PURE: Mapping[str, Callable[..., Any]] = {
    "abs": abs,
    "divmod": divmod,
    "enumerate": lambda items, start=0: list(enumerate(items, start)),
    "float": float,
    "format": lambda value, spec="": format_value(value, spec),
    "int": int,
    "list": list,
    "range": _range,
    "reversed": lambda items: list(reversed(items)),
    "round": round_number,
    "str": to_text,
    "tuple": tuple,
    "zip": lambda *items: list(zip(*items, strict=False)),
    "ast.literal_eval": _literal,
    "distutils.util.strtobool": _strtobool,
    "setuptools.distutils.util.strtobool": _strtobool,
    "math.ceil": math.ceil,
    "math.floor": math.floor,
    "math.log": math.log,
    "math.log2": math.log2,
    "math.sqrt": math.sqrt,
    "math.trunc": math.trunc,
    "os.path.abspath": _abspath,
    "os.path.basename": posixpath.basename,
    "os.path.dirname": posixpath.dirname,
    "os.path.isabs": posixpath.isabs,
    "os.path.join": posixpath.join,
    "os.path.normpath": posixpath.normpath,
    "os.path.splitext": posixpath.splitext,
}
"""Functions of plain data only. Sets are refused: their order is not the program's."""
PURE_ON_SETS: Mapping[str, Callable[..., Any]] = {
    "all": all,
    "any": any,
    "bool": bool,
    "frozenset": set,
    "max": max,
    "min": min,
    "set": set,
    "sorted": sorted,
    "sum": _sum,
}
"""As `PURE`, for functions whose result does not depend on the order of a set."""
CONSTANTS: Mapping[str, Any] = {
    "logging.CRITICAL": 50,
    "logging.DEBUG": 10,
    "logging.ERROR": 40,
    "logging.INFO": 20,
    "logging.WARNING": 30,
    "math.inf": math.inf,
    "math.pi": math.pi,
    "os.devnull": "/dev/null",
    "os.linesep": "\n",
    "os.name": "posix",
    "os.sep": "/",
    "typing.TYPE_CHECKING": False,
}
"""Constants of modules, as they are wherever gunicorn runs."""
ENVIRON = ("environ.Env()", environment.SCHEMED)
INSTANCES = frozenset({"environ.Env", "environs.Env", "starlette.config.Config"})
"""Classes whose objects are told by the class's name and ``()``."""
_TYPES: Mapping[str, type] = {
    "bool": bool,
    "dict": dict,
    "float": float,
    "int": int,
    "list": list,
    "str": str,
    "tuple": tuple,
}


def _leave(_machine: Machine, call: Call) -> Abstract:
    raise RaisedError("SystemExit", "ends the program", call.taint, meant=True)


def _load_environment(_machine: Machine, call: Call) -> Abstract:
    # What a .env file states is part of the environment the audit is given.
    return Known(True, call.location)


def _copy_environment(_machine: Machine, call: Call) -> Abstract:
    return Symbol("os.environ", call.location)


def _variable_items(machine: Machine, call: Call) -> Abstract:
    table = environment.all_variables(machine, call.location)
    pairs = (
        Listing(tuple, (Known(name, call.location, taint=value.taint), value), call.location)
        for name, value in table.members.items()
    )
    return Listing(list, tuple(pairs), call.location, taint=table.taint)


def _variable_names(machine: Machine, call: Call) -> Abstract:
    table = environment.all_variables(machine, call.location)
    names = (Known(name, call.location, taint=table.taint) for name in table.members)
    return Listing(list, tuple(names), call.location, taint=table.taint)


def _dict(machine: Machine, call: Call) -> Abstract:
    table = Table({}, call.location)
    for given in call.args[:1]:
        if isinstance(given, Symbol) and given.name == "os.environ":
            return _copy_environment(machine, call)
        listed = apply(machine, dict, replace(call, kwargs={})) if _is_list(given) else given
        table = merge(table, listed)
    if call.partial:
        table = replace(table, members={}, partial=True)
    return replace(table, members={**table.members, **call.kwargs})


def _is_list(value: Abstract) -> bool:
    return isinstance(value, Listing)


def _len(machine: Machine, call: Call) -> Abstract:
    value = call.args[0] if len(call.args) == 1 else None
    if isinstance(value, Listing) and value.kind is not set:
        return Known(len(value.members), call.location, taint=value.taint)
    return apply(machine, len, call, sets=True)


def _isinstance(_machine: Machine, call: Call) -> Abstract:
    value, kind = (*call.args, None, None)[:2]
    found = _type_of(value)
    if found is not None and isinstance(kind, Symbol) and kind.name in _TYPES:
        return Known(issubclass(found, _TYPES[kind.name]), call.location, taint=call.taint)
    return Undecided("tests a type in a way not evaluated", call.location, call.taint)


def _type_of(value: Abstract | None) -> type | None:
    if isinstance(value, Known):
        return type(value.value)
    if isinstance(value, Listing):
        return value.kind
    return dict if isinstance(value, Table) else None


def _make_url(machine: Machine, call: Call) -> Abstract:
    """
    ``URL.create(…)`` of SQLAlchemy, as the text of the URL.
    """
    parts = ("drivername", "username", "password", "host", "port", "database")
    given = [call.argument(at, name) for at, name in enumerate(parts)]
    text: list[Abstract] = []
    for before, value in zip(("", "://", ":", "@", ":", "/"), given, strict=True):
        if value is not None and not (isinstance(value, Known) and value.value is None):
            printed = apply(machine, to_text, Call(call.location, (value,)))
            text += [Known(before, call.location), printed]
        elif before in {"://", "@"}:
            text.append(Known(before, call.location))
    return apply(machine, concatenate, Call(call.location, tuple(text)))


def _same_text(_machine: Machine, call: Call) -> Abstract:
    return call.args[0] if call.args else Undecided("is called without text", call.location)


def _field_default(_machine: Machine, call: Call) -> Abstract:
    """
    ``Field(5, ge=1)`` of pydantic, as the default it states; undecided when it states none.
    """
    default = call.argument(0, "default")
    return default or Undecided("is a field without a plain default", call.location)


def _print(_machine: Machine, call: Call) -> Abstract:
    return Known(None, call.location)


def _cast(_machine: Machine, call: Call) -> Abstract:
    value = call.argument(1, "val")
    return value or Undecided("is not plain data", call.location)


_URL_CLASSES = ("sqlalchemy.URL", "sqlalchemy.engine.URL", "sqlalchemy.engine.url.URL")
_URLS = (*_URL_CLASSES, *(f"{name}.create" for name in _URL_CLASSES))
_URL_PARSERS = tuple(name.replace("URL", "make_url") for name in _URL_CLASSES)
SPECIAL: Mapping[str, Handler] = {
    **dict.fromkeys(environment.CPU_COUNTS, environment.count_cpus),
    "os.sched_getaffinity": environment.list_cpus,
    "os.sysconf": environment.ask_system,
    "os.getenv": environment.get_variable,
    "os.environ.get": environment.get_variable,
    "os.environ.__getitem__": environment.need_variable,
    "os.environ.pop": environment.pop_variable,
    "os.environ.setdefault": environment.set_default,
    "os.environ.update": environment.update_variables,
    "os.environ.copy": _copy_environment,
    "os.environ.items": _variable_items,
    "os.environ.keys": _variable_names,
    "dotenv.load_dotenv": _load_environment,
    **dict.fromkeys(
        (f"{reader}.read_env" for reader in (*ENVIRON, "environ.Env")), _load_environment
    ),
    "dj_database_url.config": database_urls.read_variable,
    "dj_database_url.parse": database_urls.read_text,
    **dict.fromkeys(
        (f"{reader}.{name}" for reader in ENVIRON for name in ("db", "db_url")),
        database_urls.read_environ,
    ),
    f"{NAMES}.get": scopes.get_name,
    f"{NAMES}.setdefault": scopes.default_name,
    f"{NAMES}.update": scopes.update_names,
    **dict.fromkeys(_URLS, _make_url),
    **dict.fromkeys(_URL_PARSERS, _same_text),
    "exit": _leave,
    "quit": _leave,
    "sys.exit": _leave,
    "os._exit": _leave,
    "dict": _dict,
    "isinstance": _isinstance,
    "len": _len,
    "print": _print,
    **dict.fromkeys(("pydantic.Field", "pydantic.v1.Field"), _field_default),
    "typing.cast": _cast,
    "warnings.warn": _print,
}
"""Functions that read or change the state of the evaluation."""


def call_symbol(machine: Machine, symbol: Symbol, call: Call) -> Abstract:
    """
    A call of something imported or built in.
    """
    name = symbol.name
    if name in SPECIAL:
        return SPECIAL[name](machine, call)
    if name in PURE:
        return apply(machine, PURE[name], call)
    if name in PURE_ON_SETS:
        return apply(machine, PURE_ON_SETS[name], call, sets=True)
    if environment.is_reader(name):
        return environment.read_typed(machine, name, call)
    if name in INSTANCES and not call.kwargs:
        return Symbol(f"{name}()", call.location)
    if name == "environ.Env" and not call.partial:
        # Types and defaults for some variables: only what names its type itself is told.
        return Symbol(ENVIRON[1], call.location)
    return _unknown(machine, symbol, call)


def _unknown(machine: Machine, symbol: Symbol, call: Call) -> Abstract:
    lost = Undecided(
        f"calls {symbol.name}(), which is not evaluated", call.location, call.taint | symbol.taint
    )
    if symbol.name in SETTERS or symbol.name.startswith(NAMES):
        machine.open_names(call.location)
    elif symbol.name == "eval":
        machine.opened = call.location
    if changes_arguments(symbol.name):
        for value in (*call.args, *call.kwargs.values()):
            machine.spoil(value, lost)
    return lost
