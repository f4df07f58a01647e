"""
Which directives of the rewrite module have something to say.
"""

from __future__ import annotations

import pytest

from tests.support.nginx_facts import http, reader, shown


def found(text: str) -> list[dict[str, object]]:
    """The facts of every event in an http block."""
    events = [one for one in reader(http(text)).events() if one.target == "nginx.rewrite"]
    return [
        {
            name.partition(".")[2]: shown(fact)
            for name, fact in one.facts.items()
            if name.startswith("rewrite.")
        }
        for one in events
    ]


def test_all_facts_of_an_event() -> None:
    assert found("server { server_name a; rewrite ^(.*)$ https://b$1 redirect; }") == [
        {
            "text": "rewrite ^(.*)$ https://b$1 redirect",
            "whom": "every request",
            "level": "server a:80",
            "problem": "moves",
            "line": "return 302 https://b$request_uri;",
            "negative": False,
            "continues": False,
        }
    ]


@pytest.mark.parametrize(
    ("rewrite", "line"),
    [
        ("^(.*)$ https://a$1 permanent", "return 301 https://a$request_uri;"),
        ("^/(.*)$ https://a/$1 permanent", "return 301 https://a$request_uri;"),
        ("^/(.*) https://a/b/$1 permanent", "return 301 https://a/b$request_uri;"),
        ("^ https://a$request_uri? permanent", "return 301 https://a$request_uri;"),
        ("^ https://a$request_uri permanent", "return 301 https://a$request_uri;"),
        ("^ /sorry.html redirect", "return 302 /sorry.html$is_args$args;"),
        ("^ /sorry.html? redirect", "return 302 /sorry.html;"),
        ("^(.*)$ https://a$1? permanent", ""),
        ("^/(.*)$ https://a$1 permanent", ""),
        ("^(.*)$ https://a/?b=$1 permanent", ""),
        ("^(.*)$ https://${HOST}$1 permanent", ""),
    ],
)
def test_the_return_that_does_the_same(rewrite: str, line: str) -> None:
    assert [one["line"] for one in found(f"server {{ rewrite {rewrite}; }}")] == [line]


@pytest.mark.parametrize(
    "text",
    [
        "rewrite ^(.*)$ /index.html last;",
        "rewrite ^/old /new permanent;",
        "rewrite ^(.*)$ https://a$1;",
        "if ($host = a) { set $b 1; }",
        "if ($host = a) { return 301 https://a; } return 404;",
        "location / { if ($host = a) { return 301 https://a; } }",
        "if ($scheme = http) { return 301 https://a; }",
        "if (-f $document_root/sorry.html) { return 503; }",
        "if (-f $request_filename) { return 403; }",
        "if ($arg_a) { return 403; }",
    ],
)
def test_nothing_to_say(text: str) -> None:
    assert found(f"server {{ {text} }}") == []


@pytest.mark.parametrize(
    ("text", "problem", "negative", "continues"),
    [
        ("if ($host = a) { return 301 https://a; }", "host", False, False),
        ("if ($http_host !~ a) { return 444; }", "host", True, False),
        ("if (!-e $request_filename) { rewrite ^ /index.php last; }", "file", False, True),
        ("if (-f $request_filename) { expires 1d; }", "file", False, False),
    ],
)
def test_what_an_if_asks(text: str, problem: str, *, negative: bool, continues: bool) -> None:
    event = found(f"server {{ {text} }}")[0]
    assert (event["problem"], event["negative"], event["continues"]) == (
        problem,
        negative,
        continues,
    )
