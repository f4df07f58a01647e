from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import SourceError
from advisor.sources import DirectoryTree, MemoryTree
from advisor.sources.text import MAX_BYTES, MAX_SNAPSHOT_BYTES, NotTextError, decode, encoding_of
from advisor.sources.tree import LayeredTree

if TYPE_CHECKING:
    from advisor.model import Tree


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """
    A folder with a few files, and a secret beside it.
    """
    (tmp_path / "secret.conf").write_text("outside")
    folder = tmp_path / "deploy"
    (folder / "conf.d").mkdir(parents=True)
    (folder / "nginx.conf").write_text("events {}\n")
    (folder / "conf.d" / "b.conf").write_text("b")
    (folder / "conf.d" / "B.conf").write_text("B")
    (folder / "conf.d" / "10a.conf").write_text("10a")
    return folder


@pytest.fixture(params=["directory", "memory"])
def tree(request: pytest.FixtureRequest, root: Path) -> Tree:
    """
    The same files from disk and from memory.
    """
    if request.param == "directory":
        return DirectoryTree(root)
    files = (path for path in root.rglob("*") if path.is_file())
    return MemoryTree({str(path.relative_to(root)): path.read_text() for path in files})


def test_reads_files_by_relative_path(tree: Tree) -> None:
    assert tree.read("nginx.conf") == "events {}\n"
    assert tree.read("./conf.d//b.conf") == "b"
    assert tree.read("missing.conf") is None
    assert tree.read("conf.d") is None
    assert tree.read("") is None


@pytest.mark.parametrize(
    "path", ["../secret.conf", "conf.d/../../secret.conf", "/etc/passwd", "..", "conf.d/.."]
)
def test_nothing_outside_the_root_exists(tree: Tree, path: str) -> None:
    assert tree.read(path) is None
    assert tree.names(path) == ()
    assert tree.folders(path) == ()


def test_names_are_sorted_bytewise(tree: Tree) -> None:
    """
    The order of PostgreSQL's include_dir: digits, capitals, small letters.
    """
    assert tree.names("conf.d") == ("10a.conf", "B.conf", "b.conf")
    assert tree.names("") == ("nginx.conf",)
    assert tree.names("missing") == ()
    assert tree.names("nginx.conf") == ()


def test_folders_are_listed_apart_from_files(tree: Tree) -> None:
    assert tree.folders("") == ("conf.d",)
    assert tree.folders("conf.d") == ()
    assert tree.folders("missing") == ()
    assert tree.folders("nginx.conf") == ()


def test_folders_are_sorted_and_links_to_them_stay_below_the_root(root: Path) -> None:
    (root / "Sites").mkdir()
    (root / "again").symlink_to("conf.d")
    (root / "out").symlink_to("..")
    (root / "file").symlink_to("nginx.conf")
    (root / "a\x1b[31m").mkdir()
    assert DirectoryTree(root).folders("") == ("Sites", "again", "conf.d")


def test_links_are_followed_only_below_the_root(root: Path) -> None:
    (root / "inside.conf").symlink_to("conf.d/b.conf")
    (root / "outside.conf").symlink_to("../secret.conf")
    (root / "absolute.conf").symlink_to("/etc/passwd")
    (root / "folder").symlink_to("..")
    tree = DirectoryTree(root)
    assert tree.read("inside.conf") == "b"
    assert tree.read("outside.conf") is None
    assert tree.read("absolute.conf") is None
    assert tree.read("folder/secret.conf") is None
    assert tree.names("folder") == ()
    assert tree.names("") == ("inside.conf", "nginx.conf")


def test_a_cycle_of_links_is_a_missing_file(root: Path) -> None:
    (root / "a.conf").symlink_to("b.conf")
    (root / "b.conf").symlink_to("a.conf")
    (root / "loop").symlink_to(".")
    tree = DirectoryTree(root)
    assert tree.read("a.conf") is None
    assert tree.read("loop/loop/loop/nginx.conf") == "events {}\n"
    assert tree.names("") == ("nginx.conf",)


def test_the_root_may_be_a_link(root: Path) -> None:
    link = root.parent / "current"
    link.symlink_to(root)
    assert DirectoryTree(link).read("nginx.conf") == "events {}\n"


