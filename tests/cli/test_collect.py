"""``advisor collect`` and ``advisor audit --dsn`` without a server: nothing is asked by mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.cli import run
from tests.support.snapshots import setting, snapshot

NOWHERE = "host=/nonexistent password=hunter2secret"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "postgresql.conf").write_text("work_mem = 16MB\n", "utf-8")
    return tmp_path


def test_a_variable_alone_makes_no_audit_connect(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be set for the step before, which collects."""
    monkeypatch.setenv("ADVISOR_DSN", NOWHERE)
    assert run(["audit", str(folder)]) == 0
    assert capsys.readouterr().err == ""


def test_env_takes_the_variable(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ADVISOR_DSN", NOWHERE)
    assert run(["audit", str(folder), "--dsn", "env"]) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: no connection: ")
    assert "hunter2secret" not in message


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--diff"], "error: --dsn only reports (leave out --diff and --fix)"),
        (["--fix"], "error: --dsn only reports (leave out --diff and --fix)"),
    ],
)
def test_what_does_not_go_together(
    folder: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["audit", str(folder), "--dsn", NOWHERE, *arguments]) == 2
    assert capsys.readouterr().err.strip() == message


def test_one_server_belongs_to_one_deployment(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path_factory.mktemp("other")
    assert run(["audit", str(folder), str(other), "--dsn", NOWHERE]) == 2
    assert "--dsn belongs to one deployment" in capsys.readouterr().err


def test_a_password_on_the_command_line_is_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["collect", "--dsn", NOWHERE]) == 2
    said = capsys.readouterr()
    assert "can be seen in the list of processes" in said.err
    assert "hunter2secret" not in said.err
    assert said.out == ""


def test_a_value_of_the_server_is_not_written_into_its_snapshot(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rule that finds it knows what to set, and no file to set it in."""
    text = snapshot(settings=[setting("fsync", "off"), setting("work_mem", "16384", unit="kB")])
    (folder / "snapshot.json").write_text(text, "utf-8")
    assert run(["audit", str(folder), "--fix", "--unsafe-fixes"]) == 1
    said = capsys.readouterr()
    assert "the file to set fsync in is not known (PG101)" in said.err
    assert (folder / "snapshot.json").read_text("utf-8") == text
    assert run(["audit", str(folder), "--as", "sql"]) == 1
    assert "ALTER SYSTEM SET fsync = 'on';" in capsys.readouterr().out
