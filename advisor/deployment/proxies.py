"""
nginx configurations of a deployment and the services they fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from advisor.bulk import collector_paused
from advisor.deployment.containers import nginx_files, trace
from advisor.deployment.hosts import host_of
from advisor.deployment.model import Proxy, Version
from advisor.deployment.paths import (
    Placed,
    exists,
    folder_of,
    is_in,
    name_of,
    names_in,
    outermost,
    text_of,
)
from advisor.deployment.services import RunningService, Services, tag_version
from advisor.model import Given, Tree, Unknown
from advisor.parsers.nginx import NginxDocument, read_config
from advisor.parsers.nginx_scope import build

_FOLDERS = (
    "/etc/nginx",
    "/opt/bitnami/nginx/conf",
    "/usr/local/openresty/nginx/conf",
    "/usr/local/nginx/conf",
)
"""Where images keep nginx.conf and what it includes."""
_TEMPLATES = "/etc/nginx/templates"
_ENDING = ".template"
_RENDERED = "/etc/nginx/conf.d"
"""
Where the official image writes what it fills in when it starts: every template without its ending.
Source: the image's page on Docker Hub, "Using environment variables in nginx configuration".
"""
Owned: TypeAlias = tuple[NginxDocument, RunningService | None]


@collector_paused()
def find_proxies(
    files: Iterable[str], services: Services, tree: Tree, given: Given
) -> tuple[tuple[Proxy, ...], tuple[str, ...]]:
    """
    One proxy per main configuration, or per fragment that no main one includes; and notes.

    A file belongs to the service whose container holds it; a single configuration and a single
    service belong together. Includes are followed with the mounts of the one service.
    """
    ordered = sorted(files, key=_main_first)
    beside = dict(_beside(services, ordered, tree))
    running = (*services.running_program("nginx"), *(services.running[at] for at in beside))
    mains = {services.running[at].name: named for at, named in beside.items()}
    owned = [
        (document, service)
        for service in running
        for document in _of_service(service, ordered, tree, given, mains.get(service.name, ()))
    ]
    held = {path for document, _ in owned for path in document.files}
    free = _read([path for path in ordered if path not in held], tree, given.path_map)
    found = _with_mains(owned, free)
    waiting = [one for one in running if all(service is not one for _, service in found)]
    left = [document for document, service in found if service is None]
    if len(left) == 1 and len(waiting) == 1:
        found = [(document, service or waiting[0]) for document, service in found]
        left = []
    notes = [f"{one.path} could not be matched to one nginx service" for one in left if running]
    proxies = []
    for at, (document, service) in enumerate(found):
        first = all(other is not service for _, other in found[:at])
        proxies.append(_proxy(document, service, services, given, first=first))
    return tuple(proxies), tuple(notes)


def _beside(
    services: Services, files: Sequence[str], tree: Tree
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """
    Index of the services that run nginx beside another program, and the files it is started with.

    What a container starts says it best. Where no command does, the only one that holds a
    configuration of nginx is it.
    """
    others = [at for at, one in enumerate(services.running) if not one.program and not one.bare]
    started = {
        at: named
        for at in others
        if (named := nginx_files(trace(services.running[at], tree))) is not None
    }
    if started:
        yield from started.items()
        return
    holding = [at for at in others if _holds(services.running[at], files)]
    if len(holding) == 1:
        yield holding[0], ()


def _holds(service: RunningService, files: Sequence[str]) -> bool:
    placed = [one for one in service.placed() if _is_configuration(one)]
    return any(is_in(path, one.source) and one.source for path in files for one in placed)


def _main_first(path: str) -> tuple[bool, str]:
    return (name_of(path) != "nginx.conf", path)


def _of_service(
    service: RunningService,
    files: Sequence[str],
    tree: Tree,
    given: Given,
    named: Sequence[str] = (),
) -> list[NginxDocument]:
    """
    What the container of a service holds of the files, read as nginx in it would.

    `named` are the files that nginx is started with, where a command says.
    """
    placed = [one for one in service.placed() if _is_configuration(one)]
    held = [path for path in files if any(is_in(path, one.source) for one in placed)]
    # What stands in the place of the main file is one, whatever it looks like.
    usual = [f"{folder}/nginx.conf" for folder in _FOLDERS]
    mains = (source for one in (*named, *usual) for source in service.sources_of(one))
    main = next((source for source in mains if text_of(tree, source) is not None), None)
    held = [*([main] if main else []), *(path for path in held if path != main)]
    # Likeliest first, so the first of several on one place counts.
    mounted = {one.target: one.source for one in reversed(placed) if exists(tree, one.source)}
    rendered = dict(_rendered(service, tree))
    return _read(held, tree, {**rendered, **mounted, **given.path_map})


def _rendered(service: RunningService, tree: Tree) -> Iterator[tuple[str, str]]:
    """
    Templates by the paths of what becomes of them.
    """
    for folder in service.sources_of(_TEMPLATES):
        for name in names_in(tree, folder):
            if name.endswith(_ENDING):
                yield f"{_RENDERED}/{name.removesuffix(_ENDING)}", f"{folder}/{name}"
    for one in service.placed():
        if folder_of(one.target) == _TEMPLATES and one.target.endswith(_ENDING):
            yield f"{_RENDERED}/{name_of(one.target).removesuffix(_ENDING)}", one.source


def _is_configuration(placed: Placed) -> bool:
    return any(is_in(placed.target.rstrip("/"), folder) for folder in _FOLDERS)


def _read(files: Iterable[str], tree: Tree, path_map: Mapping[str, str]) -> list[NginxDocument]:
    """
    Documents of these files; what one of them includes is no configuration of its own.
    """
    documents: list[NginxDocument] = []
    included: set[str] = set()
    for path in files:
        if path not in included:
            document = read_config(path, tree, path_map=path_map)
            included.update(document.files)
            documents.append(document)
    return outermost(documents)


def _with_mains(
    owned: Sequence[tuple[NginxDocument, RunningService]], free: Sequence[NginxDocument]
) -> list[Owned]:
    """
    Free documents take in the fragments that they include, and belong to the service of those.
    """
    found: list[Owned] = []
    inside: set[str] = set()
    for document in free:
        files = frozenset(document.files)
        services = {service.name: service for one, service in owned if one.path in files}
        found.append((document, services.popitem()[1] if len(services) == 1 else None))
        inside |= files
    return [*(pair for pair in owned if pair[0].path not in inside), *found]


def _proxy(
    document: NginxDocument,
    service: RunningService | None,
    services: Services,
    given: Given,
    *,
    first: bool,
) -> Proxy:
    whole = service is not None and service.program == "nginx"
    name = service.title if service and whole and first else document.path
    return Proxy(
        name=name,
        service=service.name if service else "",
        document=document,
        config=build(document),
        version=_version(service, given),
        host=host_of(service, given, services.running),
    )


def _version(service: RunningService | None, given: Given) -> Version:
    if stated := given.versions.get("nginx"):
        return stated
    if service is not None and not service.bare and service.program == "nginx":
        return tag_version(service)
    return Unknown("the version of nginx is not stated", needs=("nginx.version",))
