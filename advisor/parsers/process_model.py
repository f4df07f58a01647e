"""
What a supervisor of processes says of one program: systemd, supervisord, a Procfile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct, field

from advisor.model import Location, Problem, Secret, Unknown, Value
from advisor.parsers.compose_model import Ulimit

if TYPE_CHECKING:
    from collections.abc import Mapping

Variable: TypeAlias = Value[str | Secret]


class VariableFile(Struct, frozen=True):
    """
    A file of variables, by its path on the host.
    """

    path: str
    required: bool
    location: Location


class Process(Struct, frozen=True):
    """
    One program with what it is started with. Sizes are bytes, durations seconds.
    """

    name: str
    location: Location
    """Its command."""
    words: tuple[Value[str], ...]
    """Passwords are replaced by ``***``; what is not known stands as it is written."""
    working_dir: Value[str] | None = None
    variables: Mapping[str, Variable] = field(default_factory=dict)
    variable_files: tuple[VariableFile, ...] = ()
    """Later ones win, and all win over `variables`."""
    replicas: Value[int] | Unknown | None = None
    cpus: Value[float] | Unknown | None = None
    memory: Value[int] | Unknown | None = None
    cpuset: Value[int] | Unknown | None = None
    nofile: Value[Ulimit] | Unknown | None = None
    stop_grace: Value[float] | Unknown | None = None
    listens: tuple[Value[str], ...] = ()
    """Addresses of sockets that it is handed, as gunicorn writes them."""
    forks: bool = False
    """Whether its first process is expected to end: Type=forking or oneshot of systemd."""


class Processes(Struct, frozen=True):
    """
    The programs of one file.
    """

    path: str
    found: tuple[Process, ...] = ()
    problems: tuple[Problem, ...] = ()
