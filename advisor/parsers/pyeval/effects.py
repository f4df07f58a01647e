"""
What statements may do to the names around them, told from their shape alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from msgspec import Struct


class Effects(Struct, frozen=True):
    """
    What statements may do to the names around them.
    """

    names: frozenset[str]
    """Names they may bind."""
    changed: frozenset[str]
    """Names whose containers they may change."""
    size: int = 0
    """How many nodes were looked at."""
    touched: frozenset[tuple[str, str | None]] = frozenset()
    """Dotted names of what they may change that may be the environment, with the key if it is
    written there."""


_CHANGES = frozenset({"pop", "popitem", "setdefault", "update", "clear", "putenv", "unsetenv"})
"""Methods and functions that change an environment."""
_WITH_KEY = frozenset({"pop", "setdefault", "putenv", "unsetenv"})


def effects(nodes: Iterable[ast.AST]) -> Effects:
    """
    Effects of statements, functions defined inside left out.
    """
    names: set[str] = set()
    changed: set[str] = set()
    touched: set[tuple[str, str | None]] = set()
    pending: list[ast.AST] = list(nodes)
    size = 0
    while pending:
        node = pending.pop()
        size += 1
        names.update(_names_of(node))
        changed.update(_changed_by(node))
        touched.update(_touched_by(node))
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
    return Effects(frozenset(names), frozenset(changed - names), size, frozenset(touched))


def _names_of(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Name):
        return () if isinstance(node.ctx, ast.Load) else (node.id,)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return (node.name,)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return tuple((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        return (node.name,) if node.name else ()
    if isinstance(node, ast.MatchMapping):
        return (node.rest,) if node.rest else ()
    return ()


def _changed_by(node: ast.AST) -> tuple[str, ...]:
    """
    The name whose container `x[…] = …`, `x.a = …` or `x.append(…)` may change.
    """
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        inner: ast.AST = node.func.value
    elif isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
        inner = node.value
    else:
        return ()
    while isinstance(inner, ast.Subscript | ast.Attribute):
        inner = inner.value
    return (inner.id,) if isinstance(inner, ast.Name) else ()


def _touched_by(node: ast.AST) -> Iterable[tuple[str, str | None]]:
    """
    What `x.environ.pop(…)`, `environ[…] = …`, `del environ[…]` or `x.environ |= …` may change.
    """
    key: ast.AST | None = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr not in _CHANGES:
            return ()
        inner: ast.AST = node.func
        key = node.args[0] if node.args and node.func.attr in _WITH_KEY else None
    elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        inner, key = node.value, node.slice
    elif isinstance(node, ast.Attribute | ast.Name) and not isinstance(node.ctx, ast.Load):
        inner = node
    else:
        return ()
    parts: list[str] = []
    while isinstance(inner, ast.Attribute):
        parts.append(inner.attr)
        inner = inner.value
    if not isinstance(inner, ast.Name):
        return ()
    name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None
    return ((".".join([inner.id, *reversed(parts)]), name),)
