"""
Names of a Python file by what they are imported from.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping


def imported_names(tree: ast.AST, short: Mapping[str, str] | None = None) -> dict[str, str]:
    """
    Local names with the full names of what is imported under them.

    ``import a.b`` makes the name ``a``, ``import a.b as c`` the name ``c``. Relative imports are
    left out: they lead into the file's own package. `short` gives other names to modules that
    define what their package hands on.
    """
    return dict(_names(tree, short or {}))


def _names(tree: ast.AST, short: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                first = one.name.partition(".")[0]
                yield one.asname or first, one.name if one.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            module = short.get(node.module, node.module)
            for one in node.names:
                yield one.asname or one.name, f"{module}.{one.name}"


def dotted(node: ast.AST) -> str:
    """
    ``a.b.c`` of nested attributes, empty for anything else.
    """
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def full_name(names: Mapping[str, str], node: ast.AST) -> str:
    """
    What an expression names by way of an import, empty for anything else.
    """
    first, dot, rest = dotted(node).partition(".")
    return f"{names[first]}{dot}{rest}" if first in names else ""
