"""``advisor baseline`` and ``--baseline``, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.cli import run

FILE = "advisor-baseline.json"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two findings."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "postgresql.conf").write_text("fsync = off\nfull_page_writes = off\n")
    return tmp_path


def rules(folder: Path) -> list[str]:
    return [one["rule"] for one in json.loads((folder / FILE).read_text())["entries"]]


def test_what_is_known_is_not_reported(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["baseline", "write"]) == 0
    assert "advisor-baseline.json: 2 known, 0 gone, 2 taken up" in capsys.readouterr().err

    assert run(["audit", "--baseline", FILE, "--fail-on", "low"]) == 0
    assert "2 in the baseline (--show-suppressed)" in capsys.readouterr().out
    assert run(["audit"]) == 1


def test_it_is_sorted_one_entry_a_line(here: Path) -> None:
    run(["baseline", "write"])
    text = (here / FILE).read_text()

    assert len(text.splitlines()) == 2 + 6
    assert rules(here) == ["PG101", "PG102"]
    run(["baseline", "write"])
    assert (here / FILE).read_text() == text


def test_new_findings_are_reported(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["baseline", "write"])
    (here / "postgresql.conf").write_text("\n# moved\nfsync = off\nzero_damaged_pages = on\n")
    capsys.readouterr()

    assert run(["audit", "-f", "concise", "--baseline", FILE]) == 1
    said = capsys.readouterr()
    assert "PG101" not in said.out
    assert "postgresql.conf:4:1" in said.out
    assert "1 in the baseline" in said.err


def test_it_only_gets_shorter(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["baseline", "write"])
    (here / "postgresql.conf").write_text("fsync = off\nzero_damaged_pages = on\n")
    capsys.readouterr()

    assert run(["audit", "--baseline", FILE]) == 1
    gone = "note: 1 entry is gone from advisor-baseline.json; advisor baseline write takes them out"
    assert gone in " ".join(capsys.readouterr().out.split())  # folded to the terminal's width
    assert run(["baseline", "write"]) == 1
    assert rules(here) == ["PG101"]
    assert "1 new findings; --allow-growth takes them up" in capsys.readouterr().err
    assert run(["baseline", "write", "--allow-growth"]) == 0
    assert len(rules(here)) == 2


def test_what_was_not_judged_is_kept(here: Path) -> None:
    """Other deployments, rules that were not tried, and rules that lack a fact."""
    for name in ("a", "b"):
        (here / name).mkdir()
        (here / name / "postgresql.conf").write_text("fsync = off\n")
    run(["baseline", "write", "a", "b", "--host", "memory=2GB"])
    before = (here / FILE).read_text()
    assert "PG304" in before

    run(["baseline", "write", "a"])
    run(["baseline", "write", "a", "b", "--select", "NGX"])

    assert (here / FILE).read_text() == before


def test_the_same_finding_of_another_deployment_is_another(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (here / name).mkdir()
        (here / name / "postgresql.conf").write_text("fsync = off\n")
    run(["baseline", "write", "a"])
    capsys.readouterr()

    run(["audit", "a", "b", "-f", "concise", "--baseline", FILE])
    assert capsys.readouterr().out.startswith("b/postgresql.conf:1:1: critical[PG101]")


def test_the_rest_of_a_finding_is_still_known(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Findings with one root cause are one finding, and their places are entries of their own."""
    block = "server {{ listen {}; location / {{ autoindex on; root /srv; }} }}\n"
    text = "".join(block.format(8000 + number) for number in range(30))
    (here / "nginx.conf").write_text(f"events {{}}\nhttp {{\n{text}}}\n")
    run(["baseline", "write", "nginx.conf"])
    fewer = text.replace(block.format(8000), "")
    (here / "nginx.conf").write_text(f"events {{}}\nhttp {{\n{fewer}}}\n")
    capsys.readouterr()

    run(["audit", "nginx.conf", "-f", "concise", "--baseline", FILE])
    assert capsys.readouterr().out == ""


def test_advisor_toml_may_name_it(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "advisor.toml").write_text('baseline = "known.json"\n')
    run(["baseline", "write"])
    assert (here / "known.json").exists()
    assert run(["audit"]) == 0
    run(["baseline", "show"])
    assert "2 known: 1 PG101, 1 PG102" in capsys.readouterr().out


def test_entries_can_be_shown(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["baseline", "write"])
    capsys.readouterr()
    run(["baseline", "show"])
    assert capsys.readouterr().out.startswith("postgresql.conf: PG101 fsync is off")
    run(["baseline", "show", "-f", "json"])
    assert len(json.loads(capsys.readouterr().out)) == 2


ENTRY = {"fingerprint": "0" * 16, "rule": "PG101", "path": "x", "message": "m"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is no JSON"),
        ("{", "is no JSON"),
        ("[]", "is no baseline: it must be an object"),
        ("{}", "is of version None, and this advisor reads 1"),
        ('{"version": 2, "created_with": "9", "entries": []}', "is of version 2, and this"),
        ('{"version": true, "created_with": "9", "entries": []}', "is of version True"),
        ('{"version": 1, "entries": []}', "must hold version, created_with, entries"),
        ('{"version": 1, "created_with": "1", "entries": {}}', "must hold version"),
        ('{"version": 1, "created_with": "1", "entries": [1]}', "entry 1 must hold fingerprint"),
        (
            json.dumps({"version": 1, "created_with": "1", "entries": [ENTRY, {**ENTRY, "x": 1}]}),
            "entry 2 must hold fingerprint, rule, path, message",
        ),
        (
            json.dumps(
                {"version": 1, "created_with": "1", "entries": [{**ENTRY, "fingerprint": "x"}]}
            ),
            "entry 1 is damaged",
        ),
        ("[" * 100_000, "is no JSON"),
    ],
)
def test_a_damaged_one_is_never_an_empty_one(
    text: str, sentence: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / FILE).write_text(text)
    for command in (["audit", "--baseline", FILE], ["baseline", "write"], ["baseline", "show"]):
        assert run(command) == 2
        said = capsys.readouterr()
        assert sentence in said.err
        assert FILE in said.err
        assert said.out == ""
    assert (here / FILE).read_text() == text


def test_one_that_does_not_exist(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "--baseline", "gone.json"]) == 2
    assert "gone.json: cannot be read" in capsys.readouterr().err
