"""
Facts of the code that answers requests: what stops its event loop, and what it needs of nginx.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from advisor.deployment.model import Application, Deployment
from advisor.facts.code import texts_of
from advisor.facts.common import computed, first_unknown
from advisor.facts.gunicorn import gunicorn_facts
from advisor.facts.service import service_facts
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.parsers.blocking import find_blocking
from advisor.parsers.event_streams import find_event_streams
from advisor.parsers.websockets import find_sockets

if TYPE_CHECKING:
    from advisor.facts.nginx import Reader
    from advisor.parsers.nginx_scope import Scope

_HEADER = "proxy_set_header"


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Applications that wait inside of coroutines, and those behind nginx that take WebSockets.
    """
    for application in deployment.applications:
        texts = list(texts_of(deployment, application))
        calls = [one for path, text in texts for one in find_blocking(path, text)]
        if calls:
            first = calls[0]
            own: dict[str, Fact] = {
                "blocking.call": Value(first.call, Origin.LITERAL, first.location),
                "blocking.handler": computed(first.handler),
                "blocking.others": computed(len(calls) - 1),
            }
            yield _subject(deployment, application, "stack.blocking", own, first.location)
        events = [one for path, text in texts for one in find_event_streams(path, text)]
        delivered = _best(deployment, application, _delivers) if events else None
        if delivered is not None:
            place = events[0]
            named = Value(f"{place.path}:{place.line}", Origin.LITERAL, place)
            own = {"events.place": named, "events.delivered": delivered}
            yield _subject(deployment, application, "stack.events", own, place)
        sockets = [one for path, text in texts for one in find_sockets(path, text)]
        passed = _best(deployment, application, _upgrades) if sockets else None
        if passed is not None:
            place = sockets[0]
            named = Value(f"{place.path}:{place.line}", Origin.LITERAL, place)
            own = {"socket.place": named, "socket.passed": passed}
            yield _subject(deployment, application, "stack.socket", own, place)


def _subject(
    deployment: Deployment,
    application: Application,
    target: str,
    own: dict[str, Fact],
    place: Location,
) -> Subject:
    facts = {**gunicorn_facts(application, deployment), **service_facts(deployment, application)}
    return Subject(target, application.name, {**facts, **own}, place, place.path)


def _best(
    deployment: Deployment, application: Application, ask: Callable[[Reader, Scope], Fact]
) -> Fact | None:
    """
    What holds on one of the ways from nginx to the application; None without any way.
    """
    from advisor.facts.nginx import Reader  # noqa: PLC0415 - start-up cost
    from advisor.facts.routes import ways_of  # noqa: PLC0415 - start-up cost

    edges = [one for one in deployment.proxy_edges if one.application is application]
    found: list[Fact] = []
    for proxy in {id(one.proxy): one.proxy for one in edges}.values():
        reader = Reader(proxy)
        ways = ways_of(proxy, [one for one in edges if one.proxy is proxy])
        found += [ask(reader, scope) for scope, _ in ways]
    known = [one for one in found if isinstance(one, Value)]
    yes = next((one for one in known if one.value), None)
    doubt = next((one for one in found if not isinstance(one, Value)), None)
    return yes or doubt or next(iter(known), None)


def _upgrades(reader: Reader, scope: Scope) -> Fact:
    """
    Whether Upgrade is passed on.
    """
    fact = reader.location_facts(scope)["location.upgrades"]
    if isinstance(fact, Value) and not fact.value:
        doubt = reader.settings.list_doubt(scope, _HEADER)
        return doubt or Value(value=False, origin=Origin.EVALUATED, location=scope.location)
    return fact


def _delivers(reader: Reader, scope: Scope) -> Fact:
    """
    Whether events go on as they come: in HTTP/1.1 each is a chunk, which nginx does not hold back.
    """
    facts = reader.location_facts(scope)
    buffers, version = facts["location.proxy_buffering"], facts["location.proxy_http_version"]
    if isinstance(buffers, Value) and not buffers.value:
        return Value(value=True, origin=Origin.EVALUATED, location=buffers.location)
    unknown = first_unknown(version, buffers)
    if unknown is not None:
        return Unknown(f"whether nginx holds them is not known: {unknown.reason}", scope.location)
    old = isinstance(version, Value) and version.value == "1.0"
    return Value(value=not old, origin=Origin.EVALUATED, location=scope.location)
