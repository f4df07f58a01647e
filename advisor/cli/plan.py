"""
``advisor plan``: look at query plans, whatever form they are in.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from advisor.cli.options import use_color, width
from advisor.config import FAIL_ON, load_settings, parse_fail_on, parse_severity
from advisor.model import Severity
from advisor.report.options import RenderOptions

_FORMATS = ("text", "markdown", "json")
_STDIN = Path("-")


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-f",
    "--format",
    "name",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
)
@click.option(
    "--fail-on",
    envvar="ADVISOR_FAIL_ON",
    type=click.Choice(FAIL_ON),
    help="Exit with 1 when there is a finding this bad or worse.  [default: high]",
)
@click.option(
    "--min-severity",
    envvar="ADVISOR_MIN_SEVERITY",
    type=click.Choice([str(severity) for severity in Severity]),
    help="Show findings from this severity on.  [default: low]",
)
@click.option(
    "--color",
    envvar="ADVISOR_COLOR",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
)
def plan(
    files: Sequence[Path], name: str, fail_on: str | None, min_severity: str | None, color: str
) -> int:
    """
    Show the plans in FILES as trees: where the time went, rows planned and returned, findings.

    EXPLAIN as text, JSON, YAML or XML, pasted from psql, a chat or a ticket, or the server logs
    that auto_explain writes, also compressed with gzip. ``-`` is standard input.

    Exit code 0: nothing at or above --fail-on; 1: findings; 2: the job could not be done.
    """
    from advisor.examine import examine
    from advisor.report.plan import render_plans

    settings = load_settings(Path() if files[0] == _STDIN else files[0].parent)
    lowest = parse_fail_on(fail_on) if fail_on else settings.fail_on
    options = RenderOptions(
        color=use_color(sys.stdout, color),
        width=width(sys.stdout),
        min_severity=parse_severity(min_severity) if min_severity else settings.min_severity,
        fail_on=lowest,
    )
    found = [
        examine(None if file == _STDIN else file, settings.given, settings.rules) for file in files
    ]
    printed = render_plans(name, [(one.trees, one.report) for one in found], options)
    click.echo(printed.encode("utf-8"), nl=False, color=True)
    findings = (finding for one in found for finding in one.report.findings)
    return int(lowest is not None and any(one.severity.at_least(lowest) for one in findings))
