"""Accepting findings, as a user meets it: comments, advisor.toml, counts in every format."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest

from advisor.catalog.postgresql_releases import AS_OF
from advisor.cli import run
from advisor.report import FORMATS
from advisor.report.json import schema

OFF = "fsync = off"
GUIDE = Path(__file__).parents[2] / "fixtures" / "deploys" / "guide"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository to work in."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """What ``advisor audit -f concise`` prints, without messages."""
    run(["audit", "-f", "concise", *arguments])
    return [line.partition("] ")[0] + "]" for line in capsys.readouterr().out.splitlines()]


def summary(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, int]:
    run(["audit", "-f", "json", *arguments])
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, schema())
    found: dict[str, int] = document["summary"]["suppressed"]
    return found


class TestComments:
    def test_behind_and_above(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        comment = "# advisor: ignore[PG101] a throw-away server"
        for text in (f"{OFF}  {comment}\n", f"{comment}\n\n{OFF}\n"):
            (here / "postgresql.conf").write_text(text)
            assert lines(capsys) == []
            assert summary(capsys)["comment"] == 1
            assert run(["audit", "--fail-on", "low"]) == 0
            capsys.readouterr()

    def test_the_whole_file(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (here / "postgresql.conf").write_text(
            f"# advisor: ignore-file[PG1] a throw-away server\n{OFF}\nfull_page_writes = off\n"
        )

        assert lines(capsys) == []
        assert summary(capsys)["comment"] == 2

    def test_another_line_or_code_accepts_nothing(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (here / "postgresql.conf").write_text(
            f"{OFF}  # advisor: ignore[PG102] x\nmax_connections = 90  # advisor: ignore[PG101] x\n"
        )

        assert lines(capsys) == [
            "postgresql.conf:1:1: critical[PG101]",
            "postgresql.conf:1:14: low[ADV001]",
            "postgresql.conf:2:23: low[ADV001]",
        ]

    def test_one_of_several_places_of_a_finding(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Findings with one root cause are one finding; what is accepted is a place of it."""
        server = "server {{ listen {}; server_name a; location / {{ autoindex on;{} }} }}"
        blocks = [
            server.format(8000 + n, "  # advisor: ignore[NGX] x\n" if n < 25 else "")
            for n in range(30)
        ]
        (here / "nginx.conf").write_text("events {}\nhttp {\n" + "\n".join(blocks) + "\n}\n")
        run(["audit", "-f", "json", "--select", "NGX6"])
        report = json.loads(capsys.readouterr().out)["deployments"][0]

        assert report["findings"]
        assert all(one["message"] and one["recommendation"] for one in report["findings"])
        assert report["summary"]["suppressed"]["comment"] >= 1

    def test_any_place_that_a_finding_shows(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """One across layers can be accepted where it is decided, on either side."""
        shutil.copytree(GUIDE, here / "guide")
        assert any("STK001" in line for line in lines(capsys, "guide"))

        server = here / "guide" / "postgresql.conf"
        server.write_text(
            server.read_text("utf-8").replace(
                "max_connections = 200",
                "max_connections = 200  # advisor: ignore[STK001] a pooler from June on\n#",
            )
        )
        found = lines(capsys, "guide")
        assert found
        assert not any("STK001" in line or "ADV" in line for line in found)

    def test_in_a_file_that_stands_in_a_configmap(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (here / "db.yaml").write_text(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: pg}\ndata:\n"
            f"  postgresql.conf: |\n    {OFF}  # advisor: ignore[PG101] x\n"
            "---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n"
            "  template:\n    spec:\n      containers:\n"
            "      - {name: db, image: 'postgres:16', args: [-c, config_file=/c/postgresql.conf],"
            " volumeMounts: [{name: c, mountPath: /c}]}\n"
            "      volumes: [{name: c, configMap: {name: pg}}]\n"
        )

        assert not any("PG101" in line or "ADV" in line for line in lines(capsys))
        assert summary(capsys)["comment"] == 1

    def test_the_last_day(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        yesterday = AS_OF - timedelta(days=1)
        for day, found in ((AS_OF, []), (yesterday, ["PG101", "ADV003"])):
            (here / "postgresql.conf").write_text(
                f"{OFF}  # advisor: ignore[PG101] until={day} then the import is done\n"
            )
            assert [line[-6:-1].strip("[") for line in lines(capsys)] == [
                code[-5:] for code in found
            ]

    def test_unused_is_said_only_where_that_can_be_told(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Not of rules that lack a fact, were not tried, or had nothing to judge."""
        text = "shared_buffers = 4GB  # advisor: ignore[{}] x\n"
        for codes, unused in (
            ("PG303", False),  # needs host.memory
            ("NGX101", False),  # no nginx
            ("PG101", True),
            ("PG", False),  # some of them lack a fact
        ):
            (here / "postgresql.conf").write_text(text.format(codes))
            assert any("ADV001" in line for line in lines(capsys)) is unused, codes
        (here / "postgresql.conf").write_text(text.format("PG101"))
        assert lines(capsys, "--select", "PG3") == []
        assert lines(capsys, "--ignore", "ADV001") == []

    def test_reasons_are_required_on_request(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (here / "postgresql.conf").write_text(f"{OFF}  # advisor: ignore[PG101]\n")
        assert lines(capsys) == []
        assert lines(capsys, "--profile", "strict", "--select", "PG101") == [
            "postgresql.conf:1:14: low[ADV002]"
        ]
        (here / "advisor.toml").write_text("require-reason = true\n")
        assert lines(capsys) == ["postgresql.conf:1:14: low[ADV002]"]


class TestConfiguration:
    def test_entries(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (here / "a").mkdir()
        (here / "b").mkdir()
        for name in ("a", "b"):
            (here / name / "postgresql.conf").write_text(f"{OFF}\n")
        (here / "advisor.toml").write_text(
            '[[ignore]]\nrule = "PG101"\npath = "a/**"\nreason = "a throw-away server"\n'
        )

        assert lines(capsys, "a", "b") == ["b/postgresql.conf:1:1: critical[PG101]"]
        assert summary(capsys, "a", "b")["configuration"] == 1

    def test_entries_of_the_audited_folder_may_be_unused_or_expired(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (here / "postgresql.conf").write_text(f"{OFF}\n")
        (here / "advisor.toml").write_text(
            "# what is accepted\n"
            '[[ignore]]\nrule = "PG101"\nreason = "x"\nuntil = 2020-01-31\n'
            '[[ignore]]\nrule = "PG102"\nreason = "y"\n'
        )

        assert lines(capsys) == [
            "postgresql.conf:1:1: critical[PG101]",
            "advisor.toml:2:1: medium[ADV003]",
            "advisor.toml:6:1: low[ADV001]",
        ]

    def test_settings_of_a_path(self, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (here / "legacy").mkdir()
        (here / "legacy" / "postgresql.conf").write_text(f"{OFF}\nfull_page_writes = off\n")
        (here / "advisor.toml").write_text(
            '[paths."legacy/*"]\nignore = ["PG101"]\nseverity = { PG102 = "low" }\n'
        )

        assert lines(capsys) == ["legacy/postgresql.conf:2:1: low[PG102]"]
        assert run(["audit"]) == 0

    def test_a_rule_that_does_not_exist_is_no_suppression(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (here / "postgresql.conf").write_text(f"{OFF}\n")
        for text in (
            '[[ignore]]\nrule = "PG9999"\n',
            '[paths."x"]\nignore = ["PG9999"]\n',
            '[paths."x"]\nseverity = { PG9999 = "low" }\n',
            'ignore = ["PG9999"]\n',
        ):
            (here / "advisor.toml").write_text(text)
            assert run(["audit"]) == 2
            said = capsys.readouterr()
            assert "there is no rule 'PG9999'" in said.err
            assert "advisor.toml" in said.err
            assert said.out == ""


class TestCounts:
    @pytest.mark.parametrize("name", FORMATS)
    def test_every_format_or_standard_error_counts(
        self, name: str, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (here / "postgresql.conf").write_text(f"{OFF}  # advisor: ignore[PG101] x\n")
        run(["audit", "-f", name])
        said = capsys.readouterr()
        text = said.out + said.err

        assert "suppressed" in text
        assert ("1 suppressed" in text) != (name in {"json", "json-v1", "sarif", "junit"})

    @pytest.mark.parametrize("name", ["text", "concise", "markdown", "json", "jsonl", "sarif"])
    def test_on_request_they_are_shown(
        self, name: str, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (here / "postgresql.conf").write_text(f"{OFF}  # advisor: ignore[PG101] for a reason\n")
        run(["audit", "-f", name])
        assert "PG101" not in capsys.readouterr().out.replace("ignore[PG101]", "")
        run(["audit", "-f", name, "--show-suppressed"])
        said = capsys.readouterr().out
        assert "PG101" in said
        assert "for a reason" in said

    def test_what_is_suppressed_is_not_fixed(self, here: Path) -> None:
        text = f"{OFF}  # advisor: ignore[PG101] x\nfull_page_writes = off\n"
        (here / "postgresql.conf").write_text(text)

        run(["audit", "--fix"])

        assert (here / "postgresql.conf").read_text() == text.replace(
            "full_page_writes = off", "full_page_writes = on"
        )

    def test_what_accepts_nothing_is_taken_out(self, here: Path) -> None:
        """Codes one by one, the comment with the last of them, and nothing that is in use."""
        text = (
            f"{OFF}  # advisor: ignore[PG101, PG102] x\n"
            "full_page_writes = on  # advisor: ignore[PG102] y\n"
            "# advisor: ignore[PG104] z\n"
            "# a comment that stays\n"
        )
        (here / "postgresql.conf").write_text(text)

        run(["audit", "--fix"])
        first = (here / "postgresql.conf").read_text()
        run(["audit", "--fix"])

        assert first == (
            f"{OFF}  # advisor: ignore[PG101] x\nfull_page_writes = on\n# a comment that stays\n"
        )
        assert (here / "postgresql.conf").read_text() == first

    def test_a_rule_whose_findings_are_accepted_has_not_passed(
        self, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (here / "postgresql.conf").write_text(f"{OFF}  # advisor: ignore[PG101] x\n")
        run(["audit", "-f", "json"])

        report = json.loads(capsys.readouterr().out)["deployments"][0]
        assert "PG101" not in report["passed"]
        assert report["summary"]["rules"]["fired"] >= 1
