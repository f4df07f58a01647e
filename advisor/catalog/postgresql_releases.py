"""
How long each major version of PostgreSQL gets fixes.

Source: the project's versioning policy, https://www.postgresql.org/support/versioning/.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime

AS_OF = date(2026, 1, 1)
"""The table is at least as recent as this; a clock that is behind it is wrong."""
LAST_FIXES: Mapping[int, date] = {
    9: date(2021, 11, 11),
    10: date(2022, 11, 10),
    11: date(2023, 11, 9),
    12: date(2024, 11, 21),
    13: date(2025, 11, 13),
    14: date(2026, 11, 12),
    15: date(2027, 11, 11),
    16: date(2028, 11, 9),
    17: date(2029, 11, 8),
    18: date(2030, 11, 14),
}
"""Day of the last minor release, past or planned."""


def end_of_life(major: int) -> date | None:
    """
    The day of the last fixes, None for a version that the table does not hold.
    """
    return LAST_FIXES.get(major)


def ended(major: int, day: date | None = None) -> bool:
    """
    Whether a version gets no fixes any more on a `day`, which is today unless stated.

    What the table knew when it was written holds whatever the clock says.
    """
    last = end_of_life(major)
    return last is not None and last < max(day or today(), AS_OF)


def today() -> date:
    """
    The day by the machine's clock.
    """
    return datetime.now(tz=UTC).date()
