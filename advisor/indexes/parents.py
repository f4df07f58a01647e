"""
The partitioned table behind partitions that a plan scans, as far as plan and statement tell it.

From PostgreSQL 13 on EXPLAIN calls the partitions of ``events`` in a query events_1, events_2, …:
the alias of the parent and a number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor import regex
from advisor.plans.model import PlanNode

_ALIAS = regex.lazy(r"(.+)_\d+")
_NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_SOURCES = regex.lazy(
    rf"(?:\b(?:FROM|JOIN|UPDATE)\s+|,\s*)(?:ONLY\s+)?(?:({_NAME})\.)?({_NAME})"
    rf"(?:\s+(?:AS\s+)?({_NAME}))?",
    re.IGNORECASE,
)
_LEAST = 2
"""Letters of an alias that may be the name of a table; a single one is an abbreviation."""


def parent_of(members: Sequence[PlanNode], query: str) -> str:
    """
    The name of the table whose partitions are scanned, with their schema where all have the same.

    Empty when it is not known, or one of the tables is the parent itself: in an inheritance tree
    every table needs an index of its own.
    """
    matches = [_ALIAS.fullmatch(one.alias) for one in members]
    bases = {match[1] if match else "" for match in matches}
    if len(bases) != 1 or not (base := next(iter(bases))):
        return ""
    name = _stated(base, query) if query else _likely(base, members)
    schemas = {one.schema for one in members}
    if not name or any(one.relation == name for one in members):
        return ""
    schema = next(iter(schemas)) if len(schemas) == 1 else ""
    return f"{schema}.{name}" if schema else name


def _stated(alias: str, query: str) -> str:
    """
    The table that has an alias in a statement.
    """
    plain = ""
    for match in _SOURCES.finditer(query):
        name, own = (_unquoted(text or "") for text in match.group(2, 3))
        if own == alias:
            return name
        plain = plain or (name if name == alias else "")
    return plain


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def _likely(base: str, members: Sequence[PlanNode]) -> str:
    """
    The alias itself, if all partitions have its name in front of theirs.
    """
    rests = [one.relation.removeprefix(base) for one in members if one.relation.startswith(base)]
    is_name = len(base) >= _LEAST and len(rests) == len(members)
    return base if is_name and all(rest[:1] == "_" or rest[:1].isdigit() for rest in rests) else ""
