"""
Names and types of the facts about gunicorn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from advisor.facts.schema import BOOL, DURATION, NUMBER, STRING, VERSION, Type, list_of

Rows: TypeAlias = Mapping[str, tuple[Type, str]]

GUNICORN: Rows = {
    "version": (VERSION, "version of gunicorn"),
    "name": (STRING, "what the application is called in the deployment"),
    "class": (STRING, "kind of worker: sync, gthread, gevent, tornado, asgi, uvicorn or unknown"),
    "workers_from_cpus": (BOOL, "whether workers is computed from cpu_count()"),
    "workers_set": (BOOL, "whether workers is set anywhere, WEB_CONCURRENCY included"),
    "limited": (BOOL, "whether a cpu limit of the container is known"),
    "replicas": (NUMBER, "copies of the application that run"),
    "concurrency": (NUMBER, "requests one process works on at once"),
    "behind_proxy": (BOOL, "whether an nginx of the deployment passes requests to it"),
    "container": (BOOL, "whether it runs in a container"),
    "workers_on_64": (NUMBER, "workers that the same file gives on a host of 64 cpus"),
    "worker_class_name": (STRING, "last part of worker_class: UvicornWorker"),
    "worker_class_successor": (STRING, "worker_class without the deprecated module"),
    "ignored": (list_of(STRING), "settings that are set and have no effect on these workers"),
    "limits_requests": (BOOL, "whether timeout bounds a request, and not only the process's beat"),
    "keeps_connections": (BOOL, "whether the workers keep connections open between requests"),
    "supervised": (BOOL, "whether a container or supervisor waits for this very process"),
    "development": (BOOL, "whether names or variables say that it is for development"),
    "exposed": (BOOL, "whether others than the proxy reach it over the network"),
    "trusts_everyone": (BOOL, "whether forwarded_allow_ips holds *"),
    "disposes": (BOOL, "whether post_fork gives up the connections of the arbiter"),
    "logs_requests": (BOOL, "whether it logs requests"),
    "tmp_in_memory": (BOOL, "whether /tmp of its container is kept in memory"),
    "psycogreen": (BOOL, "whether psycogreen is installed, which makes psycopg2 yield to gevent"),
    "recommended_workers": (NUMBER, "one event loop per cpu; 2 × cpus + 1, at most 12, else"),
}
_TYPO: Rows = {
    "name": (STRING, "name as written in the configuration file"),
    "suggestion": (STRING, "the setting it resembles"),
}
_REFUSED: Rows = {
    "setting": (STRING, "the setting, empty for the command line as a whole"),
    "reason": (STRING, "what gunicorn refuses, as a phrase"),
}
_REPEATED: Rows = {
    "flag": (STRING, "the flag as written last"),
    "setting": (STRING, "the setting that it sets"),
    "first": (STRING, "value of the first one"),
    "last": (STRING, "value of the last one, which counts"),
}
_OVERRIDDEN: Rows = {
    "setting": (STRING, "the setting"),
    "stated": (STRING, "how it is named where it has no effect"),
    "value": (STRING, "its value there"),
    "by": (STRING, "how it is named where it counts"),
    "to": (STRING, "its value there"),
    "layer": (STRING, "what counts: file, GUNICORN_CMD_ARGS or command line"),
}
_UNLOADED: Rows = {
    "path": (STRING, "the configuration file"),
    "name": (STRING, "its name without folders"),
}
EVENTS: Mapping[str, Rows] = {
    "overridden": _OVERRIDDEN,
    "refused": _REFUSED,
    "repeated": _REPEATED,
    "typo": _TYPO,
    "unloaded": _UNLOADED,
}
"""What is wrong at single places: namespaces, and targets behind ``gunicorn.``."""
_TYPES = {"int": NUMBER, "bool": BOOL, "string": STRING, "choice": STRING, "class": STRING}
_SECONDS = frozenset(
    {
        "timeout",
        "graceful_timeout",
        "keepalive",
        "asgi_disconnect_grace_period",
        "dirty_timeout",
        "dirty_graceful_timeout",
    }
)


def settings() -> Iterator[tuple[str, Type, str]]:
    """
    Name, type and description of the settings that are facts.
    """
    from advisor.catalog import gunicorn  # noqa: PLC0415 - read when a rule needs it

    for name, setting in gunicorn.settings().items():
        kind = _TYPES.get(setting.forms[-1].kind)
        if kind is not None:
            kind = DURATION if name in _SECONDS else kind
            yield name, kind, f"gunicorn's {name}, section {setting.section}"
