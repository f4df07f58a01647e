"""
A deployment that is there: what it says of itself, and its files with the values of a solution.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from advisor.deployment.model import Application, Database, Deployment, Host
from advisor.errors import SourceError, UsageError
from advisor.facts.collect import collect
from advisor.facts.gunicorn import EVENT_LOOPS, gunicorn_facts
from advisor.facts.namespaces import namespace
from advisor.facts.schema import SIZE
from advisor.fix.edits import Edit, RefusedError, apply_edits
from advisor.fix.plan import EDITORS
from advisor.model import Change, Given, Location, Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.rules.spelling import setting_line
from advisor.tune.model import Choice, Request, Solution
from advisor.tune.solve import LEAST_TIMEOUT, MOST_TIMEOUT, solve
from advisor.tune.stated import WORKERS, Stated, request_of
from advisor.tune.web import CLASSES
from advisor.units import SIZE_UNITS, format_size

T = TypeVar("T")

TOLERANCE = 0.05
"""A size within this part of the solved one stays as it is."""
_COMMANDS = (".yaml", ".yml", ".sh", "Dockerfile", "Procfile", ".service")

EDITABLE: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "postgresql": (
        "postgresql",
        "pg",
        (
            "max_connections",
            "shared_buffers",
            "effective_cache_size",
            "work_mem",
            "maintenance_work_mem",
            "max_wal_size",
            "min_wal_size",
            "checkpoint_timeout",
            "checkpoint_completion_target",
            "random_page_cost",
            "effective_io_concurrency",
            "max_worker_processes",
            "max_parallel_workers",
            "max_parallel_workers_per_gather",
            "max_parallel_maintenance_workers",
            "idle_in_transaction_session_timeout",
        ),
    ),
    "gunicorn": (
        "gunicorn",
        "gunicorn",
        ("workers", "threads", "timeout", "graceful_timeout", "keepalive"),
    ),
    "engine": (
        "engine",
        "engine",
        ("pool_size", "max_overflow", "pool_timeout", "pool_recycle", "pool_pre_ping"),
    ),
    "pgbouncer": (
        "pgbouncer",
        "pgbouncer",
        ("default_pool_size", "max_db_connections", "max_client_conn", "query_wait_timeout"),
    ),
    "nginx": ("nginx.upstream", "upstream", ("keepalive", "upstream keepalive_timeout")),
}
"""
By program: the subjects that hold its facts, their namespace, and the settings that change.

