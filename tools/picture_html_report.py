"""
Take the picture of the HTML report that the README shows.

Usage: ``python tools/picture_html_report.py [--chromium PATH] [OUT.png]``. It audits the guide's
deployment and looks at the page as a reader with a light desktop does. Texts are set in the
machine's sans-serif font: Debian's fonts-noto-core looks like what most readers have.
"""  # noqa: INP001 - a script, not part of a package

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from advisor.audit import audit_path
from advisor.model import Given
from advisor.report import RenderOptions, render

ROOT = Path(__file__).parents[1]
WIDTH, HEIGHT = 1200, 1240


def main() -> None:
    """
    Write the picture.
    """
    parser = argparse.ArgumentParser(description="take the picture of the HTML report")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="the browser to ask")
    parser.add_argument("out", nargs="?", type=Path, default=ROOT / "docs" / "html-report.png")
    arguments = parser.parse_args()
    report = audit_path(ROOT / "fixtures" / "deploys" / "guide", Given())
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        page.write_text(render("html", [report], RenderOptions()), "utf-8")
        take(page, arguments.out, arguments.chromium)


def take(page: Path, out: Path, chromium: str | None) -> None:
    """
    Save what the top of a page looks like.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT},
            device_scale_factor=1.5,
            color_scheme="light",
        )
        tab.goto(page.as_uri())
        tab.screenshot(path=out)
        browser.close()


if __name__ == "__main__":
    main()
