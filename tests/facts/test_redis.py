"""Facts of Redis: in force, published, kept, and what clients wait for."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from advisor.audit import collect_example
from advisor.facts._redis_names import CLIENT, REDIS
from advisor.model import Unknown
from advisor.model.subject import Subject

COMPOSE = "services:\n  redis:\n    image: {}\n    {}\n"
APP = (
    "services:\n  web:\n    build: .\n    command: gunicorn -w 3 x:y\n  redis:\n    image: redis\n"
)
SETTINGS = (
    'CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache",'
    ' "LOCATION": "redis://redis/0"}}\n'
)


def subject(target: str, files: Mapping[str, str]) -> Subject:
    """The only subject of a target."""
    (found,) = (one for one in collect_example(files, {}, {}) if one.target == target)
    return found


def fact(target: str, name: str, files: Mapping[str, str]) -> object:
    """A value; what is not known as its reason."""
    one = subject(target, files).facts[name]
    return one.reason if isinstance(one, Unknown) else one.value


def server(name: str, line: str = "init: true", image: str = "redis:7.2") -> object:
    """A fact of a service with one more line."""
    return fact("redis", f"redis.{name}", {"compose.yaml": COMPOSE.format(image, line)})


def test_every_fact_is_in_the_table() -> None:
    files = {"compose.yaml": APP, "x.py": "import redis\nredis.Redis('redis')\n"}
    names = set(subject("redis", files).facts)
    client = set(subject("redis.client", files).facts)

    assert {one for one in names if one.startswith("redis.")} == {f"redis.{one}" for one in REDIS}
    assert client == {f"client.{one}" for one in CLIENT}


def test_the_official_image_is_built_without_protection() -> None:
    assert server("protected_mode") is False
    assert server("protected_mode", image="valkey/valkey:8") == (
        "images are built with protected-mode on or off"
    )
    assert fact("redis", "redis.protected_mode", {"redis.conf": "maxmemory 1gb\n"}) is True


@pytest.mark.parametrize(
    ("line", "published"),
    [
        ('ports: ["6379:6379"]', True),
        ('ports: ["0.0.0.0:6379:6379"]', True),
        ('ports: ["127.0.0.1:6379:6379"]', False),
        ('expose: ["6379"]', False),
        ("network_mode: host", True),
    ],
)
def test_published_ports(line: str, published: bool) -> None:  # noqa: FBT001 - a fact's value
    assert server("published", line) is published


CLUSTERED = """\
apiVersion: v1
kind: Service
metadata: {name: redis%s}
spec:
  selector: {app: redis}
  ports: [{port: 6379, targetPort: %s}]
  %s
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: redis}
spec:
  template:
    metadata: {labels: {app: redis}}
    spec:
      containers:
        - {name: redis, image: "redis:7.2", ports: [{containerPort: 6379}]}
        - {name: exporter, image: "redis_exporter:1", ports: [{containerPort: 9121}]}
"""
INTERNAL = ", annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: 'true'}"


@pytest.mark.parametrize(
    ("annotations", "port", "line", "published"),
    [
        ("", 6379, "type: LoadBalancer", True),
        ("", 6379, "type: NodePort", True),
        ("", 6379, "type: ClusterIP", False),
        ("", 6379, "sessionAffinity: None", False),
        ("", 9121, "type: LoadBalancer", False),
        (INTERNAL, 6379, "type: LoadBalancer", False),
        ("", 6379, "type: LoadBalancer\n  loadBalancerSourceRanges: [10.0.0.0/8]", False),
        ("", 6379, "type: LoadBalancer\n  loadBalancerSourceRanges: [0.0.0.0/0]", True),
    ],
)
def test_services_that_open_a_port(
    annotations: str,
    port: int,
    line: str,
    published: bool,  # noqa: FBT001 - a fact's value
) -> None:
    files = {"k8s.yaml": CLUSTERED % (annotations, port, line)}
    one = subject("redis", files).facts["redis.published"]

    assert not isinstance(one, Unknown)
    assert one.value is published
    assert not published or str(one.location) == "k8s.yaml:7"


@pytest.mark.parametrize(
    ("text", "listens", "published"),
    [
        ("bind 127.0.0.1 -::1\nmaxmemory 1gb\n", False, False),
        ("bind 10.0.0.5 127.0.0.1\nmaxmemory 1gb\n", True, True),
        ("maxmemory 1gb\n", True, True),
    ],
)
def test_where_a_file_makes_it_listen(text: str, listens: bool, published: bool) -> None:  # noqa: FBT001
    files = {"redis.conf": text}

    assert fact("redis", "redis.listens", files) is listens
    assert fact("redis", "redis.published", files) is published


@pytest.mark.parametrize(
    ("command", "persistent"),
    [
        ("redis-server", True),
        ("redis-server --save ''", False),
        ("redis-server --save '' --appendonly yes", True),
    ],
)
def test_what_is_written_to_disk(command: str, persistent: bool) -> None:  # noqa: FBT001 - a fact
    assert server("persistent", f"command: {command}") is persistent


def test_limits_of_the_container() -> None:
    assert server("limit", "mem_limit: 512m") == 512 * 1024**2
    assert server("limit") is None
    assert server("nofile", "ulimits: {nofile: {soft: 1024, hard: 4096}}") == 4096
    assert server("somaxconn", "sysctls: {net.core.somaxconn: 128}") == 128


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({}, True),
        ({"x.py": "import redis\nredis.Redis('redis')\n"}, "what else is kept in it is not known"),
        ({"t.py": 'CELERY_BROKER_URL = "redis://redis/1"\n'}, False),
    ],
)
def test_whether_it_is_a_cache_and_nothing_else(extra: Mapping[str, str], expected: object) -> None:
    files = {"compose.yaml": COMPOSE.format("redis:7", "init: true"), "settings.py": SETTINGS}

    assert fact("redis", "redis.only_cache", {**files, **extra}) == expected


@pytest.mark.parametrize(
    ("call", "version", "waits", "size"),
    [
        ("Redis('redis')", "5.0.1", True, None),
        ("Redis('redis')", "8.0.0", False, 100),
        ("Redis('redis', socket_timeout=3)", "5.0.1", False, None),
        ("Redis('redis', socket_timeout=None)", "8.1.0", True, 100),
        ("BlockingConnectionPool(host='redis')", "5.0.1", True, 50),
        ("ConnectionPool(host='redis', max_connections=7)", "7.1.0", True, 7),
    ],
)
def test_clients(call: str, version: str, waits: bool, size: int | None) -> None:  # noqa: FBT001
    """redis-py has had limits of its own since 8.0."""
    files = {"x.py": f"import redis\nredis.{call}\n", "requirements.txt": f"redis=={version}\n"}

    assert fact("redis.client", "client.waits", files) is waits
    assert fact("redis.client", "client.size", files) == size


def test_every_worker_has_its_pool() -> None:
    files = {"compose.yaml": APP, "x.py": "import redis\nredis.Redis('redis', max_connections=7)\n"}

    assert fact("stack.redis", "client.demand", files) == 21
