"""Redis servers of a deployment: which file, which flags, and what leads to them."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from advisor.deployment.redis import Redis, RedisServer
from advisor.model import Unknown, Value
from tests.support.deployments import deploy

CONF = "maxmemory 1gb\nmaxmemory-policy allkeys-lru\n"
CLIENT = "import redis\nclient = redis.Redis(host='{}')\n"


def redis_of(files: Mapping[str, str], target: Mapping[str, object] | None = None) -> Redis:
    """Everything about Redis in the files."""
    found = deploy(files, target=target).redis

    assert found is not None
    return found


def compose(command: str = "", *more: str, image: str = "redis:7.2") -> str:
    """A service called cache."""
    lines = ["services:", "  cache:", f"    image: {image}"]
    lines += [f"    command: {command}"] if command else []
    return "\n".join([*lines, *(f"    {line}" for line in more), ""])


def value(server: RedisServer, name: str) -> object:
    """A setting that is written; what is not known as its reason, None when it is not there."""
    one = server.document.settings.get(name)
    return one.reason if isinstance(one, Unknown) else one.value if one else None


def test_a_file_counts_where_the_command_names_it() -> None:
    text = compose("redis-server /conf/r.conf --hz 20", "volumes: [./redis.conf:/conf/r.conf]")
    found = redis_of({"compose.yaml": text, "redis.conf": CONF})
    (server,) = found.servers

    assert (server.path, value(server, "maxmemory"), value(server, "hz")) == (
        "redis.conf",
        1024**3,
        20,
    )
    assert found.notes == ()


def test_the_image_reads_no_file_of_its_own_accord() -> None:
    """A mount alone changes nothing."""
    text = compose("", "volumes: [./redis.conf:/usr/local/etc/redis/redis.conf]")
    found = redis_of({"compose.yaml": text, "redis.conf": CONF})
    (server,) = found.servers

    assert (server.path, value(server, "maxmemory"), server.document.complete) == ("", None, True)
    assert found.notes == ("redis.conf is not judged: no command of a Redis service names it",)


def test_a_file_that_is_not_there_leaves_all_open() -> None:
    (server,) = redis_of({"compose.yaml": compose("redis-server /etc/r.conf --hz 20")}).servers

    assert not server.document.complete
    assert value(server, "hz") == 20


def test_what_a_script_starts_is_not_known() -> None:
    (server,) = redis_of({"compose.yaml": compose("sh /start.sh")}).servers

    assert not server.document.complete


def test_a_service_that_only_asks_is_no_server() -> None:
    text = compose() + "  probe:\n    image: redis:7.2\n    command: redis-cli -h cache ping\n"

    assert [one.name for one in redis_of({"compose.yaml": text}).servers] == ["service cache"]


def test_a_file_in_a_config_map() -> None:
    text = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: cache}
data:
  redis.conf: |
    maxmemory 100mb
    save ""
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cache}
spec:
  selector: {matchLabels: {app: cache}}
  template:
    metadata: {labels: {app: cache}}
    spec:
      containers:
        - name: redis
          image: redis:7.2
          args: ["/etc/redis/redis.conf"]
          volumeMounts: [{name: conf, mountPath: /etc/redis}]
      volumes: [{name: conf, configMap: {name: cache}}]
"""
    (server,) = redis_of({"k8s/cache.yaml": text}).servers

    assert (value(server, "maxmemory"), value(server, "save")) == (100 * 1024**2, "")


def test_a_unit_and_the_only_file_belong_together() -> None:
    unit = "[Service]\nExecStart=/usr/bin/redis-server /etc/redis/redis.conf\n"
    (server,) = redis_of({"redis.service": unit, "redis.conf": CONF}).servers

    assert (server.path, value(server, "maxmemory")) == ("redis.conf", 1024**3)


def test_a_file_alone_is_a_server() -> None:
    (server,) = redis_of({"redis.conf": CONF}, target={"redis": "7.4"}).servers

    assert (server.name, server.service) == ("redis.conf", None)
    assert isinstance(server.version, Value)
    assert server.version.value == (7, 4)


def test_the_image_of_bitnami_takes_variables() -> None:
    environment = "environment: {REDIS_PASSWORD: s3cret, REDIS_EXTRA_FLAGS: --maxmemory 1mb}"
    text = compose("", environment, image="bitnami/redis:7.2")
    (server,) = redis_of({"compose.yaml": text}).servers

    assert (value(server, "requirepass"), value(server, "maxmemory")) == (True, 1024**2)
    assert not server.document.complete
    assert "s3cret" not in repr(server)


@pytest.mark.parametrize(
    ("host", "leads"),
    [("cache", True), ("localhost", True), ("cache.example.com", False), ("web", False)],
)
def test_clients_by_the_name_of_the_service(host: str, leads: bool) -> None:  # noqa: FBT001
    text = compose() + "  web:\n    image: shop\n"
    found = redis_of({"compose.yaml": text, "app/cache.py": CLIENT.format(host)})

    assert bool(found.servers[0].clients) is leads


def test_variables_with_passwords_lead_as_well() -> None:
    text = compose() + (
        "  web:\n    image: shop\n    environment:\n"
        "      CELERY_BROKER_URL: redis://:s3cret@cache:6379/1\n"
    )
    (server,) = redis_of({"compose.yaml": text}).servers

    assert [(one.role, one.target.database) for one in server.uses] == [("broker", "1")]
    assert "s3cret" not in repr(server)


def test_without_redis_nothing_is_read() -> None:
    assert deploy({"compose.yaml": "services:\n  db:\n    image: postgres:16\n"}).redis is None
