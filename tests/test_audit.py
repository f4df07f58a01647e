"""The pipeline as a whole: findings with their source, notes, sections of the guide, secrets."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from advisor.audit import audit_path, collect_example, facts_of, read_deployment
from advisor.errors import SourceError
from advisor.facts.collect import collect
from advisor.model import Change, Finding, Given, NotEvaluated, Origin, Passed, Report, Value
from advisor.report import FORMATS, RenderOptions, render
from advisor.rules.catalogue import load_rules
from advisor.verdict import judge_all

ROOT = Path(__file__).parents[1]
DEPLOYS = ROOT / "fixtures" / "deploys"
UVICORN = "worker_class = 'uvicorn.workers.UvicornWorker'\n"


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """A deployment on disk."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def audited(folder: Path, files: dict[str, str | bytes], given: Given | None = None) -> Report:
    return audit_path(write(folder, files), given or Given())


def changes(report: Report, code: str) -> list[Change]:
    """What one finding wants changed."""
    (found,) = (one for one in report.findings if one.code == code)
    assert found.fix is not None
    return list(found.fix.changes)


class TestChanges:
    def test_now_is_what_stands_in_the_file(self, tmp_path: Path) -> None:
        text = "import os\n\nworker_class   =  'uvicorn.workers.UvicornWorker'  # async\n"
        (change,) = changes(audited(tmp_path, {"gunicorn.conf.py": text}), "GUN009")

        assert change.now == "worker_class   =  'uvicorn.workers.UvicornWorker'"

    def test_over_several_lines(self, tmp_path: Path) -> None:
        text = "worker_class = (\n    'uvicorn.workers.'\n    'UvicornWorker'\n)\n"
        (change,) = changes(audited(tmp_path, {"gunicorn.conf.py": text}), "GUN009")

        assert change.now == "worker_class = ( 'uvicorn.workers.' 'UvicornWorker' )"

    def test_form_feeds_end_no_line(self, tmp_path: Path) -> None:
        """Lines are counted as parsers do, not as `str.splitlines` does."""
        text = f"# one\x0c two\n{UVICORN}"
        report = audited(tmp_path, {"gunicorn.conf.py": text})
        (change,) = changes(report, "GUN009")

        assert change.now == UVICORN.strip()
        assert report.sources["gunicorn.conf.py"] == ("# one\x0c two", UVICORN.strip())

    def test_carriage_returns_are_no_part_of_a_line(self, tmp_path: Path) -> None:
        report = audited(tmp_path, {"gunicorn.conf.py": UVICORN.replace("\n", "\r\n")})

        assert changes(report, "GUN009")[0].now == UVICORN.strip()

    def test_nothing_stands_where_nothing_is_set(self, tmp_path: Path) -> None:
        report = audited(
            tmp_path,
            {"postgresql.conf": "max_connections = 20\n"},
            Given(cpus=Value(4, Origin.GIVEN), memory=Value(16 * 1024**3, Origin.GIVEN)),
        )
        wanted = [one for found in report.findings if found.fix for one in found.fix.changes]

        assert any(one.location is None and one.now == "" for one in wanted)


class TestReport:
    def test_the_guide(self) -> None:
        report = audit_path(DEPLOYS / "guide", Given())

        assert report.name == "guide"
        assert report.root == str(DEPLOYS / "guide")
        assert report.stack.startswith("nginx 1.30 → gunicorn")
        assert report.rules == len(load_rules())
        assert {"violated", "satisfied"} <= {one.state for one in report.guide}
        assert report.diagram
        assert all(lines for lines in report.sources.values())

    def test_plans_are_trees_with_the_findings_on_them(self) -> None:
        report = audit_path(DEPLOYS / "guide", Given())

        assert [(tree.location.line, tree.execution_ms) for tree in report.plans] == [(8, 248.272)]
        assert {code for row in report.plans[0].rows for code in row.codes} == {"EXP007"}
        assert report.plans_read == 1

    def test_outcomes_add_up(self) -> None:
        report = audit_path(DEPLOYS / "guide", Given())
        subjects = collect(read_deployment(DEPLOYS / "guide", Given()))
        outcomes = list(judge_all(load_rules(), subjects))
        kinds = [Finding, NotEvaluated, Passed]
        counts = [sum(isinstance(one, kind) for one in outcomes) for kind in kinds]

        assert counts[1:] == [len(report.not_evaluated), len(report.passed)]
        assert counts[0] >= len(report.findings)

    def test_notes_of_finding_and_of_pairing(self, tmp_path: Path) -> None:
        report = audited(
            tmp_path,
            {
                "compose.yaml": "services: {a: {image: postgres}, b: {image: postgres}}",
                "compose.dev.yaml": "services: {a: {image: postgres}}",
                "postgresql.conf": "work_mem = 8MB\n",
            },
        )
        assert "compose.dev.yaml is not read: compose.yaml describes the stack" in report.notes
        assert any("could not be matched" in one for one in report.notes)

    def test_a_single_file(self, tmp_path: Path) -> None:
        write(tmp_path, {"odd.name": "shared_buffers = 128MB\nwork_mem = 4MB\n"})

        assert audit_path(tmp_path / "odd.name", Given()).stack == "PostgreSQL"

    def test_rules_of_the_user(self, tmp_path: Path) -> None:
        source = (ROOT / "rules" / "gunicorn" / "timeout-off.yaml").read_text("utf-8")
        rule = source.replace("code: GUN016", "code: OPS016").replace(
            "name: timeout-off", "name: x"
        )
        write(tmp_path, {"ops/x.yaml": rule, "deploy/gunicorn.conf.py": "timeout = 0\n"})
        report = audit_path(tmp_path / "deploy", Given(), (tmp_path / "ops",))

        assert {"GUN016", "OPS016"} <= {
            code for one in report.findings for code in (one.code, *one.also)
        }


