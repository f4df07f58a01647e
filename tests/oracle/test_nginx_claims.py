"""
What the rules say of nginx, asked of nginx itself: each test is the reason of a rule.

One nginx on loopback serves all claims. A backend here numbers its connections and answers with
the number, so that equal numbers mean a connection that was used again.
"""

from __future__ import annotations

import gzip
import http.client
import json
import re
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.catalog.nginx import find
from advisor.rules.loader import load_folder
from tests.support.nginx_servers import (
    NGINX,
    OPENSSL,
    WAIT,
    Nginx,
    backend,
    check,
    free_ports,
    resumed,
    running,
    version,
)

RULES = Path(__file__).parents[2] / "rules" / "nginx"
POOLS_BY_DEFAULT = (1, 29, 7)
HTTP2_SWITCH = (1, 25, 1)
RESOLVES = (1, 27, 3)
_RESOLVING = ('invalid parameter "resolve"', '"resolver" directive is not allowed here')
REQUESTS = 4

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")

DOCUMENT = json.dumps(
    [{"id": n, "name": f"template {n}", "size": n * 7919 % 1000} for n in range(1500)]
)

LOCATIONS = """
    map $http_upgrade $closing { default upgrade; '' close; }
    map $http_upgrade $open { default upgrade; '' ''; }
    upstream plain { server 127.0.0.1:BACKEND; }
    upstream kept { server 127.0.0.1:BACKEND; keepalive 8; }
    upstream before { least_conn; server 127.0.0.1:BACKEND; keepalive 8; }
    upstream after { server 127.0.0.1:BACKEND; keepalive 8; least_conn; }

    server {
        listen 127.0.0.1:PORT;
        location /plain { proxy_pass http://plain; }
        location /kept { proxy_pass http://kept; }
        location /version { proxy_pass http://kept; proxy_http_version 1.1; }
        location /header { proxy_pass http://kept; proxy_set_header Connection ""; }
        location /asked {
            proxy_pass http://kept;
            proxy_http_version 1.0;
            proxy_set_header Connection keep-alive;
        }
    }
    server {
        listen 127.0.0.1:PORT;
        server_name modern;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        location /plain { proxy_pass http://plain; }
        location /kept { proxy_pass http://kept; }
        location /lost { proxy_pass http://kept; proxy_set_header X-Own 1; }
        location /closing { proxy_pass http://kept; proxy_set_header Connection $closing; }
        location /open { proxy_pass http://kept; proxy_set_header Connection $open; }
        location /literal { proxy_pass http://127.0.0.1:BACKEND; }
        location /before { proxy_pass http://before; }
        location /after { proxy_pass http://after; }
    }
    server {
        listen 127.0.0.1:PORT;
        server_name clients;
        location /default { return 200 x; }
        location /timeout { keepalive_timeout 0; return 200 x; }
        location /none { keepalive_requests 0; return 200 x; }
        location /two { keepalive_requests 2; return 200 x; }
    }
    server {
        listen 127.0.0.1:PORT;
        server_name gzip;
        root www;
        types { application/json json; text/html html; }
        location /default/ { alias www/; gzip on; }
        location /types/ { alias www/; gzip on; gzip_types application/json; gzip_vary on; }
        location /five/ { alias www/; gzip on; gzip_types *; gzip_comp_level 5; }
        location /nine/ { alias www/; gzip on; gzip_types *; gzip_comp_level 9; }
    }
"""
TLS = """
    ssl_certificate shop.crt;
    ssl_certificate_key shop.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_tickets off;
    server { listen 127.0.0.1:NONE ssl; server_name first; return 200 x; }
    server {
        listen 127.0.0.1:NONE ssl;
        server_name second;
        ssl_session_cache shared:SECOND:1m;
        return 200 x;
    }
    server {
        listen 127.0.0.1:SHARED ssl;
        server_name first;
        ssl_session_cache shared:FIRST:1m;
        return 200 x;
    }
    server { listen 127.0.0.1:SHARED ssl; server_name second; return 200 x; }
    server {
        listen 127.0.0.1:TICKETS ssl;
        server_name first;
        ssl_session_tickets on;
        return 200 x;
    }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prefix for nginx, with a page and, where openssl is there, a certificate."""
    place = tmp_path_factory.mktemp("nginx")
    (place / "tmp").mkdir()
    (place / "logs").mkdir()
    (place / "www").mkdir()
    (place / "www" / "data.json").write_text(DOCUMENT)
    (place / "www" / "page.html").write_text(f"<pre>{DOCUMENT}</pre>")
    if OPENSSL:
        key = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(place / "shop.key")]
        subject = ["-subj", "/CN=shop.example.com", "-days", "2", "-out", str(place / "shop.crt")]
        command = [OPENSSL, "req", "-x509", *key, *subject]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    return place


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return dict(zip(("PORT", "NONE", "SHARED", "TICKETS"), free_ports(4), strict=True))


