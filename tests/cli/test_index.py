from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from advisor.cli import run
from advisor.lab.server import PACKAGE
from advisor.units import format_size

FILES = Path(__file__).parents[2] / "fixtures" / "indexes"
SNAPSHOT = FILES / "shop.json"
QUERIES = FILES / "shop.sql"
needs_lab = pytest.mark.skipif(
    importlib.util.find_spec(PACKAGE) is None, reason="the extra lab is not installed"
)


def test_what_is_missing_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["index", str(SNAPSHOT)]) == 2
    assert "no statement to make cheaper" in capsys.readouterr().err
    assert run(["index", str(QUERIES)]) == 2
    assert "no file holds the statistics" in capsys.readouterr().err
    assert run(["index", str(tmp_path / "none")]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert run(["index", str(SNAPSHOT), str(QUERIES), "--max-storage", "much"]) == 2
    assert "is no size" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == PACKAGE else find(name)
    )

    assert run(["index", str(SNAPSHOT), str(QUERIES)]) == 2
    assert "pip install 'deploy-advisor[lab]'" in capsys.readouterr().err


@pytest.mark.oracle
@needs_lab
def test_a_shop_gets_indexes_within_limits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.json"
    files = [str(SNAPSHOT), str(QUERIES)]

    assert run(["index", *files, "-f", "json", "-o", str(target)]) == 0
    found = json.loads(target.read_text("utf-8"))
    assert [one["statement"] for one in found["chosen"]] == [
        (
            "CREATE INDEX CONCURRENTLY idx_orders_customer_id_placed_at"
            " ON public.orders (customer_id, placed_at);"
        ),
    ]
    assert [one["name"] for one in found["dropped"]] == ["orders_customer", "orders_unread"]
    assert "redundant" in found["dropped"][0]["reason"]
    (ranked, broken) = found["unverified"], found["queries"]
    assert ranked[0]["subject"].startswith("statement ")
    assert "does not exist" in ranked[0]["reason"]
    assert broken[0]["after"] < broken[0]["before"] / 2
    capsys.readouterr()

    assert run(["index", *files, "--max-indexes", "0"]) == 0
    shown = capsys.readouterr().out
    assert "0 indexes to create" in shown
    assert format_size(0) in shown
