"""
The navigation: what mkdocs.yml names, and the pages that it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECTION = "How to"
"""Where pages that are not named are put."""


def completed(nav: list[Any], folder: Path, below: Mapping[str, list[str]]) -> list[Any]:
    """
    The navigation with every page below `folder` in it.

    `below` has further pages for sections that mkdocs.yml gives a single one.
    """
    nav = [_opened(part, below) for part in nav]
    named = set(_pages(nav))
    pages = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.md"))
    missing = [page for page in pages if page not in named]
    sections = (part if isinstance(part, dict) else {} for part in nav)
    return [
        {SECTION: [*section[SECTION], *missing]} if SECTION in section else part
        for part, section in zip(nav, sections, strict=True)
    ]


def _opened(part: Any, below: Mapping[str, list[str]]) -> Any:  # noqa: ANN401 - YAML
    if isinstance(part, list):
        return [_opened(one, below) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        title: [pages, *below[pages]]
        if isinstance(pages, str) and pages in below
        else _opened(pages, below)
        for title, pages in part.items()
    }


def _pages(part: Any) -> list[str]:  # noqa: ANN401 - YAML
    if isinstance(part, str):
        return [part]
    parts = part.values() if isinstance(part, dict) else part
    return [page for one in parts for page in _pages(one)]
