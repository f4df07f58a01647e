"""
Small snapshots for tests, and what the program makes of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from advisor.config import given_from
from advisor.deployment.assemble import assemble
from advisor.deployment.model import Deployment
from advisor.facts.collect import collect
from advisor.model.subject import Subject
from advisor.sources.kinds import kind_of
from advisor.sources.tree import MemoryTree
from advisor.sources.walk import Source

SERVER: Mapping[str, Any] = {
    "version": "16.4",
    "version_num": 160004,
    "major": 16,
    "collected_at": "2026-06-01T00:00:00Z",
    "started_at": "2026-01-01T00:00:00Z",
    "database": "shop",
}


def snapshot(
    server: Mapping[str, Any] | None = None, **sections: Sequence[Mapping[str, Any]]
) -> str:
    """
    The text of a snapshot, one row a line.
    """
    parts = [
        '"format": "advisor-snapshot-v1"',
        f'"server": {json.dumps({**SERVER, **(server or {})})}',
        '"unreadable": []',
    ]
    for name, rows in sections.items():
        lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
        parts.append(f'"{name}": [\n{lines}\n]')
    return "{" + ",\n".join(parts) + "}\n"


def setting(name: str, value: str, **more: Any) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    """
    A row of pg_settings.
    """
    return {"name": name, "setting": value, "source": "configuration file", **more}


def deployment(files: Mapping[str, str], **target: object) -> Deployment:
    """
    A deployment of these files.
    """
    kinds = ((path, kind_of(path, text), text) for path, text in files.items())
    sources = [Source(path, kind, text) for path, kind, text in kinds if kind]
    return assemble(sources, MemoryTree(files), given_from({}, target), name="test")


def subjects(files: Mapping[str, str], target: str) -> list[Subject]:
    """
    The subjects of one target.
    """
    return [one for one in collect(deployment(files)) if one.target == target]
