"""
Facts of gunicorn applications: every setting in force, and what follows from them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from advisor.catalog.gunicorn import effective_class, ignored_by
from advisor.catalog.gunicorn_workers import keeps_connections, limits_requests
from advisor.deployment.model import Application, Deployment
from advisor.facts.common import (
    computed,
    host_facts,
    number,
    of_type,
    origin_of,
    weakest,
)
from advisor.facts.gunicorn_launch import events, launch_facts
from advisor.facts.namespaces import namespace
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject

MOST_WORKERS = 12
"""gunicorn "Design": 4 to 12 workers serve hundreds of requests a second."""
LARGE_HOST = 64
"""Cpus of a host on which a container may end up, to show what cpu_count() then gives."""
EVENT_LOOPS = ("uvicorn", "asgi", "gevent", "eventlet", "tornado")
_DEPRECATED = "uvicorn.workers."


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every application, and what is wrong at single places of its file and command line.
    """
    for application in deployment.applications:
        facts = {**gunicorn_facts(application, deployment), **host_facts(application.host)}
        place = application.location
        yield Subject("gunicorn", application.name, facts, place, application.path)
        for typo in application.typos:
            own: dict[str, Fact] = {
                "typo.name": Value(typo.name, Origin.LITERAL, typo.location),
                "typo.suggestion": computed(typo.suggestion),
            }
            yield Subject(
                target="gunicorn.typo",
                name=typo.name,
                facts={**own, **facts},
                location=typo.location,
                path=typo.location.path,
            )
        yield from events(application, facts)


def gunicorn_facts(
    application: Application, deployment: Deployment | None = None
) -> dict[str, Fact]:
    """
    Facts under ``gunicorn.``. Without `deployment` nothing is said about proxies.
    """
    cpus = _cpus(application)
    facts = {
        spec.name: of_type(_setting(application, spec.setting, cpus), spec.type)
        for spec in namespace("gunicorn").values()
        if spec.program
    }
    kind = _class(facts)
    edges = deployment.proxy_edges if deployment else ()
    return {
        **facts,
        "gunicorn.version": application.version,
        "gunicorn.name": Value(application.name, Origin.EVALUATED, application.location),
        "gunicorn.class": kind,
        "gunicorn.workers_from_cpus": computed(application.settings.from_cpus("workers")),
        "gunicorn.workers_set": computed(bool(application.settings.stated("workers"))),
        "gunicorn.workers_on_64": of_type(
            _setting(application, "workers", LARGE_HOST), namespace("gunicorn")["workers"].type
        ),
        "gunicorn.limited": computed(application.host.limited),
        "gunicorn.replicas": application.replicas,
        "gunicorn.concurrency": _concurrency(kind, facts),
        "gunicorn.behind_proxy": computed(any(e.application is application for e in edges)),
        "gunicorn.container": computed(application.host.container),
        "gunicorn.recommended_workers": _recommended(kind, application),
        "gunicorn.ignored": _ignored(kind, application),
        "gunicorn.limits_requests": _of_kind(kind, limits_requests),
        "gunicorn.keeps_connections": _of_kind(kind, keeps_connections),
        **launch_facts(application),
        **_class_names(facts["gunicorn.worker_class"]),
    }


def _cpus(application: Application) -> int | None:
    """
    Whole cpus for ``cpu_count()``: the limit rounded up, as no process sees half a core.
    """
    cpus = application.host.cpus
    return max(1, math.ceil(cpus.value)) if isinstance(cpus, Value) else None


def _setting(application: Application, name: str, cpus: int | None) -> Value[object] | Unknown:
    """
    A setting in force, at the place of its whole assignment, so that it can be shown and replaced.
    """
    value = application.settings.setting(name, cpus=cpus)
    stated = application.settings.stated(name)
    if isinstance(value, Unknown) or not stated or value.origin is Origin.DEFAULT:
        return value
    first = stated[0]
    host = application.host.cpus
    guessed = isinstance(host, Value) and host.origin is Origin.ASSUMED
    assumed = (first.location or first.written) in application.assumed or (
        guessed and application.settings.from_cpus(name)
    )
    origin = Origin.ASSUMED if assumed else value.origin
    note = value.note or ("a default of Compose" if assumed else "")
    return Value(value.value, origin, first.location or value.location, note)


def _class(facts: Mapping[str, Fact]) -> Fact:
    """
    The kind of worker, where it is stated: threads make a gthread of sync.
    """
    named, threads = facts["gunicorn.worker_class"], facts["gunicorn.threads"]
    if isinstance(named, Unknown):
        return named
    kind = effective_class(str(named.value))
    if kind != "sync":
        return Value(kind, named.origin, named.location, named.note)
    if isinstance(threads, Unknown):
        return threads
    if number(threads) > 1:
        note = f"gthread, because threads is {number(threads)}"
        return Value("gthread", weakest(named.origin, threads.origin), threads.location, note)
    return Value(kind, named.origin, named.location, named.note)


def _ignored(kind: Fact, application: Application) -> Fact:
    """
    Settings that are stated and have no effect on this class of workers.
    """
    if isinstance(kind, Unknown):
        return kind
    names = sorted(ignored_by(str(kind.value)))
    stated = tuple(name for name in names if application.settings.stated(name))
    return Value(stated, origin_of(kind), kind.location)


def _of_kind(kind: Fact, function: Callable[[str], bool | None]) -> Fact:
    if isinstance(kind, Unknown):
        return kind
    known = function(str(kind.value))
    return computed(known) if known is not None else Unknown("the class of workers is not known")


def _concurrency(kind: Fact, facts: Mapping[str, Fact]) -> Fact:
    """
    1 for sync, threads for gthread; event loops take on as many requests as arrive.
    """
    if isinstance(kind, Unknown):
        return kind
    if kind.value == "sync":
        return Value(1, origin_of(kind), note="one request at a time")
    if kind.value == "gthread":
        return facts["gunicorn.threads"]
    return Unknown(f"{kind.value} workers take on as many requests as arrive")


def _recommended(kind: Fact, application: Application) -> Fact:
    """
    One event loop per cpu; else 2 × cpus + 1, at most 12 (gunicorn "Design", "How Many Workers?").
    """
    cpus = _cpus(application)
    host = application.host.cpus
    if isinstance(host, Unknown) or cpus is None:
        return host
    if isinstance(kind, Unknown):
        return kind
    count = recommended_workers(str(kind.value), cpus)
    if kind.value in EVENT_LOOPS:
        return Value(count, origin_of(host, kind), note=f"one per cpu, {cpus} cpus")
    return Value(count, origin_of(host, kind), note=f"2 × {cpus} cpus + 1, at most {MOST_WORKERS}")


def recommended_workers(kind: str, cpus: int) -> int:
    """
    Workers of this kind for so many whole cpus, by the rule above.
    """
    return cpus if kind in EVENT_LOOPS else min(2 * cpus + 1, MOST_WORKERS)


def _class_names(worker_class: Fact) -> dict[str, Fact]:
    if isinstance(worker_class, Unknown):
        return dict.fromkeys(
            ("gunicorn.worker_class_name", "gunicorn.worker_class_successor"), worker_class
        )
    text = str(worker_class.value)
    successor = f"uvicorn_worker.{text.removeprefix(_DEPRECATED)}"
    return {
        "gunicorn.worker_class_name": computed(text.rpartition(".")[2]),
        "gunicorn.worker_class_successor": computed(
            successor if text.startswith(_DEPRECATED) else text
        ),
    }
