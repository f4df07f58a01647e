"""
What a rule writes instead.
"""

from __future__ import annotations

from typing import Any

import pytest

from advisor.model import Apply, Change, Fix, Location, Origin, Safety, Unknown, Value
from advisor.model.subject import Fact
from tests.support.expressions import Plain
from tests.support.rules import HERE, default, fired, rule, subject, upstream, written

WORKERS = written(9, 1, 1, "gunicorn.conf.py")
POOL_SIZE = written(20, 4, 5, "app/db.py")


def fix_of(values: dict[str, str], about: Any, **more: Any) -> Fix | None:  # noqa: ANN401 - a subject
    given = rule(
        target=about.target,
        when="true",
        at=[{"fact": next(iter(values))}] if values else [{"fact": "upstream.keepalive"}],
        message="m",
        recommendation="r",
        fix={"set": values, "language": "python", "safety": "safe", "apply": "reload", **more},
    )
    return fired(given, about).fix


def stack(**facts: Plain | Fact) -> Any:  # noqa: ANN401 - as subject() gives
    named = {name.replace("__", "."): fact for name, fact in facts.items()}
    return subject(named, target="stack.engine", path="gunicorn.conf.py")


def test_a_setting_that_is_there() -> None:
    fix = fix_of({"upstream.keepalive": "32"}, upstream(keepalive=4))

    change = Change(
        "keepalive",
        "keepalive 4;",
        "keepalive 32;",
        HERE,
        "nginx.conf",
        program="nginx",
        value="32",
        apply=Apply.RELOAD,
    )
    assert fix == Fix(
        (change,), "keepalive 32;", "python", Safety.SAFE, Apply.RELOAD, program="nginx"
    )


def test_a_setting_that_has_to_be_added() -> None:
    """
    It goes to the block that the finding points at.
    """
    fix = fix_of({"upstream.keepalive": "32"}, upstream(keepalive=default(0)))

    assert fix is not None
    assert fix.changes == (
        Change(
            "keepalive",
            "",
            "keepalive 32;",
            None,
            "nginx.conf",
            program="nginx",
            value="32",
            inside=Location("nginx.conf", 1),
            apply=Apply.RELOAD,
        ),
    )


def test_an_argument_that_has_to_be_added() -> None:
    """
    It goes to the call, whose file is then known as well.
    """
    call = Location("app/db.py", 3, 10)
    about = stack(
        engine__function=Value("create_engine", Origin.LITERAL, call), engine__pool_size=default(5)
    )
    fix = fix_of({"engine.pool_size": "10"}, about)

    assert fix is not None
    assert [(one.path, one.inside, one.value) for one in fix.changes] == [("app/db.py", call, "10")]


def test_a_flag_says_so() -> None:
    """
    What stands on a command line is no line of a file.
    """
    fix = fix_of({"gunicorn.workers": "4"}, stack(gunicorn__workers=written(9, 7, 3, "app.yaml")))

    assert fix is not None
    assert [(one.then, one.flag) for one in fix.changes] == [("--workers 4", True)]


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        (written(32), "32"),
        (written(32), "64 / 2"),
        (default(32), "32"),
        (Value(32, Origin.ASSUMED), "32"),
        (written(32.0), "min(32, 40)"),
    ],
)
def test_what_is_in_effect_already_is_left_out(fact: Fact, value: str) -> None:
    """
    A fix with nothing left to change is none.
    """
    assert fix_of({"upstream.keepalive": value}, upstream(keepalive=fact)) is None


def test_only_the_settings_that_differ() -> None:
    fix = fix_of(
        {"upstream.keepalive": "32", "upstream.keepalive_timeout": "60 * s"},
        upstream(keepalive=4, keepalive_timeout=60),
    )

    assert fix is not None
    assert [change.setting for change in fix.changes] == ["keepalive"]


@pytest.mark.parametrize("fact", [Unknown("depends on $KEEP", HERE), Value(None, Origin.LITERAL)])
def test_a_setting_that_is_not_known_is_written(fact: Fact) -> None:
    fix = fix_of({"upstream.keepalive": "32"}, upstream(keepalive=fact))

    assert fix is not None
    assert (fix.changes[0].now, fix.changes[0].then) == ("", "keepalive 32;")


def test_half_a_fix_is_none() -> None:
    """
    Settings that depend on each other are not written one without the other.
    """
    values = {"upstream.keepalive": "32", "upstream.keepalive_requests": "upstream.servers * 100"}

    assert fix_of(values, upstream(keepalive=4)) is None


