"""
Connections that a file opens while it is imported, through an engine that it makes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

_OPENS = frozenset({"begin", "connect", "raw_connection"})
"""Methods of an engine that take a connection from the server at once."""
_TAKES = frozenset({"create_all", "drop_all", "inspect", "reflect"})
"""Functions and methods that do so with the engine they are given."""
_LATER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_GIVES_BACK = frozenset({"dispose", "register_at_fork"})


def find_connection(tree: ast.Module, name: str) -> ast.Call | None:
    """
    The first call at module level that connects through the engine called `name`.

    None when there is none, and when the file closes what it opened, as ``engine.dispose()`` and
    `os.register_at_fork` do. Blocks behind a test are left out: they may not be reached.
    """
    calls = list(_calls(tree.body))
    if not name or any(_last(call.func) in _GIVES_BACK for call in calls):
        return None
    return next((call for call in calls if _connects(call, name)), None)


def _calls(body: Sequence[ast.stmt]) -> Iterator[ast.Call]:
    """
    Calls that importing the file surely makes, in their order.
    """
    for statement in body:
        if isinstance(statement, ast.If | ast.Try | ast.While | ast.Match | ast.ClassDef):
            continue
        pending: list[ast.AST] = [statement]
        found = []
        while pending:
            node = pending.pop()
            if isinstance(node, _LATER):
                continue
            if isinstance(node, ast.Call):
                found.append(node)
            pending.extend(ast.iter_child_nodes(node))
        yield from sorted(found, key=lambda call: (call.lineno, call.col_offset))


def _connects(call: ast.Call, name: str) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr in _OPENS:
        return isinstance(call.func.value, ast.Name) and call.func.value.id == name
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    passed = any(isinstance(one, ast.Name) and one.id == name for one in given)
    return passed and _last(call.func) in _TAKES


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
