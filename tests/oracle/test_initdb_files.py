"""
The file that ``initdb`` writes is fine as it is: what can be found in it is what was never set.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from advisor.cli import run
from tests.support.postgres_programs import (
    installation,
    majors,
    program_of,
    unprivileged,
    unprivileged_folder,
)

pytestmark = pytest.mark.oracle

UNSET = {
    "PG301": "shared_buffers",
    "PG304": "effective_cache_size",
    "PG308": "maintenance_work_mem",
    "PG312": "max_wal_size",
}
"""
What may be found once the memory is known: settings nobody has decided on yet.

initdb writes some of them down, with values that suit the smallest machine.
"""


@pytest.fixture(scope="module", params=majors(), ids=lambda major: f"postgres-{major}")
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[int, Path]:
    """Major and folder with the postgresql.conf of a new cluster."""
    program = program_of(request.param)
    target = tmp_path_factory.mktemp(f"initdb-{request.param}")
    with unprivileged_folder() as folder:
        initdb = installation(program, folder) / "initdb"
        unprivileged(initdb, "-D", folder / "data", "--locale=C", "-E", "UTF8", "--no-sync")
        shutil.copy(folder / "data" / "postgresql.conf", target)
    return request.param, target


def audited(
    written: tuple[int, Path], capsys: pytest.CaptureFixture[str], *options: str
) -> list[dict[str, Any]]:
    """Findings above information."""
    major, folder = written
    target = f"postgresql={major}"
    run(["audit", str(folder), "-f", "json", "--target", target, *options])
    (deployment,) = json.loads(capsys.readouterr().out)["deployments"]
    return [one for one in deployment["findings"] if one["severity"] != "info"]


def test_nothing_is_found(written: tuple[int, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert audited(written, capsys) == []


def test_with_its_memory_known_only_what_is_not_set(
    written: tuple[int, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    found = audited(written, capsys, "--host", "memory=16GB,cpus=4")
    assert {one["rule"] for one in found} <= UNSET.keys()
    for one in found:
        assert UNSET[one["rule"]] in one["message"]
        assert one["severity"] != "critical"
