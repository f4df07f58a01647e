"""
Redis servers of a deployment, what uses them, and for what.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.deployment.hosts import host_of
from advisor.deployment.model import Host, Version
from advisor.deployment.paths import exists, is_variant, outermost
from advisor.deployment.services import RunningService, Services, tag_version
from advisor.model import Location, Problem, Secret, Unknown
from advisor.parsers.redis import RedisDocument, inner_words, option_words, read_redis, starts_tool
from advisor.parsers.redis_clients import (
    Client,
    RedisCode,
    Target,
    Use,
    find_redis,
    role_of_variable,
    target_of,
)

if TYPE_CHECKING:
    from advisor.model import Given, Tree

_PROGRAM = "redis"
_OFFICIAL = frozenset({"redis", "library/redis"})
_BITNAMI_FLAGS, _BITNAMI_PASSWORD = "REDIS_EXTRA_FLAGS", "REDIS_PASSWORD"


class RedisServer(Struct, frozen=True):
    """
    One Redis.
    """

    name: str
    service: RunningService | None
    document: RedisDocument
    path: str
    """Its configuration file, empty when only a command line is known."""
    version: Version
    host: Host
    location: Location
    official: bool
    """
    Whether it runs in the official image, which is built with protected-mode off. Source: the
    image's page on Docker Hub, "Security".
    """
    uses: tuple[Use, ...]
    """What is kept in it, as far as that could be told."""
    clients: tuple[Client, ...]


class Redis(Struct, frozen=True):
    """
    Everything about Redis in a deployment.
    """

    servers: tuple[RedisServer, ...]
    clients: tuple[Client, ...]
    """All clients of the code, whatever server they lead to."""
    uses: tuple[Use, ...]
    package: Version
    """Of redis-py."""
    problems: tuple[tuple[str, Problem], ...]
    """Kind of file and problem."""
    notes: tuple[str, ...]


class CodeFiles(Struct, frozen=True):
    """
    Texts by path that tell how code uses Redis.
    """

    python: Mapping[str, str]
    requirements: Mapping[str, str]


class _Started(Struct, frozen=True):
    service: RunningService | None
    document: RedisDocument
    path: str


def find_redis_servers(
    files: Mapping[str, str],
    code_files: CodeFiles,
    services: Services,
    tree: Tree,
    given: Given,
) -> Redis:
    """
    Servers by service and by file, and the code and variables that lead to them.

    A file counts for a service only where its command names it: the official image reads none of
    its own accord.
    """
    started = [one for service in services.running if (one := _of_service(service, tree))]
    read = {path for one in started for path in one.document.files}
    free = [read_redis(path, tree) for path in sorted(files) if path not in read]
    left = [one for one in outermost(free) if not is_variant(one.path) or not started]
    bare = [one for one in started if one.service and one.service.bare and not one.path]
    if len(left) == 1 and len(bare) == 1:
        started[started.index(bare[0])] = _Started(bare[0].service, left[0], left[0].path)
        left = []
    lone = [_Started(None, one, one.path) for one in left if not started]
    notes = tuple(
        f"{one.path} is not judged: no command of a Redis service names it"
        for one in left
        if started
    )
    code = _code(code_files.python, services)
    uses = (*_variables(services), *(use for one in code for use in one.uses))
    clients = tuple(client for one in code for client in one.clients)
    places = [one.service for one in (*started, *lone)]
    servers = tuple(
        _server(one, services, given, _Arriving(uses, clients, places, services))
        for one in (*started, *lone)
    )
    problems = [("redis", p) for one in servers for p in one.document.problems]
    problems += [("python", problem) for one in code for problem in one.problems]
    package = _package(code_files.requirements)
    return Redis(servers, clients, uses, package, tuple(dict.fromkeys(problems)), notes)


def _package(requirements: Mapping[str, str]) -> Version:
    """
    The version of redis-py that all lists and lock files agree on.
    """
    from advisor.deployment.packages import Packages  # noqa: PLC0415 - only with requirements
    from advisor.parsers.requirements import parse_requirements  # noqa: PLC0415 - as above

    documents = [parse_requirements(path, text) for path, text in sorted(requirements.items())]
    return Packages(tuple(documents), frozenset()).version("redis", None, alone=True)


def _of_service(service: RunningService, tree: Tree) -> _Started | None:
    """
    How a service starts Redis, None when it starts something else.
    """
    place = service.service.location
    words = inner_words([(word.value, word.location or place) for word in service.words])
    named = option_words(words)
    if named is None and starts_tool(words):
        return None
    if service.program != _PROGRAM:
        programs = any("redis-server" in word or "valkey-server" in word for word, _ in words)
        if named is None or not programs:
            return None
    path, options = named or ("", [])
    image = service.image
    if image is not None and image.repository.startswith("bitnami"):
        return _Started(service, _bitnami(service, options), "")
    if words and named is None:
        return _Started(service, _unread(service), "")
    if not path:
        return _Started(service, read_redis("", tree, options), "")
    source = next((one for one in _sources(service, path) if exists(tree, one)), "")
    document = read_redis(source, tree, options) if source else _unread(service, options)
    return _Started(service, document, source)


def _sources(service: RunningService, path: str) -> Iterator[str]:
    if path.startswith("/"):
        yield from service.sources_of(path)
        return
    folder = service.working_dir or "/data"
    yield from service.sources_of(f"{folder.rstrip('/')}/{path}")


def _unread(service: RunningService, options: Sequence[tuple[str, Location]] = ()) -> RedisDocument:
    """
    A server whose file is not among those of the deployment: only its options are known.
    """
    from advisor.sources.tree import MemoryTree  # noqa: PLC0415 - only here

    known = read_redis("", MemoryTree({}), options)
    path = service.service.location.path
    return RedisDocument(path, known.settings, known.users, known.problems, (), complete=False)


def _bitnami(service: RunningService, options: Sequence[tuple[str, Location]]) -> RedisDocument:
    """
    What the image of Bitnami makes of its variables; its own file is not known.
    """
    place = service.service.location
    flags = service.environment.get(_BITNAMI_FLAGS, "").split()
    extra = [*((word, place) for word in flags), *options]
    password = service.variables.get(_BITNAMI_PASSWORD)
    if password is not None and password.value not in ("", None):
        extra += [("--requirepass", password.location or place), ("***", place)]
    return _unread(service, extra)


def _code(python: Mapping[str, str], services: Services) -> tuple[RedisCode, ...]:
    env = _environment(services)
    return tuple(find_redis(path, text, env=env) for path, text in sorted(python.items()))


def _environment(services: Services) -> dict[str, str]:
    """
    Variables that all services agree on.
    """
    known: dict[str, set[str]] = {}
    for service in services.running:
        for name, value in service.environment.items():
            known.setdefault(name, set()).add(value)
    return {name: values.pop() for name, values in known.items() if len(values) == 1}


def _variables(services: Services) -> Iterator[Use]:
    """
    Variables of services that hold a URL of Redis.
    """
    for service in services.running:
        for name, variable in service.variables.items():
            value = variable.value
            text = value.text if isinstance(value, Secret) else value
            target = target_of(text) if "://" in text else None
            if target is not None:
                place = variable.location or service.service.location
                yield Use(role_of_variable(name), target, place)


class _Arriving(Struct, frozen=True):
    """
    Which uses and clients lead to which server.
    """

    uses: Sequence[Use]
    clients: Sequence[Client]
    servers: Sequence[RunningService | None]
    """One service per server, None for a server that only its file is known of."""
    services: Services

    def leads(self, target: Target, service: RunningService | None) -> bool:
        """
        By the name of a service; a name that is not known leads to the only server.
        """
        named = [one for one in self.services.running if one.answers_to(target.host)]
        if target.host and named:
            return service is not None and named[0].name == service.name
        local = target.host in ("", "localhost", "127.0.0.1", "::1")
        return len(self.servers) == 1 and local


def _server(
    started: _Started, services: Services, given: Given, arriving: _Arriving
) -> RedisServer:
    service = started.service
    place = service.service.location if service else Location(started.path, 1)
    stated = given.versions.get(_PROGRAM)
    unknown = Unknown("the version of Redis is not stated", needs=("redis.version",))
    image = service.image if service else None
    return RedisServer(
        name=service.title if service else started.path,
        service=service,
        document=started.document,
        path=started.path,
        version=stated or (tag_version(service) if service else unknown),
        host=host_of(service, given, services.running),
        location=place,
        official=bool(image and image.repository.lower().removeprefix("docker.io/") in _OFFICIAL),
        uses=tuple(one for one in arriving.uses if arriving.leads(one.target, service)),
        clients=tuple(
            one
            for one in arriving.clients
            if str(one.role) == "app" and arriving.leads(one.target, service)
        ),
    )
