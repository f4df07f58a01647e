"""
``advisor plan``: look at query plans, whatever form they are in.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from advisor.cli.choosing import render_options, report_options, stated_layer
from advisor.cli.fleet import Workers, fleet_options, workers_of
from advisor.cli.options import OUTPUT, put, use_color, width
from advisor.config import Settings, load_settings
from advisor.model import Report

if TYPE_CHECKING:
    from advisor.examine import Beside

_FORMATS = ("text", "markdown", "json", "html")
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
@OUTPUT
@click.option(
    "--schema",
    envvar="ADVISOR_SCHEMA",
    type=click.Path(path_type=Path),
    help="SQL that declares the tables and indexes, for example of pg_dump -s.",
)
@click.option(
    "--query",
    envvar="ADVISOR_QUERY",
    type=click.Path(path_type=Path),
    help="The statement that was explained, when FILES do not hold it.",
)
@fleet_options
@report_options
def plan(
    *,
    files: Sequence[Path],
    name: str,
    schema: Path | None,
    query: Path | None,
    output: Path | None,
    color: str,
    **others: object,
) -> int:
    """
    Show the plans in FILES as trees: where the time went, rows planned and returned, findings.

    EXPLAIN as text, JSON, YAML or XML, pasted from psql, a chat or a ticket, or the server logs
    that auto_explain writes, also compressed with gzip. ``-`` is standard input. With --jobs or
    --cluster several files are read at the same time.

    Exit code 0: nothing at or above --fail-on; 1: findings; 2: the job could not be done.
    """
    from advisor.examine import Beside
    from advisor.report.plan import render_plans
    from advisor.report.summary import fails

    folder = Path() if files[0] == _STDIN else files[0].parent
    settings = load_settings(folder, stated=stated_layer())
    options = replace(
        render_options(settings),
        color=color == "always" if output else use_color(sys.stdout, color),
        width=100 if output else width(sys.stdout),
    )
    found = _examined(files, settings, Beside(schema, query), workers_of(others))
    put(render_plans(name, found, options).encode("utf-8"), output)
    return int(fails(found, options))


def _examined(
    files: Sequence[Path], settings: Settings, beside: Beside, workers: Workers
) -> list[Report]:
    if _STDIN in files or (len(files) == 1 and workers.cluster is None):
        return _in_turn(files, settings, beside)
    from advisor.fleet.logs import examine_all, log_for
    from advisor.fleet.pools import cluster, processes, worth

    address = workers.cluster
    logs = [log_for(file, settings, beside, elsewhere=address is not None) for file in files]
    if address is not None:
        return examine_all(logs, lambda _: cluster(address), len(logs))
    jobs = min(workers.jobs or worth(len(logs)), len(logs))
    return examine_all(logs, processes, jobs) if jobs > 1 else _in_turn(files, settings, beside)


def _in_turn(files: Sequence[Path], settings: Settings, beside: Beside) -> list[Report]:
    from advisor.examine import examine

    named = (None if file == _STDIN else file for file in files)
    return [
        examine(file, settings.given, settings.rules, settings.policy, beside=beside)
        for file in named
    ]
