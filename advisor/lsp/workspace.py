"""
The deployment that an edited file belongs to, with what is not saved yet.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from advisor.audit import audit_found
from advisor.config import FILE, Settings, load_settings
from advisor.known import with_known
from advisor.model import Report
from advisor.sources.kinds import kind_of
from advisor.sources.tree import Snapshot
from advisor.sources.walk import Source, discover


class Buffer(Struct, frozen=True):
    """
    What an editor shows of a file.
    """

    text: str
    version: int | None
    """The editor's number of this state."""


class Audited(Struct, frozen=True):
    """
    A deployment as it is in the editor, and what there is to say about it.
    """

    root: Path
    report: Report
    files: Snapshot
    settings: Settings
    buffers: Mapping[Path, Buffer]
    """The open files, by their paths; only of these is a version known."""

    def path(self, relative: str) -> Path:
        """
        A file of the report, as the editor knows it.
        """
        return self.root / relative


def root_of(path: Path, folders: Sequence[Path], deployments: Sequence[str] = ()) -> Path:
    """
    The deployment that a file belongs to: the closest folder that is one.

    That is a folder with an ``advisor.toml``, one that a glob of `deployments` names, or the folder
    that is open in the editor; of a file outside of those its own folder.
    """
    inside = [folder for folder in folders if path.is_relative_to(folder)]
    if not inside:
        return path.parent
    top = max(inside, key=lambda folder: len(folder.parts))
    named = {match for pattern in deployments for match in _matches(top, pattern)}
    for folder in path.parents:
        if folder == top or folder in named or (folder / FILE).is_file():
            return folder
    return top


def _matches(folder: Path, pattern: str) -> Iterator[Path]:
    try:
        yield from folder.glob(pattern)
    except (ValueError, NotImplementedError):
        # An absolute or empty pattern names nothing below the folder.
        return


def audit_buffers(root: Path, buffers: Mapping[Path, Buffer]) -> Audited:
    """
    Judge the deployment below `root`, with what the editor shows instead of what is on disk.

    Raises `AdvisorError` when its settings or rules cannot be used.
    """
    settings = load_settings(root)
    if settings.baseline:
        settings = with_known(root, settings)
    found = discover(root)
    texts = {
        name: buffer.text
        for path, buffer in buffers.items()
        if (name := _name(path, root)) is not None
    }
    files = Snapshot(found.tree.root, {**{one.path: one.text for one in found.sources}, **texts})
    known = {one.path for one in found.sources}
    sources = [Source(one.path, one.kind, texts.get(one.path, one.text)) for one in found.sources]
    left_out = {one.path for one in found.skipped}
    for name in texts.keys() - known - left_out:
        kind = kind_of(name, texts[name])
        if kind is not None and not (root / name).exists():
            sources.append(Source(name, kind, texts[name]))
    sources.sort(key=lambda source: source.path)
    overlaid = replace(found, sources=tuple(sources), tree=files)
    report = audit_found(root, overlaid, settings.given, settings.rules, settings.policy)
    return Audited(root, report, files, settings, buffers)


def _name(path: Path, root: Path) -> str | None:
    """
    The path of a file inside of the deployment, None outside of it.
    """
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    real, base = os.path.realpath(path), os.path.realpath(root)
    return os.path.relpath(real, base) if Path(real).is_relative_to(base) else None
