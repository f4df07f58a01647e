"""The stack on one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.audit import read_deployment
from advisor.model import Given
from advisor.overview import stack_line
from tests.support.deployments import NGINX, UVICORN, deploy
from tests.support.stacks import POOLED

DEPLOYS = Path(__file__).parents[2] / "fixtures" / "deploys"
ENGINE = "from sqlalchemy import create_engine\nengine = create_engine('postgresql://db/x'%s)\n"
PLAN = " Seq Scan on t  (cost=0.00..10.00 rows=1 width=4)\n"


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
            ({"pgbouncer.ini": "[databases]\n* = host=db\n[pgbouncer]\n"}, "PgBouncer"),
            ({"pg_hba.conf": "host all all all md5\n"}, "pg_hba.conf"),
            (
                {"a/pg_hba.conf": "local all all peer\n", "b/pg_hba.conf": "local all all peer\n"},
                "2 pg_hba.conf files",
            ),
            ({"compose.yaml": "services: {a: {image: x}, b: {image: y}}\n"}, "2 services"),
            ({"schema.sql": "CREATE TABLE a (id int);\n"}, "1 table"),
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

    def test_a_pooler_stands_between(self) -> None:
        assert stack_line(deploy(POOLED)) == (
            "nginx 1.30 → gunicorn, 9 sync workers → SQLAlchemy 5 + 10 → PgBouncer 1.23"
            " → PostgreSQL 16"
        )
