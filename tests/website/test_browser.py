"""
The site in a real browser: it fits its screen, asks for nothing, and can be searched.
"""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browsers import DESKTOP, PHONE

pytestmark = pytest.mark.oracle

PAGES = (
    "index",
    "tutorial",
    "explanation/guide",
    "explanation/memory",
    "reference/rules/STK001",
    "reference/rules/STK",
    "reference/facts/pg",
    "reference/commands/advisor-audit",
    "reference/outputs",
    "reference/schemas/report-v1",
)
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Silent(http.server.SimpleHTTPRequestHandler):
    """
    A server of files that writes no log.
    """

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base's name
        pass


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """
    Where the site is served: its search needs a server.
    """
    handler = functools.partial(Silent, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(params=[PHONE, DESKTOP])
def page(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """
    A tab; what it asks of others, and what goes wrong in it, is a fault.
    """
    context = browser.new_context(
        viewport={"width": request.param, "height": 900}, reduced_motion="reduce"
    )
    context.set_default_timeout(120_000)  # the index of the search takes long on a busy machine
    tab = context.new_page()
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    # A request that fails was cut off by the next page; what is missing is an answer, too.
    tab.on(
        "response",
        lambda one: faults.append(f"{one.status}: {one.url}") if one.status >= 400 else None,
    )
    tab.on("console", lambda one: faults.append(one.text) if one.type == "error" else None)
    tab.on(
        "request",
        lambda one: (
            None
            if one.url.startswith((address, "data:", "blob:"))
            else faults.append(f"asked for {one.url}")
        ),
    )
    yield tab
    context.close()
    assert faults == []


def test_pages_fit_the_screen(page: Page, address: str) -> None:
    for name in PAGES:
        page.goto(f"{address}/{name}.html")
        assert page.locator("h1").count() == 1, name
        assert page.evaluate(TOO_WIDE) <= 0, name


def test_search_finds_a_rule(page: Page, address: str) -> None:
    page.goto(f"{address}/index.html")
    if page.viewport_size == {"width": PHONE, "height": 900}:
        page.locator("label[for=__search].md-header__button").click()
    # The site listens to keys; a value that is only set is seen right after the focus came.
    page.get_by_role("textbox", name="Search").press_sequentially("STK001")

    found = page.locator(".md-search-result__link").first
    found.wait_for()
    assert "STK001" in (found.get_attribute("href") or "") + found.inner_text()
