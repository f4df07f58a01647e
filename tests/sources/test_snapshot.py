"""
Files as they were first read, or as they are to become.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.errors import SourceError
from advisor.sources.tree import Snapshot


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """
    A file, two links to it, and one that leads out of the folder.
    """
    (tmp_path / "outside.conf").write_text("outside")
    folder = tmp_path / "deploy"
    (folder / "available").mkdir(parents=True)
    (folder / "available" / "shop").write_text("one")
    (folder / "shop").symlink_to("available/shop")
    (folder / "again").symlink_to("shop")
    (folder / "out").symlink_to("../outside.conf")
    return folder


def test_what_was_read_once_stays(root: Path) -> None:
    """
    Whichever link it is asked for by.
    """
    files = Snapshot(root, {})
    first = files.read("shop")
    (root / "available" / "shop").write_text("two")

    assert first == "one"
    assert [files.read(path) for path in ("shop", "again", "available/shop")] == ["one"] * 3


def test_texts_that_are_known_are_not_read(root: Path) -> None:
    assert Snapshot(root, {"again": "known"}).read("available/shop") == "known"


def test_edited_files_beside_those_that_are_not(root: Path) -> None:
    first = Snapshot(root, {"shop": "known"})
    now = first.edited({"available/shop": "new"})

    assert (first.read("shop"), now.read("shop")) == ("known", "new")
    assert now.names("") == first.names("") == ("again", "shop")


def test_one_name_for_each_file(root: Path) -> None:
    """
    What does not exist, or lies outside, keeps its name and has no text.
    """
    files = Snapshot(root, {})

    assert [files.real(path) for path in ("again", "shop", "available//shop")] == [
        "available/shop"
    ] * 3
    assert [files.real(path) for path in ("missing", "out")] == ["missing", "out"]
    assert (files.read("missing"), files.read("out")) == (None, None)


def test_a_file_that_cannot_be_read(root: Path) -> None:
    (root / "binary").write_bytes(b"\0")

    with pytest.raises(SourceError, match="binary"):
        Snapshot(root, {}).read("binary")
