"""
Routes of an application that take WebSockets.

Sources: fastapi.tiangolo.com, "WebSockets"; starlette.io, "Routing"; quart.palletsprojects.com,
"Websockets"; channels.readthedocs.io, "Consumers".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from advisor.model import Location
from advisor.parsers.imports import dotted, full_name, imported_names
from advisor.parsers.pyeval import parse

_FRAMEWORKS = frozenset({"fastapi", "starlette", "quart", "litestar", "sanic"})
_ROUTES = frozenset({"starlette.routing.WebSocketRoute", "fastapi.routing.APIWebSocketRoute"})
_CONSUMERS = "channels.generic.websocket."


def mentions_sockets(text: str) -> bool:
    """
    Whether a text may hold such a route: cheap enough to ask of every file.
    """
    return "websocket" in text or "WebSocketRoute" in text


def find_sockets(path: str, text: str) -> Iterator[Location]:
    """
    Where such routes are made, in the order of the file, without importing or running it.
    """
    if not mentions_sockets(text):
        return
    source = parse(path, text)
    names = imported_names(source.tree)
    for node in ast.walk(source.tree):
        if _makes_socket(node, names):
            yield source.locate(node)


def _makes_socket(node: ast.AST, names: Mapping[str, str]) -> bool:
    if isinstance(node, ast.Call):
        return full_name(names, node.func) in _ROUTES
    if isinstance(node, ast.ClassDef):
        return any(full_name(names, one).startswith(_CONSUMERS) for one in node.bases)
    if not isinstance(node, ast.AsyncFunctionDef):
        return False
    packages = {name.partition(".")[0] for name in names.values()}
    routed = (dotted(one.func) for one in node.decorator_list if isinstance(one, ast.Call))
    return not _FRAMEWORKS.isdisjoint(packages) and any(
        "." in one and one.rpartition(".")[2] == "websocket" for one in routed
    )
