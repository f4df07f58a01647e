"""
What the explanations say is what the program does.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from advisor.audit import audit_path
from advisor.catalog.guide import TARGETS
from advisor.facts import advice, memory
from advisor.facts.connections import HEADROOM
from advisor.facts.gunicorn import MOST_WORKERS
from advisor.model import Confidence, Given, Origin, Report, Severity
from advisor.rules.catalogue import own_entries
from advisor.rules.judge import _SURE
from advisor.triage import _HARM
from advisor.tune import stated
from advisor.tune.memory import Server
from advisor.units import SIZE_UNITS

ROOT = Path(__file__).parents[2]
MB, GB = SIZE_UNITS["MB"], SIZE_UNITS["GB"]
CODE = re.compile(r"\b[A-Z]{2,6}\d{3}\b")
SUPPRESSION = re.compile(r"advisor: ignore(?:-file)?\[([^\]]+)\]")


def text(name: str) -> str:
    return (ROOT / "docs" / "explanation" / f"{name}.md").read_text("utf-8")


def flat(name: str) -> str:
    return " ".join(text(name).split())


@pytest.fixture(scope="module")
def guide() -> Report:
    return audit_path(ROOT / "fixtures" / "deploys" / "guide", Given())


def test_codes_in_the_documents_are_rules() -> None:
    codes = {entry["code"] for entry in own_entries()}
    for path in (ROOT / "docs").rglob("*.md"):
        found = set(CODE.findall(path.read_text("utf-8"))) - {"OPS001"}
        assert found <= codes, path.name


def test_suppressions_in_the_documents_name_rules() -> None:
    entries = own_entries()
    known = {name for entry in entries for name in (entry["code"], entry["name"])}
    for path in [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]:
        for names in SUPPRESSION.findall(path.read_text("utf-8")):
            for name in (one.strip() for one in names.split(",")):
                assert any(one.startswith(name) for one in known), f"{path.name}: {name}"


class TestSeverities:
    def test_all_are_explained_with_rules_that_have_them(self) -> None:
        rows = re.findall(r"^\| (\w+) \| .* \| (.*) \|$", text("severities"), re.MULTILINE)
        by_code = {entry["code"]: entry for entry in own_entries()}
        found = {name: CODE.findall(example) for name, example in rows if CODE.search(example)}

        assert list(found) == [str(one) for one in Severity]
        for name, codes in found.items():
            for code in codes:
                rule = by_code[code]
                assert name in {rule["severity"], *(one["severity"] for one in rule["variants"])}

    def test_the_order_of_harm(self) -> None:
        assert f"what is harmed: {', '.join(_HARM)}." in flat("severities")

    def test_only_what_is_assumed_is_less_than_certain(self) -> None:
        assert {one for one in Origin if _SURE[one] is not Confidence.CERTAIN} == {Origin.ASSUMED}
        assert re.search(
            rf"^\| assumed, .* \| {_SURE[Origin.ASSUMED]} \|$", text("severities"), re.MULTILINE
        )


class TestMemory:
    def test_the_constants(self) -> None:
        page = flat("memory")

        assert f"planned × {memory.BACKEND // MB} MB" in page
        assert f"min(planned, {memory.PER_CPU} × cpus)" in page
        assert f"each at most {memory.VACUUM_CAP // GB} GB before {memory.UNCAPPED_VACUUM}" in page
        assert f"what remains of {advice.SPENDABLE:.0%}".replace("%", " %") in page
        assert f"more than {advice.BUFFERS_MOST:.0%}".replace("%", " %") in page
        least, most = advice.WORK_FLOOR // MB, advice.WORK_CAP // MB
        assert f"between {least} MB and {most} MB" in page
        assert f"assumes {stated.RESIDENT // MB} MB a worker" in page

    def test_the_example(self) -> None:
        sizes = {"work_mem": 50 * MB, "shared_buffers": 4 * GB, "maintenance_work_mem": GB}
        server = Server(16 * GB, 4, 16, 200, {**sizes, "max_connections": 200})
        row = re.search(
            r"\*\*together\*\* \| \*\*([\d.]+) GB\*\* \| \*\*([\d.]+) GB", text("memory")
        )

        assert row is not None
        assert float(row[1]) == round(server.number("memory.expected") / GB, 1)
        assert float(row[2]) == round(server.worst / GB, 1)

    def test_the_example_is_what_the_audit_says(self, guide: Report) -> None:
        (finding,) = [one for one in guide.findings if one.code == "PG305"]

        assert finding.severity is Severity.LOW
        assert "24.2 GB" in finding.message


def test_the_numbers_of_connections() -> None:
    page = flat("connections")

    assert f"at most {HEADROOM:.0%} of the usable".replace("%", " %") in page
    assert MOST_WORKERS == 12
    assert "at most twelve" in page


class TestGuide:
    def test_the_table_of_workers(self) -> None:
        rows = re.findall(
            r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) % \|$", text("guide"), re.MULTILINE
        )

        assert len(rows) == 4
        for cpus, workers, connections, share in rows:
            assert int(workers) == 2 * int(cpus) + 1
            assert int(connections) == int(workers) * (20 + 10)
            assert int(share) == round(100 * int(connections) / (200 - 3))

    def test_what_it_says_the_audit_finds_the_audit_finds(self, guide: Report) -> None:
        """
        The others are about what the guide says beside its settings.
        """
        fired = {code for one in guide.findings for code in (one.code, *one.also)}
        beside = {"APP011", "LOAD005", "EXP001", "EXP041", "EXP056"}

        assert set(CODE.findall(text("guide"))) - beside <= fired

    def test_its_targets_are_the_guides(self) -> None:
        targets = {one.metric: (one.target, one.critical) for one in TARGETS}

        assert targets["API response time (p99)"] == ("< 500 ms", "< 1000 ms")
        assert targets["API response time (p95)"][0] == "< 200 ms"
