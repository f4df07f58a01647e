"""``advisor audit --diff`` and ``--fix`` as a user meets them."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from advisor.cli import run
from advisor.verify import check, postgresql
from advisor.verify.model import Program

GUIDE = Path(__file__).parents[2] / "fixtures" / "deploys" / "guide"
POSTGRES = """\
# server
shared_buffers = 4GB
fsync = off             # faster
work_mem = 4MB
"""
HOST = ("--target", "postgresql=16", "--min-severity", "high")


def audit(*arguments: object) -> int:
    """Exit code of ``advisor audit`` with these arguments."""
    return run(["audit", *map(str, arguments)])


def postgres(folder: Path, text: str = POSTGRES) -> Path:
    file = folder / "postgresql.conf"
    file.write_text(text)
    return file


class TestDiff:
    def test_it_is_all_of_the_output_and_nothing_is_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = postgres(tmp_path)
        monkeypatch.chdir(tmp_path)

        assert audit(".", *HOST, "--diff", "--unsafe-fixes") == 1
        printed = capsys.readouterr()
        assert printed.out == (
            "--- a/postgresql.conf\n+++ b/postgresql.conf\n@@ -1,4 +1,4 @@\n # server\n"
            " shared_buffers = 4GB\n-fsync = off             # faster\n"
            "+fsync = on              # faster\n work_mem = 4MB\n"
        )
        assert printed.err.startswith(".: would fix 1 finding in postgresql.conf\n")
        assert file.read_text() == POSTGRES

    def test_only_safe_fixes_unless_asked(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "gunicorn.conf.py").write_text("timeout = 0\naccesslog = '-'\n")
        audit(tmp_path, "--diff", "--min-severity", "info")
        safe = capsys.readouterr()
        audit(tmp_path, "--diff", "--min-severity", "info", "--unsafe-fixes")

        assert safe.out == ""
        assert "left: somebody should read the fix first: --unsafe-fixes (" in safe.err
        assert "-timeout = 0\n+timeout = 30\n" in capsys.readouterr().out

    @pytest.mark.parametrize("inside", [True, False])
    def test_patch_takes_it(
        self, *, inside: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """From the current folder, or from the root when the deployment lies elsewhere."""
        if shutil.which("patch") is None:
            pytest.skip("patch is not installed")
        patched, fixed = tmp_path / "a b", tmp_path / "fixed"
        shutil.copytree(GUIDE, patched)
        shutil.copytree(GUIDE, fixed)
        here = tmp_path if inside else Path(__file__).parent
        monkeypatch.chdir(here)
        diff = tmp_path / "fixes.diff"
        audit(patched if not inside else "a b", "--diff", "--unsafe-fixes", "-o", diff)
        audit(fixed, "--fix", "--unsafe-fixes")
        command = ["patch", "-p1", "-s", "-d", str(here if inside else "/"), "-i", str(diff)]
        subprocess.run(command, check=True, timeout=60)

        for name in ("app/db.py", "gunicorn.conf.py", "nginx.conf", "postgresql.conf"):
            assert (patched / name).read_text() == (fixed / name).read_text()
            assert (patched / name).read_text() != (GUIDE / name).read_text()

    def test_a_secret_beside_a_change_is_not_shown(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Fewer lines around the change are, and the diff still applies."""
        line = "primary_conninfo = 'host=a password=hunter2'\n"
        postgres(tmp_path, f"work_mem = 4MB\n{line}fsync = off\n")
        audit(tmp_path, *HOST, "--diff", "--unsafe-fixes")
        printed = capsys.readouterr()

        assert "@@ -3 +3 @@\n-fsync = off\n+fsync = on\n" in printed.out
        assert "hunter2" not in printed.out + printed.err

    def test_a_secret_in_the_line_itself_is_masked(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Then the diff cannot be applied, and says so."""
        (tmp_path / "db.py").write_text(
            "from sqlalchemy import create_engine\n"
            "e = create_engine('postgresql://u:hunter2@db/shop', pool_size=20)\n"
        )
        audit(tmp_path, "--diff", "--unsafe-fixes", "--min-severity", "info")
        printed = capsys.readouterr()

        assert "+e = create_engine('postgresql://u:***@db/shop', pool_size=20, pool" in printed.out
        assert "a line to be changed holds a secret; it is masked" in printed.err
        assert "hunter2" not in printed.out + printed.err

    def test_a_file_in_another_encoding(
        self, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        """The diff holds the bytes of the file."""
        (tmp_path / "postgresql.conf").write_bytes(b"# caf\xe9\r\nfsync = off\r\n")
        audit(tmp_path, *HOST, "--diff", "--unsafe-fixes")

        assert b"\n # caf\xe9\r\n-fsync = off\r\n+fsync = on\r\n" in capfdbinary.readouterr().out

    def test_further_reports_are_of_the_files_as_they_are(self, tmp_path: Path) -> None:
        postgres(tmp_path)
        report = tmp_path / "report.json"
        audit(tmp_path, *HOST, "--diff", "--unsafe-fixes", "--report", f"json={report}")
        found = json.loads(report.read_text("utf-8"))["deployments"][0]["findings"]

        assert "PG101" in {one["rule"] for one in found}


class TestFix:
    def test_it_writes_and_reports_what_remains(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = postgres(tmp_path)
        file.chmod(0o600)

        assert audit(tmp_path, *HOST, "--fix", "--unsafe-fixes") == 0
        printed = capsys.readouterr()
        assert file.read_text() == POSTGRES.replace("off            ", "on             ")
        assert file.stat().st_mode & 0o777 == 0o600
        assert printed.err.startswith(f"{tmp_path}: fixed 1 finding in postgresql.conf\n")
        assert "PG101" not in printed.out

    def test_a_second_run_changes_nothing(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deploy = tmp_path / "guide"
        shutil.copytree(GUIDE, deploy)
        audit(deploy, "--fix", "--unsafe-fixes", "--min-severity", "info")
        first = {path: path.read_bytes() for path in deploy.rglob("*") if path.is_file()}
        capsys.readouterr()
        audit(deploy, "--fix", "--unsafe-fixes", "--min-severity", "info")

        assert capsys.readouterr().err.startswith(f"{deploy}: fixed 0 findings\n")
        assert {path: path.read_bytes() for path in deploy.rglob("*") if path.is_file()} == first

    def test_what_is_not_shown_is_not_fixed(self, tmp_path: Path) -> None:
        file = postgres(tmp_path, "log_checkpoints = off\n")
        options = (*HOST, "--fix", "--unsafe-fixes")
        audit(tmp_path, *options)

        assert file.read_text() == "log_checkpoints = off\n"
        audit(tmp_path, *options, "--min-severity", "info")
        assert "log_checkpoints = on\n" in file.read_text()

    def test_a_command_line_is_advice(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = (
            "services:\n  db:\n    image: postgres:16\n"
            "    command: postgres -c fsync=off\n    volumes: [data:/var/lib/postgresql/data]\n"
            "volumes: {data: {}}\n"
        )
        (tmp_path / "compose.yaml").write_text(text)
        audit(tmp_path, "--fix", "--unsafe-fixes")

        said = capsys.readouterr().err
        assert "left: fsync belongs on a command line in compose.yaml (PG101)" in said
        assert (tmp_path / "compose.yaml").read_text() == text

    def test_a_linked_file_is_edited_once(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The link stays a link, and the report names the file."""
        (tmp_path / "conf.d").mkdir()
        target = tmp_path / "conf.d" / "memory.conf"
        target.write_text("fsync = off\n")
        (tmp_path / "linked.conf").symlink_to("conf.d/memory.conf")
        postgres(tmp_path, "include 'linked.conf'\n")
        audit(tmp_path, *HOST, "--fix", "--unsafe-fixes")

        assert target.read_text() == "fsync = on\n"
        assert (tmp_path / "linked.conf").is_symlink()
        assert " in conf.d/memory.conf\n" in capsys.readouterr().err

    def test_a_file_that_changes_meanwhile(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = postgres(tmp_path)
        plan = "advisor.repair.plan_fixes"
        original = __import__("advisor.repair", fromlist=["x"]).plan_fixes

        def meddle(*arguments: object, **options: object) -> object:
            file.write_text("fsync = off\nport = 1\n")
            return original(*arguments, **options)

        monkeypatch.setattr(plan, meddle)

        assert audit(tmp_path, *HOST, "--fix", "--unsafe-fixes") == 2
        assert "postgresql.conf: has changed since it was read" in capsys.readouterr().err
        assert file.read_text() == "fsync = off\nport = 1\n"

    def test_one_file_by_name(self, tmp_path: Path) -> None:
        file = postgres(tmp_path)
        audit(file, *HOST, "--fix", "--unsafe-fixes")

        assert "fsync = on " in file.read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--diff", "--fix"], "--diff shows the fixes and --fix makes them (choose one of them)"),
        (["--unsafe-fixes"], "--unsafe-fixes alone does nothing (add --diff or --fix)"),
        (["--verify"], "--verify alone does nothing (add --diff or --fix)"),
    ],
)
def test_options_that_do_not_go_together(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(GUIDE, *arguments) == 2
    assert sentence in capsys.readouterr().err


def test_the_environment_may_allow_unsafe_fixes_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ADVISOR_UNSAFE_FIXES", "1")
    (tmp_path / "gunicorn.conf.py").write_text("timeout = 0\n")

    assert audit(tmp_path, "--fail-on", "never") == 0
    audit(tmp_path, "--diff", "--min-severity", "info")
    assert "+timeout = 30\n" in capsys.readouterr().out


def test_settings_of_postgresql_as_statements(capsys: pytest.CaptureFixture[str]) -> None:
    """``--as`` is another name of ``--format``."""
    assert audit(GUIDE, "--as", "sql") == 1
    printed = capsys.readouterr().out
    assert "\nALTER SYSTEM SET work_mem = '6MB';\n" in printed
    assert "\nSELECT pg_reload_conf();\n" in printed
    audit(GUIDE, "--format", "conf")
    assert "\nwork_mem = 6MB\n" in capsys.readouterr().out


class TestVerify:
    def test_each_file_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(check, "find_postgres", tuple)
        postgres(tmp_path)
        audit(tmp_path, *HOST, "--diff", "--unsafe-fixes", "--verify")

        said = "  postgresql.conf: not verified: PostgreSQL is not installed\n"
        assert said in capsys.readouterr().err

    def test_what_the_program_refuses_is_not_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """In one sentence, without the secret in it."""
        program = Program("PostgreSQL", Path("/nowhere"), (16, 1))
        monkeypatch.setattr(check, "find_postgres", lambda: (program,))
        answers = iter(["bad line: password=hunter2", ""])
        monkeypatch.setattr(postgresql, "refusal", lambda *_: next(answers))
        file = postgres(tmp_path)

        assert audit(tmp_path, *HOST, "--fix", "--unsafe-fixes", "--verify") == 2
        assert file.read_text() == POSTGRES
        printed = capsys.readouterr()
        assert "PostgreSQL 16.1 refuses the fixed file: bad line: password=***" in printed.err
        assert "hunter2" not in printed.out + printed.err
