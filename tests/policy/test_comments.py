"""Comments that accept findings, in every format that is read."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.policy.comments import Comment, read_comments
from advisor.sources.kinds import Kind

SAID = "advisor: ignore[PG101] why"


def only(text: str, kind: Kind | None = Kind.POSTGRESQL) -> Comment:
    (comment,) = read_comments("a.conf", text, kind)
    return comment


class TestForms:
    def test_codes_reason_and_day(self) -> None:
        found = only("x = 1  # advisor: ignore[PG101, fsync-off,NGX6] until=2027-01-31 why not\n")

        assert found.codes == ("PG101", "fsync-off", "NGX6")
        assert (found.until, found.reason) == (date(2027, 1, 31), "why not")
        assert (found.line, found.location.line, found.location.column) == (1, 1, 8)
        assert found.name == "ignore[PG101, fsync-off, NGX6]"

    def test_a_reason_may_follow_a_dash_or_colon(self) -> None:
        for sign in (" - ", ": ", " — ", " "):
            assert only(f"# advisor: ignore[PG1]{sign}why\nx = 1\n").reason == "why"

    def test_without_a_reason(self) -> None:
        assert only("x = 1 # advisor: ignore[PG1]").reason == ""

    def test_blanks_do_not_matter(self) -> None:
        assert only("x = 1 #advisor:ignore[ PG1 ]\r\n").codes == ("PG1",)
        assert only("x = 1 ##  advisor:   ignore [PG1]\n").codes == ("PG1",)

    def test_the_whole_file(self) -> None:
        found = only("x = 1\n# advisor: ignore-file[PG1] a test\n")

        assert (found.line, found.name, found.reason) == (0, "ignore-file[PG1]", "a test")

    @pytest.mark.parametrize(
        ("text", "mistake"),
        [
            ("# advisor: ignore", "ignore names no rule: write ignore[CODE] and the reason"),
            ("# advisor: ignore[]", "ignore names no rule"),
            ("# advisor: ignore[,]", "ignore names no rule"),
            ("# advisor: ignore PG101", "ignore names no rule"),
            ("# advisor: ignore[PG101", "ignore names no rule"),
            ("# advisor: ignore-file whatever", "ignore-file names no rule"),
            ("# advisor: ignore[*]", "ignore names no rule"),
            ("# advisor: ignore[PG1] until=soon", "until=soon is no day"),
            ("# advisor: ignore[PG1] until=2027-13-01", "until=2027-13-01 is no day"),
        ],
    )
    def test_mistakes_are_told(self, text: str, mistake: str) -> None:
        found = only(f"{text}\nx = 1\n")

        assert found.mistake.startswith(mistake)

    @pytest.mark.parametrize(
        "text",
        [
            "# advisor",
            "# advisor: see the report",
            "# the advisor: ignored",
            "# advisor: ignores x",
        ],
    )
    def test_other_comments_are_none(self, text: str) -> None:
        assert read_comments("a.conf", f"{text}\nx = 1\n", Kind.POSTGRESQL) == ()

    def test_no_secret_stays_in_a_reason(self) -> None:
        text = "# advisor: ignore[PG1] see postgresql://u:hunter2@h/x\nx = 1\n"

        assert "hunter2" not in repr(only(text))


class TestLines:
    def test_above(self) -> None:
        assert only(f"# {SAID}\nx = 1\n").line == 2

    def test_above_with_comments_and_blank_lines_between(self) -> None:
        first, second = read_comments(
            "a.conf",
            f"# {SAID}\n# more\n\n  # advisor: ignore[PG2]\nx = 1\ny = 2\n",
            Kind.POSTGRESQL,
        )
        assert (first.line, second.line) == (5, 5)

    def test_at_the_end_of_a_file(self) -> None:
        assert only(f"x = 1\n# {SAID}").line == 2

    def test_behind(self) -> None:
        assert only(f"x = 1\ny = 2 # {SAID}\nz = 3\n").line == 2


BEHIND = {
    Kind.POSTGRESQL: "fsync = off",
    Kind.PG_HBA: "host all all 0.0.0.0/0 trust",
    Kind.NGINX: "gzip off;",
    Kind.GUNICORN: "workers = 4",
    Kind.PYTHON: "engine = create_engine('x')",
    Kind.COMPOSE: "  image: postgres:16",
    Kind.KUBERNETES: "  replicas: 1",
    Kind.KUSTOMIZATION: "resources: []",
    Kind.PATRONI: "  listen: 127.0.0.1:5432",
    Kind.DOTENV: "WEB_CONCURRENCY=4",
    Kind.REQUIREMENTS: "gunicorn==20.0",
    Kind.SUPERVISORD: "numprocs=1",
    Kind.SCHEMA: "CREATE TABLE a (b int);",
    Kind.TERRAFORM: 'instance_class = "db.t3.micro"',
}
WITHOUT = (Kind.PLAN, Kind.LOAD, Kind.SNAPSHOT)
SIGNS = {Kind.SCHEMA: "--"}
"""Of formats that do not write comments with ``#``."""
ALONE = {
    Kind.DOCKERFILE: "FROM python:3.12",
    Kind.REDIS: "appendonly no",
    Kind.PROCFILE: "web: gunicorn app",
    Kind.SYSTEMD: "ExecStart=gunicorn app",
    Kind.PGBOUNCER: "pool_mode = session",
    Kind.INI: "sqlalchemy.url = x",
}


