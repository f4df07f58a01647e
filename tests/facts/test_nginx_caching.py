"""
Caches of responses: what is stored, for whom, and what leaks.
"""

from __future__ import annotations

import pytest

from tests.support.nginx_facts import UNKNOWN, http, location, whole

CACHED = "proxy_pass http://a:1; proxy_cache pages;"


def inside(text: str) -> str:
    return f"server {{ location / {{ {text} }} }}"


@pytest.mark.parametrize(
    ("text", "zone", "caches"),
    [
        (CACHED, "pages", True),
        ("proxy_pass http://a:1; proxy_cache off;", "", False),
        ("proxy_pass http://a:1; uwsgi_cache pages;", "", False),
        ("uwsgi_pass a:1; uwsgi_cache pages;", "pages", True),
        ("proxy_cache pages; root /srv;", "", False),
        ("grpc_pass a:1; proxy_cache pages;", "", False),
        ("proxy_pass http://a:1; proxy_cache $zone;", "$zone", True),
        ("proxy_pass http://a:1; include own.conf;", UNKNOWN, UNKNOWN),
    ],
)
def test_which_zone_caches(text: str, zone: str, *, caches: object) -> None:
    facts = location(inside(text))
    assert (facts["cache_zone"], facts["caches"]) == (zone, caches)


@pytest.mark.parametrize(
    ("text", "unbuffered"),
    [
        (inside(f"{CACHED} proxy_buffering off;"), True),
        (f"proxy_buffering off; {inside(CACHED)}", True),
        (f"proxy_cache pages; proxy_buffering off; {inside('proxy_pass http://a:1;')}", True),
        (f"proxy_cache pages; {inside('proxy_pass http://a:1; proxy_buffering off;')}", False),
        (f"fastcgi_buffering off; {inside(CACHED)}", False),
        (inside(CACHED), False),
        (inside("root /srv; proxy_buffering off;"), False),
        (f"proxy_buffering off; {inside(f'{CACHED} include own.conf;')}", UNKNOWN),
    ],
)
def test_buffering_is_off_where_caching_is_asked_for(text: str, *, unbuffered: object) -> None:
    """An inner level that streams inside a server that caches does so on purpose."""
    assert location(text)["cache_unbuffered"] == unbuffered


def test_what_a_cache_heeds() -> None:
    facts = location(
        inside(
            f"{CACHED} proxy_cache_valid 1m; proxy_cache_lock on; proxy_cache_use_stale updating;"
            "proxy_ignore_headers Expires cache-control;"
        )
    )
    expected = {
        "cache_valid_set": True,
        "ignores_lifetimes": True,
        "ignores_everything": False,
        "cached_cookies": False,
        "cache_lock": True,
        "cache_updating": True,
        "cache_stale": True,
    }
    assert facts.only(expected) == expected


def test_what_a_cache_does_by_itself() -> None:
    facts = location(inside(CACHED))
    names = ("cache_valid_set", "ignores_lifetimes", "cache_lock", "cache_updating", "cache_stale")
    assert set(facts.only(names).values()) == {False}


def test_nothing_is_passed_on() -> None:
    facts = location(inside("root /srv;"))
    names = ("cache_valid_set", "cached_cookies", "cache_lock", "cache_updating", "cache_stale")
    assert set(facts.only(names).values()) == {False}


IGNORED = f"{CACHED} proxy_ignore_headers Set-Cookie;"


@pytest.mark.parametrize(
    ("text", "leaks"),
    [
        (IGNORED, True),
        (f"{IGNORED} proxy_hide_header X-Other;", True),
        (f"{IGNORED} proxy_hide_header set-cookie;", False),
        (f"{IGNORED} more_clear_headers 'Set-Cookie X-Other';", False),
        (f"{IGNORED} proxy_no_cache $cookie_id;", False),
        (f"{IGNORED} proxy_cache_bypass $cookie_id;", False),
        (f"{IGNORED} proxy_cache_key $uri$http_authorization;", False),
        (f"{IGNORED} proxy_cache_key $uri$arg_page;", True),
        (CACHED, False),
        (f"{CACHED} proxy_ignore_headers ${{HEADERS}};", UNKNOWN),
        (f"{IGNORED} proxy_cache_key ${{KEY}};", UNKNOWN),
        (f"{IGNORED} include own.conf;", UNKNOWN),
    ],
)
def test_cookies_that_are_stored(text: str, *, leaks: object) -> None:
    assert location(inside(text))["cached_cookies"] == leaks


@pytest.mark.parametrize(
    ("label", "files"),
    [("/", False), (r"~* \.(js|css)$", True), (r"~ \.png$", True), ("~ ^/api", False)],
)
def test_locations_for_files(label: str, *, files: bool) -> None:
    assert location(f"server {{ location {label} {{ {CACHED} }} }}")["for_files"] is files


@pytest.mark.parametrize(
    ("path", "use", "zone"),
    [
        ("proxy_cache_path /c keys_zone=pages:1m;", CACHED, "pages"),
        ("proxy_cache_path /c keys_zone=pages:1m;", "proxy_cache $zone; proxy_pass $a;", "pages"),
        ("proxy_cache_path /c keys_zone=pages:1m max_size=1g;", CACHED, ""),
        ("proxy_cache_path /c keys_zone=pages:1m min_free=1g;", CACHED, ""),
        ("proxy_cache_path /c keys_zone=other:1m;", CACHED, ""),
        ("proxy_cache_path /c keys_zone=${ZONE}:1m;", CACHED, ""),
        ("include own.conf; proxy_cache_path /c keys_zone=other:1m;", CACHED, UNKNOWN),
        ("include own.conf;", CACHED, ""),
    ],
)
def test_caches_without_a_bound(path: str, use: str, zone: str) -> None:
    assert whole(http(path + inside(use)))["unbounded_cache"] == zone


def two_sites(around: str, first: str = CACHED, second: str = CACHED, path: str = "/") -> object:
    servers = f"""
        server {{ server_name www.a.example a.example; location / {{ {first} }} }}
        server {{ server_name b.example; location {path} {{ {second} }} }}
    """
    return whole(http(around + servers))["mixed_sites"]


@pytest.mark.parametrize(
    ("around", "mixed"),
    [
        ("proxy_cache_key $uri$is_args$args;", "a.example and b.example"),
        ("proxy_cache_key '$scheme $request_uri';", "a.example and b.example"),
        ("proxy_cache_key $host$uri;", ""),
        ("proxy_cache_key $own$uri;", ""),
        ("", ""),
        ("proxy_set_header Host $host;", "a.example and b.example"),
        ("proxy_set_header Host shop;", ""),
        ("include own.conf;", ""),
    ],
)
def test_sites_in_one_cache(around: str, mixed: str) -> None:
    """The default key has the target in it, which is the same here."""
    assert two_sites(around) == mixed


def test_sites_that_differ_otherwise() -> None:
    key = "proxy_cache_key $uri;"
    assert two_sites(key, second="proxy_pass http://a:1; proxy_cache other;") == ""
    assert two_sites(key, path="/blog/") == "a.example and b.example"
    assert two_sites(key, first="root /srv;") == ""
    assert two_sites("proxy_set_header Host $host;", second=CACHED.replace("a:1", "b:1")) == ""
