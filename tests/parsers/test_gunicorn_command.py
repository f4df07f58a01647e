"""Command lines of gunicorn, behind whatever starts it."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Location, Unknown, Value
from advisor.parsers.gunicorn import (
    GunicornCommand,
    effective,
    parse_cmd_args,
    parse_command,
    split_script,
)

HERE = Location("compose.yaml", 7)


def parse(line: str) -> GunicornCommand | None:
    return parse_command(shlex.split(line), HERE)


def flags(command: GunicornCommand | None) -> list[tuple[str, str | None]]:
    assert command is not None
    return [(flag.setting.name, flag.text) for flag in command.flags]


STARTS: dict[str, tuple[str, ...]] = {
    "gunicorn app:app": (),
    "/usr/local/bin/gunicorn app:app": (),
    "gunicorn3 app:app": (),
    "exec gunicorn app:app": ("exec",),
    "exec -a web gunicorn app:app": ("exec",),
    "python -m gunicorn app:app": (),
    "python3.11 -u -m gunicorn.app.wsgiapp app:app": (),
    "python /venv/bin/gunicorn app:app": (),
    "ddtrace-run gunicorn app:app": ("ddtrace-run",),
    "newrelic-admin run-program gunicorn app:app": ("newrelic-admin",),
    "opentelemetry-instrument --traces_exporter console gunicorn app:app": (
        "opentelemetry-instrument",
    ),
    "poetry run gunicorn app:app": ("poetry",),
    "pipenv run gunicorn app:app": ("pipenv",),
    "uv run --no-sync gunicorn app:app": ("uv",),
    "uv run python -m gunicorn app:app": ("uv",),
    "conda run -n web gunicorn app:app": ("conda",),
    "tini -- gunicorn app:app": ("tini",),
    "/sbin/tini -g -- gunicorn app:app": ("tini",),
    "dumb-init -- gunicorn app:app": ("dumb-init",),
    "gosu app gunicorn app:app": ("gosu",),
    "gosu gunicorn gunicorn app:app": ("gosu",),
    "su-exec gunicorn gunicorn app:app": ("su-exec",),
    "sudo -E -u gunicorn gunicorn app:app": ("sudo",),
    "env A=1 B=2 gunicorn app:app": ("env",),
    "nice -n 5 gunicorn app:app": ("nice",),
    "sh -c 'gunicorn app:app'": ("sh",),
    "/bin/bash -lc 'exec gunicorn app:app'": ("bash", "exec"),
    "sh -e -c 'cd /app && gunicorn app:app'": ("sh",),
    "tini -- sh -c 'poetry run gunicorn app:app'": ("tini", "sh", "poetry"),
    "sh -c 'sh -c \"gunicorn app:app\"'": ("sh", "sh"),
    "./wait-for-it.sh db:5432 -- gunicorn app:app": ("wait-for-it.sh",),
    "/docker-entrypoint.sh gunicorn app:app": ("docker-entrypoint.sh",),
    "python manage.py migrate && gunicorn app:app": (),
    "migrate ; exec gunicorn app:app": ("exec",),
    "gunicorn app:app > /dev/null 2>&1": (),
}


@pytest.mark.parametrize("line", STARTS)
def test_starts(line: str) -> None:
    command = parse(line)
    assert command is not None
    assert command.app == "app:app"
    assert command.wrappers == STARTS[line]
    assert command.refused == ()


NO_STARTS = [
    "",
    "A=1",
    "python app.py",
    "python -m uvicorn app:app",
    "python -m pip install gunicorn",
    "python -c 'import gunicorn'",
    "pip install gunicorn",
    "poetry run pip install gunicorn",
    "echo gunicorn",
    "pkill gunicorn",
    "sudo systemctl restart gunicorn",
    "celery -A app worker",
    "sh script.sh",
    "sh -c",
    "sh -c 'unbalanced \"'",
    "sh -e script.sh gunicorn",
    "uvicorn app:app",
    "which gunicorn && uvicorn app:app",
    "poetry run",
    "sh -c 'sh -c \"sh -c 'x'\"'",
]


@pytest.mark.parametrize("line", NO_STARTS)
def test_what_starts_something_else(line: str) -> None:
    try:
        words = shlex.split(line)
    except ValueError:
        words = line.split()
    assert parse_command(words, HERE) is None


def test_flags_as_argparse_reads_them() -> None:
    line = (
        "gunicorn -w4 -t 90 --threads=2 --keep-alive 5 -b :80 -b=unix:/run/app.sock --bind=:81 -D "
        "--preload --no-sendfile -RD --grace 20 --log-file - --backlog=0x10 -k gthread app:app"
    )
    assert flags(parse(line)) == [
        ("workers", "4"),
        ("timeout", "90"),
        ("threads", "2"),
        ("keepalive", "5"),
        ("bind", ":80"),
        ("bind", "unix:/run/app.sock"),
        ("bind", ":81"),
        ("daemon", None),
        ("preload_app", None),
        ("sendfile", None),
        ("enable_stdio_inheritance", None),
        ("daemon", None),
        ("graceful_timeout", "20"),
        ("errorlog", "-"),
        ("backlog", "0x10"),
        ("worker_class", "gthread"),
    ]


def test_the_app_and_the_file() -> None:
    command = parse("gunicorn -c /app/gunicorn.py -c python:conf --timeout -1 shop.wsgi extra")
    assert command is not None
    assert (command.app, command.config) == ("shop.wsgi", "python:conf")
    command = parse("gunicorn -- app:app")
    assert command is not None
    assert (command.app, command.config) == ("app:app", None)
    assert parse("gunicorn --") == GunicornCommand(HERE, ())


REFUSED = {
    "gunicorn --worker 3": "--worker is ambiguous",
    "gunicorn --keepalive 3": "--keepalive is no flag of gunicorn",
    "gunicorn -Z": "-Z is no flag of gunicorn",
    "gunicorn --workers": "--workers needs a value",
    "gunicorn --workers --threads 2": "--workers needs a value",
    "gunicorn --preload=yes": "--preload takes no value",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_gunicorn_does_not_accept(line: str) -> None:
    command = parse(line)
    assert command is not None
    assert REFUSED[line] in command.refused
    assert REFUSED[line] in [item.reason for item in effective(None, command, None, {}).refused()]


def test_help_is_no_mistake() -> None:
    for line in ("gunicorn --help", "gunicorn -h", "gunicorn --version", "gunicorn -v"):
        command = parse(line)
        assert command is not None
        assert command.refused == ()


def test_flags_of_other_releases() -> None:
    words = ["gunicorn", "--asgi-loop", "uvloop", "app:app"]
    old = parse_command(words, HERE, version=(23, 0))
    assert old is not None
    assert old.refused == ("--asgi-loop is no flag of gunicorn",)
    new = parse_command(["gunicorn", "--proxy-protocol", "--workers", "2"], HERE)
    assert flags(new) == [("proxy_protocol", None), ("workers", "2")]
    # An option with an optional value swallows the word behind it, the application included.
    eaten = parse_command(["gunicorn", "--proxy-protocol", "v1"], HERE, version=(27, 0))
    assert flags(eaten) == [("proxy_protocol", "v1")]
    flag = parse_command(["gunicorn", "--proxy-protocol", "app:app"], HERE, version=(23, 0))
    assert flag is not None
    assert flag.app == "app:app"


def test_the_same_flag_twice() -> None:
    command = parse("gunicorn -w 3 -w 2 -b :1 -b :2 --workers 4")
    assert command is not None
    (twice,) = command.repeated()
    assert [flag.text for flag in twice] == ["3", "2", "4"]


def test_variables_for_one_start() -> None:
    command = parse("WEB_CONCURRENCY=3 exec env PORT=81 gunicorn app:app")
    assert command is not None
    assert command.environment == {"WEB_CONCURRENCY": "3", "PORT": "81"}


def test_places_of_words() -> None:
    words = ["exec", "gunicorn", "-w", "4", "app:app"]
    places = [Location("compose.yaml", line) for line in range(10, 15)]
    command = parse_command(words, HERE, places=places)
    assert command is not None
    assert command.flags[0].location.line == 12
    inside = parse_command(["sh", "-c", "gunicorn -w 4"], HERE, places=places)
    assert inside is not None
    assert inside.flags[0].location == HERE


def test_arguments_in_the_variable() -> None:
    command = parse_cmd_args("--bind=127.0.0.1 --workers=3 -k 'gthread'", HERE)
    assert flags(command) == [("bind", "127.0.0.1"), ("workers", "3"), ("worker_class", "gthread")]
    broken = parse_cmd_args("--bind='", HERE)
    assert broken.flags == ()
    assert "quotes" in broken.refused[0]


def test_secrets_behind_env_do_not_show() -> None:
    assert "hunter2" not in repr(parse("gunicorn -e PASSWORD=hunter2 app:app"))


def test_scripts_fall_into_words() -> None:
    assert split_script("a && b;c | d\ne \\\n f") == [
        "a",
        "&&",
        "b",
        ";",
        "c",
        "|",
        "d",
        "\n",
        "e",
        "f",
    ]
    assert split_script("x $(( 2 * $(nproc) + 1 )) ${A:-b c} 'd e'") == [
        "x",
        "$(( 2 * $(nproc) + 1 ))",
        "${A:-b c}",
        "d e",
    ]
    assert split_script("x '") == []


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.text(max_size=12)
        | st.sampled_from(
            [
                "gunicorn",
                "exec",
                "sh",
                "-c",
                "-w",
                "--workers",
                "=",
                "$(nproc)",
                "${A:-",
                "&&",
                ">",
                "-b",
                "python",
                "-m",
                "gosu",
                "A=1",
                "--",
                "-",
                "gunicorn -w ${A:-${B}} 'x",
            ]
        ),
        max_size=8,
    )
)
def test_any_words(words: list[str]) -> None:
    command = parse_command(words, HERE)
    if command is not None:
        ours = effective(None, command, parse_cmd_args(" ".join(words), HERE), {"A": "1"})
        ours.settings(cpus=2)
        list(ours.refused())
        list(command.repeated())


@pytest.mark.parametrize(
    ("text", "app", "column"),
    [
        ("gunicorn $OPTIONS app:app", "app:app", 1),
        ("gunicorn app:app ${EXTRA_ARGS:-}", "app:app", 2),
        ("gunicorn app:app $@", "app:app", 2),
        ("gunicorn $X app:app", "app:app", 1),
        ("gunicorn $APP $MORE", "$APP", 2),
        ("gunicorn $APP -w 4", "$APP", None),
        ("gunicorn ${APP_MODULE:-app:app}", "${APP_MODULE:-app:app}", None),
        ("gunicorn -w $N app:app", "app:app", None),
    ],
)
def test_a_variable_may_stand_for_any_arguments(text: str, app: str, column: int | None) -> None:
    """Unless it may as well be the application."""
    words = text.split()
    places = [Location("f", 1, at) for at in range(len(words))]
    command = parse_command(words, Location("f", 1), places=places)

    assert command is not None
    assert command.app == app
    assert (command.opened.column if command.opened else None) == column


def test_what_such_arguments_may_set_is_not_known() -> None:
    command = parse_command(["gunicorn", "-w", "4", "$OPTIONS", "app:app"], Location("f", 3))
    found = effective(None, command, None, {})
    workers = found.setting("workers")

    assert isinstance(workers, Value)
    assert workers.value == 4
    assert found.setting("threads") == Unknown(
        "may be set by arguments out of a variable", Location("f", 3)
    )
