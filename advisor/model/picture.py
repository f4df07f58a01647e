"""
The deployment in numbers: what is asked for beside what there is, and which wait ends first.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from advisor.model.location import Location


class BudgetKind(StrEnum):
    """
    What is shared out. The numbers of a budget are of this kind.
    """

    CONNECTIONS = "connections"
    MEMORY = "memory"
    """In bytes."""


class BudgetTerm(Struct, frozen=True):
    """
    What one consumer takes: an application's pools, shared_buffers, the queries.
    """

    name: str
    expected: float | None
    """What it keeps or is expected to take; None when that is not known."""
    most: float | None
    """What it may take at most; None when that is not known or has no bound."""
    how: str
    """How the numbers come about, or why they are not known."""
    location: Location | None = None
    """Where the consumer is configured."""


class Budget(Struct, frozen=True):
    """
    Everything that draws on one limit. The sums are those of the terms.
    """

    kind: BudgetKind
    subject: str
    """Whose limit it is, for example ``service db``."""
    terms: tuple[BudgetTerm, ...]
    expected: float | None
    """None when a term is not known."""
    most: float | None
    limit: float | None
    """None when it is not known."""
    limit_how: str
    """How the limit comes about, for example ``max_connections 200 − 3 reserved``."""

    @property
    def exceeded(self) -> bool:
        """
        Whether more may be asked for than there is, as far as that is known.
        """
        return self.limit is not None and self.most is not None and self.most > self.limit


class Wait(StrEnum):
    """
    What a timeout bounds, from the inside of a request to its outside.
    """

    CONNECT = "connect"
    POOL = "pool"
    POOLER = "pooler"
    STATEMENT = "statement"
    WORKER = "worker"
    PROXY = "proxy"
    BALANCER = "load balancer"


class Order(StrEnum):
    """
    How a timeout stands to those around it.
    """

    FITS = "in order"
    LATE = "out of order"
    """Something around it gives up first, or at the same time."""
    UNLIMITED = "no limit"
    IDLE = "ends no request"
    """It is known and bounds something else, such as the silence of a worker's event loop."""
    UNKNOWN = "not known"


class TimeoutStep(Struct, frozen=True):
    """
    One of the timeouts that a request meets.
    """

    wait: Wait
    setting: str
    """The program's own name, for example ``proxy_read_timeout``; empty when there is none."""
    seconds: float | None
    """None when it is not known or there is no limit."""
    order: Order
    note: str = ""
    """Where the value is from, what gives up first, or why it is not known."""
    location: Location | None = None


class TimeoutChain(Struct, frozen=True):
    """
    The timeouts on the way of a request through one application, innermost first.
    """

    subject: str
    steps: tuple[TimeoutStep, ...]


class TargetRow(Struct, frozen=True):
    """
    One target of the guide that only a measurement can decide.
    """

    metric: str
    target: str
    critical: str
    """Beyond this the guide calls for action at once."""
    measured: str
    """Empty when nothing was measured."""
    state: str
    """As of a `GuideRow`."""
