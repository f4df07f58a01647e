"""
``advisor rules``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from advisor.cli import run
from advisor.rules import catalogue
from advisor.rules.catalogue import own_entries
from tests.support.rules import TEXT, subject, written


@pytest.fixture
def ops(tmp_path: Path) -> Path:
    """
    A folder with one rule of the user's.
    """
    (tmp_path / "few-idle-connections.yaml").write_text(TEXT)
    return tmp_path


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    An audit that sees ``keepalive`` in the second line.
    """
    audit = ModuleType("advisor.audit")

    def collect_example(files: dict[str, str], *_: object) -> tuple[object, ...]:
        words = files["nginx.conf"].replace(";", "").split()
        facts = {"upstream.name": written("app", 1)}
        if "keepalive" in words:
            facts["upstream.keepalive"] = written(int(words[words.index("keepalive") + 1]))
            facts["nginx.version"] = written((1, 24, 0))
        return (subject(facts),)

    audit.__dict__["collect_example"] = collect_example
    monkeypatch.setitem(sys.modules, "advisor.audit", audit)


class TestList:
    def test_text(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["rules", "list"]) == 0

        out = capsys.readouterr().out
        assert len(out.splitlines()) == len(own_entries())
        assert "STK001   high      stack.database      connections-exceed-server\n" in out

    def test_json(self, ops: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["rules", "list", "--format", "json", str(ops)]) == 0

        rules = json.loads(capsys.readouterr().out)
        (own,) = [rule for rule in rules if rule["code"] == "NGX999"]
        assert own == {
            "code": "NGX999",
            "name": "few-idle-connections",
            "title": "Few idle connections are kept",
            "target": "nginx.upstream",
            "category": "performance",
            "severity": "medium",
            "confidence": "certain",
            "since": "0.1",
            "guide": ["connection-optimization.upstream-keepalive"],
            "requires": ["nginx.version"],
            "source": f"{ops}/few-idle-connections.yaml",
        }

    def test_a_folder_that_is_not_there(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["rules", "list", "gone"]) == 2

        captured = capsys.readouterr()
        assert (captured.out, captured.err) == (
            "",
            "error: gone: there is no such file or folder\n",
        )

    def test_an_option_that_does_not_exist(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["rules", "list", "--jsn"]) == 2
        assert "No such option" in capsys.readouterr().err


class TestCheck:
    def test_the_advisors_own(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["rules", "check"]) == 0

        captured = capsys.readouterr()
        assert captured.err == ""
        assert captured.out.endswith(" rule files checked, 0 mistakes\n")

    def test_every_mistake_is_named(self, ops: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (ops / "b.yaml").write_text(TEXT.replace("keepalive < 8", "keepalif < 8"))
        (ops / "c.yaml").write_text(TEXT)

        assert run(["rules", "check", str(ops)]) == 2

        captured = capsys.readouterr()
        assert captured.out == "3 rule files checked, 2 mistakes\n"
        assert captured.err == (
            f"error: {ops}/b.yaml:10:7: when: unknown fact 'upstream.keepalif'; "
            "did you mean 'upstream.keepalive'?\n    upstream.keepalif < 8\n    ^\n"
            f"error: {ops}/few-idle-connections.yaml: code NGX999 is taken by {ops}/c.yaml\n"
        )

    def test_one_file(self, ops: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["rules", "check", str(ops / "few-idle-connections.yaml")]) == 0
        assert capsys.readouterr().out == "1 rule file checked, 0 mistakes\n"

    def test_a_package_without_rule_files(
        self, ops: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(catalogue, "FOLDER", ops / "gone")

        assert run(["rules", "check"]) == 2
        assert "were checked when it was built (name a path)" in capsys.readouterr().err


@pytest.mark.usefixtures("pipeline")
class TestTest:
    def test_examples_that_hold(self, ops: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["rules", "test", str(ops)]) == 0
        assert capsys.readouterr().out == "3 examples of 1 rule, 0 failures\n"

    def test_one_that_does_not(self, ops: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (ops / "few-idle-connections.yaml").write_text(TEXT.replace("keepalive 64", "keepalive 6"))

        assert run(["rules", "test", str(ops)]) == 1

        captured = capsys.readouterr()
        assert captured.out == "3 examples of 1 rule, 1 failure\n"
        assert captured.err == "NGX999 good 1 (many): fires: keepalive is 6\n"

    def test_a_rule_with_a_mistake(self, ops: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (ops / "few-idle-connections.yaml").write_text("code: x")

        assert run(["rules", "test", str(ops)]) == 2
        assert capsys.readouterr().err.startswith("error: ")

    def test_the_advisors_own(
        self, ops: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(catalogue, "FOLDER", ops)
        monkeypatch.setattr(catalogue, "CACHE", ops / ".cache")

        assert run(["rules", "test"]) == 0
        assert capsys.readouterr().out == "3 examples of 1 rule, 0 failures\n"
