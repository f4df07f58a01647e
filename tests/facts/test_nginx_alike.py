"""
What is the same for levels that differ in names alone, and what rules make of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations, product
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.facts.nginx.alike import DERIVED, differing
from advisor.facts.nginx.tables import own_rows, rows_of
from advisor.model import DIFFERS, Unknown
from advisor.model.subject import Fact, Record, Subject
from tests.support.nginx_facts import http, reader
from tests.support.nginx_judges import check_together

SPACES = ("server", "location", "upstream")
Pattern: TypeAlias = tuple[str, list[str], list[tuple[str, list[str]]], list[str]]
"""Socket, lines of the server, its locations, and the lines of its upstream."""


def said(fact: Fact) -> object:
    """All that a fact says, without its place; whether it has one."""
    if isinstance(fact, Unknown):
        return fact.reason, fact.needs
    value: object = fact.value
    if isinstance(value, tuple):
        value = [_record(one) if isinstance(one, Record) else one for one in value]
    return value, fact.origin, fact.location is None, fact.note


def _record(record: Record) -> object:
    return {name: said(fact) for name, fact in record.fields.items()}


def check(subjects: tuple[Subject, ...]) -> int:
    """Facts in common are everybody's. How many subjects have any with others."""
    shared = [one for one in subjects if one.alike is not None]
    for subject in shared:
        own = f"{subject.target.removeprefix('nginx.')}."
        for name, fact in (subject.alike or {}).items():
            if fact is not DIFFERS and name.startswith(own):
                assert said(subject.facts[name]) == said(fact), (subject.name, name)
    return len(shared) - len({id(one.alike) for one in shared})


ON_SERVER = """
add_header Strict-Transport-Security max-age=60 always;
access_log /var/log/{name}.log;
auth_basic on;
client_header_buffer_size 8k;
error_log /var/log/{name}.err debug;
http2 on;
keepalive_requests 10;
limit_req zone=one;
location = /health {{ return 200 ok; }}
location ~ \\.(css|js)$ {{ root /srv/{name}; }}
proxy_set_header Host $host;
return 301 https://{name}$request_uri;
root /srv/{name};
server_name {name};
server_name static.{name} ~^{name}$;
ssl_certificate /etc/{name}/fullchain.pem;
ssl_certificate $ssl_server_name;
ssl_ciphers HIGH:RC4;
ssl_protocols TLSv1 TLSv1.2;
ssl_session_cache shared:SSL:1m;
ssl_stapling on;
""".strip().splitlines()
IN_LOCATION = """
access_log off;
access_log /var/log/{name}.log;
add_header Cache-Control max-age=31536000;
alias /srv/{name}/;
expires max;
fastcgi_pass {group};
fastcgi_pass unix:/run/{name}.sock;
grpc_pass grpc://{group};
if ($request_method = POST) {{ proxy_pass http://{group}; }}
internal;
limit_except GET {{ deny all; }}
proxy_cache zone;
proxy_http_version 1.1;
proxy_ignore_headers Set-Cookie;
proxy_next_upstream off;
proxy_pass http://$host;
proxy_pass http://10.0.0.{port}:80{port};
proxy_pass http://{name}:80{port}/;
proxy_pass http://{group};
proxy_pass https://unix:/run/{name}.sock:/a;
proxy_pass https://{group}/a;
proxy_set_header Connection '';
proxy_set_header Connection $connection_upgrade;
proxy_set_header Upgrade $http_upgrade;
return 200 ok;
root /srv/{name};
sendfile on;
set $there {group}; proxy_pass http://$there;
try_files $uri /index.html;
uwsgi_pass {group};
""".strip().splitlines()
IN_UPSTREAM = """
hash $uri;
ip_hash;
keepalive 16;
keepalive 0;
keepalive_requests 50;
server 10.0.0.{port} backup;
server 10.0.0.{port}:80{port} down;
server 10.0.0.{port}:8000 max_conns=5;
server {name}.test resolve;
server localhost:80{port};
server unix:/run/{name}.sock;
zone z 64k;
""".strip().splitlines()
LISTENS = ["80", "443 ssl", "443 quic", "127.0.0.1:80", "443 ssl default_server", "8443"]
PATHS = [
    "/",
    "/static/",
    "= /healthz",
    "~ \\.php$",
    "^~ /",
    "@back",
    "~* \\.(css|png)$",
    "/a/x.mp4",
]
NAMES = ["shop", "static.example.com", "php", "letsencrypt", "shop"]
HEADS = ["", "map $http_upgrade $connection_upgrade { default upgrade; '' close; }", "root /srv;"]


def some(lines: list[str], most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(lines), max_size=most, unique=True)


PATTERNS = st.tuples(
    st.sampled_from(LISTENS),
    some(ON_SERVER, 4),
    st.lists(st.tuples(st.sampled_from(PATHS), some(IN_LOCATION, 4)), max_size=3),
    some(IN_UPSTREAM, 4),
)


