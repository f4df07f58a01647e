"""
From YAML files to checked rule data. Everything wrong with a rule is said here, with its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from advisor.catalog.guide import GUIDE
from advisor.errors import RuleError
from advisor.facts.namespaces import TARGETS, scope_of
from advisor.rules.check import check
from advisor.rules.mistakes import first_mistake
from advisor.rules.rule import from_data, param_value
from advisor.rules.source import RuleSource, Where, dotted, parse_source, read_source
from advisor.suggest import did_you_mean

_SUFFIXES = (".yaml", ".yml")


def rule_files(folder: Path) -> list[Path]:
    """
    The rule files below a folder, in a stable order, hidden ones left out; or the one file named.

    Raises `RuleError` when there is nothing of that name.
    """
    if not folder.exists():
        raise RuleError("there is no such file or folder", path=str(folder))
    if not folder.is_dir():
        return [folder]
    found = (path for path in folder.rglob("*") if path.suffix in _SUFFIXES)
    return sorted(path for path in found if not _hidden(path.relative_to(folder)))


def load_file(path: Path, shown: str) -> dict[str, Any]:
    """
    Checked data of one rule file, with every key of `RuleFile`.

    `shown` is the path as messages name it. Raises `RuleError` with line and column for anything
    that is wrong: YAML, unknown keys, facts, types, guide sections, missing examples.
    """
    return _checked(read_source(path, shown))


def load_text(text: str, shown: str) -> dict[str, Any]:
    """
    As `load_file`, from text.
    """
    return _checked(parse_source(text, shown))


def load_folder(folder: Path, shown: str = "") -> list[dict[str, Any]]:
    """
    All rules below a folder, or in one file. `shown` is the folder's or file's name in messages.

    Raises `RuleError` at the first rule that cannot be used, and when there is none.
    """
    files = rule_files(folder)
    if not files:
        raise RuleError("holds no rule files (*.yaml)", path=shown or str(folder))
    rules = [load_file(path, shown_path(path, folder, shown)) for path in files]
    check_unique(rules)
    return rules


def shown_path(path: Path, folder: Path, shown: str) -> str:
    """
    How messages name a file below a folder that is called `shown`.
    """
    if path == folder:
        return shown or path.name
    relative = path.relative_to(folder).as_posix()
    return f"{shown.rstrip('/')}/{relative}" if shown else relative


def check_unique(rules: list[dict[str, Any]]) -> None:
    """
    Codes and names are public and must not repeat. Raises `RuleError` naming both files.
    """
    for key in ("code", "name"):
        seen: dict[str, str] = {}
        for data in rules:
            source = str(data.get("source", ""))
            if data[key] in seen:
                raise RuleError(f"{key} {data[key]} is taken by {seen[data[key]]}", path=source)
            seen[data[key]] = source


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _checked(source: RuleSource) -> dict[str, Any]:
    data = _validated(source)
    _take_params(data, source)
    for where, name, names, what in _named(data):
        if name not in names:
            hint = did_you_mean(name, names, cutoff=0.6)
            of_key = where[:2] == ("fix", "set")
            raise source.error(f"unknown {what} {name!r}", where, of_key=of_key, hint=hint)
    _check_fix(data, source)
    _check_examples(data, source)
    for where, error in check(from_data(data)):
        raise source.expression_error(where, error)
    data["source"] = source.shown
    return data


def _validated(source: RuleSource) -> dict[str, Any]:
    from pydantic import ValidationError  # noqa: PLC0415 - start-up cost

    from advisor.rules.schema import RuleFile  # noqa: PLC0415 - start-up cost

    try:
        return RuleFile.model_validate(source.data).model_dump()
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise first_mistake(found, source) from error


def _take_params(data: dict[str, Any], source: RuleSource) -> None:
    """
    Params in the advisor's units: the only place where their spelling counts.
    """
    for name, param in data["params"].items():
        value = param_value(param["value"], param["unit"])
        if value is None:
            where = ("params", name, "value")
            raise source.error(f"{dotted(where)} is no {param['unit']}", where)
        param["value"] = value


def _named(data: Mapping[str, Any]) -> Iterator[tuple[Where, str, Mapping[str, object], str]]:
    """
    Everything that a rule names outside expressions, with what there is of its kind.
    """
    yield ("target",), data["target"], TARGETS, "target"
    scope = scope_of(data["target"])
    for index, anchor in enumerate(data["guide"]):
        yield ("guide", index), anchor, GUIDE, "guide section"
    for index, name in enumerate(data["requires"]):
        yield ("requires", index), name, scope, "fact"
    for index, mark in enumerate(data["at"]):
        yield ("at", index, "fact"), mark["fact"], scope, "fact"
    for name in data["fix"]["set"] if data["fix"] else ():
        yield ("fix", "set", name), name, scope, "fact"
    for number, example in enumerate(data["examples"]["unknown"]):
        for index, name in enumerate(example["needs"]):
            yield ("examples", "unknown", number, "needs", index), name, scope, "fact"


_EDITS = {
    "": ("",),
    "block": ("nginx",),
    "line": ("postgresql.setting",),
    "setting": ("postgresql", "pgbouncer", "stack.pooled", "redis"),
    "service": ("postgresql", "redis"),
    "comment": ("suppression",),
}
"""What a rule with this `edit` has to be about, one of these."""


def _check_fix(data: Mapping[str, Any], source: RuleSource) -> None:
    fix = data["fix"] or {"set": {}, "edit": ""}
    settings, about = fix["set"], _EDITS[fix["edit"]]
    if not data["target"].startswith(about):
        message = f"fix.edit {fix['edit']} is for rules about {' or '.join(about)}"
        raise source.error(message, ("fix", "edit"))
    scope = scope_of(data["target"])
    for name in settings:
        if not scope[name].setting:
            message = f"{name} is computed, not a setting that a fix can write"
            raise source.error(message, ("fix", "set", name), of_key=True)


def _check_examples(data: Mapping[str, Any], source: RuleSource) -> None:
    examples = data["examples"]
    if data["requires"] and not examples["unknown"]:
        raise source.error(
            "a rule with `requires` needs an example of the unknown case",
            ("examples",),
            of_key=True,
            hint="add examples.unknown",
        )
    writes = data["fix"] and (data["fix"]["set"] or data["fix"]["edit"])
    if writes and not any(example["fixed"] for example in examples["bad"]):
        raise source.error(
            "a rule that sets something needs a bad example with the files after the fix",
            ("examples", "bad"),
            of_key=True,
            hint="add fixed",
        )
