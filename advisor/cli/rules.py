"""
``advisor rules``: list, check and test rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from advisor.errors import RuleError

_PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
FORMAT = click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
)
"""Of commands that show rules."""
_LISTED = ("code", "name", "title", "target", "category", "severity", "confidence", "since")


@click.group()
def rules() -> None:
    """
    List, check and test rules.
    """


@rules.command("list")
@_PATHS
@FORMAT
def list_rules(paths: Sequence[Path], form: str) -> None:
    """
    List the advisor's rules and those in PATHS (files or folders).
    """
    from advisor.rules.catalogue import all_entries

    entries = all_entries(tuple(paths))
    if form == "json":
        click.echo(_json([_listed(data) for data in entries]))
        return
    for data in entries:
        row = f"{data['code']:8} {data['severity']:9} {data['target']:19} {data['name']}"
        click.echo(row)


@rules.command("check")
@_PATHS
def check_rules(paths: Sequence[Path]) -> int:
    """
    Check the rule files in PATHS (default: the advisor's own) and name every mistake.
    """
    from advisor.rules.loader import check_unique, load_file

    checked: list[dict[str, Any]] = []
    errors = 0
    for path, shown in _files(paths):
        try:
            checked.append(load_file(path, shown))
            check_unique(checked)
        except RuleError as error:
            errors += 1
            click.echo(f"error: {error}", err=True)
    files = len(list(_files(paths)))
    click.echo(f"{_count(files, 'rule file')} checked, {_count(errors, 'mistake')}")
    return 2 if errors else 0


@rules.command("test")
@_PATHS
def test_rules(paths: Sequence[Path]) -> int:
    """
    Run the examples of the rules in PATHS (default: the advisor's own).
    """
    from advisor.audit import collect_example
    from advisor.rules.catalogue import own_entries
    from advisor.rules.examples import count_examples, run_examples
    from advisor.rules.loader import load_folder

    entries = [one for path in paths for one in load_folder(path, str(path))]
    entries = entries if paths else own_entries()
    failures = [one for data in entries for one in run_examples(data, collect_example)]
    for failure in failures:
        click.echo(f"{failure.code} {failure.example}: {failure.message}", err=True)
    examples = _count(sum(count_examples(data) for data in entries), "example")
    click.echo(f"{examples} of {_count(len(entries), 'rule')}, {_count(len(failures), 'failure')}")
    return 1 if failures else 0


def _files(paths: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    """
    Rule files with the paths that messages show.
    """
    from advisor.rules.catalogue import FOLDER
    from advisor.rules.loader import rule_files, shown_path

    if not paths and not FOLDER.is_dir():
        raise RuleError(
            "the advisor's own rules were checked when it was built", hint="name a path"
        )
    for folder in paths or (FOLDER,):
        for path in rule_files(folder):
            yield path, shown_path(path, folder, str(folder) if paths else "rules")


def _listed(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: data[key] for key in (*_LISTED, "guide", "requires", "source")}


def _json(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, indent=2)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
