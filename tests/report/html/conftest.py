"""
A real browser to look at the page with: Debian's Chromium, driven by Playwright.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from advisor.model import Report, Severity
from advisor.report import RenderOptions, render
from tests.support.browsers import DESKTOP, Open, Scheme, Visit


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """
    Opens reports as a page; its faults must be empty at the end of the test.
    """
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def open_page(
        *reports: Report,
        text: str = "",
        fragment: str = "",
        width: int = DESKTOP,
        scheme: Scheme = "light",
        script: bool = True,
        before: str = "",
    ) -> Visit:
        file = tmp_path / f"report-{len(visits)}.html"
        options = RenderOptions(min_severity=Severity.INFO)
        file.write_text(text or render("html", reports, options), "utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        page = context.new_page()
        if before:
            page.add_init_script(before)
        visits.append(Visit(page, file.as_uri() + fragment))
        return visits[-1]

    yield open_page
    for one in contexts:
        one.close()
    assert [fault for one in visits for fault in one.faults] == []
