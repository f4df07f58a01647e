"""
Every fact by name, with its type and meaning. `advisor facts` and rule errors read this table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from msgspec import Struct

from advisor.facts import _access_names as access
from advisor.facts import _app_names as app
from advisor.facts import _gunicorn_names as gunicorn
from advisor.facts import _live_names as live
from advisor.facts import _load_names as load
from advisor.facts import _nginx_event_names as nginx_events
from advisor.facts import _plan_names as plans
from advisor.facts import _pool_names as pools
from advisor.facts import _postgresql_names as postgresql
from advisor.facts import _redis_names as redis
from advisor.facts import _service_names as service
from advisor.facts.schema import (
    BOOL,
    DURATION,
    NUMBER,
    SHARE,
    SIZE,
    STRING,
    VERSION,
    Type,
)


class FactSpec(Struct, frozen=True):
    """
    What one fact means.
    """

    name: str
    """Dotted, for example ``gunicorn.workers``."""
    type: Type
    doc: str
    program: str = ""
    """
    Whose setting it is: ``postgresql``, ``nginx``, ``gunicorn``, ``engine``, ``pgbouncer``; else
    empty.
    """

    @property
    def setting(self) -> str:
        """
        The program's own name of the setting, empty for derived facts.
        """
        return self.name.partition(".")[2] if self.program else ""


Rows = Mapping[str, tuple[Type, str]]

_HOST: Rows = {
    "cpus": (NUMBER, "cpus the service may use: its limit, else the stated host's"),
    "processors": (STRING, "its cpus in words: 1 cpu, 4 cpus"),
    "limited": (BOOL, "whether a limit of its container, which it does not see, gives it the cpus"),
    "memory": (SIZE, "memory the service may use: its limit, else the stated host's"),
    "storage": (STRING, "kind of disk under the data: ssd, hdd or san"),
    "shm": (SIZE, "what /dev/shm of its container holds; absent outside of containers"),
    "shared": (BOOL, "whether other services of the deployment share this memory"),
    "workload": (STRING, "web, oltp, dw or mixed; web where an application server is deployed"),
}
_ENGINE: Rows = {
    "library": (STRING, "sqlalchemy, django, psycopg_pool, asyncpg or psycopg2"),
    "version": (VERSION, "version of the library"),
    "function": (STRING, "create_engine, create_async_engine, or what makes another pool"),
    "is_async": (BOOL, "whether it is an asynchronous engine"),
    "role": (STRING, "app, migration, test or script"),
    "dialect": (STRING, "database dialect of the URL"),
    "driver": (STRING, "driver of the URL"),
    "host": (STRING, "host of the URL"),
    "local": (BOOL, "whether the database is reached over loopback or a unix socket"),
    "in_memory": (BOOL, "whether it is an SQLite database in memory"),
    "poolclass": (STRING, "class of the pool, the default one when none is named"),
    "poolclass_set": (BOOL, "whether poolclass is given"),
    "pooled": (BOOL, "whether the pool keeps connections, so that size and recycle matter"),
    "capacity": (NUMBER, "connections of its pool at most: pool_size + max_overflow, max_size"),
    "unbounded": (BOOL, "whether the pool may open any number of connections"),
    "per_thread": (BOOL, "whether every thread has a connection of its own: Django without a pool"),
    "place": (STRING, "file and line of the call"),
    "handler": (BOOL, "whether it is made inside a function that answers requests or runs tasks"),
    "echo": (BOOL, "whether echo is True whatever the environment says"),
    "false_text": (STRING, "switch that a text like false is meant to turn off"),
    "autocommit": (BOOL, "whether isolation_level is AUTOCOMMIT for the whole engine"),
    "misplaced_options": (STRING, "options of the pool that stand in the URL"),
    "missing_driver": (STRING, "default driver of this SQLAlchemy that is not installed"),
    "unread_keys": (STRING, "keys of Flask-SQLAlchemy that its version does not read"),
    "binary_driver": (BOOL, "whether psycopg2 comes from the package psycopg2-binary"),
    "connect_timeout_set": (BOOL, "whether connecting is bounded in time"),
    "statement_timeout_set": (BOOL, "whether the connection bounds the time of statements"),
    "refused_arguments": (STRING, "pool arguments that its pool class does not take"),
    "through_pooler": (BOOL, "whether the URL leads to a pooler such as PgBouncer"),
    "connects_at_import": (BOOL, "whether importing its file already opens a connection"),
    "resolved": (BOOL, "whether every argument was understood (no unresolved **kwargs)"),
}
_ENGINE_SETTINGS: Rows = {
    "pool_size": (NUMBER, "connections kept per process"),
    "max_overflow": (NUMBER, "further connections under load"),
    "pool_timeout": (DURATION, "wait for a free connection"),
    "pool_recycle": (DURATION, "age at which a connection is replaced at checkout, -1 never"),
    "pool_pre_ping": (BOOL, "whether a connection is tested at checkout"),
}
_INDEX: Rows = {
    "table": (STRING, "table of the candidate"),
    "columns": (STRING, "its key, as in CREATE INDEX"),
    "statement": (STRING, "CREATE INDEX CONCURRENTLY …"),
    "rollback": (STRING, "DROP INDEX CONCURRENTLY …"),
    "serves": (STRING, "what it replaces, as a phrase: a filter, a filter and a sort, a join"),
    "sorted": (BOOL, "whether it also delivers the order that a LIMIT asks for"),
    "walked": (BOOL, "whether another index is followed there for its order until LIMIT is met"),
    "unit": (STRING, "what is read today: rows, pairs of rows, or entries of an index"),
    "read": (STRING, "the same as a phrase: rows of which table are read"),
    "supersedes": (STRING, "existing indexes that it makes superfluous, as a sentence, or empty"),
    "rows_scanned": (NUMBER, "rows read today"),
    "rows_kept": (NUMBER, "rows kept of them"),
    "time_now": (DURATION, "time of the nodes that it replaces"),
    "time_then": (DURATION, "estimate of their time with the index"),
    "saving": (DURATION, "time_now − time_then"),
    "share": (SHARE, "saving as a share of the execution time, or of the cost if not run"),
    "measured": (BOOL, "whether times were measured (EXPLAIN ANALYZE)"),
    "method": (STRING, "btree, gin, gist or brin"),
    "size": (SIZE, "estimate of its size; unknown for GIN and GiST"),
    "costs": (STRING, "what it costs, as a phrase: an extension, space, work at every write"),
    "assumed": (STRING, "what must hold and the plan does not show, as a sentence; may be empty"),
    "plans": (NUMBER, "plans that it serves"),
}
_FLAW: Rows = {
    "kind": (STRING, "duplicate, redundant, invalid or foreign-key"),
    "table": (STRING, "table of the index"),
    "index": (STRING, "the index, or the foreign key that lacks one"),
    "columns": (STRING, "its key, as in CREATE INDEX"),
    "other": (STRING, "the index that does its work, the table referred to, or what is missing"),
    "statement": (STRING, "the statement that mends it"),
    "rollback": (STRING, "the statement that takes it back"),
}
_PROBLEM: Rows = {
    "kind": (STRING, "kind of the file: postgresql, nginx, gunicorn, python, compose, plan …"),
    "category": (STRING, "syntax, encoding, include, template or unreadable"),
    "message": (STRING, "what is wrong"),
    "hint": (STRING, "what to do"),
}
_SUPPRESSION: Rows = {
    "text": (STRING, "the comment or entry, for example ignore[PG101]"),
    "unused": (STRING, "codes for which there is nothing to ignore, as far as that is known"),
    "unknown": (STRING, "codes that no rule has"),
    "mistake": (STRING, "why it cannot be understood; empty when it can"),
    "reason": (STRING, "the reason that it gives"),
    "reason_required": (BOOL, "whether advisor.toml asks for reasons"),
    "until": (STRING, "the last day on which it counts; empty when there is none"),
    "over": (BOOL, "whether that day has passed"),
}
_BUDGET: Rows = {
    "bound": (NUMBER, "connections to stay below: 80 % of the usable ones"),
    "workers": (NUMBER, "workers to run: today's, or the recommended number if that is lower"),
    "pool_size": (NUMBER, "pool_size (max_size, threads) that fits these workers, at most today's"),
    "max_overflow": (NUMBER, "max_overflow that fits with these workers, never above today's"),
    "demand": (NUMBER, "connections with these workers and pools"),
    "pool": (STRING, "pool that fits with these workers, as its library writes it"),
    "kept_pool": (STRING, "pool that fits when today's workers are kept, as its library writes it"),
    "kept_pool_size": (NUMBER, "pool_size that fits when today's workers are kept"),
    "kept_max_overflow": (NUMBER, "max_overflow that fits when today's workers are kept"),
    "kept_demand": (NUMBER, "connections with today's workers and these pools"),
}

RECORDS: Mapping[str, Mapping[str, Type]] = {
    "upstream_location": {
        "label": STRING,
        "http_version": STRING,
        "http_old": BOOL,
        "http_unset": BOOL,
        "closes": BOOL,
        "header_unset": BOOL,
        "header_lost": BOOL,
        "maps_to_close": BOOL,
        "map_entry": STRING,
        "sockets_only": BOOL,
        "reuses": BOOL,
    },
    "client_wait": {"name": STRING, "time": DURATION, "line": STRING},
}
"""Fields of the items of list facts."""

_TABLES: Mapping[str, Rows] = {
    "hba": access.HBA,
    "pgbouncer": access.PGBOUNCER,
    "pooled": access.POOLED,
    "host": _HOST,
    "pg": postgresql.PG,
    "connections": postgresql.CONNECTIONS,
    "memory": postgresql.MEMORY,
    "gunicorn": gunicorn.GUNICORN,
    "engine": _ENGINE,
    "django": pools.DJANGO,
    "pool": pools.POOL,
    "link": pools.LINK,
    "twin": pools.TWIN,
    "plan": plans.PLAN,
    "node": plans.NODE,
    "misestimate": plans.MISESTIMATE,
    "index": _INDEX,
    "flaw": _FLAW,
    "setting": postgresql.SETTING,
    "formula": postgresql.FORMULA,
    **gunicorn.EVENTS,
    "problem": _PROBLEM,
    "suppression": _SUPPRESSION,
    "advice": postgresql.ADVICE,
    "advisory": nginx_events.ADVISORY,
    "directive": nginx_events.DIRECTIVE,
    "budget": _BUDGET,
    "service": service.SERVICE,
    "route": service.ROUTE,
    "dead_end": service.DEAD_END,
    "files": service.FILES,
    "state": service.STATE,
    "blocking": service.BLOCKING,
    "ingress": service.INGRESS,
    "machine": service.MACHINE,
    "socket": service.SOCKET,
    "events": service.EVENTS,
    "load": load.LOAD,
    **live.TABLES,
    "redis": redis.REDIS,
    "app": app.APP,
    "client": redis.CLIENT,
    "bench": load.BESIDE,
}
_NGINX = frozenset(
    {
        "nginx",
        "server",
        "location",
        "upstream",
        "access",
        "expression",
        "line",
        "log",
        "loss",
        "rewrite",
    }
)
"""Namespaces whose tables stand with the code that computes them."""

TARGETS: Mapping[str, tuple[str, ...]] = {
    "postgresql": ("pg", "host", "connections", "memory", "advice"),
    "postgresql.setting": ("setting", "pg"),
    "postgresql.formula": ("formula",),
    "nginx": ("nginx", "host"),
    "nginx.server": ("server", "nginx"),
    "nginx.location": ("location", "nginx"),
    "nginx.upstream": ("upstream", "nginx"),
    "nginx.access": ("access", "nginx"),
    "nginx.line": ("line", "nginx"),
    "nginx.directive": ("directive", "nginx"),
    "nginx.advisory": ("advisory", "nginx"),
    "nginx.loss": ("loss", "nginx"),
    "nginx.rewrite": ("rewrite", "nginx"),
    "nginx.log": ("log", "nginx"),
    "nginx.expression": ("expression", "nginx"),
    "gunicorn": ("gunicorn", "host"),
    **{f"gunicorn.{event}": (event, "gunicorn", "host") for event in gunicorn.EVENTS},
    "engine": ("engine",),
    "plan": ("plan",),
    "plan.node": ("node", "plan"),
    "plan.index": ("index", "plan"),
    "plan.misestimate": ("misestimate", "plan"),
    "schema.index": ("flaw",),
    "load": ("load",),
    **live.TARGETS,
    "redis": ("redis", "host"),
    "app": ("app", "gunicorn"),
    "redis.client": ("client",),
    "stack.redis": ("redis", "client", "gunicorn"),
    "stack.load": ("load", "bench", "gunicorn"),
    "stack.database": ("connections", "pg", "gunicorn", "engine", "budget", "host"),
    "stack.upstream": ("upstream", "nginx", "gunicorn"),
    "stack.engine": ("engine", "gunicorn", "link", "twin"),
    "django": ("django",),
    "stack.django": ("django", "gunicorn", "link"),
    "pool": ("pool",),
    "stack.pool": ("pool", "gunicorn"),
    "stack.application": ("service", "gunicorn", "host"),
    "stack.location": ("location", "nginx", "route", "gunicorn", "service", "host"),
    "stack.files": ("files",),
    "stack.state": ("state", "gunicorn"),
    "stack.blocking": ("blocking", "gunicorn"),
    "stack.events": ("events", "gunicorn", "service"),
    "stack.ingress": ("ingress", "gunicorn", "service"),
    "stack.machine": ("machine", "host"),
    "stack.socket": ("socket", "gunicorn", "service"),
    "stack.dead_end": ("dead_end", "gunicorn"),
    "stack.pooled": ("pooled", "pgbouncer", "engine", "gunicorn"),
    "postgresql.hba": ("hba",),
    "pgbouncer": ("pgbouncer",),
    "file": ("problem",),
    "suppression": ("suppression",),
}
"""What a rule may look at, and the namespaces it then sees."""

EVENTS = frozenset(
    {
        "file",
        *live.EVENTS,
        "nginx.advisory",
        "nginx.directive",
        "nginx.expression",
        "nginx.log",
        "nginx.loss",
        "nginx.rewrite",
        "plan.index",
        "plan.misestimate",
        "schema.index",
        "stack.blocking",
        "stack.dead_end",
        *(f"gunicorn.{event}" for event in gunicorn.EVENTS),
    }
)
"""Targets whose subjects exist only where something is to be said: none of them is good news."""


@cache
def namespace(name: str) -> Mapping[str, FactSpec]:
    """
    The facts of one namespace by their last name.

    Raises `KeyError` for a name that is no namespace.
    """
    if name in _NGINX:
        return _nginx(name)
    rows = _TABLES[name].items()
    specs = {field: _spec(name, field, kind, doc) for field, (kind, doc) in rows}
    specs.update({spec.name.partition(".")[2]: spec for spec in _settings(name)})
    return specs


@cache
def scope_of(target: str) -> Mapping[str, FactSpec]:
    """
    Every fact a rule with this target may name, by dotted name.

    Raises `KeyError` for a name that is no target.
    """
    return {spec.name: spec for space in TARGETS[target] for spec in namespace(space).values()}


def _spec(space: str, field: str, kind: Type, doc: str) -> FactSpec:
    program = "pgbouncer" if space == "pgbouncer" and field in access.SETTINGS else ""
    return FactSpec(f"{space}.{field}", kind, doc, program)


def _nginx(space: str) -> Mapping[str, FactSpec]:
    """
    Derived facts of nginx and its directives.
    """
    from advisor.facts.nginx.tables import spec_names  # noqa: PLC0415 - read when a rule needs it

    return {
        field: FactSpec(f"{space}.{field}", kind, doc, "nginx" if setting else "")
        for field, (kind, doc, setting) in spec_names(space).items()
    }


def _settings(space: str) -> Iterator[FactSpec]:
    """
    Facts that are the programs' own settings, from their catalogues.
    """
    if space == "engine":
        for field, (kind, doc) in _ENGINE_SETTINGS.items():
            yield FactSpec(f"engine.{field}", kind, doc, "engine")
    elif space == "gunicorn":
        for field, kind, doc in gunicorn.settings():
            yield FactSpec(f"gunicorn.{field}", kind, doc, "gunicorn")
    elif space == "pg":
        for name, kind, doc in postgresql.settings():
            yield FactSpec(f"pg.{name}", kind, doc, "postgresql")
