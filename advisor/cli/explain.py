"""
``advisor explain``: the page of one rule, offline.
"""

from __future__ import annotations

from typing import Any

import click

from advisor.errors import UsageError


@click.command()
@click.argument("code")
def explain(code: str) -> None:
    """
    Show the page of the rule CODE (a code such as STK001, or a rule's name).
    """
    from advisor.rules.catalogue import own_entries
    from advisor.rules.page import rule_page

    entries = own_entries()
    click.echo(rule_page(_find(code, entries)), nl=False)


def _find(code: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
    from advisor.suggest import closest

    for entry in entries:
        if code.upper() == entry["code"] or code.lower() == entry["name"]:
            return entry
    names = [entry[key] for entry in entries for key in ("code", "name")]
    near = closest(code, names, cutoff=0.5)
    hint = f"did you mean {near}?" if near else "advisor rules list shows them all"
    raise UsageError(f"there is no rule {code!r}", hint=hint)
