"""Load tests beside a configuration."""

from __future__ import annotations

from pathlib import Path

from advisor.deployment.loads import find_loads

DATA = Path(__file__).parents[1] / "data" / "loads"
CSV = (DATA / "locust_stats.csv").read_text("utf-8")
JSON = (DATA / "locust.json").read_text("utf-8")


def test_the_json_of_a_locust_run_replaces_its_table() -> None:
    loads = find_loads({"bench/shop_stats.csv": CSV, "bench/shop.json": JSON})

    assert [one.location.path for one in loads.results] == ["bench/shop.json"]
    assert loads.notes == (
        "bench/shop_stats.csv is not judged: the JSON of the same run is more exact",
    )


def test_other_runs_stand_side_by_side() -> None:
    """Other folders and other requests are other runs."""
    loads = find_loads(
        {
            "one/shop_stats.csv": CSV,
            "two/shop.json": JSON,
            "two/other_stats.csv": CSV.replace("/flaky", "/cart"),
        }
    )

    assert [one.location.path for one in loads.results] == [
        "one/shop_stats.csv",
        "two/other_stats.csv",
        "two/shop.json",
    ]
    assert loads.notes == ()


def test_what_cannot_be_read_is_a_problem() -> None:
    loads = find_loads({"run.json": '{"latencies": {"99th": 1}, "status_codes"'})

    assert [(one.kind, one.problem.message) for one in loads.problems] == [
        ("load", "is no output of vegeta: cut off or edited")
    ]
