"""
What one process holds of one pool, or of Django's connections without any.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.catalog.pools import limits
from advisor.facts.bounds import bounds_of, kept_without_pool
from advisor.facts.common import first_unknown, holds, number, origin_of
from advisor.facts.engine import engine_facts, is_sqlalchemy
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact

if TYPE_CHECKING:
    from advisor.parsers.engines import Engine

_UNSIZED: Mapping[object, tuple[int, int | None]] = {
    "NullPool": (0, None),
    "StaticPool": (1, 1),
    "AssertionPool": (1, 1),
}
"""
Connections that a process keeps, and opens at most, with pools that have no size.

NullPool keeps none and opens one whenever one is needed.
"""


class Shape(StrEnum):
    """
    What decides how many connections a process opens.
    """

    SIZED = "pool_size and max_overflow"
    POOL = "the size of the pool"
    THREADS = "the threads of a worker"


class Use(Struct, frozen=True):
    """
    What one process holds of one engine's pool.
    """

    size: int
    overflow: int
    kept: int
    """Connections it keeps open."""
    most: int
    """Connections it opens at most."""
    origin: Origin
    shape: Shape = Shape.SIZED

    def fit(self, allowed: int) -> tuple[int, int, int]:
        """
        Size, overflow and connections of the largest such pool that opens no more than `allowed`.

        The pool as it is where it fits, else two thirds kept and the rest as overflow.
        """
        if self.most <= allowed:
            return self.size, self.overflow, self.most
        allowed = max(allowed, 1)
        if self.shape is not Shape.SIZED:
            return allowed, 0, allowed
        size, overflow = self.size or allowed, self.overflow if self.overflow >= 0 else allowed
        kept = min(size, max((allowed * 2 + 2) // 3, allowed - overflow))
        return kept, allowed - kept, allowed


def use_of(engine: Engine, threads: Fact | None) -> Use | Unknown:
    """
    What one process holds; `threads` are those of a worker, None for an event loop.
    """
    if is_sqlalchemy(engine):
        return _use(engine_facts(engine), threads)
    return _other_use(engine, threads)


def _use(engine: Mapping[str, Fact], threads: Fact | None) -> Use | Unknown:
    """
    What one process holds of a pool; no more than a connection for each thread.
    """
    pooled, name = engine["engine.pooled"], engine["engine.poolclass"]
    size, overflow = engine["engine.pool_size"], engine["engine.max_overflow"]
    sized = (size, overflow) if holds(pooled) else ()
    unknown = first_unknown(pooled, name, *sized)
    if unknown is not None:
        return unknown
    own = name.value if isinstance(name, Value) else None
    bounds = limits(number(size), number(overflow)) if sized else _UNSIZED.get(own)
    if bounds is None:
        return Unknown("the pool class keeps no fixed number of connections", name.location)
    known = [one for one in (bounds[1], number(threads) if threads else None) if one is not None]
    if not known:
        return Unknown("the pool has no upper bound", name.location)
    most = min(known)
    # Without a limit everything is kept.
    kept = most if sized and not number(size) else min(bounds[0], most)
    return Use(number(size), number(overflow), kept, most, origin_of(pooled, *sized))


def _other_use(engine: Engine, threads: Fact | None) -> Use | Unknown:
    """
    What one process holds of another pool, or of Django's connections without any.
    """
    bounds = bounds_of(engine)
    if bounds is None:
        return _thread_use(engine, threads)
    if unknown := first_unknown(bounds.kept, bounds.most):
        return unknown
    kept, most = number(bounds.kept), bounds.most
    known = [number(one) for one in (most, threads) if isinstance(one, Value) and one.value]
    if not known:
        return Unknown("the pool has no upper bound", engine.location)
    # What a pool opens at once it opens for fewer threads too.
    reached = max(min(known), kept)
    return Use(number(most), 0, kept, reached, origin_of(bounds.kept, most), Shape.POOL)


def _thread_use(engine: Engine, threads: Fact | None) -> Use | Unknown:
    """
    Django opens a connection for every thread, and keeps it as long as CONN_MAX_AGE says.

    Source: docs.djangoproject.com, "Databases", persistent connections.
    """
    if threads is None:
        return Unknown("Django opens a connection for every request in work", engine.location)
    kept = kept_without_pool(engine)
    if isinstance(kept, Unknown):
        return kept
    most = number(threads)
    return Use(most, 0, most if kept.value else 0, most, origin_of(threads), Shape.THREADS)
