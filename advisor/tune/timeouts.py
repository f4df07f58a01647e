"""
Timeouts, each shorter than that of the layer around it, and keepalives the other way round.

Who gives up first answers: a wait for the database must end while the worker still lives, and the
worker while the proxy still waits. Of two ends of an idle connection the one that sends requests
must close it first.
"""

from __future__ import annotations

from itertools import pairwise

from msgspec import Struct

from advisor.tune.model import Check

WORKER = 30
"""gunicorn's own default, seconds."""
BALANCER = 60
"""Idle timeout that load balancers come with (AWS Application Load Balancer), seconds."""
UPSTREAM_IDLE = 60
"""nginx's own default of keepalive_timeout in an upstream, seconds."""
CLIENT_IDLE = BALANCER + 5
WORKER_IDLE = UPSTREAM_IDLE + 15


class Timeouts(Struct, frozen=True):
    """
    Seconds, from the innermost to the outermost.
    """

    connect: int
    """To open a connection to the database."""
    pool: int
    """To wait for a connection of the pool."""
    queue: int
    """To wait for a connection of PgBouncer."""
    statement: int
    worker: int
    proxy: int
    """Between two reads of nginx from the application."""
    balancer: int

    def chain(self, *, pooler: bool) -> tuple[tuple[str, int], ...]:
        """
        Names and seconds in their order.
        """
        queue = (("PgBouncer's queue", self.queue),) if pooler else ()
        return (
            ("connect", self.connect),
            ("pool", self.pool),
            *queue,
            ("statement", self.statement),
            ("worker", self.worker),
            ("proxy", self.proxy),
            ("load balancer", self.balancer),
        )


def timeouts(worker: int = WORKER) -> Timeouts:
    """
    All timeouts around that of the worker, which is 12 seconds or more.
    """
    pool = min(5, worker // 4)
    statement = worker * 2 // 3
    proxy = worker + 5
    return Timeouts(
        connect=min(3, pool - 1),
        pool=pool,
        queue=min(10, (pool + statement) // 2),
        statement=statement,
        worker=worker,
        proxy=proxy,
        balancer=max(BALANCER, proxy + 5),
    )


def order(times: Timeouts, *, pooler: bool) -> Check:
    """
    Whether every timeout is shorter than the next.
    """
    chain = times.chain(pooler=pooler)
    seconds = [value for _, value in chain]
    formula = " < ".join(f"{name} {value} s" for name, value in chain)
    return Check("timeouts in order", formula, all(a < b for a, b in pairwise(seconds)))


def idle(*, reuses: bool) -> Check:
    """
    Whether the sender of requests closes an idle connection before the receiver.
    """
    pairs = [(BALANCER, CLIENT_IDLE), *([(UPSTREAM_IDLE, WORKER_IDLE)] if reuses else [])]
    formula = f"load balancer {BALANCER} s < nginx {CLIENT_IDLE} s"
    if reuses:
        formula += f"; nginx {UPSTREAM_IDLE} s < gunicorn {WORKER_IDLE} s"
    return Check("idle connections", formula, all(a < b for a, b in pairs))
