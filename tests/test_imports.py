"""What is imported when: start-up time is a feature, and counting modules is deterministic."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.snapshots import snapshot

ROOT = Path(__file__).parents[1]
HEAVY = {"pydantic", "yaml", "sqlglot", "jinja2", "pathspec", "psycopg"}
CONF = "workers = 4\nworker_class = 'gthread'\nthreads = 4\n"


def imported(*arguments: str, cwd: Path) -> set[str]:
    """Modules that a run of the program has imported at its end."""
    script = (
        "import sys; from advisor.cli import run; code = run(sys.argv[1:]);"
        "print('\\n'.join(['==modules', *sys.modules]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=cwd,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(result.stdout.partition("==modules\n")[2].split())


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """The rules' cache of the checkout exists, as it does in every run but the first."""
    imported("rules", "list", cwd=ROOT)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["audit", "--help"]])
def test_help_needs_nothing_heavy(arguments: list[str]) -> None:
    assert not imported(*arguments, cwd=ROOT) & HEAVY


def test_help_does_not_load_the_pipeline() -> None:
    modules = imported("--help", cwd=ROOT)

    assert "advisor.audit" not in modules
    assert "advisor.parsers" not in modules


@pytest.mark.parametrize("arguments", [["--help"], ["audit", "--help"], ["audit", "."]])
def test_what_many_deployments_need_is_loaded_for_them_only(
    arguments: list[str], tmp_path: Path
) -> None:
    (tmp_path / "gunicorn.conf.py").write_text(CONF)
    modules = imported(*arguments, cwd=tmp_path)

    unwanted = {"pygls", "lsprotocol", "distributed", "dask", "multiprocessing", "asyncio"}
    assert not modules & (unwanted | {"advisor.lsp", "advisor.fleet.pools", "advisor.fleet.run"})


def test_a_gunicorn_file_needs_only_the_evaluator(tmp_path: Path) -> None:
    (tmp_path / "gunicorn.conf.py").write_text(CONF)
    modules = imported("audit", ".", cwd=tmp_path)

    assert not modules & HEAVY
    assert "advisor.parsers.nginx" not in modules
    assert "advisor.plans.read" not in modules


@pytest.mark.parametrize(
    ("name", "text", "needed"),
    [
        ("nginx.conf", "events {}\nhttp { server { listen 80; } }\n", set()),
        ("compose.yaml", "services:\n  db:\n    image: postgres:16\n", {"yaml"}),
        ("postgresql.conf", "max_connections = 100\n", set()),
        ("snapshot.json", snapshot(settings=[]), set()),
    ],
)
def test_each_format_pays_for_itself_only(
    tmp_path: Path, name: str, text: str, needed: set[str]
) -> None:
    (tmp_path / name).write_text(text)

    assert imported("audit", ".", cwd=tmp_path) & HEAVY == needed


def test_the_guide_needs_no_template_engine() -> None:
    """Text output of a whole stack: no jinja2, no pydantic; sqlglot only for hard conditions."""
    modules = imported("audit", "fixtures/deploys/guide", cwd=ROOT)

    assert modules & HEAVY == {"yaml"}
