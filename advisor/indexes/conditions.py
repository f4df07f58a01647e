"""
The conditions of one scan, each with the key that would serve it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from advisor import regex
from advisor.indexes import operators
from advisor.indexes.model import Condition, Key
from advisor.indexes.schema import Table
from advisor.plans import scan
from advisor.plans.conditions import Predicate, predicates
from advisor.plans.model import PlanNode
from advisor.plans.sides import Side, side

SYSTEM_COLUMNS = frozenset({"ctid", "oid", "tableoid", "xmin", "xmax", "cmin", "cmax"})
_WEAK = frozenset({"<>", "IS NOT NULL", "IS TRUE", "IS NOT TRUE", "!~~", "!~~*", "!~", "!~*"})
_TEXT = regex.lazy(r"(?:text|varchar|character|char|bpchar|citext|name)\b.*")
_WEIGHTS = {
    "eq": 5.0,
    "in": 2.0,
    "range": 1.0,
    "prefix": 4.0,
    "null": 1.0,
    "flag": 1.0,
    "join": 6.0,
}
"""
Logarithms of what a condition of each kind keeps, in proportion: an equality as much as five open
ranges. Only used to share out what several conditions keep together.
"""
_SPECIAL_WEIGHT = 4.0
ENUM_WEIGHT = 1.5
"""Of a column compared with a word: status and kind have few values."""
RECENT_WEIGHT = 5.0
"""Of a range from a few days ago on, in a table that was filled over a longer time."""
_RECENT_DAYS = 7
_SINCE = regex.lazy(
    r"(?:(?:now|statement_timestamp|transaction_timestamp)\(\)|(?:CURRENT|LOCAL)_?TIMESTAMP)"
    r"(?:\)?::[\w ]+)? - '(?:(?P<days>\d+) days?)? ?(?:(?P<hours>\d+):\d\d:\d\d)?'::interval"
    r"|CURRENT_DATE - (?P<count>\d+)"
)
_OTHER_WEIGHT = 2.0
_BARE_CAST = regex.lazy(r'\(?[\w."$]+\)?::[\w .()]+')
"""A column that is compared as another type: the value should be changed, not the index."""
_WORD = regex.lazy(r"'[A-Za-z][\w -]{0,30}'::(?:text|bpchar|character varying|[a-z_]\w*)")


def conditions_of(
    node: PlanNode, text: str, query: str, table: Table | None
) -> tuple[Condition, ...]:
    """
    What a filter or an index condition asks for, ranges of the same key put together.
    """
    found = (_condition(oriented(one, node), node, query, table) for one in predicates(text))
    return tuple(_merged(found))


def oriented(predicate: Predicate, node: PlanNode) -> Predicate:
    """
    A comparison with the scan's own column on the left, as far as there is one.
    """
    if owns(node, predicate.left.qualifier) and predicate.left.is_column:
        return predicate
    turned = predicate.turned()
    is_better = turned is not None and turned.is_column and owns(node, turned.left.qualifier)
    return turned if is_better and turned is not None else predicate


def owns(node: PlanNode, qualifier: str) -> bool:
    """
    Whether a column with this alias in front of it may be the scan's own.
    """
    return qualifier in ("", node.alias)


def without_alias(text: str, node: PlanNode) -> str:
    """
    A text without the scan's alias in front of columns: an index knows no alias.
    """
    if not node.alias or (f"{node.alias}." not in text and f'{node.alias}".' not in text):
        return text
    alias = re.escape(node.alias.replace('"', '""'))
    pattern = rf"'(?:[^']|'')*'|(?<![\w$.\"])(?:\"{alias}\"|{alias})\.(?=[\w\"])"
    return re.sub(pattern, lambda match: match[0] if match[0][0] == "'" else "", text)


def is_cast(column: str, query: str) -> bool:
    """
    Whether the query itself casts a column, so that ``(column)::text`` is more than a relabel.
    """
    name = rf'"?{re.escape(column)}"?'
    pattern = rf"(?<![\w$]){name}\s*::|\bCAST\s*\(\s*(?:[\w\"]+\.)?{name}\s+AS\b"
    return re.search(pattern, query, re.IGNORECASE) is not None


def key_of(found: Side, node: PlanNode, query: str, table: Table | None) -> Key | None:
    """
    The key for a column or an expression of the scan's own columns; None when none can serve it.
    """
    if found.is_column:
        if found.column in SYSTEM_COLUMNS or not owns(node, found.qualifier):
            return None
        if found.relabelled and not _is_relabel(found.column, query, table):
            return None
        return Key(found.column)
    is_own = found.known and found.qualifiers and found.qualifiers <= {"", node.alias}
    text = scan.strip_parentheses(without_alias(found.text, node))
    if not is_own or _BARE_CAST.fullmatch(text) or not operators.is_immutable(text):
        return None
    return Key(text, is_column=False)


def _is_relabel(column: str, query: str, table: Table | None) -> bool:
    kind = column_type(table, column)
    return bool(_TEXT.fullmatch(kind)) if kind else not is_cast(column, query)


def column_type(table: Table | None, column: str) -> str:
    """
    A column's type; empty when no schema says.
    """
    declared = table.columns.get(column) if table else None
    return declared.type if declared else ""


def _condition(predicate: Predicate, node: PlanNode, query: str, table: Table | None) -> Condition:
    text = without_alias(predicate.text, node)
    if predicate.operator in _WEAK:
        return Condition("weak", text, weight=0.2)
    is_range = predicate.kind == "range" and not predicate.right.is_constant
    other = Condition("other", text, weight=_WEIGHTS["range"] if is_range else _OTHER_WEIGHT)
    if shapes := operators.compared_shapes(predicate.text):
        return _of_shapes(shapes, node, other)
    key = key_of(predicate.left, node, query, table)
    if key is None:
        return other
    if predicate.kind == "eq" and _is_outer(predicate.right, node):
        return Condition("join", text, key, weight=_WEIGHTS["join"], is_literal=False)
    right = predicate.right
    if not right.is_constant:
        return other
    is_literal = "$" not in right.text and not right.functions
    if predicate.kind == "like":
        return _pattern(predicate, key, other, table)
    kind = _kind(predicate)
    if kind:
        weight = _weight(kind, predicate, key)
        relabelled = predicate.left.relabelled
        return Condition(kind, text, key, "btree", weight, is_literal, relabelled=relabelled)
    own_type = column_type(table, key.column)
    special = operators.contained_key(predicate.operator, right.text, key, own_type)
    if special is None:
        return other
    return Condition("special", text, special[1], special[0], _SPECIAL_WEIGHT, is_literal)


def _kind(predicate: Predicate) -> str:
    if predicate.kind == "is_null":
        return "null"
    if predicate.kind == "eq":
        return "flag" if predicate.right.text in ("true", "false") else "eq"
    return predicate.kind if predicate.kind in ("in", "range") else ""


def _is_recent(predicate: Predicate) -> bool:
    """
    Whether a range is open towards today and begins a few days before it.
    """
    match = _SINCE.fullmatch(scan.strip_parentheses(predicate.right.text))
    if match is None or predicate.operator not in (">", ">="):
        return False
    days = int(match["days"] or match["count"] or 0) + int(match["hours"] or 0) / 24
    return days <= _RECENT_DAYS


def _weight(kind: str, predicate: Predicate, key: Key) -> float:
    if kind == "range" and _is_recent(predicate):
        return RECENT_WEIGHT
    is_word = kind == "eq" and _WORD.fullmatch(predicate.right.text)
    return ENUM_WEIGHT if is_word and key.is_column else _WEIGHTS[kind]


def _pattern(predicate: Predicate, key: Key, other: Condition, table: Table | None) -> Condition:
    """
    LIKE, ILIKE and regular expressions. A parameter hides the pattern, and so what serves it.
    """
    pattern = operators.string(predicate.right.text)
    own = column_type(table, key.column)
    if pattern is None or (own and not _TEXT.fullmatch(own)) or own.startswith("citext"):
        return other
    found = operators.pattern_key(predicate.operator, pattern, key)
    if found is None:
        return other
    kind, method, own_key = found
    if kind == "prefix" and table is not None:
        declared = table.columns.get(key.column)
        if declared is not None and declared.collation in ("C", "POSIX"):
            own_key = key
    return Condition(
        kind,
        other.text,
        own_key,
        method,
        _WEIGHTS.get(kind, _SPECIAL_WEIGHT),
        relabelled=predicate.left.relabelled,
        has_trigram=operators.has_trigram(predicate.operator, pattern),
    )


def _of_shapes(shapes: tuple[str, ...], node: PlanNode, other: Condition) -> Condition:
    """
    A column of geometries that meet a constant one.
    """
    sides = [side(text) for text in shapes]
    own = [one for one in sides if one.is_column and owns(node, one.qualifier)]
    if len(own) != 1 or not all(one.is_constant for one in sides if one is not own[0]):
        return other
    return Condition("special", other.text, Key(own[0].column), "gist", _SPECIAL_WEIGHT)


def _is_outer(right: Side, node: PlanNode) -> bool:
    return right.known and bool(right.qualifiers) and not right.qualifiers & {"", node.alias}


def _merged(found: Iterable[Condition]) -> Iterator[Condition]:
    """
    Both ends of a range as one condition; an equality repeated counts once.
    """
    done: dict[tuple[str, str], Condition] = {}
    others = []
    for one in found:
        where = (one.kind, one.name)
        if one.key is None or one.kind not in ("range", "eq", "in", "join") or where not in done:
            if one.key is None:
                others.append(one)
            else:
                done[(one.kind, one.name) if one.kind != "special" else (one.text, "")] = one
            continue
        first = done[where]
        if one.kind == "range":
            text = f"{first.text} AND {one.text}"
            done[where] = replace(first, text=text, bounds=2, weight=first.weight + one.weight)
    yield from done.values()
    yield from others
