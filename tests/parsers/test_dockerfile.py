from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Location, Origin, Secret, Unknown, Value
from advisor.parsers import dockerfile_build, dockerfile_stage
from advisor.parsers.dockerfile import (
    Copy,
    DockerfileDocument,
    ImageCommand,
    Stage,
    parse_dockerfile,
)
from advisor.parsers.images import ImageName

SHOP = """\
# syntax=docker/dockerfile:1
ARG PYTHON=3.12

FROM node:20 AS assets
CMD ["node"]

FROM --platform=$BUILDPLATFORM python:${PYTHON}-slim AS base
ENV PYTHONUNBUFFERED=1 \\
    # a comment between the lines

    APP_HOME="/srv/shop" GREETING=hello\\ world
WORKDIR $APP_HOME
RUN <<EOF
FROM nothing
CMD nothing
EOF

FROM base AS final
COPY --from=assets /out ./static/
COPY --chown=app . .
COPY ["gunicorn.conf.py", "conf/"]
EXPOSE 8000/tcp 9000-9001
USER app
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=5s CMD curl -f localhost
ENTRYPOINT ["tini", "--"]
CMD ["gunicorn", "-c", "gunicorn.conf.py", \\
     "shop:app"]
"""


def read(text: str, *, target: str = "", **args: str) -> DockerfileDocument:
    return parse_dockerfile("Dockerfile", text, args=args, target=target)


def stage(text: str, **args: str) -> Stage:
    """
    The last stage of a file in which nothing is wrong.
    """
    document = read(text, **args)
    assert document.problems == ()
    assert document.stage is not None
    return document.stage


def plain(item: object) -> object:
    assert isinstance(item, Value)
    return item.value


def words(command: ImageCommand | None) -> list[str]:
    assert command is not None
    return [word.value for word in command.words]


def test_the_last_stage_takes_over_what_it_builds_on() -> None:
    found = stage(SHOP)
    assert found.name == "final"
    assert found.location.line == 18
    assert found.image == Value(
        "python:3.12-slim",
        Origin.ASSUMED,
        Location("Dockerfile", 7, 32, 7, 53),
        note="default of PYTHON, which may be set outside of this file",
    )
    assert found.image_name == ImageName("python", "3.12-slim")
    assert {name: plain(item) for name, item in found.env.items()} == {
        "PYTHONUNBUFFERED": "1",
        "APP_HOME": "/srv/shop",
        "GREETING": "hello world",
    }
    assert found.env["APP_HOME"].location == Location("Dockerfile", 11, 5, 11, 25)
    assert plain(found.working_dir) == "/srv/shop"
    assert plain(found.user) == "app"
    assert plain(found.stop_signal) == "SIGQUIT"
    assert found.has_healthcheck
    assert [item.value for item in found.expose] == [range(8000, 8001), range(9000, 9002)]
    assert found.copies == (
        Copy(("/out",), "/srv/shop/static/", Location("Dockerfile", 19, 1, 19, 5), stage="assets"),
        Copy((".",), "/srv/shop/", Location("Dockerfile", 20, 1, 20, 5)),
        Copy(("gunicorn.conf.py",), "/srv/shop/conf/", Location("Dockerfile", 21, 1, 21, 5)),
    )


def test_commands_in_exec_form() -> None:
    found = stage(SHOP)
    assert words(found.entrypoint) == ["tini", "--"]
    assert words(found.command) == ["gunicorn", "-c", "gunicorn.conf.py", "shop:app"]
    assert found.command is not None
    assert not found.command.shell
    assert found.command.words[-1].location == Location("Dockerfile", 28, 6, 28, 16)
    assert found.command.location == Location("Dockerfile", 27, 5, 28, 17)


@pytest.mark.parametrize(
    ("text", "expected", "shell"),
    [
        ("CMD gunicorn app:app -w ${W:-4}", ["gunicorn", "app:app", "-w", "${W:-4}"], True),
        ("CMD exec gunicorn \\\n  --bind '0.0.0.0:80' && x", None, True),
        ('cmd ["a", "b c", "\\u0064"]', ["a", "b c", "d"], False),
        ("CMD ['a', 'b']", ["[a,", "b]"], True),
        ('CMD ["a", 1]', ["[a,", "1]"], True),
        ("CMD []", [], False),
        ("CMD", [], True),
        (
            'CMD ["redis-server", "--requirepass", "hunter2"]',
            ["redis-server", "--requirepass", "***"],
            False,
        ),
        ("CMD app --db postgres://u:hunter2@db/x", ["app", "--db", "postgres://u:***@db/x"], True),
        ("CMD " + "[" * 50_000, ["[" * 50_000], True),
    ],
)
def test_forms_of_commands(text: str, expected: list[str] | None, shell: bool) -> None:  # noqa: FBT001 - a test parameter
    found = stage(f"FROM a\n{text}\n")
    assert found.command is not None
    assert found.command.shell is shell
    expected = expected or (
        ["exec", "gunicorn", "--bind", "0.0.0.0:80", "&&", "x"] if "exec" in text else []
    )
    assert words(found.command) == expected


