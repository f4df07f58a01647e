"""Deployments behind PgBouncer: every rule about it fires where it should, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from advisor.facts.collect import collect
from tests.support.deployments import deploy
from tests.support.tune import findings_of

OWN = {f"STK{number:03}" for number in (1, 2, 3, 4, 6, 7, 8, 14, 15, 16, 17, 18)}
"""Rules about connections and about what a pooler does to them."""
COMPOSE = """\
services:
  web:
    build: .
    command: gunicorn -w 4 {flags} -b 0.0.0.0:8000 shop.wsgi
    environment: {{DJANGO_SETTINGS_MODULE: shop.settings}}
  pgbouncer:
    image: edoburu/pgbouncer:v{version}-p0
    volumes: ["./pgbouncer.ini:/etc/pgbouncer/pgbouncer.ini"]
  db:
    image: postgres:16
    command: postgres -c max_connections=100
"""
INI = """\
[databases]
shop = host=db dbname=shop

[pgbouncer]
pool_mode = {mode}
max_client_conn = {clients}
default_pool_size = {size}
"""
ASYNCPG = """\
from sqlalchemy.ext.asyncio import create_async_engine
engine = create_async_engine(
    "postgresql+asyncpg://shop@pgbouncer:6432/shop",
    pool_size=10,
    max_overflow=5,{arguments}
)
"""
CAREFUL = """
    connect_args={
        "statement_cache_size": 0,
        "prepared_statement_cache_size": 0,
        "prepared_statement_name_func": lambda: f"__{uuid4()}__",
    },"""
SENDS = """
    connect_args={"server_settings": {"statement_timeout": "5000"}},"""
DJANGO = """\
DATABASES = {{
    "default": {{
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "pgbouncer",
        "PORT": 6432,{options}
    }},
}}
"""
UVICORN = "-k uvicorn_worker.UvicornWorker"


def stack(
    code: Mapping[str, str],
    *,
    flags: str = "",
    version: str = "1.20.1",
    mode: str = "transaction",
    clients: int = 400,
    size: int = 20,
) -> dict[str, str]:
    return {
        "compose.yaml": COMPOSE.format(flags=flags, version=version),
        "pgbouncer.ini": INI.format(mode=mode, clients=clients, size=size),
        **code,
    }


def asyncpg(arguments: str = "") -> dict[str, str]:
    return {"shop/db.py": ASYNCPG.format(arguments=arguments)}


def django(options: str = "") -> dict[str, str]:
    return {"shop/settings.py": DJANGO.format(options=options)}


def places(files: dict[str, str]) -> dict[str, str]:
    """Where each rule fires."""
    marks = {one.code: one.mark for one in findings_of(collect(deploy(files))) if one.code in OWN}
    assert all(marks.values())
    return {
        code: f"{mark.location.path}:{mark.location.line}" for code, mark in marks.items() if mark
    }


class TestAsyncpg:
    def test_with_transaction_pooling(self) -> None:
        assert places(stack(asyncpg(), flags=UVICORN)) == {"STK014": "shop/db.py:2"}

    @pytest.mark.parametrize(
        ("arguments", "version", "mode"),
        [
            (CAREFUL, "1.20.1", "transaction"),
            ("", "1.24.0", "transaction"),
            ("", "1.20.1", "session"),
        ],
    )
    def test_where_it_works(self, arguments: str, version: str, mode: str) -> None:
        files = stack(asyncpg(arguments), flags=UVICORN, version=version, mode=mode)

        assert places(files) == {}

    def test_a_parameter_that_is_refused(self) -> None:
        files = stack(asyncpg(SENDS), flags=UVICORN, version="1.24.0")

        assert places(files) == {"STK018": "shop/db.py:2"}

    def test_more_clients_than_it_takes(self) -> None:
        files = stack(asyncpg(), flags=UVICORN, version="1.24.0", clients=50)

        assert places(files) == {"STK007": "pgbouncer.ini:6"}

    def test_a_pool_that_the_server_cannot_serve(self) -> None:
        files = stack(asyncpg(), flags=UVICORN, version="1.24.0", size=120)

        assert places(files) == {"STK008": "pgbouncer.ini:7"}

    def test_a_session_that_is_lost(self) -> None:
        files = stack(asyncpg(), flags=UVICORN, version="1.24.0")
        files["shop/jobs.py"] = "async def wait(c):\n    await c.execute('LISTEN jobs')\n"

        assert places(files) == {"STK017": "shop/jobs.py:2"}


class TestDjango:
    def test_with_cursors_on_the_server(self) -> None:
        assert places(stack(django())) == {"STK016": "shop/settings.py:2"}

    @pytest.mark.parametrize(
        ("options", "mode"),
        [('\n        "DISABLE_SERVER_SIDE_CURSORS": True,', "transaction"), ("", "session")],
    )
    def test_where_it_works(self, options: str, mode: str) -> None:
        assert places(stack(django(options), mode=mode)) == {}

    def test_prepared_statements_that_were_asked_for(self) -> None:
        options = '\n        "DISABLE_SERVER_SIDE_CURSORS": True,'
        options += '\n        "OPTIONS": {"prepare_threshold": 5},'

        assert set(places(stack(django(options)))) == {"STK015"}


def test_one_of_the_right_size_is_left_alone() -> None:
    files = stack(asyncpg(), flags=UVICORN, version="1.24.0", clients=200, size=20)

    assert places(files) == {}