@pytest.fixture(scope="module")
def nginx(folder: Path, ports: dict[str, int]) -> Iterator[Nginx]:
    text = LOCATIONS + (TLS if OPENSSL else "")
    with backend() as behind:
        for word, number in {**ports, "BACKEND": behind}.items():
            text = text.replace(f":{word}", f":{number}")
        with running(folder, text, ports["PORT"]) as server:
            yield server


@pytest.fixture(scope="module")
def release() -> tuple[int, ...]:
    return version()


def said_of(folder: Path, text: str) -> str:
    """What nginx holds against the inside of an http block."""
    return check(folder, f"events {{}}\nhttp {{\n{text}\n}}\n")


@pytest.mark.parametrize(
    ("host", "path", "before", "since"),
    [
        ("none", "/plain", False, True),
        ("none", "/kept", False, True),
        ("none", "/version", False, True),
        ("none", "/header", False, True),
        ("none", "/asked", True, True),
        ("modern", "/plain", False, True),
        ("modern", "/kept", True, True),
        ("modern", "/lost", False, True),
        ("modern", "/closing", False, False),
        ("modern", "/open", True, True),
        ("modern", "/literal", False, False),
        ("modern", "/before", True, True),
    ],
)
def test_connections_to_an_upstream(
    nginx: Nginx, release: tuple[int, ...], host: str, path: str, *, before: bool, since: bool
) -> None:
    """NGX301 to NGX305: keepalive, HTTP/1.1 and an empty Connection header are all needed."""
    reused = since if release >= POOLS_BY_DEFAULT else before
    assert nginx.connections(path, host, requests=REQUESTS) == (1 if reused else REQUESTS)


def test_a_method_behind_keepalive_takes_its_place(
    nginx: Nginx, folder: Path, release: tuple[int, ...]
) -> None:
    """NGX306: nginx warns, and opens a connection for every request."""
    if release >= POOLS_BY_DEFAULT:
        return
    assert nginx.connections("/after", "modern", requests=REQUESTS) == REQUESTS
    said = said_of(folder, "upstream a { server 127.0.0.1:1; keepalive 8; least_conn; }")
    assert said == "load balancing method redefined"


def test_a_header_of_the_location_drops_the_inherited_ones(
    nginx: Nginx, release: tuple[int, ...]
) -> None:
    """NGX303: the default Connection header is back although the server sets it."""
    default = "None" if release >= POOLS_BY_DEFAULT else "close"
    assert nginx.get("/kept", "modern")[0].split()[1] == b"None"
    assert nginx.get("/lost", "modern")[0].split()[1].decode() == default


def test_the_widely_copied_map_closes_ordinary_requests(nginx: Nginx) -> None:
    """NGX304: and the empty value sends no header at all, but still upgrades."""
    assert nginx.get("/closing", "modern")[0].split()[1] == b"close"
    assert nginx.get("/open", "modern")[0].split()[1] == b"None"
    upgraded, _ = nginx.get("/open", "modern", Upgrade="websocket")
    assert upgraded.split()[1] == b"upgrade"


def test_keepalive_zero_is_refused_before_it_means_off(
    folder: Path, release: tuple[int, ...]
) -> None:
    """NGX301: the variant for older versions."""
    said = said_of(folder, "upstream a { server 127.0.0.1:1; keepalive 0; }")
    old = release < POOLS_BY_DEFAULT
    assert said == ('invalid value "0" in "keepalive" directive' if old else "")


@pytest.mark.parametrize(
    ("path", "closed"), [("/default", False), ("/timeout", True), ("/none", True)]
)
def test_connections_of_clients(nginx: Nginx, path: str, *, closed: bool) -> None:
    """NGX201: keepalive_timeout 0 ends every connection after one request."""
    _, headers = nginx.get(path, "clients")
    assert headers["Connection"] == ("close" if closed else "keep-alive")


def test_a_connection_ends_after_keepalive_requests(nginx: Nginx) -> None:
    """NGX203: the last request of a connection is told to close it."""
    client = http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=WAIT)
    said = []
    for _ in range(2):
        client.request("GET", "/two", headers={"Host": "clients"})
        answer = client.getresponse()
        answer.read()
        said.append(answer.headers["Connection"])
    client.close()
    assert said == ["keep-alive", "close"]


