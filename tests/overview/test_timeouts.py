"""Timeouts in their order, and those that end too late."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from advisor.model import Order, TimeoutStep, Wait
from advisor.overview import timeouts
from tests.support.deployments import NGINX, UVICORN, Plain, deploy
from tests.support.stacks import POOLED, STACK


def chain(
    files: Mapping[str, str], *, target: Plain | None = None
) -> list[tuple[Wait, float | None, Order]]:
    return [(one.wait, one.seconds, one.order) for one in steps(files, target=target)]


def steps(files: Mapping[str, str], *, target: Plain | None = None) -> tuple[TimeoutStep, ...]:
    """Those of the only application."""
    (found,) = timeouts(deploy(files, target=target))
    return found.steps


def one(files: Mapping[str, str], wait: Wait, **target: object) -> TimeoutStep:
    (found,) = (step for step in steps(files, target=target) if step.wait is wait)
    return found


def engine(arguments: str, driver: str = "psycopg2") -> dict[str, str]:
    text = f"create_engine('postgresql+{driver}://db/x', {arguments})"
    return {**STACK, "db.py": f"from sqlalchemy import create_engine\nengine = {text}\n"}


def test_from_the_inside_of_a_request_to_its_outside() -> None:
    assert chain(STACK, target={"postgresql": 16, "nginx": "1.30"}) == [
        (Wait.CONNECT, None, Order.UNLIMITED),
        (Wait.POOL, 30, Order.FITS),
        (Wait.STATEMENT, None, Order.UNLIMITED),
        (Wait.WORKER, 30, Order.IDLE),
        (Wait.PROXY, 60, Order.FITS),
        (Wait.BALANCER, None, Order.UNKNOWN),
    ]


def test_what_outlives_the_proxy_is_out_of_order() -> None:
    """Equal is too late as well: who of the two comes first is chance."""
    assert chain(POOLED) == [
        (Wait.CONNECT, 3, Order.FITS),
        (Wait.POOL, 20, Order.LATE),
        (Wait.POOLER, 120, Order.LATE),
        (Wait.STATEMENT, 30, Order.LATE),
        (Wait.WORKER, 30, Order.LATE),
        (Wait.PROXY, 20, Order.FITS),
        (Wait.BALANCER, None, Order.UNKNOWN),
    ]
    assert one(POOLED, Wait.POOLER).note == (
        "default of PgBouncer; proxy_read_timeout ends the request after 20 s"
    )


def test_the_worker_s_deadline_counts_for_synchronous_workers_only() -> None:
    slow = engine("pool_timeout=45")
    sync = {**slow, "gunicorn.conf.py": "workers = 2\n"}

    assert one(slow, Wait.POOL).order is Order.FITS
    assert one(slow, Wait.WORKER).note == "a heartbeat of uvicorn workers"
    assert one(sync, Wait.POOL).order is Order.LATE
    assert one(sync, Wait.POOL).note == "timeout ends the request after 30 s"
    assert one(sync, Wait.WORKER).order is Order.FITS


@pytest.mark.parametrize(
    ("settings", "order"),
    [
        ("timeout = 0", Order.UNLIMITED),
        ("timeout = f()", Order.UNKNOWN),
        ("worker_class = f()", Order.IDLE),
    ],
)
def test_workers_without_a_deadline_that_is_known(settings: str, order: Order) -> None:
    files = {**STACK, "gunicorn.conf.py": f"workers = 2\n{settings}\n"}

    assert one(files, Wait.WORKER).order is order


@pytest.mark.parametrize(
    ("arguments", "driver", "seconds", "order"),
    [
        ("connect_args={'connect_timeout': 5}", "psycopg2", 5, Order.FITS),
        ("connect_args={'connect_timeout': '90'}", "psycopg2", 90, Order.LATE),
        ("connect_args={'connect_timeout': 'x'}", "psycopg2", None, Order.UNKNOWN),
        ("connect_args={'connect_timeout': 0}", "psycopg2", None, Order.UNLIMITED),
        ("connect_args=f()", "psycopg2", None, Order.UNKNOWN),
        ("**options()", "psycopg2", None, Order.UNKNOWN),
        ("", "psycopg2", None, Order.UNLIMITED),
        ("", "psycopg", None, Order.UNKNOWN),
        ("", "asyncpg", 60, Order.LATE),
        ("connect_args={'timeout': 4}", "asyncpg", 4, Order.FITS),
        ("", "pg8000", None, Order.UNKNOWN),
    ],
)
def test_connecting(arguments: str, driver: str, seconds: float | None, order: Order) -> None:
    """What a driver does when nothing is set: libpq waits for ever, asyncpg a minute."""
    step = one(engine(arguments, driver), Wait.CONNECT, nginx="1.30")

    assert (step.seconds, step.order) == (seconds, order)


def test_the_time_to_connect_may_stand_in_the_url() -> None:
    text = STACK["db.py"].replace("//db/x", "//db/x?connect_timeout=7")

    assert one({**STACK, "db.py": text}, Wait.CONNECT).seconds == 7


def test_an_engine_without_a_queue_waits_for_no_pool() -> None:
    text = "poolclass=NullPool"
    files = engine(text)
    files["db.py"] = "from sqlalchemy.pool import NullPool\n" + files["db.py"]

    assert Wait.POOL not in {step.wait for step in steps(files)}


@pytest.mark.parametrize(
    "arguments",
    [
        "connect_args={'options': '-c statement_timeout=5000'}",
        "connect_args={'server_settings': {'statement_timeout': '5000'}}",
    ],
)
def test_a_statement_timeout_of_the_connection_is_not_the_server_s(arguments: str) -> None:
    files = {**engine(arguments), "postgresql.conf": "statement_timeout = 90s\n"}
    step = one(files, Wait.STATEMENT)

    assert (step.seconds, step.order, step.note) == (
        None,
        Order.UNKNOWN,
        "the connection sets it",
    )


@pytest.mark.parametrize(
    ("written", "seconds", "order"),
    [
        ("0", 0, Order.FITS),
        ("None", None, Order.UNLIMITED),
        ("7.5", 7.5, Order.FITS),
        ("60", 60, Order.LATE),
        ("n()", None, Order.UNKNOWN),
    ],
)
def test_the_wait_for_the_pool(written: str, seconds: float | None, order: Order) -> None:
    """QueuePool fails at once with 0 and waits for ever with None."""
    step = one(engine(f"pool_timeout={written}"), Wait.POOL, nginx="1.30")

    assert (step.seconds, step.order) == (seconds, order)


class TestProxy:
    def test_zero_seconds_are_no_time(self) -> None:
        """nginx answers 504 at once, so everything inside of the request ends too late."""
        text = (NGINX % "127.0.0.1:8000").replace("location /", "proxy_read_timeout 0; location /")
        files = {**STACK, "nginx.conf": text}

        assert (one(files, Wait.PROXY).seconds, one(files, Wait.POOL).order) == (0, Order.LATE)

    def test_the_shortest_time_of_all_locations_counts(self) -> None:
        text = """\
