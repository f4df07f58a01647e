from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.errors import AdvisorError, SourceError, StatisticsError
from advisor.lab.inputs import read_inputs
from advisor.lab.record import FORMAT

SNAPSHOT = {
    "format": FORMAT,
    "server": {"major": 16},
    "settings": [{"name": "work_mem", "setting": "8192", "unit": "kB"}],
    "tables": [{"name": "t", "tuples": 10, "pages": 1}],
    "columns": [{"table": "t", "name": "a", "number": 1, "type": "integer"}],
    "statements": [{"query": "SELECT a FROM t", "calls": 5, "total_exec_time": 2}],
}


def put(folder: Path, **files: str) -> list[Path]:
    paths = []
    for name, text in files.items():
        path = folder / name.replace("__", ".")
        path.write_text(text, "utf-8")
        paths.append(path)
    return paths


def test_every_file_is_taken_for_what_it_is(tmp_path: Path) -> None:
    paths = put(
        tmp_path,
        s__json=json.dumps(SNAPSHOT),
        q__sql="-- dumped\nCREATE TABLE t (a int);\nSELECT 1;",
        e__csv="queryid,query,calls\n1,SELECT 2,7\n",
        p__txt="EXPLAIN SELECT 3;\nResult  (cost=0.00..0.01 rows=1 width=4)\n",
        postgresql__conf="random_page_cost = 1.1\nshared_buffers = 1GB\n",
    )
    found = read_inputs(paths)

    assert {one.sql.split()[-1] for one in found.statements} == {"t", "1", "2", "3"}
    assert len(found.scripts) == 1
    assert found.record.server.major == 16
    assert found.all_settings()["work_mem"] == "8192"
    assert found.all_settings()["random_page_cost"] == "1.1"


def test_files_beat_the_snapshot(tmp_path: Path) -> None:
    paths = put(tmp_path, s__json=json.dumps(SNAPSHOT), postgresql__conf="work_mem = '64MB'\n")

    assert read_inputs(paths).all_settings()["work_mem"] == "64MB"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x__txt", "hello", "is nothing that index advice is made of"),
        ("x__csv", "a,b\n1,2\n", "is nothing that index advice is made of"),
        ("x__json", '[{"a": 1}]', "no column “query”"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(AdvisorError, match=message):
        read_inputs(put(tmp_path, **{name: content}))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.sql: cannot be read: No such file"):
        read_inputs([tmp_path / "none.sql"])


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.sql"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceError, match="it is not UTF-8"):
        read_inputs([path])


def test_exactly_one_snapshot_is_needed(tmp_path: Path) -> None:
    (script,) = put(tmp_path, q__sql="SELECT 1;")
    with pytest.raises(StatisticsError, match="no file holds the statistics"):
        _ = read_inputs([script]).record
    two = put(tmp_path, a__json=json.dumps(SNAPSHOT), b__json=json.dumps(SNAPSHOT))
    with pytest.raises(StatisticsError, match="is a second snapshot"):
        _ = read_inputs(two).record
