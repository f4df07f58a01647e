"""Programs of supervisord and of a Procfile."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Location, Origin, Secret, Value
from advisor.parsers.process_model import Process
from advisor.parsers.supervisord import parse_procfile, parse_supervisord


def program(body: str) -> Process:
    """The only program, whose entries are given."""
    (found,) = parse_supervisord("s.conf", f"[program:web]\n{body}").found
    return found


class TestSupervisord:
    def test_a_program(self) -> None:
        found = program(
            "command=gunicorn -w 4 app:app ; the shop\n"
            "directory = /srv/shop\n"
            "numprocs=2\n"
            "stopwaitsecs=40\n"
        )

        assert found.name == "web"
        assert [(one.value, one.location) for one in found.words] == [
            ("gunicorn", Location("s.conf", 2, 9, 2, 17)),
            ("-w", Location("s.conf", 2, 18, 2, 20)),
            ("4", Location("s.conf", 2, 21, 2, 22)),
            ("app:app", Location("s.conf", 2, 23, 2, 30)),
        ]
        assert found.working_dir is not None
        assert found.working_dir.value == "/srv/shop"
        assert isinstance(found.replicas, Value)
        assert isinstance(found.stop_grace, Value)
        assert (found.replicas.value, found.stop_grace.value) == (2, 40.0)

    def test_what_is_not_written(self) -> None:
        found = program("command=x")

        assert found.replicas is None
        assert found.stop_grace == Value(10.0, Origin.DEFAULT, note="of supervisord")

    def test_a_command_over_several_lines(self) -> None:
        found = program("command=gunicorn\n    -w 4\n    app:app\nnumprocs=1\n")

        assert [one.value for one in found.words] == ["gunicorn", "-w", "4", "app:app"]
        assert str(found.words[2].location) == "s.conf:2"

    def test_variables(self) -> None:
        found = program(
            'command=x\nenvironment=A="1,2",B=two,\n  DB_PASSWORD=\'p%%w\',HOME="%(ENV_HOME)s"\n'
        )

        assert {name: one.value for name, one in found.variables.items()} == {
            "A": "1,2",
            "B": "two",
            "DB_PASSWORD": Secret("p%w"),
            "HOME": "${HOME}",
        }
        assert found.variables["HOME"].origin is Origin.ASSUMED
        assert "p%w" not in repr(found)

    def test_variables_of_supervisord_are_not_known(self) -> None:
        words = program("command=gunicorn -w %(ENV_WORKERS)s --x 100%%").words

        assert [(one.value, one.origin) for one in words[2:]] == [
            ("${WORKERS}", Origin.ASSUMED),
            ("--x", Origin.LITERAL),
            ("100%", Origin.LITERAL),
        ]

    def test_several_programs_and_other_sections(self) -> None:
        found = parse_supervisord(
            "s.conf",
            "[supervisord]\nnodaemon=true\n[program:a]\ncommand=x\n[group:g]\nprograms=a,b\n"
            "[program:b]\ncommand=y\n[program:off]\ncommand=z\nautostart=false\n[fcgi-program:c]\n"
            "command=w\n[program:none]\n",
        ).found

        assert [(one.name, one.words[0].value) for one in found] == [
            ("a", "x"),
            ("b", "y"),
            ("c", "w"),
        ]

    def test_an_open_quote_is_a_problem(self) -> None:
        found = parse_supervisord("s.conf", "[program:a]\ncommand=x 'y\n")

        assert [(one.message, str(one.location)) for one in found.problems] == [
            ("command: a single quote is not closed", "s.conf:2")
        ]


class TestProcfile:
    def test_process_types(self) -> None:
        found = parse_procfile("Procfile", "web: gunicorn app:app -w $W\n# x\nworker:rq worker\n\n")

        assert [(one.name, [word.value for word in one.words]) for one in found.found] == [
            ("web", ["sh", "-c", "gunicorn app:app -w $W"]),
            ("worker", ["sh", "-c", "rq worker"]),
        ]
        assert found.found[0].location == Location("Procfile", 1, 6, 1, 28)

    def test_passwords_are_dropped(self) -> None:
        (found,) = parse_procfile("Procfile", "web: run postgres://u:hunter2@h/d").found

        assert "hunter2" not in repr(found)


TEXTS = st.lists(
    st.sampled_from(["[program:a]", "[x]", "command=a", "environment=A=1", " more", "web: x", ";"])
    | st.text(max_size=20),
    max_size=8,
).map("\n".join)


@pytest.mark.parametrize("parse", [parse_supervisord, parse_procfile])
@given(text=TEXTS | st.text())
@settings(max_examples=200, deadline=None)
def test_any_text_gives_programs(parse: object, text: str) -> None:
    assert callable(parse)
    found = parse("f", text)

    assert all(one.words or one.location for one in found.found)
