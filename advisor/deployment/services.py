"""
Services of a deployment, with the programs they run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

import msgspec
from msgspec import Struct

from advisor.deployment.paths import Placed, copies, join
from advisor.model import Location, Problem, Secret, Unknown, Value
from advisor.model.discreet import Discreet
from advisor.parsers.images import ImageName, parse_image

if TYPE_CHECKING:
    from advisor.parsers.compose import Mount, Service
    from advisor.parsers.dockerfile import Stage
    from advisor.parsers.embedded import Embedded

PROGRAM_IMAGES: Mapping[str, frozenset[str]] = {
    "nginx": frozenset({"nginx", "nginx-unprivileged", "openresty"}),
    "postgresql": frozenset(
        {"postgres", "postgresql", "postgis", "timescaledb", "timescaledb-ha", "pgvector", "citus"}
    ),
    "redis": frozenset({"redis", "valkey", "keydb", "redis-stack-server"}),
    "pooler": frozenset({"pgbouncer", "pgcat", "pgpool", "odyssey", "supavisor"}),
}
"""Last components of image names, by the program they run."""


class Door(Struct, frozen=True):
    """
    Names under which others reach a container, and where the ports of those names lead to.
    """

    names: re.Pattern[str]
    """Matches the whole name in lower case."""
    ports: Mapping[int, int] | None = None
    """None: every port leads to itself."""

    def leads(self, host: str, port: int | None) -> bool:
        """
        Whether a name leads here, by any port or by this one.
        """
        known = port is None or self.ports is None or port in self.ports
        return known and self.names.fullmatch(host.lower()) is not None


class RunningService(Discreet, frozen=True):
    """
    A service with everything its files say about it.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"variables"})

    service: Service
    folder: str
    """Folder of the compose file, relative to the root; empty for the root itself."""
    variables: Mapping[str, Value[str | Secret]] = msgspec.field(default_factory=dict)
    """Variables inside the container, with the places that set them."""
    stage: Stage | None = None
    """The stage of the Dockerfile that builds its image, where that is among the files."""
    composed: bool = True
    """
    Whether a whole stack is declared with it, by a compose file or manifests; else a Dockerfile or
    a unit stands for itself.
    """
    label: str = ""
    """What to call it in a sentence where that is not ``service`` and its name."""
    pod: str = ""
    """Containers of the same one share their addresses; empty outside of Kubernetes."""
    doors: tuple[Door, ...] = ()
    """How others reach a container of a pod."""
    opened: Location | None = None
    """Where its ports are opened to other machines than those of its cluster."""
    stated: Value[tuple[int, ...]] | None = None
    """The version of its program where more than the image states it."""
    runs: str = ""
    """The program it runs, where that is known by more than its image."""
    platform: Value[str] | None = None
    """What operates the program in the place of its configuration files."""
    bare: bool = False
    """Whether it runs on the host itself, in no container."""
    forks: bool = False
    """Whether its supervisor expects that its first process ends: a unit of Type=forking."""
    manager: str = ""
    """``systemd`` or ``supervisord``, where one of them starts it."""

    @property
    def name(self) -> str:
        """
        Its key in the compose file.
        """
        return self.service.name

    @property
    def title(self) -> str:
        """
        What to call it in a sentence.
        """
        if self.label:
            return self.label
        return f"service {self.name}" if self.composed else self.service.location.path

    def operated_by(self, platform: str) -> bool:
        """
        Whether it is this platform that operates the program.
        """
        return self.platform is not None and self.platform.value == platform

    @property
    def environment(self) -> dict[str, str]:
        """
        Variables inside the container as plain text. Secrets are left out.
        """
        known = ((name, one.value) for name, one in self.variables.items())
        return {name: value for name, value in known if isinstance(value, str)}

    @property
    def url(self) -> dict[str, Secret]:
        """
        Variables that hold a password: for reading hosts out of URLs, never for showing.
        """
        known = ((name, one.value) for name, one in self.variables.items())
        return {name: value for name, value in known if isinstance(value, Secret)}

    @property
    def written_image(self) -> Value[str] | None:
        """
        The image it runs, or that its own is built on; None when that is not known.
        """
        built = self.stage.image if self.stage else None
        image = built if self.service.build else self.service.image
        return image if isinstance(image, Value) else None

    @property
    def image(self) -> ImageName | None:
        """
        The image taken apart, None when it is not known.
        """
        written = self.written_image
        return parse_image(written.value) if written else None

    @property
    def program(self) -> str:
        """
        ``nginx``, ``postgresql``, ``redis`` or ``pooler`` by the image's name, else empty.
        """
        image = self.image
        if self.runs or image is None:
            return self.runs
        return next((name for name, known in PROGRAM_IMAGES.items() if image.name in known), "")

    @property
    def host_network(self) -> bool:
        """
        Whether it shares the host's addresses, so that 127.0.0.1 reaches other such services.
        """
        mode = self.service.network_mode
        return isinstance(mode, Value) and mode.value == "host"

    @property
    def own_network(self) -> bool:
        """
        Whether 127.0.0.1 is surely its own container and nothing else.
        """
        return self.composed and self.service.network_mode is None

    @property
    def words(self) -> tuple[Value[str], ...]:
        """
        Words of entrypoint and command, as the container starts them.

        An entrypoint of the compose file discards the image's command, and one in shell form
        ignores any. Sources: Compose file reference, "entrypoint"; Dockerfile reference.
        """
        own, image = self.service, self.stage
        if own.entrypoint is not None:
            return (*own.entrypoint.words, *(own.command.words if own.command else ()))
        entrypoint = image.entrypoint if image else None
        if entrypoint is not None and entrypoint.shell:
            return entrypoint.words
        command = own.command or (image.command if image else None)
        parts = (part for part in (entrypoint, command) if part is not None)
        return tuple(word for part in parts for word in part.words)

    @property
    def context(self) -> str | None:
        """
        Folder that its image is built from, None when it is not built or that is not known.
        """
        build = self.service.build
        if build is None or isinstance(build.context, Unknown):
            return None
        return join(self.folder, build.context.value if build.context else "")

    @property
    def working_dir(self) -> str | None:
        """
        Folder it starts in, None when only its image knows.
        """
        own, image = self.service.working_dir, self.stage.working_dir if self.stage else None
        folder = own or image
        return folder.value if isinstance(folder, Value) else None

    def answers_to(self, host: str, port: int | None = None) -> bool:
        """
        Whether other containers reach it under this name, by any port or by this one.
        """
        if self.pod:
            return any(one.leads(host, port) for one in self.doors)
        return host.lower() in (self.name.lower(), *(one.lower() for one in self.service.aliases))

    def inside(self, host: str, port: int) -> int:
        """
        The port in the container that `port` of a name leads to.
        """
        door = next((one for one in self.doors if one.leads(host, port)), None)
        return door.ports[port] if door and door.ports else port

    def near(self, other: RunningService) -> bool:
        """
        Whether 127.0.0.1 is the same for both.
        """
        return self is other or bool(self.pod and self.pod == other.pod)

    def publishes(self, port: int) -> Iterator[int]:
        """
        Ports inside the container that the host offers as `port`.
        """
        for mapping in self.service.ports:
            published = mapping.value.published
            if published and port in published and len(published) == len(mapping.value.target):
                yield mapping.value.target[published.index(port)]

    def placed(self) -> tuple[Placed, ...]:
        """
        Files and folders in the container that are part of the deployment, likeliest first.

        Mounts hide what the image holds, and longer paths what shorter ones hold.
        """
        mounted, copied = list(self._mounted()), list(self._copied())
        # What is copied last stays.
        copied.reverse()
        return (*sorted(mounted, key=_shortness), *sorted(copied, key=_shortness))

    def sources_of(self, target: str) -> Iterator[str]:
        """
        Where below the root an absolute path of the container may come from, likeliest first.
        """
        found = (one.source_of(target) for one in self.placed())
        return (source for source in found if source is not None)

    def _mounted(self) -> Iterator[Placed]:
        for mount in self.service.mounts:
            if _is_below(mount.value) and mount.value.target.startswith("/"):
                yield Placed(join(self.folder, mount.value.source), mount.value.target)

    def _copied(self) -> Iterator[Placed]:
        for copy in self.stage.copies if self.stage and self.context is not None else ():
            if not copy.stage and copy.target.startswith("/"):
                yield from copies(copy, self.context or "")