def test_a_new_entrypoint_switches_off_a_command_that_was_taken_over() -> None:
    """
    Docker resets CMD unless the same stage sets it, before or after.
    """
    assert stage("FROM a AS b\nCMD x\nFROM b\nENTRYPOINT y\n").command is None
    assert words(stage("FROM a AS b\nCMD x\nFROM b\nCMD z\nENTRYPOINT y\n").command) == ["z"]
    assert words(stage("FROM a AS b\nCMD x\nFROM b\n").command) == ["x"]


@pytest.mark.parametrize(
    ("text", "env"),
    [
        ("ENV A=1 B=2", {"A": "1", "B": "2"}),
        ("ENV A one two", {"A": "one two"}),
        ('ENV A "one  two"', {"A": "one  two"}),
        ("ENV A=\"x y\" B='$A' C=\\$A", {"A": "x y", "B": "$A", "C": "$A"}),
        ("ENV A=1\nENV A=2 B=$A", {"A": "2", "B": "1"}),
        ("ENV A=1\nENV B=${A:+x}${NONE:-y}", {"A": "1", "B": "xy"}),
        ("ARG A=1\nENV B=$A", {"B": "1"}),
        ("ARG A\nENV B=x$A", {"B": "x"}),
        ("ARG A=1\nENV A=2\nENV B=$A", {"A": "2", "B": "2"}),
    ],
)
def test_environment(text: str, env: dict[str, str]) -> None:
    found = stage(f"FROM a\n{text}\n").env
    assert {name: plain(item) for name, item in found.items()} == env


def test_secrets_are_wrapped() -> None:
    found = stage("FROM a\nENV DB_PASSWORD=hunter2 URL=redis://:hunter2@r\nUSER $DB_PASSWORD")
    assert plain(found.env["DB_PASSWORD"]) == Secret("hunter2")
    assert plain(found.env["URL"]) == Secret("redis://:hunter2@r")
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("text", "args", "image", "origin"),
    [
        ("FROM a:1", {}, "a:1", Origin.LITERAL),
        ("ARG V=1\nFROM a:$V", {}, "a:1", Origin.ASSUMED),
        ("ARG V=1\nFROM a:$V", {"V": "2"}, "a:2", Origin.EVALUATED),
        ("ARG V=1\nARG W=${V}2\nFROM a:$W", {}, "a:12", Origin.ASSUMED),
        ("ARG V\nFROM a:$V", {"V": "2"}, "a:2", Origin.EVALUATED),
        ("FROM a:${V:-3}", {}, "a:3", Origin.ASSUMED),
        ("FROM a:$V", {}, "a:", Origin.ASSUMED),
        ("FROM A AS B\nFROM b", {}, "A", Origin.LITERAL),
    ],
)
def test_images(text: str, args: dict[str, str], image: str, origin: Origin) -> None:
    found = stage(text, **args).image
    assert isinstance(found, Value)
    assert (found.value, found.origin) == (image, origin)


def test_an_image_that_only_the_build_knows() -> None:
    found = stage("ARG IMAGE\nFROM $IMAGE")
    assert isinstance(found.image, Unknown)
    assert found.image_name is None
    assert read("FROM ${A").problems[0].message == "FROM: ${ is not closed"
    assert isinstance(stage("FROM ${A#x}").image, Unknown)


def test_build_arguments_reach_a_stage_only_where_it_asks_for_them() -> None:
    text = "ARG V=1\nFROM a\nENV A=x$V\nARG V\nENV B=x$V\n"
    found = stage(text)
    assert (plain(found.env["A"]), plain(found.env["B"])) == ("x", "x1")
    assert isinstance(found.env["B"], Value)
    assert found.env["B"].origin is Origin.ASSUMED
    heir = stage(text.replace("FROM a", "FROM a AS b") + "FROM b\nENV C=x$V\n")
    assert plain(heir.env["C"]) == "x"


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("WORKDIR /a", "/a"),
        ("WORKDIR /a\nWORKDIR b", "/a/b"),
        ("WORKDIR /a/b\nWORKDIR ..", "/a"),
        ("ENV D=/d\nWORKDIR $D/e", "/d/e"),
        ('WORKDIR "/a b"', "/a b"),
    ],
)
def test_working_directory(text: str, folder: str) -> None:
    assert plain(stage(f"FROM a\n{text}").working_dir) == folder


def test_a_working_directory_that_the_base_image_decides() -> None:
    assert isinstance(stage("FROM a\nWORKDIR b").working_dir, Unknown)
    assert isinstance(stage("FROM a\nWORKDIR $D\nWORKDIR b").working_dir, Unknown)
    assert stage("FROM a\nCOPY x y/").copies[0].target == "y/"


def test_targets() -> None:
    assert plain(stage_of(SHOP, "base").image) == "python:3.12-slim"
    assert words(stage_of(SHOP, "0").command) == ["node"]
    assert stage_of(SHOP, "FINAL").name == "final"
    document = read(SHOP, target="missing")
    assert document.stage is None
    assert "no stage of the name" in document.problems[0].message
    assert read(SHOP, target="9").stage is None


