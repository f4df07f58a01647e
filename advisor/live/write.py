"""
A snapshot as JSON: one row a line, so that it can be read, compared and pointed into.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from advisor.live.sections import NAMES
from advisor.parsers.snapshot import FORMAT

if TYPE_CHECKING:
    from advisor.live.collect import Collected


def write_snapshot(collected: Collected) -> str:
    """
    The text of a snapshot; the same rows always give the same text.
    """
    parts = [f'"format": {_json(FORMAT)}', f'"server": {_json(collected.server)}']
    parts.append(f'"unreadable": {_list(collected.unreadable)}')
    parts += [
        f"{_json(name)}: {_list(collected.sections[name])}"
        for name in NAMES
        if name in collected.sections
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _list(rows: Iterable[Mapping[str, Any]]) -> str:
    lines = list(_lines(rows))
    return "[\n" + ",\n".join(lines) + "\n]" if lines else "[]"


def _lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for row in rows:
        yield f"  {_json(row)}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
