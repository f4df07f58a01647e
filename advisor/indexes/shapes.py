"""
The indexes that an access suggests: equality first, then one range or an order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations

from advisor.indexes.model import Access, Condition, Definition, Key

MAX_KEYS = 3
BRIN_ROWS = 10_000_000
"""Rows from which on a summary of pages is so much smaller than a B-tree that it is preferred."""
_MOST_PERMUTED = 3
"""Equality columns whose every order is tried, so that one index may serve several plans."""
MOST_OF_JOINED = 0.25
"""What the other conditions of a joined table may keep, so that its ranges become keys as well."""
FIXED = ("eq", "flag", "null")
"""Kinds that fix a column to one value."""
MIN_PLANS = 2
"""Plans with the same constant from which on it may be the predicate of a partial index."""


def shapes(
    access: Access,
    stable: frozenset[str] = frozenset(),
    appended: frozenset[str] = frozenset(),
    common: frozenset[str] = frozenset(),
) -> Iterator[Definition]:
    """
    Candidates for one access, the most natural first.

    `stable` are conditions that all plans of the table share, so that they may become a predicate;
    `appended` are columns whose values grow with the table, `common` conditions that hold for most
    rows, so that their columns need not be keys.
    """
    of_kind: dict[str, list[Condition]] = {}
    for one in access.conditions:
        if one.text in common and one.weight:
            continue
        of_kind.setdefault(one.kind, []).append(one)
    for one in of_kind.get("special", ()):
        if one.key is not None:
            yield Definition(access.table, (one.key,), one.method)
    if access.rows >= BRIN_ROWS * access.executions and access.serves == "filter":
        for one in of_kind.get("range", ()):
            if one.key is not None and one.name in appended:
                yield Definition(access.table, (one.key,), "brin")
    parts = [one for one in access.conditions if _is_predicate(one, stable)]
    fixed = [one for kind in FIXED for one in of_kind.get(kind, ())]
    predicate = tuple(dict.fromkeys(one.text for one in parts))
    if predicate:
        others = [one for one in fixed if one not in parts]
        yield from _keyed(access, of_kind, others, predicate)
    plain = [one for one in fixed if one.kind != "null"]
    yield from _keyed(access, of_kind, plain, ())
    if len(plain) < len(fixed):
        yield from _keyed(access, of_kind, fixed, ())


def _is_predicate(one: Condition, stable: frozenset[str]) -> bool:
    if not one.is_literal or not one.weight:
        return False
    return one.kind in ("null", "flag") or (one.kind == "eq" and one.text in stable)


def _keyed(
    access: Access,
    of_kind: Mapping[str, list[Condition]],
    fixed: list[Condition],
    predicate: tuple[str, ...],
) -> Iterator[Definition]:
    """
    B-trees over equality columns in every order, followed by what the access wants behind them.
    """
    joined = of_kind.get("join", [])
    filters = [one for one in access.conditions if one.weight]
    filtered, texts = {one.name for one in filters}, {one.text for one in filters}
    for front in _fronts(joined, fixed):
        if access.serves == "sort":
            names = {key.column for key in front}
            order = tuple(key for key in access.order if key.column not in names)
            keys = (*front, *forward(order))
            if access.walked and not (names & filtered or texts & {*predicate}):
                continue
            if order and len(keys) <= MAX_KEYS + 1:
                yield Definition(access.table, keys, predicate=predicate)
            continue
        for back in _backs(access, of_kind):
            keys = _distinct((*front, *back))[:MAX_KEYS]
            if keys:
                yield Definition(access.table, keys, predicate=predicate)
    if predicate and not fixed and not joined and access.serves == "filter":
        own = [one for one in access.conditions if one.text in predicate and one.key]
        yield from (Definition(access.table, (o.key,), predicate=predicate) for o in own if o.key)


def _fronts(joined: list[Condition], fixed: list[Condition]) -> Iterator[tuple[Key, ...]]:
    """
    Orders of the columns that are fixed to one value: join columns first or last.
    """
    keys = _distinct(tuple(one.key for one in fixed if one.key))
    ends = _distinct(tuple(one.key for one in joined if one.key))
    if len(keys) > _MOST_PERMUTED:
        yield (*ends, *keys)
        return
    for own in permutations(keys):
        yield (*ends, *own)
        if ends and own:
            yield (*own, *ends)
        if len(ends) > 1:
            yield from ((*other, *own) for other in permutations(ends))
            yield from ((one, *own) for one in ends)


def _backs(access: Access, of_kind: Mapping[str, list[Condition]]) -> Iterator[tuple[Key, ...]]:
    """
    Lists and then one range, which ends the key: behind it entries are in no order that helps. Only
    ranges closed on both sides are checked on entries there often enough to save reading rows.
    """
    listed = [one.key for one in of_kind.get("in", ()) if one.key]
    ranges = sorted(of_kind.get("range", ()), key=lambda one: -one.bounds)
    prefixes = [one.key for one in of_kind.get("prefix", ()) if one.key]
    if access.serves == "join" and access.kept > MOST_OF_JOINED * access.rows:
        ranges = []
    if len(ranges) == 1 or (ranges and ranges[0].bounds > 1):
        first = [one.key for one in ranges if one.key]
        closed = [one.key for one in ranges[1:] if one.key and one.bounds > 1]
        if closed:
            yield (*listed, first[0], *closed)
        yield (*listed, first[0])
        yield (first[0],)
    yield from ((*listed, one) for one in prefixes)
    yield tuple(listed)


def _distinct(keys: tuple[Key, ...]) -> tuple[Key, ...]:
    return tuple({key.column: key for key in keys}.values())


def forward(order: tuple[Key, ...]) -> tuple[Key, ...]:
    """
    The order an index should have: plain where a backward scan of it returns what is wanted.
    """
    backward = tuple(key.reversed() for key in order)
    return backward if not any(key.suffix for key in backward) else order
