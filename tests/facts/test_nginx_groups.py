"""
Servers of an upstream: used, refused, balanced.
"""

from __future__ import annotations

import pytest

from tests.support.nginx_facts import NEW, OLD, UNKNOWN, http, upstream, whole

A, B = "server 10.0.0.1:80", "server 10.0.0.2:80"


@pytest.mark.parametrize(
    ("text", "primary", "refused", "down"),
    [
        (f"{A}; {B};", 2, "", False),
        (f"{A}; {B} backup;", 1, "", False),
        (f"least_conn; {A}; {B} backup;", 1, "", False),
        (f"ip_hash; {A}; {B} backup;", 1, "ip_hash knows no backup servers", False),
        (f"hash $uri; {A}; {B} backup;", 1, "hash knows no backup servers", False),
        (f"random two; {A}; {B} backup;", 1, "random knows no backup servers", False),
        (f"{A}; {B} backup; hash $uri;", 1, "", False),
        (f"{A} backup; {B} backup;", 0, "all its servers are backup servers", False),
        ("keepalive 8;", 0, "it has no servers", False),
        ("zone a 64k; state /var/lib/nginx/a.state;", 0, "", False),
        ("jdomain app.example.com;", 0, "", False),
        (f"{A} down; {B} down;", 2, "", True),
        (f"{A} down; {B};", 2, "", False),
        ("include own.conf;", UNKNOWN, UNKNOWN, False),
        (f"include own.conf; {A} down;", UNKNOWN, UNKNOWN, UNKNOWN),
        ("server ${APP};", UNKNOWN, UNKNOWN, False),
        (f"ip_hash; include own.conf; {A} backup;", UNKNOWN, "ip_hash knows no backup servers", 0),
    ],
)
def test_servers(text: str, primary: object, refused: object, *, down: object) -> None:
    facts = upstream(f"upstream app {{ {text} }}")
    assert (facts["primary"], facts["refused"], facts["all_down"]) == (primary, refused, down)


@pytest.mark.parametrize(
    ("text", "ignored"),
    [
        (f"{A} max_fails=0; {B} fail_timeout=0s;", True),
        (f"{A} max_fails=0; {B};", False),
        (f"{A} max_fails=0; {B} fail_timeout=30s;", False),
        (f"{A} fail_timeout=0;", False),
        (f"{A} max_fails=0; {B} max_fails=0; check interval=3000;", False),
        (f"{A} max_fails=0; {B} max_fails=0; include own.conf;", UNKNOWN),
    ],
)
def test_failures_that_do_not_count(text: str, *, ignored: object) -> None:
    assert upstream(f"upstream app {{ {text} }}")["failures_ignored"] == ignored


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"least_conn; {A}; {B};", "least_conn"),
        (f"{A} max_conns=9; {B};", "max_conns"),
        (f"{A} max_conns=0; {B};", ""),
        (f"least_conn; {A};", ""),
        (f"ip_hash; {A}; {B};", ""),
    ],
)
def test_what_each_worker_counts(text: str, said: str) -> None:
    assert upstream(f"upstream app {{ {text} }}")["per_worker"] == said


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("location / { uwsgi_pass app; }", True),
        ("location / { uwsgi_pass app; } location /s { scgi_pass app; }", True),
        ("location / { uwsgi_pass app; } location /h { proxy_pass http://app; }", False),
        ("location / { uwsgi_pass app; } location /v { proxy_pass http://$host; }", UNKNOWN),
        ("location / { root /srv; }", False),
    ],
)
def test_protocols_without_reuse(text: str, *, never: object) -> None:
    facts = upstream(f"upstream app {{ {A}; }} server {{ {text} }}")
    assert facts["never_reused"] == never


@pytest.mark.parametrize(
    ("text", "closes", "keeps"),
    [
        ("fastcgi_pass app;", True, False),
        ("fastcgi_pass app; fastcgi_keep_conn on;", False, True),
        ("fastcgi_pass app; fastcgi_keep_conn off;", True, False),
        ("fastcgi_pass app; include own.conf;", UNKNOWN, UNKNOWN),
        ("proxy_pass http://app;", False, False),
    ],
)
@pytest.mark.parametrize("version", [OLD, NEW])
def test_fastcgi_connections(
    text: str, version: tuple[int, ...], *, closes: object, keeps: object
) -> None:
    whole_text = f"upstream app {{ {A}; }} server {{ location / {{ {text} }} }}"
    facts = upstream(whole_text, version=version)
    assert (facts["fastcgi_closes"], facts["fastcgi_keeps"]) == (closes, keeps)


@pytest.mark.parametrize(
    ("text", "hidden", "known"),
    [
        ("server { listen 80 proxy_protocol; }", True, False),
        ("set_real_ip_from 10.0.0.0/8; server { listen 80 proxy_protocol; }", False, True),
        ("server { listen 80; }", False, False),
        ("include own.conf; server { listen 80; }", False, UNKNOWN),
    ],
)
def test_clients_behind_a_proxy(text: str, *, hidden: bool, known: object) -> None:
    facts = whole(http(text))
    assert (facts["hidden_clients"], facts["real_ip"]) == (hidden, known)
