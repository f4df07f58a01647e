"""
Configurations that are known to be bad: everything that is wrong with them is found.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.cli import run

TUNER_DEMO = {
    "checkpoint_completion_target": ("0.2", {"PG314"}),
    "effective_cache_size": ("4GB", {"PG304"}),
    "enable_seqscan": ("off", {"PG320"}),
    "fsync": ("off", {"PG101"}),
    "full_page_writes": ("off", {"PG102"}),
    "max_wal_size": ("2MB", {"PG312", "PG016"}),
    "seq_page_cost": ("1.3", {"PG318"}),
    "shared_buffers": ("128MB", {"PG301"}),
}
"""
The settings that the demonstration of EDB Postgres Tuner gets wrong, and the rules about each.

"""


@pytest.fixture
def said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, set[str]]:
    """The rules that fired at the line of each setting; merged findings count for all of theirs."""
    lines = [f"{name} = {value}" for name, (value, _) in TUNER_DEMO.items()]
    (tmp_path / "postgresql.conf").write_text("\n".join(lines) + "\n", "utf-8")
    target = ["--target", "postgresql=16", "--host", "memory=64GB,cpus=16,storage=ssd"]
    run(["audit", str(tmp_path), "-f", "json", "--min-severity", "info", *target])
    (deployment,) = json.loads(capsys.readouterr().out)["deployments"]
    found: dict[str, set[str]] = {name: set() for name in TUNER_DEMO}
    for one in deployment["findings"]:
        for place in (one["location"], *(mark["location"] for mark in one["related"])):
            if place and place["path"] == "postgresql.conf":
                name = lines[place["line"] - 1].split()[0]
                found[name] |= {one["rule"], *one["also"]}
    return found


@pytest.mark.parametrize("name", TUNER_DEMO)
def test_all_of_the_tuner_demo_is_found(name: str, said: dict[str, set[str]]) -> None:
    _, rules = TUNER_DEMO[name]
    assert said[name] & rules
