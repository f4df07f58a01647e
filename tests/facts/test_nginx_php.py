"""
Whether PHP is told which file to run.
"""

from __future__ import annotations

import pytest

from tests.support.nginx_facts import UNKNOWN, location, reader, shown


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("include fastcgi_params; fastcgi_pass a:9000;", True),
        ("fastcgi_param A b; fastcgi_pass a:9000;", True),
        ("fastcgi_pass a:9000;", True),
        ("include fastcgi.conf; fastcgi_pass a:9000;", False),
        ("include snippets/fastcgi-php.conf; fastcgi_pass a:9000;", False),
        ("fastcgi_param SCRIPT_FILENAME $a; fastcgi_pass a:9000;", False),
        ("fastcgi_param PATH_TRANSLATED $a; fastcgi_pass a:9000;", False),
        ("include x; fastcgi_pass a:9000;", UNKNOWN),
        ("proxy_pass http://a;", False),
    ],
)
def test_php_without_a_script(text: str, missing: object) -> None:
    facts = location(rf"server {{ location ~ \.php$ {{ {text} }} }}")
    assert facts["script_missing"] == missing


def test_a_list_that_was_replaced_is_said_elsewhere() -> None:
    text = "fastcgi_param SCRIPT_FILENAME $a; location ~ php { fastcgi_param A b; fastcgi_pass b; }"
    assert location(f"server {{ {text} }}")["script_missing"] is False


def test_around_a_fragment_the_parameter_may_be_set() -> None:
    text = r"server { location ~ \.php$ { fastcgi_pass a:9000; } }"
    one = next(iter(reader(text).locations()))
    assert shown(one.facts["location.script_missing"]) == UNKNOWN
