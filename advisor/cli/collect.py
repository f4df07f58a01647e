"""
``advisor collect``: look at a running PostgreSQL server and keep what is seen in a file.
"""

from __future__ import annotations

from pathlib import Path

import click

from advisor.cli.live import DSN, snapshot_text
from advisor.cli.options import put

SAMPLES = click.option(
    "--samples/--no-samples",
    default=False,
    envvar="ADVISOR_SAMPLES",
    help="Whether to take values of table data: most common values, bounds of histograms, "
    "smallest and largest keys.  [default: no-samples]",
)


@click.command()
@DSN
@click.option(
    "-o",
    "--output",
    envvar="ADVISOR_OUTPUT",
    type=click.Path(path_type=Path),
    help="File instead of stdout; name it snapshot.json or …-snapshot.json.",
)
@SAMPLES
def collect(dsn: str | None, output: Path | None, *, samples: bool) -> int:
    """
    Keep what a running PostgreSQL 12 to 18 says of itself in a file that `advisor audit` reads.

    One read-only transaction with short timeouts; pg_monitor suffices. Without --dsn the usual
    variables count: PGHOST, PGUSER, PGDATABASE, PGPASSFILE, PGSERVICE.

    Exit code 0: written, even if parts could not be read (they are named); 2: no snapshot.
    """
    put(snapshot_text(dsn, samples=samples).encode("utf-8"), output)
    return 0
