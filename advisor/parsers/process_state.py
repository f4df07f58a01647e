"""
Objects of Python code that keep their state in the process that made them.

Each is told by the import that its name resolves to, never by the name alone. Sources: the
documentation of Flask-Limiter ("Configuration"), SlowAPI, Flask-SocketIO ("Deployment"),
APScheduler ("Frequently asked questions") and prometheus_client ("Multiprocess mode").
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct, field

from advisor.model import Location
from advisor.parsers.imports import dotted, full_name, imported_names
from advisor.parsers.pyeval import parse
from advisor.parsers.pyeval.source import Source

Keeps = Literal["limiter", "socketio", "scheduler", "metrics"]

_LIMITERS = {"flask_limiter.Limiter": "Flask-Limiter", "slowapi.Limiter": "SlowAPI"}
_SOCKETS = {"flask_socketio.SocketIO": "Flask-SocketIO"}
_SCHEDULERS = {
    f"apscheduler.schedulers.{module}.{name}": "APScheduler"
    for module, name in (
        ("background", "BackgroundScheduler"),
        ("asyncio", "AsyncIOScheduler"),
        ("gevent", "GeventScheduler"),
        ("tornado", "TornadoScheduler"),
    )
} | {"flask_apscheduler.APScheduler": "Flask-APScheduler"}
_METRICS = {
    "prometheus_client.generate_latest": "prometheus_client",
    "prometheus_client.make_wsgi_app": "prometheus_client",
    "prometheus_client.make_asgi_app": "prometheus_client",
    "prometheus_client.start_http_server": "prometheus_client",
    "prometheus_fastapi_instrumentator.Instrumentator": "prometheus-fastapi-instrumentator",
}
_SHORT = {
    "flask_limiter.extension": "flask_limiter",
    "slowapi.extension": "slowapi",
    "prometheus_client.exposition": "prometheus_client",
}
"""Modules that define what their package hands on."""
_WEB = frozenset({"flask", "quart", "fastapi", "starlette", "django", "litestar"})
_WORDS = ("flask_limiter", "slowapi", "flask_socketio", "apscheduler", "prometheus_")
LIMITER_SETTING = "RATELIMIT_STORAGE"
"""What the names of settings for the storage of a limiter begin with."""
METRICS_FOLDER = "prometheus_multiproc_dir"
"""The variable of prometheus_client, in lower case as older versions had it."""


class ProcessState(Struct, frozen=True):
    """
    One such object.
    """

    keeps: Keeps
    library: str
    location: Location
    storage: str | None = ""
    """Of a limiter: the URI it names, empty when it names none, None when that is not known."""
    chosen: bool = False
    """Of a server for sockets: whether it chooses transports, perhaps one that needs no session."""


class StateDocument(Struct, frozen=True):
    """
    The objects of one file, and what it says about where state goes instead.
    """

    path: str
    found: tuple[ProcessState, ...] = ()
    shares: frozenset[str] = frozenset()
    """`LIMITER_SETTING` and `METRICS_FOLDER`, where the text mentions them."""


def mentions_state(text: str) -> bool:
    """
    Whether a text may make one of these objects: cheap enough to ask of every file.
    """
    return any(word in text for word in _WORDS) or LIMITER_SETTING in text


def find_state(path: str, text: str) -> StateDocument:
    """
    The objects that a Python file makes, without importing or running it.
    """
    if not mentions_state(text) and METRICS_FOLDER not in text.lower():
        return StateDocument(path)
    shares = {name for name in (LIMITER_SETTING,) if name in text}
    shares |= {name for name in (METRICS_FOLDER,) if name in text.lower()}
    reading = _Reading(parse(path, text))
    return StateDocument(path, tuple(reading.found()), frozenset(shares))


class _Reading(Struct):
    source: Source
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Local names of what is imported, with their full names."""

    def __post_init__(self) -> None:
        for node in ast.walk(self.source.tree):
            self.parents.update((child, node) for child in ast.iter_child_nodes(node))
        self.names.update(imported_names(self.source.tree, _SHORT))

    def found(self) -> Iterator[ProcessState]:
        calls = [one for one in ast.walk(self.source.tree) if isinstance(one, ast.Call)]
        started = {name for one in calls if (name := self._started(one))}
        for call in calls:
            name = full_name(self.names, call.func)
            place = self.source.locate(call)
            if name in _LIMITERS and not _is_off(call):
                yield ProcessState("limiter", _LIMITERS[name], place, _storage(call))
            elif name in _SOCKETS:
                whole = _argument(call, "transports") is not None
                yield ProcessState("socketio", _SOCKETS[name], place, chosen=whole)
            elif name in _SCHEDULERS and self._in_web() and self._assigned(call) & started:
                yield ProcessState("scheduler", _SCHEDULERS[name], place)
            elif name in _METRICS:
                yield ProcessState("metrics", _METRICS[name], place)

    def _started(self, call: ast.Call) -> str:
        """
        What a call starts in every process that loads the application; else empty.

        No branch, loop or attempt is around it, and it stands at the top of the module or in a
        function that makes or opens the application.
        """
        if not (isinstance(call.func, ast.Attribute) and call.func.attr == "start"):
            return ""
        node: ast.AST | None = call
        while node is not None:
            function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            if isinstance(node, _BRANCHES) or (function and not _opens(node, call)):
                return ""
            node = self.parents.get(node)
        return dotted(call.func.value)

    def _assigned(self, call: ast.Call) -> set[str]:
        parent = self.parents.get(call)
        targets: list[ast.expr] = parent.targets if isinstance(parent, ast.Assign) else []
        return {name for one in targets if (name := dotted(one))}

    def _in_web(self) -> bool:
        """
        Whether the file is one of the application, and no program of its own.
        """
        packages = {name.partition(".")[0] for name in self.names.values()}
        return not _WEB.isdisjoint(packages) or "flask_apscheduler" in packages


_BRANCHES = (ast.If, ast.IfExp, ast.While, ast.For, ast.Try, ast.Match, ast.Lambda)
_OPENERS = frozenset({"create_app", "make_app", "build_app", "lifespan"})
_HOOKS = frozenset({"asynccontextmanager", "on_event", "before_first_request", "before_serving"})


def _opens(node: ast.AST, call: ast.Call) -> bool:
    """
    Whether a function makes or opens the application, and surely gets as far as `call`.
    """
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    hooks = (one.func if isinstance(one, ast.Call) else one for one in node.decorator_list)
    hooked = any(dotted(one).rpartition(".")[2] in _HOOKS for one in hooks)
    leaves = any(
        isinstance(one, (ast.Return, ast.Raise)) and one.lineno < call.lineno
        for one in ast.walk(node)
    )
    return (hooked or node.name in _OPENERS) and not leaves


def _argument(call: ast.Call, name: str) -> ast.expr | None:
    return next((one.value for one in call.keywords if one.arg == name), None)


def _is_off(call: ast.Call) -> bool:
    enabled = _argument(call, "enabled")
    return isinstance(enabled, ast.Constant) and enabled.value is False


def _storage(call: ast.Call) -> str | None:
    if any(one.arg is None for one in call.keywords):
        return None
    given = _argument(call, "storage_uri")
    if given is None:
        return ""
    known = isinstance(given, ast.Constant) and isinstance(given.value, str)
    return str(given.value) if isinstance(given, ast.Constant) and known else None
