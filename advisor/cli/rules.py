"""
``advisor rules``: list, check and test rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from advisor.errors import RuleError

_FOLDERS = click.argument("folders", nargs=-1, type=click.Path(path_type=Path))


@click.group()
def rules() -> None:
    """
    List, check and test rules.
    """


@rules.command("list")
@_FOLDERS
def list_rules(folders: Sequence[Path]) -> None:
    """
    List all rules, those below FOLDERS included.
    """
    from advisor.rules.catalogue import load_rules

    for rule in load_rules(tuple(folders)):
        click.echo(f"{rule.code:8} {rule.severity!s:9} {rule.target:19} {rule.name}")


@rules.command("check")
@_FOLDERS
def check_rules(folders: Sequence[Path]) -> int:
    """
    Check the rule files below FOLDERS (default: the advisor's own) and name every mistake.
    """
    from advisor.rules.loader import check_unique, load_file

    checked: list[dict[str, Any]] = []
    errors = 0
    for path, shown in _files(folders):
        try:
            checked.append(load_file(path, shown))
        except RuleError as error:
            errors += 1
            click.echo(f"error: {error}", err=True)
    check_unique(checked)
    click.echo(f"{len(checked)} rules are fine, {errors} have mistakes")
    return 2 if errors else 0


@rules.command("test")
@_FOLDERS
def test_rules(folders: Sequence[Path]) -> int:
    """
    Run the examples of the rules below FOLDERS (default: all of the advisor's own).
    """
    from advisor.audit import collect_example
    from advisor.rules.catalogue import own_entries
    from advisor.rules.examples import count_examples, run_examples
    from advisor.rules.loader import load_folder

    entries = [one for folder in folders for one in load_folder(folder, str(folder))]
    entries = entries if folders else own_entries()
    failures = [one for data in entries for one in run_examples(data, collect_example)]
    for failure in failures:
        click.echo(f"{failure.code} {failure.example}: {failure.message}", err=True)
    count = sum(count_examples(data) for data in entries)
    click.echo(f"{count} examples of {len(entries)} rules, {len(failures)} failures")
    return 1 if failures else 0


def _files(folders: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    from advisor.rules.catalogue import FOLDER
    from advisor.rules.loader import rule_files

    for folder in folders or (FOLDER,):
        if not folder.exists():
            raise RuleError("no such folder", path=str(folder))
        for path in rule_files(folder) if folder.is_dir() else [folder]:
            yield path, str(path) if folders else f"rules/{path.relative_to(folder).as_posix()}"
