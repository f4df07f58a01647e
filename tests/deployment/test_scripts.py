"""Scripts that start gunicorn: only what is plain is read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.deployment.scripts import read_script
from tests.support.deployments import deploy


def flags(text: str) -> dict[str, str | None] | None:
    command = read_script("run.sh", text)
    return None if command is None else {one.written: one.text for one in command.flags}


@pytest.mark.parametrize(
    "text",
    [
        "exec gunicorn -w 4 app\n",
        "python manage.py migrate && gunicorn -w 4 app",
        "gunicorn \\\n  -w 4 \\\n  app\r\n",
        "# gunicorn -w 9 app\ngunicorn -w 4 app\n",
        "NAME=shop\ngunicorn -w 4 app\n",
        "WEB_CONCURRENCY=2 gunicorn -w 4 app\n",
        "gunicorn -w 4 \\",
    ],
)
def test_one_plain_start(text: str) -> None:
    assert flags(text) == {"-w": "4"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("N=4\nexec gunicorn -w ${N} app\n", "4"),
        ("export N='4' # why\nexec gunicorn -w $N app\n", "4"),
        ("N=${N:-4}\nexec gunicorn -w $N app\n", "${N:-4}"),
        ('N="${N-4}"\nexec gunicorn -w "$N" app\n', "${N:-4}"),
        (': "${N:=4}"\nexec gunicorn -w $N app\n', "${N:-4}"),
        ("N=${N:-}\nexec gunicorn -w $N app\n", "${N:-}"),
    ],
)
def test_variables_that_only_have_a_default(text: str, value: str) -> None:
    """What the container sets still counts, so the default stays one."""
    assert flags(text) == {"-w": value}


@pytest.mark.parametrize(
    ("first", "found"),
    [("#!/bin/sh", True), ("#!/usr/bin/env bash", True), ("#!/bin/python", False)],
)
def test_a_script_without_an_ending(first: str, *, found: bool) -> None:
    files = {
        "Dockerfile": 'FROM x\nCOPY . /app\nENTRYPOINT ["/app/docker/entrypoint"]\n',
        "docker/entrypoint": f"{first}\nexec gunicorn app -w 4\n",
    }

    assert bool(deploy(files).applications) is found


@pytest.mark.parametrize(
    "text",
    [
        "celery worker\n",
        "gunicorn -w 2 app\ngunicorn -w 4 app\n",
        "N=$(nproc)\ngunicorn -w $N app\n",
        "N=4\nN=5\nexec gunicorn -w ${N} app\n",
        "if x; then\nN=4\nfi\nexec gunicorn -w $N app\n",
        "cat > .env <<EOF\nN=4\nEOF\nexec gunicorn -w $N app\n",
        "f() {\nN=4\n}\nexec gunicorn -w $N app\n",
        "N=$(nproc)\nN=${N:-4}\nexec gunicorn -w $N app\n",
        "WEB_CONCURRENCY=${WEB_CONCURRENCY:-4}\nexec gunicorn app\n",
        "export WEB_CONCURRENCY=9\ngunicorn app\n",
        "export GUNICORN_CMD_ARGS=--reload\ngunicorn app\n",
        "echo 'don't gunicorn\n",
    ],
)
def test_what_cannot_be_told(text: str) -> None:
    assert flags(text) is None


def test_the_line_it_stands_on() -> None:
    command = read_script("run.sh", "set -e\n\nexec \\\n gunicorn app\n")

    assert command is not None
    assert str(command.location) == "run.sh:3"


@given(st.text(alphabet="gunicorn -w4$N=\\\n\"'#&;|(){}", max_size=80))
@settings(max_examples=500, deadline=None)
def test_no_text_is_too_much(text: str) -> None:
    read_script("run.sh", text)


def test_a_script_that_is_too_clever_leaves_the_file_alone() -> None:
    """The configuration is still that of the service: it is the only one that may load it."""
    files = {
        "compose.yaml": "services: {web: {build: ., command: ./run.sh}}",
        "run.sh": "if true; then\ngunicorn -w 2 app\nelse\ngunicorn -w 3 app\nfi\n",
        "gunicorn.conf.py": "workers = 5\n",
    }
    (application,) = deploy(files).applications

    assert (application.service, application.path) == ("web", "gunicorn.conf.py")
