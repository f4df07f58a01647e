"""
nginx configurations of a deployment and the services they fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from advisor.deployment.hosts import host_of
from advisor.deployment.model import Proxy, Version
from advisor.deployment.services import RunningService, Services, join, tag_version
from advisor.model import Given, Tree, Unknown
from advisor.parsers.nginx import NginxDocument, read_config
from advisor.parsers.nginx_scope import build

_PREFIX = "/etc/nginx"


def find_proxies(
    files: Iterable[str], services: Services, tree: Tree, given: Given
) -> tuple[tuple[Proxy, ...], tuple[str, ...]]:
    """
    One proxy per main configuration, or per set of fragments; and notes.
    """
    running = services.running_program("nginx")
    path_map = {**_mounted_folders(running), **given.path_map}
    documents = list(_documents(files, tree, path_map))
    notes: list[str] = []
    proxies = []
    for document in documents:
        service = _service_of(document, running, alone=len(documents) == 1)
        if service is None and running:
            notes.append(f"{document.path} could not be matched to one nginx service")
        proxies.append(_proxy(document, service, services, given))
    return tuple(proxies), tuple(notes)


def _documents(
    files: Iterable[str], tree: Tree, path_map: Mapping[str, str]
) -> Iterator[NginxDocument]:
    """
    Main files first; what they include is no configuration of its own.
    """
    ordered = sorted(files, key=lambda path: (path.rpartition("/")[2] != "nginx.conf", path))
    documents = []
    included: set[str] = set()
    for path in ordered:
        if path not in included:
            document = read_config(path, tree, path_map=path_map)
            included.update(document.files)
            documents.append(document)
    # A fragment read before the file that includes it is part of that file.
    inner = {path for one in documents for path in one.files if path != one.path}
    yield from (one for one in documents if one.path not in inner)


def _mounted_folders(running: Sequence[RunningService]) -> dict[str, str]:
    return {
        mount.target.rstrip("/"): join(service.folder, mount.source)
        for service in running
        for mount in service.mounts()
        if mount.target.startswith(_PREFIX)
    }


def _service_of(
    document: NginxDocument, running: Sequence[RunningService], *, alone: bool
) -> RunningService | None:
    for service in running:
        sources = [join(service.folder, mount.source) for mount in service.mounts()]
        if any(path == source or path.startswith(f"{source}/") for source in sources
               for path in document.files):
            return service
    return running[0] if alone and len(running) == 1 else None


def _proxy(
    document: NginxDocument, service: RunningService | None, services: Services, given: Given
) -> Proxy:
    return Proxy(
        name=f"service {service.name}" if service else document.path,
        service=service.name if service else "",
        document=document,
        config=build(document),
        version=_version(service, given),
        host=host_of(service, given, services.running),
    )


def _version(service: RunningService | None, given: Given) -> Version:
    if stated := given.versions.get("nginx"):
        return stated
    if service is not None:
        return tag_version(service)
    return Unknown("the version of nginx is not stated", needs=("nginx.version",))
