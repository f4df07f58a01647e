"""
A snapshot while its facts are computed: moments, settings, and what is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TypeAlias, TypeVar

from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Canonical
from advisor.deployment.snapshots import Snapshot
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact, Scalar
from advisor.parsers._snapshot_rows import DatabaseRow, Row, Setting
from advisor.parsers.snapshot import SECTIONS, SnapshotDocument

Facts: TypeAlias = dict[str, Fact]
Item: TypeAlias = tuple[str, str, Facts, Location]
"""Target below ``live.``, name, facts and place."""
R = TypeVar("R", bound=Row)
DAY = 86_400.0
_NAMES = {kind: name for name, kind in SECTIONS.items()}


class Reading:
    """
    One snapshot, asked for its rows and for what follows from all of them.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.document: SnapshotDocument = snapshot.document
        self.name = f"the server of {snapshot.document.path}"

    def rows(self, kind: type[R]) -> tuple[R, ...]:
        """
        The rows of one kind; none where the snapshot lacks them.
        """
        return self.document.read(kind) or ()

    def has(self, kind: type[R]) -> bool:
        """
        Whether the snapshot holds rows of a kind, be it none of them.
        """
        return self.document.read(kind) is not None

    def missing(self, kind: type[Row]) -> Unknown:
        """
        Why rows of a kind are not there.
        """
        return Unknown(self.document.why_missing(_NAMES[kind]))

    def place(self, row: Row) -> Location:
        """
        Where a row stands.
        """
        return self.document.place(row)

    def fact(self, row: Row, value: Scalar | None) -> Fact:
        """
        What a row says; unknown where it says nothing.
        """
        if value is None:
            return Unknown("the snapshot does not hold what tells it", self.place(row))
        return Value(value, Origin.LITERAL, self.place(row))

    def since(self, moment: str | None) -> float | None:
        """
        Seconds from a moment to that of the snapshot, None where there was none.
        """
        then, now = _moment(moment), _moment(self.document.server.collected_at)
        return max((now - then).total_seconds(), 0.0) if then and now else None

    def counted(self, reset: str | None) -> float | None:
        """
        How long counters have run at least: since their reset, else since the server started.

        Counters outlive a restart from version 15 on, but not a crash, so without a reset nothing
        older than the start is sure.
        """
        return self.since(reset) if reset else self.since(self.document.server.started_at)

    @cached_property
    def current(self) -> DatabaseRow | None:
        """
        The database that was looked into.
        """
        own = self.document.server.database
        return next((one for one in self.rows(DatabaseRow) if one.name == own), None)

    @cached_property
    def counted_here(self) -> float | None:
        """
        How long statistics of this database's tables and indexes have been counted at least.
        """
        return self.counted(self.current.stats_reset if self.current else None)

    @cached_property
    def settings(self) -> Mapping[str, Setting]:
        """
        Settings by name.
        """
        return {row.name: row for row in self.rows(Setting)}

    def setting(self, name: str) -> bool | float | str | None:
        """
        A setting in the units of facts, None where it is not known.
        """
        row, major = self.settings.get(name), self.document.server.major
        nearest = min(max(major, catalog.MAJORS[0]), catalog.MAJORS[-1])
        guc = catalog.find(name, nearest)
        if row is None:
            return None
        found = catalog.canonical(guc, row.setting, nearest) if guc else None
        if isinstance(found, Canonical):
            return found.value
        # What no file can set is not canonical: data_checksums.
        return {"on": True, "off": False}.get(row.setting, row.setting)

    def number(self, name: str) -> float | None:
        """
        A setting that is a number.
        """
        value = self.setting(name)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return float(value) if is_number and value is not None else None


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


def per_day(count: float | None, age: float | None) -> float | None:
    """
    A count as a rate; None where either is not known or it was counted for less than a day.
    """
    return None if count is None or age is None or age < DAY else count * DAY / age


def share(part: float | None, whole: float | None) -> float | None:
    """
    A part of a whole; 0 of nothing.
    """
    if part is None or whole is None:
        return None
    return min(max(part / whole, 0.0), 1.0) if whole else 0.0
