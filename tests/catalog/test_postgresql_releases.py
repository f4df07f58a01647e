"""Which versions of PostgreSQL still get fixes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from advisor.catalog import postgresql_releases
from advisor.catalog.postgresql import MAJORS
from advisor.catalog.postgresql_releases import AS_OF, LAST_FIXES, end_of_life, ended


def test_every_version_of_the_catalogue_has_a_date() -> None:
    assert set(MAJORS) <= set(LAST_FIXES)
    assert sorted(LAST_FIXES, key=lambda major: LAST_FIXES[major]) == sorted(LAST_FIXES)


@pytest.mark.parametrize("major", [major for major in MAJORS if LAST_FIXES[major] > AS_OF])
def test_a_version_ends_after_the_day_of_its_last_fixes(major: int) -> None:
    last = end_of_life(major)
    assert last is not None
    assert not ended(major, last)
    assert ended(major, last + timedelta(days=1))


def test_a_clock_that_is_behind_does_not_bring_a_version_back() -> None:
    assert ended(12, date(1970, 1, 1))
    assert not ended(18, date(1970, 1, 1))


def test_what_the_table_does_not_hold_has_not_ended() -> None:
    assert end_of_life(40) is None
    assert not ended(40)
    assert ended(9)


def test_without_a_day_today_counts() -> None:
    """Which is the same day in all tests."""
    assert postgresql_releases.today() == AS_OF
    assert ended(13)
    assert not ended(14)
