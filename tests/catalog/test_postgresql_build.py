"""
The maintainer's script that builds the catalogue.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support.postgres_programs import (
    installation,
    majors,
    program_of,
    unprivileged_folder,
)

ROOT = Path(__file__).parents[2]
HEADER = "name,vartype,unit,category,context,min_val,max_val,enumvals,boot_val\n"
ROWS = """\
work_mem,integer,kB,Resource Usage / Memory,user,64,2147483647,,4096
wal_compression,enum,,Write-Ahead Log / Settings,superuser,,,pglz|lz4|on|off,off
seq_page_cost,real,,Query Tuning / Planner Cost Constants,user,0,1.79769e+308,,1
server_version_num,integer,,Preset Options,internal,190001,190001,,190001
cluster_name,string,,Process Title,postmaster,,,,
"""


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, writing into a folder of its own."""
    path = ROOT / "tools" / "build_postgresql_catalog.py"
    if not path.exists():
        pytest.skip("tools/ is not part of this distribution")
    monkeypatch.syspath_prepend(path.parent)
    spec = importlib.util.spec_from_file_location("build_postgresql_catalog", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "TARGET", tmp_path / "postgresql.json")
    return module


def _built(script: ModuleType, folder: Path, rows: str = ROWS) -> dict[str, Any]:
    source = folder / "pg_settings_19.csv"
    source.write_text(HEADER + rows, "utf-8")
    script.main([str(source)])
    data: dict[str, Any] = json.loads(script.TARGET.read_text("utf-8"))
    return data


def test_one_file_makes_a_catalogue(script: ModuleType, tmp_path: Path) -> None:
    """Whatever build the file came from, build-dependent words and defaults are set apart."""
    data = _built(script, tmp_path)
    assert data["majors"] == [19]
    entries = data["settings"]
    assert entries["work_mem"] == {
        "majors": [19, 19],
        "type": "integer",
        "unit": "kB",
        "context": "user",
        "category": "memory",
        "min": 64,
        "max": 2147483647,
        "default": "4096",
    }
    compression = entries["wal_compression"]
    assert compression["members"] == ["pglz", "on", "off"]
    assert compression["build"] == ["lz4", "zstd"]
    cost, version = entries["seq_page_cost"], entries["server_version_num"]
    assert cost["max"] == sys.float_info.max
    assert "default" not in version
    assert "min" not in version
    assert "role" in entries


def test_a_new_major_keeps_the_others(script: ModuleType, tmp_path: Path) -> None:
    """Adding a major changes only what is different in it."""
    current = ROOT / "advisor" / "catalog" / "postgresql.json"
    script.TARGET.write_text(current.read_text("utf-8"), "utf-8")
    data = _built(script, tmp_path, ROWS.replace(",user,64,", ",user,128,"))
    work_mem = data["settings"]["work_mem"]
    assert work_mem["majors"] == [10, 19]
    assert work_mem["min"] == {"10": 64, "19": 128}
    gone = data["settings"]["fsync"]
    assert gone["majors"] == [10, 18]


def test_rebuilding_changes_nothing(script: ModuleType) -> None:
    """The data in the package is what the script writes."""
    current = (ROOT / "advisor" / "catalog" / "postgresql.json").read_text("utf-8")
    script.TARGET.write_text(current, "utf-8")
    script.main([])
    assert script.TARGET.read_text("utf-8") == current


def test_a_file_without_major_is_refused(script: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="pg_settings_<major>"):
        script.main([str(tmp_path / "settings.csv")])


@pytest.mark.oracle
@pytest.mark.parametrize("major", majors())
def test_asking_a_server_changes_nothing(script: ModuleType, major: int) -> None:
    """
    One command rebuilds a major; what a build lacks (modules, OpenSSL) stays as it was.
    """
    program = program_of(major)
    current = (ROOT / "advisor" / "catalog" / "postgresql.json").read_text("utf-8")
    script.TARGET.write_text(current, "utf-8")
    with unprivileged_folder() as folder:
        script.main(["--server", str(installation(program, folder))])
    assert script.TARGET.read_text("utf-8") == current


@pytest.mark.oracle
def test_a_server_with_all_modules_needs_no_earlier_catalogue(
    script: ModuleType, tmp_path: Path
) -> None:
    """Debian's server alone tells everything there is to know of its major."""
    program = program_of(15)
    current = json.loads((ROOT / "advisor" / "catalog" / "postgresql.json").read_text("utf-8"))
    with unprivileged_folder() as folder:
        script.main(["--server", str(installation(program, folder))])
    fresh = json.loads(script.TARGET.read_text("utf-8"))
    assert fresh["majors"] == [15]
    of_15 = script._decode(current)[15]
    wanted = {name: {**entry, "category": ""} for name, entry in of_15.items()}
    found = script._decode(fresh)[15]
    assert {name: {**entry, "category": ""} for name, entry in found.items()} == wanted