events {}
http {
  upstream backend { server 127.0.0.1:8000; }
  server {
    location / { proxy_pass http://backend; proxy_read_timeout 50s; }
    location /fast { proxy_pass http://backend; proxy_read_timeout 10s; }
    location /live { proxy_pass http://backend; proxy_read_timeout 1h; }
  }
}
"""
        step = one({**STACK, "nginx.conf": text}, Wait.PROXY)

        assert (step.seconds, str(step.location)) == (10, "nginx.conf:6")

    def test_one_that_is_not_known_may_be_shorter(self) -> None:
        text = (NGINX % "127.0.0.1:8000").replace(
            "location /", "location /a { proxy_pass http://backend; include /etc/x; } location /"
        )
        step = one({**STACK, "nginx.conf": text}, Wait.PROXY)

        assert (step.seconds, step.order) == (None, Order.UNKNOWN)

    def test_addresses_without_an_upstream(self) -> None:
        text = (
            "events {}\nhttp { server { location / { proxy_read_timeout 25s;"
            " proxy_pass http://127.0.0.1:8000; } } }\n"
        )

        assert one({**STACK, "nginx.conf": text}, Wait.PROXY).seconds == 25


def test_an_application_that_nothing_leads_to_or_from_has_no_chain() -> None:
    assert list(timeouts(deploy({"gunicorn.conf.py": UVICORN}))) == []
