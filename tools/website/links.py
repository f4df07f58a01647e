"""
Links between documents of the repository and pages of the site.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Mapping
from pathlib import Path

from tools.website import prose

ROOT = Path(__file__).parents[2]
"""The checkout."""
PLACES: Mapping[str, str] = {
    "ARCHITECTURE.md": "project/architecture.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "advisor/config/advisor.schema.json": "reference/schemas/advisor.schema.json",
    "advisor/report/report-v1.schema.json": "reference/schemas/report-v1.schema.json",
    "advisor/report/plans-v1.schema.json": "reference/schemas/plans-v1.schema.json",
    "advisor/live/snapshot-v1.schema.json": "reference/schemas/snapshot-v1.schema.json",
}
"""Where files outside of ``docs/`` are on the site."""
_SOURCES = {place: source for source, place in PLACES.items()}
_TARGET = re.compile(r"\]\((?![a-z]+:|#)(?P<path>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")
_CODE = re.compile(r"(?<![\w/\[\]-])(?P<code>[A-Z]{2,6}\d{3})(?![\w\]./-]*[\w\]])")
_LINK_OR_HEADING = re.compile(r"!?\[[^\]]*\]\([^)]*\)|^#+ .*$", re.MULTILINE)


def moved(text: str, uri: str) -> str:
    """
    The text of the page `uri` with its links as the site needs them.

    Targets that are no page stay as they are: the strict build then names them.
    """
    source = _SOURCES.get(uri, f"docs/{uri}")

    def lead(found: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), found["path"]))
        place = PLACES.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else "")
        if not place:
            return found.group()
        return f"]({relative(place, uri)}{found['anchor'] or ''})"

    return _TARGET.sub(lead, text)


def link_codes(markdown: str, uri: str, known: Container[str]) -> str:
    """
    The text of the page `uri` in which codes of rules are links to their pages.
    """
    return prose.edited(markdown, lambda text: _outside_links(text, uri, known))


def rule_uri(code: str) -> str:
    """
    The page of a rule.
    """
    return f"reference/rules/{code}.md"


def relative(place: str, uri: str) -> str:
    """
    The page `place` as seen from the page `uri`.
    """
    return posixpath.relpath(place, posixpath.dirname(uri) or ".")


def _outside_links(text: str, uri: str, known: Container[str]) -> str:
    def link(found: re.Match[str]) -> str:
        page = rule_uri(found["code"])
        if page not in known or page == uri:
            return found.group()
        return f"[{found['code']}]({relative(page, uri)})"

    parts: list[str] = []
    end = 0
    for kept in _LINK_OR_HEADING.finditer(text):
        parts += (_CODE.sub(link, text[end : kept.start()]), kept.group())
        end = kept.end()
    return "".join([*parts, _CODE.sub(link, text[end:])])
