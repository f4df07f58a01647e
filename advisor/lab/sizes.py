"""
How large an index would be, from the statistics of what it holds, for each access method.

B-tree (``nbtsort.c``, ``nbtdedup.c``): tuples sorted, equal ones put into posting lists of at most
a tenth of a page, leaves filled to the fill factor, inner pages to 70 %. Hash (``hashinsert.c``):
buckets of three quarters of a page, their number in steps of a quarter of a power of two. BRIN: one
tuple for 128 pages. GIN: one entry per key, its rows compressed by their distance.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import ceil, exp, log, log2, prod

from msgspec import Struct
from msgspec.structs import replace

from advisor.lab.pages import PAGE, GinCounts

_USABLE = PAGE - 24 - 16
_POINTER = 6
_LINE = 4
_TUPLE = 8
_LONGEST_POSTING = 812
_MOST_ROWS = 130
"""Of a posting list, about."""
_VARIABLE = ("text", "character varying", "jsonb", "bytea", "citext")
"""Types whose values differ in width, so that padding is half of the alignment on average."""
_MOST_NUMERICS = 4
_INNER_FILL = 0.7
_HASH_TUPLE = 20
_HASH_TARGET = int(PAGE * 0.75 / _HASH_TUPLE)
_HASH_MOST = _USABLE // _HASH_TUPLE
_ROWS_OF_RANGE = 128
_GIN_ENTRY_FILL = 0.9
_MOST_INLINE = 384
"""Bytes of compressed row numbers from which on an entry gets a tree of its own, about."""
_NOT_ALIKE = ("numeric", "real", "double precision", "jsonb", "money", "interval")
"""Types whose equal values may look different, so that they are never put into posting lists."""
_ALIGN_8 = ("bigint", "double precision", "timestamp", "time", "money", "interval")
_ALIGN_1 = ("character", "text", "numeric", "bytea", "boolean", "uuid", "jsonb", "name", "bpchar")


class Part(Struct, frozen=True):
    """
    What is known of one key or included column.
    """

    type: str
    width: float
    nulls: float = 0.0
    distinct: float | None = None
    """How many different values; None when nothing tells."""
    frequencies: Sequence[float] = ()
    """Of the most common values."""
    guessed: bool = False


class Size(Struct, frozen=True):
    """
    Pages of an index, and what its metapage says.
    """

    pages: int
    height: int = 0
    gin: GinCounts | None = None
    guessed: str = ""
    """What the number stands on, when it is not statistics."""
    pivot: float = 20.0
    """Bytes of an entry of inner pages of a B-tree; with the row's place where keys are alike."""


def btree(
    rows: float,
    keys: Sequence[Part],
    include: Sequence[Part] = (),
    *,
    fill: int = 90,
    distinct: float | None = None,
    unique: bool = False,
) -> Size:
    """
    Pages and height of a B-tree; `distinct` is what is known of all keys together.
    """
    guessed = "width of a key" if any(one.guessed for one in keys) else ""
    single = _tuple_bytes([*keys, *include]) + _LINE
    if rows < 1:
        return Size(1, 0, None, guessed)
    groups = _groups(rows, keys, distinct)
    values = 0.0 if unique else sum(count for count, _ in groups)
    alike = 0.0 if unique else max(1 - values / rows, 0.0)
    each_row = bool(include) or unique or any(one.type.startswith(_NOT_ALIKE) for one in keys)
    if each_row:
        total, largest = rows * single, single
    else:
        tuples = sum(count * max(size / _MOST_ROWS, 1.0) for count, size in groups)
        alike = max(1 - values / tuples, 0.0) if tuples else 0.0
        total = sum(count * _group_bytes(size, single - _LINE) for count, size in groups)
        largest = max(
            (_group_bytes(min(size, _MOST_ROWS), single - _LINE) for _, size in groups),
            default=single,
        )
        largest = min(largest, _LONGEST_POSTING)
    page = min(_USABLE - PAGE * (100 - fill) / 100 - single + min(largest, single * 2) / 2, _USABLE)
    leaves = max(ceil(total / page), 1)
    if not each_row and distinct is None and _may_depend(rows, keys):
        guessed = guessed or "columns as if they did not depend on each other"
    pivot = _aligned(_TUPLE + row_width(keys[:1] if _is_wide(keys) else keys)) + _LINE
    return Size(*_tree(leaves, pivot + 8 * alike), None, guessed, pivot + 8 * alike)


