"""
gunicorn applications of a deployment: where each is started, with which file, with which engines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from advisor.deployment.hosts import host_of
from advisor.deployment.model import Application, Version
from advisor.deployment.services import RunningService, Services, join
from advisor.model import Given, Location, Origin, Problem, Tree, Unknown, Value
from advisor.parsers.dockerfile import parse_dockerfile
from advisor.parsers.engines import Engine, find_engines
from advisor.parsers.gunicorn import (
    GunicornCommand,
    GunicornDocument,
    effective,
    parse_cmd_args,
    parse_command,
    parse_config,
)
from advisor.parsers.requirements import parse_requirements

_DEFAULT_CONFIG = "gunicorn.conf.py"
_ONE = Value(1, Origin.DEFAULT, note="one copy where nothing else is said")


@dataclass(frozen=True, slots=True)
class AppFiles:
    """
    The texts that applications are put together from, by path.
    """

    gunicorn: Mapping[str, str]
    python: Mapping[str, str]
    requirements: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Applications:
    """
    What was found.
    """

    found: tuple[Application, ...]
    engines: tuple[Engine, ...]
    """All engines, also those of no application."""
    problems: tuple[tuple[str, Problem], ...]
    """Kind of file and problem."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Start:
    """
    One place where gunicorn is started; `command` None for a configuration file on its own.
    """

    service: RunningService | None
    command: GunicornCommand | None
    env: Mapping[str, str]
    config: str
    """Path of the configuration file, empty when there is none."""
    folder: str
    """Folder of the code, for telling which engines belong to it."""


def find_applications(
    files: AppFiles, services: Services, tree: Tree, given: Given
) -> Applications:
    """
    Applications started by services, then configuration files that nobody starts; and all engines.

    An engine belongs to the only application, or to the one in whose folder its file lies.
    """
    starts = list(_starts(files, services, tree))
    problems: list[tuple[str, Problem]] = []
    by_path = _engine_paths(files.python, starts)
    engines: list[Engine] = []
    applications = []
    versions = _versions(files.requirements, problems)
    for index, start in enumerate(starts):
        own = list(_engines(by_path.get(index, ()), files.python, start.env, problems))
        engines += own
        applications.append(_application(start, own, (files, services, versions), given, problems))
    lone = list(_engines(by_path.get(-1, ()), files.python, {}, problems))
    notes = [
        f"{path} could not be matched to one of the applications"
        for path in by_path.get(-1, ())
        if starts
    ]
    return Applications(
        tuple(applications), tuple(engines + lone), tuple(problems), tuple(notes)
    )


def _starts(files: AppFiles, services: Services, tree: Tree) -> Iterator[_Start]:
    used = set()
    for service in services.running:
        command, env = _command(service, tree)
        if command is None:
            continue
        folder = _folder(service)
        config = _config(command, service, files.gunicorn, folder)
        used.add(config)
        yield _Start(service, command, env, config, folder)
    for path in sorted(files.gunicorn):
        if path not in used:
            yield _Start(None, None, {}, path, path.rpartition("/")[0])


def _command(
    service: RunningService, tree: Tree
) -> tuple[GunicornCommand | None, Mapping[str, str]]:
    """
    How a service starts gunicorn, by its own command or that of its image; and its variables.
    """
    own = service.service.command or service.service.entrypoint
    env = {**service.environment, **{name: one.text for name, one in service.url.items()}}
    if own is not None:
        return parse_command(service.words, own.location), env
    build = service.service.build
    if build is None:
        return None, env
    name = build.dockerfile.value if isinstance(build.dockerfile, Value) else "Dockerfile"
    path = join(_folder(service), name)
    text = tree.read(path)
    stage = parse_dockerfile(path, text).stage if text is not None else None
    if stage is None:
        return None, env
    baked = {k: v.value for k, v in stage.env.items() if isinstance(v, Value)}
    plain = {name: value for name, value in baked.items() if isinstance(value, str)}
    parts = [part for part in (stage.entrypoint, stage.command) if part is not None]
    words = tuple(word.value for part in parts for word in part.words)
    if not parts:
        return None, {**plain, **env}
    return parse_command(words, parts[-1].location), {**plain, **env}


def _folder(service: RunningService) -> str:
    build = service.service.build
    context = build.context if build else None
    return join(service.folder, context.value if isinstance(context, Value) else "")


