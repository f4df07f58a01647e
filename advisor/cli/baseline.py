"""
``advisor baseline``: findings that are known already, so that only new ones are reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor import __version__
from advisor.cli.choosing import BASELINE, choice_options, load_all, render_options
from advisor.cli.options import deployment_options
from advisor.cli.rules import FORMAT
from advisor.config import load_settings
from advisor.errors import UsageError

if TYPE_CHECKING:
    from advisor.config import Settings

_NAMED = 10
"""Findings that a message names."""
DEFAULT = Path("advisor-baseline.json")


@click.group()
def baseline() -> None:
    """
    Keep a list of findings that are known already, and make it shorter.
    """


@baseline.command("write")
@deployment_options
@choice_options
@BASELINE
@click.option(
    "--allow-growth",
    is_flag=True,
    envvar="ADVISOR_ALLOW_GROWTH",
    help="Take up findings that are not in the file yet.",
)
def write_baseline(
    paths: Sequence[Path],
    host: Sequence[str],
    target: Sequence[str],
    path_map: Sequence[str],
    allow_growth: bool,  # noqa: FBT001 - click passes options by name
    **_: object,
) -> int:
    """
    Audit PATHS (default: the current folder) and write what is found to the baseline.

    Where there is one it only gets shorter: what is gone is taken out, what is new is not taken up
    without --allow-growth. The file is that of --baseline or advisor.toml, else
    advisor-baseline.json.

    Exit code 0: written; 1: written, and there are findings that it does not hold; 2: the job could
    not be done.
    """
    from advisor.known import compare
    from advisor.policy.baseline import dumped

    loaded = load_all(paths, host, target, path_map)
    file = _file([*loaded.values()])
    first = not file.exists()
    change = compare(file, loaded.items(), render_options(next(iter(loaded.values()))))
    new = change.new if first or allow_growth else ()
    try:
        file.write_text(dumped((*change.kept, *new), __version__), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", path=str(file)) from error
    held = len(change.kept) + len(new)
    click.echo(f"{file}: {held} known, {len(change.gone)} gone, {len(new)} taken up", err=True)
    left = [one for one in change.new if one not in new]
    for one in left[:_NAMED]:
        click.echo(f"  not taken up: {one.path}: {one.rule} {one.message}", err=True)
    if left:
        click.echo(f"  {len(left)} new findings; --allow-growth takes them up", err=True)
    return int(bool(left))


@baseline.command("show")
@BASELINE
@FORMAT
def show_baseline(baseline: Path | None, form: str) -> None:
    """
    Print the entries of a baseline, and how many there are of each rule.
    """
    from advisor.policy.baseline import read_baseline

    file = baseline or load_settings(Path()).baseline or DEFAULT
    entries = read_baseline(file)
    if form == "json":
        import json

        from msgspec.structs import asdict

        click.echo(json.dumps([asdict(one) for one in entries], ensure_ascii=False, indent=2))
        return
    from advisor.report.cells import one_line

    for one in sorted(entries):
        click.echo(one_line(f"{one.path}: {one.rule} {one.message}"))
    rules = Counter(one.rule for one in entries)
    each = ", ".join(f"{number} {code}" for code, number in rules.most_common())
    click.echo(f"{len(entries)} known" + (f": {one_line(each)}" if each else ""))


def _file(loaded: Sequence[Settings]) -> Path:
    files = {one.baseline for one in loaded if one.baseline}
    if len(files) > 1:
        raise UsageError(
            "the deployments have different baselines", hint="name one with --baseline"
        )
    return next(iter(files), DEFAULT)
