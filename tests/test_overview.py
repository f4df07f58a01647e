"""The deployment at a glance: its stack on one line, its edges with numbers, its facts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from advisor.audit import read_deployment
from advisor.facts.collect import collect
from advisor.model import FactRow, Given
from advisor.overview import diagram, fact_rows, stack_line
from tests.support.deployments import NGINX, UVICORN, Plain, deploy

DEPLOYS = Path(__file__).parents[1] / "fixtures" / "deploys"
ENGINE = "from sqlalchemy import create_engine\nengine = create_engine('postgresql://db/x'%s)\n"
PLAN = " Seq Scan on t  (cost=0.00..10.00 rows=1 width=4)\n"


def rows(
    files: Mapping[str, str], *, host: Plain | None = None, target: Plain | None = None
) -> dict[str, FactRow]:
    """Listed facts by name."""
    return {one.name: one for one in fact_rows(collect(deploy(files, host=host, target=target)))}


class TestStackLine:
    @pytest.mark.parametrize(
        ("files", "line"),
        [
            ({}, ""),
            ({"nginx.conf": NGINX % "x:1"}, "nginx"),
            ({"gunicorn.conf.py": "workers = 1\n"}, "gunicorn, 1 sync worker"),
            ({"gunicorn.conf.py": "workers = n()\n"}, "gunicorn, sync workers"),
            ({"gunicorn.conf.py": "workers = n()\nworker_class = f()\n"}, "gunicorn"),
            ({"gunicorn.conf.py": "workers = 2\nworker_class = f()\n"}, "gunicorn, 2 workers"),
            ({"db.py": ENGINE % ""}, "SQLAlchemy 5 + 10"),
            ({"db.py": ENGINE % ", pool_size=n()"}, "SQLAlchemy"),
            ({"db.py": ENGINE % "", "b.py": ENGINE % ""}, "SQLAlchemy, 2 engines"),
            ({"alembic/env.py": ENGINE % ""}, ""),
            ({"postgresql.conf": ""}, "PostgreSQL"),
            ({"a.plan": PLAN}, "1 query plan"),
            ({"a.plan": PLAN, "b.plan": PLAN}, "2 query plans"),
            ({"a.plan": PLAN, "postgresql.conf": ""}, "PostgreSQL"),
        ],
    )
    def test_one_line(self, files: dict[str, str], line: str) -> None:
        assert stack_line(deploy(files)) == line

    def test_the_guide(self) -> None:
        assert stack_line(read_deployment(DEPLOYS / "guide", Given())) == (
            "nginx 1.30 → gunicorn, 9 uvicorn workers → SQLAlchemy 20 + 10 → PostgreSQL 16"
        )

    def test_equal_parts_are_counted(self) -> None:
        files = {"a/gunicorn.conf.py": "", "b/gunicorn.conf.py": "", "c/gunicorn.conf.py": UVICORN}

        assert stack_line(deploy(files)) == (
            "2 × gunicorn, 1 sync worker + gunicorn, 1 uvicorn worker"
        )

    def test_fragments_are_one_nginx(self) -> None:
        site = "server { listen 80; location / { return 204; } }\n"
        files = {"c/a.conf": site, "c/b.conf": site}
        mounted = "services: {w: {image: 'nginx:1.27', volumes: ['./c:/etc/nginx/conf.d']}}"

        assert stack_line(deploy(files)) == "nginx"
        assert stack_line(deploy({**files, "compose.yaml": mounted})) == "nginx 1.27"


class TestDiagram:
    STACK: ClassVar = {
        "nginx.conf": NGINX % "127.0.0.1:8000",
        "gunicorn.conf.py": UVICORN + "workers = 2\n",
        "db.py": ENGINE % "",
        "postgresql.conf": "max_connections = 100\n",
    }

    def edges(self, **target: object) -> tuple[tuple[str, str, str], ...]:
        return diagram(deploy(self.STACK, target=target))

    def test_numbers_on_the_edges(self) -> None:
        assert self.edges(nginx="1.30.0", postgresql=16) == (
            ("nginx 1.30", "reused for 60 s", "gunicorn, 2 uvicorn workers"),
            ("gunicorn, 2 uvicorn workers", "2 workers × 15 = 30 of 97", "PostgreSQL 16"),
        )

    def test_an_old_nginx(self) -> None:
        assert self.edges(nginx="1.24.0")[0][1] == "a connection per request"

    def test_what_is_not_known_is_not_said(self) -> None:
        assert self.edges()[0][1] == ""

    def test_addresses_without_an_upstream(self) -> None:
        text = "events {}\nhttp { server { location / { proxy_pass http://127.0.0.1:8000; } } }\n"
        found = diagram(deploy({**self.STACK, "nginx.conf": text}))

        assert found[0][1] == "a connection per request"

    def test_a_time_that_is_not_known(self) -> None:
        text = NGINX % "127.0.0.1:8000; keepalive_timeout 1x"
        found = diagram(deploy({**self.STACK, "nginx.conf": text}, target={"nginx": "1.30"}))

        assert found[0][1] == "reused"

    def test_connections_that_are_not_known(self) -> None:
        files = {**self.STACK, "gunicorn.conf.py": "workers = n()\n"}

        assert [label for _, label, _ in diagram(deploy(files))] == ["", ""]

    def test_nothing_is_connected(self) -> None:
        assert diagram(deploy({"nginx.conf": NGINX % "x:1"})) == ()


class TestFactRows:
    def test_what_is_written_is_listed(self) -> None:
        found = rows({"postgresql.conf": "work_mem = 8MB\n"}, target={"postgresql": 16})

        assert found["pg.work_mem"].value == "8 MB"
        assert str(found["pg.work_mem"].location) == "postgresql.conf:1"
        assert "pg.shared_buffers" not in found

    def test_hosts_are_always_listed(self) -> None:
        found = rows({"postgresql.conf": ""})

        assert found["host.cpus"].origin is None
        assert found["host.cpus"].note == "the number of cpus is not stated"
        assert rows({"postgresql.conf": ""}, host={"cpus": 4})["host.cpus"].value == "4"

    def test_lists_are_not(self) -> None:
        found = rows({"nginx.conf": NGINX % "x:1"})

        assert "upstream.locations" not in found
        assert found["upstream.name"].value == "backend"

    def test_every_row_names_its_subject(self) -> None:
        subjects = {one.subject for one in rows(TestDiagram.STACK).values()}

        assert "gunicorn.conf.py" in subjects
        assert "upstream backend" in subjects
