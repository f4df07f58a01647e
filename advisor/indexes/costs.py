"""
What reading a scan's rows through an index costs, in rows read in order, and what it gains.

A row that a sequential scan reads costs 1. Everything else is a multiple of it: the unit cancels
out, because the plan says how long its own rows took.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import exp, log

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from advisor.indexes.model import Access, Condition, Definition, Key

MAX_KEPT_SHARE = 0.2
"""Beyond a fifth of the table, reading all of it in order is faster than through an index."""
MAX_UNSURE_SHARE = 0.05
"""The same where the rows to be read are a guess."""
MAX_JOIN_SHARE = 0.15
"""The same for joins, whose probes jump about more."""
RANDOM_READ = 4.0
"""What a row read through an index costs (default of random_page_cost)."""
JOINED_READ = 10.0
"""The same for rows that a join looks up one by one, all over the table."""
COVERED_READ = 1.5
"""The same when the index alone answers."""
NEIGHBOUR_READ = 1.2
"""The same for rows that lie side by side, found by a summary of pages (BRIN)."""
BRIN_ROWS_READ = 7_680.0
"""Rows of one range of 128 pages, the least that a BRIN index leads to."""
ENTRY_READ = 0.2
"""What an index entry costs whose row is not read."""
PROBE_ROWS = 10.0
"""What one descent of an index costs."""
MAX_COST_SHARE = 0.6
"""The most that reading through an index may cost of reading the table; estimates are not exact."""
LEAST_ROWS = 0.5
"""In place of 0 rows, which have no logarithm."""
MOST = 0.8
"""Part of the rows that several conditions keep together, from which on none of them matters."""
_CAUTION = 0.6
"""Power that a guessed share is raised to, so that 1 % counts as 6 %."""
_BOUNDED = ("range", "prefix")
_ALIKE = ("eq", "join")
"""Kinds that keep about as much whatever the value is."""
_EQUALITIES = ("eq", "in", "null", "flag", "join")


class Gain(Struct, frozen=True):
    """
    What an index saves of one plan.
    """

    share: float = 0.0
    """Part of the plan."""
    cost: float = 0.0
    """What is left, in rows read in order."""


NOTHING = Gain()


class Selectivities(Struct):
    """
    What single conditions keep, learned from scans that have no other.
    """

    by_text: dict[tuple[str, str], float] = msgspec.field(default_factory=dict)
    by_key: dict[tuple[str, str, str], float] = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, accesses: Iterable[Access]) -> Selectivities:
        """
        Learn from all scans of a workload.
        """
        accesses = tuple(accesses)
        found: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        known = cls()
        for one in accesses:
            strong = [c for c in one.conditions if c.kind != "weak"]
            if one.serves == "join" or len(strong) != 1 or not strong[0].weight:
                continue
            keeps = max(one.kept, LEAST_ROWS) / max(one.rows, 1.0)
            known.by_text[one.table, strong[0].text] = keeps
            if strong[0].kind in _ALIKE:
                found[one.table, strong[0].kind, strong[0].name].append(keeps)
        for where, shares in found.items():
            known.by_key[where] = max(shares)
        known._learn_weak(accesses)
        return known

    def _learn_weak(self, accesses: Iterable[Access]) -> None:
        """
        Where conditions together keep most rows, each of them keeps at least as many.
        """
        for one in accesses:
            keeps = one.kept / max(one.rows, 1.0)
            if one.serves != "join" and not one.walked and MOST <= keeps <= 1:
                for condition in one.conditions:
                    self.by_text.setdefault((one.table, condition.text), keeps)

    def common(self, table: str) -> frozenset[str]:
        """
        Conditions that most rows of a table meet.
        """
        return frozenset(
            text for (name, text), keeps in self.by_text.items() if name == table and keeps >= MOST
        )

    def split(self, access: Access) -> dict[Condition, tuple[float, bool]]:
        """
        What each condition keeps, and whether that is known.

        What is kept together is shared out among those that no other plan knows.
        """
        total = log(max(access.kept, LEAST_ROWS) / max(access.rows, 1.0))
        shares: dict[Condition, tuple[float, bool]] = {}
        left: list[Condition] = []
        for one in access.conditions:
            known = self._known(access.table, one)
            if known is not None:
                shares[one] = (known, True)
                total -= log(known)
            else:
                left.append(one)
        total = min(total, 0.0)
        weights = sum(one.weight for one in left)
        strong = sum(one.kind != "weak" for one in left)
        for one in left:
            keeps = exp(total * one.weight / weights) if weights else 1.0
            shares[one] = (keeps, strong <= 1)
        return shares

    def _known(self, table: str, one: Condition) -> float | None:
        if not one.weight:
            return 1.0
        if one.kind == "other" or not one.name:
            return self.by_text.get((table, one.text))
        exact = self.by_text.get((table, one.text))
        return exact if exact is not None else self.by_key.get((table, one.kind, one.name))


class Match(Struct, frozen=True):
    """
    How the keys of an index meet the conditions of a scan.
    """

    bounding: tuple[Condition, ...]
    """They decide which entries are read."""
    filtering: tuple[Condition, ...]
    """Decided on the entries, before their rows are read."""
    rest: tuple[Key, ...]
    """Keys behind those that are fixed to one value."""


def match(access: Access, definition: Definition) -> Match | None:
    """
    Meet the keys in their order; None when a partial index does not hold the rows.
    """
    implied = [one for one in access.conditions if one.text in definition.predicate]
    if len({one.text for one in implied}) < len(definition.predicate):
        return None
    if definition.method != "btree":
        special = [c for c in access.conditions if _is_special(c, definition)]
        return Match(tuple(special), (), ()) if special else None
    bounding, is_open = list(implied), True
    filtering: list[Condition] = []
    rest = definition.keys
    for at, key in enumerate(definition.keys):
        fixed, bound = _of_key(access, key)
        one = fixed or bound
        if one is None:
            is_open = False
            continue
        if one not in bounding:
            (bounding if is_open else filtering).append(one)
        if is_open and fixed is not None and (fixed.kind != "in" or access.serves != "sort"):
            rest = definition.keys[at + 1 :]
        is_open = is_open and fixed is not None
    return Match(tuple(bounding), tuple(filtering), rest)


def _is_special(one: Condition, definition: Definition) -> bool:
    """
    Whether an index of another kind serves a condition; trigrams also find a beginning.
    """
    if one.key is None:
        return False
    if definition.method == "brin":
        return one.kind == "range" and one.key in definition.keys
    if one.kind == "prefix":
        key = replace(one.key, opclass="gin_trgm_ops")
        return key in definition.keys and one.has_trigram
    return one.method == definition.method and one.key in definition.keys


def _of_key(access: Access, key: Key) -> tuple[Condition | None, Condition | None]:
    fixed = bound = None
    for one in access.conditions:
        if one.key is None or one.method != "btree" or one.key.column != key.column:
            continue
        if one.kind in _EQUALITIES:
            fixed = one
        elif one.kind in _BOUNDED and one.key.opclass == key.opclass:
            bound = one
    return fixed, bound


class Model(Struct, frozen=True):
    """
    The cost model over one workload.
    """

    selectivities: Selectivities
    splits: dict[Access, Mapping[Condition, tuple[float, bool]]] = msgspec.field(
        default_factory=dict
    )

    def gain(self, access: Access, definition: Definition) -> Gain:
        """
        What an index saves of the plan of an access; nothing when it does not serve it.
        """
        found = match(access, definition)
        if found is None:
            return NOTHING
        if access.serves == "sort" and definition.method == "btree":
            return self._ordered(access, definition, found)
        is_join = any(one.kind == "join" for one in access.conditions)
        if is_join and not any(one.kind == "join" for one in found.bounding):
            return NOTHING
        if access.serves == "join" and access.wanted != access.kept:
            return self._joined(access, definition, found)
        return self._filtered(access, definition, found)

    def _shares(self, access: Access) -> Mapping[Condition, tuple[float, bool]]:
        if access not in self.splits:
            self.splits[access] = self.selectivities.split(access)
        return self.splits[access]

    def _filtered(self, access: Access, definition: Definition, found: Match) -> Gain:
        if not found.bounding or access.serves == "sort":
            return NOTHING
        shares = self._shares(access)
        entries = access.rows * _product(shares, found.bounding)
        heap = entries * _product(shares, found.filtering)
        if definition.method == "brin":
            entries = heap = max(heap, BRIN_ROWS_READ * access.executions)
        served = (*found.bounding, *found.filtering)
        if not any(shares[one][0] < 1 for one in served):
            return NOTHING
        if any(one.kind == "join" for one in served):
            entries = heap = min(heap, access.rows)
        rest = [c for c in access.conditions if c not in served and c.kind != "weak"]
        is_sure = not rest or all(shares[one][1] for one in served)
        if not is_sure and heap > MAX_UNSURE_SHARE * access.rows:
            return NOTHING
        if heap > MAX_KEPT_SHARE * access.rows or entries > access.rows / 2:
            return NOTHING
        if not is_sure:
            # A guess may well be off by its own logarithm; what is served entirely is preferred.
            heap = access.rows * (heap / access.rows) ** _CAUTION
            entries = max(entries, heap)
        cost = _row_cost(access, definition) * heap + ENTRY_READ * (entries - heap)
        return _gain(access, cost + PROBE_ROWS * access.executions, heap)

    def _ordered(self, access: Access, definition: Definition, found: Match) -> Gain:
        if not _in_order(found.rest, access, found):
            return NOTHING
        served = (*found.bounding, *found.filtering)
        reads, most = access.wanted, MAX_KEPT_SHARE
        if any(one not in served and one.kind != "weak" for one in access.conditions):
            reads = max(reads, 1.0) * access.rows / max(access.kept, 1.0)
            most = MAX_UNSURE_SHARE
        if reads > most * access.rows:
            return NOTHING
        descents = access.executions + access.lookups
        cost = _row_cost(access, definition) * reads + PROBE_ROWS * descents
        return _gain(access, cost, reads)

    def _joined(self, access: Access, definition: Definition, found: Match) -> Gain:
        shares = self._shares(access)
        own = [one for one in found.bounding if one.kind != "join"]
        reads = access.wanted * access.rows / max(access.kept, 1.0) * _product(shares, own)
        cost = PROBE_ROWS * access.executions + _row_cost(access, definition) * reads
        if reads > MAX_JOIN_SHARE * access.rows or cost > MAX_COST_SHARE * access.rows:
            return NOTHING
        return _gain(access, cost, reads)


def _in_order(rest: tuple[Key, ...], access: Access, found: Match) -> bool:
    """
    Whether the keys behind the fixed ones deliver the wanted order, read forward or backward.
    """
    fixed = {one.name for one in found.bounding if one.kind in _EQUALITIES and one.kind != "in"}
    order = tuple(key for key in access.order if key.column not in fixed)
    got = rest[: len(order)]
    return got in (order, tuple(key.reversed() for key in order))


def _product(
    shares: Mapping[Condition, tuple[float, bool]], conditions: Iterable[Condition]
) -> float:
    product = 1.0
    for one in conditions:
        product *= shares[one][0]
    return product


def _row_cost(access: Access, definition: Definition) -> float:
    covered = definition.method == "btree" and access.needed is not None
    if covered and access.needed is not None and access.needed <= _held(definition):
        return COVERED_READ
    if definition.method == "brin":
        return NEIGHBOUR_READ
    return JOINED_READ if access.serves == "join" else RANDOM_READ


def _held(definition: Definition) -> frozenset[str]:
    columns = (key.column for key in definition.keys if key.is_column and not key.opclass)
    implied = re.findall(r"\w+", " ".join(definition.predicate))
    return frozenset((*columns, *definition.include, *implied))


def _gain(access: Access, cost: float, reads: float) -> Gain:
    left = cost / max(access.read, 1.0)
    saved = access.saved_share
    if access.serves == "join":
        saved *= 1 - min(reads / max(access.rows, 1.0), 1.0)
    share = access.share * (1 - left) + saved
    return Gain(min(share, 1.0), cost) if share > 0 else NOTHING
