"""``advisor tune`` as a user meets it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from advisor.cli import run

DEPLOYS = Path(__file__).parents[2] / "fixtures" / "deploys"
HOST = ("--host", "cpus=4,memory=16GB,storage=ssd", "--target", "postgresql=16")
FILES = {
    "nginx.conf",
    "gunicorn.conf.py",
    "app/db.py",
    "postgresql.conf",
    "roles.sql",
    "compose.yaml",
    "advisor.toml",
    "tuned.md",
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No advisor.toml but that of the test."""
    monkeypatch.chdir(tmp_path)


def tune(*arguments: object) -> int:
    """Exit code of ``advisor tune`` with these arguments."""
    return run(["tune", *map(str, arguments)])


def guide(folder: Path) -> Path:
    """A copy of the guide's stack."""
    copy = folder / "guide"
    shutil.copytree(DEPLOYS / "guide", copy)
    return copy


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(*HOST, "--replicas", 2, "--db-share", "50%", "--workload", "oltp") == 0
    printed = capsys.readouterr()

    lines = printed.out.split("\n")
    assert lines[0] == (
        "one host with 4 cpus and 16 GB; uvicorn workers, 2 replicas, oltp, 50 % in the database"
    )
    assert "  requests hold a connection for 30 % of their time (--db-share)" not in lines
    assert "  workers are uvicorn's (--worker)" in lines
    assert printed.err == ""


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(*HOST, "-f", "json", "--worker", "gthread", "--concurrency", 30, "--redis") == 0
    data = json.loads(capsys.readouterr().out)

    assert data["schema"] == "tune-v1"
    assert [one["program"] for one in data["layers"]] == [
        "nginx",
        "gunicorn",
        "engine",
        "postgresql",
        "role",
        "redis",
    ]
    assert set(data["files"]) == FILES - {"tuned.md"} | {"redis.conf"}
    assert all(check["holds"] for check in data["checks"])


def test_markdown_has_the_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(*HOST, "--format", "markdown", "--pooler", "always") == 0
    out = capsys.readouterr().out

    assert out.startswith("# Tuned together\n")
    assert "\n`pgbouncer.ini`\n\n```ini\n[databases]\n" in out


def test_files_that_the_audit_has_nothing_against(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune(*HOST, "-o", "new/stack") == 0
    written = {
        file.relative_to(tmp_path / "new/stack").as_posix()
        for file in (tmp_path / "new").rglob("*")
        if file.is_file()
    }
    assert written == FILES
    assert capsys.readouterr().err.startswith("wrote nginx.conf, gunicorn.conf.py, app/db.py, ")

    assert run(["audit", "new/stack", "--min-severity", "info", "--fail-on", "info"]) == 0
    assert "no findings" in capsys.readouterr().out


def test_no_file_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "postgresql.conf").write_text("mine")

    assert tune(*HOST, "-o", ".") == 2
    assert capsys.readouterr().err == (
        "error: postgresql.conf: is there already (name a new folder)\n"
    )
    assert [file.name for file in tmp_path.iterdir()] == ["postgresql.conf"]


def test_a_folder_that_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")

    assert tune(*HOST, "-o", "file/below") == 2
    assert "cannot be written: Not a directory" in capsys.readouterr().err


def test_a_diff_that_applies(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    copy = guide(tmp_path)
    assert tune(copy) == 0
    printed = capsysbinary.readouterr()
    patched = subprocess.run(
        ["patch", "-p1", "--quiet"], input=printed.out, cwd=tmp_path, check=False
    )
    assert patched.returncode == 0
    assert "workers = 4 " in (copy / "gunicorn.conf.py").read_text()
    assert b"left: shm_size: 1024m: it is 64 MB, and no compose file is edited\n" in printed.err
    assert b"assumed: the workload is web (--workload)\n" in printed.err

    assert tune(copy) == 0
    assert capsysbinary.readouterr().out == b""


def test_no_secret_is_in_a_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(guide(tmp_path)) == 0

    assert "user:pass" not in capsys.readouterr().out


def test_a_deployment_as_text_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = guide(tmp_path)
    assert tune(copy, "-f", "text") == 0
    assert capsys.readouterr().out.startswith(
        "PostgreSQL on 4 cpus and 16 GB, the application on 4 cpus and 4 GB; uvicorn workers"
    )

    assert tune(copy, "-o", "new", "--diff") == 0
    assert capsys.readouterr().out.startswith("--- a/guide/gunicorn.conf.py\n")
    assert (tmp_path / "new" / "nginx.conf").is_file()


def test_facts_of_advisor_toml_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "advisor.toml").write_text('[host]\ncpus = 8\nmemory = "32GB"\n')

    assert tune() == 0
    assert capsys.readouterr().out.startswith("one host with 8 cpus and 32 GB; ")


def test_two_hosts(capsys: pytest.CaptureFixture[str]) -> None:
    assert tune(*HOST, "--app-host", "cpus=1,memory=2GB") == 0
    assert capsys.readouterr().out.startswith(
        "PostgreSQL on 4 cpus and 16 GB, the application on 1 cpu and 2 GB; "
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--keep", "max_connections=5", "--pooler", "never"), "4 workers need 8 connections, and"),
        (("--host", "memory=200MB"), "PostgreSQL needs at least 256 MB of memory, and 200 MB"),
        (("--worker", "sync", "--concurrency", "500"), "500 requests at once are more than"),
        (("--db-share", "2"), "--db-share takes a share of a request's time, got '2'"),
        (("--keep", "wrokers=2"), "'wrokers' cannot be kept (did you mean workers?)"),
        (("--diff",), "--diff needs the PATH of a deployment to compare with"),
        (("--app-host", "cpus=2", "--layout", "one-host"), "--app-host states a second host"),
        (("--host", "cpu=2"), "unknown host fact 'cpu'"),
        (("missing",), "missing: "),
    ],
    ids=str,
)
def test_one_sentence_and_exit_code_2(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tune(*arguments) == 2
    printed = capsys.readouterr()

    assert printed.out == ""
    assert printed.err.startswith(f"error: {message}")
    assert printed.err.count("\n") == 1


def test_help_does_not_import_it() -> None:
    """``advisor --help`` lists the command without paying for it."""
    code = (
        "import sys; from advisor.cli import run; run(['--help']);"
        "sys.exit(any(name.startswith('advisor.tune') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)

    assert done.returncode == 0
    assert "  tune " in done.stdout
