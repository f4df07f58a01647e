"""
Edits of gunicorn.conf.py and of calls that create engines.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from advisor.fix.edits import RefusedError
from tests.support.fixes import change, edited

HEAD = "from sqlalchemy import create_engine\n"


def workers(value: str = "4", *, line: int = 2, column: int = 1) -> str:
    """A change of workers, to be put into a text."""
    return edited(TEXT, change("gunicorn", "workers", value, at=(line, column)))


TEXT = """\
import multiprocessing
workers = multiprocessing.cpu_count() * 2 + 1  # formula
worker_class: str = "sync"
bind = '0.0.0.0:8000'

def post_fork(server, worker):
    pass
"""


def test_the_expression_is_replaced() -> None:
    assert workers() == TEXT.replace("multiprocessing.cpu_count() * 2 + 1  #", "4" + " " * 36 + "#")


def test_quotes_stay() -> None:
    made = change("gunicorn", "worker_class", "'gthread'", at=(3, 1))

    assert edited(TEXT, made) == TEXT.replace('"sync"', '"gthread"')


def test_a_new_setting_stands_behind_the_others() -> None:
    made = [change("gunicorn", "keepalive", "65"), change("gunicorn", "threads", "2")]

    assert edited(TEXT, *made) == TEXT.replace("8000'\n", "8000'\nkeepalive = 65\nthreads = 2\n")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "threads = 2\n"),
        ("import os", "import os\nthreads = 2"),
        ("bind = [\n  'a',\n]  # two\nx = 1\n", "bind = [\n  'a',\n]  # two\nthreads = 2\nx = 1\n"),
        ("bind = 'a'; x = 1\n", "bind = 'a'; x = 1\nthreads = 2\n"),
        ("bind = 'é'\r\nx = 1\r\n", "bind = 'é'\r\nthreads = 2\r\nx = 1\r\n"),
        ("\ufeffbind = 'a'\n", "\ufeffbind = 'a'\nthreads = 2\n"),
        ("bind = 'a'\rx = 1\r", "bind = 'a'\rthreads = 2\rx = 1\r"),
    ],
)
def test_files_of_every_shape(text: str, after: str) -> None:
    assert edited(text, change("gunicorn", "threads", "2")) == after


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("workers = int(os.environ.get('N', 9))", "depends on the environment: change it there"),
        ("workers = getenv('N')", "depends on the environment"),
        ("workers = COUNT", "depends on COUNT: change it there"),
        ("workers = settings.workers", "depends on settings"),
        ("workers = threads = 9", "not set by an assignment of its own"),
        ("workers, threads = 9, 2", "not set by an assignment of its own"),
        ("workers += 9", "not set by an assignment of its own"),
        ("workers: int", "not set by an assignment of its own"),
        ("workers = (", "no Python that can be edited"),
    ],
)
def test_assignments_that_are_left_alone(text: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        edited(text, change("gunicorn", "workers", "4", at=(1, 1)))


def test_other_files_are_left_alone() -> None:
    made = replace(change("gunicorn", "workers", "4", at=(1, 1)), path="app.env")

    with pytest.raises(RefusedError, match="no Python"):
        edited("workers = 9", made)


def test_an_argument_is_replaced() -> None:
    text = f"{HEAD}engine = create_engine(url, pool_size=20,  # many\n    max_overflow = -1)\n"
    made = [
        change("engine", "pool_size", "10", at=(2, 29)),
        change("engine", "max_overflow", "5", at=(3, 5)),
    ]

    assert edited(text, *made) == (
        f"{HEAD}engine = create_engine(url, pool_size=10,  # many\n    max_overflow = 5)\n"
    )


@pytest.mark.parametrize(
    ("call", "after"),
    [
        ("create_engine(url)", "create_engine(url, a=1, b=2)"),
        ("create_engine(url,)", "create_engine(url, a=1, b=2,)"),
        ("create_engine((url))", "create_engine((url), a=1, b=2)"),
        ("create_engine(f(x), echo=(True))", "create_engine(f(x), echo=(True), a=1, b=2)"),
        ("create_engine(\n  url,\n  x=1,\n)", "create_engine(\n  url,\n  x=1,\n  a=1,\n  b=2,\n)"),
        ("create_engine(\n  url,\n  x=1\n)", "create_engine(\n  url,\n  x=1,\n  a=1,\n  b=2,\n)"),
        (
            "create_engine(\n  url,  # where\n  x=1  # why\n)",
            "create_engine(\n  url,  # where\n  x=1, # why\n  a=1,\n  b=2,\n)",
        ),
        (
            "create_engine(\n  url,\n  x=1,  # why\n  # no more\n)",
            "create_engine(\n  url,\n  x=1,  # why\n  a=1,\n  b=2,\n  # no more\n)",
        ),
        ("create_engine(\n  url\n  ,\n)", "create_engine(\n  url\n  ,\n  a=1,\n  b=2,\n)"),
        ("create_engine(\n  url, x=1\n)", "create_engine(\n  url, x=1, a=1, b=2\n)"),
        ("create_engine(\n  url)", "create_engine(\n  url, a=1, b=2)"),
        ("create_engine('é', x='ü')", "create_engine('é', x='ü', a=1, b=2)"),
        (
            "create_engine(\n  url,\n  x=f(\n    1,\n  ),\n)",
            "create_engine(\n  url,\n  x=f(\n    1,\n  ),\n  a=1,\n  b=2,\n)",
        ),
    ],
)
def test_arguments_are_added(call: str, after: str) -> None:
    """
    In lines of their own where the call has such.
    """
    made = [
        change("engine", name, value, inside=(2, 5)) for name, value in (("a", "1"), ("b", "2"))
    ]

    assert edited(f"{HEAD}e = {call}\n", *made) == f"{HEAD}e = {after}\n"


def test_a_call_behind_other_letters() -> None:
    """
    Places count letters; the syntax tree counts bytes.
    """
    text = f"{HEAD}é, e = 'ü', create_engine(url)\n"
    made = change("engine", "pool_pre_ping", "True", inside=(2, 13))

    assert edited(text, made) == text.replace("(url)", "(url, pool_pre_ping=True)")


@pytest.mark.parametrize(
    ("call", "inside", "reason"),
    [
        ("create_engine(url, **options)", (2, 5), "further arguments .* come from elsewhere"),
        ("create_engine()", (2, 5), "the call has no arguments"),
        ("create_engine(url)", (2, 9), "cannot be told"),
        ("create_engine(url)", None, "cannot be told"),
    ],
)
def test_calls_that_are_left_alone(call: str, inside: tuple[int, int] | None, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        edited(f"{HEAD}e = {call}\n", change("engine", "pool_size", "5", inside=inside))


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ("create_engine(url, pool_size=SIZE)", "depends on SIZE"),
        ("create_engine(url, pool_size=int(os.environ['N']))", "depends on the environment"),
        ("create_engine(url, **{'pool_size': 5})", "is not written in the call itself"),
    ],
)
def test_arguments_that_are_left_alone(call: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        edited(f"{HEAD}e = {call}\n", change("engine", "pool_size", "5", at=(2, 24)))
