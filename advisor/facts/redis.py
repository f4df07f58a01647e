"""
Facts of Redis: its settings in force, what is kept in it, and the clients of the code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from advisor.catalog.redis import SETTINGS as DIRECTIVES
from advisor.deployment.edges import LOOPBACK
from advisor.facts._redis_names import SETTINGS
from advisor.facts.common import (
    computed,
    first_unknown,
    host_facts,
    number,
    of_type,
    opened_to_others,
    origin_of,
    somaxconn_of,
)
from advisor.facts.gunicorn import gunicorn_facts
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.parsers.redis_clients import BROKER, CACHE, OTHER, RESULTS, SESSION

if TYPE_CHECKING:
    from advisor.deployment.model import Application, Deployment, Version
    from advisor.deployment.redis import RedisServer
    from advisor.parsers.redis_clients import Client, Use

_BOUNDED_SINCE = (8,)
"""redis-py 8.0: five seconds for a socket, a hundred connections for a pool; none before."""
_NEW_SIZE = 100
_BLOCKING_SIZE = 50


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every server, every client of the code, and every client beside its server.
    """
    redis = deployment.redis
    if redis is None:
        return
    applications = deployment.applications
    alone = applications[0] if len(applications) == 1 else None
    for server in redis.servers:
        facts = {**redis_facts(server), **host_facts(server.host)}
        yield Subject("redis", server.name, facts, server.location, server.path)
    for client in redis.clients:
        if str(client.role) != "app":
            continue
        own = client_facts(client, alone, deployment)
        name, place = f"client in {client.location}", client.location
        yield Subject("redis.client", name, own, place, place.path)
        for server in redis.servers:
            if client in server.clients and alone is not None:
                both = {**own, **redis_facts(server), **gunicorn_facts(alone, deployment)}
                yield Subject("stack.redis", name, both, place, place.path)


def redis_facts(server: RedisServer) -> dict[str, Fact]:
    """
    Facts under ``redis.`` of one server.
    """
    settings = {f"redis.{name}": _setting(server, name) for name in SETTINGS}
    roles = {one.role for one in server.uses}
    state = roles & {BROKER, RESULTS, SESSION}
    endless = next((one.keeps for one in server.uses if one.keeps), None)
    service = server.service.service if server.service else None
    return {
        "redis.version": server.version,
        "redis.name": computed(server.name),
        "redis.official": computed(server.official),
        "redis.limit": (service.memory if service else None) or _absent("no limit"),
        "redis.is_cache": computed(CACHE in roles),
        "redis.is_queue": computed(BROKER in roles),
        "redis.keeps_state": computed(bool(state)),
        "redis.only_cache": _only_cache(server, roles),
        "redis.cache_use": _use(server, CACHE),
        "redis.queue_use": _use(server, BROKER),
        "redis.state_use": _use(server, BROKER, RESULTS, SESSION),
        "redis.endless_use": Value(endless is not None, Origin.EVALUATED, endless),
        **_redelivery(server),
        "redis.persistent": _persistent(settings),
        "redis.authenticated": _authenticated(server, settings["redis.requirepass"]),
        "redis.published": _published(server),
        "redis.listens": _listens(settings["redis.bind"]),
        "redis.nofile": _nofile(server),
        "redis.somaxconn": somaxconn_of(server.service),
        **settings,
    }


def client_facts(
    client: Client, application: Application | None, deployment: Deployment
) -> dict[str, Fact]:
    """
    Facts under ``client.``; how many processes have one is known beside an `application`.
    """
    version: Version = deployment.redis.package if deployment.redis else Unknown("not stated")
    size = _size(client, version)
    workers = _workers(application, deployment)
    timeout = client.arguments.get("socket_timeout")
    return {
        "client.name": Value(client.name, Origin.LITERAL, client.location),
        "client.version": version,
        "client.is_async": computed(client.is_async),
        "client.timeout_set": computed("socket_timeout" in client.arguments),
        "client.connect_timeout_set": computed("socket_connect_timeout" in client.arguments),
        "client.waits": _waits(client, timeout, version),
        "client.blocks": computed(client.blocks),
        "client.size": size,
        "client.workers": workers,
        "client.demand": _demand(size, workers),
    }


def _setting(server: RedisServer, name: str) -> Fact:
    directive = name.replace("_", "-")
    written = server.document.settings.get(directive)
    if written is not None:
        return of_type(written, SETTINGS[name][0])
    if not server.document.complete:
        return Unknown("the configuration of Redis was not read wholly", server.location)
    if directive == "protected-mode":
        if server.official:
            return Value(False, Origin.DEFAULT, note="built so for the official image")
        if server.service is not None and not server.service.bare:
            return Unknown("images are built with protected-mode on or off", server.location)
    return Value(DIRECTIVES[directive].default, Origin.DEFAULT, note="default of Redis")


def _absent(note: str) -> Fact:
    return Value(None, Origin.DEFAULT, note=note)


