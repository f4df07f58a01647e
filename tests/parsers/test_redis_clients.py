"""How Python code uses Redis: what is kept there, and by which clients."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model import Unknown, Value
from advisor.parsers.redis_clients import (
    Client,
    Target,
    find_redis,
    role_of_variable,
    target_of,
)


def uses(text: str, env: dict[str, str] | None = None) -> list[tuple[str, str, str]]:
    """Role, host and database of everything that is kept."""
    found = find_redis("shop/settings.py", text, env=env).uses
    return [(one.role, one.target.host, one.target.database) for one in found]


def clients(text: str) -> list[tuple[str, str, dict[str, object]]]:
    """Class, host and arguments; what is not known as ``?``."""
    found = find_redis("shop/cache.py", text).clients
    return [(one.name, one.target.host, _values(one)) for one in found]


def _values(client: Client) -> dict[str, object]:
    return {
        name: "?" if isinstance(one, Unknown) else one.value
        for name, one in client.arguments.items()
    }


def test_caches_of_django() -> None:
    text = """\
CACHES = {
    "default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://one:6379/2"},
    "pages": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ["redis://two:6380", "redis://three"],
        "TIMEOUT": None,
    },
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
"""
    found = find_redis("settings.py", text).uses

    assert [(one.role, one.target) for one in found] == [
        ("cache", Target("one", 6379, "2")),
        ("cache", Target("two", 6380, "0")),
    ]
    assert [one.keeps.line if one.keeps else 0 for one in found] == [0, 6]


def test_variables_are_those_of_the_deployment() -> None:
    text = (
        "import os\n"
        'CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache",\n'
        '    "LOCATION": os.environ["CACHE"]}}\n'
    )

    assert uses(text, {"CACHE": "redis://cache/3"}) == [("cache", "cache", "3")]
    assert uses(text) == [("cache", "", "0")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('CELERY_BROKER_URL = "redis://queue/1"\n', [("broker", "queue", "1")]),
        ('# celery\nbroker_url = "redis://queue"\n', [("broker", "queue", "0")]),
        ('broker_url = "redis://queue"\n', []),
        ('CELERY_RESULT_BACKEND = "rediss://:pw@queue:7000/5"\n', [("results", "queue", "5")]),
        ('CELERY_BROKER_URL = "amqp://queue"\n', []),
        (
            'from celery import Celery\nCelery("x", broker="redis://q/1", backend="redis://q/2")\n',
            [("broker", "q", "1"), ("results", "q", "2")],
        ),
        (
            'import celery\ncelery.Celery("x", broker="unix:///run/redis.sock")\n',
            [("broker", "", "run/redis.sock")],
        ),
    ],
)
def test_celery(text: str, expected: list[tuple[str, str, str]]) -> None:
    """Names in small letters mean Celery only where the file says so."""
    assert uses(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import redis\nredis.Redis()\n", [("Redis", "localhost", {})]),
        (
            "import redis\nredis.Redis('cache', 6380, socket_timeout=5)\n",
            [("Redis", "cache", {"socket_timeout": 5})],
        ),
        (
            "from redis import ConnectionPool as P\nP(host='cache', max_connections=9)\n",
            [("ConnectionPool", "cache", {"max_connections": 9})],
        ),
        (
            "import redis.asyncio as aio\naio.BlockingConnectionPool.from_url('redis://cache/1')\n",
            [("BlockingConnectionPool", "cache", {})],
        ),
        (
            "from redis.asyncio import from_url\nfrom_url('redis://cache', socket_timeout=None)\n",
            [("Redis", "cache", {"socket_timeout": None})],
        ),
        (
            "import redis\ndef make(wait):\n    return redis.Redis('h', socket_timeout=wait)\n",
            [("Redis", "h", {"socket_timeout": "?"})],
        ),
        (
            "import redis\np = redis.ConnectionPool(host='h')\nredis.Redis(connection_pool=p)\n",
            [("ConnectionPool", "h", {})],
        ),
        ("class Redis: ...\nRedis()\n", []),
        ("import redis\nredis.Redis", []),
    ],
)
def test_clients(text: str, expected: list[tuple[str, str, dict[str, object]]]) -> None:
    """A client that is given a pool says nothing of its own."""
    assert clients(text) == expected


LATE = 'CELERY_BROKER_URL = "redis://q"\nCELERY_TASK_ACKS_LATE = True\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LATE, None),
        (LATE + "CELERY_TASK_TIME_LIMIT = 7200\n", (3600, 7200)),
        (
            LATE + "CELERY_TASK_TIME_LIMIT = 60 * 60\n"
            "CELERY_BROKER_TRANSPORT_OPTIONS = {'visibility_timeout': 900}\n",
            (900, 3600),
        ),
        (LATE + "CELERY_TASK_TIME_LIMIT = limit()\n", None),
        (LATE.replace("True", "False") + "CELERY_TASK_TIME_LIMIT = 7200\n", None),
        (
            '# celery\nbroker_url = "redis://q"\ntask_acks_late = True\ntask_time_limit = 9\n',
            (3600, 9),
        ),
    ],
)
def test_when_tasks_are_delivered_again(text: str, expected: tuple[float, float] | None) -> None:
    """Only of tasks that are acknowledged when they are done."""
    (use,) = find_redis("settings.py", text).uses
    found = use.redelivery

    assert (found and (found.after, found.limit)) == expected


def test_asynchronous_clients_are_told_apart() -> None:
    text = "import redis\nimport redis.asyncio\nredis.Redis()\nredis.asyncio.Redis()\n"
    found = find_redis("cache.py", text).clients

    assert [one.is_async for one in found] == [False, True]


def test_arguments_that_come_from_elsewhere_leave_it_open() -> None:
    (client,) = find_redis("cache.py", "import redis\nredis.Redis(**options())\n").clients

    assert client.open


def test_values_have_their_place() -> None:
    (client,) = find_redis("cache.py", "import redis\nredis.Redis(\n  socket_timeout=5)\n").clients
    timeout = client.arguments["socket_timeout"]

    assert isinstance(timeout, Value)
    assert (timeout.location.line if timeout.location else 0, client.location.line) == (3, 2)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("CELERY_BROKER_URL", "broker"),
        ("CELERY_RESULT_BACKEND", "results"),
        ("RQ_REDIS_URL", "broker"),
        ("CACHE_URL", "cache"),
        ("SESSION_REDIS", "session"),
        ("REDIS_URL", "other"),
        ("MARQUEE_REDIS", "other"),
    ],
)
def test_variables_by_their_names(name: str, role: str) -> None:
    assert role_of_variable(name) == role


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("redis://cache", Target("cache", 6379, "0")),
        ("rediss://user:pw@cache:6380/4", Target("cache", 6380, "4")),
        ("redis://cache?db=7", Target("cache", 6379, "7")),
        ("postgresql://db/shop", None),
        ("cache:6379", None),
    ],
)
def test_urls(url: str, target: Target | None) -> None:
    assert target_of(url) == target


@given(st.text(max_size=300))
def test_nothing_crashes(text: str) -> None:
    code = find_redis("x.py", f"import redis\nCACHES = {{}}\n{text}")

    assert code.path == "x.py"
