"""
postgresql.conf with its includes, and who wins.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import SourceError
from advisor.model import Location
from advisor.parsers.postgresql import (
    PostgresDocument,
    command_line,
    read_config,
    with_command_line,
)

MAIN = "db/postgresql.conf"


@dataclass(frozen=True)
class _Files:
    """A tree in memory. The text None stands for a file that cannot be read."""

    texts: Mapping[str, str | None]

    def read(self, path: str) -> str | None:
        assert not path.startswith(("/", "../"))
        if path not in self.texts:
            return None
        text = self.texts[path]
        if text is None:
            raise SourceError("permission denied", path=path)
        return text

    def names(self, folder: str) -> tuple[str, ...]:
        assert not folder.startswith(("/", "../"))
        if folder.endswith("locked"):
            raise SourceError("permission denied", path=folder)
        found = {posixpath.basename(p) for p in self.texts if posixpath.dirname(p) == folder}
        return tuple(sorted(found, key=str.encode))

    def folders(self, folder: str) -> tuple[str, ...]:
        raise NotImplementedError


def _read(**texts: str | None) -> PostgresDocument:
    """Files by path, with ``main`` for the main one."""
    files = {MAIN if path == "main" else path: text for path, text in texts.items()}
    return read_config(MAIN, _Files(files))


def _values(document: PostgresDocument) -> dict[str, str]:
    return {name: setting.raw for name, setting in document.settings.items()}


def test_the_last_assignment_wins_and_the_others_are_told() -> None:
    """Case variants and old names are the same setting."""
    document = _read(main="work_mem = 1MB\njit = on\nSort_Mem = 2MB\nWORK_MEM = 3MB\n")
    winner = document.settings["work_mem"]
    assert (winner.raw, winner.written, winner.location.line) == ("3MB", "WORK_MEM", 4)
    assert [(lost.name, lost.raw) for lost in winner.lost] == [
        ("work_mem", "1MB"),
        ("Sort_Mem", "2MB"),
    ]
    assert list(document.settings) == ["jit", "work_mem"]


def test_includes_count_where_they_stand() -> None:
    document = _read(
        main="a = 1\ninclude 'sub/x.conf'\nb = 1\n",
        **{"db/sub/x.conf": "a = 2\nb = 2\ninclude 'y.conf'\n", "db/sub/y.conf": "c = 3\n"},
    )
    assert _values(document) == {"a": "2", "c": "3", "b": "1"}
    assert document.files == (MAIN, "db/sub/x.conf", "db/sub/y.conf")
    assert document.settings["a"].location == Location("db/sub/x.conf", 1, 1, 1, 6)
    assert document.problems == ()


def test_folders_are_read_in_the_order_of_bytes() -> None:
    """Only names ending in .conf, no dotfiles."""
    names = ("9b.conf", "10a.conf", "B.conf", ".x.conf", "c.conf.bak", "readme")
    document = _read(
        main="include_dir = 'conf.d'\n",
        **{f"db/conf.d/{name}": f"v = '{name}'\n" for name in names},
    )
    assert [a.raw for a in document.assignments] == ["10a.conf", "9b.conf", "B.conf"]


def test_a_missing_include_is_a_problem_unless_it_may_be_missing() -> None:
    document = _read(main="include 'no.conf'\ninclude_if_exists 'no.conf'\ninclude_dir 'no'\n")
    assert [(p.location.line, p.message) for p in document.problems] == [
        (1, "include: there is no file db/no.conf"),
        (3, "include_dir: the folder db/no is missing, empty or unreadable"),
    ]


def test_auto_conf_beside_the_main_file_comes_last() -> None:
    document = _read(
        main="work_mem = 1MB\ninclude_dir 'd'\n",
        **{"db/d/a.conf": "work_mem = 2MB\n", "db/postgresql.auto.conf": "work_mem = '3MB'\n"},
    )
    assert document.settings["work_mem"].raw == "3MB"
    assert document.files[-1] == "db/postgresql.auto.conf"


def test_auto_conf_alone_is_read_once() -> None:
    tree = _Files({"postgresql.auto.conf": "jit = off\n"})
    document = read_config("postgresql.auto.conf", tree)
    assert len(document.assignments) == 1


@pytest.mark.parametrize(
    "texts",
    [
        {"main": "include 'postgresql.conf'\n"},
        {"main": "include 'x'\n", "db/x": "include 'y'\n", "db/y": "include 'x'\n"},
        {"main": "include_dir '.'\n"},
    ],
)
def test_recursion_is_reported(texts: dict[str, str | None]) -> None:
    document = _read(**texts)
    assert any("includes itself" in problem.message for problem in document.problems)


def test_depth_has_the_servers_limit() -> None:
    """Ten levels below the main file are allowed, the eleventh is not."""
    chain: dict[str, str | None] = {f"db/{i}": f"include '{i + 1}'\nv = {i}\n" for i in range(15)}
    document = _read(main="include '0'\n", **chain)
    assert "more than 10 levels" in document.problems[0].message
    assert len(document.assignments) == 10


def test_a_file_included_often_is_limited_and_its_errors_told_once() -> None:
    body = "include 'next'\n" * 12
    texts: dict[str, str | None] = {f"db/{i}": f"include '{i + 1}'\n" * 5 for i in range(9)}
    document = _read(main="include '0'\n" + body, **texts, **{"db/9": "x = 1\n", "db/next": "?\n"})
    assert sum(problem.message.startswith("syntax") for problem in document.problems) <= 1
    assert any("more than 1000 files" in problem.message for problem in document.problems)


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("/etc/postgresql/conf.d/a.conf", "db/conf.d/a.conf"),
        ("/srv/app/a.conf", "db/a.conf"),
        ("/mirror/b.conf", "mirror/b.conf"),
        ("/opt/mirror/b.conf", "mirror/b.conf"),
        ("/opt/elsewhere/top.conf", None),
        ("/etc/twice/c.conf", None),
        ("/../../etc/passwd", None),
        ("../top.conf", "top.conf"),
        ("../../top.conf", None),
    ],
)
def test_paths_of_the_servers_machine(target: str, found: str | None) -> None:
    """An absolute path is followed only to a file that can be no other."""
    files = ("db/conf.d/a.conf", "db/a.conf", "mirror/b.conf", "top.conf", "twice/c.conf")
    document = _read(
        main=f"include '{target}'\n",
        **dict.fromkeys((*files, "db/twice/c.conf"), "x = 1\n"),
    )
    if found:
        assert document.files == (MAIN, found)
        assert document.problems == ()
    else:
        assert document.files == (MAIN,)
        assert "could not be followed" in document.problems[0].message


def test_an_absolute_folder_beside_the_file() -> None:
    document = _read(
        main="include_dir '/etc/postgresql/16/main/conf.d'\n", **{"db/conf.d/a.conf": "x = 1\n"}
    )
    assert _values(document) == {"x": "1"}


def test_includes_without_a_name_or_from_a_template() -> None:
    document = _read(main="include ''\ninclude_dir '{{ dir }}'\n")
    assert [problem.message for problem in document.problems] == [
        "include names no file",
        "include_dir “{{ dir }}” could not be followed: it is a template",
    ]


def test_an_unreadable_folder_is_a_problem() -> None:
    document = _read(main="include_dir 'locked'\ninclude_dir '/a/locked'\n")
    assert len(document.problems) == 2


def test_unreadable_files_are_problems() -> None:
    document = _read(main="include 'x'\ninclude 'x'\njit = on\n", **{"db/x": None})
    (problem,) = document.problems
    assert problem.message == "db/x could not be read: permission denied"
    assert _values(document) == {"jit": "on"}
    assert document.files == (MAIN,)


@pytest.mark.parametrize("texts", [{}, {"main": None}])
def test_a_main_file_that_cannot_be_read(texts: dict[str, str | None]) -> None:
    document = _read(**texts)
    assert len(document.problems) == 1
    assert "could not be read" in document.problems[0].message
    assert document.settings == {}


def test_a_main_file_at_the_root() -> None:
    tree = _Files({"postgresql.conf": "include_dir '.'\n", "z.conf": "x = 1\n"})
    assert _values(read_config("postgresql.conf", tree)) == {"x": "1"}


def test_problems_of_files_and_placeholders_come_through() -> None:
    document = _read(main="a = {{ x }}\nb = 1.5GB\n")
    assert document.settings["a"].placeholder
    assert len(document.problems) == 1


def test_the_command_line_beats_every_file() -> None:
    document = _read(main="work_mem = 1MB\njit = on\n")
    place = Location("compose.yml", 7)
    given_there = command_line(["postgres", "-c", "work_mem=5MB"], place)
    merged = with_command_line(document, given_there)
    winner = merged.settings["work_mem"]
    assert (winner.raw, winner.location) == ("5MB", place)
    assert [lost.raw for lost in winner.lost] == ["1MB"]
    assert document.settings["work_mem"].raw == "1MB"
    assert merged.files == document.files


@given(
    st.lists(
        st.sampled_from(["x", "y", "d/", "../", "/", "postgresql.conf", ".", "\0"]), max_size=4
    )
)
@settings(max_examples=500, deadline=None)
def test_no_include_leaves_the_tree(parts: list[str]) -> None:
    """The tree itself checks that it is never asked for anything above its root."""
    target = "".join(parts)
    for directive in ("include", "include_if_exists", "include_dir"):
        _read(main=f"{directive} '{target}'\n", **{"db/x": "include '../y'\n", "y": "a = 1\n"})


def test_folders_with_what_is_passed_over() -> None:
    """Only names that end in .conf without a dot in front are read, and none of folders inside."""
    names = ("b.cnf", "a.conf", ".c.conf", "d.conf.bak")
    texts = {f"db/d/{name}": "x = 1\n" for name in names}
    document = _read(main="include_dir 'd'\ninclude_dir './d'\n", **texts, **{"db/d/e/f.conf": ""})

    (folder,) = document.folders
    assert folder.path == "db/d"
    assert folder.files == ("db/d/.c.conf", "db/d/b.cnf", "db/d/d.conf.bak")
    assert document.files == (MAIN, "db/d/a.conf")
    assert with_command_line(document, []).folders == document.folders


def test_many_assignments_of_one_setting_take_linear_time() -> None:
    document = _read(main="work_mem = 1MB\n" * 20_000)
    assert len(document.settings["work_mem"].lost) == 19_999