def test_settings_of_several_files() -> None:
    fix = fix_of(
        {"gunicorn.workers": "4", "engine.pool_size": "10", "engine.max_overflow": "7"},
        stack(
            gunicorn__workers=WORKERS, engine__pool_size=POOL_SIZE, engine__max_overflow=default(10)
        ),
    )

    assert fix is not None
    assert fix.snippet == (
        "# gunicorn.conf.py\nworkers = 4\n\n# app/db.py\npool_size=10\nmax_overflow=7"
    )
    assert [change.path for change in fix.changes] == ["gunicorn.conf.py", "app/db.py", "app/db.py"]
    assert fix.program == "gunicorn"


def test_a_setting_of_another_program_that_stands_nowhere() -> None:
    """
    The subject's file may not be that program's.
    """
    fix = fix_of(
        {"gunicorn.workers": "4", "engine.pool_size": "10"},
        stack(gunicorn__workers=WORKERS, engine__pool_size=default(5)),
    )

    assert fix is not None
    assert fix.snippet == "# gunicorn.conf.py\nworkers = 4\n\n# application\npool_size=10"
    assert fix.changes[1].path == ""


def test_one_file_needs_no_comment() -> None:
    fix = fix_of({"engine.pool_size": "10"}, stack(engine__pool_size=POOL_SIZE))

    assert fix is not None
    assert (fix.snippet, fix.program) == ("pool_size=10", "application")


def test_a_snippet() -> None:
    fix = fix_of(
        {}, upstream(keepalive=4), snippet="upstream {upstream.name} {{\n  keepalive 32;\n}}\n"
    )

    assert fix is not None
    assert (fix.snippet, fix.changes, fix.program) == (
        "upstream app {\n  keepalive 32;\n}",
        (),
        "",
    )


def test_a_snippet_with_a_hole_is_none() -> None:
    assert fix_of({}, upstream(keepalive=4), snippet="keepalive {upstream.servers:int};") is None


def test_a_snippet_beside_settings() -> None:
    """
    The settings are the changes, the snippet is what is shown.
    """
    fix = fix_of(
        {"upstream.keepalive": "32"}, upstream(keepalive=4), snippet="keepalive 32; # idle"
    )

    assert fix is not None
    assert fix.snippet == "keepalive 32; # idle"
    assert len(fix.changes) == 1
    assert (
        fix_of({"upstream.keepalive": "4"}, upstream(keepalive=4), snippet="keepalive 4;") is None
    )


def test_a_snippet_for_a_block() -> None:
    """
    Each line is a directive, for the block that the finding points at.
    """
    about = upstream(keepalive=default(0), name=written("app", 1, 1))
    fix = fix_of(
        {}, about, snippet="keepalive 32;\nkeepalive_timeout  65s;\n", edit="block", apply="reload"
    )
    place = Location("nginx.conf", 1)

    assert fix is not None
    assert fix.changes == ()
    assert [(one.setting, one.value, one.then, one.inside) for one in fix.edits] == [
        ("keepalive", "32", "keepalive 32;", place),
        ("keepalive_timeout", "65s", "keepalive_timeout  65s;", place),
    ]
    assert {(one.program, one.path, one.location) for one in fix.edits} == {
        ("nginx", "nginx.conf", None)
    }


def line_fix(line: str, location: Location | None) -> Fix | None:
    about = subject(
        {"setting.name": "shared_bufers", "setting.line": line},
        target="postgresql.setting",
        location=location,
        path="postgresql.conf",
    )
    given = rule(
        target="postgresql.setting",
        when="true",
        at=[{"fact": "setting.name"}],
        message="m",
        recommendation="r",
        fix={
            "snippet": "{setting.line}",
            "edit": "line",
            "language": "ini",
            "safety": "review",
            "apply": "reload",
        },
    )
    return fired(given, about).fix


def test_a_snippet_for_a_line() -> None:
    """
    It stands instead of the assignment that the subject is.
    """
    place = Location("postgresql.conf", 3, 1, 3, 20)
    fix = line_fix("shared_buffers = 4GB", place)

    assert fix is not None
    (made,) = fix.edits
    assert (made.setting, made.value, made.location, made.whole) == (
        "shared_buffers",
        "4GB",
        place,
        True,
    )


@pytest.mark.parametrize(
    ("line", "location"), [("", Location("postgresql.conf", 3)), ("a = 1", None)]
)
def test_a_line_that_is_not_clear_changes_nothing(line: str, location: Location | None) -> None:
    fix = line_fix(line, location)

    assert fix is not None
    assert fix.edits == ()
