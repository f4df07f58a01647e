"""
What files a location serves, and how long they may be kept.
"""

from __future__ import annotations

import pytest

from advisor.facts.nginx.static import is_asset
from tests.support.nginx_facts import UNKNOWN, http, location, reader, shown, whole
from tests.support.nginx_trees import http as tree


@pytest.mark.parametrize(
    ("location", "asset"),
    [
        (r"~* \.(css|js)$", True),
        (r"~* \.(?:css(\.map)?|js(\.map)?|jpe?g|png|gif|ico)$", True),
        (r"~ \.jpe?g$", True),
        (r"~ \.(js|json|xml)$", False),
        (r"~ \.php$", False),
        (r"~ ^/(index|app)\.html$", False),
        (r"~ ^/static/", True),
        (r"~ ^/api/v1\.0/", False),
        ("/static/", True),
        ("/assets", True),
        ("^~ /_next/static/", True),
        ("= /favicon.ico", True),
        ("= /robots.txt", False),
        ("/media/", False),
        ("/", False),
        ("@app", False),
        ("/javascript-course/", False),
    ],
)
def test_a_location_by_its_path(location: str, *, asset: bool) -> None:
    config = tree(f"server {{ location {location} {{ gzip on; }} }}")
    assert is_asset(config.locations[0]) is asset


def test_what_stands_inside_is_no_more_than_the_location() -> None:
    config = tree("server { location /static/ { location ~ x { if ($a) { gzip on; } } } }")
    inner = config.locations[1].children[0]
    assert is_asset(inner)
    assert not is_asset(config.servers[0])


def of(location_text: str, name: str, around: str = "") -> object:
    """A fact of the last location of a server."""
    text = f"{around} server {{ listen 80; root /srv/www; {location_text} }}"
    return location(text)[name]


@pytest.mark.parametrize(
    ("text", "uncached"),
    [
        ("location /static/ { alias /srv/static/; }", True),
        (r"location ~* \.(css|js)$ { access_log off; }", True),
        ("location /static/ { expires 1h; }", False),
        ("location /static/ { expires $lifetime; }", False),
        ("location /static/ { expires off; }", True),
        ("location /static/ { add_header cache-control no-cache; }", False),
        ("location /static/ { more_set_headers 'Cache-Control: no-cache'; }", False),
        ("location /static/ { proxy_pass http://a; }", False),
        ("location /static/ { return 404; }", False),
        ("location = /favicon.ico { access_log off; }", False),
        ("location /static/ { include x; }", UNKNOWN),
        ("location /pages/ { alias /srv/pages/; }", False),
    ],
)
def test_assets_without_a_lifetime(text: str, *, uncached: object) -> None:
    assert of(text, "assets_uncached") == uncached


def test_an_inner_location_decides_instead() -> None:
    facts = reader(http(r"server { location /static/ { location ~ \.css$ { expires 1h; } } }"))
    first, second = facts.locations()
    assert shown(first.facts["location.assets_uncached"]) is False
    assert shown(second.facts["location.assets_uncached"]) is False


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("location / { expires max; }", "expires max"),
        ("location / { expires modified 30d; }", "expires modified 30d"),
        ("location / { expires 6d; }", ""),
        ("location / { expires -1; }", ""),
        ("location / { expires epoch; }", ""),
        ("location / { expires $lifetime; }", ""),
        (
            "location / { add_header Cache-Control immutable; }",
            "add_header Cache-Control immutable",
        ),
        ("location / { add_header Cache-Control max-age=600; }", ""),
        (
            "location / { add_header Cache-Control s-maxage=604800; }",
            "add_header Cache-Control s-maxage=604800",
        ),
        ("location / { add_header Vary max-age=604800; }", ""),
        ("location / { expires max; return 404; }", ""),
        ("location = / { expires max; }", "expires max"),
        ("location = /index.html { expires max; }", "expires max"),
        ("location = /sw.js { expires max; }", "expires max"),
        ("location = /app.js { expires max; }", ""),
        ("location /assets/ { expires max; }", ""),
        (r"location ~ \.(css|html?)$ { expires max; }", "expires max"),
        (r"location ~ \.(css|js)$ { expires max; }", ""),
        ("server_name cdn.example.com; location / { expires max; }", ""),
        ("location / { root /srv/static; expires max; }", ""),
    ],
)
def test_pages_that_are_kept(text: str, kept: str) -> None:
    assert of(text, "page_kept") == kept


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        ("expires 1d; add_header Cache-Control max-age=60;", "add_header Cache-Control max-age=60"),
        ("expires 1d; add_header Cache-Control public;", ""),
        ("expires 1d; add_header X-Age max-age=60;", ""),
        ("expires off; add_header Cache-Control max-age=60;", ""),
        ("expires $a; add_header Cache-Control max-age=60;", ""),
        ("add_header Cache-Control max-age=60;", ""),
        ("expires 1d;", ""),
    ],
)
def test_an_age_that_is_said_twice(text: str, twice: str) -> None:
    assert of(f"location / {{ {text} }}", "age_said_twice") == twice


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("etag off; if_modified_since off;", True),
        ("etag off;", False),
        ("if_modified_since off;", False),
        ("etag off; if_modified_since before;", False),
        ("etag off; if_modified_since off; add_header Cache-Control no-store;", False),
        ("etag off; if_modified_since off; proxy_pass http://a;", False),
    ],
)
def test_files_without_validators(text: str, *, never: bool) -> None:
    assert of(f"location / {{ {text} }}", "never_fresh") is never


@pytest.mark.parametrize(
    ("text", "big"),
    [
        (r"location ~ \.(mp4|mkv)$ { expires 1d; }", True),
        ("location /v/ { mp4; }", True),
        (r"location ~ \.(mp4|mkv)$ { aio threads; }", False),
        (r"location ~ \.(mp4|mkv)$ { aio off; }", True),
        (r"location ~ \.(mp4|css)$ { expires 1d; }", False),
        (r"location ~ \.mp4$ { proxy_pass http://a; }", False),
        (r"location ~ \.mp4$ { include x; }", UNKNOWN),
        ("location / { expires 1d; }", False),
    ],
)
def test_large_files(text: str, *, big: object) -> None:
    assert of(text, "big_files") == big


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("server { root /a; location / { expires 1h; } }", True),
        ("server { location /static/ { alias /a/; } }", True),
        ("include mime.types; server { root /a; location / { expires 1h; } }", False),
        ("types { text/css css; } server { root /a; location / { expires 1h; } }", False),
        ("include x; server { root /a; location / { expires 1h; } }", UNKNOWN),
        ("server { location /.well-known/acme-challenge/ { root /a; } }", False),
        ("server { location = /50x.html { root /a; } }", False),
        ("server { root /a; location / { proxy_pass http://a; } }", False),
        ("server { root /a; location / { return 404; } }", False),
        ("server { location / { expires 1h; } }", False),
    ],
)
def test_types_that_are_missing(text: str, *, missing: object) -> None:
    assert whole(http(text))["types_missing"] == missing
