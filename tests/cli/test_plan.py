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
from advisor.deployment import logs

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


def test_a_schema_says_what_exists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan, schema = tmp_path / "slow.txt", tmp_path / "schema.sql"
    plan.write_text(SLOW)
    table = "CREATE TABLE orders (id int PRIMARY KEY, customer int);\n"
    schema.write_text(table)
    assert run(["plan", str(plan), "--schema", str(schema)]) == 1
    assert "EXP001" in capsys.readouterr().out
    schema.write_text(f"{table}CREATE INDEX orders_customer ON orders (customer);\n")
    assert run(["plan", str(plan), "--schema", str(schema), "--fail-on", "critical"]) == 0
    assert "EXP001" not in capsys.readouterr().out


def test_a_query_says_which_columns_are_needed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, query = tmp_path / "slow.txt", tmp_path / "query.sql"
    plan.write_text(SLOW.replace("rows=10 ", "rows=9000 "))
    query.write_text("EXPLAIN ANALYZE SELECT amount FROM orders WHERE customer = 7;\n")
    run(["plan", str(plan), "--query", str(query)])
    out = capsys.readouterr().out
    assert "  SELECT amount FROM orders WHERE customer = 7\n" in out
    assert "orders (customer) INCLUDE (amount);" in out


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"SELECT 1;", "declares no table and no index"),
        (b"\0\1\2\3" * 50, "is a binary file"),
        (None, "schema.sql"),
    ],
)
def test_a_schema_that_cannot_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, message: str
) -> None:
    plan, schema = tmp_path / "slow.txt", tmp_path / "schema.sql"
    plan.write_text(SLOW)
    if content is not None:
        schema.write_bytes(content)
    assert run(["plan", str(plan), "--schema", str(schema)]) == 2
    assert message in capsys.readouterr().err


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


def test_a_log_beyond_memory_is_grouped_by_statement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examine, "MAX_BYTES", 1_000)
    monkeypatch.setattr(logs, "MOST_PLANS", 2)
    records = (
        f"LOG:  duration: {time}.000 ms  plan:\n\tQuery Text: TABLE {table} -- {number}\n"
        f"\tResult  (cost=0.00..0.01 rows=1 width=4)\n\t        nonsense {number}\n"
        for number, (time, table) in enumerate([(5, "a"), (1, "b"), (4, "c"), (2, "b"), (6, "a")])
    )
    path = tmp_path / "server.log"
    path.write_text("LOG:  starting\n" * 100 + "".join(records))
    (file,) = json.loads(printed(capsys, "-f", "json", str(path)))["files"]
    assert [plan["query"] for plan in file["plans"]] == ["TABLE c -- 2", "TABLE a -- 4"]
    assert [plan["location"]["line"] for plan in file["plans"]] == [111, 119]
    assert file["notes"] == [
        "server.log holds 5 plans of 3 statements; the 2 that took most are looked at",
        "61% of the time in server.log: 2 × table a",
        "22% of the time in server.log: 1 × table c",
        "17% of the time in server.log: 2 × table b",
    ]
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


def test_html_goes_to_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "plan.html"
    assert printed(capsys, str(GUIDE), "-f", "html", "-o", str(out)) == ""
    page = out.read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "<h1>guide.txt</h1>" in page
    assert page.index("Seq Scan on templates") < page.index("sort-without-index")
    assert run(["plan", str(GUIDE), "-o", str(tmp_path / "no" / "such.txt")]) == 2
    assert "such.txt: cannot be written: No such file" in capsys.readouterr().err


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


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_statements_are_lines_that_can_be_pasted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    plan = tmp_path / "slow.txt"
    plan.write_text(SLOW.replace("(customer = 7)", "(name ~~* '%abc%'::text)"), encoding="utf-8")
    lines = [
        line.strip()
        for line in printed(capsys, "--fail-on=never", "-f", form, str(plan)).split("\n")
    ]
    at = lines.index("CREATE EXTENSION IF NOT EXISTS pg_trgm;")
    assert lines[at + 1].startswith("CREATE INDEX CONCURRENTLY idx_orders_name_gin_trgm ON orders")
