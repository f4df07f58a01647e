"""
Every rule has its page, and is in the list of its family.
"""

from __future__ import annotations

import re

import pytest
from markdown import Markdown

from advisor.rules.catalogue import own_entries
from tools.website import rules

CODES = [entry["code"] for entry in own_entries()]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return rules.pages()


def test_every_rule_has_a_page_and_a_row(pages: dict[str, str]) -> None:
    families = {code: re.sub(r"\d+", "", code) for code in CODES}

    assert len(CODES) > 500
    assert [code for code in CODES if f"reference/rules/{code}.md" not in pages] == []
    for code, family in families.items():
        assert f"| [{code}]({code}.md) |" in pages[f"reference/rules/{family}.md"]


def test_every_family_has_a_title() -> None:
    assert {re.sub(r"\d+", "", code) for code in CODES} <= set(rules.FAMILIES)


@pytest.mark.parametrize("code", ["STK001", "NGX616", "EXP037", "PG305", "ADV004"])
def test_a_page_shows_the_examples_and_no_markup_of_its_text(
    pages: dict[str, str], code: str
) -> None:
    (entry,) = (one for one in own_entries() if one["code"] == code)

    page = Markdown(extensions=["fenced_code"]).convert(pages[f"reference/rules/{code}.md"])

    assert page.count("<h1>") == 1
    assert page.count("<h3>") == sum(len(found) for found in entry["examples"].values())
    assert not re.search(r"<(?!/?(?:h[1-3]|p|pre|code|ul|li|a|em|strong)\b)", page)
    assert "<em>" not in page
