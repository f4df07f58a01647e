"""``advisor config`` as a user meets it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from advisor.cli import run
from advisor.config.schema import json_schema


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository to work in."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["config", "show", *arguments]) == 0
    return capsys.readouterr().out


class TestShow:
    def test_defaults(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert shown(capsys) == (
            'profile = "recommended"  # default\n'
            'fail-on = "high"  # default\n'
            'min-severity = "low"  # default\n'
            'min-confidence = "possible"  # default\n'
            "require-reason = false  # default\n"
        )

    def test_every_value_with_its_source(
        self, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ADVISOR_MIN_CONFIDENCE", "likely")
        (here / "base.toml").write_text('ignore = ["NGX5"]\n[host]\ncpus = 4\nstorage = "ssd"\n')
        (here / "advisor.toml").write_text(
            'extend = "base.toml"\nbaseline = "known.json"\n[severity]\nPG101 = "low"\n'
            '[[ignore]]\nrule = "PG1"\npath = "a"\nuntil = 2027-01-31\n'
            '[paths."b/*"]\nignore = ["PG2"]\n[params.PG338]\nshare = 0.02\n'
        )
        text = shown(capsys, "--profile", "strict", "--ignore", "PG3,PG4", "--host", "cpus=8", ".")
        base, toml = here / "base.toml", here / "advisor.toml"

        for line in (
            'profile = "strict"  # --profile',
            f'  "NGX5",  # {base}',
            f'  {{ rule = "PG1", path = "a", until = 2027-01-31 }},  # {toml}',
            '  "PG3",  # --ignore',
            'fail-on = "medium"  # profile strict',
            'min-confidence = "likely"  # ADVISOR_MIN_CONFIDENCE',
            f'baseline = "known.json"  # {toml}',
            f'PG101 = "low"  # {toml}',
            f"share = 0.02  # {toml}",
            '[paths."b/*"]',
            f'ignore = ["PG2"]  # {toml}',
            'cpus = "8"  # --host',
            f'storage = "ssd"  # {base}',
        ):
            assert line in text.splitlines(), line

    def test_it_can_be_used_as_a_file(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        arguments = ["--select", "PG", "--severity", "PG1=low", "--target", "nginx=1.30"]
        text = shown(capsys, *arguments, "--path-map", "/etc/nginx=x", "--host", "auto")
        data = tomllib.loads(text)
        jsonschema.validate(data, json_schema())
        (here / "advisor.toml").write_text(text)

        assert tomllib.loads(shown(capsys)) == data

    def test_mistakes(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (here / "advisor.toml").write_text("fail-on = 'bad'\n")
        assert run(["config", "show"]) == 2
        assert "advisor.toml: 'bad' is no severity" in capsys.readouterr().err
        assert run(["config", "show", "--severity", "PG101"]) == 2
        assert "--severity takes RULES=LEVEL, got 'PG101'" in capsys.readouterr().err


def test_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema()


class TestInit:
    def test_it_changes_nothing(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        before = tomllib.loads(shown(capsys))
        assert run(["config", "init"]) == 0
        assert capsys.readouterr().err == "wrote advisor.toml\n"
        assert tomllib.loads(shown(capsys)) == before

    def test_it_overwrites_nothing(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (here / "advisor.toml").write_text("# mine\n")
        assert run(["config", "init"]) == 2
        assert "advisor.toml: is there already" in capsys.readouterr().err
        assert (here / "advisor.toml").read_text() == "# mine\n"
        assert run(["config", "init", "gone"]) == 2
        assert "cannot be written" in capsys.readouterr().err


class TestChoosing:
    def test_options_variables_and_files(
        self, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (here / "postgresql.conf").write_text("fsync = off\nfull_page_writes = off\n")

        def found(*arguments: str) -> str:
            run(["audit", "-f", "concise", *arguments])
            return " ".join(line.split(": ")[1] for line in capsys.readouterr().out.splitlines())

        assert found().startswith("critical[PG101]")
        assert "PG102" not in found("--ignore", "PG102")
        assert "PG101" not in found("--select", "full-page-writes-off")
        assert "medium[PG101]" in found("--severity", "PG101=medium,PG102=low")
        assert "PG102" not in found("--severity", "PG102=low", "--min-severity", "high")
        monkeypatch.setenv("ADVISOR_IGNORE", "PG101,NGX PG3")
        assert "PG101" not in found()
        assert "PG101" in found("--ignore", "PG102")
        monkeypatch.setenv("ADVISOR_SELECT", "PG102")
        assert "PG102" in found()
        assert "PG101" not in found("--ignore", "PG3")

    def test_confidence(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """What is not sure enough is counted, and fails no build."""
        (here / "gunicorn.conf.py").write_text(
            "import os\nworkers = int(os.environ.get('W', '900'))\nthreads = 4\n"
        )
        run(["audit", "-f", "json", "--host", "cpus=2", "--fail-on", "info"])
        every = json.loads(capsys.readouterr().out)["summary"]
        code = run(
            [
                *("audit", "-f", "json", "--host", "cpus=2", "--fail-on", "info"),
                *("--min-confidence", "certain"),
            ]
        )
        some = json.loads(capsys.readouterr().out)["summary"]

        assert some["shown"] < every["shown"]
        assert some["not_shown"] > every["not_shown"]
        assert code == int(sum(some["findings"].values()) > 0)

    def test_unknown_names_are_mistakes(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (here / "postgresql.conf").write_text("fsync = off\n")
        for arguments in (
            ["--select", "PG999"],
            ["--select", ""],
            ["--select", ", "],
            ["--ignore", "nonsense"],
            ["--extend-select", "XX"],
            ["--severity", "PG999=low"],
            ["--severity", "PG101=awful"],
            ["--severity", "=low"],
            ["--profile", "best"],
            ["--min-confidence", "sure"],
        ):
            assert run(["audit", *arguments]) == 2, arguments
            said = capsys.readouterr()
            assert said.out == ""
            assert "Traceback" not in said.err

    def test_params(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (here / "postgresql.conf").write_text(
            "max_connections = 500\ntrack_activity_query_size = 1MB\n"
        )
        arguments = ["audit", "-f", "concise", "--host", "memory=16GB", "--select", "PG338"]
        run(arguments)
        assert "PG338" in capsys.readouterr().out
        (here / "advisor.toml").write_text("[params.PG338]\nshare = 0.9\n")
        run(arguments)
        assert "PG338" not in capsys.readouterr().out
        (here / "advisor.toml").write_text('[params.PG338]\nshare = "much"\n')
        assert run(arguments) == 2
        said = capsys.readouterr().err
        assert "advisor.toml: params.PG338.share must be a share" in said

    def test_a_run_with_a_configuration_needs_nothing_heavy(self, here: Path) -> None:
        """pydantic describes advisor.toml; reading it goes without."""
        import subprocess
        import sys

        (here / "gunicorn.conf.py").write_text("workers = 2\n")
        (here / "advisor.toml").write_text('profile = "strict"\n[severity]\nPG1 = "low"\n')
        script = (
            "import sys; from advisor.cli import run; run(['audit', '.']);"
            "print(sorted({'pydantic', 'jinja2', 'pathspec', 'yaml'} & set(sys.modules)))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
        assert done.stdout.splitlines()[-1] == "[]"
