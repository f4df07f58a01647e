"""
The rules the advisor runs with: prebuilt in the package, or cached from a checkout's ``rules/``.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Container, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import DecodeError, Struct
from msgspec.json import Decoder, decode, encode

from advisor.errors import RuleError
from advisor.rules.rule import Rule, from_data

if TYPE_CHECKING:
    from advisor.rules.judge import Judge

_PACKAGE = Path(__file__).parent
_PREBUILT = _PACKAGE / "catalogue.json"
_CHECKOUT = _PACKAGE.parents[1]
FOLDER = _CHECKOUT / "rules"
"""Where the rules are when the package runs from a checkout."""
CACHE = _CHECKOUT / ".advisor_cache"
"""Where a checkout keeps its checked rules."""

_DECIDES = ("rules", "facts", "catalog", "units.py", "suggest.py", "errors.py")
"""Parts of the package that decide whether a rule is right, and what its data is."""


class Head(Struct, frozen=True):
    """
    What is known of a rule before its text is read.
    """

    code: str
    name: str
    target: str
    guide: tuple[str, ...]


class RuleBook:
    """
    All rules in the order of their codes. Of most of them an audit needs no more than the head.

    What was read and compiled for one deployment is kept for the next one.
    """

    def __init__(self, packed: Iterable[Packed]) -> None:
        self._packed = sorted(packed, key=lambda one: one[0])
        self.heads = tuple(
            Head(code, name, target, tuple(guide))
            for code, name, target, guide, _, _ in self._packed
        )
        self._rules: dict[str, Rule] = {}
        self._judges: dict[str, Judge] = {}

    def __len__(self) -> int:
        return len(self.heads)

    def rules(self, targets: Container[str]) -> tuple[Rule, ...]:
        """
        The rules that look at one of `targets`.
        """
        return tuple(self._rule(one) for one in self._packed if one[2] in targets)

    def _rule(self, packed: Packed) -> Rule:
        rule = self._rules.get(packed[0])
        if rule is None:
            rule = self._rules[packed[0]] = from_data(decode(packed[4]))
        return rule

    def judge(self, rule: Rule) -> Judge:
        """
        What decides a rule of this book, compiled at its first use.
        """
        from advisor.rules.judge import Judge  # noqa: PLC0415 - who lists rules decides none

        judge = self._judges.get(rule.code)
        if judge is None or judge.rule is not rule:
            judge = self._judges[rule.code] = Judge(rule)
        return judge

    def entries(self) -> list[dict[str, Any]]:
        """
        Data of all rules, examples included.
        """
        return [_unpacked(one) for one in self._packed]


Packed: TypeAlias = tuple[str, str, str, list[str], str, str]
"""
Code, name, target and sections of the guide; then the rule without its examples, and these, as
JSON: text that nobody asks for is never parsed.
"""
_CATALOGUE: Decoder[list[Packed]] = Decoder(list[Packed])


def open_book(extra: tuple[Path, ...] = ()) -> RuleBook:
    """
    The advisor's own rules and those below the `extra` paths.

    Raises `RuleError` when a rule file cannot be used or a code is taken twice.
    """
    packed = _own()
    if extra:
        from advisor.rules.loader import check_unique, load_folder  # noqa: PLC0415 - pydantic

        more = [one for path in extra for one in load_folder(path, str(path))]
        check_unique([*map(_unpacked, packed), *more])
        packed = [*packed, *map(_pack, more)]
    return RuleBook(packed)


@lru_cache(maxsize=16)
def kept_book(extra: tuple[Path, ...] = ()) -> RuleBook:
    """
    The book as it was when this process first asked for it: many deployments, one reading.

    Raises as `open_book`.
    """
    return open_book(extra)


def load_rules(extra: tuple[Path, ...] = ()) -> tuple[Rule, ...]:
    """
    All rules in the order of their codes. Raises as `open_book`.
    """
    return tuple(from_data(entry) for entry in all_entries(extra))


def all_entries(extra: tuple[Path, ...] = ()) -> list[dict[str, Any]]:
    """
    Data of all rules in the order of their codes, examples included. Raises as `open_book`.
    """
    return open_book(extra).entries()


def own_entries() -> list[dict[str, Any]]:
    """
    Data of the advisor's own rules, examples included.
    """
    return all_entries()


def build(folder: Path, target: Path) -> int:
    """
    Check all rules below `folder` and write them to `target`. Returns how many there are.

    The package build runs this; the result ships in the wheel.
    """
    from advisor.rules.loader import load_folder  # noqa: PLC0415 - pydantic

    packed = [_pack(entry) for entry in load_folder(folder, "rules")]
    target.write_bytes(encode(packed))
    return len(packed)


def _own() -> list[Packed]:
    if _PREBUILT.exists():
        packed = _read(_PREBUILT)
        if packed is None:
            raise RuleError("the catalogue of rules is damaged", hint="reinstall deploy-advisor")
        return packed
    if not FOLDER.is_dir():
        raise RuleError("the package holds no rules", hint="reinstall deploy-advisor")
    return _cached(FOLDER)


def _pack(entry: dict[str, Any]) -> Packed:
    rest = {key: value for key, value in entry.items() if key != "examples"}
    text, examples = encode(rest).decode(), encode(entry["examples"]).decode()
    return entry["code"], entry["name"], entry["target"], entry["guide"], text, examples


def _unpacked(packed: Packed) -> dict[str, Any]:
    entry: dict[str, Any] = decode(packed[4])
    return {**entry, "examples": decode(packed[5])}


def _cached(folder: Path) -> list[Packed]:
    """
    Checked rules of a checkout. The cache's name is a hash of everything that decides its content.
    """
    store = CACHE / f"rules-{_digest(folder)}.json"
    packed = _read(store)
    if packed is not None:
        return packed
    from advisor.rules.loader import load_folder  # noqa: PLC0415 - pydantic

    packed = [_pack(entry) for entry in load_folder(folder, "rules")]
    _store(store, encode(packed))
    return packed


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


def _store(path: Path, content: bytes) -> None:
    """
    Keep the cache if the checkout is writable; without it the next run is slower, not wrong.
    """
    try:
        path.parent.mkdir(exist_ok=True)
        for old in path.parent.glob("rules-*.json"):
            old.unlink(missing_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        return


def _read(path: Path) -> list[Packed] | None:
    """
    The rules of a catalogue, None when there is none or it is damaged.
    """
    try:
        return _CATALOGUE.decode(path.read_bytes())
    except (OSError, DecodeError):
        return None
