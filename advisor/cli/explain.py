"""
``advisor explain``: the page of one rule, offline.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from advisor.cli.rules import FORMAT
from advisor.errors import UsageError


@click.command()
@click.argument("code")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@FORMAT
def explain(code: str, paths: Sequence[Path], form: str) -> None:
    """
    Show the page of the rule CODE (a code such as STK001, or a rule's name).

    PATHS are files or folders with rules of your own.
    """
    from advisor.rules.catalogue import all_entries
    from advisor.rules.page import rule_page

    data = _find(code, all_entries(tuple(paths)))
    if form == "json":
        import json

        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
    else:
        click.echo(rule_page(data), nl=False)


def _find(code: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    from advisor.suggest import closest

    for entry in entries:
        if code.upper() == entry["code"] or code.lower() == entry["name"]:
            return entry
    names = [entry[key] for entry in entries for key in ("code", "name")]
    near = closest(code, names, cutoff=0.5)
    hint = f"did you mean {near}?" if near else "advisor rules list shows them all"
    raise UsageError(f"there is no rule {code!r}", hint=hint)
