"""
How Python code uses Redis: clients and pools of redis-py, Django's caches, Celery's broker.

Sources: redis-py ("Connections"), django-redis, Django ("CACHES"), Celery ("Configuration and
defaults"). Nothing is imported or run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor import regex
from advisor.model import Location, Problem, Secret, Unknown, Value
from advisor.parsers._redis_calls import CLIENTS, Found, Names
from advisor.parsers.dsn import Dsn, parse_dsn
from advisor.parsers.engines import Role, role_of
from advisor.parsers.pyeval import Known, Program, Watch, outcome_of, parse, settle
from advisor.parsers.pyeval.compute import Call
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.values import Abstract, Table

if TYPE_CHECKING:
    from advisor.parsers.pyeval import Outcome

DEFAULT_PORT, DEFAULT_DATABASE = 6379, "0"
SCHEMES = ("redis", "rediss", "unix")
CACHE, BROKER, RESULTS, SESSION, OTHER = "cache", "broker", "results", "session", "other"
_KEPT = ("socket_timeout", "socket_connect_timeout", "max_connections", "timeout")
_PLACE = ("host", "port", "db")
_VARIABLES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (RESULTS, regex.lazy(r"RESULT_BACKEND", re.IGNORECASE)),
    (BROKER, regex.lazy(r"BROKER|(?:^|_)(?:RQ|QUEUE|DRAMATIQ|HUEY|ARQ)(?:_|$)", re.IGNORECASE)),
    (SESSION, regex.lazy(r"SESSION", re.IGNORECASE)),
    (CACHE, regex.lazy(r"CACHE", re.IGNORECASE)),
)
_BLOCKING = regex.lazy(
    r"\.(?:pubsub|blpop|brpop|brpoplpush|blmove|bzpopmin|bzpopmax|xread|xreadgroup)\("
)
"""Calls that wait for a message."""
_SETTINGS: Mapping[str, str] = {
    "broker_url": BROKER,
    "BROKER_URL": BROKER,
    "CELERY_BROKER_URL": BROKER,
    "result_backend": RESULTS,
    "CELERY_RESULT_BACKEND": RESULTS,
    "CACHE_REDIS_URL": CACHE,
}
"""Names of settings modules, with what the URL is for."""
_ACKS_LATE = ("CELERY_TASK_ACKS_LATE", "task_acks_late", "CELERY_ACKS_LATE")
_TIME_LIMIT = ("CELERY_TASK_TIME_LIMIT", "task_time_limit", "CELERYD_TASK_TIME_LIMIT")
_TRANSPORT = ("CELERY_BROKER_TRANSPORT_OPTIONS", "broker_transport_options")
_VISIBILITY = 3600
"""Celery's visibility_timeout on Redis ("Using Redis", "Visibility timeout")."""


class Target(Struct, frozen=True):
    """
    Which server and database of it, as far as that is told.
    """

    host: str = ""
    """Empty when it is not known."""
    port: int = DEFAULT_PORT
    database: str = DEFAULT_DATABASE


class Redelivery(Struct, frozen=True):
    """
    When a task that is not acknowledged is given to another worker, and how long one may run.

    Only of tasks that are acknowledged late, after they have run. Seconds.
    """

    after: float
    limit: float
    location: Location
    """Where the limit is set."""


class Use(Struct, frozen=True):
    """
    Something that keeps data in Redis.
    """

    role: str
    """``cache``, ``broker``, ``results``, ``session`` or ``other``."""
    target: Target
    location: Location
    keeps: Location | None = None
    """Where a cache is told to keep its entries for ever."""
    redelivery: Redelivery | None = None
    """Of a broker whose tasks are acknowledged when they are done."""


class Client(Struct, frozen=True):
    """
    One client or pool of redis-py.
    """

    name: str
    """``Redis``, ``ConnectionPool``, ``BlockingConnectionPool`` …"""
    is_async: bool
    target: Target
    arguments: Mapping[str, Value[object] | Unknown]
    """Those of timeouts and size that are given, by name."""
    open: bool
    """Whether ``**`` may bring in more."""
    location: Location
    role: Role
    blocks: bool = False
    """Whether the file waits for messages on purpose."""


class RedisCode(Struct, frozen=True):
    """
    What one file says about Redis.
    """

    path: str
    uses: tuple[Use, ...]
    clients: tuple[Client, ...]
    problems: tuple[Problem, ...]


def role_of_variable(name: str) -> str:
    """
    What a variable that holds a Redis URL is for, by its name.
    """
    return next((role for role, words in _VARIABLES if words.search(name)), OTHER)


def target_of(text: str) -> Target | None:
    """
    Where a URL of Redis leads, None when it is none.
    """
    dsn = parse_dsn(text)
    return _target(dsn) if dsn is not None and dsn.scheme in SCHEMES else None


def find_redis(path: str, text: str, *, env: Mapping[str, str] | None = None) -> RedisCode:
    """
    What a Python file keeps in Redis, and with which clients.

    `env` holds the variables that deployment files state.
    """
    source = parse(path, text)
    calls = tuple(Names(source.tree).calls())
    program = Program(
        source, dict(env or {}), "", tuple(Watch(one.node, one.inside) for one in calls)
    )
    reader = _Reader(program)
    uses = (*reader.caches(), *reader.settings(), *reader.brokers(calls))
    clients = (reader.client(one) for one in calls if one.name != "Celery")
    found = tuple(one for one in clients if one is not None)
    return RedisCode(path, tuple(uses), found, source.problems)