def stage_of(text: str, target: str) -> Stage:
    found = read(text, target=target).stage
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        "RUN <<EOF\nFROM x\nEOF",
        "RUN <<-EOF\nFROM x\n\tEOF",
        "RUN <<'EOF'\nFROM x\nEOF",
        "RUN cat <<A && cat <<B\nFROM x\nA\nFROM y\nB",
        "COPY <<EOF /x\nFROM x\nEOF",
        "RUN 3<<EOF cat\nFROM x\nEOF",
        "RUN echo '<<EOF not closed'",
        "RUN echo $((1<<2))",
        "RUN x \\\n# FROM x\n\n  && y",
        "RUN x \\  \n  y",
        "RUN <<EOF cat\n\tEOF\nEOF",
        "RUN echo '<<EOF not closed'\n\tRUN x\nRUN y",
    ],
)
def test_heredocs_and_continuations(text: str) -> None:
    found = stage(f"FROM a\n{text}\nUSER u\n")
    assert plain(found.image) == "a"
    assert plain(found.user) == "u"


def test_a_heredoc_copy_has_no_sources() -> None:
    assert stage("FROM a\nCOPY <<EOF /x\nb\nEOF").copies[0].sources == ()


def test_the_escape_directive() -> None:
    found = stage("# escape=`\nFROM a\nENV A=1 `\n  B=c`\tx\nWORKDIR /a\n")
    assert {name: plain(item) for name, item in found.env.items()} == {"A": "1", "B": "c\tx"}
    assert stage("# a comment\n# escape=`\nFROM a\nENV A=\\\n1").env["A"] is not None


def test_windows_line_ends_and_byte_order_mark() -> None:
    found = stage('\ufeffFROM a\r\nENV A=1 \\\r\n  B=2\r\nCMD ["x"]\r\n')
    assert list(found.env) == ["A", "B"]
    assert words(found.command) == ["x"]


def test_healthchecks() -> None:
    assert not stage("FROM a\nHEALTHCHECK CMD x\nHEALTHCHECK none").has_healthcheck
    assert not stage("FROM a").has_healthcheck


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "has no FROM instruction"),
        ("# only a comment", 1, "has no FROM instruction"),
        ("FROM a\nFRMO b", 2, "this is no instruction of a Dockerfile"),
        (
            "FROM a\n{% if x %}\nRUN y\n{% endif %}",
            2,
            "is a template with {{ }} or {% %}, not a Dockerfile",
        ),
        ("USER x\nFROM a", 1, "USER stands before FROM"),
        ("FROM\nFROM a", 1, "FROM names no image"),
        ("FROM a\nCOPY x", 2, "COPY needs a source and a target"),
        ("FROM a\nUSER", 2, "USER says nothing"),
        ("FROM a\nENV A='x", 2, "ENV: a single quote is not closed"),
        ("FROM a\nCMD echo 'x", 2, "CMD: a single quote is not closed"),
    ],
)
def test_problems(text: str, line: int, message: str) -> None:
    problems = read(text).problems
    assert [(problem.location.line, problem.message) for problem in problems] == [(line, message)]


def test_problems_are_not_listed_for_ever() -> None:
    assert len(read("FROM a\n" + "USER\n" * 500).problems) == dockerfile_build.MAX_PROBLEMS


def test_too_many_stages_are_refused() -> None:
    text = "FROM a AS a\n" * (dockerfile_build.MAX_STAGES + 5)
    assert "more than 200 stages" in read(text).problems[0].message


def test_values_that_grow_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dockerfile_stage, "MAX_EXPANDED", 1000)
    document = read("FROM a\nENV A=xxxxxxxxxx\n" + "ENV A=$A$A\n" * 20)
    assert document.problems[-1].message == "its values grow too long"


def test_many_heredocs_take_linear_time() -> None:
    """
    An end that does not count, because of the tab, must not be looked for again and again.
    """
    found = read("FROM a\n" + "RUN <<E\n" * 100_000 + "\tE\n").stage
    assert found is not None
    assert plain(found.image) == "a"


def test_ports_that_are_no_ports_are_left_out() -> None:
    assert stage("FROM a\nEXPOSE $PORT web").expose == ()


LINES = st.lists(
    st.sampled_from(
        [
            "FROM a",
            "FROM a AS b",
            "FROM b",
            "ARG A=1",
            "ENV A=$A",
            "ENV B x",
            "WORKDIR c",
            'CMD ["x"]',
            "CMD x",
            "ENTRYPOINT y",
            "COPY a b",
            "RUN <<E",
            "E",
            "EXPOSE 1-2",
            "USER $A",
            "\\",
            "# x",
            "",
        ]
    )
    | st.text(alphabet=st.sampled_from("AB='\"\\$ {}[]<->:,"), max_size=12),
    max_size=12,
)


@given(LINES.map("\n".join) | st.text())
@settings(max_examples=500, deadline=None)
def test_any_text_gives_a_document(text: str) -> None:
    document = read(text, A="1")
    assert document.stage is not None or document.problems
    lines = text.count("\n") + 1
    places = [problem.location for problem in document.problems]
    if document.stage and document.stage.command:
        places.append(document.stage.command.location)
    assert all(1 <= place.line <= lines for place in places)
