"""``advisor compare``: what it prints and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.cli import run

DATA = Path(__file__).parents[1] / "data" / "loads"
K6 = DATA / "k6-summary.json"


@pytest.fixture
def slower(tmp_path: Path) -> Path:
    """The same run with a 95th percentile half as long again."""
    path = tmp_path / "after.json"
    path.write_text(K6.read_text("utf-8").replace('"p(95)": 33.1', '"p(95)": 49.65'), "utf-8")
    return path


def test_a_regression_fails_the_build(slower: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["compare", str(K6), str(slower)])

    assert code == 1
    assert capsys.readouterr().out.splitlines() == [
        "k6 k6-summary.json → k6 after.json",
        "  p50            21.1 ms → 21.1 ms    +0.0%  same",
        "  p90            30.2 ms → 30.2 ms    +0.0%  same",
        "  p95            33.1 ms → 49.65 ms   +50.0%  worse",
        "  p99            44.9 ms → 44.9 ms    +0.0%  same",
        "  throughput       999/s → 999/s      +0.0%  same",
        "  error rate       0.10% → 0.10%      +0.00 pp  same",
        "worse: p95",
    ]


def test_within_the_limit_it_passes(slower: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", str(K6), str(slower), "--limit", "60"]) == 0
    assert capsys.readouterr().out.endswith("nothing got worse\n")


def test_unlike_runs_are_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Not comparable is neither a pass nor a regression."""
    code = run(["compare", str(K6), str(DATA / "wrk2.txt")])

    assert code == 2
    assert capsys.readouterr().out.splitlines() == [
        "k6 k6-summary.json → wrk2 wrk2.txt",
        "  not comparable: one run is of k6, the other of wrk2: they measure differently",
        "  not comparable: concurrency differs: 25 before, 100 after",
    ]


def test_json_for_machines(slower: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["compare", str(K6), str(slower), "-f", "json"])
    found = json.loads(capsys.readouterr().out)

    assert (code, found["comparable"], found["regressions"]) == (1, True, ["p95"])
    assert found["metrics"][2] == {
        "name": "p95",
        "before": 0.0331,
        "after": 0.04965,
        "change": pytest.approx(0.5),
        "verdict": "worse",
        "why": "",
    }


def test_a_folder_with_one_run_will_do(slower: Path) -> None:
    assert run(["compare", str(K6), str(slower.parent)]) == 1


def test_several_runs_are_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["compare", str(K6), str(DATA)]) == 2
    assert "load tests" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["# notes\n", '{"latencies": {"99th": 1}, "status_codes"'])
def test_a_file_without_a_run_is_an_error(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.json"
    path.write_text(text, "utf-8")

    assert run(["compare", str(K6), str(path)]) == 2
    assert "run.json" in capsys.readouterr().err
