"""
Engines that Flask-SQLAlchemy makes from the configuration of an application.

Source: flask-sqlalchemy.palletsprojects.com, "Configuration". The options of a bind are its own:
SQLALCHEMY_ENGINE_OPTIONS counts for the main engine only, `engine_options` for every one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct, field

from advisor import regex
from advisor.parsers._engine_calls import FLASK, find_calls
from advisor.parsers._engine_model import Argument, Engine, EnginesDocument, PoolLibrary, role_of
from advisor.parsers._engine_reached import Reached, all_reached, without_secrets
from advisor.parsers._engine_urls import read_url
from advisor.parsers.pyeval import (
    Code,
    EnvDependent,
    Known,
    Library,
    Outcome,
    Program,
    Undecided,
    Watch,
    outcome_of,
    parse,
)
from advisor.parsers.pyeval.expressions import evaluate
from advisor.parsers.pyeval.imports import resolve
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.signals import ExhaustedError, RaisedError
from advisor.parsers.pyeval.values import Abstract, Klass, Table

PREFIX = "SQLALCHEMY_"
FUNCTION = "SQLAlchemy"
LEGACY: Mapping[str, str] = {
    "SQLALCHEMY_POOL_SIZE": "pool_size",
    "SQLALCHEMY_MAX_OVERFLOW": "max_overflow",
    "SQLALCHEMY_POOL_TIMEOUT": "pool_timeout",
    "SQLALCHEMY_POOL_RECYCLE": "pool_recycle",
}
"""Keys that Flask-SQLAlchemy 3.0 no longer reads, and the arguments they once were."""
_VARIANT = regex.lazy(r"dev|test|local|debug|stag", re.IGNORECASE)
_WORDS = ("flask_sqlalchemy", "Flask-SQLAlchemy")
Pick = Callable[[Machine], "Abstract | None"]


class _Key(Struct, frozen=True):
    """
    One key of the configuration, and the file that says it.
    """

    program: Program
    pick: Pick

    def outcome(self, *keys: str) -> Outcome:
        """
        What stands there, or behind keys of the dict that stands there.
        """
        return outcome_of(self.program, self._inside(keys))

    def value(self, *keys: str) -> Abstract | None:
        """
        The same while evaluating, with everything open.
        """
        return self._inside(keys)(self.program.run(None))

    def argument(self, name: str, *keys: str) -> Argument:
        """
        The same as an argument of an engine.
        """
        outcome = self.outcome(*keys)
        place = (outcome.default if isinstance(outcome, EnvDependent) else outcome).location
        return Argument(name, outcome, place, place)

    def _inside(self, keys: tuple[str, ...]) -> Pick:
        def pick(machine: Machine) -> Abstract | None:
            value = self.pick(machine)
            for key in keys:
                if not isinstance(value, Table):
                    return value
                value = value.members.get(key)
            return without_secrets(value) if keys[-1:] == ("connect_args",) else value

        return pick


class _Configuration(Struct):
    """
    The keys of an application's configuration, the last writer first.
    """

    keys: dict[str, _Key] = field(default_factory=dict)
    sure: bool = True
    """False when several classes may be the one in force."""


def uses_flask(text: str) -> bool:
    """
    Whether a file makes the extension.
    """
    return any(word in text for word in _WORDS) and FUNCTION in text


def find_flask(
    texts: Mapping[str, str],
    *,
    env: Mapping[str, str] | None = None,
    library: Library | None = None,
) -> tuple[EnginesDocument, ...]:
    """
    The engines of an application with Flask-SQLAlchemy; `texts` are the files that may matter.
    """
    makers = [path for path in sorted(texts) if uses_flask(texts[path])]
    made = [one for path in makers for one in _made(path, texts[path], env or {}, library)]
    if not made:
        return ()
    configuration = _Configuration()
    for path in sorted(texts):
        if PREFIX in texts[path]:
            program = Program(parse(path, texts[path]), dict(env or {}), "", (), library)
            _collect(configuration, program)
    engines = tuple(_engines(made[0], configuration))
    return (EnginesDocument(made[0].location.path, engines, ()),)


def _made(
    path: str, text: str, env: Mapping[str, str], library: Library | None
) -> Iterator[Reached]:
    source = parse(path, text)
    calls = tuple(find_calls(source.tree, FLASK))
    watches = tuple(Watch(found.node, found.inside) for found in calls)
    program = Program(source, dict(env), "", watches, library)
    for found in calls:
        yield from list(all_reached(program, found))[:1]


def _collect(configuration: _Configuration, program: Program) -> None:
    """
    Keys of a file: names of the module, then of a class, then what is assigned to ``config``.
    """
    machine = program.run(None)
    names = machine.module.names
    for name in names:
        if name.startswith(PREFIX):
            configuration.keys[name] = _Key(program, _of_module(name))
    classes = {name: one.value for name, one in names.items() if isinstance(one.value, Klass)}
    chosen, sure = _in_force({k: v for k, v in classes.items() if _has_keys(v)})
    configuration.sure = configuration.sure and sure
    if chosen is not None:
        for name in chosen[1].members:
            if name.startswith(PREFIX):
                configuration.keys[name] = _Key(program, _of_class(chosen[0], name))
    for name, node in _assigned(program.source.tree):
        configuration.keys[name] = _Key(program, _of_node(node))


def _has_keys(klass: Klass) -> bool:
    return any(name.startswith(PREFIX) for name in klass.members)


def _in_force(classes: Mapping[str, Klass]) -> tuple[tuple[str, Klass] | None, bool]:
    """
    The class that production uses: none for development and tests, and no base of another one.
    """
    real = {name: one for name, one in classes.items() if not _VARIANT.search(name)} or classes
    bases = {
        base.id for one in real.values() for base in one.node.bases if isinstance(base, ast.Name)
    }
    leaves = [(name, one) for name, one in real.items() if name not in bases]
    return (leaves[-1] if leaves else None), len(leaves) <= 1


def _of_module(name: str) -> Pick:
    def pick(machine: Machine) -> Abstract | None:
        value = machine.value_of(name)
        return None if value is None else resolve(machine, value)

    return pick


def _of_class(owner: str, name: str) -> Pick:
    def pick(machine: Machine) -> Abstract | None:
        klass = machine.value_of(owner)
        return klass.members.get(name) if isinstance(klass, Klass) else None

    return pick


def _of_node(node: ast.expr) -> Pick:
    def pick(machine: Machine) -> Abstract:
        try:
            return evaluate(machine, node)
        except RaisedError as error:
            return Undecided(error.reason, machine.source.locate(node), error.taint)
        except ExhaustedError:
            return Undecided("the file takes too long to evaluate", machine.source.locate(node))

    return pick


def _assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """
    ``app.config["KEY"] = value`` and ``app.config.update(KEY=value)``, in any function.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            keys = (_key(target) for target in node.targets)
            yield from ((key, node.value) for key in keys if key.startswith(PREFIX))
        elif isinstance(node, ast.Call) and _fills_config(node.func):
            yield from _keywords(node)


