"""
From a running server to a snapshot, in one transaction that reads only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct, field

from advisor import __version__
from advisor.errors import LiveError
from advisor.live._extents import extents, sequences
from advisor.live._privacy import clean
from advisor.live._server import IDENTITY
from advisor.live._server import settings as settings_query
from advisor.live._statements import statements, where_statements
from advisor.live.connect import OLDEST, connected, driver, said
from advisor.live.sections import SECTIONS, Scope, Section
from advisor.live.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = tuple[Row, ...]
STATEMENT_TIMEOUT = 5.0
"""Seconds for one question."""
LOCK_TIMEOUT = 0.5
"""Seconds that a question waits for a lock before it is asked in another way or given up."""


class Collected(Struct, frozen=True):
    """
    What was read, ready to be written.
    """

    server: Row
    unreadable: Rows
    """What could not be read: section, what, reason and, where something helps, hint."""
    sections: Mapping[str, Rows]
    """By name; a section that could not be read is missing."""


class _Taken(Struct):
    sections: dict[str, Rows] = field(default_factory=dict)
    unreadable: list[Row] = field(default_factory=list)

    def note(self, section: str, what: str, reason: str, hint: str = "") -> None:
        row = {"section": section, "what": what, "reason": reason}
        self.unreadable.append({**row, "hint": hint} if hint else row)


def collect(
    dsn: str, *, samples: bool = False, progress: Callable[[str], None] = lambda _name: None
) -> Collected:
    """
    Look at a server. `progress` hears the name of each section before it is read.

    Raises `LiveError` when there is no connection, the server is too old or it goes away.
    """
    psycopg = driver()
    with connected(dsn) as connection:
        session = Session(connection, psycopg)
        try:
            return _collect(session, samples=samples, progress=progress)
        except psycopg.Error as error:
            raise LiveError(f"the server gave up: {said(error, dsn)}") from None


def _collect(session: Session, *, samples: bool, progress: Callable[[str], None]) -> Collected:
    # Settings come first: later the timeouts of this transaction would be among them.
    session.begin()
    server, rows = session.one(IDENTITY), session.rows(settings_query(Scope(0)))
    major = int(server["version_num"]) // 10000
    if major < OLDEST:
        raise LiveError(
            f"the server is PostgreSQL {server['version']}; {OLDEST} is the oldest read"
        )
    session.limit(statement=STATEMENT_TIMEOUT, lock=LOCK_TIMEOUT)
    scope = Scope(major, samples, where_statements(session))
    taken = _Taken({"settings": rows})
    if not server["reads_settings"]:
        reason = "settings for superusers, and the files of all others, are hidden from this role"
        taken.note("settings", "some settings", reason, "GRANT pg_monitor TO the role")
    for section in SECTIONS:
        if section.since <= major:
            progress(section.name)
            _take(session, section, scope, taken)
    for name, ask in (("sequences", sequences), ("extents", extents), ("statements", statements)):
        if name != "extents" or samples:
            progress(name)
            _take_special(session, name, ask, scope, taken)
    session.end()
    taken.unreadable.extend(_hidden(server, taken.sections, scope))
    return Collected(
        server={**server, "major": major, "samples": samples, "advisor": __version__},
        unreadable=tuple(taken.unreadable),
        sections={
            name: tuple(clean(name, row, samples=samples) for row in rows)
            for name, rows in taken.sections.items()
        },
    )


def _take(session: Session, section: Section, scope: Scope, taken: _Taken) -> None:
    answer = session.ask(section.query(scope))
    if answer.locked and section.without_locks:
        answer = session.ask(section.without_locks(scope))
        what = f"true sizes of {section.name}"
        reason = "one of them is locked; these are the sizes of their last VACUUM or ANALYZE"
        if answer.rows is not None:
            taken.note(section.name, what, reason)
    if answer.rows is None:
        taken.note(
            section.name, section.what, answer.reason, section.grant if answer.denied else ""
        )
    else:
        taken.sections[section.name] = answer.rows


def _take_special(
    session: Session,
    name: str,
    ask: Callable[[Session, Scope], tuple[Rows | None, Rows]],
    scope: Scope,
    taken: _Taken,
) -> None:
    rows, lacking = ask(session, scope)
    taken.unreadable.extend(lacking)
    if rows is not None:
        taken.sections[name] = rows


def _hidden(server: Row, sections: Mapping[str, Rows], scope: Scope) -> Iterator[Row]:
    """
    What the server answers with nothing instead of an error.
    """
    if not server["reads_statistics"] and sections.get("sessions") is not None:
        yield {
            "section": "sessions",
            "what": "what sessions of other roles do",
            "reason": "it is hidden from this role",
            "hint": "GRANT pg_monitor TO the role",
        }
    known = {
        (row["schema"], row["table"]) for row in sections.get("columns", ()) if "avg_width" in row
    }
    found = sections.get("tables", ())
    tables = [row for row in found if row.get("last_analyze") and row["tuples"] > 0]
    dark = [row for row in tables if (row["schema"], row["name"]) not in known]
    if dark:
        what = "pg_read_all_data" if scope.major >= 14 else "SELECT ON these tables"
        yield {
            "section": "columns",
            "what": f"statistics of the columns of {len(dark)} of {len(tables)} analyzed tables",
            "reason": "statistics of a column are shown to those who may read it",
            "hint": f"GRANT {what} TO the role, so that indexes can be weighed",
        }
