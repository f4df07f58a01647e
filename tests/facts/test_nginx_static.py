"""
Which locations serve assets.
"""

from __future__ import annotations

import pytest

from advisor.facts.nginx.static import is_asset
from tests.support.nginx_trees import http


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
    config = http(f"server {{ location {location} {{ gzip on; }} }}")
    assert is_asset(config.locations[0]) is asset


def test_what_stands_inside_is_no_more_than_the_location() -> None:
    config = http("server { location /static/ { location ~ x { if ($a) { gzip on; } } } }")
    inner = config.locations[1].children[0]
    assert is_asset(inner)
    assert not is_asset(config.servers[0])
