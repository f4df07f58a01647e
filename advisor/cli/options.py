"""
Options that several commands share, and what the environment says about colour.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from advisor.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

PATHS = click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
HOST = click.option(
    "--host",
    envvar="ADVISOR_HOST",
    multiple=True,
    metavar="KEY=VALUE,…",
    help="Facts about the target: memory=16GB, cpus=4, storage=ssd|hdd|san, "
    "workload=web|oltp|dw|mixed, platform=rds|aurora|cloudsql|azure, shared=true. "
    "'auto' takes this machine.",
)
TARGET = click.option(
    "--target",
    envvar="ADVISOR_TARGET",
    multiple=True,
    metavar="PROGRAM=VERSION,…",
    help="Versions that run: postgresql=16,nginx=1.30,gunicorn=27,sqlalchemy=2.0.",
)
OUTPUT = click.option(
    "-o",
    "--output",
    envvar="ADVISOR_OUTPUT",
    type=click.Path(path_type=Path),
    help="File instead of stdout.",
)
PATH_MAP = click.option(
    "--path-map",
    envvar="ADVISOR_PATH_MAP",
    multiple=True,
    metavar="/ABSOLUTE=RELATIVE",
    help="Where a folder of the target lies below PATH: /etc/nginx=deploy/nginx.",
)
COLOR = click.option(
    "--color",
    envvar="ADVISOR_COLOR",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
)


def deployment_options(function: F) -> F:
    """
    Everything that decides what is read and how it is understood.
    """
    return PATHS(HOST(TARGET(PATH_MAP(function))))


def put(data: bytes, path: Path | None) -> None:
    """
    Write a report to a file, None for standard output.

    Raises `UsageError` when the file cannot be written.
    """
    if path is None:
        click.echo(data, nl=False, color=True)
        return
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", path=str(path)) from error


def use_color(stream: IO[str], when: str) -> bool:
    """
    Whether to colour what goes to `stream`. `when` is ``auto``, ``always`` or ``never``.

    ``NO_COLOR`` and ``FORCE_COLOR`` count in ``auto`` (no-color.org, force-color.org).
    """
    if when != "auto":
        return when == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty()


def width(stream: IO[str]) -> int:
    """
    Columns to fill: the terminal's, 100 where there is none.
    """
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) > 0:
        return int(columns)
    if not stream.isatty():
        return 100
    import shutil

    return shutil.get_terminal_size((100, 24)).columns
