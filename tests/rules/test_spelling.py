"""
Settings in each program's own syntax.
"""

from __future__ import annotations

import pytest

from advisor.facts.schema import BOOL, DURATION, NUMBER, SHARE, SIZE, STRING, Type, list_of
from advisor.model import Secret
from advisor.rules.spelling import PROGRAMS, setting_flag, setting_line

KB, MB, GB = 1024, 1024**2, 1024**3
NAMES = list_of(STRING)

LINES: list[tuple[str, object, Type, str]] = [
    ("postgresql", 4 * GB, SIZE, "x = 4GB"),
    ("postgresql", 1536 * MB, SIZE, "x = 1536MB"),
    ("postgresql", 100, SIZE, "x = 100B"),
    ("postgresql", -1, SIZE, "x = -1"),
    ("postgresql", 0, SIZE, "x = 0"),
    ("postgresql", 90, DURATION, "x = 90s"),
    ("postgresql", 1.5, DURATION, "x = 1500ms"),
    ("postgresql", 0.0005, DURATION, "x = 500us"),
    ("postgresql", -1, DURATION, "x = -1"),
    ("postgresql", 0, DURATION, "x = 0"),
    ("postgresql", True, BOOL, "x = on"),
    ("postgresql", False, BOOL, "x = off"),
    ("postgresql", 157.0, NUMBER, "x = 157"),
    ("postgresql", 1.1, NUMBER, "x = 1.1"),
    ("postgresql", 0.1 + 0.2, SHARE, "x = 0.3"),
    ("postgresql", "replica", STRING, "x = 'replica'"),
    ("postgresql", "it's C:\\", STRING, "x = 'it''s C:\\\\'"),
    ("postgresql", ("a", "b"), NAMES, "x = 'a, b'"),
    ("nginx", 10 * MB, SIZE, "x 10m;"),
    ("nginx", 2 * GB, SIZE, "x 2048m;"),
    ("nginx", 8 * KB, SIZE, "x 8k;"),
    ("nginx", 1000, SIZE, "x 1000;"),
    ("nginx", 0, SIZE, "x 0;"),
    ("nginx", 65, DURATION, "x 65s;"),
    ("nginx", 0.5, DURATION, "x 500ms;"),
    ("nginx", 1000, NUMBER, "x 1000;"),
    ("nginx", True, BOOL, "x on;"),
    ("nginx", "shared:SSL:10m", STRING, "x shared:SSL:10m;"),
    ("nginx", "builtin shared:SSL:10m", STRING, "x builtin shared:SSL:10m;"),
    ("nginx", 'a; } "b"', STRING, 'x "a; } \\"b\\"";'),
    ("nginx", "", STRING, 'x "";'),
    ("nginx", ("a", "b"), NAMES, "x a b;"),
    ("gunicorn", 4, NUMBER, "x = 4"),
    ("gunicorn", 65.0, DURATION, "x = 65"),
    ("gunicorn", 20 / 3, DURATION, "x = 6.666667"),
    ("gunicorn", "it's", STRING, 'x = "it\'s"'),
    ("gunicorn", True, BOOL, "x = True"),
    ("gunicorn", None, STRING, "x = None"),
    ("gunicorn", ("a", 1), NAMES, "x = ['a', 1]"),
    ("engine", 10, NUMBER, "x=10"),
    ("engine", False, BOOL, "x=False"),
    ("engine", Secret("hunter2"), STRING, "x=***"),
    ("postgresql", Secret("hunter2"), STRING, "x = '***'"),
    ("pgbouncer", 200.0, NUMBER, "x = 200"),
    ("pgbouncer", 10.0, DURATION, "x = 10"),
    ("pgbouncer", "scram-sha-256", STRING, "x = scram-sha-256"),
]


@pytest.mark.parametrize(("program", "value", "kind", "line"), LINES)
def test_lines(program: str, value: object, kind: Type, line: str) -> None:
    assert setting_line(program, "x", value, kind) == line


def test_every_program_has_a_name() -> None:
    assert {program for program, *_ in LINES} == set(PROGRAMS)


def test_an_unknown_program() -> None:
    with pytest.raises(KeyError):
        setting_line("redis", "x", 1, NUMBER)


@pytest.mark.parametrize(
    ("program", "name", "value", "kind", "flag"),
    [
        ("gunicorn", "workers", 4, NUMBER, "--workers 4"),
        ("gunicorn", "keepalive", 65.0, DURATION, "--keep-alive 65"),
        ("gunicorn", "worker_class", "gthread", STRING, "--worker-class gthread"),
        ("gunicorn", "preload_app", True, BOOL, "--preload"),
        ("postgresql", "work_mem", 6 * 1024**2, SIZE, "-c work_mem=6MB"),
        ("engine", "pool_size", 5, NUMBER, "pool_size=5"),
    ],
)
def test_flags(program: str, name: str, value: object, kind: Type, flag: str) -> None:
    assert setting_flag(program, name, value, kind) == flag
