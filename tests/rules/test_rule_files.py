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
FAMILIES = {
    "ADV": "file",
    "PG": "postgresql",
    "NGX": "nginx",
    "GUN": "gunicorn",
    "SQLA": "sqlalchemy",
    "EXP": "plan",
    "STK": "stack",
}
"""Folder of the rules by the letters of their code; what a file does not say stands in `file`."""
SECTIONS = [anchor for anchor, item in GUIDE.items() if item.decidable]


def shown(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


@pytest.fixture(scope="module")
def rules() -> list[dict[str, object]]:
    return [load_file(path, shown(path)) for path in FILES]


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_a_rule_file(path: Path) -> None:
    """
    It loads, is named after its rule, lies with its family and cites official pages.
    """
    data = load_file(path, shown(path))

    family = FAMILIES[data["code"].rstrip("0123456789")]
    assert path.name == f"{data['name']}.yaml"
    assert path.parent.name in {family, "file" if data["target"] == "file" else family}
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
