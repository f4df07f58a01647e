"""
Facts of gunicorn applications: every setting in force, and what follows from them.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.deployment.model import Application, Deployment
from advisor.facts.common import computed, host_facts
from advisor.facts.namespaces import namespace
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact, Subject

MOST_WORKERS = 12
"""gunicorn "Design": 4 to 12 workers serve hundreds of requests a second."""
LARGE_HOST = 64
"""Cpus of a host on which a container may end up, to show what cpu_count() then gives."""
EVENT_LOOPS = ("uvicorn", "asgi", "gevent", "eventlet", "tornado")
_DEPRECATED = "uvicorn.workers."


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every application, and every name in its file that resembles a setting.
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


def gunicorn_facts(
    application: Application, deployment: Deployment | None = None
) -> dict[str, Fact]:
    """
    Facts under ``gunicorn.``. Without `deployment` nothing is said about proxies.
    """
    cpus = _cpus(application)
    facts = {
        spec.name: _setting(application, spec.setting, cpus)
        for spec in namespace("gunicorn").values()
        if spec.program
    }
    kind = application.settings.worker_class(cpus=cpus)
    kind = _at_statement(application, "worker_class", kind)
    edges = deployment.proxy_edges if deployment else ()
    return {
        **facts,
        "gunicorn.version": application.version,
        "gunicorn.name": Value(application.name, Origin.EVALUATED, application.location),
        "gunicorn.class": kind,
        "gunicorn.workers_from_cpus": computed(application.settings.from_cpus("workers")),
        "gunicorn.workers_set": computed(bool(application.settings.stated("workers"))),
        "gunicorn.workers_on_64": application.settings.setting("workers", cpus=LARGE_HOST),
        "gunicorn.limited": computed(application.host.limited),
        "gunicorn.replicas": application.replicas,
        "gunicorn.concurrency": _concurrency(kind, facts),
        "gunicorn.behind_proxy": computed(any(e.application is application for e in edges)),
        "gunicorn.container": computed(application.host.container),
        "gunicorn.recommended_workers": _recommended(kind, application),
        **_class_names(facts["gunicorn.worker_class"]),
    }


def _cpus(application: Application) -> int | None:
    """
    Whole cpus for ``cpu_count()``: the limit rounded up, as no process sees half a core.
    """
    cpus = application.host.cpus
    return max(1, -int(-cpus.value // 1)) if isinstance(cpus, Value) else None


def _setting(application: Application, name: str, cpus: int | None) -> Fact:
    value = application.settings.setting(name, cpus=cpus)
    if isinstance(value, Value) and isinstance(value.value, (list, dict)):
        return Unknown("is a list", value.location)
    return _at_statement(application, name, value)


def _at_statement(application: Application, name: str, fact: Fact) -> Fact:
    """
    The fact at the place of its whole assignment, so that it can be shown and replaced.
    """
    stated = application.settings.stated(name)
    place: Location | None = stated[0].location if stated else None
    if place is None or not isinstance(fact, Value) or fact.origin is Origin.DEFAULT:
        return fact
    return Value(fact.value, fact.origin, place, fact.note)


def _concurrency(kind: Fact, facts: dict[str, Fact]) -> Fact:
    """
    1 for sync, threads for gthread; event loops take on as many requests as arrive.
    """
    if isinstance(kind, Unknown):
        return kind
    if kind.value == "sync":
        return Value(1, Origin.EVALUATED, note="one request at a time")
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
    if kind.value in EVENT_LOOPS:
        return Value(max(cpus, 1), Origin.EVALUATED, note=f"one per cpu, {cpus} cpus")
    number = min(2 * cpus + 1, MOST_WORKERS)
    return Value(number, Origin.EVALUATED, note=f"2 × {cpus} cpus + 1, at most {MOST_WORKERS}")


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