def _key(target: ast.expr) -> str:
    """
    The key of ``app.config["KEY"]``, empty for any other target.
    """
    if not isinstance(target, ast.Subscript) or not _is_config(target.value):
        return ""
    value = target.slice.value if isinstance(target.slice, ast.Constant) else ""
    return value if isinstance(value, str) else ""


def _fills_config(node: ast.expr) -> bool:
    named = isinstance(node, ast.Attribute) and node.attr in ("update", "from_mapping")
    return named and isinstance(node, ast.Attribute) and _is_config(node.value)


def _keywords(node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    for keyword in node.keywords:
        if keyword.arg and keyword.arg.startswith(PREFIX):
            yield keyword.arg, keyword.value


def _is_config(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "config"


def _engines(made: Reached, configuration: _Configuration) -> Iterator[Engine]:
    """
    The main engine, if it has a URL, and one for every bind.
    """
    keys = configuration.keys
    shared = dict(_options(_given(made)))
    own = dict(_options(keys.get("SQLALCHEMY_ENGINE_OPTIONS")))
    old = {name: keys[name].argument(name) for name in LEGACY if name in keys}
    uri = keys.get("SQLALCHEMY_DATABASE_URI")
    binds = keys.get("SQLALCHEMY_BINDS")
    if uri is not None or own or binds is None:
        opened = _is_open(keys.get("SQLALCHEMY_ENGINE_OPTIONS")) or not configuration.sure
        outcome = uri.outcome() if uri else Undecided("is nowhere set", made.location)
        yield _engine(made, outcome, {**shared, **own, **old}, opened=opened)
    table = binds.value() if binds else None
    for name, value in table.members.items() if binds and isinstance(table, Table) else ():
        at = (str(name), "url") if isinstance(value, Table) else (str(name),)
        single = dict(_options(binds, str(name))) if binds and isinstance(value, Table) else {}
        url = binds.outcome(*at) if binds else Undecided("is nowhere set", made.location)
        yield _engine(made, url, {**shared, **single}, opened=False, name=str(name))


def _engine(
    made: Reached,
    url: Outcome,
    arguments: Mapping[str, Argument],
    *,
    opened: bool,
    name: str = "",
) -> Engine:
    where = made.program.source.locate(made.found.node)
    poolclass = arguments.get("poolclass")
    value = poolclass.outcome.value if poolclass and isinstance(poolclass.outcome, Known) else None
    return Engine(
        function=FUNCTION,
        is_async=False,
        location=made.location,
        arguments=arguments,
        url=read_url(url, where),
        poolclass=value.base if isinstance(value, Code) else None,
        in_function=False,
        cached=True,
        starred=opened or made.call.partial,
        assumed=(),
        active=True,
        role=role_of(made.program.source.path),
        name=name,
        library=PoolLibrary.SQLALCHEMY,
    )


def _given(made: Reached) -> _Key | None:
    """
    The argument `engine_options` of the extension.
    """
    if "engine_options" not in made.call.kwargs:
        return None
    found, turn = made.found, made.turn

    def pick(machine: Machine) -> Abstract | None:
        calls = machine.calls[id(found.node)]
        value: Abstract | None = calls[turn].kwargs.get("engine_options") if calls else None
        return value

    return _Key(made.program, pick)


def _options(key: _Key | None, *keys: str) -> Iterator[tuple[str, Argument]]:
    table = key.value(*keys) if key else None
    for name in table.members if key and isinstance(table, Table) else ():
        if key and isinstance(name, str) and name != "url":
            yield name, key.argument(name, *keys, name)


def _is_open(key: _Key | None) -> bool:
    value = key.value() if key else None
    return key is not None and (not isinstance(value, Table) or value.partial)
