"""
Services of a deployment, with the programs they run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from advisor.model import Location, Origin, Problem, Secret, Unknown, Value
from advisor.parsers.images import ImageName, parse_image

if TYPE_CHECKING:
    from advisor.parsers.compose import Mount, Service

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
