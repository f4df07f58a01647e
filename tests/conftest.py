"""What all tests share."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from advisor.catalog import postgresql_releases

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# The gate tells of the change at hand: the same examples every time. `make search` makes up others.
settings.register_profile("gate", derandomize=True)
settings.register_profile("search", derandomize=False)
settings.load_profile("gate")


@pytest.fixture(scope="session", autouse=True)
def _one_day() -> Iterator[None]:
    """Which versions are maintained must not depend on the day the tests are run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postgresql_releases, "today", lambda: postgresql_releases.AS_OF)
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this process: Playwright runs one loop a thread."""
    from tests.support.browsers import launched

    yield from launched()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test that asks a real program must not be skipped for want of the program."""
    report = yield
    required = os.environ.get("ADVISOR_ORACLES") == "required"
    if required and report.skipped and item.get_closest_marker("oracle"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but ADVISOR_ORACLES=required: {report.longrepr}"
    return report
