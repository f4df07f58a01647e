"""
The fixtures are judged exactly as their ``expected.json`` says: nothing missing, nothing extra.

``UPDATE_GOLDEN=1 pytest tests/test_fixtures.py`` writes them anew; read the difference.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from advisor.cli import run

DEPLOYS = Path(__file__).parents[1] / "fixtures" / "deploys"
NAMES = sorted(path.name for path in DEPLOYS.iterdir() if path.is_dir())


def judged(name: str, options: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the program says about a fixture, reduced to what must not change unnoticed."""
    code = run(["audit", str(DEPLOYS / name), "-f", "json", "--min-severity", "info", *options])
    deployment = json.loads(capsys.readouterr().out)["deployments"][0]
    return {
        "options": options,
        "exit": code,
        "findings": [_finding(one) for one in deployment["findings"]],
        "not_evaluated": sorted({one["rule"] for one in deployment["not_evaluated"]}),
    }


def _finding(one: dict[str, Any]) -> dict[str, Any]:
    place = one["location"]
    return {
        "rule": one["rule"],
        "also": one["also"],
        "severity": one["severity"],
        "confidence": one["confidence"],
        "at": f"{place['path']}:{place['line']}" if place else None,
        "message": one["message"],
    }


@pytest.mark.parametrize("name", NAMES)
def test_nothing_missing_and_nothing_extra(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = DEPLOYS / name / "expected.json"
    cases = json.loads(path.read_text("utf-8"))
    found = [judged(name, case["options"], capsys) for case in cases]
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")

    assert found == json.loads(path.read_text("utf-8"))


def codes(found: dict[str, Any]) -> set[str]:
    """All codes of a case, merged ones included."""
    return {code for one in found["findings"] for code in (one["rule"], *one["also"])}


class TestGuide:
    """What must hold of the guide's own configuration, whatever else changes."""

    def test_it_contradicts_itself(self, capsys: pytest.CaptureFixture[str]) -> None:
        found = judged("guide", [], capsys)

        assert {"STK001", "STK020", "GUN008", "GUN009", "SQLA001"} <= codes(found)
        assert {"NGX205", "NGX203", "EXP007"} <= codes(found)
        assert not {"NGX302", "NGX303", "STK024"} & codes(found)
        assert found["exit"] == 1

    def test_an_older_nginx_reuses_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        found = judged("guide", ["--target", "nginx=1.24"], capsys)
        merged = [one for one in found["findings"] if one["rule"] in {"NGX302", "NGX303"}]
        race = [one for one in found["findings"] if one["rule"] == "STK020"]

        assert len(merged) == 1
        assert {merged[0]["rule"], *merged[0]["also"]} == {"NGX302", "NGX303"}
        assert "NGX205" not in codes(found)
        assert "once reuse works" in race[0]["message"]

    def test_synchronous_workers_change_the_picture(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        deploy = tmp_path / "guide"
        shutil.copytree(DEPLOYS / "guide", deploy)
        conf = deploy / "gunicorn.conf.py"
        text = conf.read_text("utf-8").replace("uvicorn.workers.UvicornWorker", "sync")
        conf.write_text(text, "utf-8")
        found = judged(str(deploy), [], capsys)

        assert "STK024" in codes(found)
        assert "STK020" not in codes(found)

    @pytest.mark.parametrize(
        ("cpus", "sums"),
        [
            (1, []),
            (2, []),
            (3, ["7 workers × 30 = 210"]),
            (4, ["9 workers × 30 = 270"]),
            (8, ["17 workers × 30 = 510"]),
            (32, ["65 workers × 30 = 1950"]),
        ],
    )
    def test_its_connections_fit_two_cpus_and_no_more(
        self, cpus: int, sums: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """2 × cpus + 1 workers with pools of 20 + 10, against 200 − 3 connections."""
        deploy = tmp_path / "guide"
        shutil.copytree(DEPLOYS / "guide", deploy)
        compose = deploy / "compose.yaml"
        compose.write_text(compose.read_text("utf-8").replace("cpus: 4", f"cpus: {cpus}"), "utf-8")
        found = judged(str(deploy), [], capsys)
        said = [one["message"] for one in found["findings"] if one["rule"] == "STK001"]

        assert said == [f"{one} connections, PostgreSQL serves 197" for one in sums]

    def test_every_fact_has_its_place(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The arithmetic of the connection budget, each number with file and line."""
        run(["audit", str(DEPLOYS / "guide"), "-f", "json"])
        deployment = json.loads(capsys.readouterr().out)["deployments"][0]
        budget = next(one for one in deployment["findings"] if one["rule"] == "STK001")
        places = {
            fact["name"]: f"{fact['location']['path']}:{fact['location']['line']}"
            for fact in budget["facts"]
            if fact["location"]
        }

        assert "270" in budget["message"]
        assert "197" in budget["message"]
        assert places["gunicorn.workers"] == "gunicorn.conf.py:4"
        assert places["engine.pool_size"] == "app/db.py:8"
        assert places["engine.max_overflow"] == "app/db.py:9"
        assert places["pg.max_connections"] == "postgresql.conf:6"


class TestGunicornDocs:
    """The example of gunicorn's deployment guide, as many sites run it."""

    def test_what_is_missing_is_found(self, capsys: pytest.CaptureFixture[str]) -> None:
        found = judged("gunicorn-docs", ["--target", "nginx=1.28.0", "--host", "cpus=4"], capsys)

        assert {"NGX301", "NGX101", "NGX401"} <= codes(found)

    def test_what_is_right_is_left_alone(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A short keepalive, 444 for foreign names, accept_mutex off and fail_timeout=0."""
        found = judged("gunicorn-docs", ["--target", "nginx=1.30.7"], capsys)

        assert not {"NGX107", "NGX201", "NGX712", "NGX804", "NGX806"} & codes(found)
        assert {one["severity"] for one in found["findings"]} <= {"info", "low", "medium"}


class TestPgbouncer:
    """Two applications behind one pooler: as it grows, and as it should be."""

    def test_every_layer_is_compared_with_the_next(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = judged("pgbouncer", [], capsys)
        places = {one["rule"]: one["at"] for one in found["findings"]}

        assert places == {
            "STK007": "pgbouncer/pgbouncer.ini:12",
            "STK008": "pgbouncer/pgbouncer.ini:11",
            "STK013": "pgbouncer/pgbouncer.ini:11",
            "STK014": "api/db.py:7",
            "STK015": "admin/db.py:7",
            "STK018": "api/db.py:7",
        }

    def test_the_same_stack_with_sizes_that_fit(self, capsys: pytest.CaptureFixture[str]) -> None:
        found = judged("pgbouncer-sized", [], capsys)

        assert (found["exit"], found["findings"]) == (0, [])


class TestHealthy:
    def test_a_good_stack_is_left_alone(self, capsys: pytest.CaptureFixture[str]) -> None:
        found = judged("healthy", [], capsys)

        assert [one for one in found["findings"] if one["severity"] != "info"] == []
        assert found["exit"] == 0


class TestHardened:
    def test_what_an_expert_wrote_on_purpose_is_no_problem(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = judged("hardened-nginx", [], capsys)

        assert [one for one in found["findings"] if one["severity"] != "info"] == []
        assert found["exit"] == 0


class TestBroken:
    def test_nothing_is_silent(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Every broken file has a finding of its own."""
        found = judged("broken", [], capsys)
        files = {one["at"].rpartition(":")[0] for one in found["findings"]}

        assert found["exit"] == 1
        assert files >= {
            "compose.yaml",
            "gunicorn.conf.py",
            "nginx/nginx.conf",
            "nginx/sites/shop.conf",
            "nginx/sites/legacy.conf",
            "postgresql.conf",
            "slow.plan.json",
        }


class TestKubernetes:
    def test_its_problems_cross_the_manifests(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Copies of the autoscaler, a file of a ConfigMap, parameters of an operator."""
        found = judged("kubernetes", [], capsys)
        places = {one["rule"]: one["at"].partition(":")[0] for one in found["findings"]}

        assert {"STK001", "STK020", "STK036", "PG301"} <= codes(found)
        assert (places["STK020"], places["PG301"]) == ("k8s/api.yaml", "k8s/database.yaml")
        assert all((DEPLOYS / "kubernetes" / path).is_file() for path in places.values())


class TestSystemd:
    def test_a_good_host_is_left_alone(self, capsys: pytest.CaptureFixture[str]) -> None:
        """All of it is told: the proxy, the application behind a socket, the server."""
        code = run(["audit", str(DEPLOYS / "systemd"), "-f", "json"])
        deployment = json.loads(capsys.readouterr().out)["deployments"][0]

        assert (code, deployment["findings"], deployment["notes"]) == (0, [], [])
        assert deployment["stack"].startswith(
            "nginx → gunicorn 27.0, 9 gthread workers → SQLAlchemy 2 + 1 → PostgreSQL"
        )
