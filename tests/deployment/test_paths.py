"""Paths of a deployment: joined, compared, ranked."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.deployment.paths import (
    exists,
    innermost,
    is_in,
    is_variant,
    join,
    names_in,
    outermost,
)
from advisor.errors import SourceError
from advisor.model import Tree
from advisor.sources.tree import MemoryTree


@pytest.mark.parametrize(
    ("folder", "path", "joined"),
    [
        ("", "a", "a"),
        ("a/b", "./c", "a/b/c"),
        ("a/b", "../c", "a/c"),
        ("a", "", "a"),
        ("a", "../../c", "../c"),
        ("a", "../../../c", "../../c"),
        ("..", "x", "../x"),
    ],
)
def test_paths_that_leave_the_root_show_it(folder: str, path: str, joined: str) -> None:
    assert join(folder, path) == joined


@given(st.lists(st.sampled_from(["a", "..", ".", "", "b"])))
@settings(max_examples=500, deadline=None)
def test_joined_paths_are_normal(parts: list[str]) -> None:
    """Joining what was joined changes nothing, and only leading ``..`` are left."""
    joined = join("", "/".join(parts))

    assert join("", joined) == joined
    assert ".." not in joined.lstrip("./").split("/")


@pytest.mark.parametrize(
    ("path", "variant"),
    [
        ("compose.yaml", False),
        ("docker-compose.dev.yml", True),
        ("tests/postgresql.conf", True),
        ("rootfs/usr/local/etc/postgresql.conf", False),
        ("gunicorn.local.py", True),
        ("devices/nginx.conf", False),
    ],
)
def test_variants_by_their_names(path: str, *, variant: bool) -> None:
    assert is_variant(path) is variant


def test_the_innermost_folder() -> None:
    assert innermost("a/b/c.py", ["", "a", "a/b", "b"]) == "a/b"
    assert innermost("ab/c.py", ["a"]) is None
    assert is_in("a", "a")
    assert not is_in("ab", "a")


@dataclass(frozen=True, slots=True)
class Document:
    path: str
    files: tuple[str, ...]


class TestOutermost:
    def test_what_is_included_is_no_document(self) -> None:
        documents = [Document("a", ("a", "b", "c")), Document("b", ("b", "c")), Document("d", ())]

        assert [one.path for one in outermost(documents)] == ["a", "d"]

    def test_of_a_cycle_the_first_is_kept(self) -> None:
        cycle = ("a", "b", "c")

        assert [one.path for one in outermost([Document(x, cycle) for x in "bca"])] == ["b"]


class Unlistable(MemoryTree):
    """A tree whose folders cannot be listed."""

    def names(self, folder: str) -> tuple[str, ...]:
        raise SourceError("cannot be listed", path=folder)


def test_what_exists() -> None:
    tree: Tree = MemoryTree({"a/b.conf": ""})

    assert exists(tree, "a/b.conf")
    assert exists(tree, "a")
    assert not exists(tree, "b.conf")
    assert exists(Unlistable({}), "a")


def test_names_of_a_folder_that_cannot_be_listed() -> None:
    class Closed(MemoryTree):
        __slots__ = ()

        def names(self, folder: str) -> tuple[str, ...]:
            raise SourceError("cannot be listed", path=folder)

    assert names_in(Closed({}), "a") == ()
    assert names_in(MemoryTree({"a/b": ""}), "a") == ("b",)