def site(pattern: Pattern, name: str, number: int) -> str:
    """One site that follows a pattern; no two upstreams have one name."""
    listen, lines, locations, upstream = pattern

    def filled(written: Iterable[str]) -> str:
        text = "\n".join(written)
        return text.format(name=name, port=number % 200 + 1, group=f"{name}-{number}")

    blocks = "".join(f"location {path} {{\n{filled(inner)}\n}}\n" for path, inner in locations)
    group = filled(["upstream {group} {{", "server 10.1.0.{port};", *upstream, "}}"])
    return f"{group}\nserver {{\nlisten {listen};\n{filled(lines)}\n{blocks}}}\n"


NAMED = ["server_name {name};"]
MANY = 30
"""Patterns in one configuration."""


def sites(patterns: Iterable[Pattern], head: str = "") -> tuple[Subject, ...]:
    """Subjects of a configuration with some sites of each pattern."""
    named = enumerate(product(patterns, NAMES))
    text = "".join(site(pattern, name, number) for number, (pattern, name) in named)
    return tuple(reader(http(f"{head}\n{text}")).subjects())


def test_no_pair_of_lines_makes_a_difference_by_its_names() -> None:
    in_use = [("/", ["proxy_pass http://{group};"])]
    twice = product(["/", "/b"], IN_LOCATION)
    patterns: list[Pattern] = []
    patterns += [("443 ssl", [*NAMED, *pair], in_use, []) for pair in pairs(ON_SERVER)]
    patterns += [("80", NAMED, [("/", list(pair))], []) for pair in pairs(IN_LOCATION)]
    patterns += [("80", NAMED, [(one, [line]), ("/", [line])], []) for one, line in twice]
    patterns += [("80", NAMED, in_use, list(pair)) for pair in pairs(IN_UPSTREAM)]
    # Some facts look at all servers of a socket: many small configurations take less time.
    parts = (patterns[start : start + MANY] for start in range(0, len(patterns), MANY))
    assert sum(check(sites(part)) for part in parts) > 1000


def pairs(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Every two lines, and each alone."""
    return combinations(["", *lines], 2)


@settings(max_examples=40, deadline=None)
@given(st.lists(PATTERNS, min_size=1, max_size=2), st.sampled_from(HEADS))
def test_sites_of_one_pattern_have_the_same_facts(patterns: list[Pattern], head: str) -> None:
    subjects = sites(patterns, head)
    check(subjects)
    check_together(subjects)


SITE = """
upstream {name} {{ server 10.0.0.{port}:80{port}; keepalive 8; }}
server {{
  listen 443 ssl; server_name {name}.example.com; ssl_certificate /etc/ssl/{name}.pem;
  location / {{ proxy_pass http://{name}; {more} }}
  location /static/ {{ alias /srv/{name}/static/; }}
}}
"""


@pytest.mark.parametrize("space", SPACES)
def test_names_make_no_difference(space: str) -> None:
    many = "".join(SITE.format(name=f"s{port}", port=port, more="") for port in range(1, 9))
    subjects = [one for one in reader(http(many)).subjects() if one.target == f"nginx.{space}"]
    # The first server is the default of the socket; locations are of two kinds.
    assert len({id(one.alike) for one in subjects}) <= 2
    assert check(tuple(subjects)) > 0


def test_what_is_decided_for_all_is_decided_for_each() -> None:
    many = "".join(SITE.format(name=f"s{port}", port=port, more="") for port in range(1, 4))
    found = check_together(reader(http(many), version=None).subjects())
    assert found["Finding"]
    assert found["NotEvaluated"]
    assert found["each"] < found["passed"] / 10


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize(
    "more", ["proxy_buffering off;", "proxy_http_version 1.1;", "if ($a) { return 403; }"]
)
def test_a_directive_makes_a_difference(space: str, more: str) -> None:
    sites = [SITE.format(name=f"s{port}", port=port, more="") for port in range(1, 4)]
    other = SITE.format(name="other", port=9, more=more)
    found = reader(http("".join([*sites, other]))).subjects()
    subjects = [one for one in found if one.target == f"nginx.{space}"]
    per_site = len(subjects) // 4
    assert subjects[per_site].alike is subjects[2 * per_site].alike
    assert subjects[per_site].alike is not subjects[3 * per_site].alike


@pytest.mark.parametrize("space", [*SPACES, "line"])
def test_facts_that_are_said_to_be_alike_exist(space: str) -> None:
    for table in DERIVED:
        if table.endswith(space):
            assert rows_of(space).keys() >= set(DERIVED[table].split())
            assert differing(table) <= own_rows(space).keys()


@pytest.mark.parametrize(
    ("space", "name"),
    [
        ("server", "name"),
        ("server", "lets_encrypt"),
        ("location", "literal_target"),
        ("location", "page_kept"),
        ("location", "proxy_pass"),
        ("location", "script_missing"),
        ("upstream", "name"),
    ],
)
def test_facts_that_follow_from_names_differ(space: str, name: str) -> None:
    assert f"{space}.{name}" in differing(space) or f"{space}.{name}" not in own_rows(space)


def test_where_files_may_be_missing_nothing_is_alike() -> None:
    text = http("include missing.conf;\n" + SITE.format(name="a", port=1, more=""))
    levels = [one for one in reader(text).subjects() if one.target != "nginx.line"]
    assert all(one.alike is None for one in levels)
