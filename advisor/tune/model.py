"""
What is asked of the solver, and what it answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct, field

from advisor.errors import AdvisorError
from advisor.units import SIZE_UNITS

Setting: TypeAlias = bool | float | str
"""The value of a setting: sizes are bytes, durations seconds."""


class InfeasibleError(AdvisorError):
    """
    No set of values meets all that was stated. The message says which two statements collide.
    """


class Machine(Struct, frozen=True):
    """
    What one host, or one container with limits, has.
    """

    cpus: float
    memory: int
    """Bytes."""
    storage: str | None = None
    """``ssd``, ``hdd`` or ``san``; None when it is not known."""


class Load(Struct, frozen=True):
    """
    What the stack is to do.
    """

    worker: str
    """Kind of gunicorn worker: ``uvicorn``, ``gthread`` or ``sync``."""
    workload: str
    """``web``, ``oltp``, ``dw`` or ``mixed``."""
    database_share: float
    """Part of a request's time that it holds a database connection, 0 to 1."""
    concurrency: int | None
    """Requests in progress at once over all replicas; None: what the workers take on."""
    replicas: int = 1
    """Copies of the application."""
    resident: int = 150 * SIZE_UNITS["MB"]
    """Bytes of memory of one worker with its application."""


class Versions(Struct, frozen=True):
    """
    The programs that run.
    """

    postgresql: int = 18
    nginx: tuple[int, ...] = (1, 30)
    gunicorn: tuple[int, ...] = (27, 0)
    pgbouncer: tuple[int, ...] = (1, 24)


class Request(Struct, frozen=True):
    """
    Everything that the solver starts from.
    """

    database: Machine
    """The host of PostgreSQL; with one host for all, that host."""
    application: Machine
    """The host of each copy of the application; with one host for all, that host."""
    one_host: bool
    """Whether all programs share one memory."""
    load: Load
    versions: Versions = field(default_factory=Versions)
    keep: Mapping[str, float] = field(default_factory=dict)
    """Settings that must not change, by name."""
    pooler: str = "auto"
    """Whether PgBouncer may stand in between: ``auto``, ``always`` or ``never``."""
    redis: bool = False
    assumptions: tuple[str, ...] = ()
    """What was not stated and is taken for granted, as sentences."""


class Choice(Struct, frozen=True):
    """
    One setting, its value, and why.
    """

    setting: str
    """The program's own name; for nginx the directive."""
    value: Setting
    """In the advisor's units."""
    text: str
    """The value in the program's own syntax."""
    reason: str
    terms: str = ""
    """How a number comes about: ``min(2 × 4 cpus + 1, 12) = 9``."""

    @property
    def why(self) -> str:
        """
        The reason with its numbers.
        """
        return f"{self.reason} ({self.terms})" if self.terms else self.reason


class Layer(Struct, frozen=True):
    """
    The settings of one program.
    """

    program: str
    """As the fact schema calls it: ``nginx``, ``gunicorn``, ``engine``, ``pgbouncer`` …"""
    choices: tuple[Choice, ...]

    def __getitem__(self, setting: str) -> Setting:
        """
        The value of one setting. Raises `KeyError` for one that is not chosen.
        """
        for choice in self.choices:
            if choice.setting == setting:
                return choice.value
        raise KeyError(setting)

    def number(self, setting: str) -> int:
        """
        The value of a numeric setting.
        """
        return int(self[setting])

    def has(self, setting: str) -> bool:
        """
        Whether the setting is among the choices.
        """
        return any(choice.setting == setting for choice in self.choices)


class Check(Struct, frozen=True):
    """
    One condition across layers that the values meet.
    """

    what: str
    formula: str
    """With the numbers: ``2 replicas × 4 workers × 8 = 64 ≤ 0.8 × 97``."""
    holds: bool


class Solution(Struct, frozen=True):
    """
    One consistent set of values.
    """

    request: Request
    layers: tuple[Layer, ...]
    checks: tuple[Check, ...]
    database_memory: int
    """Bytes that PostgreSQL was given."""
    shared_memory: int
    """Bytes that ``/dev/shm`` of PostgreSQL's container has to hold."""
    notes: tuple[str, ...] = ()
    """What the reader should know besides, as sentences."""

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __getitem__(self, program: str) -> Layer:
        """
        The layer of one program. Raises `KeyError` for one that is not part of the stack.
        """
        for layer in self.layers:
            if layer.program == program:
                return layer
        raise KeyError(program)

    def has(self, program: str) -> bool:
        """
        Whether the program is part of the stack.
        """
        return any(layer.program == program for layer in self.layers)
