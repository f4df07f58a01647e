"""Facts of programs whose service limits the files that they may open."""

from __future__ import annotations

import pytest

from tests.support.deployments import facts_of, known, subjects, unknown

NGINX = "%sevents { worker_connections 512; }\nhttp { server { listen 80; root /srv; } }\n"
COMPOSE = """\
services:
  proxy:
    image: nginx:1.30
    volumes: ["./nginx.conf:/etc/nginx/nginx.conf"]
%s
"""
POOLER = """\
services:
  pgbouncer:
    image: bitnami/pgbouncer:1.24.0
    volumes: ["./pgbouncer.ini:/bitnami/pgbouncer/conf/pgbouncer.ini"]
    ulimits: {nofile: 1000}
%s
"""
INI = "[databases]\na = host=db\nb = host=db\n[pgbouncer]\nmax_client_conn = 900\n%s\n"


@pytest.mark.parametrize(
    ("main", "ulimits", "limit"),
    [
        ("", "    ulimits: {nofile: 1000}", 1000),
        ("", "    ulimits: {nofile: {soft: 100, hard: 1000}}", 100),
        ("", "    ulimits: {nofile: -1}", None),
        ("worker_rlimit_nofile 4096;\n", "    ulimits: {nofile: 1000}", None),
    ],
)
def test_nginx(main: str, ulimits: str, limit: int | None) -> None:
    files = {"compose.yaml": COMPOSE % ulimits, "nginx.conf": NGINX % main}
    facts = facts_of(files, "stack.files")

    assert known(facts, "files.limit") == limit
    assert known(facts, "files.needed") == 512
    assert known(facts, "files.formula") == "worker_connections 512"
    assert known(facts, "files.program") == "nginx of service proxy"


def test_without_a_limit_there_is_nothing_to_say() -> None:
    files = {"compose.yaml": COMPOSE % "", "nginx.conf": NGINX % ""}

    assert subjects(files, "stack.files") == []


@pytest.mark.parametrize(
    ("ini", "compose", "needed", "formula"),
    [
        ("", "", 940, "max_client_conn 900 + 40 connections to the server"),
        ("default_pool_size = 5", "", 910, "max_client_conn 900 + 10 connections to the server"),
        (
            "default_pool_size = 5",
            "    deploy: {replicas: 3}",
            910,
            "max_client_conn 900 + 10 connections to the server",
        ),
        ("default_pool_size = ${POOL}", "", 900, "max_client_conn 900"),
    ],
)
def test_pgbouncer(ini: str, compose: str, needed: int, formula: str) -> None:
    """Each copy opens files of its own."""
    facts = facts_of({"compose.yaml": POOLER % compose, "pgbouncer.ini": INI % ini}, "stack.files")

    assert known(facts, "files.limit") == 1000
    assert known(facts, "files.needed") == needed
    assert known(facts, "files.formula") == formula


def test_clients_that_are_not_known() -> None:
    ini = "[databases]\na = host=db\n[pgbouncer]\nmax_client_conn = ${CLIENTS}\n"
    facts = facts_of({"compose.yaml": POOLER % "", "pgbouncer.ini": ini}, "stack.files")

    assert unknown(facts, "files.needed").reason