@pytest.mark.parametrize("kind", [one for one in Kind if one not in WITHOUT])
def test_every_format_has_comments_above(kind: Kind) -> None:
    line = {**BEHIND, **ALONE}[kind]

    assert only(f"{SIGNS.get(kind, '#')} {SAID}\n{line}\n", kind).line == 2


@pytest.mark.parametrize("kind", list(BEHIND))
def test_these_have_them_behind_as_well(kind: Kind) -> None:
    assert only(f"{BEHIND[kind]}  {SIGNS.get(kind, '#')} {SAID}\n", kind).line == 1


@pytest.mark.parametrize("kind", list(ALONE))
def test_in_these_it_would_be_part_of_the_value(kind: Kind) -> None:
    assert read_comments("x", f"{ALONE[kind]}  # {SAID}\n", kind) == ()


@pytest.mark.parametrize("kind", [Kind.SYSTEMD, Kind.PGBOUNCER, Kind.INI, Kind.SUPERVISORD])
def test_semicolons_begin_comments_of_ini_files(kind: Kind) -> None:
    assert only(f"; {SAID}\na = b\n", kind).line == 2


def test_terraform_has_two_kinds_of_comments() -> None:
    assert only(f"// {SAID}\na = b\n", Kind.TERRAFORM).line == 2


@pytest.mark.parametrize("kind", WITHOUT)
def test_formats_without_comments_have_none(kind: Kind) -> None:
    assert read_comments("x", f"# {SAID}\nSeq Scan\n", kind) == ()


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (Kind.POSTGRESQL, f"log_line_prefix = '# {SAID}'"),
        (Kind.NGINX, f'log_format x "a # {SAID}";'),
        (Kind.COMPOSE, f"  command: 'echo # {SAID}'"),
        (Kind.COMPOSE, f"  url: http://x/#{SAID}"),
        (Kind.PYTHON, f"x = '# {SAID}'"),
        (Kind.PYTHON, f'"""\n# {SAID}\n"""'),
    ],
)
def test_what_stands_in_a_string_is_no_comment(kind: Kind, line: str) -> None:
    assert read_comments("x", f"{line}\n", kind) == ()


def test_an_apostrophe_begins_no_string() -> None:
    assert only(f"  command: don't stop  # {SAID}\n", Kind.COMPOSE).line == 1


def test_a_comment_in_a_comment() -> None:
    assert only(f"workers = 4  # noqa  # {SAID}\n", Kind.GUNICORN).line == 1


def test_python_that_is_none_is_read_line_by_line() -> None:
    assert only(f"workers = (4  # {SAID}\n'''", Kind.GUNICORN).line == 1


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["#", "'", '"', "\n", " ", f"# {SAID}", "advisor: ignore", "[PG1]", "x = 1", "\\", ";"]
        ),
        max_size=30,
    ),
    st.sampled_from([None, *Kind]),
)
def test_no_text_is_too_much(parts: list[str], kind: Kind | None) -> None:
    """Whatever a file holds, a comment speaks about a line that there is."""
    text = "".join(parts)
    for comment in read_comments("x", text, kind):
        assert 0 <= comment.line <= text.count("\n") + 1
        assert comment.codes or comment.mistake