def height_of(pages: int, pivot: float) -> int:
    """
    The height of a B-tree whose pages are known, and the bytes of one entry of its inner pages.
    """
    fanout = max(_USABLE * _INNER_FILL / pivot, 2.0)
    leaves = (pages - 1) * (1 - 1 / fanout)
    return max(ceil(log(leaves) / log(fanout)), 1) if pages > 2 else 0


def hashed(rows: float, key: Part) -> Size:
    """
    Pages of a hash index.
    """
    wanted = max(rows / _HASH_TARGET, 1.0)
    buckets = _buckets(wanted)
    distinct = key.distinct or rows
    common = [rows * one for one in key.frequencies]
    overflow = sum(one / _HASH_MOST for one in common if one > _HASH_MOST)
    rest = max(rows - sum(common), 0.0)
    alike = max(rest / max(distinct - len(common), 1.0), 1.0)
    overflow += buckets * _overflowing(rest / buckets, alike)
    return Size(2 + buckets + ceil(overflow))


def brin(pages: int, keys: Sequence[Part], per_range: int = _ROWS_OF_RANGE) -> Size:
    """
    Pages of a BRIN index over a table.
    """
    ranges = ceil(pages / per_range)
    width = 2 * sum(_padded(one) for one in keys)
    each = _aligned(_TUPLE + width) + _LINE
    return Size(1 + max(ceil(ranges / 1360), 1) + max(ceil(ranges * each / _USABLE), 1))


def gin(
    rows: float, table_pages: int, elements: Sequence[tuple[float, float]], width: float
) -> Size:
    """
    Pages of a GIN index: `elements` are groups of keys, how many and how often each stands.
    """
    entry_bytes, data_pages, entries = 0.0, 0.0, 0.0
    for count, each in elements:
        gap = max(table_pages / max(each, 1.0), 1 / max(rows / max(table_pages, 1), 1.0))
        bits = max(log2(gap * 2048 + 1), 7.0)
        own = max(each, 1.0) * max(ceil(bits / 7), 1)
        entries += count
        if own > _MOST_INLINE:
            entry_bytes += count * (_aligned(_TUPLE + width) + _LINE)
            data_pages += count * max(ceil(own / (_USABLE * 0.75)), 1)
        else:
            entry_bytes += count * (_aligned(_TUPLE + width + 8 + own) + _LINE)
    leaves = max(ceil(entry_bytes / (_USABLE * _GIN_ENTRY_FILL * 0.75)), 1)
    pages = 2 + leaves + ceil(data_pages)
    counts = GinCounts(leaves, ceil(data_pages), ceil(entries))
    return Size(pages, 0, counts)


def gin_counts(pages: int, like: GinCounts) -> GinCounts:
    """
    The counts for a size that is known, in the proportions of an estimate.
    """
    share = like.entry_pages / max(like.entry_pages + like.data_pages, 1)
    entry = max(round((pages - 2) * share), 1)
    return GinCounts(entry, max(pages - 2 - entry, 0), like.entries)


def row_width(parts: Sequence[Part]) -> float:
    """
    Bytes of the values of an index tuple, each aligned as its type wants.
    """
    at = 0.0
    for one in parts:
        step = 8 if one.type.startswith(_ALIGN_8) else 1 if one.type.startswith(_ALIGN_1) else 4
        if one.type in ("smallint", "boolean"):
            step = 2 if one.type == "smallint" else 1
        at = ceil(at / step) * step + one.width * (1 - one.nulls)
    return at


def _is_wide(keys: Sequence[Part]) -> bool:
    """
    Whether the first key alone tells most pages apart, so that inner pages hold no more of it.
    """
    return len(keys) > 1 and (keys[0].distinct or 0) > 100_000


