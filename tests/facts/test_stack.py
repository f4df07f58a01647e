"""Facts across layers: servers with applications, upstreams with applications, engines in them."""

from __future__ import annotations

from tests.support.deployments import NGINX, UVICORN, facts_of, known, subjects

ENGINE = "from sqlalchemy import create_engine\nengine = create_engine(%s)\n"
COMPOSE = """\
services:
  proxy: {image: "nginx:1.30", volumes: ["./nginx.conf:/etc/nginx/nginx.conf"]}
  web: {build: web, command: gunicorn -k uvicorn_worker.UvicornWorker -w 2 -b :8000 app}
  api: {build: api, command: gunicorn -k uvicorn_worker.UvicornWorker -w 9 -b :8000 app}
  db: {image: "postgres:16"}
"""
FILES = {
    "compose.yaml": COMPOSE,
    "nginx.conf": NGINX % "web:8000",
    "web/db.py": ENGINE % "'postgresql://db/x'",
    "api/db.py": ENGINE % "'postgresql://db/x', pool_size=7",
}


class TestDatabases:
    def test_the_largest_application_is_shown(self) -> None:
        facts = facts_of(FILES, "stack.database")

        assert known(facts, "gunicorn.name") == "service api"
        assert known(facts, "engine.pool_size") == 7
        assert known(facts, "connections.peak") == 2 * 15 + 9 * 17

    def test_an_unbounded_pool_before_any_other(self) -> None:
        files = {**FILES, "web/db.py": ENGINE % "'postgresql://db/x', max_overflow=-1"}
        facts = facts_of(files, "stack.database")

        assert known(facts, "gunicorn.name") == "service web"
        assert known(facts, "connections.unbounded") is True

    def test_direct_connections_before_pooled_ones(self) -> None:
        files = {**FILES, "api/db.py": ENGINE % "'postgresql://x:6432/x', pool_size=70"}
        facts = facts_of(files, "stack.database")

        assert known(facts, "gunicorn.name") == "service web"
        assert known(facts, "connections.peak") == 30

    def test_servers_without_applications(self) -> None:
        files = {"compose.yaml": COMPOSE, "postgresql.conf": ""}

        assert subjects(files, "stack.database") == []


class TestUpstreams:
    def test_the_application_behind(self) -> None:
        (subject,) = subjects(FILES, "stack.upstream")

        assert subject.name == "upstream backend"
        assert known(subject.facts, "gunicorn.name") == "service web"
        assert known(subject.facts, "upstream.backend") == "uvicorn"
        assert subject.location is not None
        assert subject.location.path == "compose.yaml"

    def test_addresses_without_an_upstream_are_none(self) -> None:
        text = "events {}\nhttp { server { location / { proxy_pass http://web:8000; } } }\n"

        assert subjects({**FILES, "nginx.conf": text}, "stack.upstream") == []


def test_engines_in_their_application() -> None:
    found = subjects(FILES, "stack.engine")

    assert [(one.name, one.path) for one in found] == [
        ("service web", "web/db.py"),
        ("service api", "api/db.py"),
    ]


def test_engines_of_nobody_are_left_out() -> None:
    files = {
        "gunicorn.conf.py": UVICORN,
        "x/gunicorn.conf.py": UVICORN,
        "db.py": FILES["web/db.py"],
    }

    assert [one.name for one in subjects(files, "stack.engine")] == ["gunicorn.conf.py"]
    assert len(subjects(files, "engine")) == 1