Addresses, logs, classes of workers and whatever else a deployment has its own reasons for stay.
"""


@dataclass(frozen=True, slots=True)
class Tuned:
    """
    What a solution makes of the files.
    """

    solution: Solution
    before: Mapping[str, str]
    after: Mapping[str, str]
    """Files that change, by path."""
    left: tuple[tuple[str, str], ...]
    """Settings that should change and could not be edited, and why."""


def tune_deployment(deployment: Deployment, stated: Stated) -> Tuned:
    """
    Solve for the deployment as it is and edit its files in memory.

    Raises `UsageError` when it is not one application with one database, `InfeasibleError` as
    `solve` does.
    """
    database, application = _only(deployment)
    request = request_of(_completed(deployment, database, application, stated))
    solution = solve(_with_timeout(request, collect(deployment)))
    texts, edits, left = _edited(deployment, solution)
    after = {path: apply_edits(texts[path], edits[path]) for path in edits}
    return Tuned(solution, {path: texts[path] for path in after}, after, left)


def _only(deployment: Deployment) -> tuple[Database, Application]:
    databases, applications = deployment.databases, deployment.applications
    for name, count in (("PostgreSQL server", len(databases)), ("application", len(applications))):
        if count != 1:
            raise UsageError(
                f"{count} {name}s were found, and the layers of one are solved together"
                if count
                else f"no {name} was found",
                hint="state the load and the machines with options instead of a path",
            )
    (application,) = applications
    engines = [one for one in application.engines if str(one.role) == "app"]
    if len(engines) > 1:
        raise UsageError(
            f"the application has {len(engines)} engines, and values for one pool are solved",
            hint="state the load and the machines with options instead of a path",
        )
    return databases[0], application


def _completed(
    deployment: Deployment, database: Database, application: Application, stated: Stated
) -> Stated:
    """
    What was stated, and what the files say where nothing was.
    """
    shared = _value(database.host.shared)
    apart = database.host.limited or application.host.limited
    pooled = any(edge.pooler for edge in deployment.database_edges)
    present = "always" if pooled else "never"
    kind = _kind(application)
    return replace(
        stated,
        database=_given(stated.database, database.host, deployment, database),
        application=_second(stated, application.host),
        worker=stated.worker or kind,
        replicas=stated.replicas or application.replicas.value,
        one_host=(bool(shared) and not apart) if stated.one_host is None else stated.one_host,
        pooler=present if stated.pooler == "auto" else stated.pooler,
    )


def _second(stated: Stated, host: Host) -> Given:
    """
    The host of the application: what was stated of it, and the rest as the deployment has it.
    """
    found = _given(stated.database, host)
    if stated.application is None:
        return found
    return replace(
        found,
        cpus=stated.application.cpus or found.cpus,
        memory=stated.application.memory or found.memory,
    )


def _kind(application: Application) -> str | None:
    kind = _value(gunicorn_facts(application)["gunicorn.class"])
    if kind in EVENT_LOOPS:
        return "uvicorn"
    return str(kind) if kind in WORKERS else None


def _given(
    given: Given,
    host: Host,
    deployment: Deployment | None = None,
    database: Database | None = None,
) -> Given:
    """
    Facts of one host as the deployment has them; what was stated is in them already.
    """
    cpus, memory = _number(host.cpus), _number(host.memory)
    versions = dict(given.versions)
    if deployment is not None and database is not None:
        if isinstance(database.major, Value):
            versions.setdefault("postgresql", Value((database.major.value,), Origin.LITERAL))
        for name, found in (
            *(("nginx", proxy.version) for proxy in deployment.proxies),
            *(("gunicorn", one.version) for one in deployment.applications),
            *(("pgbouncer", one.version) for one in deployment.poolers),
        ):
            if isinstance(found, Value):
                versions.setdefault(name, found)
    storage, workload = _word(host.storage), _word(host.workload)
    return replace(
        given,
        cpus=Value(cpus, Origin.GIVEN) if cpus else given.cpus,
        memory=Value(int(memory), Origin.GIVEN) if memory else given.memory,
        storage=Value(storage, Origin.GIVEN) if storage else given.storage,
        workload=Value(workload, Origin.GIVEN) if workload else given.workload,
        versions=versions,
    )


def _with_timeout(request: Request, subjects: Sequence[Subject]) -> Request:
    """
    A timeout that somebody chose stays, and the others are arranged around it.
    """
    for subject in subjects:
        fact = subject.facts["gunicorn.timeout"] if subject.target == "gunicorn" else None
        seconds = _number(fact) if fact and fact.location else None
        if seconds and LEAST_TIMEOUT <= seconds <= MOST_TIMEOUT:
            return replace(request, keep={"timeout": seconds, **request.keep})
    return request


def _edited(
    deployment: Deployment, solution: Solution
) -> tuple[dict[str, str], dict[str, list[Edit]], tuple[tuple[str, str], ...]]:
    """
    Texts and edits by path, and what could not be edited.
    """
    texts: dict[str, str] = {}
    edits: dict[str, list[Edit]] = {}
    left: list[tuple[str, str]] = []
    for change, doubt in _changes(deployment, solution):
        try:
            if doubt:
                raise RefusedError(doubt)  # noqa: TRY301 - handled like any other refusal
            text = texts.setdefault(change.path, _text_of(change, deployment))
            found = EDITORS[change.program](change, text)
        except RefusedError as refused:
            left.append((change.then.removesuffix(";"), str(refused)))
            continue
        edits.setdefault(change.path, []).extend(found)
    left += _shared_memory(deployment, solution)
    left += _class(deployment.applications[0], solution)
    return texts, edits, tuple(left)


def _class(application: Application, solution: Solution) -> Iterator[tuple[str, str]]:
    """
    Another kind of worker than the one that is there: the application has to be made for it.
    """
    kind, wanted = _kind(application), solution.request.load.worker
    if kind is not None and kind != wanted:
        yield f"worker_class = {CLASSES[wanted]!r}", "an application is written for its workers"


def _shared_memory(deployment: Deployment, solution: Solution) -> Iterator[tuple[str, str]]:
    """
    ``/dev/shm`` of a container that is too small for what the server may do then.
    """
    shm = deployment.databases[0].host.shm
    size = shm.value if isinstance(shm, Value) else solution.shared_memory
    if size < solution.shared_memory:
        wanted = f"{solution.shared_memory // SIZE_UNITS['MB']}m"
        yield f"shm_size: {wanted}", f"it is {format_size(size)}, and no compose file is edited"


def _text_of(change: Change, deployment: Deployment) -> str:
    """
    The file to edit. Raises `RefusedError` for a command line, and for what is no file.
    """
    path = change.path
    if not path or path.endswith(_COMMANDS):
        raise RefusedError(f"it is set in {path or 'a file that is not known'}")
    if path in deployment.embedded:
        raise RefusedError(f"{path} is a part of another file")
    try:
        text = deployment.tree.read(path)
    except SourceError as error:
        raise RefusedError(error.message) from error
    if text is None:
        raise RefusedError(f"there is no file {path}")
    return text


def _changes(deployment: Deployment, solution: Solution) -> Iterator[tuple[Change, str]]:
    """
    What differs, and for each why it must not be edited, if anything speaks against it.
    """
    subjects = collect(deployment)
    for layer in solution:
        if layer.program not in EDITABLE:
            continue
        target, space, names = EDITABLE[layer.program]
        wanted = [choice for choice in layer.choices if choice.setting in names]
        for subject in (one for one in subjects if one.target == target):
            if _concerns(subject, deployment):
                for choice in wanted:
                    yield from _change(layer.program, space, choice, subject)


def _name(choice: Choice) -> str:
    return choice.setting.removeprefix("upstream ")


def _concerns(subject: Subject, deployment: Deployment) -> bool:
    """
    Whether a subject is part of the way from the client to the database.
    """
    if subject.target == "nginx.upstream":
        return any(f"upstream {edge.upstream}" == subject.name for edge in deployment.proxy_edges)
    if subject.target == "engine":
        return str(_value(subject.facts["engine.role"])) == "app"
    return True


def _change(
    program: str, space: str, choice: Choice, subject: Subject
) -> Iterator[tuple[Change, str]]:
    """
    The change of one setting, if the value in effect is another one.
    """
    name = _name(choice)
    fact = subject.facts[f"{space}.{name}"]
    if _stays(program, name, choice, fact):
        return
    kind = namespace(space)[name].type
    there = fact.location
    inside = _inside(program, subject) if there is None else None
    change = Change(
        setting=name,
        now="",
        then=setting_line(program, name, choice.value, kind),
        location=there,
        path=there.path if there else inside.path if inside else subject.path,
        program=program,
        value=choice.text,
        inside=inside,
    )
    # A second assignment beside one that could not be followed would change nothing, or too much.
    if isinstance(fact, Unknown) and there is None and program != "postgresql":
        yield change, f"its value today is not known: {fact.reason}"
    else:
        yield change, ""


def _inside(program: str, subject: Subject) -> Location | None:
    if program == "engine":
        return subject.facts["engine.function"].location or subject.location
    return subject.location if program == "nginx" else None


def _stays(program: str, name: str, choice: Choice, fact: Fact) -> bool:
    """
    Whether the value in effect is good enough, or there is nothing to write.
    """
    if isinstance(fact, Unknown):
        return False
    if fact.value is None:
        # This version of the program has no such setting.
        return program == "postgresql"
    if program == "nginx":
        return _serves(name, choice, fact)
    if namespace("pg" if program == "postgresql" else program)[name].type == SIZE:
        return abs((_number(fact) or 0) - float(choice.value)) <= TOLERANCE * float(choice.value)
    return fact.value == choice.value


def _serves(name: str, choice: Choice, fact: Value[object]) -> bool:
    """
    Upstreams: no longer than the worker keeps a connection, and no fewer than asked for.
    """
    if not isinstance(fact.value, (int, float)) or not isinstance(choice.value, (int, float)):
        return True
    if name == "keepalive_timeout":
        return fact.value <= choice.value
    return fact.location is None or fact.value >= choice.value


def _value(fact: Value[T] | Unknown) -> T | None:
    return fact.value if isinstance(fact, Value) else None


def _number(fact: Fact | Value[float] | Value[int] | Unknown) -> float | None:
    value = fact.value if isinstance(fact, Value) else None
    return value if isinstance(value, (int, float)) else None


def _word(fact: Value[str] | Unknown) -> str:
    return fact.value if isinstance(fact, Value) else ""