class _Reader(Struct, frozen=True):
    program: Program

    def caches(self) -> Iterator[Use]:
        """
        Entries of Django's CACHES that are kept in Redis.
        """
        for alias in self._keys("CACHES"):
            backend = self._text(self._path("CACHES", alias, "BACKEND"))
            if backend is None or "redis" not in backend.lower():
                continue
            place = self._path("CACHES", alias, "LOCATION")
            url = self._text(place)
            timeout = self._path("CACHES", alias, "TIMEOUT")
            forever = isinstance(timeout, Known) and timeout.value is None
            backend_place = self._place(self._path("CACHES", alias, "BACKEND"))
            yield Use(
                CACHE,
                (target_of(url) if url else None) or Target(),
                backend_place,
                timeout.location if forever and isinstance(timeout, Known) else None,
            )

    def settings(self) -> Iterator[Use]:
        """
        Settings of Celery and Flask-Caching that name a URL.
        """
        names = self.program.run(None).module.names
        celery = "celery" in "\n".join(self.program.source.lines).lower()
        for name, role in _SETTINGS.items():
            if name not in names or (name.islower() and not celery):
                continue
            outcome = self._path(name)
            target = target_of(self._text(outcome) or "")
            if target is not None:
                late = self._redelivery() if role == BROKER else None
                yield Use(role, target, self._place(outcome), redelivery=late)

    def _redelivery(self) -> Redelivery | None:
        """
        Where tasks are acknowledged late and both times are known.
        """
        late, limit, options = (
            next((one for one in names if one in self.program.run(None).module.names), "")
            for names in (_ACKS_LATE, _TIME_LIMIT, _TRANSPORT)
        )
        if not late or not limit or self._value(self._path(late)) is not True:
            return None
        after: object = _VISIBILITY
        if options:
            after = self._value(self._path(options, "visibility_timeout"))
        seconds = self._value(self._path(limit))
        numbers = [one for one in (after, seconds) if isinstance(one, (int, float))]
        if len(numbers) != 2:
            return None
        return Redelivery(numbers[0], numbers[1], self._place(self._path(limit)))

    def brokers(self, calls: tuple[Found, ...]) -> Iterator[Use]:
        """
        What applications of Celery are made with.
        """
        for found in calls:
            for name, role in (("broker", BROKER), ("backend", RESULTS)):
                if found.name == "Celery":
                    outcome = self._argument(found, -1, name)
                    target = target_of(self._text(outcome) or "") if outcome else None
                    if outcome is not None and target is not None:
                        yield Use(role, target, self._place(outcome))

    def client(self, found: Found) -> Client | None:
        """
        One call as a client; None for a client that is given its pool, which says it all.
        """
        call = self._call(self.program.run(None), found)
        if call is None or "connection_pool" in call.kwargs:
            return None
        arguments = {}
        for name in _KEPT:
            outcome = self._argument(found, -1, name)
            if outcome is not None:
                arguments[name] = settle(outcome, self._place(outcome), cpus=None)
        whole = self.program.source.locate(found.node)
        return Client(
            found.name,
            found.is_async,
            self._target(found),
            arguments,
            call.partial,
            whole,
            role_of(self.program.source.path),
            any(_BLOCKING.search(line) for line in self.program.source.lines),
        )

    def _target(self, found: Found) -> Target:
        if found.url:
            outcome = self._argument(found, 0, "url")
            return (target_of(self._text(outcome) or "") if outcome else None) or Target()
        host, port, database = (
            self._argument(found, at if found.name in CLIENTS else -1, name)
            for at, name in enumerate(_PLACE)
        )
        number = self._value(port)
        return Target(
            (self._text(host) or "") if host is not None else "localhost",
            number if isinstance(number, int) else DEFAULT_PORT,
            str(self._value(database) if database is not None else DEFAULT_DATABASE),
        )

    def _call(self, machine: Machine, found: Found) -> Call | None:
        calls: list[Call] = machine.calls[id(found.node)]
        return calls[0] if calls else None

    def _argument(self, found: Found, position: int, name: str) -> Outcome | None:
        call = self._call(self.program.run(None), found)
        given = call is not None and (name in call.kwargs or 0 <= position < len(call.args))
        if not given:
            return None

        def pick(machine: Machine) -> Abstract | None:
            again = self._call(machine, found)
            if again is None:
                return None
            return again.argument(position if position >= 0 else len(again.args), name)

        return outcome_of(self.program, pick)

    def _keys(self, name: str) -> tuple[object, ...]:
        binding = self.program.run(None).module.names.get(name)
        table = binding.value if binding is not None else None
        return tuple(table.members) if isinstance(table, Table) else ()

    def _path(self, name: str, *keys: object) -> Outcome:
        def pick(machine: Machine) -> Abstract | None:
            binding = machine.module.names.get(name)
            value: Abstract | None = binding.value if binding is not None else None
            for key in keys:
                value = value.members.get(key) if isinstance(value, Table) else None
            return value

        return outcome_of(self.program, pick)

    def _value(self, outcome: Outcome | None) -> object:
        settled = settle(outcome, self._place(outcome), cpus=None) if outcome else None
        return settled.value if isinstance(settled, Value) else None

    def _text(self, outcome: Outcome | None) -> str | None:
        value = self._value(outcome)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, Secret):
            value = value.text
        return value if isinstance(value, str) else None

    def _place(self, outcome: Outcome | None) -> Location:
        inner = getattr(outcome, "default", outcome)
        place = getattr(inner, "location", None)
        return place if isinstance(place, Location) else Location(self.program.source.path, 1)


def _target(dsn: Dsn) -> Target:
    host = "" if dsn.scheme == "unix" else dsn.host
    return Target(host, dsn.port or DEFAULT_PORT, dsn.database or dsn.query.get("db", "0"))