class Ingress(Struct, frozen=True):
    """
    What hands requests from outside of a cluster to a service in it.
    """

    title: str
    """``ingress shop``."""
    location: Location
    controller: str
    """Class of the controller, empty where the files do not say it."""
    annotations: Mapping[str, Value[str]]
    defaults: Mapping[str, Value[str]]
    """Settings of the controller that are among the files."""
    service: str
    """Name of the service that the requests reach."""


class Services(Struct, frozen=True):
    """
    All services of one deployment.
    """

    running: tuple[RunningService, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]
    files: Mapping[str, Embedded] = msgspec.field(default_factory=dict)
    """Files that stand inside of those, by the path that is made up for them."""
    ingresses: tuple[Ingress, ...] = ()

    def named(self, name: str) -> RunningService | None:
        """
        The service of a name, None for an empty one.
        """
        return next((one for one in self.running if one.name == name), None) if name else None

    def running_program(self, program: str) -> tuple[RunningService, ...]:
        """
        Services that run a program, told by their images.
        """
        return tuple(one for one in self.running if one.program == program)


def tag_version(service: RunningService) -> Value[tuple[int, ...]] | Unknown:
    """
    The version that the tag of a service's image starts with.
    """
    image, written = service.image, service.written_image
    if service.bare:
        return Unknown(f"the version of {service.title} is not stated", service.service.location)
    if image is None or written is None or image.version is None:
        place = written.location if written else service.service.location
        return Unknown(f"the image of {service.title} has no version", place)
    note = f"image {image.name}:{image.tag}"
    return Value(image.version, written.origin, written.location, note)


def _shortness(placed: Placed) -> int:
    return -len(placed.target.rstrip("/"))


def _is_below(mount: Mount) -> bool:
    relative = mount.source and not mount.source.startswith(("/", "~"))
    return bool(mount.kind in ("bind", "config") and relative)