def _config(
    command: GunicornCommand,
    service: RunningService,
    known: Mapping[str, str],
    folder: str,
) -> str:
    """
    The configuration file that gunicorn would load, as a path of the deployment.

    Without ``-c`` that is gunicorn.conf.py of the working directory (gunicorn "Configuration
    overview"). Paths inside the container are followed through mounts, else by their ending.
    """
    named = (command.config or _DEFAULT_CONFIG).removeprefix("file:").removeprefix("./")
    candidates = [service.source_of(named) if named.startswith("/") else None]
    candidates += [join(folder, named), join(service.folder, named)]
    for path in candidates:
        if path in known:
            return str(path)
    name = named.rpartition("/")[2]
    ending = [path for path in known if path == name or path.endswith(f"/{name}")]
    return ending[0] if len(ending) == 1 else ""


def _engine_paths(
    python: Mapping[str, str], starts: Sequence[_Start]
) -> dict[int, tuple[str, ...]]:
    """
    Python files by the index of the application they belong to, -1 for none.
    """
    paths: dict[int, list[str]] = {}
    for path in sorted(python):
        paths.setdefault(_owner(path, starts), []).append(path)
    return {index: tuple(found) for index, found in paths.items()}


def _owner(path: str, starts: Sequence[_Start]) -> int:
    if len(starts) == 1:
        return 0
    fitting = [
        (len(start.folder), index)
        for index, start in enumerate(starts)
        if not start.folder or path.startswith(f"{start.folder}/")
    ]
    longest = max((length for length, _ in fitting), default=0)
    best = [index for length, index in fitting if length == longest]
    return best[0] if len(best) == 1 else -1


def _engines(
    paths: Iterable[str],
    python: Mapping[str, str],
    env: Mapping[str, str],
    problems: list[tuple[str, Problem]],
) -> Iterator[Engine]:
    for path in paths:
        document = find_engines(path, python[path], env=env)
        problems.extend(("python", one) for one in document.problems)
        yield from (engine for engine in document.engines if engine.active or engine.in_function)


def _application(
    start: _Start,
    engines: list[Engine],
    context: tuple[AppFiles, Services, Mapping[str, Version]],
    given: Given,
    problems: list[tuple[str, Problem]],
) -> Application:
    files, services, versions = context
    document = _document(start, files.gunicorn, problems)
    version = given.versions.get("gunicorn") or versions.get("gunicorn") or _UNSTATED
    cmd_args = start.env.get("GUNICORN_CMD_ARGS", "")
    place = _place(start, document)
    settings = effective(
        document,
        start.command,
        parse_cmd_args(cmd_args, place) if cmd_args and place else None,
        start.env,
        version=version.value if isinstance(version, Value) else None,
    )
    service = start.service
    return Application(
        name=f"service {service.name}" if service else start.config,
        service=service.name if service else "",
        settings=settings,
        typos=document.unknown if document else (),
        path=start.config,
        version=version,
        host=host_of(service, given, services.running),
        replicas=_replicas(service),
        engines=tuple(engines),
        location=place,
    )


_UNSTATED = Unknown("the version of gunicorn is not stated", needs=("gunicorn.version",))


def _document(
    start: _Start, known: Mapping[str, str], problems: list[tuple[str, Problem]]
) -> GunicornDocument | None:
    if not start.config:
        return None
    document = parse_config(start.config, known[start.config], env=start.env)
    problems.extend(("gunicorn", one) for one in document.problems)
    return document


def _place(start: _Start, document: GunicornDocument | None) -> Location | None:
    if document is not None:
        return Location(document.path, 1)
    return start.command.location if start.command else None


def _replicas(service: RunningService | None) -> Value[int]:
    replicas = service.service.replicas if service else None
    return replicas if isinstance(replicas, Value) else _ONE


def _versions(
    requirements: Mapping[str, str], problems: list[tuple[str, Problem]]
) -> dict[str, Version]:
    """
    Exact versions of packages; lock files count before lists.
    """
    documents = [parse_requirements(path, text) for path, text in sorted(requirements.items())]
    problems.extend(("requirements", one) for doc in documents for one in doc.problems)
    versions: dict[str, Version] = {}
    for document in sorted(documents, key=lambda one: not one.is_lock):
        for package in document.packages:
            if package.version is not None:
                note = f"{package.name}{package.spec}"
                value = Value(package.version, Origin.LITERAL, package.location, note)
                versions.setdefault(package.name, value)
    return versions
