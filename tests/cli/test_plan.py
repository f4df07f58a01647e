"""
``advisor plan``: trees and findings of files, logs and standard input.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from advisor import examine
from advisor.cli import run

DATA = Path(__file__).parents[1] / "data" / "plans"
GUIDE = DATA / "guide.txt"
SLOW = (
    "Seq Scan on orders  (cost=0.00..9000.00 rows=10 width=4)"
    " (actual time=1.000..900.000 rows=10 loops=1)\n"
    "  Filter: (customer = 7)\n"
    "  Rows Removed by Filter: 999990\n"
    "Execution Time: 900.500 ms\n"
)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """
    What the command prints when nothing is bad enough to fail.
    """
    assert run(["plan", *arguments]) == 0
    return capsys.readouterr().out


def test_the_guides_plan_is_a_tree_with_its_finding(capsys: pytest.CaptureFixture[str]) -> None:
    tree, _, report = printed(capsys, str(GUIDE)).partition("\n\n")
    assert tree.replace("  ← EXP007", "\n← EXP007").split("\n") == [
        "plan at guide.txt:7: executed in 1.926 ms, planned in 0.334 ms",
        "  SELECT * FROM templates",
        "  WHERE category = 'firmware'",
        "  ORDER BY created_at DESC",
        "  LIMIT 20",
        "            share  self time  rows planned → actual",
        "  ░░░░░░░░░░   0%   0.003 ms                20 → 20  Limit",
        "  ░░░░░░░░░░   3%   0.056 ms               300 → 20  └─ Sort",
        "  ██████████  97%   1.841 ms              300 → 300     └─ Seq Scan on templates",
        "← EXP007",
    ]
    assert "low[EXP007] sort-without-index" in report
    assert "guide.txt:11" in report


def test_findings_fail_as_in_an_audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "slow.txt"
    path.write_text(SLOW)
    assert run(["plan", str(path)]) == 1
    assert run(["plan", str(path), "--fail-on", "critical"]) == 0
    assert run(["plan", str(path), "--fail-on", "never"]) == 0
    assert "Seq Scan on orders  ← EXP001" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["log", "csv", "json"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_logs_are_read_plain_and_compressed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, *, packed: bool
) -> None:
    data = (DATA / f"auto-explain.{kind}").read_bytes()
    path = tmp_path / "server.log.gz"
    path.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    (file,) = json.loads(printed(capsys, "-f", "json", str(path)))["files"]
    assert [plan["form"] for plan in file["plans"]] == [
        form for form in ("text", "json", "yaml", "xml") for _ in range(2)
    ]
    assert file["plans"][0]["nodes"][2]["findings"] == ["EXP007"]


def test_a_log_beyond_memory_gives_its_slowest_plans(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examine, "MAX_BYTES", 1_000)
    monkeypatch.setattr(examine, "MOST_PLANS", 3)
    records = (
        f"LOG:  duration: {number}.000 ms  plan:\n\tQuery Text: SELECT {number}\n"
        f"\tResult  (cost=0.00..0.01 rows=1 width=4)\n\t        nonsense {number}\n"
        for number in (5, 1, 9, 2, 7, 3)
    )
    path = tmp_path / "server.log"
    path.write_text("LOG:  starting\n" * 100 + "".join(records))
    (file,) = json.loads(printed(capsys, "-f", "json", str(path)))["files"]
    assert [plan["query"] for plan in file["plans"]] == ["SELECT 5", "SELECT 9", "SELECT 7"]
    assert [plan["location"]["line"] for plan in file["plans"]] == [103, 111, 119]
    assert file["notes"] == ["server.log holds 6 plans; the 3 slowest are looked at"]
    assert any("nonsense" in finding["message"] for finding in file["findings"])


def test_standard_input_is_a_dash(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = SimpleNamespace(buffer=io.BufferedReader(io.BytesIO(GUIDE.read_bytes())))
    monkeypatch.setattr(sys, "stdin", given)
    assert printed(capsys, "-").startswith("plan at stdin:7: executed in")


def test_several_files_are_shown_one_below_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, str(GUIDE), str(DATA / "guide.xml"), "--fail-on", "never")
    assert text.index("plan at guide.txt:7") < text.index("plan at guide.xml")


def test_markdown_can_be_pasted(capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "-f", "markdown", str(GUIDE)).startswith("```text\nplan at guide.txt:7")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"nothing here\n", "no query plan found"),
        (b"\0\1\2", "is a binary file, not text"),
        (b'[{"Plan": {"Node Type": "Limit"', "the JSON plan is broken or cut off"),
        (gzip.compress(b"x" * 500, mtime=0)[:-12], "the gzip data breaks off"),
    ],
)
def test_without_a_plan_the_job_cannot_be_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes, message: str
) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(data)
    assert run(["plan", str(path)]) == 2
    assert message in capsys.readouterr().err


def test_a_missing_file_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "nowhere.txt"]) == 2
    assert "nowhere.txt: cannot be read: No such file" in capsys.readouterr().err
