"""docs/tune.md is true."""

from __future__ import annotations

import re
from pathlib import Path

import click

from advisor.cli.tune import tune
from advisor.tune import changes, crew, pools, stated
from advisor.tune.model import Load, Versions
from advisor.tune.postgresql import SIZES
from advisor.units import SIZE_UNITS

TEXT = (Path(__file__).parents[2] / "docs" / "tune.md").read_text("utf-8")
FLAT = " ".join(TEXT.split())
NOT_ASSUMED = {"--path-map", "--format", "--output", "--diff", "--redis"}


def test_every_option_with_a_default_is_in_the_table() -> None:
    options = {
        max(one.opts, key=len) for one in tune.params if isinstance(one, click.Option)
    } - NOT_ASSUMED

    assert set(re.findall(r"^\| `(--[a-z-]+)` \|", TEXT, re.MULTILINE)) == options


def test_the_defaults() -> None:
    versions = Versions()

    assert f"{stated.CPUS} cpus, {stated.MEMORY // SIZE_UNITS['GB']} GB; storage unknown" in FLAT
    assert f"{stated.RESIDENT // SIZE_UNITS['MB']} MB for each worker" in FLAT
    assert Load("sync", "web", 1, None).resident == stated.RESIDENT
    assert f"{stated.SHARE:.0%}".replace("%", " % of a request's time") in FLAT
    assert f"{crew.PER_LOOP} requests an event loop" in FLAT
    assert f"PostgreSQL {versions.postgresql}, nginx 1.30, gunicorn 27.0, PgBouncer 1.24" in FLAT
    assert (versions.nginx, versions.gunicorn) == ((1, 30), (27, 0))
    assert versions.pgbouncer == (1, 24)


def test_the_numbers_of_the_rules() -> None:
    assert f"2 to {crew.MOST_THREADS}" in FLAT
    assert f"at most {crew.APPLICATION_SHARE:.0%}".replace("%", " % of its memory") in FLAT
    assert f"More than {pools.MOST} connections that are also more than {pools.PER_CPU} a" in FLAT
    assert f"with {pools.BUSY_PER_CPU} server connections a cpu" in FLAT
    assert f"within {changes.TOLERANCE * 100:.0f} % of" in FLAT


def test_what_can_be_kept() -> None:
    _, _, kept = FLAT.partition("`--keep NAME=VALUE`")
    names = re.findall(r"`([a-z_]+)`", kept.partition("Where that leaves")[0])

    assert set(names) == {*stated.COUNTS, *SIZES}
