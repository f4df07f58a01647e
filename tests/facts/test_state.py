"""Facts of what an application keeps in its processes."""

from __future__ import annotations

import pytest

from tests.support.deployments import facts_of, known, subjects, unknown

COMPOSE = """\
services:
  app:
    build: .
    command: %s
%s
"""
GUNICORN = "gunicorn -w 3 shop:app"
LIMITER = "from flask_limiter import Limiter\nlimiter = Limiter(key%s)\n"
METRICS = "from prometheus_client import make_wsgi_app\nmetrics = make_wsgi_app()\n"


def deployed(
    code: str, *, command: str = GUNICORN, lines: str = "", **files: str
) -> dict[str, str]:
    """A compose file and one file of code."""
    return {"compose.yaml": COMPOSE % (command, lines), "shop.py": code, **files}


def test_processes_are_workers_of_all_copies() -> None:
    files = deployed(LIMITER % "", lines="    deploy: {replicas: 2}")
    facts = facts_of(files, "stack.state")

    assert known(facts, "state.processes") == 6
    assert known(facts, "state.library") == "Flask-Limiter"
    assert known(facts, "state.keeps") == "limiter"


@pytest.mark.parametrize(
    ("code", "lines", "local"),
    [
        (LIMITER % "", "", True),
        (LIMITER % ", storage_uri='memory://'", "", True),
        (LIMITER % ", storage_uri='redis://r'", "", False),
        (LIMITER % "", "    environment: {RATELIMIT_STORAGE_URI: x}", False),
        (METRICS, "", True),
        (METRICS, "    environment: {PROMETHEUS_MULTIPROC_DIR: /x}", False),
        (METRICS, "    environment: {prometheus_multiproc_dir: /x}", False),
    ],
)
def test_where_it_stays(code: str, lines: str, *, local: bool) -> None:
    assert known(facts_of(deployed(code, lines=lines), "stack.state"), "state.local") is local


@pytest.mark.parametrize(
    "files",
    [
        deployed(LIMITER % ", storage_uri=x"),
        deployed(LIMITER % "", **{"config.py": "RATELIMIT_STORAGE_URI = 'redis://r'\n"}),
        deployed(
            METRICS, **{"setup.py": "import os\nos.environ['PROMETHEUS_MULTIPROC_DIR']='x'\n"}
        ),
        deployed(METRICS, command=f"/entrypoint.sh {GUNICORN}"),
        deployed(METRICS, lines="    env_file: [prod.env]"),
        {"gunicorn.conf.py": "workers = 3\n", "shop.py": METRICS},
    ],
    ids=["variable", "config", "code", "script", "env-file", "no-service"],
)
def test_what_is_decided_elsewhere(files: dict[str, str]) -> None:
    assert unknown(facts_of(files, "stack.state"), "state.local").reason


def test_each_kind_is_said_once() -> None:
    files = deployed(LIMITER % "" + METRICS, **{"other.py": LIMITER % ""})
    found = subjects(files, "stack.state")

    assert [(one.name, one.path) for one in found] == [
        ("Flask-Limiter", "other.py"),
        ("prometheus_client", "shop.py"),
    ]


@pytest.mark.parametrize("path", ["tests/test_shop.py", "scripts/run.py", "examples/shop.py"])
def test_code_that_is_not_served(path: str) -> None:
    files = {"compose.yaml": COMPOSE % (GUNICORN, ""), path: LIMITER % ""}

    assert subjects(files, "stack.state") == []
