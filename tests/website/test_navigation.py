"""
No page is left out of the navigation.
"""

from __future__ import annotations

from pathlib import Path

from tools.website.navigation import completed


def test_a_page_that_nobody_named_is_a_how_to(tmp_path: Path) -> None:
    for name in ("index.md", "ci.md", "live.md", "deep/er.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# x\n", "utf-8")
    nav = [{"Start": ["index.md"]}, {"How to": ["ci.md"]}, {"Rest": [{"Rules": "rules/index.md"}]}]

    found = completed(nav, tmp_path, {"rules/index.md": ["rules/PG.md"]})

    assert found == [
        {"Start": ["index.md"]},
        {"How to": ["ci.md", "deep/er.md", "live.md"]},
        {"Rest": [{"Rules": ["rules/index.md", "rules/PG.md"]}]},
    ]
