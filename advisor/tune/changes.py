"""
The values of a solution in the files of a deployment that is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from advisor.deployment.model import Application, Deployment
from advisor.errors import SourceError
from advisor.facts.gunicorn import EVENT_LOOPS, gunicorn_facts
from advisor.facts.namespaces import namespace
from advisor.facts.schema import SIZE
from advisor.fix.edits import Edit, RefusedError
from advisor.fix.plan import EDITORS
from advisor.model import Change, Location, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.rules.spelling import setting_line
from advisor.tune.model import Choice, Solution
from advisor.tune.stated import WORKERS
from advisor.tune.web import CLASSES
from advisor.units import SIZE_UNITS, format_size

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


def edited(
    deployment: Deployment, subjects: Sequence[Subject], solution: Solution
) -> tuple[dict[str, str], dict[str, list[Edit]], tuple[tuple[str, str], ...]]:
    """
    Texts and edits by path, and what could not be edited and why.

    `subjects` are those that the deployment's facts were collected for.
    """
    texts: dict[str, str] = {}
    edits: dict[str, list[Edit]] = {}
    left: list[tuple[str, str]] = []
    for change in _changes(deployment, subjects, solution):
        try:
            text = texts.setdefault(change.path, _text_of(change, deployment))
            found = EDITORS[change.program](change, text)
        except RefusedError as refused:
            left.append((change.then.removesuffix(";"), str(refused)))
            continue
        edits.setdefault(change.path, []).extend(found)
    left += _shared_memory(deployment, solution)
    left += _class(deployment.applications[0], solution)
    left += _unpooled(subjects, solution)
    return texts, edits, tuple(left)


def _class(application: Application, solution: Solution) -> Iterator[tuple[str, str]]:
    """
    Another kind of worker than the one that is there: the application has to be made for it.
    """
    kind, wanted = kind_of_worker(application), solution.request.load.worker
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


def _unpooled(subjects: Sequence[Subject], solution: Solution) -> Iterator[tuple[str, str]]:
    """
    Engines whose pool class takes no sizes.
    """
    engine = solution["engine"]
    size, overflow = engine.number("pool_size"), engine.number("max_overflow")
    for subject in subjects:
        if subject.target != "engine" or not _is_serving(subject):
            continue
        if _value(subject.facts["engine.pooled"]) is False:
            name = _value(subject.facts["engine.poolclass"])
            yield f"pool_size={size}, max_overflow={overflow}", f"{name} keeps no connections"


def _text_of(change: Change, deployment: Deployment) -> str:
    """
    The file to edit. Raises `RefusedError` for a command line, and for what is no file.
    """
    path = change.path
    if not path or path.endswith(_COMMANDS):
        raise RefusedError(f"it is set in {path or 'a file that is not known'}")
    if path.endswith(".tf"):
        raise RefusedError(f"it is a parameter of a managed server: set it in {path}")
    if path in deployment.embedded:
        raise RefusedError(f"{path} is a part of another file")
    try:
        text = deployment.tree.read(path)
    except SourceError as error:
        raise RefusedError(error.message) from error
    if text is None:
        raise RefusedError(f"there is no file {path}")
    return text


def _changes(
    deployment: Deployment, subjects: Sequence[Subject], solution: Solution
) -> Iterator[Change]:
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
        return _is_serving(subject) and _value(subject.facts["engine.pooled"]) is not False
    return True


def _is_serving(engine: Subject) -> bool:
    return str(_value(engine.facts["engine.role"])) == "app"


def _change(program: str, space: str, choice: Choice, subject: Subject) -> Iterator[Change]:
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
    yield Change(
        setting=name,
        now="",
        then=setting_line(program, name, choice.value, kind),
        location=there,
        path=there.path if there else inside.path if inside else subject.path,
        program=program,
        value=choice.text,
        inside=inside,
    )


def _inside(program: str, subject: Subject) -> Location | None:
    if program == "engine":
        return subject.facts["engine.function"].location or subject.location
    return subject.location if program == "nginx" else None


def _stays(program: str, name: str, choice: Choice, fact: Fact) -> bool:
    """
    Whether the value in effect is good enough, or there is nothing to write.
    """
    if isinstance(fact, Unknown):
        # Defaults of PostgreSQL are not known without its version; a directive that nginx lacks
        # is no value to correct.
        return program == "nginx" or (fact.location is None and program != "postgresql")
    if fact.value is None:
        # This version of the program has no such setting.
        return program == "postgresql"
    if program == "nginx":
        return _serves(name, choice, fact)
    if namespace("pg" if program == "postgresql" else program)[name].type == SIZE:
        return abs(_number(fact) - float(choice.value)) <= TOLERANCE * float(choice.value)
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


def kind_of_worker(application: Application) -> str | None:
    """
    The kind of worker that values are solved for, None when it is another one or not known.
    """
    kind = _value(gunicorn_facts(application)["gunicorn.class"])
    if kind in EVENT_LOOPS:
        return "uvicorn"
    return str(kind) if kind in WORKERS else None


def _value(fact: Fact) -> object:
    return fact.value if isinstance(fact, Value) else None


def _number(fact: Fact) -> float:
    value = _value(fact)
    return value if isinstance(value, (int, float)) else 0
