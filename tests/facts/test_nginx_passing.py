"""
How locations pass requests on: retries, time limits, headers, WebSockets and gRPC.
"""

from __future__ import annotations

import pytest

from tests.support.nginx_facts import OLD, UNKNOWN, Facts, http, location, reader, shown, whole

TO_APP = "proxy_pass http://app;"
TWO = "upstream app { server 10.0.0.1:80; server 10.0.0.2:80; }"


def inside(text: str, around: str = "") -> Facts:
    return location(f"{TWO} {around} server {{ location / {{ {text} }} }}")


@pytest.mark.parametrize(
    ("text", "protocol", "connect", "tries", "time"),
    [
        (TO_APP, "proxy", 60, 0, 0),
        (f"{TO_APP} proxy_connect_timeout 5m; proxy_next_upstream_tries 2;", "proxy", 300, 2, 0),
        ("uwsgi_pass app; uwsgi_connect_timeout 9s; proxy_connect_timeout 5m;", "uwsgi", 9, 0, 0),
        ("grpc_pass app; grpc_next_upstream_timeout 7s;", "grpc", 60, 0, 7),
        ("memcached_pass app;", "memcached", 60, 0, 0),
        ("root /srv; proxy_connect_timeout 5m;", "", 60, 0, 0),
    ],
)
def test_directives_of_the_own_protocol(
    text: str, protocol: str, connect: float, tries: int, time: float
) -> None:
    facts = inside(text)
    assert facts["protocol"] == protocol
    assert facts["connect_timeout"] == connect
    assert (facts["retry_limit"], facts["retry_time"]) == (tries, time)


@pytest.mark.parametrize(
    ("text", "repeats", "never"),
    [
        (TO_APP, False, False),
        (f"{TO_APP} proxy_next_upstream error timeout non_idempotent;", True, False),
        (f"{TO_APP} proxy_next_upstream off;", False, True),
        (f"{TO_APP} uwsgi_next_upstream non_idempotent;", False, False),
        ("fastcgi_pass app; fastcgi_next_upstream error non_idempotent;", True, False),
        ("root /srv; proxy_next_upstream error non_idempotent;", False, False),
        (f"{TO_APP} proxy_next_upstream ${{RETRIES}};", UNKNOWN, UNKNOWN),
    ],
)
def test_what_is_sent_again(text: str, *, repeats: object, never: object) -> None:
    facts = inside(text)
    assert (facts["repeats_writes"], facts["never_retries"]) == (repeats, never)


def test_servers_behind_a_location() -> None:
    assert inside(TO_APP)["peers"] == 2
    assert inside("proxy_pass http://10.0.0.1;")["peers"] == 0
    assert inside("root /srv;")["peers"] == 0


UPGRADE = "proxy_set_header Upgrade $http_upgrade;"


@pytest.mark.parametrize(
    ("text", "upgrades", "flaw"),
    [
        (TO_APP, False, ""),
        (f'{TO_APP} proxy_set_header Upgrade "";', False, ""),
        (f"{TO_APP} {UPGRADE}", True, "no Connection header goes with it"),
        (f'{TO_APP} {UPGRADE} proxy_set_header Connection "";', True, "Connection is empty"),
        (f"{TO_APP} {UPGRADE} proxy_set_header connection Close;", True, "Connection is Close"),
        (f"{TO_APP} {UPGRADE} proxy_set_header Connection upgrade;", True, ""),
        (f"{TO_APP} {UPGRADE} proxy_set_header Connection $c;", True, ""),
        (
            f"{TO_APP} {UPGRADE} proxy_set_header Connection $c; proxy_http_version 1.0;",
            True,
            "HTTP/1.0 is spoken to the application",
        ),
        (f"{TO_APP} {UPGRADE} include own.conf;", True, UNKNOWN),
        (f"root /srv; {UPGRADE}", False, ""),
    ],
)
def test_upgrades(text: str, flaw: str, *, upgrades: bool) -> None:
    facts = inside(text)
    assert (facts["upgrades"], facts["upgrade_flaw"]) == (upgrades, flaw)


@pytest.mark.parametrize(
    ("version", "flaw"),
    [(OLD, "HTTP/1.0 is spoken to the application"), (None, UNKNOWN), ((1, 30), "")],
)
def test_the_version_decides_on_upgrades(version: tuple[int, ...] | None, flaw: str) -> None:
    text = f"server {{ location / {{ {TO_APP} {UPGRADE} proxy_set_header Connection upgrade; }} }}"
    one = next(iter(reader(http(text), version=version).locations()))
    assert shown(one.facts["location.upgrade_flaw"]) == flaw


