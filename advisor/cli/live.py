"""
Asking a running server from the command line: where it is, and what it did not say.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from advisor.config import Settings
    from advisor.model import Report

DSN = click.option(
    "--dsn",
    envvar="ADVISOR_DSN",
    metavar="DSN",
    help="A running PostgreSQL. 'env' takes ADVISOR_DSN, else PGHOST, PGSERVICE and the like: "
    "others can see the command line.",
)
SNAPSHOT = "server-snapshot.json"
"""What findings call a snapshot that was never a file."""


def collected_beside(path: Path, settings: Settings, dsn: str) -> Report:
    """
    Judge a deployment together with the server that runs it, asked a moment ago.
    """
    from advisor.audit import audit_found
    from advisor.sources.kinds import Kind
    from advisor.sources.walk import discover, with_text

    found = discover(path)
    text = snapshot_text(dsn, samples=False)
    both = with_text(found, SNAPSHOT, Kind.SNAPSHOT, text)
    return audit_found(path, both, settings.given, settings.rules, settings.policy)


def asked_for(dsn: str | None) -> str | None:
    """
    The option if it was given: a variable alone must not make a command connect anywhere.
    """
    said = click.get_current_context().get_parameter_source("dsn")
    return dsn if said is ParameterSource.COMMANDLINE else None


def dsn_of(given: str | None) -> str:
    """
    The connection string of the option; empty for what the variables of libpq say.
    """
    return os.environ.get("ADVISOR_DSN", "") if given in (None, "env") else str(given)


def snapshot_text(dsn: str | None, *, samples: bool) -> str:
    """
    A snapshot of the server; notes about what is missing go to standard error.
    """
    from advisor.live.collect import collect as look
    from advisor.live.connect import has_password
    from advisor.live.write import write_snapshot

    text = dsn_of(dsn)
    said = click.get_current_context().get_parameter_source("dsn")
    if said is ParameterSource.COMMANDLINE and dsn != "env" and has_password(text):
        click.echo(
            "note: a password on the command line can be seen in the list of processes;"
            " ADVISOR_DSN, PGPASSFILE and service files keep it to yourself",
            err=True,
        )
    found = look(text, samples=samples, progress=_progress if sys.stderr.isatty() else _silent)
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    for row in found.unreadable:
        click.echo(f"not read: {_sentence(row)}", err=True)
    return write_snapshot(found)


def _progress(name: str) -> None:
    click.echo(f"\r\x1b[Kreading {name.replace('_', ' ')} …", nl=False, err=True)


def _silent(_name: str) -> None:
    """
    Say nothing: a log keeps every line.
    """


def _sentence(row: Mapping[str, Any]) -> str:
    hint = f" ({row['hint']})" if "hint" in row else ""
    return f"{row['what']}: {row['reason']}{hint}"
