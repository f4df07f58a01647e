"""``advisor facts``: everything known, with value, origin and place."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.cli import run

DEPLOYS = Path(__file__).parents[2] / "fixtures" / "deploys"


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """What the command prints, blanks folded."""
    assert run(["facts", *arguments]) == 0
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_every_fact_has_its_origin_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    printed = lines(capsys, str(DEPLOYS / "guide"))

    assert "pg.max_connections 200 literal postgresql.conf:6" in printed
    assert any(
        line.startswith("gunicorn.workers 9 evaluated gunicorn.conf.py:4") for line in printed
    )
    assert any(line.startswith("connections.peak 270 evaluated") for line in printed)
    assert any(line.startswith("host.storage unknown") for line in printed)


def test_what_the_user_states_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(DEPLOYS / "guide" / "postgresql.conf")
    printed = lines(capsys, path, "--host", "memory=64GB", "--target", "postgresql=17")

    assert "host.memory 64 GB given" in printed
    assert "pg.major 17 given" in printed


def test_nothing_to_read_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["facts", str(tmp_path)]) == 2
    assert "nothing to audit here" in capsys.readouterr().err
