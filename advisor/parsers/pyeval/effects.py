"""
What statements may do to the names around them, told from their shape alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effects:
    """
    What statements may do to the names around them.
    """

    names: frozenset[str]
    """Names they may bind."""
    changed: frozenset[str]
    """Names whose containers they may change."""
    size: int = 0
    """How many nodes were looked at."""


def effects(nodes: Iterable[ast.AST]) -> Effects:
    """
    Effects of statements, functions defined inside left out.
    """
    names: set[str] = set()
    changed: set[str] = set()
    pending: list[ast.AST] = list(nodes)
    size = 0
    while pending:
        node = pending.pop()
        size += 1
        names.update(_names_of(node))
        changed.update(_changed_by(node))
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            pending.extend(ast.iter_child_nodes(node))
    return Effects(frozenset(names), frozenset(changed - names), size)


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
