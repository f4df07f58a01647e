from __future__ import annotations

import re

import pytest

from advisor.catalog.nginx_advisories import ADVISORIES, SEVERITIES, Advisory

BOTH = Advisory("x", "medium", (1, 25, 0), ((1, 27, 0), (1, 26, 1)))
MAINLINE = Advisory("x", "major", (1, 31, 0), ((1, 31, 2),))


@pytest.mark.parametrize(
    ("advisory", "version", "affected"),
    [
        (BOTH, (1, 24, 0), False),
        (BOTH, (1, 24), False),
        (BOTH, (1, 25, 0), True),
        (BOTH, (1, 25), True),
        (BOTH, (1, 26, 0), True),
        (BOTH, (1, 26), None),
        (BOTH, (1, 26, 1), False),
        (BOTH, (1, 27, 0), False),
        (BOTH, (1,), None),
        (MAINLINE, (1, 30, 9), False),
        (MAINLINE, (1, 31), None),
        (MAINLINE, (1, 31, 1), True),
        (MAINLINE, (1, 31, 2), False),
        (MAINLINE, (1, 32), False),
    ],
)
def test_affected(advisory: Advisory, version: tuple[int, ...], affected: object) -> None:
    """A stable branch is mended on its own; versions that are too short are not decided."""
    assert advisory.affects(version) is affected


def test_table_is_well_formed() -> None:
    found = [one for group in ADVISORIES.values() for one in group]

    assert len({one.name for one in found}) == len(found)
    for one in found:
        assert re.fullmatch(r"20\d\d-\d{4,6}", one.name)
        assert one.severity in SEVERITIES
        assert all(one.first < step for step in one.fixed)
        assert list(one.fixed) == sorted(one.fixed, reverse=True)
