"""
Pages of the rules, from the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from advisor.rules.catalogue import own_entries
from advisor.rules.page import rule_page
from tools.website.prose import cell, edited, escaped, table

FAMILIES: Mapping[str, str] = {
    "STK": "Across layers",
    "PG": "PostgreSQL",
    "PGH": "Access to PostgreSQL: pg_hba.conf",
    "PGB": "PgBouncer",
    "SQLA": "Connection pools: SQLAlchemy, Django, psycopg, asyncpg",
    "GUN": "gunicorn",
    "NGX": "nginx",
    "RED": "Redis",
    "EXP": "Query plans and indexes",
    "LIVE": "Running servers",
    "LOAD": "Load tests",
    "APP": "Application code",
    "ADV": "Files and suppressions",
}
"""Titles by the letters of the code, in the order of the page."""
INDEX = "reference/rules/index.md"
_LETTERS = re.compile(r"[A-Z]+")
_REFERENCE = re.compile(r"^- \[.*\]\(.*\)$")
_HEADING = re.compile(r"^#{1,3} ")


@cache
def entries() -> tuple[Mapping[str, Any], ...]:
    """
    Data of all rules in the order of their codes.
    """
    return tuple(own_entries())


def count() -> int:
    """
    How many rules there are.
    """
    return len(entries())


def pages() -> dict[str, str]:
    """
    The page of each rule, of each family, and the list of families.
    """
    families: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries():
        families.setdefault(_family(entry), []).append(entry)
    found = {f"reference/rules/{entry['code']}.md": rule(entry) for entry in entries()}
    order = [*FAMILIES, *sorted(families.keys() - FAMILIES.keys())]
    ordered = {name: families[name] for name in order if name in families}
    listed = {f"reference/rules/{name}.md": _list(name, ordered[name]) for name in ordered}
    return {INDEX: _index(ordered), **listed, **found}


def lists() -> dict[str, list[str]]:
    """
    The pages of the families, by the page that leads to them.
    """
    found = {_family(entry) for entry in entries()}
    order = [*FAMILIES, *sorted(found - FAMILIES.keys())]
    return {INDEX: [f"reference/rules/{name}.md" for name in order if name in found]}


def rule(entry: Mapping[str, Any]) -> str:
    """
    What ``advisor explain`` prints, with what Markdown would take for its own marks escaped.
    """
    family = _family(entry)
    title, _, rest = edited(rule_page(entry), _escaped).partition("\n")
    return f"{title}\n\n[{_title(family)}]({family}.md)\n{rest}"


def _escaped(text: str) -> str:
    return "\n".join(
        line if _REFERENCE.match(line) or _HEADING.match(line) else _line(line)
        for line in text.split("\n")
    )


def _line(line: str) -> str:
    return f"\\{line}" if line.startswith("#") else escaped(line)


def _family(entry: Mapping[str, Any]) -> str:
    found = _LETTERS.match(entry["code"])
    return found.group() if found else ""


def _title(family: str) -> str:
    return FAMILIES.get(family, family)


def _index(families: Mapping[str, list[Mapping[str, Any]]]) -> str:
    rows = [
        (f"[{_title(name)}]({name}.md)", f"`{name}`", str(len(members)))
        for name, members in families.items()
    ]
    return (
        "# Rules\n\n"
        f"{count()} rules. The letters of a code say what it is about, and select a family: "
        "`--select STK`. `advisor explain CODE` prints the page of a rule.\n\n"
        f"{table(('about', 'letters', 'rules'), rows)}\n\n"
        "How severe is severe: [severities and the order](../../explanation/severities.md).\n"
    )


def _list(family: str, members: Iterable[Mapping[str, Any]]) -> str:
    rows = [
        (
            f"[{one['code']}]({one['code']}.md)",
            f"`{one['name']}`",
            cell(one["title"]),
            _severities(one),
            one["category"],
        )
        for one in members
    ]
    header = ("code", "name", "finds", "severity", "category")
    return f"# {_title(family)}\n\n[All families](index.md)\n\n{table(header, rows)}\n"


def _severities(entry: Mapping[str, Any]) -> str:
    """
    That of the rule, then those of its variants.
    """
    found = [entry["severity"], *(one["severity"] for one in entry["variants"] if one["severity"])]
    return ", ".join(dict.fromkeys(found))