def test_a_pipe_is_not_opened(root: Path) -> None:
    """
    Opening a pipe that nobody writes to would block for ever.
    """
    os.mkfifo(root / "pipe.conf")
    assert DirectoryTree(root).read("pipe.conf") is None
    assert "pipe.conf" not in DirectoryTree(root).names("")


def test_too_large_files_name_the_limit(root: Path) -> None:
    with (root / "large.conf").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(NotTextError, match=r"large\.conf: is larger than 8 MB"):
        DirectoryTree(root).read("large.conf")


def test_snapshots_of_a_server_may_be_larger(root: Path) -> None:
    """Statistics of every column of a large database are no slip."""
    text = "{" + " " * MAX_BYTES + "}"
    (root / "shop-snapshot.json").write_text(text, "utf-8")
    assert DirectoryTree(root).read("shop-snapshot.json") == text
    with (root / "old-snapshot.json").open("wb") as file:
        file.truncate(MAX_SNAPSHOT_BYTES + 1)
    with pytest.raises(NotTextError, match=r"old-snapshot\.json: is larger than 64 MB"):
        DirectoryTree(root).read("old-snapshot.json")


def test_binary_files_are_refused(root: Path) -> None:
    (root / "core").write_bytes(b"a\0b")
    with pytest.raises(SourceError, match="core: is a binary file"):
        DirectoryTree(root).read("core")


def test_unreadable_files_are_an_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("advisor.sources.text.os.open", refuse)
    with pytest.raises(SourceError, match=r"nginx\.conf: cannot be read: Permission denied"):
        DirectoryTree(root).read("nginx.conf")


def test_unlistable_folders_are_an_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("advisor.sources.tree.os.scandir", refuse)
    with pytest.raises(SourceError, match=r"conf\.d: cannot be listed: Permission denied"):
        DirectoryTree(root).names("conf.d")


def test_names_that_cannot_be_printed_are_not_offered(root: Path) -> None:
    (root / "a\x1b[31m.conf").write_text("x")
    Path(os.fsdecode(os.fsencode(root) + b"/\xff.conf")).write_text("x")
    assert DirectoryTree(root).names("") == ("nginx.conf",)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\r\nb", "a\r\nb"),
        ("\ufeffa".encode(), "\ufeffa"),
        ("é".encode(), "é"),
        (b"\xe9", "é"),
        (b"a\0", None),
        ("\ufeffplan".encode("utf-16-le"), "\ufeffplan"),
        ("\ufeffplan".encode("utf-16-be"), "\ufeffplan"),
        (b"\xff\xfe\x00", None),
        (b"\xff\xfe\x00\x00", None),
        (b"", ""),
    ],
)
def test_decoding(data: bytes, text: str | None) -> None:
    assert decode(data) == text


@given(st.binary())
@settings(max_examples=500, deadline=None)
def test_any_bytes_decode_or_are_binary(data: bytes) -> None:
    """
    And the text written in the same encoding gives the same bytes.
    """
    text = decode(data)
    assert text is None or "\0" not in text
    assert text is None or text.encode(encoding_of(data)) == data


@given(st.text())
@settings(max_examples=500, deadline=None)
def test_any_path_is_safe(path: str) -> None:
    """
    Control characters, NUL and dots in a path never raise and never lead outside.
    """
    tree = DirectoryTree(Path(__file__).parent / "no-such-folder")
    assert tree.read(path) is None
    assert tree.names(path) == ()
    assert MemoryTree({}).read(path) is None


class TestLayered:
    """Files in memory above others."""

    TREE = LayeredTree(
        {"m.yaml/c/nginx.conf": "inner", "a": "above"}, MemoryTree({"m.yaml": "outer", "a": "x"})
    )

    def test_what_lies_above_hides_what_lies_below(self) -> None:
        assert self.TREE.read("a") == "above"
        assert self.TREE.read("m.yaml") == "outer"
        assert self.TREE.read("m.yaml/c/nginx.conf") == "inner"
        assert self.TREE.read("gone") is None

    def test_a_file_may_have_others_inside(self) -> None:
        assert self.TREE.names("") == ("a", "m.yaml")
        assert self.TREE.names("m.yaml/c") == ("nginx.conf",)
