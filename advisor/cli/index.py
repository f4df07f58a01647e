"""
``advisor index``: the indexes that the real planner prefers, without changing a server.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.cli.live import DSN, SNAPSHOT, asked_for, dsn_of, snapshot_text
from advisor.cli.options import OUTPUT, put
from advisor.errors import LiveError, StatisticsError, UsageError
from advisor.report.indexes import FORMATS

if TYPE_CHECKING:
    from advisor.lab.advice import Progress
    from advisor.lab.inputs import Inputs
    from advisor.lab.prices import Limits
    from advisor.lab.result import LabAdvice

_BAR = 30


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@DSN
@click.option(
    "-f", "--format", "form", type=click.Choice([*FORMATS]), default="markdown", show_default=True
)
@OUTPUT
@click.option(
    "--max-storage",
    envvar="ADVISOR_MAX_STORAGE",
    metavar="SIZE",
    help="What the new indexes may take together: 500MB, 2GB.",
)
@click.option(
    "--max-indexes",
    envvar="ADVISOR_MAX_INDEXES",
    type=click.IntRange(min=0),
    help="How many there may be.",
)
def index(
    *,
    files: Sequence[Path],
    dsn: str | None,
    form: str,
    output: Path | None,
    max_storage: str | None,
    max_indexes: int | None,
) -> int:
    """
    Find the set of indexes that makes a workload cheapest for PostgreSQL's own planner.

    FILES, in any order: one snapshot of the database's statistics, and the workload as SQL, plans,
    logs of the server, or an export of pg_stat_statements (CSV or JSON) if the snapshot has no
    statements. SQL may also declare enumerations, and a postgresql.conf says how the planner is
    set. With --dsn the snapshot is taken now, with values of statistics, and kept in memory only.

    The planner is that of an embedded PostgreSQL 18 (extra: lab) that holds schema and statistics,
    but no data; with --dsn it is the server's own where the extension hypopg is installed. Nothing
    of FILES is executed. Costs are the planner's, not times.

    Exit code 0: done; 2: the job could not be done.
    """
    from advisor.lab.prices import Limits

    dsn = asked_for(dsn)
    if not files and dsn is None:
        raise UsageError("no file and no --dsn", hint="give a snapshot and a workload")
    limits = Limits(_size(max_storage), max_indexes)
    found = _inputs(files, dsn)
    bar = _bar()
    try:
        advice = _advice(found, limits, dsn, bar)
    finally:
        bar("", 1.0)
    from advisor.report.indexes import render

    put(render(form, advice).encode("utf-8"), output)
    return 0


def _inputs(files: Sequence[Path], dsn: str | None) -> Inputs:
    """
    What the files and the server say. Raises `StatisticsError` when there is no statement.
    """
    from advisor.lab.inputs import read_inputs

    snapshots = {SNAPSHOT: snapshot_text(dsn, samples=True)} if dsn is not None else {}
    found = read_inputs(files, snapshots)
    if not found.statements:
        hint = "add SQL, plans, a log or an export of pg_stat_statements"
        raise StatisticsError(
            f"no statement to make cheaper in {len(found.records)} snapshot and "
            f"{len(found.scripts)} scripts",
            hint=hint,
        )
    return found


def _advice(found: Inputs, limits: Limits, dsn: str | None, bar: Progress) -> LabAdvice:
    """
    Ask the server itself where it can answer, else the lab.
    """
    from advisor.lab.advice import advise_in_lab

    live = _live_advice(found, limits, dsn, bar) if dsn is not None else None
    return live or advise_in_lab(
        found.record,
        found.statements,
        limits,
        settings=found.all_settings(),
        scripts=found.scripts,
        progress=bar,
    )


def _live_advice(found: Inputs, limits: Limits, dsn: str, bar: Progress) -> LabAdvice | None:
    """
    What a server with HypoPG answers; None when it has none, or its role may plan nothing.
    """
    from advisor.lab.advice import advise_with
    from advisor.lab.hypothetical import hypothetical
    from advisor.live.connect import connected, driver, said

    text, settings = dsn_of(dsn), found.all_settings()
    try:
        with connected(text) as connection, hypothetical(connection, found.record) as planner:
            if planner is None:
                return None
            advice = advise_with(planner, found.statements, limits, settings=settings, progress=bar)
    except driver().Error as error:
        raise LiveError(f"the server gave up: {said(error, text)}") from None
    if advice.queries:
        return advice
    reason = advice.unverified[0].reason
    click.echo(f"note: the server plans none of the statements for this role: {reason}", err=True)
    return None


def _size(text: str | None) -> int | None:
    from advisor.units import parse_size

    if text is None:
        return None
    size = parse_size(text)
    if size is None or size < 0:
        raise UsageError(f"--max-storage {text!r} is no size", hint="write 500MB or 2GB")
    return size


def _bar() -> Callable[[str, float], None]:
    """
    A line on stderr that is drawn over; nothing where nobody watches.
    """
    if not sys.stderr.isatty():
        return lambda _what, _part: None

    def show(what: str, part: float) -> None:
        done = round(part * _BAR)
        line = f"{'█' * done}{'░' * (_BAR - done)} {what}" if what else ""
        click.echo(f"\r\x1b[K{line}", nl=False, err=True)

    return show
