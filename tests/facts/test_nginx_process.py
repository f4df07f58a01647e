from __future__ import annotations

import msgspec
import pytest

from advisor.deployment.model import Proxy
from advisor.facts.nginx import Reader
from advisor.model import Origin, Unknown, Value
from advisor.parsers.nginx_scope import build
from tests.support.deployments import known, subjects
from tests.support.nginx_facts import HOST, Facts, whole
from tests.support.nginx_trees import read

REST = "events {} http {}"


def of(text: str, *, cpus: float | None = None, container: bool = False) -> Facts:
    """Facts of a main file on a host whose cpus may not be known."""
    known = Unknown("nobody said") if cpus is None else Value(cpus, Origin.GIVEN)
    host = msgspec.structs.replace(HOST, cpus=known, container=container)
    document = read({"nginx.conf": f"{text} {REST}"}, "nginx.conf")
    stated = Value((1, 30, 0), Origin.GIVEN)
    reader = Reader(Proxy("nginx", "", document, build(document), stated, host))
    return Facts(reader.whole(), "nginx")


@pytest.mark.parametrize(("value", "tuned"), [("1", True), ("", False)])
def test_the_image_may_write_the_number_of_workers(value: str, *, tuned: bool) -> None:
    compose = (
        "services:\n  proxy:\n    image: nginx:1.30\n"
        f"    environment: {{NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE: '{value}'}}\n"
        "    volumes: ['./nginx.conf:/etc/nginx/nginx.conf']\n"
    )
    (found,) = subjects({"compose.yaml": compose, "nginx.conf": REST}, "nginx")

    assert known(found.facts, "nginx.autotuned") is tuned
    assert of("")["autotuned"] is False


@pytest.mark.parametrize(
    ("text", "cpus", "workers", "alone"),
    [
        ("", None, 1, True),
        ("worker_processes 1;", 8, 1, True),
        ("worker_processes 4;", 1, 4, False),
        ("worker_processes auto;", 8, 8, False),
        ("worker_processes auto;", 1, 1, True),
        ("worker_processes auto;", 0.5, 1, True),
        ("worker_processes auto;", None, "unknown", False),
        ("worker_processes ${WORKERS};", 8, "unknown", "unknown"),
    ],
)
def test_workers(text: str, cpus: float | None, workers: object, alone: object) -> None:
    facts = of(text, cpus=cpus)

    assert facts["workers"] == workers
    assert facts["one_worker"] == alone


@pytest.mark.parametrize(
    ("text", "masks"),
    [
        ("", None),
        ("worker_cpu_affinity auto;", None),
        ("worker_cpu_affinity auto 0101;", None),
        ("worker_cpu_affinity 01 10;", 2),
        ("worker_cpu_affinity ${MASKS};", "unknown"),
    ],
)
def test_masks(text: str, masks: object) -> None:
    assert of(text)["affinity_masks"] == masks


def test_container() -> None:
    assert of("", container=True)["container"] is True
    assert of("")["container"] is False


def test_websockets() -> None:
    """A header that is set outside counts where it is in effect, and nowhere else."""
    outside = "server {{ proxy_set_header UPGRADE $http_upgrade; location / {{ {} }} }}"

    assert whole(outside.format("proxy_pass http://127.0.0.1:1;"))["websockets"] is True
    assert whole(outside.format("proxy_set_header Host $host;"))["websockets"] is False


def test_regexes() -> None:
    facts = whole("""
        map $uri $new { ~^/a /b; ~*^/c /d; /e /f; default ""; }
        server {
            server_name ~^www\\. example.com;
            rewrite ^/a /b;
            location ~ ^/g { if ($uri ~ h) { rewrite i /j; } if ($uri) { return 404; } }
            location /k { }
            location ^~ /l { }
        }
    """)

    assert facts["regexes"] == 7
