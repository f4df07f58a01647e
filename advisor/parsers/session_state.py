"""
SQL in Python code whose effect stays with the session that ran it.

Source: pgbouncer.org, "Features", "SQL feature map for pooling modes".
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from advisor import regex
from advisor.model import Origin, Value
from advisor.parsers.imports import dotted
from advisor.parsers.pyeval import parse

_RUNS = frozenset(
    {"execute", "executemany", "exec_driver_sql", "fetch", "fetchrow", "fetchval", "fetch_all"}
    | {"fetch_one", "fetch_val", "scalar", "scalars", "text", "raw", "SQL"}
)
"""Last names of the functions that take a statement first."""
_KINDS = (
    (regex.lazy(r"\s*LISTEN\s+[\"\w]", re.IGNORECASE), "LISTEN"),
    (
        regex.lazy(r".*?\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(", re.IGNORECASE | re.DOTALL),
        "pg_advisory_lock()",
    ),
    (regex.lazy(r"\s*SET\s+(?:SESSION\s+)?ROLE\b", re.IGNORECASE), "SET ROLE"),
    (
        regex.lazy(r".*?\bset_config\s*\([^()]*,\s*false\s*\)", re.IGNORECASE | re.DOTALL),
        "set_config(…, false)",
    ),
    (regex.lazy(r"\s*PREPARE\s+(?!TRANSACTION\b)[\"\w]", re.IGNORECASE), "PREPARE"),
    (regex.lazy(r"\s*DECLARE\b.{1,200}\bWITH\s+HOLD\b", re.IGNORECASE | re.DOTALL), "WITH HOLD"),
    (
        regex.lazy(
            r"\s*CREATE\s+(?:LOCAL\s+)?TEMP(?:ORARY)?\s+TABLE\b(?!.*\bON\s+COMMIT\s+DROP\b)",
            re.IGNORECASE | re.DOTALL,
        ),
        "CREATE TEMP TABLE",
    ),
)
_SET = regex.lazy(
    r"\s*SET\s+(?:SESSION\s+)?(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b|ROLE\b)"
    r"([A-Za-z_][\w.]{0,80})\s*(?:=|\bTO\b)",
    re.IGNORECASE,
)
_FOLLOWED = frozenset(
    {"client_encoding", "datestyle", "timezone", "standard_conforming_strings"}
    | {"application_name"}
)
"""Parameters that PgBouncer keeps for each client by itself (config, track_extra_parameters)."""
_WORDS = regex.lazy(
    r"\bLISTEN\b|advisory_lock|\bSET\b|set_config|\bPREPARE\b|WITH HOLD|\bTEMP(?:ORARY)? TABLE"
    r"|add_listener",
    re.IGNORECASE,
)


def mentions_session(text: str) -> bool:
    """
    Whether a text may run such a statement: cheap enough to ask of every file.
    """
    return _WORDS.search(text) is not None


def find_session_state(path: str, text: str) -> Iterator[Value[str]]:
    """
    What such statements do, with their places, in the order of the file.
    """
    if not mentions_session(text):
        return
    source = parse(path, text)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and (kind := _kind(node, asyncpg="asyncpg" in text)):
            yield Value(kind, Origin.LITERAL, source.locate(node))


def kind_of(statement: str) -> str:
    """
    What a statement leaves in its session, empty for nothing.
    """
    match = _SET.match(statement)
    if match:
        return "" if match[1].lower() in _FOLLOWED else f"SET {match[1]}"
    return next((name for pattern, name in _KINDS if pattern.match(statement)), "")


def _kind(call: ast.Call, *, asyncpg: bool) -> str:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func)
    first = call.args[0] if call.args else None
    if name == "add_listener":
        return "LISTEN" if asyncpg and _text(first) else ""
    return kind_of(_text(first)) if name in _RUNS else ""


def _text(node: ast.expr | None) -> str:
    """
    A text as written; of one with fields as much as stands before the first, and a word for it.
    """
    if isinstance(node, ast.JoinedStr):
        first = _text(node.values[0]) if node.values else ""
        return f"{first}x" if first else ""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
