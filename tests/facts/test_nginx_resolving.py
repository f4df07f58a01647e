"""
Names in targets: resolved when nginx starts, for each request, or not at all.
"""

from __future__ import annotations

import pytest

from advisor.facts.nginx.resolving import is_address, public_name
from tests.support.nginx_facts import OLD, UNKNOWN, http, location, shown, upstream, whole
from tests.support.nginx_facts import reader as read

SETUP = """
    upstream app { server 10.0.0.1:80; }
    upstream blue.shop.example { server 10.0.0.1:80; }
    map $a $groups { default app; x blue.shop.example; }
    map $a $names { default app; x backend:80; }
    map $a $addresses { default 10.0.0.1:80; x [::1]:80; y unix:/run/app.sock; }
    map $a $other { default $http_x; }
"""


def unresolved(text: str, around: str = "") -> object:
    return location(f"{SETUP} {around} server {{ location / {{ {text} }} }}")["unresolved_host"]


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("proxy_pass http://backend:80;", ""),
        ("proxy_pass http://backend:80$request_uri;", "backend"),
        ("proxy_pass http://localhost:80$request_uri;", "localhost"),
        ("proxy_pass http://app$request_uri;", ""),
        ("proxy_pass http://10.0.0.1$uri;", ""),
        ("proxy_pass http://[::1]:80$uri;", ""),
        ("set $b backend; proxy_pass http://$b:80;", "backend"),
        ("set $b backend; set $p http; proxy_pass $p://$b:80/x;", "backend"),
        ("set $b http://backend; proxy_pass $b;", "backend"),
        ("set $b app; fastcgi_pass $b;", ""),
        ("set $b 127.0.0.1; proxy_pass http://$b:80;", ""),
        ("set $b unix:/run/app.sock; uwsgi_pass $b;", ""),
        ("set $b backend; uwsgi_pass $b;", "backend"),
        ("set $b x; if ($c) { set $b app; } proxy_pass http://$b;", UNKNOWN),
        ("proxy_pass http://$groups;", ""),
        ("proxy_pass http://$addresses/x;", ""),
        ("proxy_pass http://$names;", "backend"),
        ("grpc_pass $names;", "backend"),
        ("proxy_pass http://$other;", UNKNOWN),
        ("proxy_pass http://$http_x;", UNKNOWN),
        ("proxy_pass http://$http_x.svc.cluster.local:80;", "….svc.cluster.local"),
        ("proxy_pass http://$color.shop.example;", UNKNOWN),
        ("proxy_pass http://${BACKEND}$uri;", UNKNOWN),
        ("resolver 10.0.0.2; proxy_pass http://backend$uri;", ""),
        ("include own.conf; proxy_pass http://backend$uri;", UNKNOWN),
        ("root /srv;", ""),
    ],
)
def test_names_that_nothing_resolves(text: str, host: str) -> None:
    assert unresolved(text) == host


def test_a_map_may_name_more_in_a_file() -> None:
    around = "map $a $more { include own.map; default app; }"
    assert unresolved("proxy_pass http://$more;", around) == UNKNOWN


def test_a_name_that_nginx_knows_since_it_started() -> None:
    other = "server { location /other { proxy_pass http://Backend:80; } }"
    assert unresolved("proxy_pass http://backend:80$uri;", other) == ""


def test_two_locations_that_set_one_variable() -> None:
    other = "server { location /other { set $b 10.0.0.9; proxy_pass http://$b; } }"
    assert unresolved("set $b backend; proxy_pass http://$b;", other) == "backend"


def test_a_fragment_may_have_its_resolver_elsewhere() -> None:
    text = "server { location / { set $b backend; proxy_pass http://$b; } }"
    one = next(iter(read(text, path="conf.d/app.conf").locations()))
    assert shown(one.facts["location.unresolved_host"]) == UNKNOWN


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("api.example.com", "api.example.com"),
        ("API.Example.com.", "api.example.com"),
        ("backend", ""),
        ("localhost", ""),
        ("10.0.0.1", ""),
        ("shop.default.svc.cluster.local", ""),
        ("db.internal", ""),
        ("{{ host }}.example.com", ""),
    ],
)
def test_public_names(host: str, name: str) -> None:
    assert public_name(host) == name


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "fe80::1"])
def test_addresses(host: str) -> None:
    assert is_address(host)
    assert not is_address(f"{host}.example.com")


def test_names_that_are_resolved_once() -> None:
    text = """
        upstream app { server a.elb.amazonaws.com; server b.example.com resolve; server c:80; }
        server { location / { proxy_pass https://d.example.com; } }
    """
    facts = whole(http(text))
    assert facts["fixed_cloud_name"] == "a.elb.amazonaws.com"
    assert facts["fixed_name"] == "d.example.com"


def test_names_that_are_resolved_again() -> None:
    text = "server { location / { set $a api.example.com; proxy_pass https://$a; } }"
    facts = whole(http(text))
    assert facts["fixed_cloud_name"] == facts["fixed_name"] == ""
    assert location(text)["outside_name"] == "api.example.com"
    assert location(text)["varies"] is True


@pytest.mark.parametrize(
    ("text", "varies", "kept"),
    [
        ("proxy_pass http://app$uri;", False, 0),
        ("proxy_pass http://10.0.0.1$uri;", False, 0),
        ("resolver 10.0.0.2 valid=10m; proxy_pass http://x$uri;", True, 600),
        ("resolver 10.0.0.2; proxy_pass http://x$uri;", True, 0),
        ("resolver 10.0.0.2 valid=1d; proxy_pass http://$groups;", False, 86400),
        ("resolver 10.0.0.2 valid=1d; proxy_pass http://$http_x;", True, 86400),
        ("proxy_pass http://backend;", False, 0),
        ("resolver ${DNS} valid=10m; proxy_pass http://x$uri;", True, UNKNOWN),
    ],
)
def test_how_long_addresses_are_kept(text: str, *, varies: bool, kept: object) -> None:
    facts = location(f"{SETUP} server {{ location / {{ {text} }} }}")
    assert (facts["varies"], facts["addresses_kept"]) == (varies, kept)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("zone a 64k; resolver 10.0.0.2; server a:80 resolve;", ""),
        ("resolver 10.0.0.2; server a:80 resolve;", "the upstream has no zone"),
        ("zone a 64k; server a:80 resolve;", "there is no resolver"),
        ("server 10.0.0.1:80 resolve;", ""),
        ("server a:80;", ""),
        ("include own.conf; server a:80 resolve;", UNKNOWN),
    ],
)
def test_what_resolve_lacks(text: str, flaw: str) -> None:
    facts = upstream(f"upstream a {{ {text} }}", version=OLD)
    assert facts["resolve_flaw"] == flaw
    assert facts["resolves"] is ("resolve;" in text)
