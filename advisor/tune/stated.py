"""
From what was stated, and what a deployment says, to a request: the rest is assumed, and said so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from msgspec import Struct, field

from advisor.errors import UsageError
from advisor.model import Given, Value
from advisor.suggest import closest
from advisor.tune.model import Load, Machine, Request, Versions
from advisor.tune.postgresql import SIZES
from advisor.units import SIZE_UNITS, format_percent, format_size, parse_size

T = TypeVar("T")

WORKERS = ("uvicorn", "gthread", "sync")
LAYOUTS = ("one-host", "separate")
POOLERS = ("auto", "always", "never")
COUNTS = ("max_connections", "workers", "threads", "pool_size", "max_overflow", "timeout")
"""Settings with whole numbers that can be kept; `SIZES` are those in bytes."""
MAJORS = (12, 18)
"""Oldest and newest PostgreSQL that there are values for."""

CPUS, MEMORY = 4, 16 * SIZE_UNITS["GB"]
SHARE = 0.3
RESIDENT = 150 * SIZE_UNITS["MB"]
_MOST = 100_000


class Stated(Struct, frozen=True):
    """
    What somebody said, or the files of a deployment say. None: nothing.
    """

    database: Given = field(default_factory=Given)
    application: Given | None = None
    worker: str | None = None
    share: float | None = None
    concurrency: int | None = None
    replicas: int | None = None
    resident: int | None = None
    one_host: bool | None = None
    keep: Mapping[str, float] = field(default_factory=dict)
    pooler: str = "auto"
    redis: bool = False


class _Assumed:
    """
    Takes what is known, and notes what had to be assumed.
    """

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def take(self, known: T | None, default: T, sentence: str) -> T:
        """
        What is known, else the default with its sentence.
        """
        if known is not None:
            return known
        self.sentences.append(sentence)
        return default


def request_of(stated: Stated) -> Request:
    """
    The request with documented defaults for all that was not stated.
    """
    assumed = _Assumed()
    one_host = assumed.take(
        stated.one_host, default=True, sentence="all programs share one host (--layout separate)"
    )
    database = _machine(assumed, stated.database, "--host")
    storage = _known(stated.database.storage)
    if storage is None:
        assumed.sentences.append(
            "the kind of storage is not known, so the costs of reading stay PostgreSQL's own "
            "(--host storage=ssd)"
        )
    database = Machine(database.cpus, database.memory, storage)
    application = database
    if not one_host:
        if stated.application is None:
            assumed.sentences.append("the application has a host like PostgreSQL's (--app-host)")
        else:
            application = _machine(assumed, stated.application, "--app-host")
    load = Load(
        worker=assumed.take(stated.worker, "uvicorn", "workers are uvicorn's (--worker)"),
        workload=assumed.take(
            _known(stated.database.workload), "web", "the workload is web (--workload)"
        ),
        database_share=assumed.take(
            stated.share,
            SHARE,
            f"requests hold a connection for {format_percent(SHARE)} of their time (--db-share)",
        ),
        concurrency=stated.concurrency,
        replicas=assumed.take(stated.replicas, 1, "the application runs once (--replicas)"),
        resident=assumed.take(
            stated.resident,
            RESIDENT,
            f"a worker takes {format_size(RESIDENT)} of memory (--worker-memory)",
        ),
    )
    if stated.concurrency is None:
        assumed.sentences.append(
            "as many requests are in progress as the workers take on: 25 an event loop, "
            "one a thread (--concurrency)"
        )
    if stated.database.platform is not None:
        assumed.sentences.append(
            f"PostgreSQL's values go to the parameters of {stated.database.platform.value}, which "
            "does not take all of them"
        )
    return Request(
        database=database,
        application=application,
        one_host=one_host,
        load=load,
        versions=_versions(assumed, stated.database),
        keep=stated.keep,
        pooler=stated.pooler,
        redis=stated.redis,
        assumptions=tuple(assumed.sentences),
    )


def _machine(assumed: _Assumed, given: Given, option: str) -> Machine:
    cpus = assumed.take(_known(given.cpus), CPUS, f"{CPUS} cpus ({option} cpus=…)")
    memory = assumed.take(
        _known(given.memory), MEMORY, f"{format_size(MEMORY)} of memory ({option} memory=…)"
    )
    return Machine(cpus, memory)


def _versions(assumed: _Assumed, given: Given) -> Versions:
    newest = Versions()
    stated = given.versions
    postgresql = stated.get("postgresql")
    if postgresql is not None and not MAJORS[0] <= postgresql.value[0] <= MAJORS[1]:
        raise UsageError(
            f"there are no values for PostgreSQL {postgresql.value[0]}",
            hint=f"{MAJORS[0]} to {MAJORS[1]} are known",
        )

    def of(program: str, default: tuple[int, ...]) -> tuple[int, ...]:
        shown = ".".join(map(str, default))
        sentence = f"{program} is {shown} (--target {program}=…)"
        return assumed.take(_known(stated.get(program)), default, sentence)

    return Versions(
        postgresql=of("postgresql", (newest.postgresql,))[0],
        nginx=of("nginx", newest.nginx),
        gunicorn=of("gunicorn", newest.gunicorn),
        pgbouncer=_known(stated.get("pgbouncer")) or newest.pgbouncer,
    )


def _known(value: Value[T] | None) -> T | None:
    return value.value if value is not None else None


def parse_share(text: str) -> float:
    """
    A share of one: ``30%`` or ``0.3``. Raises `UsageError` for anything else.
    """
    bare = text.strip().removesuffix("%")
    try:
        share = float(bare) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 < share <= 1:
        raise UsageError(
            f"--db-share takes a share of a request's time, got {text[:40]!r}",
            hint="for example 30%",
        )
    return share


def parse_memory(text: str) -> int:
    """
    The memory of a worker. Raises `UsageError` for what is no size, or none that a worker has.
    """
    size = parse_size(text)
    if not size or not SIZE_UNITS["MB"] <= size <= SIZE_UNITS["TB"]:
        raise UsageError(
            f"--worker-memory is a size, got {text[:40]!r}",
            hint="for example --worker-memory 300MB",
        )
    return size


def parse_keep(texts: Iterable[str]) -> dict[str, float]:
    """
    Settings that must not change, from ``NAME=VALUE,…``. Raises `UsageError` for a bad one.
    """
    kept: dict[str, float] = {}
    for part in (part for text in texts for part in text.split(",")):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign:
            raise UsageError(f"--keep takes NAME=VALUE, got {part[:40]!r}")
        kept[name] = _kept(name, value)
    return kept


def _kept(name: str, text: str) -> float:
    if name in SIZES:
        size = parse_size(text)
        if not size:
            raise UsageError(f"{name} is a size, got {text[:40]!r}", hint=f"for example {name}=4GB")
        return size
    if name not in COUNTS:
        names = (*COUNTS, *SIZES)
        near = closest(name, names)
        hint = f"did you mean {near}?" if near else f"one of {', '.join(names)}"
        raise UsageError(f"{name[:40]!r} cannot be kept", hint=hint)
    least = 0 if name == "max_overflow" else 1
    if not (text.isascii() and text.isdigit() and least <= int(text[:9]) <= _MOST):
        raise UsageError(f"{name} is a whole number, got {text[:40]!r}")
    return int(text)
