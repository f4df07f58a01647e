"""
What the rules say of targets, caches and TLS, asked of nginx itself: each test is a rule's reason.

One nginx on loopback is its own application: servers on a second port answer with what reached
them. `test_nginx_claims` does the same for connections, compression and sessions.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor.rules.loader import load_folder
from tests.support.nginx_servers import (
    NGINX,
    OPENSSL,
    WAIT,
    Nginx,
    check,
    free_ports,
    running,
    version,
)

RULES = Path(__file__).parents[2] / "rules" / "nginx"
POOLS_BY_DEFAULT = (1, 29, 7)
PROTOCOLS_BY_SERVER = (1, 29, 2)
RESOLVES = (1, 27, 3)
HYBRID_GROUPS = (3, 5)
"""The OpenSSL that has them."""

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")

APPLICATION = """
    server {
        listen 127.0.0.1:APP;
        location / { return 200 "$request_id"; }
        location /host { return 200 "$http_host"; }
        location /headers { return 200 "$http_upgrade|$http_connection|$http_x_forwarded_for"; }
        location /cookie { add_header Set-Cookie "id=$request_id"; return 200 "$request_id"; }
        location /kept { add_header Cache-Control "max-age=60"; return 200 "$request_id"; }
    }
    server { listen 127.0.0.1:GONE; return 444; }
