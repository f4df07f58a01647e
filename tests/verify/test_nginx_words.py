"""
What the copy of a configuration says instead of paths, names, sockets and certificates.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.verify._nginx_words import Stand, refuse
from advisor.verify.model import UnverifiableError


def instead(line: str) -> str | None:
    """
    A directive's arguments in the copy, in a configuration with an upstream ``app``.
    """
    name, *words = line.split()
    found = Stand(Path("/t"), frozenset({"app"})).instead(name, words)
    return None if found is None else " ".join(found)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("access_log /var/log/a.log main buffer=32k", "/dev/null main buffer=32k"),
        ("access_log syslog:server=logs.example.com", "/dev/null"),
        ("access_log off", "off"),
        ("error_log /var/log/e.log warn", "stderr warn"),
        ("user www-data", None),
        ("pid /run/nginx.pid", None),
        ("ssl_dhparam /etc/dh.pem", None),
        ("proxy_ssl_certificate_key engine:pkcs11:id", None),
        ("ssl_certificate /etc/a.pem", "/nowhere/$ssl_server_name"),
        ("proxy_pass http://app", "http://app"),
        ("proxy_pass http://app/api/", "http://app/api/"),
        ("proxy_pass http://app:8000", "http://127.0.0.1:8000"),
        ("proxy_pass https://example.com/a", "https://127.0.0.1/a"),
        ("proxy_pass http://$host/", "http://$host/"),
        ("proxy_pass http://unix:/run/app.sock:/", "http://unix:/run/app.sock:/"),
        ("proxy_pass http://[::1]:80/", "http://[::1]:80/"),
        ("fastcgi_pass php:9000", "127.0.0.1:9000"),
        ("uwsgi_pass unix:/run/app.sock", "unix:/run/app.sock"),
        ("proxy_bind off", "off"),
        ("server app", "127.0.0.1"),
        ("server web.example.com:80 max_fails=0", "127.0.0.1:80 max_fails=0"),
        ("server 10.0.0.7:80", "10.0.0.7:80"),
        ("resolver dns.example.com 10.0.0.2 valid=30s", "127.0.0.1 10.0.0.2 valid=30s"),
        ("set_real_ip_from 10.0.0.0/8", "10.0.0.0/8"),
        ("set_real_ip_from balancer.example.com", "127.0.0.1"),
        ("proxy_temp_path /var/tmp/p 1 2", "/t/kept-0 1 2"),
        (
            "proxy_cache_path /var/cache levels=1:2 keys_zone=a:1m",
            "/t/kept-0 levels=1:2 keys_zone=a:1m",
        ),
        ("root /srv/www", "/srv/www"),
        ("gzip on", "on"),
    ],
)
def test_words(line: str, expected: str | None) -> None:
    assert instead(line) == expected


def test_one_socket_is_one_port() -> None:
    """
    What nginx holds against two servers on one socket it holds against those of the copy.
    """
    stand = Stand(Path("/t"), frozenset())
    sockets = (["80", "default_server"], ["*:80"], ["0.0.0.0:80"], ["[::]:80", "ipv6only=on"])
    found = [stand.instead("listen", words) for words in sockets]

    assert found == [
        ("127.0.0.1:20000", "default_server"),
        ("127.0.0.1:20000",),
        ("127.0.0.1:20000",),
        ("127.0.0.1:20001",),
    ]
    assert stand.instead("listen", ["unix:/run/a.sock"]) == ("127.0.0.1:20002",)
    assert stand.instead("listen", ["10.0.0.1"]) == stand.instead("listen", ["10.0.0.1:80"])


@pytest.mark.parametrize(
    "name",
    [
        "load_module",
        "perl_set",
        "js_import",
        "ssl_engine",
        "content_by_lua_block",
        "more_set_headers",
    ],
)
def test_what_runs_or_is_unknown_is_not_shown(name: str) -> None:
    with pytest.raises(UnverifiableError, match=name):
        refuse(name)