def _use(server: RedisServer, *roles: str) -> Fact:
    """
    The first use of these kinds, at its place.
    """
    found: Use | None = next((one for one in server.uses if one.role in roles), None)
    if found is None:
        return _absent("nothing of the kind")
    return Value(str(found.location), Origin.EVALUATED, found.location)


def _redelivery(server: RedisServer) -> dict[str, Fact]:
    """
    Both times where tasks are acknowledged late, absent elsewhere.
    """
    names = ("redis.redelivered_after", "redis.task_limit")
    late = next((one.redelivery for one in server.uses if one.redelivery), None)
    if late is None:
        return dict.fromkeys(names, _absent("no tasks that are known to be acknowledged late"))
    times = (late.after, late.limit)
    return {
        name: Value(time, Origin.EVALUATED, late.location)
        for name, time in zip(names, times, strict=True)
    }


def _only_cache(server: RedisServer, roles: set[str]) -> Fact:
    """
    What a client keeps, or what a variable like REDIS_URL is for, is not known: it may be anything.

    A URL that leads to the database of a cache is that cache's.
    """
    if CACHE not in roles or not roles <= {CACHE, OTHER}:
        return Value(False, Origin.EVALUATED)
    cached = {one.target.database for one in server.uses if one.role == CACHE}
    others = [one for one in server.uses if one.target.database not in cached]
    if others or server.clients:
        return Unknown("what else is kept in it is not known", server.location)
    return Value(True, Origin.EVALUATED)


def _persistent(settings: Mapping[str, Fact]) -> Fact:
    save, log = settings["redis.save"], settings["redis.appendonly"]
    for one in (save, log):
        if isinstance(one, Value) and one.value:
            return Value(True, origin_of(one), one.location, one.note)
    unknown = first_unknown(save, log)
    return unknown or Value(False, origin_of(save, log), save.location)


def _authenticated(server: RedisServer, password: Fact) -> Fact:
    users = server.document.users
    if users or "aclfile" in server.document.settings:
        return Value(True, Origin.EVALUATED, users[0] if users else None)
    return password


def _published(server: RedisServer) -> Fact:
    """
    Ports of the container on the host, or those that a Service opens; a server outside of
    containers has the host's own.
    """
    service = server.service
    if service is None or service.bare:
        return _listens(_setting(server, "bind"))
    return opened_to_others(service)


def _listens(bind: Fact) -> Fact:
    if isinstance(bind, Unknown):
        return bind
    hosts = [one.removeprefix("-") for one in str(bind.value).split()]
    wide = any(one not in LOOPBACK or one == "0.0.0.0" for one in hosts)  # noqa: S104 - compared
    return Value(wide, bind.origin, bind.location, bind.note)


def _nofile(server: RedisServer) -> Fact:
    limit = server.service.service.nofile if server.service else None
    if isinstance(limit, Value):
        # Redis raises the soft limit to the hard one itself.
        known = limit.value.hard
        return Value(known if known >= 0 else None, limit.origin, limit.location)
    return limit or _absent("nobody set a limit")


def _waits(client: Client, timeout: Value[object] | Unknown | None, version: Version) -> Fact:
    """
    Whether an answer that never comes is waited for: no socket_timeout, or None.
    """
    if isinstance(timeout, Unknown):
        return timeout
    if timeout is not None:
        return Value(timeout.value is None, timeout.origin, timeout.location)
    if client.open:
        return Unknown("arguments come from elsewhere (**)", client.location)
    if isinstance(version, Unknown):
        return Unknown("redis-py waits for ever before 8.0", needs=("client.version",))
    old = version.value < _BOUNDED_SINCE
    return Value(old, origin_of(version), client.location)


def _size(client: Client, version: Version) -> Fact:
    """
    The most connections of one pool, absent for "as many as it takes".
    """
    given = client.arguments.get("max_connections")
    if isinstance(given, Unknown):
        return given
    if given is not None and isinstance(given.value, int):
        return Value(given.value, given.origin, given.location)
    if client.open:
        return Unknown("arguments come from elsewhere (**)", client.location)
    if client.name.startswith("Blocking"):
        return Value(_BLOCKING_SIZE, Origin.DEFAULT, note="default of redis-py")
    if isinstance(version, Unknown):
        return Unknown("redis-py sets no limit before 8.0", needs=("client.version",))
    old = version.value < _BOUNDED_SINCE
    return Value(None if old else _NEW_SIZE, Origin.DEFAULT, note="default of redis-py")


def _workers(application: Application | None, deployment: Deployment) -> Fact:
    if application is None:
        return Unknown("which application the code belongs to is not known")
    facts = gunicorn_facts(application, deployment)
    copies, workers = facts["gunicorn.replicas"], facts["gunicorn.workers"]
    unknown = first_unknown(copies, workers)
    return unknown or Value(number(copies) * number(workers), origin_of(copies, workers))


def _demand(size: Fact, workers: Fact) -> Fact:
    unknown = first_unknown(size, workers)
    if unknown is not None:
        return unknown
    if isinstance(size, Value) and size.value is None:
        return Unknown("the pool has no limit")
    return Value(number(size) * number(workers), origin_of(size, workers))