def _groups(rows: float, keys: Sequence[Part], distinct: float | None) -> list[tuple[float, float]]:
    """
    How many values there are of each number of rows.
    """
    if len(keys) == 1 and distinct is None:
        one = keys[0]
        common = [(1.0, rows * share) for share in one.frequencies]
        nulls = [(1.0, rows * one.nulls)] if one.nulls * rows >= 1 else []
        rest = rows * max(1 - one.nulls - sum(one.frequencies), 0.0)
        others = max((one.distinct or rows) - len(common), 1.0)
        return [*common, *nulls, *_spread(rest, others)]
    values = prod(max(one.distinct or rows, 1.0) for one in keys)
    return _spread(rows, values if distinct is None else max(distinct, 1.0))


def _spread(rows: float, values: float) -> list[tuple[float, float]]:
    """
    Rows that fall on values at random: with few rows each, by the distribution of Poisson.
    """
    if rows < 1:
        return []
    mean = rows / values
    if mean > 30 or abs(mean - 1) < 0.01:
        return [(values, mean)]
    found, chance = [], exp(-mean)
    for number in range(1, int(mean * 3) + 20):
        chance *= mean / number
        found.append((values * chance, float(number)))
    scale = rows / sum(count * size for count, size in found)
    return [(count * scale, size) for count, size in found]


def _tuple_bytes(parts: Sequence[Part]) -> float:
    """
    Bytes of an index tuple with its padding, on average.

    A numeric takes three bytes and two for each four digits; the statistics cut fractions of the
    average off, so one of 4 is rather 4.5.
    """
    numerics = sum(one.type.startswith("numeric") for one in parts)
    if any(one.type.startswith(_VARIABLE) for one in parts) or numerics > _MOST_NUMERICS:
        return _TUPLE + row_width(parts) + 3.5
    found = [_aligned(_TUPLE + row_width(one)) for one in product(*map(_widths, parts))]
    return sum(found) / len(found)


def _widths(part: Part) -> Sequence[Part]:
    if not part.type.startswith("numeric") or part.width % 2:
        return [part]
    more = replace(part, width=part.width + 1)
    return [replace(part, width=part.width - 1), more, more, more]


def _may_depend(rows: float, keys: Sequence[Part]) -> bool:
    """
    Whether the number of combinations is anybody's guess: many, of columns that repeat.
    """
    counts = [one.distinct for one in keys if one.distinct and one.distinct <= rows / 2]
    return 1 < len(counts) == len(keys) and prod(counts) > rows / 10


def _group_bytes(count: float, key: float) -> float:
    """
    Bytes of one value with all its rows.
    """
    if count < 1.5:
        return count * (key + _LINE)
    most = max(int((_LONGEST_POSTING - key) / _POINTER), 1)
    full, rest = divmod(count, most)
    listed = _aligned(key + _POINTER * rest) + _LINE if rest > 1 else rest * (key + _LINE)
    return full * (_aligned(key + _POINTER * most) + _LINE) + listed


def _tree(leaves: int, pivot: float) -> tuple[int, int]:
    pages, height, level = leaves, 0, leaves
    fanout = max(int(_USABLE * _INNER_FILL / pivot), 2)
    while level > 1:
        level = ceil(level / fanout)
        pages += level
        height += 1
    return pages + 1, height


def _buckets(wanted: float) -> int:
    """
    Powers of two up to 512, then in four steps from one to the next.
    """
    exponent = max(ceil(log2(wanted)), 1)
    if exponent < 10:
        return 1 << exponent
    base = 1 << (exponent - 1)
    return base + ceil((wanted - base) / (base / 4)) * (base // 4)


def _overflowing(mean: float, alike: float) -> float:
    """
    Overflow pages of a bucket, for rows that come in groups of a size: normally distributed.
    """
    deviation = max((mean * alike) ** 0.5, 1e-9)
    total, steps = 0.0, 64
    for at in range(steps):
        place = -4 + 8 * (at + 0.5) / steps
        chance = exp(-place * place / 2) / 2.5066 * 8 / steps
        total += chance * max(ceil((mean + place * deviation) / _HASH_MOST) - 1, 0)
    return total


def _padded(one: Part) -> float:
    return max(one.width, 1.0)


def _aligned(size: float) -> float:
    return ceil(size / 8) * 8
