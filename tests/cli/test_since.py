"""``--since REV``: what a change brings, and nothing that a repository could make git run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from advisor.cli import run

OFF = "fsync = off\n"


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x", "--no-verify")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one finding in its first commit."""
    root = tmp_path / "shop"
    root.mkdir()
    git(root, "init", "-q")
    (root / "postgresql.conf").write_text(OFF)
    commit(root)
    monkeypatch.chdir(root)
    return root


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    code = run(["audit", "-f", "concise", *arguments])
    said = capsys.readouterr()
    assert code in {0, 1}, said.err
    return [line.partition("[")[2].partition("]")[0] for line in said.out.splitlines()]


def test_only_what_is_new(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "postgresql.conf").write_text(f"# above\n{OFF}full_page_writes = off\n")

    assert found(capsys) == ["PG101", "PG102"]
    assert found(capsys, "--since", "HEAD") == ["PG102"]
    assert run(["audit", "--since", "HEAD"]) == 1
    assert "1 not new (--show-suppressed)" in capsys.readouterr().out
    commit(here)
    assert found(capsys, "--since", "HEAD") == []
    assert found(capsys, "--since", "HEAD~1") == ["PG102"]


def test_folders_and_files_below_the_root(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "deploy" / "db").mkdir(parents=True)
    (here / "deploy" / "db" / "postgresql.conf").write_text(OFF)
    assert found(capsys, "deploy", "--since", "HEAD") == ["PG101"]
    commit(here)
    assert found(capsys, "deploy", "--since", "HEAD") == []
    assert found(capsys, "deploy/db/postgresql.conf", "--since", "HEAD") == []
    assert found(capsys, ".", "--since", "HEAD~1") == ["PG101"]


def test_a_comment_that_was_taken_away(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was accepted and no longer is counts as new."""
    (here / "postgresql.conf").write_text("fsync = off  # advisor: ignore[PG101] x\n")
    commit(here)
    (here / "postgresql.conf").write_text(OFF)

    assert found(capsys, "--since", "HEAD") == ["PG101"]


@pytest.mark.parametrize(
    "revision", ["nope", "--output=x", "-h", "HEAD:postgresql.conf", "", "a b"]
)
def test_no_such_revision(revision: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["audit", f"--since={revision}"])
    said = capsys.readouterr()

    if revision:
        assert code == 2
        assert f"there is no revision {revision!r}" in said.err
    assert not (here / "x").exists()


def test_no_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "postgresql.conf").write_text(OFF)

    assert run(["audit", str(tmp_path), "--since", "HEAD"]) == 2
    assert "is in no git repository: not a git repository" in capsys.readouterr().err


def test_without_git(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert run(["audit", "--since", "HEAD"]) == 2
    assert "git is not installed" in capsys.readouterr().err


def test_nothing_of_the_repository_is_run(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Hooks, filters, textconv, a file system monitor, an alias and a pager leave no trace."""
    trace = tmp_path / "ran"
    script = tmp_path / "run.sh"
    script.write_text(f"#!/bin/sh\necho $0 $@ >> {trace}\ncat\n")
    script.chmod(0o755)
    hooks = here / ".git" / "hooks"
    for name in ("post-checkout", "post-index-change", "reference-transaction", "pre-commit"):
        (hooks / name).write_text(script.read_text())
        (hooks / name).chmod(0o755)
    (here / ".gitattributes").write_text("* filter=evil diff=evil\n")
    git(here, "add", "-A")
    tree = git(here, "write-tree").strip()
    head = git(here, "commit-tree", tree, "-m", "x").strip()
    for key in (
        "filter.evil.smudge",
        "filter.evil.clean",
        "filter.evil.process",
        "diff.evil.textconv",
        "diff.evil.command",
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.editor",
        "gpg.program",
        "credential.helper",
        "alias.ls-tree",
        "alias.cat-file",
        "uploadpack.packObjectsHook",
    ):
        git(here, "config", key, f"!{script}" if key.startswith("alias") else str(script))
    trace.unlink(missing_ok=True)
    before = sorted((path, path.stat().st_mtime_ns) for path in here.rglob("*"))

    assert found(capsys, "--since", head) == []

    assert not trace.exists()
    assert sorted((path, path.stat().st_mtime_ns) for path in here.rglob("*")) == before


def test_a_partial_clone_fetches_nothing(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    git(here, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    git(
        tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{here}", str(clone)
    )
    (clone / "postgresql.conf").write_text(OFF)
    for key in ("protocol.file.allow", "protocol.allow"):
        git(clone, "config", key, "always")
    monkeypatch.chdir(clone)

    assert run(["audit", "--since", "HEAD"]) == 2
    assert "git cannot read the revision" in capsys.readouterr().err
    missing = git(clone, "rev-list", "--objects", "--all", "--missing=print")
    assert "?" in missing


def test_in_a_hook_of_git(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """git sets variables there that name its own repository."""
    monkeypatch.setenv("GIT_DIR", "elsewhere/.git")
    monkeypatch.setenv("GIT_INDEX_FILE", "elsewhere/index")

    assert found(capsys, "--since", "HEAD") == []


def test_links_lead_nowhere_outside(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither a link of the revision nor a path through one leaves the temporary folder."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "postgresql.conf").write_text("full_page_writes = off\n")
    (here / "linked").symlink_to(outside)
    (here / "extra.conf").symlink_to(outside / "postgresql.conf")
    commit(here)

    assert found(capsys, "--since", "HEAD", "--ignore", "ADV") == []
    assert sorted(one.name for one in outside.iterdir()) == ["postgresql.conf"]
