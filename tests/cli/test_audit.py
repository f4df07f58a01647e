"""``advisor audit`` as a user meets it: formats, files, thresholds, exit codes, errors."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from advisor.cli import run
from advisor.report.json import schema

ROOT = Path(__file__).parents[2]
DEPLOYS = ROOT / "fixtures" / "deploys"
GUIDE = str(DEPLOYS / "guide")
HEALTHY = str(DEPLOYS / "healthy")


def outcome(*arguments: str) -> int:
    """Exit code of ``advisor audit`` with these arguments."""
    return run(["audit", *arguments])


class TestExitCodes:
    def test_findings_at_the_threshold(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert outcome(GUIDE) == 1
        assert outcome(GUIDE, "--fail-on", "critical") == 0
        assert outcome(GUIDE, "--fail-on", "never") == 0
        assert outcome(GUIDE, "--fail-on", "low", "-f", "json") == 1
        assert "STK001" in capsys.readouterr().out

    def test_nothing_wrong(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert outcome(HEALTHY, "--fail-on", "low") == 0
        assert "no findings" in capsys.readouterr().out

    def test_one_bad_deployment_of_several_is_enough(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert outcome(HEALTHY, GUIDE, "-f", "json") == 1
        names = [one["name"] for one in json.loads(capsys.readouterr().out)["deployments"]]
        assert names == ["healthy", "guide"]

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["no-such-folder"], "error: no-such-folder: no such file or folder"),
            ([GUIDE, "--target", "nginx=new"], "error: nginx=new is no version"),
            ([GUIDE, "--host", "memory=lots"], "error: memory must be a size, got 'lots'"),
            ([GUIDE, "--host", "cpu=4"], "unknown host fact 'cpu' (did you mean 'cpus'?)"),
            ([GUIDE, "--report", "pdf=x"], "error: --report takes FORMAT=FILE, got 'pdf=x'"),
            ([GUIDE, "--path-map", "etc=x"], "error: --path-map takes /absolute=relative"),
            ([GUIDE, "-o", "no/such/folder/x.md"], "no/such/folder/x.md: cannot be written"),
            ([GUIDE, "--fail-on", "bad"], "Invalid value for '--fail-on'"),
            ([GUIDE, "--unknown"], "No such option"),
        ],
    )
    def test_jobs_that_cannot_be_done(
        self, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert outcome(*arguments) == 2
        printed = capsys.readouterr()
        assert sentence in printed.err
        assert printed.out == ""
        assert "Traceback" not in printed.err

    def test_an_empty_folder_names_what_is_looked_for(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "readme.txt").write_text("nothing here")
        assert outcome(str(tmp_path)) == 2
        said = capsys.readouterr().err
        for name in ("postgresql.conf", "nginx", "gunicorn", "SQLAlchemy", "EXPLAIN", "compose"):
            assert name in said

    def test_ctrl_c(self, tmp_path: Path) -> None:
        """A run that is interrupted while it waits for a named pipe … never waits at all."""
        os.mkfifo(tmp_path / "postgresql.conf")
        (tmp_path / "nginx.conf").write_text("events {}\n")
        assert outcome(str(tmp_path)) == 0

    def test_interrupted(self) -> None:
        """SIGINT ends the run with 130 and one word, whatever it was doing."""
        script = (
            # In the background of a shell SIGINT is ignored, and Python leaves it so.
            "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "import sys, time, advisor.audit as audit\n"
            "audit.audit_path = lambda *_: (print('started', flush=True), time.sleep(30))\n"
            "from advisor.cli import run; sys.exit(run(['audit', '.']))"
        )
        with subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "started\n"
            time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=90)
        assert process.returncode == 130
        assert said.strip() == "interrupted"


class TestOutput:
    def test_the_json_is_what_its_schema_says(self, capsys: pytest.CaptureFixture[str]) -> None:
        for name in ("guide", "healthy", "broken"):
            outcome(str(DEPLOYS / name), "-f", "json", "--min-severity", "info")
            jsonschema.validate(json.loads(capsys.readouterr().out), schema())

    def test_several_reports_in_one_run(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        markdown, data = tmp_path / "report.md", tmp_path / "report.json"
        outcome(GUIDE, "--report", f"markdown={markdown}", "--report", f"json={data}")
        assert capsys.readouterr().out.startswith("guide: nginx 1.30")
        assert markdown.read_text("utf-8").startswith("# Tuning report: guide")
        assert json.loads(data.read_text("utf-8"))["deployments"][0]["name"] == "guide"

    def test_a_file_instead_of_stdout(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "report.md"
        outcome(GUIDE, "-f", "markdown", "-o", str(path))
        text = path.read_text("utf-8")
        assert capsys.readouterr().out == ""
        for part in ("## Do first", "## Findings", "## Facts", "## Against the guide"):
            assert part in text

    def test_info_is_counted_and_shown_on_request(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "gunicorn.conf.py").write_text("workers = 4\nkeepalive = 5\naccesslog = '-'\n")
        outcome(str(tmp_path))
        assert "1 info not shown" in capsys.readouterr().out
        outcome(str(tmp_path), "--min-severity", "info")
        assert "info[GUN005]" in capsys.readouterr().out

    def test_colour_only_where_it_is_wanted(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delenv("FORCE_COLOR", raising=False)
        outcome(GUIDE)
        plain = capsys.readouterr().out
        outcome(GUIDE, "--color", "always")
        coloured = capsys.readouterr().out
        monkeypatch.setenv("FORCE_COLOR", "1")
        outcome(GUIDE)
        forced = capsys.readouterr().out
        monkeypatch.setenv("NO_COLOR", "1")
        outcome(GUIDE)
        assert capsys.readouterr().out == plain
        assert "\x1b[" not in plain
        assert coloured == forced != plain

    def test_a_reader_that_goes_away(self) -> None:
        """``advisor audit … | head -1`` ends quietly."""
        result = subprocess.run(  # noqa: S602 - the pipe is what is tested
            f"{sys.executable} -m advisor audit {GUIDE} | head -1",
            shell=True,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.stdout.startswith("guide: ")
        assert result.stderr == ""

    def test_options_from_the_environment(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("ADVISOR_FAIL_ON", "never")
        monkeypatch.setenv("ADVISOR_FORMAT", "json")
        assert outcome(GUIDE) == 0
        assert json.loads(capsys.readouterr().out)["schema"]


class TestSettings:
    def test_the_closest_file_counts(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "advisor.toml").write_text('fail-on = "never"\n[host]\ncpus = 2\n')
        (tmp_path / "gunicorn.conf.py").write_text(
            "import multiprocessing\n"
            "workers = multiprocessing.cpu_count() * 4\n"
            "worker_class = 'uvicorn_worker.UvicornWorker'\n"
        )
        assert outcome(str(tmp_path)) == 0
        assert "8 uvicorn workers on 2 cpus" in capsys.readouterr().out
        outcome(str(tmp_path), "--host", "cpus=1")
        assert "4 uvicorn workers on 1 cpu:" in capsys.readouterr().out

    def test_rules_of_the_users_own(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        own = (ROOT / "rules" / "gunicorn" / "timeout-off.yaml").read_text("utf-8")
        own = own.replace("GUN016", "OPS001").replace("name: timeout-off", "name: ops-timeout")
        (tmp_path / "ops").mkdir()
        (tmp_path / "ops" / "ops-timeout.yaml").write_text(own)
        (tmp_path / "advisor.toml").write_text('rules = ["ops"]\n')
        (tmp_path / "gunicorn.conf.py").write_text("timeout = 0\nworkers = 2\n")
        outcome(str(tmp_path))
        assert "OPS001" in capsys.readouterr().out

    def test_secrets_are_never_printed(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A password in a URL beside a finding appears in no format."""
        (tmp_path / "app.py").write_text(
            "from sqlalchemy import create_engine\n"
            "engine = create_engine('postgresql://shop:hunter2@db.internal/shop', pool_size=5)\n"
        )
        (tmp_path / "compose.yaml").write_text(
            "services:\n"
            "  app:\n"
            "    image: shop:1\n"
            "    command: gunicorn shop:app\n"
            "    environment:\n"
            "      DATABASE_URL: postgresql://shop:hunter2@db/shop\n"
            "      SECRET_KEY: hunter2\n"
        )
        for name in ("text", "markdown", "json"):
            outcome(str(tmp_path), "-f", name, "--min-severity", "info")
            printed = capsys.readouterr()
            assert "SQLA001" in printed.out
            assert "hunter2" not in printed.out + printed.err
        assert run(["facts", str(tmp_path)]) == 0
        assert "hunter2" not in capsys.readouterr().out
