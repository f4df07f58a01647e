"""
Worker classes of gunicorn: which one a name stands for, and which settings it ignores.

Source: the worker modules of gunicorn 27 and `uvicorn.workers` (uvicorn 0.54).
"""

from __future__ import annotations

from collections.abc import Mapping

UNKNOWN = "unknown"
"""A class of somebody else's: nothing is said about it."""

_NAMES: Mapping[str, str] = {
    "sync": "sync",
    "gthread": "gthread",
    "gevent": "gevent",
    "gevent_wsgi": "gevent",
    "gevent_pywsgi": "gevent",
    "eventlet": "eventlet",
    "tornado": "tornado",
    "asgi": "asgi",
}
_BASES: tuple[tuple[str, str], ...] = (
    ("SyncWorker", "sync"),
    ("Uvicorn", "uvicorn"),
    ("Gevent", "gevent"),
    ("Eventlet", "eventlet"),
    ("ThreadWorker", "gthread"),
    ("TornadoWorker", "tornado"),
    ("ASGIWorker", "asgi"),
)
"""Part of a class's own name and what such a class is; the first that fits decides."""
_LIMITS = frozenset({"limit_request_line", "limit_request_fields", "limit_request_field_size"})
_ASGI = frozenset({"asgi_loop", "asgi_lifespan", "asgi_disconnect_grace_period", "root_path"})
_NOT_ASGI = _ASGI | {"websocket_max_message_size", "http_parser"}
_OWN_HTTP = _LIMITS | {"secure_scheme_headers", "access_log_format"}
_IGNORED: Mapping[str, frozenset[str]] = {
    # `threads` counts for sync: more than one turns it into gthread.
    "sync": frozenset({"keepalive", "worker_connections"}) | _NOT_ASGI,
    "gthread": _NOT_ASGI,
    "gevent": frozenset({"threads"}) | _NOT_ASGI,
    "eventlet": frozenset({"threads"}) | _NOT_ASGI,
    "tornado": frozenset({"threads", "worker_connections", "forwarded_allow_ips"})
    | _OWN_HTTP
    | _NOT_ASGI,
    "asgi": frozenset({"threads"}),
    "uvicorn": frozenset({"threads", "worker_connections", "graceful_timeout"})
    | _OWN_HTTP
    | _NOT_ASGI,
}


def effective_class(worker_class: str, threads: int = 1) -> str:
    """
    What runs for a `worker_class`.

    One of sync, gthread, gevent, eventlet, tornado, asgi, uvicorn and unknown.
    The sync worker with more than one thread is replaced by gthread (`Config.worker_class`).
    Dotted paths are told by the name of their class; names of other projects are unknown.
    """
    name = _NAMES.get(worker_class) or _by_path(worker_class)
    return "gthread" if name == "sync" and threads > 1 else name


def ignored_by(worker_class: str) -> frozenset[str]:
    """
    Settings without effect on an effective class, as `effective_class` names it.

    Empty for unknown classes. A setting that only the arbiter reads is not ignored, with one
    exception: uvicorn workers end on their own terms whatever `graceful_timeout` says, until the
    arbiter kills them.
    """
    return _IGNORED.get(worker_class, frozenset())


def limits_requests(worker_class: str) -> bool | None:
    """
    Whether `timeout` bounds a single request; for all but sync it is a heartbeat of the process.

    None when unknown: somebody's own class may be a sync worker by another name.
    """
    return None if worker_class == UNKNOWN else worker_class == "sync"


def keeps_connections(worker_class: str) -> bool | None:
    """
    Whether a worker answers with keep-alive; sync closes every connection. None when unknown.
    """
    return None if worker_class == UNKNOWN else worker_class != "sync"


def _by_path(worker_class: str) -> str:
    if worker_class.startswith("egg:"):
        return _NAMES.get(worker_class.rpartition("#")[2], UNKNOWN)
    if "." not in worker_class:
        return UNKNOWN
    base = worker_class.rpartition(".")[2]
    return next((name for part, name in _BASES if part in base), UNKNOWN)
