"""
Node lines of the text form, taken apart into the properties of the JSON form.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from advisor import regex

_PREFIXES: Mapping[str, tuple[str, object]] = {
    "Parallel": ("Parallel Aware", True),
    "Async": ("Async Capable", True),
    "Partial": ("Partial Mode", "Partial"),
    "Finalize": ("Partial Mode", "Finalize"),
}
_AGGREGATES: Mapping[str, str] = {
    "Aggregate": "Plain",
    "GroupAggregate": "Sorted",
    "HashAggregate": "Hashed",
    "MixedAggregate": "Mixed",
}
_OPERATIONS = ("Insert", "Update", "Delete", "Merge")
_JOIN = regex.lazy(r"(Nested Loop|Hash|Merge)((?: (?:Left|Right|Full|Semi|Anti))*)( Join)?")
_SET = regex.lazy(r"(Hash)?SetOp(?: ((?:Intersect|Except)(?: All)?))?")
_CUSTOM = regex.lazy(r"(Custom Scan) \((.*)\)")
_NAME = r'(?:"(?:[^"]|"")*"|[^\s".]+)'
_TARGET = regex.lazy(rf"(?:({_NAME})\.)?({_NAME})(?: ({_NAME}))?")
_INDEX = regex.lazy(rf"({_NAME})(?: on (.*))?")
_NUMBER = r"[\d.N#*?]{1,40}"
"""Also the letters that masked plans have for digits; they become None."""
_COST = regex.lazy(
    rf"cost=({_NUMBER}?)\.\.({_NUMBER})\s*rows=({_NUMBER})\s*width=({_NUMBER})", re.ASCII
)
_ACTUAL = regex.lazy(
    rf"(?:actual\s*)?(?:time=({_NUMBER}?)\.\.({_NUMBER})\s*)?rows=({_NUMBER})\s*loops=({_NUMBER})",
    re.ASCII,
)
_COST_KEYS = ("Startup Cost", "Total Cost", "Plan Rows", "Plan Width")
_ACTUAL_KEYS = ("Actual Startup Time", "Actual Total Time", "Actual Rows", "Actual Loops")
_GROUPS = regex.lazy(r"\((?:cost=|actual|rows=|never executed)[^()]*\)")
_BROKEN = regex.lazy(r"\s*\((?:(?:cost|actual|never)\b[^()]*$|cost=|actual|rows=\d|never executed)")
_TYPES = (
    "Result",
    "ProjectSet",
    "Append",
    "Merge Append",
    "Recursive Union",
    "BitmapAnd",
    "BitmapOr",
    "Seq Scan",
    "Sample Scan",
    "Gather",
    "Gather Merge",
    "Index Scan",
    "Index Scan Backward",
    "Index Only Scan",
    "Index Only Scan Backward",
    "Bitmap Index Scan",
    "Bitmap Heap Scan",
    "Tid Scan",
    "Tid Range Scan",
    "Subquery Scan",
    "Function Scan",
    "Table Function Scan",
    "Values Scan",
    "CTE Scan",
    "Named Tuplestore Scan",
    "WorkTable Scan",
    "Foreign Scan",
    "Materialize",
    "Memoize",
    "Result Cache",
    "Sort",
    "Incremental Sort",
    "Group",
    "WindowAgg",
    "Unique",
    "LockRows",
    "Limit",
    "Hash",
    *_AGGREGATES,
)
MEMBERS = ("Append", "Merge Append", "BitmapAnd", "BitmapOr")
"""Nodes with any number of inputs, which are all alike."""
_OF_JSON = frozenset((*_TYPES, "Nested Loop", "Hash Join", "Merge Join", "SetOp", "ModifyTable"))
_TARGET_KEYS: Mapping[str, str] = {
    "CTE Scan": "CTE Name",
    "WorkTable Scan": "CTE Name",
    "Function Scan": "Function Name",
    "Table Function Scan": "Table Function Name",
    "Named Tuplestore Scan": "Tuplestore Name",
    "Bitmap Index Scan": "Index Name",
    "Values Scan": "Alias",
    "Subquery Scan": "Alias",
}
_MODES = r"(?:(?:Parallel|Async|Partial|Finalize) )*"
_VOCABULARY = regex.lazy(
    rf"{_MODES}(?:{'|'.join(sorted(_TYPES, key=len, reverse=True))}|{_JOIN.pattern}|{_SET.pattern}"
    rf"|{_CUSTOM.pattern}|(?:Foreign )?(?:{'|'.join(_OPERATIONS)})(?= on ))"
    rf"(?: using {_NAME})?(?: on {_TARGET.pattern})?"
)


def is_type(node_type: str) -> bool:
    """
    Whether PostgreSQL itself has nodes of this type, as JSON names it.
    """
    return node_type in _OF_JSON


def is_known(title: str) -> bool:
    """
    Whether a text is the whole name of a node that PostgreSQL itself prints, without numbers.
    """
    return _VOCABULARY.fullmatch(title) is not None


class Title(NamedTuple):
    """
    A node line taken apart.
    """

    name: str
    numbers: dict[str, object]
    is_whole: bool
    """Whether all of its numbers could be read."""
    is_bare: bool
    """Whether nothing but the numbers stands behind the name."""


def split_numbers(text: str) -> Title:
    """
    A node line as its name and the numbers behind it; what somebody noted behind these is ignored.

    A name may hold parentheses of its own, so the groups come off from the right.
    """
    whole = text.rstrip()
    name, numbers = _peeled(whole)
    is_bare = True
    if not numbers and "(" in name:
        noted = _without_note(name)
        is_bare = noted == name
        name, numbers = (name, numbers) if is_bare else _peeled(noted)
    if "(" not in name or not ((broken := _BROKEN.search(name)) and broken.start()):
        return Title(name, numbers, True, is_bare)
    for match in _GROUPS.finditer(name):
        numbers = (_group(match[0][1:-1].strip()) or {}) | numbers
    return Title(name[: broken.start()], numbers, is_whole=False, is_bare=False)


def _peeled(text: str) -> tuple[str, dict[str, object]]:
    numbers: dict[str, object] = {}
    name = text
    while name.endswith(")"):
        opening = name.rfind("(")
        group = _group(name[opening + 1 : -1].strip())
        if opening < 1 or group is None:
            break
        numbers |= group
        name = name[:opening].rstrip()
    return name, numbers


def _without_note(text: str) -> str:
    """
    A line up to its last numbers; the whole of it where these may stand in a condition.
    """
    ends = [match.end() for match in _GROUPS.finditer(text)]
    is_condition = "'" in text[: ends[-1]] or ": " in text[: ends[-1]] if ends else True
    return text if is_condition else text[: ends[-1]]


def _group(text: str) -> dict[str, object] | None:
    if text == "never executed":
        return {"Actual Loops": "0"}
    if match := _COST.fullmatch(text):
        return dict(zip(_COST_KEYS, match.groups(), strict=True))
    if match := _ACTUAL.fullmatch(text):
        pairs = zip(_ACTUAL_KEYS, match.groups(), strict=True)
        return {key: value for key, value in pairs if value is not None}
    return None


def properties(name: str) -> dict[str, object]:
    """
    The JSON properties that a node's name stands for: ``Hash Left Join``, ``Seq Scan on t a``.

    An unknown name becomes the node type as it stands: a newer server or an extension wrote it.
    """
    title, using, target = name.partition(" using ")
    found: dict[str, object] = {}
    if using:
        if match := _INDEX.fullmatch(target):
            found["Index Name"] = unquote(match[1])
        target = match[2] or "" if match else ""
    else:
        title, _, target = name.partition(" on ")
    found |= _title(title)
    return found | _named(str(found["Node Type"]), target) if target else found


def unquote(name: str) -> str:
    """
    An identifier without its double quotes.
    """
    return name[1:-1].replace('""', '"') if len(name) > 1 and name.startswith('"') else name


def _title(title: str) -> dict[str, object]:
    found: dict[str, object] = {}
    first, _, rest = title.partition(" ")
    while rest and first in _PREFIXES:
        key, value = _PREFIXES[first]
        found[key] = value
        title = rest
        first, _, rest = title.partition(" ")
    return found | _type(title, found)


def _type(title: str, modes: Mapping[str, object]) -> dict[str, object]:
    if title in _AGGREGATES:
        mode = modes.get("Partial Mode", "Simple")
        return {"Node Type": "Aggregate", "Strategy": _AGGREGATES[title], "Partial Mode": mode}
    if (match := _JOIN.fullmatch(title)) and (match[3] or match[1] == "Nested Loop"):
        suffix = "" if match[1] == "Nested Loop" else " Join"
        return {"Node Type": match[1] + suffix, "Join Type": match[2].strip() or "Inner"}
    if match := _SET.fullmatch(title):
        found: dict[str, object] = {
            "Node Type": "SetOp",
            "Strategy": "Hashed" if match[1] else "Sorted",
        }
        return found | ({"Command": match[2]} if match[2] else {})
    if match := _CUSTOM.fullmatch(title):
        return {"Node Type": match[1], "Custom Plan Provider": match[2]}
    if title in _OPERATIONS:
        return {"Node Type": "ModifyTable", "Operation": title}
    if title.removeprefix("Foreign ") in _OPERATIONS:
        return {"Node Type": "Foreign Scan", "Operation": title.removeprefix("Foreign ")}
    if title.startswith("Index ") and "Scan" in title:
        direction = "Backward" if title.endswith(" Backward") else "Forward"
        return {"Node Type": title.removesuffix(" Backward"), "Scan Direction": direction}
    return {"Node Type": title}


def _named(node_type: str, target: str) -> dict[str, object]:
    match = _TARGET.fullmatch(target.strip())
    if match is None:
        return {"Relation Name": target.strip()}
    schema, name, alias = (unquote(part) if part else "" for part in match.groups())
    key = _TARGET_KEYS.get(node_type, "Relation Name")
    found: dict[str, object] = {key: name}
    if schema:
        found["Schema"] = schema
    if key != "Index Name":
        found["Alias"] = alias or name
    return found