class TestWhatCannotBeRead:
    def test_nothing_to_audit(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="nothing to audit"):
            audit_path(tmp_path, Given())

    def test_a_path_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="no such file"):
            audit_path(tmp_path / "gone", Given())

    def test_a_binary_file_is_a_finding(self, tmp_path: Path) -> None:
        """Its lines cannot be shown, and that is no reason to fail."""
        report = audited(
            tmp_path, {"postgresql.conf": b"\0\1\2", "gunicorn.conf.py": "timeout = 0\n"}
        )

        assert "postgresql.conf" not in report.sources
        assert "postgresql.conf" in {one.mark.location.path for one in report.findings if one.mark}

    def test_files_that_others_refer_to(self, tmp_path: Path) -> None:
        report = audited(
            tmp_path,
            {
                "compose.yaml": "services: {a: {build: ., env_file: b.env, command: gunicorn a}}",
                "Dockerfile": b"\0",
                "b.env": b"\0",
            },
        )
        paths = {one.mark.location.path for one in report.findings if one.mark}

        assert paths >= {"Dockerfile", "b.env"}


class TestExamples:
    def test_files_in_memory(self) -> None:
        found = collect_example(
            {"gunicorn.conf.py": "timeout = 0\n"}, {"cpus": 2}, {"gunicorn": 27}
        )

        assert [one.target for one in found] == ["stack.application", "gunicorn"]
        assert all(one.facts["host.cpus"] == Value(2, Origin.GIVEN) for one in found)

    def test_files_that_are_none(self) -> None:
        found = collect_example({"postgresql.conf": "\0", "notes.txt": "hello"}, {}, {})

        assert [(one.target, one.path) for one in found] == [("file", "postgresql.conf")]


def test_facts_of_a_path() -> None:
    rows = {one.name: one for one in facts_of(DEPLOYS / "guide", Given())}

    assert rows["connections.peak"].value == "270"


SECRET = "hunter2-Xq"  # noqa: S105 - made up
SECRETIVE: dict[str, str | bytes] = {
    "compose.yaml": f"""\
services:
  proxy: {{image: nginx, volumes: ["./nginx.conf:/etc/nginx/nginx.conf"]}}
  app:
    build: .
    command: gunicorn -w 40 -k uvicorn.workers.UvicornWorker --env DB_PASSWORD={SECRET} app
    env_file: app.env
    environment:
      DATABASE_URL: postgresql://shop:{SECRET}@db:5432/shop
      DB_PASSWORD: {SECRET}
      API_TOKEN: {SECRET}
  db:
    image: postgres:16
    environment: {{POSTGRES_PASSWORD: {SECRET}}}
    command: postgres -c max_connections=50 -c primary_conninfo='host=a password={SECRET}'
""",
    "app.env": f"REDIS_URL=redis://:{SECRET}@cache/0\nSECRET_KEY={SECRET}\n",
    ".env": f"PASSWORD={SECRET}\n",
    "nginx.conf": f"""\
events {{}}
http {{
  upstream app {{ server app:8000; }}
  server {{
    listen 443 ssl;
    location / {{ proxy_set_header Authorization "Bearer {SECRET}"; proxy_pass http://app; }}
  }}
}}
""",
    "gunicorn.conf.py": f"""\
import os
raw_env = ['DB_PASSWORD={SECRET}']
proc_name = os.environ['API_TOKEN']
statsd_host = os.environ.get('DB_PASSWORD', 'none')
timeout = 0
""",
    "app/db.py": f"""\
import os
from sqlalchemy import create_engine
engine = create_engine(os.environ['DATABASE_URL'], pool_size=30)
other = create_engine('postgresql://u:{SECRET}@db/x', connect_args={{'password': '{SECRET}'}})
third = create_engine(os.environ['DATABASE_URL'], poolclass=os.environ['API_TOKEN'])
fourth = create_engine(os.environ['API_TOKEN'], pool_size=os.environ['API_TOKEN'])
""",
    "replica/postgresql.conf": f"""\
primary_conninfo = 'host=a user=b password={SECRET}'
work_men = 1
""",
}


