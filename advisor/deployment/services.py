"""
Services of the compose files: variables resolved, programs recognised, limits read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from advisor.model import Location, Origin, Problem, Secret, Tree, Unknown, Value
from advisor.parsers.compose import ComposeDocument, Mount, Service, parse_compose
from advisor.parsers.dotenv import parse_dotenv
from advisor.parsers.images import ImageName, parse_image

PROGRAM_IMAGES: Mapping[str, frozenset[str]] = {
    "nginx": frozenset({"nginx", "nginx-unprivileged", "openresty"}),
    "postgresql": frozenset(
        {"postgres", "postgresql", "postgis", "timescaledb", "timescaledb-ha", "pgvector", "citus"}
    ),
    "pgbouncer": frozenset({"pgbouncer"}),
}
"""Last components of image names, by the program they run."""


@dataclass(frozen=True, slots=True)
class RunningService:
    """
    A compose service with everything its files say about it.
    """

    service: Service
    folder: str
    """Folder of the compose file, relative to the root; empty for the root itself."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables inside the container. Secrets are left out."""
    url: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    """Variables that hold a password: for reading hosts out of URLs, never for showing."""

    @property
    def name(self) -> str:
        """
        Its key in the compose file.
        """
        return self.service.name

    @property
    def image(self) -> ImageName | None:
        """
        The image's name, None when it is built or not known.
        """
        image = self.service.image
        return parse_image(image.value) if isinstance(image, Value) else None

    @property
    def program(self) -> str:
        """
        ``nginx``, ``postgresql`` or ``pgbouncer`` by the image's name, else empty.
        """
        image = self.image
        if image is None:
            return ""
        return next((name for name, known in PROGRAM_IMAGES.items() if image.name in known), "")

    @property
    def host_network(self) -> bool:
        """
        Whether it shares the host's addresses, so that 127.0.0.1 reaches other such services.
        """
        mode = self.service.network_mode
        return isinstance(mode, Value) and mode.value == "host"

    @property
    def words(self) -> tuple[str, ...]:
        """
        Words of entrypoint and command, as the container starts them.
        """
        parts = (self.service.entrypoint, self.service.command)
        return tuple(word.value for part in parts if part for word in part.words)

    def answers_to(self, host: str) -> bool:
        """
        Whether other containers reach it under this name.
        """
        return host.lower() in (self.name.lower(), *(one.lower() for one in self.service.aliases))

    def source_of(self, target: str) -> str | None:
        """
        File or folder below the root that is mounted at, or around, an absolute path.
        """
        best: tuple[int, str] | None = None
        for mount in self.mounts():
            place = mount.target.rstrip("/")
            inside = target == place or target.startswith(f"{place}/")
            if inside and (best is None or len(place) > best[0]):
                rest = target[len(place) :]
                best = (len(place), f"{join(self.folder, mount.source)}{rest}")
        return best[1] if best else None

    def mounts(self) -> Iterator[Mount]:
        """
        Bind mounts with a relative source.
        """
        for mount in self.service.mounts:
            relative = mount.value.source and not mount.value.source.startswith(("/", "~"))
            if mount.value.kind in ("bind", "config") and relative:
                yield mount.value


@dataclass(frozen=True, slots=True)
class Services:
    """
    All services of one deployment.
    """

    running: tuple[RunningService, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]

    def running_program(self, program: str) -> tuple[RunningService, ...]:
        """
        Services that run a program, told by their images.
        """
        return tuple(one for one in self.running if one.program == program)


def read_services(files: Iterable[tuple[str, str]], tree: Tree) -> Services:
    """
    Services of the compose files, given as path and text.

    The files of the folder nearest to the root count; of several there, the one with the standard
    name. What is left out is said in the notes: variants of a stack must never be added up.
    """
    chosen, notes = _choose(dict(files))
    problems: list[Problem] = []
    running: list[RunningService] = []
    for path, text in chosen.items():
        folder = path.rpartition("/")[0]
        env = _dotenv(tree, join(folder, ".env"), problems)
        document = parse_compose(path, text, env=env)
        problems.extend(document.problems)
        running.extend(_running(document, folder, tree, problems))
    return Services(tuple(running), tuple(problems), tuple(notes))


_STANDARD = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")


def _choose(files: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    if not files:
        return {}, []
    depth = min(path.count("/") for path in files)
    near = sorted(path for path in files if path.count("/") == depth)
    standard = [path for name in _STANDARD for path in near if path.rpartition("/")[2] == name]
    first = (standard or near)[0]
    others = [path for path in files if path != first]
    notes = [f"{path} is not read: {first} describes the stack" for path in sorted(others)]
    return {first: files[first]}, notes


def _running(
    document: ComposeDocument, folder: str, tree: Tree, problems: list[Problem]
) -> Iterator[RunningService]:
    for service in document.services.values():
        if service.profiles or _stopped(service):
            continue
        plain: dict[str, str] = {}
        secret: dict[str, Secret] = {}
        for file in service.env_files:
            if isinstance(file.path, Value):
                texts = _dotenv(tree, join(folder, file.path.value), problems)
                plain.update(texts)
        for name, value in service.environment.items():
            if isinstance(value, Value) and isinstance(value.value, Secret):
                secret[name] = value.value
            elif isinstance(value, Value):
                plain[name] = str(value.value)
        yield RunningService(service, folder, plain, secret)


def _stopped(service: Service) -> bool:
    return isinstance(service.replicas, Value) and service.replicas.value == 0


def _dotenv(tree: Tree, path: str, problems: list[Problem]) -> dict[str, str]:
    text = tree.read(path)
    if text is None:
        return {}
    document = parse_dotenv(path, text)
    problems.extend(document.problems)
    return document.texts()


def join(folder: str, path: str) -> str:
    """
    A path relative to a folder, as a path relative to the root, ``./`` and ``..`` taken out.
    """
    parts: list[str] = []
    for part in f"{folder}/{path}".split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def tag_version(service: RunningService) -> Value[tuple[int, ...]] | Unknown:
    """
    The version that the tag of a service's image starts with.
    """
    image, written = service.image, service.service.image
    place = written.location if isinstance(written, Value) else service.service.location
    if image is None or image.version is None:
        return Unknown(f"the image of service {service.name} has no version", place)
    origin = written.origin if isinstance(written, Value) else Origin.LITERAL
    return Value(image.version, origin, place, f"image {image.name}:{image.tag}")


def location_of(service: RunningService | None) -> Location | None:
    """
    Where a service is declared.
    """
    return service.service.location if service else None
