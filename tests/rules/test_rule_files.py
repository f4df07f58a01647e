"""
The advisor's own rules: every file, and the guide they enforce.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.catalog.guide import GUIDE
from advisor.rules.catalogue import FOLDER
from advisor.rules.loader import check_unique, load_file, rule_files

FILES = rule_files(FOLDER)
FOLDERS = {"engine": "sqlalchemy"}
"""Folders that are not called like the first part of their rules' target."""
LETTERS = {
    "ADV",
    "PG",
    "NGX",
    "GUN",
    "SQLA",
    "EXP",
    "STK",
    "PGH",
    "PGB",
    "LOAD",
    "RED",
    "APP",
    "LIVE",
}
"""Of codes. They are public."""
SECTIONS = [anchor for anchor, item in GUIDE.items() if item.decidable]


def shown(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


@pytest.fixture(scope="module")
def rules() -> list[dict[str, object]]:
    return [load_file(path, shown(path)) for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_a_rule_file(path: Path) -> None:
    """
    It loads, is named after its rule, lies with its target's family and cites official pages.
    """
    data = load_file(path, shown(path))

    family = data["target"].partition(".")[0]
    assert shown(path) == f"{FOLDERS.get(family, family)}/{data['name']}.yaml"
    assert data["code"].rstrip("0123456789") in LETTERS
    assert data["references"]
    assert all(reference["url"].startswith("https://") for reference in data["references"])


def test_codes_and_names_are_unique(rules: list[dict[str, object]]) -> None:
    check_unique(rules)


@pytest.mark.parametrize("anchor", SECTIONS)
def test_the_guide_has_a_rule(anchor: str, rules: list[dict[str, object]]) -> None:
    """
    What the guide says about a setting is judged by at least one rule.
    """
    codes = [data["code"] for data in rules if anchor in list_of(data["guide"])]

    assert codes, f"no rule names {anchor}"


def list_of(value: object) -> list[object]:
    return value if isinstance(value, list) else []