@pytest.fixture(scope="module")
def secretive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("secretive"), SECRETIVE)


class TestSecrets:
    def test_no_fact_holds_one(self, secretive: Path) -> None:
        deployment = read_deployment(secretive, Given())

        assert SECRET not in repr(collect(deployment))
        assert SECRET not in repr(list(facts_of(secretive, Given())))
        assert SECRET not in repr(deployment.notes)
        assert SECRET not in repr(deployment.problems)

    def test_the_url_was_read_all_the_same(self, secretive: Path) -> None:
        edges = read_deployment(secretive, Given()).database_edges

        assert "service db" in {edge.why for edge in edges}

    @pytest.mark.parametrize("name", FORMATS)
    def test_no_report_shows_one(self, secretive: Path, name: str) -> None:
        report = audit_path(secretive, Given())
        text = render(name, [report], RenderOptions())

        assert report.findings
        assert SECRET not in text


class TestBase:
    """Which folder the paths of a report are relative to."""

    @pytest.mark.parametrize(
        ("path", "base"),
        [
            (".", ""),
            ("./", ""),
            ("deploy", "deploy"),
            ("./deploy/../deploy", "deploy"),
            ("deploy/nginx.conf", "deploy"),
            ("../start/deploy", "../start/deploy"),
        ],
    )
    def test_as_seen_from_where_the_audit_was_started(
        self, path: str, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "start").mkdir()
        write(tmp_path / "start", {"deploy/nginx.conf": "events {}\nhttp {}\n"})
        monkeypatch.chdir(tmp_path / "start")

        assert audit_path(Path(path), Given()).base == base

    def test_an_absolute_path_below_it_becomes_relative(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write(tmp_path, {"deploy/nginx.conf": "events {}\nhttp {}\n"})
        monkeypatch.chdir(tmp_path)
        inside = audit_path(tmp_path / "deploy", Given()).base
        monkeypatch.chdir(tmp_path / "deploy")

        assert inside == "deploy"
        assert audit_path(tmp_path / "deploy", Given()).base == ""
        monkeypatch.chdir("/")
        assert audit_path(tmp_path / "deploy", Given()).base == str(tmp_path / "deploy")[1:]


def test_a_report_holds_the_numbers_of_its_diagram() -> None:
    """The guide: 270 connections for 197, and memory that only the worst case exceeds."""
    report = audit_path(DEPLOYS / "guide", Given())

    assert [(str(one.kind), one.exceeded) for one in report.budgets] == [
        ("connections", True),
        ("memory", True),
    ]
    assert [one.subject for one in report.timeouts] == ["service app"]
    assert len(report.targets) == 8
    assert report.diagram[1][2] == "PostgreSQL 16\n270 of 197 connections ⚠"


class TestLongLogs:
    """Server logs that are too long to be held are grouped by statement."""

    RECORD = (
        "LOG:  duration: {time}.500 ms  plan:\n"
        "\tQuery Text: SELECT * FROM orders WHERE note = '{n}'\n"
        "\tSeq Scan on orders  (cost=0.00..9000.00 rows=10 width=4)"
        " (actual time=1.000..{time}.000 rows=10 loops=1)\n"
        "\t  Filter: (note = '{n}'::text)\n\t  Rows Removed by Filter: 999990\n"
    )

    def text(self) -> str:
        return "".join(self.RECORD.format(time=100 + n % 800, n=n) for n in range(40_000))

    @pytest.mark.parametrize("named", [False, True], ids=["folder", "file"])
    def test_plain(self, tmp_path: Path, *, named: bool) -> None:
        write(tmp_path, {"postgresql.log": self.text(), "gunicorn.conf.py": UVICORN})
        path = tmp_path / "postgresql.log" if named else tmp_path
        report = audit_path(path, Given())
        assert "postgresql.log holds 40,000 plans of 1 statements" in report.notes
        (found,) = (one for one in report.findings if one.code == "EXP001")
        assert found.mark is not None
        assert found.mark.location.path == "postgresql.log"
        assert found.mark.location.line == 799 * 5 + 3

    def test_compressed_only_when_it_is_named(self, tmp_path: Path) -> None:
        write(tmp_path, {"postgresql.log.gz": gzip.compress(self.text().encode(), 1)})
        report = audit_path(tmp_path / "postgresql.log.gz", Given())
        assert any(one.code == "EXP001" for one in report.findings)
        with pytest.raises(SourceError, match="nothing to audit"):
            audit_path(tmp_path, Given())

    def test_another_long_file_is_left_out(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="nothing to audit"):
            audited(tmp_path, {"app.log": "LOG: started\n" * 800_000})
