"""
Files on disk: whole, in place, or not at all.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from advisor.errors import FixError
from advisor.fix.write import write_files
from advisor.sources.text import decode
from advisor.sources.tree import DirectoryTree

BEFORE = "work_mem = 50MB\n"
AFTER = "work_mem = 6MB\n"


def write(root: Path, *paths: str, before: str = BEFORE, after: str = AFTER) -> None:
    """
    Write the same text to all paths.
    """
    write_files(DirectoryTree(root), dict.fromkeys(paths, before), dict.fromkeys(paths, after))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "a.conf"
    file.write_text(BEFORE)
    file.chmod(0o640)
    write(tmp_path, "a.conf")

    assert file.read_text() == AFTER
    assert file.stat().st_mode & 0o7777 == 0o640
    assert names(tmp_path) == ["a.conf"]


@pytest.mark.parametrize(
    "data",
    [
        b"name = 'caf\xe9'\r\nwork_mem = 50MB\r\n",
        "name = 'café'\nwork_mem = 50MB".encode(),
        b"\xef\xbb\xbfwork_mem = 50MB\n",
        "\ufeffwork_mem = 50MB\n".encode("utf-16-le"),
        "\ufeffwork_mem = 50MB\n".encode("utf-16-be"),
    ],
)
def test_encoding_line_ends_and_mark_stay(tmp_path: Path, data: bytes) -> None:
    """
    Only the bytes of the value differ.
    """
    file = tmp_path / "a.conf"
    file.write_bytes(data)
    text = decode(data) or ""
    write(tmp_path, "a.conf", before=text, after=text.replace("50MB", "6MB"))
    narrow = b"50MB" in data
    old, new = (b"50MB", b"6MB") if narrow else (b"5\x000\x00M", b"6\x00M")
    old, new = (b"\x005\x000\x00M", b"\x006\x00M") if data[:2] == b"\xfe\xff" else (old, new)

    assert file.read_bytes() == data.replace(old, new)


def test_a_link_stays_and_its_target_is_written(tmp_path: Path) -> None:
    (tmp_path / "available").mkdir()
    target = tmp_path / "available" / "shop.conf"
    target.write_text(BEFORE)
    link = tmp_path / "shop.conf"
    link.symlink_to("available/shop.conf")
    write(tmp_path, "shop.conf")

    assert link.is_symlink()
    assert target.read_text() == AFTER
    assert names(tmp_path) == ["available", "shop.conf"]
    assert names(tmp_path / "available") == ["shop.conf"]


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside.conf"
    outside.write_text(BEFORE)
    root = tmp_path / "deploy"
    root.mkdir()
    (root / "a.conf").symlink_to("../outside.conf")

    with pytest.raises(FixError, match=r"a\.conf: is not below the audited folder"):
        write(root, "a.conf")
    assert outside.read_text() == BEFORE


def test_a_file_that_has_changed_is_refused_with_all_others(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_text(BEFORE)
    (tmp_path / "b.conf").write_text("work_mem = 8MB\n")

    with pytest.raises(FixError, match=r"b\.conf: has changed since it was read \(run the audit"):
        write(tmp_path, "a.conf", "b.conf")
    assert (tmp_path / "a.conf").read_text() == BEFORE
    assert names(tmp_path) == ["a.conf", "b.conf"]


def test_a_letter_that_the_encoding_lacks(tmp_path: Path) -> None:
    (tmp_path / "a.conf").write_bytes(b"# caf\xe9\n")

    with pytest.raises(FixError, match="no letter"):
        write(tmp_path, "a.conf", before="# café\n", after="# café €\n")
    assert names(tmp_path) == ["a.conf"]


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(FixError, match="not below"):
        write(tmp_path, "a.conf")


@pytest.mark.parametrize("function", ["advisor.fix.write.tempfile.mkstemp", "os.fsync"])
def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    """
    The file is as it was, and nothing lies beside it.
    """

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "a.conf").write_text(BEFORE)
    monkeypatch.setattr(function, refuse)

    with pytest.raises(FixError, match=r"a\.conf: cannot be written: No space left on device"):
        write(tmp_path, "a.conf")
    assert (tmp_path / "a.conf").read_text() == BEFORE
    assert names(tmp_path) == ["a.conf"]


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    (tmp_path / "a.conf").write_text(BEFORE)
    tmp_path.chmod(0o500)

    with pytest.raises(FixError, match="Permission denied"):
        write(tmp_path, "a.conf")


def test_a_replacement_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What was prepared for the files behind it is taken away again.
    """

    def refuse(self: Path, target: Path) -> Path:
        raise OSError(16, "Device or resource busy")

    for name in ("a.conf", "b.conf"):
        (tmp_path / name).write_text(BEFORE)
    monkeypatch.setattr(Path, "replace", refuse)

    with pytest.raises(FixError, match="busy"):
        write(tmp_path, "a.conf", "b.conf")
    assert names(tmp_path) == ["a.conf", "b.conf"]
