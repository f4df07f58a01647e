"""Scripts that start gunicorn: what is known of them is read, and no shell is run."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.deployments import deploy
from tests.support.shell_scripts import read_script


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
        ('N="${N-4}"\nexec gunicorn -w "$N" app\n', "${N-4}"),
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
    ("text", "value"),
    [
        ("N=4\nN=5\nexec gunicorn -w ${N} app\n", "5"),
        ("N=$((2*3))\nexec gunicorn -w $N app\n", "6"),
        ("N=3; N=$((N * 2 + 1))\nexec gunicorn -w $N app\n", "7"),
        ("N=$(nproc)\nexec gunicorn -w $N app\n", "$(nproc)"),
        ("N=$(nproc)\nN=${N:-4}\nexec gunicorn -w $N app\n", "$(nproc)"),
        ("C=$(nproc)\nN=$((2 * C + 1))\nexec gunicorn -w $N app\n", "$((2 * $(nproc) + 1))"),
        ("N=${N:-$(nproc)}\nexec gunicorn -w $N app\n", "${N:-$(nproc)}"),
        ('O="-w 2"; exec gunicorn $O app\n', "2"),
        ('A=(-w 2); A+=(--reload); exec gunicorn "${A[@]:0:2}" app\n', None),
        ('A=(-w 2); exec gunicorn "${A[@]}" app\n', "2"),
        ('set -- gunicorn -w 5 app; exec "$@"\n', "5"),
        ('set -- 1 2 3; shift; exec gunicorn -w "$2" app\n', "3"),
        ("if x; then\nN=4\nfi\nexec gunicorn -w $N app\n", "$(:)"),
        ("N=$(cat /n)\nexec gunicorn -w $N app\n", "$(:)"),
        ("cat > .env <<EOF\nN=4\nEOF\nexec gunicorn -w $N app\n", "${N}"),
        ("f() {\nN=4\n}\nexec gunicorn -w $N app\n", "${N}"),
        ("f() {\nN=4\n}\nf\nexec gunicorn -w $N app\n", "4"),
        ("N=2 # why\n(N=3)\nexec gunicorn -w $N app | tee log\n", "2"),
        ("for N in 1 2; do :; done\nexec gunicorn -w $N app\n", "$(:)"),
        ("MODE=WEB\n[ ${MODE,,} = web ] && N=2 || N=3\nexec gunicorn -w $N app\n", "2"),
        ("case x in a|x) N=4;; *) N=5;; esac; exec gunicorn -w $N app\n", "4"),
        ("exec \\\n gunicorn \\\n -w 4 \\\n app\n", "4"),
    ],
)
def test_what_a_script_makes_of_a_value(text: str, value: str | None) -> None:
    """What can be worked out is; else the value is unknown, and the start is still one."""
    found = flags(text)
    assert found is not None
    assert found.get("-w") == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("L=\"${L:-'info'}\"\nexec gunicorn --log-level $L app\n", "${L:-'info'}"),
        ("L=${L:-'info'}\nexec gunicorn --log-level $L app\n", "${L:-info}"),
        ("L='a b'\nexec gunicorn --log-level \"$L\" app\n", "a b"),
    ],
)
def test_quotes_of_a_default(text: str, value: str) -> None:
    """Within double quotes single ones are letters like others."""
    assert flags(text) == {"--log-level": value}


@pytest.mark.parametrize(
    "text",
    [
        "celery worker\n",
        "gunicorn -w 2 app\ngunicorn -w 4 app\n",
        "echo 'don't gunicorn\n",
        "if false; then gunicorn app; fi\n",
        "exit 0\ngunicorn app\n",
        "exec celery worker\ngunicorn app\n",
        "f() { gunicorn app; }\n",
        "fi\ngunicorn app\n",
    ],
)
def test_what_cannot_be_told(text: str) -> None:
    assert flags(text) is None


@pytest.mark.parametrize(
    ("text", "environment"),
    [
        ("export WEB_CONCURRENCY=9\ngunicorn app\n", {"WEB_CONCURRENCY": "9"}),
        ("WEB_CONCURRENCY=9\ngunicorn app\n", {}),
        ("export GUNICORN_CMD_ARGS=--reload\ngunicorn app\n", {"GUNICORN_CMD_ARGS": "--reload"}),
        ("export OTHER=1\ngunicorn app\n", {}),
    ],
)
def test_variables_that_reach_gunicorn(text: str, environment: dict[str, str]) -> None:
    """Those that are exported, and of those the ones that it reads."""
    command = read_script("run.sh", text)

    assert command is not None
    assert command.environment == environment


def test_an_exported_variable_that_is_computed() -> None:
    """It may set what it stands for, so that no default may be believed."""
    command = read_script("run.sh", "export WEB_CONCURRENCY=$(cat /n)\nexec gunicorn app\n")

    assert command is not None
    assert str(command.opened) == "run.sh:2"


def test_starts_that_differ_have_something_in_common() -> None:
    """Of branches that cannot be decided only what they agree on counts, never the union."""
    text = "if x; then\ngunicorn --reload -w 2 -b :80 app\nelse\ngunicorn -w 3 -b :80 app\nfi\n"
    command = read_script("run.sh", text)

    assert command is not None
    assert (flags(text), command.app) == ({"-b": ":80"}, "app")
    assert command.opened is not None


def test_the_line_it_stands_on() -> None:
    command = read_script("run.sh", "set -e\n\nexec \\\n gunicorn app\n")

    assert command is not None
    assert str(command.location) == "run.sh:3"


@given(st.text(alphabet="gunicorn -w4$N=\\\n\"'`#&;|(){}[]@:-+<>", max_size=80))
@settings(max_examples=500, deadline=None)
def test_no_text_is_too_much(text: str) -> None:
    read_script("run.sh", text)


WORDS = ["if", "then", "else", "fi", "case", "in", "esac", "do", "while", "done", "{", "}", "[["]
SIGNS = ["]]", "(", ")", ";", ";;", "\n", "&&", "||", "|", "&", "$N", '"$@"', "N=4", "A=(1)", "f()"]


@given(st.lists(st.sampled_from([*WORDS, *SIGNS, "gunicorn", "-w", "app", "exec", "f"])))
@settings(max_examples=500, deadline=None)
def test_no_grammar_is_too_much(words: list[str]) -> None:
    read_script("run.sh", " ".join(words))


def test_a_script_that_is_too_clever_leaves_the_file_alone() -> None:
    """The configuration is still that of the service: it is the only one that may load it."""
    files = {
        "compose.yaml": "services: {web: {build: ., command: ./run.sh}}",
        "run.sh": "if true; then\ngunicorn -w 2 app\nelse\ngunicorn -w 3 app\nfi\n",
        "gunicorn.conf.py": "workers = 5\n",
    }
    (application,) = deploy(files).applications

    assert (application.service, application.path) == ("web", "gunicorn.conf.py")
