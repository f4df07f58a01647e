"""
What a compose file says of its services.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from msgspec import Struct, field

from advisor.model import Location, Problem, Secret, Unknown, Value
from advisor.parsers.images import ImageName, parse_image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from advisor.parsers.kubernetes_model import Probe

T = TypeVar("T")
Field: TypeAlias = Value[T] | Unknown | None
"""None: not written. Unknown: written, but it depends on something no file says."""
Variable: TypeAlias = Value[str | Secret] | Unknown


class Command(Struct, frozen=True):
    """
    The words of ``command`` or ``entrypoint``. Compose runs no shell for them.

    A variable that no file sets stands in its word as it is written, with origin *assumed*.
    Passwords are replaced by ``***``.
    """

    words: tuple[Value[str], ...]
    """Empty when the image's own is switched off with ``[]`` or ``""``."""
    location: Location


class Build(Struct, frozen=True):
    """
    How the image is built.
    """

    location: Location
    context: Field[str] = None
    """Folder relative to the compose file, or a URL."""
    dockerfile: Field[str] = None
    """Relative to the context; None means ``Dockerfile``."""
    target: Field[str] = None
    args: Mapping[str, Variable] = field(default_factory=dict)


class EnvFile(Struct, frozen=True):
    """
    A file whose variables go into the container.
    """

    path: Field[str]
    required: bool = True


class Port(Struct, frozen=True):
    """
    A published port, or a range of them.
    """

    target: range
    """Inside the container."""
    published: range | None
    """On the host; None when any free port is taken."""
    host_ip: str = ""
    """Empty: on all addresses."""
    protocol: str = "tcp"


class Mount(Struct, frozen=True):
    """
    A file or folder that appears in the container.
    """

    kind: Literal["bind", "volume", "tmpfs", "config", "secret", "other"]
    source: str
    """Path on the host, name of a volume, or file of a config; empty when anonymous."""
    target: str
    """Path in the container."""
    read_only: bool = False
    size: int | None = None
    """Bytes of a tmpfs, None when it has no limit of its own."""


class Ulimit(Struct, frozen=True):
    """
    A limit with its two values; -1 is none.
    """

    soft: int
    hard: int


class Service(Struct, frozen=True):
    """
    One service. Sizes are bytes, durations seconds; no field is merged with its image's default.
    """

    name: str
    location: Location
    """Its key."""
    image: Field[str] = None
    build: Build | None = None
    command: Command | None = None
    entrypoint: Command | None = None
    working_dir: Field[str] = None
    user: Field[str] = None
    environment: Mapping[str, Variable] = field(default_factory=dict)
    env_files: tuple[EnvFile, ...] = ()
    """Later ones win, and `environment` wins over all."""
    replicas: Field[int] = None
    cpus: Field[float] = None
    """Limit in cores; None also where the file says 0, which is no limit."""
    memory: Field[int] = None
    """Limit; None also where the file says 0, which is no limit."""
    cpus_reserved: Field[float] = None
    memory_reserved: Field[int] = None
    cpuset: Field[int] = None
    """How many cores the service is pinned to."""
    shm_size: Field[int] = None
    ipc: Field[str] = None
    """Whose shared memory it uses, None for its own."""
    nofile: Field[Ulimit] = None
    sysctls: Mapping[str, Variable] = field(default_factory=dict)
    stop_grace_period: Field[float] = None
    surge: Field[int] = None
    """Copies beside `replicas` while a new version is rolled out."""
    pre_stop: Location | None = None
    """What runs before the signal to stop, so that traffic can go elsewhere first."""
    pre_stop_time: Field[float] = None
    liveness: Probe | None = None
    """What restarts it when it does not answer; only in Kubernetes."""
    ports: tuple[Value[Port], ...] = ()
    expose: tuple[Value[range], ...] = ()
    mounts: tuple[Value[Mount], ...] = ()
    """Volumes, configs, secrets and tmpfs."""
    depends_on: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """Names beside its own by which other containers reach it."""
    network_mode: Field[str] = None
    profiles: tuple[str, ...] = ()
    has_healthcheck: bool = False
    read_only: Field[bool] = None
    init: Field[bool] = None
    """Whether a small init process runs the command and passes signals on."""

    @property
    def image_name(self) -> ImageName | None:
        """
        The image taken apart, None when it is not written or not known.
        """
        return parse_image(self.image.value) if isinstance(self.image, Value) else None


class Include(Struct, frozen=True):
    """
    Further files that are a project of their own, put beside this one.
    """

    paths: tuple[str, ...]
    """As written; later ones override the first."""
    location: Location
    folder: str = ""
    """``project_directory``; empty: the folder of the first file."""
    env_files: tuple[str, ...] = ()
    """Empty: the ``.env`` of the folder."""


class ComposeDocument(Struct, frozen=True):
    """
    One compose file, override files merged in.
    """

    path: str
    services: Mapping[str, Service] = field(default_factory=dict)
    """In the order of the file."""
    problems: tuple[Problem, ...] = ()
    includes: tuple[Include, ...] = ()