def test_json_is_not_compressed_by_default(nginx: Nginx) -> None:
    """NGX402: HTML is, JSON only when gzip_types names it."""
    asked = {"Accept-Encoding": "gzip"}
    _, page = nginx.get("/default/page.html", "gzip", **asked)
    plain, data = nginx.get("/default/data.json", "gzip", **asked)
    packed, typed = nginx.get("/types/data.json", "gzip", **asked)
    assert page["Content-Encoding"] == "gzip"
    assert data["Content-Encoding"] is None
    assert typed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plain == DOCUMENT.encode()
    assert len(packed) < len(plain) / 3


def test_vary_is_sent_only_when_asked_for(nginx: Nginx) -> None:
    """NGX407: a cache cannot tell the two forms apart without it."""
    asked = {"Accept-Encoding": "gzip"}
    assert nginx.get("/types/data.json", "gzip", **asked)[1]["Vary"] == "Accept-Encoding"
    assert nginx.get("/default/page.html", "gzip", **asked)[1]["Vary"] is None


def test_the_highest_level_saves_next_to_nothing(nginx: Nginx) -> None:
    """NGX404: level 9 is hardly smaller than level 5."""
    asked = {"Accept-Encoding": "gzip"}
    five = len(nginx.get("/five/data.json", "gzip", **asked)[0])
    nine = len(nginx.get("/nine/data.json", "gzip", **asked)[0])
    assert 0.9 * five < nine <= five


def test_http2_is_a_directive_only_in_newer_versions(
    folder: Path, release: tuple[int, ...]
) -> None:
    """NGX206: and NGX205, as its older form then earns a warning."""
    new = release >= HTTP2_SWITCH
    switch = said_of(folder, "server { listen 127.0.0.1:18443; http2 on; }")
    listen = said_of(folder, "server { listen 127.0.0.1:18443 http2; }")
    assert switch == ("" if new else 'unknown directive "http2"')
    assert listen.startswith('the "listen ... http2" directive is deprecated') == new
    assert bool(listen) == new


@needs_openssl
@pytest.mark.parametrize("protocol", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_need_tickets_or_a_cache(
    nginx: Nginx, ports: dict[str, int], protocol: ssl.TLSVersion
) -> None:
    """NGX230 and NGX231: with neither nothing is resumed, with one of them everything is."""
    assert not resumed(ports["NONE"], "first", protocol)
    assert resumed(ports["SHARED"], "first", protocol)
    assert resumed(ports["TICKETS"], "first", protocol)


@needs_openssl
def test_the_cache_of_the_default_server_counts(nginx: Nginx, ports: dict[str, int]) -> None:
    """NGX230: a cache of another server of the socket is never asked."""
    assert not resumed(ports["NONE"], "second", ssl.TLSVersion.TLSv1_2)
    assert not resumed(ports["NONE"], "second", ssl.TLSVersion.TLSv1_3)
    assert resumed(ports["SHARED"], "second", ssl.TLSVersion.TLSv1_3)


def fixed_examples() -> Iterator[tuple[str, str]]:
    for rule in load_folder(RULES):
        for number, example in enumerate(rule["examples"]["bad"], 1):
            for text in example["fixed"].values():
                yield f"{rule['code']}-{number}", text


def newer(said: str, release: tuple[int, ...]) -> bool:
    """Whether a refusal is only about what this version has not got yet, or still had."""
    unknown = re.fullmatch(r'unknown directive "(\w+)"', said)
    if unknown:
        return all((one.since or ()) > release for one in find(unknown[1]))
    if said.startswith('"ssl_stapling" ignored'):
        return True  # The certificate of the tests was signed by nobody.
    if said.startswith('cannot load certificate "/etc/letsencrypt/'):
        return True  # No test can have one of those.
    if said in _RESOLVING:
        return release < RESOLVES
    return "deprecated" in said and release >= HTTP2_SWITCH


@needs_openssl
def test_nginx_accepts_what_the_rules_recommend(folder: Path, release: tuple[int, ...]) -> None:
    """Every configuration after a fix starts, where this version knows the directives."""
    said = {name: check(folder, text) for name, text in fixed_examples()}
    # Neither build that is tested has the module for HTTP/3.
    refused = {
        name: text
        for name, text in said.items()
        if text and "quic" not in text and not newer(text, release)
    }
    assert refused == {}
    fixable = {rule["code"] for rule in load_folder(RULES) if rule["fix"]}
    assert fixable - {name.partition("-")[0] for name in said} == set()
