"""Addresses of nginx where no gunicorn listens, and everything that leaves it open."""

from __future__ import annotations

import pytest

from tests.support.deployments import NGINX, deploy

COMPOSE = """\
services:
  proxy: {image: "nginx:1.30", %s volumes: ["./nginx.conf:/etc/nginx/nginx.conf"]}
  app:
    %s
    command: %s
"""


def ends(
    address: str, command: str, *, image: str = "build: .", proxy: str = "", **files: str
) -> list[tuple[str, str, bool, str]]:
    """Address, binds, whether only the container reaches them, and place of each dead end."""
    compose = COMPOSE % (proxy, image, command)
    deployment = deploy({"compose.yaml": compose, "nginx.conf": NGINX % address, **files})
    return [(e.address, e.binds.value, e.inside, str(e.location)) for e in deployment.dead_ends]


def test_another_port() -> None:
    assert ends("app:9000", "gunicorn -b 0.0.0.0:8000 shop") == [
        ("app:9000", "0.0.0.0:8000", False, "nginx.conf:3")
    ]


@pytest.mark.parametrize("bind", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_the_loopback_of_another_container(bind: str) -> None:
    assert ends("app:8000", f"gunicorn -b '{bind}' shop") == [
        ("app:8000", bind, True, "nginx.conf:3")
    ]


def test_the_same_address_is_said_once_a_place() -> None:
    """Two locations that name it without an upstream are two places to mend."""
    text = (
        "events {}\nhttp { server {\nlocation / { proxy_pass http://app:1; }\n"
        "location /x { proxy_pass http://app:1; } } }\n"
    )
    found = ends("", "gunicorn -b :8000 shop", **{"nginx.conf": text})

    assert [place for *_, place in found] == ["nginx.conf:3", "nginx.conf:4"]


@pytest.mark.parametrize(
    ("address", "command", "image", "proxy"),
    [
        ("app:8000", "gunicorn -b 0.0.0.0:8000 shop", "build: .", ""),
        ("app:8000", "gunicorn -b :8000 shop", "build: .", ""),
        ("app:8000", "gunicorn -b 127.0.0.1:8000 -b 0.0.0.0:8000 shop", "build: .", ""),
        ("app:8000", "gunicorn -b 'unix:/run/app.sock' shop", "build: .", ""),
        ("app:8000", "gunicorn -b 'fd://3' shop", "build: .", ""),
        ("app:8000", "gunicorn -b '0.0.0.0:${PORT}' shop", "build: .", ""),
        ("app:8000", "gunicorn -b '0.0.0.0:${PORT:-8080}' shop", "build: .", ""),
        ("app:8000", "gunicorn shop", "build: .\n    environment: {PORT: '${PORT:-8080}'}", ""),
        ("app:8000", "gunicorn shop", "image: 'shop:4'", ""),
        ("app:9000", "gunicorn shop", "image: 'shop:4'", ""),
        ("app:9000", "gunicorn $OPTIONS shop", "build: .", ""),
        ("app:9000", "/start.sh gunicorn -b :8000 shop", "build: .", ""),
        ("app:9000", "sh -c 'other & gunicorn -b :8000 shop'", "build: .", ""),
        ("elsewhere:9000", "gunicorn -b :8000 shop", "build: .", ""),
        ("app:8000", "gunicorn -b 127.0.0.1:8000 shop", "build: .\n    network_mode: host", ""),
        ("app:8000", "gunicorn -b 127.0.0.1:8000 shop", "build: .", "network_mode: 'service:app',"),
        ("unix:/run/app.sock", "gunicorn -b :8000 shop", "build: .", ""),
    ],
)
def test_what_may_well_work(address: str, command: str, image: str, proxy: str) -> None:
    assert ends(address, command, image=image, proxy=proxy) == []


def test_a_dockerfile_among_the_files_sets_no_address() -> None:
    files = {"Dockerfile": 'FROM python:3.12\nCMD ["gunicorn", "shop"]\n'}
    compose = "services:\n  proxy: {image: nginx}\n  app: {build: .}\n"
    deployment = deploy({"compose.yaml": compose, "nginx.conf": NGINX % "app:8000", **files})

    assert [(e.binds.value, e.inside) for e in deployment.dead_ends] == [("127.0.0.1:8000", True)]