"""
CACHES = """
    proxy_cache_path tmp/pages keys_zone=pages:1m max_size=10m;
    add_header X-Cache $upstream_cache_status;
    upstream app { server 127.0.0.1:APP; }
    server {
        listen 127.0.0.1:PORT;
        server_name caches;
        proxy_cache pages;
        proxy_cache_key $server_name$uri;
        location /unbuffered { proxy_pass http://app/; proxy_cache_valid 1m; proxy_buffering off; }
        location /buffered { proxy_pass http://app/; proxy_cache_valid 1m; }
        location /lifeless { proxy_pass http://app/; }
        location /told { proxy_pass http://app/kept; }
        location /ignored {
            proxy_pass http://app/kept;
            proxy_ignore_headers X-Accel-Expires Cache-Control Expires;
        }
        location /leaking {
            proxy_pass http://app/cookie;
            proxy_cache_valid 1m;
            proxy_ignore_headers Set-Cookie;
        }
        location /hidden {
            proxy_pass http://app/cookie;
            proxy_cache_valid 1m;
            proxy_ignore_headers Set-Cookie;
            proxy_hide_header Set-Cookie;
        }
        location /careful { proxy_pass http://app/cookie; proxy_cache_valid 1m; }
    }
    server {
        listen 127.0.0.1:PORT;
        server_name shop.example.com;
        location /host {
            proxy_pass http://app;
            proxy_set_header Host $host;
            proxy_cache pages;
            proxy_cache_valid 1m;
        }
    }
    server {
        listen 127.0.0.1:PORT;
        server_name blog.example.com;
        location /host {
            proxy_pass http://app;
            proxy_set_header Host $host;
            proxy_cache pages;
            proxy_cache_valid 1m;
        }
    }
"""
TARGETS = """
    upstream named { server 127.0.0.1:APP; }
    upstream failing { server 127.0.0.1:GONE max_fails=0; server 127.0.0.1:APP backup; }
    server {
        listen 127.0.0.1:PORT;
        server_name targets;
        location /variable { set $name localhost; proxy_pass http://$name:APP/; }
        location /path { proxy_pass http://localhost:APP$request_uri; }
        location /address { proxy_pass http://127.0.0.1:APP$request_uri; }
        location /group { proxy_pass http://named$request_uri; }
        location /twice { proxy_pass http://failing/; proxy_next_upstream error non_idempotent; }
        location /once { proxy_pass http://failing/; proxy_next_upstream error; }
    }
    server {
        listen 127.0.0.1:PORT;
        server_name headers;
        proxy_set_header X-Forwarded-For 192.0.2.1;
        proxy_http_version 1.1;
        location /sent { proxy_pass http://named/headers; }
        location /lost {
            proxy_pass http://named/headers;
            proxy_set_header Upgrade $http_upgrade;
        }
        location /whole {
            proxy_pass http://named/headers;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
        }
    }
"""
TLS = """
    ssl_certificate shop.crt;
    ssl_certificate_key shop.key;
    server { listen 127.0.0.1:SECURE ssl; return 200 "name $ssl_server_name"; }
    server {
        listen 127.0.0.1:PORT;
        server_name sni;
        proxy_ssl_session_reuse off;
        location /off { proxy_pass https://localhost:SECURE/; }
        location /on { proxy_pass https://localhost:SECURE/; proxy_ssl_server_name on; }
    }
    server { listen 127.0.0.1:OLD ssl; server_name first; ssl_protocols TLSv1.2; return 200 x; }
    server { listen 127.0.0.1:OLD ssl; server_name second; ssl_protocols TLSv1.3; return 200 x; }
"""
PORTS = ("PORT", "APP", "GONE", "SECURE", "OLD")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prefix for nginx and, where openssl is there, a certificate."""
    place = tmp_path_factory.mktemp("nginx")
    (place / "tmp").mkdir()
    if OPENSSL:
        key = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(place / "shop.key")]
        subject = ["-subj", "/CN=shop.example.com", "-days", "2", "-out", str(place / "shop.crt")]
        command = [OPENSSL, "req", "-x509", *key, *subject]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    return place


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return dict(zip(PORTS, free_ports(len(PORTS)), strict=True))


@pytest.fixture(scope="module")
def text(ports: dict[str, int]) -> str:
    """The inside of the http block."""
    whole = APPLICATION + CACHES + TARGETS + (TLS if OPENSSL else "")
    return re.sub(rf":({'|'.join(PORTS)})\b", lambda found: f":{ports[found[1]]}", whole)


@pytest.fixture(scope="module")
def nginx(folder: Path, text: str, ports: dict[str, int]) -> Iterator[Nginx]:
    with running(folder, text, ports["PORT"]) as server:
        yield server


@pytest.fixture(scope="module")
def release() -> tuple[int, ...]:
    return version()


def status(nginx: Nginx, host: str, path: str, method: str = "GET") -> int:
    """The status of one response."""
    client = http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=WAIT)
    try:
        client.request(method, path, headers={"Host": host})
        return client.getresponse().status
    finally:
        client.close()


@pytest.mark.parametrize(
    ("path", "second"),
    [
        ("/unbuffered", "MISS"),
        ("/buffered", "HIT"),
        ("/lifeless", "MISS"),
        ("/told", "HIT"),
        ("/ignored", "MISS"),
    ],
)
def test_what_a_cache_stores(nginx: Nginx, path: str, second: str) -> None:
    """NGX314 and NGX315: without buffers, or without a lifetime, nothing."""
    found = [nginx.get(path, "caches")[1]["X-Cache"] for _ in range(2)]
    assert found == ["MISS", second]


@pytest.mark.parametrize(
    ("path", "stored", "cookie"),
    [("/leaking", True, True), ("/hidden", True, False), ("/careful", False, True)],
)
def test_a_cached_cookie_goes_to_the_next_visitor(
    nginx: Nginx, path: str, *, stored: bool, cookie: bool
) -> None:
    """NGX319: unless it is hidden; and nginx stores no such response by itself."""
    (first, sent), (second, again) = (nginx.get(path, "caches") for _ in range(2))
    assert (first == second) is stored
    assert (sent["Set-Cookie"] is not None) is cookie
    assert (again["Set-Cookie"] == sent["Set-Cookie"]) is stored


def test_the_default_key_mixes_sites_of_one_upstream(nginx: Nginx) -> None:
    """NGX320: the second site gets the page of the first."""
    assert nginx.get("/host", "shop.example.com")[0] == b"shop.example.com"
    assert nginx.get("/host", "blog.example.com")[0] == b"shop.example.com"


@pytest.mark.parametrize(
    ("path", "code"), [("/variable", 502), ("/path", 502), ("/address", 200), ("/group", 200)]
)
def test_names_in_variables_need_a_resolver(
    nginx: Nginx, folder: Path, text: str, path: str, code: int
) -> None:
    """NGX332: even localhost, and nginx -t has nothing against it."""
    assert status(nginx, "targets", path) == code
    if code == 502:
        assert "no resolver defined to resolve localhost" in (folder / "run.log").read_text()
        assert check(folder, f"events {{}}\nhttp {{ {text} }}\n") == ""


def test_a_name_that_another_target_holds_is_known(folder: Path) -> None:
    """NGX332: what is named outright elsewhere, port included, was resolved at the start."""
    port, behind = free_ports(2)
    text = f"""
        server {{ listen 127.0.0.1:{behind}; return 200 x; }}
        server {{
            listen 127.0.0.1:{port};
            location /literal {{ proxy_pass http://localhost:{behind}/; }}
            location /path {{ proxy_pass http://localhost:{behind}$request_uri; }}
        }}
    """
    with running(folder, text, port) as server:
        assert status(server, "x", "/path") == 200


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [("GET", "/once", 200), ("POST", "/once", 502), ("POST", "/twice", 200)],
)
def test_writes_are_sent_again_only_when_asked_for(
    nginx: Nginx, method: str, path: str, code: int
) -> None:
    """NGX326: a POST that failed goes to the next server with non_idempotent alone."""
    assert status(nginx, "targets", path, method) == code


def test_upgrade_alone_is_no_upgrade(nginx: Nginx, release: tuple[int, ...]) -> None:
    """NGX325: without a line of its own Connection stays what it always is."""
    default = "" if release >= POOLS_BY_DEFAULT else "close"
    asked = {"Upgrade": "websocket"}
    assert nginx.get("/lost", "headers", **asked)[0].decode() == f"websocket|{default}|"
    assert nginx.get("/whole", "headers", **asked)[0] == b"websocket|upgrade|"


def test_one_header_drops_all_inherited_ones(nginx: Nginx) -> None:
    """NGX338: the location with a header of its own sends no X-Forwarded-For."""
    assert nginx.get("/sent", "headers")[0].endswith(b"|192.0.2.1")
    assert nginx.get("/lost", "headers")[0].endswith(b"|")


@needs_openssl
def test_the_name_is_sent_only_when_asked_for(nginx: Nginx) -> None:
    """NGX334: by default the server is not told which name is wanted."""
    assert nginx.get("/off", "sni")[0] == b"name "
    assert nginx.get("/on", "sni")[0] == b"name localhost"


@needs_openssl
@pytest.mark.usefixtures("nginx")
def test_protocols_come_from_the_default_server(
    ports: dict[str, int], release: tuple[int, ...]
) -> None:
    """NGX243: the second server's ssl_protocols count from 1.29.2 on."""
    heeded = release >= PROTOCOLS_BY_SERVER
    assert speaks(ports["OLD"], "second", ssl.TLSVersion.TLSv1_3) is heeded
    assert speaks(ports["OLD"], "second", ssl.TLSVersion.TLSv1_2) is not heeded


def speaks(port: int, name: str, protocol: ssl.TLSVersion) -> bool:
    """Whether a server takes a version of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = protocol
    with socket.create_connection(("127.0.0.1", port), WAIT) as plain:
        try:
            context.wrap_socket(plain, server_hostname=name).close()
        except ssl.SSLError:
            return False
    return True


def refusals() -> Iterator[tuple[str, str]]:
    """Examples that are said to keep nginx from starting."""
    for rule in load_folder(RULES):
        for number, example in enumerate(rule["examples"]["bad"], 1):
            if example["message"].startswith("nginx does not start"):
                for text in example["files"].values():
                    yield f"{rule['code']}-{number}", text


def test_nginx_refuses_what_the_rules_say_it_does(folder: Path) -> None:
    """NGX321, NGX330 and NGX333."""
    said = {name: check(folder, text) for name, text in refusals()}
    assert {name.partition("-")[0] for name in said} == {"NGX321", "NGX330", "NGX333"}
    assert [name for name, text in said.items() if not text or "host not found" in text] == []


def test_resolve_is_a_parameter_only_in_newer_versions(
    folder: Path, release: tuple[int, ...]
) -> None:
    """NGX333: and then it needs a zone and a resolver, but for an address."""
    inside = {
        "zone": "resolver 127.0.0.1; upstream a { server localhost resolve; }",
        "resolver": "upstream a { zone a 64k; server localhost resolve; }",
        "nothing": "resolver 127.0.0.1; upstream a { zone a 64k; server localhost resolve; }",
        "address": "upstream a { server 127.0.0.1:80 resolve; }",
    }
    said = {lack: check(folder, f"events {{}}\nhttp {{ {one} }}\n") for lack, one in inside.items()}
    if release < RESOLVES:
        assert set(said.values()) == {'invalid parameter "resolve"'}
        return
    assert said["zone"].startswith('resolving names at run time requires upstream "a"')
    assert said["resolver"].startswith("no resolver defined to resolve names at run time")
    assert said["nothing"] == said["address"] == ""


@needs_openssl
def test_hybrid_groups_need_a_newer_openssl(folder: Path) -> None:
    """NGX241: an older one refuses the name, and nginx does not start."""
    said = subprocess.run([str(NGINX), "-V"], capture_output=True, text=True, check=True).stderr
    found = re.search(r"OpenSSL (\d+)\.(\d+)", said)
    assert found
    inside = "server { listen 127.0.0.1:18443 ssl; ssl_ecdh_curve X25519MLKEM768:X25519;"
    certificate = "ssl_certificate shop.crt; ssl_certificate_key shop.key; }"
    text = check(folder, f"events {{}}\nhttp {{ {inside} {certificate} }}\n")
    assert ("X25519MLKEM768" in text) is (tuple(map(int, found.groups())) < HYBRID_GROUPS)
