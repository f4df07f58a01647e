"""
The built site: everything is in its place, and nothing is asked of anybody else.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from advisor.config.keys import CHECKS
from advisor.facts.namespaces import TARGETS, namespace
from advisor.report import FORMATS

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md"))
LOADED = re.compile(
    r'<(?:script|img|iframe|source)\b[^>]*\bsrc="?(?:https?:)?//'
    r'|<link\b[^>]*\bhref="?(?:https?:)?//'
    r"|url\([\"']?(?:https?:)?//"
)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_in_the_navigation(site: Path, page: str) -> None:
    start = (site / "index.html").read_text("utf-8")
    navigation = start[start.index("md-sidebar--primary") : start.index("md-sidebar--secondary")]

    assert f'href="{page}.html"' in navigation


def test_nothing_is_loaded_from_anywhere_else(site: Path) -> None:
    pages = [*site.rglob("*.html"), *site.rglob("*.css")]

    assert len(pages) > 100
    assert [path.name for path in pages if LOADED.search(path.read_text("utf-8"))] == []


def test_links_of_the_repository_lead_to_pages(site: Path) -> None:
    configuration = (site / "configuration.html").read_text("utf-8")
    contributing = (site / "project" / "contributing.html").read_text("utf-8")

    assert 'href="reference/schemas/advisor.schema.json"' in configuration
    assert 'href="../expressions.html"' in contributing


def test_codes_are_links_to_rules(site: Path) -> None:
    page = (site / "explanation" / "severities.html").read_text("utf-8")

    assert '<a href="../reference/rules/STK001.html">STK001</a>' in page
    assert "PG101" in page
    assert "PG101.html" not in page  # not among those that are built here


def test_every_fact_has_a_row(site: Path) -> None:
    spaces = {space for names in TARGETS.values() for space in names}

    assert len(spaces) > 50
    for space in sorted(spaces):
        page = (site / "reference" / "facts" / f"{space}.html").read_text("utf-8")
        missing = [spec.name for spec in namespace(space).values() if spec.name not in page]
        assert missing == []


def test_every_key_has_its_heading(site: Path) -> None:
    page = (site / "reference" / "keys.html").read_text("utf-8")

    assert re.findall(r'<h2 id="([\w-]+)"', page) == list(CHECKS)


def test_every_format_prints_something(site: Path) -> None:
    page = (site / "reference" / "outputs.html").read_text("utf-8")

    assert set(re.findall(r'<h2 id="([\w-]+)"', page)) == set(FORMATS) - {"json"}
    assert "Content-Security-Policy" in (site / "reference" / "report.html").read_text("utf-8")


def test_schemas_are_files_of_the_site(site: Path) -> None:
    folder = site / "reference" / "schemas"
    names = {path.name: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}

    assert set(names) == {
        "advisor.schema.json",
        "plans-v1.schema.json",
        "report-v1.schema.json",
        "snapshot-v1.schema.json",
    }
    assert all(
        schema["$schema"].startswith("https://json-schema.org/") for schema in names.values()
    )
