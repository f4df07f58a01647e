"""
Links of the repository become links of the site.
"""

from __future__ import annotations

import pytest

from tools.website.links import PLACES, ROOT, link_codes, moved

KNOWN = {"reference/rules/STK001.md", "reference/rules/PG305.md"}


@pytest.mark.parametrize(
    ("uri", "text", "shown"),
    [
        ("ci.md", "[f](formats.md)", "[f](formats.md)"),
        (
            "configuration.md",
            "[s](../advisor/config/advisor.schema.json)",
            "[s](reference/schemas/advisor.schema.json)",
        ),
        ("explanation/limits.md", "[p](../plans.md#act)", "[p](../plans.md#act)"),
        ("project/contributing.md", "[e](docs/expressions.md)", "[e](../expressions.md)"),
        ("project/architecture.md", "[c](CONTRIBUTING.md)", "[c](contributing.md)"),
        ("ci.md", "[x](https://a.b/docs/c.md) [y](#here)", "[x](https://a.b/docs/c.md) [y](#here)"),
        ("ci.md", "[l](../LICENSE)", "[l](../LICENSE)"),
    ],
)
def test_links_are_moved(uri: str, text: str, shown: str) -> None:
    assert moved(text, uri) == shown


def test_every_moved_file_is_there() -> None:
    assert [source for source in PLACES if not (ROOT / source).is_file()] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(STK001)", "([STK001](../reference/rules/STK001.md))"),
        (
            "STK001, PG305.",
            "[STK001](../reference/rules/STK001.md), [PG305](../reference/rules/PG305.md).",
        ),
        ("`STK001` and [STK001](x.md)", "`STK001` and [STK001](x.md)"),
        ("## A title (STK001)", "## A title (STK001)"),
        ("STK999 and UTF8 and ASTK001", "STK999 and UTF8 and ASTK001"),
    ],
)
def test_codes_of_rules_are_linked(text: str, shown: str) -> None:
    assert link_codes(text, "explanation/guide.md", KNOWN) == shown


def test_a_page_does_not_link_to_itself() -> None:
    assert link_codes("STK001", "reference/rules/STK001.md", KNOWN) == "STK001"
