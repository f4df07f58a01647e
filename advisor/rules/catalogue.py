"""
The rules the advisor runs with: prebuilt in the package, or cached from a checkout's ``rules/``.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from advisor.errors import RuleError
from advisor.rules.rule import Rule, from_data

_PACKAGE = Path(__file__).parent
_PREBUILT = _PACKAGE / "catalogue.json"
_CHECKOUT = _PACKAGE.parents[1]
FOLDER = _CHECKOUT / "rules"
"""Where the rules are when the package runs from a checkout."""
CACHE = _CHECKOUT / ".advisor_cache"
"""Where a checkout keeps its checked rules."""

_DECIDES = ("rules", "facts", "catalog", "units.py", "suggest.py", "errors.py")
"""Parts of the package that decide whether a rule is right, and what its data is."""


def load_rules(extra: tuple[Path, ...] = ()) -> tuple[Rule, ...]:
    """
    All rules in the order of their codes: the advisor's own and those below the `extra` paths.

    Raises `RuleError` when a rule file cannot be used or a code is taken twice.
    """
    return tuple(from_data(entry) for entry in all_entries(extra))


def all_entries(extra: tuple[Path, ...] = ()) -> list[dict[str, Any]]:
    """
    Data of all rules in the order of their codes, examples included. Raises as `load_rules`.
    """
    entries = own_entries()
    if extra:
        from advisor.rules.loader import check_unique, load_folder  # noqa: PLC0415 - pydantic

        entries = [*entries, *(one for path in extra for one in load_folder(path, str(path)))]
        check_unique(entries)
    return sorted(entries, key=lambda one: str(one["code"]))


def own_entries() -> list[dict[str, Any]]:
    """
    Data of the advisor's own rules, examples included.
    """
    if _PREBUILT.exists():
        entries = _read(_PREBUILT)
        if entries is None:
            raise RuleError("the catalogue of rules is damaged", hint="reinstall deploy-advisor")
        return entries
    if not FOLDER.is_dir():
        raise RuleError("the package holds no rules", hint="reinstall deploy-advisor")
    return _cached(FOLDER)


def build(folder: Path, target: Path) -> int:
    """
    Check all rules below `folder` and write them to `target`. Returns how many there are.

    The package build runs this; the result ships in the wheel.
    """
    from advisor.rules.loader import load_folder  # noqa: PLC0415 - pydantic

    entries = load_folder(folder, "rules")
    target.write_text(_dump(entries), encoding="utf-8")
    return len(entries)


def _cached(folder: Path) -> list[dict[str, Any]]:
    """
    Checked rules of a checkout. The cache's name is a hash of everything that decides its content.
    """
    store = CACHE / f"rules-{_digest(folder)}.json"
    entries = _read(store)
    if entries is not None:
        return entries
    from advisor.rules.loader import load_folder  # noqa: PLC0415 - pydantic

    entries = load_folder(folder, "rules")
    _store(store, _dump(entries))
    return entries


def _digest(folder: Path) -> str:
    """
    Hash of the rule files, and of the code and tables that check them.
    """
    digest = hashlib.sha256()
    for path in sorted([*_files(folder), *_checkers()]):
        content = path.read_bytes()
        digest.update(f"{path.as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml"))


def _checkers() -> Iterator[Path]:
    for name in _DECIDES:
        part = _PACKAGE.parent / name
        found = part.rglob("*") if part.is_dir() else [part]
        yield from (path for path in found if path.suffix in (".py", ".json"))


def _store(path: Path, text: str) -> None:
    """
    Keep the cache if the checkout is writable; without it the next run is slower, not wrong.
    """
    try:
        path.parent.mkdir(exist_ok=True)
        for old in path.parent.glob("rules-*.json"):
            old.unlink(missing_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError:
        return


def _read(path: Path) -> list[dict[str, Any]] | None:
    """
    The entries of a catalogue, None when there is none or it is damaged.
    """
    try:
        entries: list[dict[str, Any]] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return entries


def _dump(entries: list[dict[str, Any]]) -> str:
    return json.dumps(entries, ensure_ascii=False, separators=(",", ":")) + "\n"
