"""
``advisor explain``, and how every command ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from advisor import cli
from advisor.cli import run
from tests.support.rules import TEXT


@pytest.mark.parametrize("name", ["STK001", "stk001", "connections-exceed-server"])
def test_by_code_or_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", name]) == 0
    assert capsys.readouterr().out.startswith("# STK001 connections-exceed-server\n\n")


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "STK001", "-f", "json"]) == 0

    data = json.loads(capsys.readouterr().out)
    assert (data["code"], data["source"]) == (
        "STK001",
        "rules/stack/connections-exceed-server.yaml",
    )


def test_a_rule_of_the_user(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "few.yaml"
    file.write_text(TEXT)

    assert run(["explain", "NGX999", str(file)]) == 0
    assert capsys.readouterr().out.startswith("# NGX999 few-idle-connections")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("connection-exceeds-server", "did you mean connections-exceed-server?"),
        ("?", "advisor rules list shows them all"),
    ],
)
def test_a_code_that_does_not_exist(
    code: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", code]) == 2

    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"error: there is no rule {code!r} ({told})\n")


def test_no_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 2
    assert "Missing argument 'CODE'" in capsys.readouterr().err


class TestExits:
    def test_help_and_version(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["--help"]) == 0
        assert run(["--version"]) == 0
        assert run(["explain", "-h"]) == 0
        assert "explain" in capsys.readouterr().out

    def test_a_command_that_does_not_exist(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["audti"]) == 2
        assert "No such command" in capsys.readouterr().err

    def test_control_c(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def interrupt(_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(cli.cli, "invoke", interrupt)

        assert run(["explain", "STK001"]) == 130
        assert capsys.readouterr().err == "interrupted\n"

    def test_main_exits(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "argv", ["advisor", "explain", "NONE"])

        with pytest.raises(SystemExit) as caught:
            cli.main()

        assert caught.value.code == 2
        assert capsys.readouterr().err.startswith("error: there is no rule 'NONE'")

    def test_completion(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """
        The shell asks with a variable.
        """
        monkeypatch.setattr(sys, "argv", ["advisor"])
        monkeypatch.setenv("_ADVISOR_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", "advisor ex")
        monkeypatch.setenv("COMP_CWORD", "1")

        with pytest.raises(SystemExit) as caught:
            cli.main()

        assert (caught.value.code, capsys.readouterr().out) == (0, "plain,explain\n")

    def test_the_reader_goes_away(self) -> None:
        """
        As in ``advisor explain STK001 | true``: no traceback, no failure.
        """
        with subprocess.Popen(
            [sys.executable, "-m", "advisor", "explain", "STK001"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.close()
            told = process.stderr.read()

        assert (process.returncode, told) == (0, b"")

    def test_a_terminal_that_knows_ascii_only(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "advisor", "explain", "STK001"],
            env={"PYTHONIOENCODING": "ascii", "PATH": ""},
            capture_output=True,
            check=False,
        )

        assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_can_be_loaded(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert f"Usage: advisor {name}" in capsys.readouterr().out


def test_the_list_of_commands_is_whole() -> None:
    assert list(cli.COMMANDS) == list(cli._SUMMARIES)
