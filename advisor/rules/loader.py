"""
From YAML files to checked rule data. Everything wrong with a rule is said here, with its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from advisor.catalog.guide import GUIDE
from advisor.errors import ExpressionError, RuleError
from advisor.facts.namespaces import TARGETS, scope_of
from advisor.rules.check import check
from advisor.rules.rule import from_data
from advisor.suggest import closest

Places = Mapping[tuple[str | int, ...], tuple[int, int]]
"""Line and column of every key path of a YAML file, 1-based."""


def rule_files(folder: Path) -> list[Path]:
    """
    The rule files below a folder, in a stable order.
    """
    return sorted(folder.rglob("*.yaml"))


def load_file(path: Path, shown: str) -> dict[str, Any]:
    """
    Checked data of one rule file, with every key of `RuleFile`.

    `shown` is the path as messages name it. Raises `RuleError` with line and column for anything
    that is wrong: YAML, unknown keys, facts, types, guide sections, missing examples.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RuleError(f"cannot be read: {error}", path=shown) from error
    return load_text(text, shown)


def load_text(text: str, shown: str) -> dict[str, Any]:
    """
    As `load_file`, from text.
    """
    raw, places = _yaml(text, shown)
    data = _validated(raw, places, shown)
    _check_names(data, places, shown)
    _check_expressions(data, places, shown)
    data["source"] = shown
    return data


def load_folder(folder: Path, shown: str = "") -> list[dict[str, Any]]:
    """
    All rules below a folder. Raises `RuleError` at the first one that cannot be used.
    """
    prefix = f"{shown.rstrip('/')}/" if shown else ""
    rules = [
        load_file(path, f"{prefix}{path.relative_to(folder).as_posix()}")
        for path in rule_files(folder)
    ]
    check_unique(rules)
    return rules


def check_unique(rules: list[dict[str, Any]]) -> None:
    """
    Codes and names are public and must not repeat. Raises `RuleError` naming both files.
    """
    for key in ("code", "name"):
        seen: dict[str, str] = {}
        for data in rules:
            if other := seen.get(data[key]):
                raise RuleError(
                    f"{key} {data[key]} is taken by {other}", path=data.get("source", "")
                )
            seen[data[key]] = data.get("source", "")


def _yaml(text: str, shown: str) -> tuple[object, Places]:
    import yaml  # noqa: PLC0415 - start-up cost

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = yaml.compose(text, Loader=loader)
        return yaml.load(text, Loader=loader), dict(_places(node, ()))  # noqa: S506 - safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise RuleError(
            f"is not valid YAML: {error.problem}",
            path=shown,
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
        ) from error


def _places(
    node: Any,  # noqa: ANN401 - yaml nodes are untyped
    path: tuple[str | int, ...],
) -> Iterator[tuple[tuple[str | int, ...], tuple[int, int]]]:
    if node is None:
        return
    mark = node.start_mark
    yield path, (mark.line + 1, mark.column + 1)
    if node.id == "mapping":
        for key, value in node.value:
            yield from _places(value, (*path, key.value))
    elif node.id == "sequence":
        for index, value in enumerate(node.value):
            yield from _places(value, (*path, index))


def _validated(raw: object, places: Places, shown: str) -> dict[str, Any]:
    from pydantic import ValidationError  # noqa: PLC0415 - start-up cost

    from advisor.rules.schema import RuleFile  # noqa: PLC0415 - start-up cost

    try:
        return RuleFile.model_validate(raw).model_dump()
    except ValidationError as error:
        first = error.errors()[0]
        where = tuple(first["loc"])
        line, column = _nearest(places, where)
        name = ".".join(str(part) for part in where) or "the file"
        hint = _key_hint(first["type"], where)
        raise RuleError(
            f"{name}: {first['msg']}", path=shown, line=line, column=column, hint=hint
        ) from error


def _key_hint(kind: str, where: tuple[str | int, ...]) -> str | None:
    from advisor.rules.schema import RuleFile  # noqa: PLC0415 - start-up cost

    if kind != "extra_forbidden" or len(where) != 1:
        return None
    near = closest(str(where[0]), RuleFile.model_fields)
    return f"did you mean {near!r}?" if near else None


def _nearest(places: Places, where: tuple[str | int, ...]) -> tuple[int, int]:
    for end in range(len(where), -1, -1):
        if where[:end] in places:
            return places[where[:end]]
    return (1, 1)


def _check_names(data: Mapping[str, Any], places: Places, shown: str) -> None:
    """
    Targets, guide sections and facts given by name only.
    """
    _known(data["target"], TARGETS, "target", _at(places, shown, "target"))
    for index, anchor in enumerate(data["guide"]):
        _known(anchor, GUIDE, "guide section", _at(places, shown, "guide", index))
    scope = scope_of(data["target"])
    for index, name in enumerate(data["requires"]):
        _known(name, scope, "fact", _at(places, shown, "requires", index))
    for index, mark in enumerate(data["at"]):
        _known(mark["fact"], scope, "fact", _at(places, shown, "at", index, "fact"))
    for name in data["fix"]["set"] if data["fix"] else ():
        place = _at(places, shown, "fix", "set", name)
        _known(name, scope, "fact", place)
        if not scope[name].setting:
            raise RuleError(f"{name} is no setting that a fix can write", **place)
    for index, example in enumerate(data["examples"]["unknown"]):
        for name in example["needs"]:
            _known(name, scope, "fact", _at(places, shown, "examples", "unknown", index))
    if data["requires"] and not data["examples"]["unknown"]:
        raise RuleError(
            "a rule with `requires` needs an example of the unknown case",
            **_at(places, shown, "examples"),
            hint="add examples.unknown",
        )


def _known(name: str, names: Mapping[str, object], what: str, place: dict[str, Any]) -> None:
    if name in names:
        return
    near = closest(name, names)
    raise RuleError(
        f"unknown {what} {name!r}", **place, hint=f"did you mean {near!r}?" if near else None
    )


def _at(places: Places, shown: str, *where: str | int) -> dict[str, Any]:
    line, column = _nearest(places, where)
    return {"path": shown, "line": line, "column": column}


def _check_expressions(data: Mapping[str, Any], places: Places, shown: str) -> None:
    for where, error in check(from_data(data)):
        line, column = _nearest(places, where)
        name = ".".join(str(part) for part in where)
        raise RuleError(
            f"{name}: {_sentence(error)}", path=shown, line=line, column=column
        ) from error


def _sentence(error: ExpressionError) -> str:
    return str(error)
