"""
What a file imports: modules of the library by name, modules of the same code by their values.
"""

from __future__ import annotations

import ast
import sys

from msgspec.structs import replace

from advisor import regex
from advisor.model import Location
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.results import Undecided
from advisor.parsers.pyeval.values import Abstract, Klass, NotPlainError, Symbol, computed, plain

_SURE_IMPORTS = sys.stdlib_module_names - {"distutils", "imp"} | {"gunicorn"}
_CHANGES_ENVIRONMENT = regex.lazy(
    r"\benviron\s*(?:\[[^\]]*\]\s*=[^=]|\|=|\.\s*(?:setdefault|update|pop|clear)\b)|\bputenv\b"
)


def import_modules(machine: Machine, node: ast.Import, where: Location) -> None:
    """
    Carry out ``import a, b.c as d``.
    """
    for alias in node.names:
        root = alias.name.partition(".")[0]
        _note_import(machine, root)
        for end in range(1, alias.name.count(".") + 2):
            path = find(machine, ".".join(alias.name.split(".")[:end]))
            if path:
                _begin(machine, path, where)
        name = alias.name if alias.asname else root
        symbol = Symbol(name, where, path=find(machine, name))
        machine.bind(alias.asname or root, symbol, where, where)


def import_names(machine: Machine, node: ast.ImportFrom, where: Location) -> None:
    """
    Carry out ``from a import b as c``; ``*`` of a module that is not here may replace every name.
    """
    module = "." * node.level + (node.module or "")
    _note_import(machine, module.partition(".")[0])
    path = find(machine, module)
    if path:
        _begin(machine, path, where)
    for alias in node.names:
        if alias.name == "*":
            _import_all(machine, path, where)
            continue
        dotted = f"{module}{'' if module.endswith('.') else '.'}{alias.name}"
        symbol = Symbol(dotted, where, path=path, member=alias.name if path else "")
        if not path:
            symbol = replace(symbol, path=find(machine, dotted))
        machine.bind(alias.asname or alias.name, symbol, where, where)


def resolve(machine: Machine, value: Abstract) -> Abstract:
    """
    The value behind a name imported from another file of the same code; any other value as it is.
    """
    if not isinstance(value, Symbol) or not value.member:
        return value
    stem = value.name.removesuffix(value.member)
    module = replace(value, name=stem.removesuffix(".") or stem, member="")
    return member(machine, module, value.member, value.location)


def member(machine: Machine, module: Symbol, name: str, where: Location) -> Abstract:
    """
    A name of another file of the same code, or a module below it.
    """
    home = machine.hooks.load(machine, module.path, {})
    if home is None:
        reason = f"comes from {module.path}, which is not evaluated"
        return Undecided(reason, where, module.taint)
    binding = home.module.names.get(name)
    if binding is not None:
        value = resolve(home, binding.value)
        machine.lend(value, module.path)
        if isinstance(value, Klass) and not value.module:
            value = replace(value, module=module.name.strip("."))
        return computed(value, where)
    below = machine.library.below(module.path, name) if machine.library else ""
    if below:
        return Symbol(f"{module.name}.{name}", where, module.taint, below)
    return Undecided(f"the name {name} is not defined in {module.path}", where, module.taint)


def find(machine: Machine, module: str) -> str:
    """
    Path of a module as the file names it, empty for one that is not part of the code.
    """
    return machine.library.find(machine.source.path, module) if machine.library else ""


def _begin(machine: Machine, path: str, where: Location) -> None:
    """
    Run an imported file now where it matters when: after or with a change of the environment.

    Any other file is run when a value of it is asked for.
    """
    source = machine.library.source(path) if machine.library else None
    changes = source is not None and any(map(_CHANGES_ENVIRONMENT.search, source.lines))
    if not machine.overlay and not changes:
        return
    known = machine.modules.get(path)
    if known is None:
        machine.hooks.load(machine, path, machine.overlay)
    elif known.began != machine.overlay:
        machine.lose_module(path, "is imported under more than one environment", where)


def _import_all(machine: Machine, path: str, where: Location) -> None:
    """
    ``from module import *``.
    """
    home = machine.hooks.load(machine, path, machine.overlay) if path else None
    names = _public(home) if home is not None else None
    if home is None or names is None or home.opened or home.env_opened:
        machine.open_names(where)
    for name in names or ():
        value = member(machine, Symbol("", where, path=path), name, where)
        machine.bind(name, value, where, where)


def _public(home: Machine) -> list[str] | None:
    """
    What ``import *`` takes from a file, None when that is computed.
    """
    names = [name for name in home.module.names if not name.startswith("_")]
    listed = home.module.names.get("__all__")
    if listed is None:
        return names
    try:
        wanted = plain(listed.value)
    except NotPlainError:
        return None
    return [name for name in wanted if name in home.module.names]


def _note_import(machine: Machine, root: str) -> None:
    if root not in _SURE_IMPORTS:
        machine.may_raise = True
