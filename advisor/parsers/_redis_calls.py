"""
Calls that make clients of redis-py and applications of Celery, found by the names they come by.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

CLIENTS = frozenset({"Redis", "StrictRedis"})
_POOLS = frozenset({"ConnectionPool", "BlockingConnectionPool"})
_FROM_URL = "from_url"
Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


class Found(Struct, frozen=True):
    """
    One call, and the functions around it, outermost first.
    """

    node: ast.Call
    name: str
    """Of the class; ``Celery`` for an application of Celery."""
    url: bool
    """Whether it is made by ``from_url``."""
    is_async: bool
    inside: tuple[Definition, ...]


class Names:
    """
    Which names of a file stand for redis-py's classes, and the calls of them.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self._names: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._names.update(_imported(node))
            elif isinstance(node, ast.ImportFrom) and not node.level:
                module = node.module or ""
                if _is_ours(module):
                    names = {one.asname or one.name: f"{module}.{one.name}" for one in node.names}
                    self._names.update(names)

    def calls(self) -> Iterator[Found]:
        """
        Calls in the order of the file, with the functions around them.
        """
        pending: list[tuple[ast.AST, tuple[Definition, ...]]] = [(self._tree, ())]
        while pending:
            node, inside = pending.pop()
            found = self._made(node, inside) if isinstance(node, ast.Call) else None
            if found is not None:
                yield found
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                inside = (*inside, node)
            pending.extend((one, inside) for one in reversed(list(ast.iter_child_nodes(node))))

    def _made(
        self,
        node: ast.Call,
        inside: tuple[Definition, ...],
    ) -> Found | None:
        dotted = self._dotted(node.func)
        parts = dotted.split(".")
        url = parts[-1] == _FROM_URL
        name = parts[-2] if url and len(parts) > 1 and parts[-2][:1].isupper() else parts[-1]
        name = "Redis" if url and name == _FROM_URL else name
        if parts[0] == "celery" and name == "Celery":
            return Found(node, name, False, False, inside)
        if parts[0] != "redis" or name not in CLIENTS | _POOLS:
            return None
        return Found(node, name, url, "asyncio" in parts, inside)

    def _dotted(self, node: ast.expr) -> str:
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self._names:
            return ""
        return ".".join((self._names[node.id], *reversed(parts)))


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("redis", "celery")


def _imported(node: ast.Import) -> dict[str, str]:
    """
    Names that an ``import`` binds: the whole module by another name, else its first part.
    """
    ours = [one for one in node.names if _is_ours(one.name)]
    roots = [one.name.partition(".")[0] for one in ours if not one.asname]
    renamed = {one.asname: one.name for one in ours if one.asname}
    return {**dict(zip(roots, roots, strict=True)), **renamed}
