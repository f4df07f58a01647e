"""
Calls that wait, inside coroutines that answer requests: until they return the event loop stands.

Sources: docs.python.org, "Developing with asyncio", "Running Blocking Code"; fastapi.tiangolo.com,
"Concurrency and async / await".
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from msgspec import Struct

from advisor.model import Location
from advisor.parsers.imports import dotted, full_name, imported_names
from advisor.parsers.pyeval import parse
from advisor.parsers.pyeval.source import Source

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_WAITING = frozenset(
    {
        *(f"{client}.{verb}" for client in ("requests", "httpx") for verb in _VERBS),
        *(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output")),
        *("time.sleep", "urllib.request.urlopen"),
        *("psycopg2.connect", "psycopg.connect", "pymysql.connect", "MySQLdb.connect"),
    }
)
_ROUTES = frozenset({*_VERBS, "route", "api_route", "websocket", "middleware"} - {"request"})
"""Decorators, by their last name, of what answers requests."""


class Blocking(Struct, frozen=True):
    """
    One such call.
    """

    call: str
    """``requests.get``."""
    handler: str
    """Name of the coroutine."""
    location: Location


def mentions_blocking(text: str) -> bool:
    """
    Whether a text may hold one: cheap enough to ask of every file.
    """
    roots = {name.partition(".")[0] for name in _WAITING}
    return "async def" in text and any(root in text for root in roots)


def find_blocking(path: str, text: str) -> Iterator[Blocking]:
    """
    Such calls in the order of the file, without importing or running it.

    What stands in a function inside of the coroutine may run in a thread, and is left out.
    """
    if not mentions_blocking(text):
        return
    source = parse(path, text)
    names = imported_names(source.tree)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.AsyncFunctionDef) and _answers(node):
            yield from _calls(source, names, node)


def _answers(node: ast.AsyncFunctionDef) -> bool:
    """
    Whether a decorator makes it a route: ``@app.get("/")``.
    """
    calls = (one.func for one in node.decorator_list if isinstance(one, ast.Call))
    return any("." in dotted(one) and dotted(one).rpartition(".")[2] in _ROUTES for one in calls)


def _calls(
    source: Source, names: dict[str, str], handler: ast.AsyncFunctionDef
) -> Iterator[Blocking]:
    pending: list[ast.AST] = list(reversed(handler.body))
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            continue
        if isinstance(node, ast.Call) and (name := full_name(names, node.func)) in _WAITING:
            yield Blocking(name, handler.name, source.locate(node))
        pending.extend(reversed(list(ast.iter_child_nodes(node))))
