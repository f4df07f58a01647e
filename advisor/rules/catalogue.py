"""
The rules the advisor runs with: prebuilt in the package, or cached from a checkout's ``rules/``.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from advisor.errors import RuleError
from advisor.rules.rule import Rule, from_data

_PACKAGE = Path(__file__).parent
_PREBUILT = _PACKAGE / "catalogue.json"
_CHECKOUT = _PACKAGE.parents[1]
FOLDER = _CHECKOUT / "rules"
"""Where the rules are when the package runs from a checkout."""


def load_rules(extra: tuple[Path, ...] = ()) -> tuple[Rule, ...]:
    """
    All rules in the order of their codes: the advisor's own and those below the `extra` folders.

    Raises `RuleError` when a rule file cannot be used or a code is taken twice.
    """
    entries = own_entries()
    if extra:
        from advisor.rules.loader import check_unique, load_folder  # noqa: PLC0415 - pydantic

        entries = [*entries, *(one for folder in extra for one in load_folder(folder, str(folder)))]
        check_unique(entries)
    return tuple(from_data(entry) for entry in sorted(entries, key=lambda one: str(one["code"])))


def own_entries() -> list[dict[str, Any]]:
    """
    Data of the advisor's own rules, examples included.
    """
    if _PREBUILT.exists():
        return _read(_PREBUILT)
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
    store = _CHECKOUT / ".advisor_cache" / f"rules-{_digest(folder)}.json"
    if store.exists():
        return _read(store)
    from advisor.rules.loader import load_folder  # noqa: PLC0415 - pydantic

    entries = load_folder(folder, "rules")
    _store(store, _dump(entries))
    return entries


def _digest(folder: Path) -> str:
    """
    Hash of the rule files and of the code that checks them.
    """
    digest = hashlib.sha256()
    code = (_PACKAGE, _PACKAGE.parent / "facts", _PACKAGE.parent / "catalog")
    checkers = (path for part in code for path in part.rglob("*.py"))
    for path in sorted([*folder.rglob("*.yaml"), *checkers]):
        digest.update(path.as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


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


def _read(path: Path) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return entries


def _dump(entries: list[dict[str, Any]]) -> str:
    return json.dumps(entries, ensure_ascii=False, separators=(",", ":")) + "\n"
