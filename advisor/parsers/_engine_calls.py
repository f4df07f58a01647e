"""
Calls that make database engines, found by their shape in the syntax tree.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct

from advisor import regex

_FUNCTIONS: Mapping[str, bool] = {
    "sqlalchemy.create_engine": False,
    "sqlalchemy.engine.create_engine": False,
    "sqlalchemy.engine.create.create_engine": False,
    "sqlalchemy.future.create_engine": False,
    "sqlmodel.create_engine": False,
    "sqlalchemy.ext.asyncio.create_async_engine": True,
    "sqlalchemy.ext.asyncio.engine.create_async_engine": True,
    "sqlmodel.ext.asyncio.create_async_engine": True,
}
"""Functions that make an engine, and whether it is an asynchronous one."""
_POOLS: Mapping[str, bool] = {
    "psycopg_pool.ConnectionPool": False,
    "psycopg_pool.NullConnectionPool": False,
    "psycopg_pool.AsyncConnectionPool": True,
    "psycopg_pool.AsyncNullConnectionPool": True,
    "asyncpg.create_pool": True,
    "psycopg2.pool.SimpleConnectionPool": False,
    "psycopg2.pool.ThreadedConnectionPool": False,
}
"""Functions and classes that make pools of connections of a driver."""


class Family(Struct, frozen=True):
    """
    Functions that are looked for.
    """

    functions: Mapping[str, bool]
    """Whether each makes something asynchronous, by dotted name."""
    implied: bool
    """Whether a text without any import means these functions by their bare names."""

    @property
    def names(self) -> dict[str, bool]:
        """
        The same by the last part of their names.
        """
        return {name.rpartition(".")[2]: found for name, found in self.functions.items()}

    @property
    def roots(self) -> frozenset[str]:
        """
        The packages that they come from.
        """
        return frozenset(name.partition(".")[0] for name in self.functions)


ENGINES = Family(_FUNCTIONS, implied=True)
CONFIGURED = Family(
    {
        "sqlalchemy.engine_from_config": False,
        "sqlalchemy.engine.engine_from_config": False,
        "sqlalchemy.ext.asyncio.async_engine_from_config": True,
    },
    implied=False,
)
POOLS = Family(_POOLS, implied=False)
FLASK = Family({"flask_sqlalchemy.SQLAlchemy": False}, implied=False)
_CACHED = frozenset({"cache", "cached_property", "lru_cache", "alru_cache", "singleton"})
_ONCE = regex.lazy(
    r"__init__|main|lifespan|on_startup|startup|(?:create|make|build|get)_(?:app|application)|"
    r"(?:_?init|setup|configure|register|run)(?:_\w*)?"
)
"""Functions that a program calls once, by convention."""
_HANDLERS = frozenset(
    {"get", "post", "put", "patch", "delete", "head", "options", "route", "api_route"}
    | {"websocket", "task", "before_request", "middleware"}
)
"""Names of decorators of Flask, FastAPI, Starlette and Celery for what runs again and again."""
ATTRIBUTE = "."
"""Stands for an attribute or item as target of an assignment."""
_Arms: TypeAlias = tuple[tuple[int, int], ...]
Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Found(Struct, frozen=True):
    """
    One call, and where it stands in the syntax tree.
    """

    node: ast.Call
    function: str
    """Last part of the name of what is called."""
    is_async: bool
    inside: tuple[Definition, ...]
    """Functions around it, outermost first."""
    assigned: str
    """The name it is assigned to, `ATTRIBUTE` for an attribute or item, else empty."""
    kept: bool
    """Whether an engine made inside functions outlives the call, as far as their shape tells."""
    arms: tuple[tuple[int, int], ...] = ()
    """Branches around it: line of the ``if``, and which of its branches."""

    @property
    def handler(self) -> bool:
        """
        Whether a function around it is registered to answer requests or to run tasks.
        """
        found = (one for one in self.inside if not isinstance(one, ast.Lambda))
        return any(map(_registers, (mark for one in found for mark in one.decorator_list)))


class _Imports:
    """
    Which names of a file stand for the functions that are looked for.
    """

    def __init__(self, tree: ast.Module, family: Family) -> None:
        self.functions: dict[str, str] = {}
        """Bare names of functions by the names they have in the file."""
        self.modules: set[str] = set()
        self._names, self._roots = family.names, family.roots
        imported = False
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imported = True
                self._note_modules(node)
            elif isinstance(node, ast.ImportFrom):
                imported = True
                self._note_names(node)
        # A snippet without imports, or with SQLAlchemy in it, means SQLAlchemy's functions.
        if family.implied and (not imported or self.modules or self.functions):
            taken = _own_names(tree)
            for name in self._names:
                if name not in taken:
                    self.functions.setdefault(name, name)

    def made_by(self, function: ast.expr) -> str | None:
        """
        Which of the functions is called; None when it is another one.
        """
        if isinstance(function, ast.Name):
            return self.functions.get(function.id)
        if not isinstance(function, ast.Attribute) or function.attr not in self._names:
            return None
        root: ast.expr = function.value
        while isinstance(root, ast.Attribute):
            root = root.value
        known = isinstance(root, ast.Name) and root.id in self.modules
        return function.attr if known else None

    def _note_modules(self, node: ast.Import) -> None:
        for alias in node.names:
            root = alias.name.partition(".")[0]
            if root in self._roots:
                self.modules.add(alias.asname or root)

    def _note_names(self, node: ast.ImportFrom) -> None:
        if node.level or (node.module or "").partition(".")[0] not in self._roots:
            return
        for alias in node.names:
            if alias.name in self._names:
                self.functions[alias.asname or alias.name] = alias.name
            else:
                # `from sqlalchemy.ext import asyncio` is a module, most others do no harm.
                self.modules.add(alias.asname or alias.name)


def _own_names(tree: ast.Module) -> frozenset[str]:
    """
    Names of engine functions that the file defines itself or imports from elsewhere.
    """
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names)
    return frozenset(names)


def find_calls(tree: ast.Module, family: Family) -> Iterator[Found]:
    """
    Calls of the functions of a family, in the order of the file.
    """
    imports, names = _Imports(tree, family), family.names
    pending: list[tuple[ast.AST, tuple[Definition, ...], str, _Arms]] = [(tree, (), "", ())]
    keepers: dict[int, _Keeper] = {}
    while pending:
        node, inside, assigned, arms = pending.pop()
        made = imports.made_by(node.func) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and made is not None:
            kept = bool(inside) and (
                assigned == ATTRIBUTE
                or any(keepers[id(function)].keeps(assigned) for function in inside)
            )
            yield Found(node, made, names[made], inside, assigned, kept, arms)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inside = (*inside, node)
            keepers[id(node)] = _Keeper(node)
        if isinstance(node, ast.Global) and inside:
            # Python wants `global` before the name is used, so that this comes in time.
            keepers[id(inside[-1])].names.update(node.names)
        assigned = _target(node) or ("" if isinstance(node, ast.stmt) else assigned)
        children = [(child, (*arms, *_arm(node, child))) for child in ast.iter_child_nodes(node)]
        pending.extend((child, inside, assigned, around) for child, around in reversed(children))


def _arm(node: ast.AST, child: ast.AST) -> _Arms:
    """
    Which branch of an ``if`` a child belongs to.
    """
    if not isinstance(node, ast.If | ast.IfExp) or child is node.test:
        return ()
    other = node.orelse if isinstance(node.orelse, list) else [node.orelse]
    return ((node.lineno, int(any(child is one for one in other))),)


class _Keeper:
    """
    Whether a function keeps what it makes.
    """

    def __init__(self, function: Definition) -> None:
        self.names: set[str] = set()
        self._once = not isinstance(function, ast.Lambda) and (
            _ONCE.fullmatch(function.name) is not None
            or not _CACHED.isdisjoint(map(_last_name, function.decorator_list))
        )

    def keeps(self, assigned: str) -> bool:
        """
        Whether a value assigned to this name outlives the call, or the call comes only once.
        """
        return self._once or assigned in self.names


def _target(node: ast.AST) -> str:
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target: ast.expr = node.targets[0]
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
        target = node.target
    else:
        return ""
    if isinstance(target, ast.Attribute | ast.Subscript):
        return ATTRIBUTE
    return target.id if isinstance(target, ast.Name) else ""


def _registers(mark: ast.expr) -> bool:
    """
    ``@app.get(…)``, ``@celery.task``; a bare ``@task`` is Airflow's, whose tasks end their process.
    """
    called = mark.func if isinstance(mark, ast.Call) else mark
    if isinstance(called, ast.Name):
        return called.id == "shared_task"
    return isinstance(called, ast.Attribute) and called.attr in _HANDLERS


def _last_name(node: ast.expr) -> str:
    while isinstance(node, ast.Call):
        node = node.func
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
