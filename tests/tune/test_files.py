"""The files of a solution, whole, as they are in tests/data/tune."""

from __future__ import annotations

import ast
import os
import tomllib
from pathlib import Path

import pytest
import yaml

from advisor.parsers.postgresql import parse_file
from advisor.tune.comments import Beside, commented
from advisor.tune.files import render_files
from advisor.tune.model import Machine, Solution, Versions
from advisor.tune.render import render
from tests.support.tune import solved

DATA = Path(__file__).parents[1] / "data" / "tune"
GB = 1024**3


def one_host() -> Solution:
    """All programs on 4 cpus and 16 GB."""
    return solved(versions=Versions(16, (1, 30), (27, 0)), redis=True)


def separate() -> Solution:
    """Eight replicas with threads, an old nginx, an old PgBouncer, slow disks."""
    return solved(
        cpus=2,
        memory="4GB",
        storage="hdd",
        app=Machine(2, 2 * GB),
        worker="gthread",
        workload="dw",
        replicas=20,
        versions=Versions(15, (1, 22), (23, 0), (1, 18)),
    )


def sync() -> Solution:
    """No connection is reused, neither side keeps one."""
    return solved(worker="sync", storage=None, keep={"timeout": 60})


CASES = {"one-host": one_host, "separate": separate, "sync": sync}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_rendered(name: str, form: str) -> None:
    """Markdown and JSON hold all files. ADVISOR_WRITE_TUNED=1 writes what is printed now."""
    ending = {"text": "txt", "markdown": "md", "json": "json"}[form]
    file = DATA / f"{name}.{ending}"
    printed = render(CASES[name](), form)
    if os.environ.get("ADVISOR_WRITE_TUNED"):
        file.write_text(printed, encoding="utf-8")

    assert printed == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_every_file_is_what_its_name_says(name: str) -> None:
    files = render_files(CASES[name]())

    for path, text in files.items():
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert max(map(len, text.split("\n"))) <= 100, path
    ast.parse(files["gunicorn.conf.py"])
    ast.parse(files["app/db.py"])
    assert set(tomllib.loads(files["advisor.toml"])) == {"host", "target"}
    assert {"proxy", "app", "db"} <= set(yaml.safe_load(files["compose.yaml"])["services"])
    assert not parse_file("postgresql.conf", files["postgresql.conf"]).problems


def test_which_files_there_are() -> None:
    always = {
        "nginx.conf",
        "gunicorn.conf.py",
        "app/db.py",
        "postgresql.conf",
        "roles.sql",
        "compose.yaml",
        "advisor.toml",
    }

    assert set(render_files(sync())) == always
    assert set(render_files(one_host())) == always | {"redis.conf"}
    assert set(render_files(separate())) == always | {"pgbouncer.ini"}


def test_an_old_pgbouncer_gets_a_driver_that_prepares_nothing() -> None:
    old, new = separate(), solved(pooler="always")

    assert '"prepare_threshold": None' in render_files(old)["app/db.py"]
    assert "prepare_threshold" not in render_files(new)["app/db.py"]
    assert "max_prepared_statements" not in render_files(old)["pgbouncer.ini"]


@pytest.mark.parametrize(
    ("version", "lines"),
    [
        ((1, 22), ("listen 443 ssl http2;",)),
        ((1, 25), ("listen 443 ssl http2;",)),
        ((1, 25, 1), ("listen 443 ssl;", "http2 on;")),
        ((1, 31), ("listen 443 ssl;", "http2 on;")),
    ],
    ids=str,
)
def test_http2_is_written_as_the_version_has_it(
    version: tuple[int, ...], lines: tuple[str, ...]
) -> None:
    text = render_files(solved(versions=Versions(nginx=version)))["nginx.conf"]

    found = [line.strip() for line in text.split("\n") if "443" in line or "http2" in line]
    assert found == list(lines)


def test_a_long_reason_stands_above_its_line() -> None:
    assert list(commented("a = 1", "short")) == [f"{'a = 1':46} # short"]
    assert list(commented("a = 1", "short", beside=Beside.CLOSE)) == ["a = 1  # short"]
    assert list(commented("a = 1", "short", beside=Beside.ABOVE)) == ["# short", "a = 1"]
    long = "word " * 25
    assert list(commented("a = 1", long.strip(), indent="  ")) == [
        "  # " + "word " * 18 + "word",
        "  # " + "word " * 5 + "word",
        "  a = 1",
    ]
