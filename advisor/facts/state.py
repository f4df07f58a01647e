"""
Facts of what an application keeps in its processes, when it runs in several.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from advisor import regex
from advisor.deployment.model import Application, Deployment
from advisor.facts.code import texts_of
from advisor.facts.common import computed, first_unknown, number, origin_of
from advisor.facts.gunicorn import gunicorn_facts
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.parsers.process_state import (
    LIMITER_SETTING,
    METRICS_FOLDER,
    ProcessState,
    StateDocument,
    find_state,
)

_SCRIPT = regex.lazy(r"\.sh$|entrypoint")
_MEMORY = ("memory://", "async+memory://")


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Each kind of such an object of each application once, where it is made first.
    """
    for application in deployment.applications:
        documents = list(_documents(deployment, application))
        seen: set[str] = set()
        for one in (state for document in documents for state in document.found):
            if one.keeps not in seen:
                seen.add(one.keeps)
                yield _subject(deployment, application, one, documents)


def _documents(deployment: Deployment, application: Application) -> Iterator[StateDocument]:
    for path, text in texts_of(deployment, application):
        yield find_state(path, text)


def _subject(
    deployment: Deployment,
    application: Application,
    one: ProcessState,
    documents: Sequence[StateDocument],
) -> Subject:
    facts = gunicorn_facts(application, deployment)
    workers, replicas = facts["gunicorn.workers"], facts["gunicorn.replicas"]
    return Subject(
        target="stack.state",
        name=one.library,
        facts={
            **facts,
            "state.keeps": computed(one.keeps),
            "state.library": Value(one.library, Origin.LITERAL, one.location),
            "state.local": _local(deployment, application, one, documents),
            "state.processes": first_unknown(workers, replicas)
            or Value(number(workers) * number(replicas), origin_of(workers, replicas)),
        },
        location=one.location,
        path=one.location.path,
    )


def _local(
    deployment: Deployment,
    application: Application,
    one: ProcessState,
    documents: Sequence[StateDocument],
) -> Fact:
    """
    Whether its state surely stays in one process.
    """
    shares = {name for document in documents for name in document.shares}
    place = one.location
    if one.keeps == "limiter":
        if one.storage is None or (not one.storage and LIMITER_SETTING in shares):
            return Unknown("where it keeps its counts is set elsewhere", place)
        if one.storage:
            return Value(one.storage.startswith(_MEMORY), Origin.LITERAL, place)
        return _unless_set(deployment, application, one, LIMITER_SETTING)
    if one.keeps == "metrics":
        if METRICS_FOLDER in shares:
            return Unknown("the code mentions PROMETHEUS_MULTIPROC_DIR", place)
        return _unless_set(deployment, application, one, METRICS_FOLDER.upper())
    if one.chosen:
        return Unknown("it chooses its transports", place)
    return Value(value=True, origin=Origin.EVALUATED, location=place)


def _unless_set(
    deployment: Deployment, application: Application, one: ProcessState, prefix: str
) -> Fact:
    """
    True, unless a variable of the container may say otherwise.
    """
    service = deployment.services.named(application.service)
    if service is None:
        return Unknown("the variables of the process are not known", one.location)
    raw = application.settings.stated("raw_env")
    names = (*service.environment, *service.url)
    if raw or any(name.upper().startswith(prefix) for name in names):
        return Value(value=False, origin=Origin.EVALUATED, location=one.location)
    scripted = any(_SCRIPT.search(word.value) for word in service.words)
    if scripted or isinstance(application.shell, Unknown) or service.service.env_files:
        return Unknown("what is set before gunicorn starts is not known", one.location)
    return Value(value=True, origin=Origin.EVALUATED, location=one.location)
