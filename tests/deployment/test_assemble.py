"""A deployment as a whole: its problems, its notes, its plans, and what nothing pays for."""

from __future__ import annotations

from advisor.deployment.assemble import assemble
from advisor.model import Given, Location, Problem
from advisor.sources.tree import MemoryTree
from tests.support.deployments import NGINX, deploy

PLAN = """\
 Seq Scan on t  (cost=0.00..10.00 rows=1 width=4) (actual time=0.1..0.2 rows=1 loops=1)
 Execution Time: 0.3 ms
"""


def problems(files: dict[str, str]) -> list[tuple[str, str]]:
    """Kind and category of every problem."""
    return [(one.kind, one.problem.category) for one in deploy(files).problems]


def test_nothing() -> None:
    deployment = assemble([], MemoryTree({}), Given(), name="x")

    assert (deployment.name, deployment.proxies, deployment.applications) == ("x", (), ())
    assert (deployment.databases, deployment.engines, deployment.notes) == ((), (), ())


def test_files_that_could_not_be_opened() -> None:
    problem = Problem("is binary", Location("a.conf", 1), category="unreadable")
    deployment = assemble([], MemoryTree({}), Given(), name="x", problems=[problem])

    assert [(one.kind, one.problem) for one in deployment.problems] == [("file", problem)]


def test_every_kind_of_file_says_what_is_wrong() -> None:
    files = {
        "compose.yaml": "services: [\n",
        "postgresql.conf": "work_mem = 'open\n",
        "nginx.conf": "http {\n",
        "gunicorn.conf.py": "workers = (\n",
        "db.py": "from sqlalchemy import create_engine\ncreate_engine(\n",
        "poetry.lock": "",
        "Pipfile.lock": "{",
        "slow.plan": "[{",
    }
    kinds = {kind for kind, _ in problems(files)}

    assert kinds == {"compose", "postgresql", "nginx", "gunicorn", "python", "requirements", "plan"}


def test_templates() -> None:
    files = {
        "postgresql.conf": "work_mem = {{ work_mem }}\nmax_connections = {{ many }}\n",
        "nginx.conf": NGINX % "{{ app }}:8000",
    }
    found = [one.problem for one in deploy(files).problems if one.problem.category == "template"]

    assert [one.message for one in found] == [
        "postgresql.conf is a template: 2 values filled in later are not known",
        "nginx.conf is a template: values filled in later are not known",
    ]
    assert str(found[0].location) == "postgresql.conf:1"


def test_one_value_of_a_template() -> None:
    (found,) = deploy({"postgresql.conf": "work_mem = {{ x }}\n"}).problems

    assert found.problem.message.endswith("1 value filled in later is not known")


def test_what_is_not_wrong_is_a_note() -> None:
    deployment = deploy({"postgresql.conf": "include_dir 'conf.d'\nwork_mem = 8MB\n"})

    assert deployment.problems == ()
    assert deployment.notes[0].startswith("postgresql.conf:1: include_dir")


def test_includes_that_lead_nowhere_are_notes() -> None:
    text = "events {}\nhttp { server { listen 80; } include conf.d/*.conf;\ninclude mime.types; }\n"

    (note,) = deploy({"nginx.conf": text}).notes
    assert note.startswith("nginx.conf:2: ")


def test_plans() -> None:
    ((path, plan),) = deploy({"slow.plan": PLAN}).plans

    assert (path, plan.execution_ms) == ("slow.plan", 0.3)
