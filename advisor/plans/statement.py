"""
The statement that stands before a plan in the same file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from advisor import regex
from advisor.plans.decoration import Line, Mark

_PROMPT = regex.lazy(r"\w[\w.@:/-]*([=\-'\"(*$!^])[*!?]?[#>](?:\s|$)")
_KEYWORD = regex.lazy(
    r"(?:EXPLAIN|SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|VALUES|TABLE|EXECUTE|DECLARE|CREATE|REFRESH)\b"
    r"|\(\s*SELECT\b",
    re.IGNORECASE,
)
_PARAMETERS = regex.lazy(r"Query Parameters:\s*(.*)")
_LABEL = regex.lazy(r"(?:Query Text|Query|SQL|Statement)\s*:\s*", re.IGNORECASE)
_BEGINS = regex.lazy(r"[A-Za-z(/-]")
_EXPLAIN = regex.lazy(
    r"EXPLAIN\s*(?:\(\s*(?:ANALY[ZS]E|VERBOSE|COSTS|SETTINGS|GENERIC_PLAN|BUFFERS|SERIALIZE|WAL"
    r"|TIMING|SUMMARY|MEMORY|FORMAT)\b[^()]*\)|(?:(?:ANALY[ZS]E|VERBOSE)\b\s*)*)",
    re.IGNORECASE,
)


def starts_statement(text: str) -> bool:
    """
    Whether a line is a psql prompt or begins an EXPLAIN: no plan goes on after it.
    """
    return bool(_PROMPT.match(text)) or text[:7].upper() == "EXPLAIN"


def query_before(lines: Iterable[Line]) -> str:
    """
    The last statement of the lines above a plan, without EXPLAIN and the semicolon; else ``""``.

    A statement may be typed at a psql prompt, written out over several lines, or stand in a
    ``--`` comment.
    """
    statement: list[str] = []
    comment: list[str] = []
    is_done = True
    for line in lines:
        if line.mark is not Mark.TEXT:
            is_done = is_done or line.mark is Mark.EDGE
            continue
        text, is_new = _without_prompt(line.text)
        if _PARAMETERS.fullmatch(text):
            is_done = True
            continue
        if text.startswith("--"):
            _collect_comment(comment, text.lstrip("- "))
            continue
        text, is_labelled = _without_label(text)
        if is_new or is_labelled or (is_done and _KEYWORD.match(text)):
            statement, is_done = [], not _KEYWORD.match(text)
        if not is_done:
            statement.append(text)
            is_done = text.endswith(";")
    return without_explain("\n".join(statement)) or without_explain("\n".join(comment))


def parameters_before(lines: Iterable[Line]) -> str:
    """
    The values of a statement's parameters, as auto_explain prints them between it and its plan.
    """
    found = (_PARAMETERS.fullmatch(line.text) for line in lines if line.mark is Mark.TEXT)
    return next((match[1] for match in found if match), "")


def without_explain(text: str) -> str:
    """
    A statement without EXPLAIN, its options and the semicolon.
    """
    text = text.strip().rstrip(";").rstrip()
    match = _EXPLAIN.match(text)
    if match is None:
        return text
    rest = text[match.end() :].strip()
    # "explain analyze:" above a plan is a title.
    return rest if _BEGINS.match(rest) else ""


def _without_prompt(text: str) -> tuple[str, bool]:
    match = _PROMPT.match(text)
    if match is None:
        return text, False
    return text[match.end() :].strip(), match[1] == "="


def _without_label(text: str) -> tuple[str, bool]:
    match = _LABEL.match(text)
    return (text[match.end() :], True) if match else (text, False)


def _collect_comment(comment: list[str], text: str) -> None:
    text, _ = _without_label(text)
    if _KEYWORD.match(text):
        comment.clear()
    if comment or _KEYWORD.match(text):
        comment.append(text)