AROUND = "proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;"


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        (TO_APP, ""),
        (f"{TO_APP} proxy_set_header X-Own 1;", "Host and X-Forwarded-For"),
        (f"{TO_APP} proxy_set_header host $http_host;", "X-Forwarded-For"),
        (f"{TO_APP} proxy_set_header Host $host; proxy_set_header X-Forwarded-For a;", ""),
        (f"{TO_APP} proxy_set_header Host files.example.com;", ""),
        (f"{TO_APP} include proxy_params; proxy_set_header X-Own 1;", ""),
        (f"{TO_APP} include own.conf; proxy_set_header X-Own 1;", UNKNOWN),
        ("proxy_pass https://api.example.com; proxy_set_header X-Own 1;", ""),
        ("proxy_pass http://app.internal; proxy_set_header X-Own 1;", "Host and X-Forwarded-For"),
        ("uwsgi_pass app; proxy_set_header X-Own 1;", ""),
        ("root /srv; proxy_set_header X-Own 1;", ""),
    ],
)
def test_headers_that_are_lost(text: str, lost: str) -> None:
    assert inside(text, AROUND)["lost_headers"] == lost


def test_headers_of_the_packaged_file_are_lost_as_well() -> None:
    text = f"{TO_APP} proxy_set_header Host $host;"
    lost = "X-Real-IP, X-Forwarded-For and X-Forwarded-Proto"
    assert inside(text, "include proxy_params;")["lost_headers"] == lost


def test_the_packaged_file_replaces_inherited_headers() -> None:
    facts = inside(f"{TO_APP} include proxy_params;", UPGRADE)
    assert (facts["upgrades"], facts["early_data_told"]) == (False, False)


def test_headers_of_no_account_may_be_lost() -> None:
    text = f"{TO_APP} proxy_set_header X-Other 1;"
    assert inside(text, "proxy_set_header X-Own 1;")["lost_headers"] == ""


GRPC = "location / { grpc_pass grpc://10.0.0.1:9000; }"


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        (f"server {{ listen 80; {GRPC} }}", True),
        (f"server {{ listen 80; http2 on; {GRPC} }}", False),
        (f"server {{ listen 80 http2; {GRPC} }}", False),
        (f"server {{ listen 443 quic; {GRPC} }}", False),
        (f"server {{ listen 80 http2; }} server {{ listen 80; {GRPC} }}", False),
        (f"server {{ include own.conf; {GRPC} }}", UNKNOWN),
        ("server { location / { root /srv; } }", False),
    ],
)
def test_grpc_without_http2(text: str, *, alone: object) -> None:
    assert location(text)["grpc_without_http2"] == alone


def test_grpc_in_a_fragment() -> None:
    one = next(iter(reader(GRPC, path="conf.d/grpc.conf").locations()))
    assert shown(one.facts["location.grpc_without_http2"]) == UNKNOWN


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("proxy_buffering off; server { location / { } }", "http"),
        ("server { proxy_buffering off; location / { } }", "server"),
        ("server { location / { proxy_buffering on; } }", "location"),
        ("server { location / { } }", ""),
    ],
)
def test_where_buffering_is_set(text: str, level: str) -> None:
    assert location(text)["buffering_level"] == level
    requests = location(text.replace("proxy_buffering", "proxy_request_buffering"))
    assert requests["request_buffering_level"] == level


def test_early_data() -> None:
    told = location(
        "server { listen 443 ssl; location / { proxy_set_header Early-Data $ssl_early_data; } }"
    )
    assert (told["early_data_told"], told["encrypted"]) == (True, True)
    untold = location("server { listen 80; location / { } }")
    assert (untold["early_data_told"], untold["encrypted"]) == (False, False)
    assert location("server { location / { include own.conf; } }")["early_data_told"] == UNKNOWN


@pytest.mark.parametrize(
    ("text", "checked"),
    [
        ("map $ssl_early_data $reject { default 0; 1 1; }", True),
        ("server { if ($ssl_early_data) { return 425; } }", True),
        ("server { if ($host) { return 425; } }", False),
    ],
)
def test_nginx_itself_asks_for_early_data(text: str, *, checked: bool) -> None:
    assert whole(http(f"ssl_early_data on; {text}"))["early_data_checked"] is checked


def test_locations_for_everything() -> None:
    assert location("server { location / { } }")["everything"] is True
    assert location("server { location @app { } }")["everything"] is True
    assert location("server { location /api/ { } }")["everything"] is False
