"""
Pages in a browser: what they show, and what they did that a page should not do.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeAlias

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from advisor.audit import audit_path
from advisor.model import Given, Report
from tests.support.reports import EMPTY, HOSTILE, RICH

Scheme: TypeAlias = Literal["light", "dark"]
CHROMIUM = os.environ.get("ADVISOR_CHROMIUM") or shutil.which("chromium")
DESKTOP, PHONE = 1280, 390
DEPLOYS = Path(__file__).parents[2] / "fixtures" / "deploys"
REPORTS = {
    "rich": (RICH,),
    "empty": (EMPTY,),
    "hostile": (HOSTILE,),
    "several": (EMPTY, RICH, HOSTILE),
}


class Visit:
    """
    A page in a tab of its own, and what it did that a page should not do.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.faults: list[str] = []
        page.on("console", lambda message: self.faults.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: self._request(request.url, address))
        page.goto(address)

    def _request(self, url: str, address: str) -> None:
        if url.partition("#")[0] != address.partition("#")[0] and not url.startswith("data:"):
            self.faults.append(f"request: {url}")


Open: TypeAlias = Callable[..., Visit]


def launched() -> Iterator[Browser]:
    """
    Debian's Chromium, driven by Playwright, as a fixture has it.
    """
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium, or name it in ADVISOR_CHROMIUM")
    with sync_playwright() as playwright:
        try:
            # As root, as in containers, Chromium starts only without its sandbox.
            found = playwright.chromium.launch(
                executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
        except Error as error:
            pytest.skip(f"Chromium does not start: {error.message.splitlines()[0]}")
        yield found
        found.close()


def deploy(name: str) -> Report:
    """
    The report of a fixture.
    """
    return audit_path(DEPLOYS / name, Given())


def shown(page: Page) -> list[str]:
    """
    Codes of the findings that can be seen.
    """
    return page.locator("article.finding:visible .tags .code").all_text_contents()


def resize(page: Page, width: int) -> None:
    """
    Another screen.
    """
    page.set_viewport_size({"width": width, "height": 900})


def until(page: Page, holds: Callable[[], bool]) -> None:
    """
    Wait for what the page does in its own time.
    """
    # Playwright's own wait compiles a text in the page, which the page's policy forbids.
    for _ in range(200):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not happen within ten seconds")
