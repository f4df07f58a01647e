"""
Options that several commands share, and what the environment says about colour.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

import click

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
PATH_MAP = click.option(
    "--path-map",
    envvar="ADVISOR_PATH_MAP",
    multiple=True,
    metavar="/ABSOLUTE=RELATIVE",
    help="Where a folder of the target lies below PATH: /etc/nginx=deploy/nginx.",
)


def deployment_options(function: F) -> F:
    """
    Everything that decides what is read and how it is understood.
    """
    return PATHS(HOST(TARGET(PATH_MAP(function))))


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
    return shutil.get_terminal_size((100, 24)).columns if stream.isatty() else 100
