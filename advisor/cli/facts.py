"""
``advisor facts``: everything known of a deployment, the tool for people who write rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from advisor.cli.options import deployment_options
from advisor.config import load_settings


@click.command()
@deployment_options
def facts(
    paths: Sequence[Path], host: Sequence[str], target: Sequence[str], path_map: Sequence[str]
) -> None:
    """
    Show every fact read from PATHS (default: the current folder), with value, origin and place.
    """
    from advisor.audit import facts_of

    for path in paths or (Path(),):
        folder = path if path.is_dir() else path.parent
        settings = load_settings(folder, host=host, target=target, path_map=path_map)
        subject = None
        for row in facts_of(path, settings.given):
            if row.subject != subject:
                subject = row.subject
                click.echo(f"\n{subject}")
            origin = str(row.origin) if row.origin else "unknown"
            place = f"  {row.location}" if row.location else ""
            note = f"  ({row.note})" if row.note else ""
            click.echo(f"  {row.name:38} {row.value:24} {origin}{place}{note}")
