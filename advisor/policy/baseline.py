"""
A file with the findings that were there when somebody began to look: the newer ones are reported.

One entry a line, sorted, so that a diff of it reads well. Nothing in it is guessed at: what is not
as `dumped` writes it is refused.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from advisor.errors import BaselineError
from advisor.model import By
from advisor.policy.model import Known

VERSION = 1
MAX_BYTES = 64 * 1024 * 1024
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_HEAD = ("version", "created_with", "entries")
_FIELDS = ("fingerprint", "rule", "path", "message")


class Entry(Struct, frozen=True, order=True):
    """
    One finding, before findings with one root cause are merged.
    """

    path: str
    """As seen from the folder of the baseline; the audited folder when it stands in no file."""
    rule: str
    fingerprint: str
    message: str = ""
    """For people who read the file; it is not compared."""

    @property
    def key(self) -> tuple[str, str]:
        """
        What makes it the same finding.
        """
        return self.fingerprint, self.path


def read_baseline(path: Path) -> tuple[Entry, ...]:
    """
    The entries of a baseline. Raises `BaselineError` for anything that is not one.
    """
    shown = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        hint = "advisor baseline write makes one" if isinstance(error, FileNotFoundError) else None
        raise BaselineError(f"cannot be read: {error.strerror}", path=shown, hint=hint) from error
    if len(data) > MAX_BYTES:
        raise BaselineError(f"is larger than {MAX_BYTES // 1024**2} MB", path=shown)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise BaselineError(f"is no JSON: {error}", path=shown, line=line) from error
    return tuple(_entry(one, number, shown) for number, one in enumerate(_list(document, shown), 1))


def dumped(entries: Iterable[Entry], created_with: str) -> str:
    """
    The text of a baseline.
    """
    rows = [
        json.dumps({field: getattr(one, field) for field in _FIELDS}, ensure_ascii=False)
        for one in sorted(set(entries))
    ]
    body = "[\n    " + ",\n    ".join(rows) + "\n  ]" if rows else "[]"
    version = json.dumps(created_with)
    return f'{{\n  "version": {VERSION},\n  "created_with": {version},\n  "entries": {body}\n}}\n'


def known_in(path: Path) -> Known:
    """
    A baseline as something to compare findings with. Raises as `read_baseline`.
    """
    folder = Path(os.path.realpath(path)).parent
    entries = {one.key: one.rule for one in read_baseline(path)}
    here = Path.cwd()
    name = path.relative_to(here) if path.is_relative_to(here) else path
    return Known(By.BASELINE, str(name), folder, entries)


def _list(document: object, shown: str) -> list[object]:
    if not isinstance(document, dict):
        raise BaselineError("is no baseline: it must be an object", path=shown)
    version = document.get("version")
    if version != VERSION or isinstance(version, bool):
        raise BaselineError(
            f"is of version {str(version)[:20]}, and this advisor reads {VERSION}",
            path=shown,
            hint="write it again with advisor baseline write",
        )
    if set(document) != set(_HEAD) or not isinstance(document["entries"], list):
        raise BaselineError(f"must hold {', '.join(_HEAD)} and nothing else", path=shown)
    found: list[object] = document["entries"]
    return found


def _entry(data: object, number: int, shown: str) -> Entry:
    if not isinstance(data, dict) or set(data) != set(_FIELDS):
        raise BaselineError(f"entry {number} must hold {', '.join(_FIELDS)}", path=shown)
    fields: Mapping[str, object] = data
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    if len(texts) != len(_FIELDS) or not _FINGERPRINT.fullmatch(texts["fingerprint"]):
        raise BaselineError(f"entry {number} is damaged", path=shown)
    return Entry(**texts)
