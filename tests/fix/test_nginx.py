"""
Edits of nginx configurations.
"""

from __future__ import annotations

import pytest

from advisor.facts.nginx.writing import quoted
from advisor.fix.edits import RefusedError
from tests.support.fixes import change, edited

SHOP = """\
user www-data;
worker_processes 1;  # one

events {
    worker_connections 768;
}

http {
    # what clients get
    keepalive_timeout  0;   # off

    upstream app {
        least_conn;
        server 10.0.0.1:8000;  # first
    }

    server {
        listen 80;
        server_name shop.example;  # one
        # the application
        location / {
            proxy_pass http://app;
        }
    }
}
"""


def directive(name: str, value: str, line: int, column: int) -> str:
    """The shop with one directive's value replaced."""
    return edited(SHOP, change("nginx", name, value, at=(line, column)))


def added(name: str, value: str, line: int, column: int, text: str = SHOP) -> str:
    """A text with one directive added to the block around a place."""
    return edited(text, change("nginx", name, value, inside=(line, column)))


def behind(line: int, new: str, text: str = SHOP) -> str:
    """A text with a new line."""
    rows = text.splitlines(keepends=True)
    return "".join([*rows[:line], f"{new}\n", *rows[line:]])


def test_arguments_are_replaced_where_they_stand() -> None:
    assert directive("worker_processes", "auto", 2, 1) == SHOP.replace(
        "worker_processes 1;  # one", "worker_processes auto;  # one"
    )
    assert directive("keepalive_timeout", "75s", 10, 5) == SHOP.replace("  0; ", "  75s; ")


@pytest.mark.parametrize(
    ("line", "value", "after"),
    [
        ("gzip_types text/css application/json;", "text/plain", "gzip_types text/plain;"),
        ("keepalive_timeout '0';", "75s", "keepalive_timeout '75s';"),
        ('keepalive_timeout "0" ;', "75s", 'keepalive_timeout "75s" ;'),
        ("keepalive_timeout '0';", "75s 60s", "keepalive_timeout 75s 60s;"),
        ("keepalive_timeout '0';", '"a;b"', 'keepalive_timeout "a;b";'),
        ("keepalive_timeout\n  0\n  60s;", "75s", "keepalive_timeout\n  75s;"),
    ],
)
def test_all_arguments_are_one_value(line: str, value: str, after: str) -> None:
    name = line.split(maxsplit=1)[0]
    made = change("nginx", name, value, at=(2, 3))

    assert edited(f"http {{\n  {line}\n}}\n", made) == f"http {{\n  {after}\n}}\n"


@pytest.mark.parametrize(
    ("name", "place", "line", "indent"),
    [
        ("worker_rlimit_nofile", (8, 1), 2, ""),
        ("keepalive_requests", (8, 1), 10, "    "),
        ("keepalive_requests", (12, 5), 14, "        "),
        ("gzip_vary", (12, 5), 10, "    "),
        ("keepalive_requests", (17, 5), 19, "        "),
        ("keepalive_requests", (18, 9), 19, "        "),
        ("keepalive_requests", (21, 9), 22, "            "),
        ("proxy_read_timeout", (22, 13), 22, "            "),
        ("ssl_session_timeout", (22, 13), 19, "        "),
        ("worker_processes_x", (22, 13), 22, "            "),
    ],
)
def test_the_innermost_block_that_takes_it(
    name: str, place: tuple[int, int], line: int, indent: str
) -> None:
    """
    Behind the simple directives that the block begins with, indented as they are.
    """
    assert added(name, "9", *place) == behind(line, f"{indent}{name} 9;")


def test_several_new_directives_keep_their_order() -> None:
    first = change("nginx", "gzip", "on", inside=(8, 1))
    second = change("nginx", "gzip_vary", "on", inside=(8, 1))

    assert edited(SHOP, first, second) == behind(10, "    gzip on;\n    gzip_vary on;")


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("http {}\n", "http { gzip on; }\n"),
        ("http {\n}\n", "http {\n    gzip on;\n}\n"),
        ("http {  # all\n}\n", "http {  # all\n    gzip on;\n}\n"),
        ("http { sendfile on; }\n", "http { sendfile on; gzip on; }\n"),
        ("http {\r\n\tsendfile on;\r\n}\r\n", "http {\r\n\tsendfile on;\r\n\tgzip on;\r\n}\r\n"),
        (
            "http {\n  server { listen 80; }\n}\n",
            "http {\n  gzip on;\n  server { listen 80; }\n}\n",
        ),
        ("\ufeffhttp {\n}\n", "\ufeffhttp {\n    gzip on;\n}\n"),
        ("http { server { listen 80; } }\n", "http { gzip on; server { listen 80; } }\n"),
        ("http {\n  gzip off; # no\n}\n", "http {\n  gzip on; # no\n}\n"),
        ("http # {all}\n{\n}\n", "http # {all}\n{\n    gzip on;\n}\n"),
        ("http\n{\n  sendfile on;\n}\n", "http\n{\n  sendfile on;\n  gzip on;\n}\n"),
    ],
)
def test_blocks_of_every_shape(text: str, after: str) -> None:
    assert edited(text, change("nginx", "gzip", "on", inside=(1, 1))) == after


def test_a_file_that_begins_with_a_block() -> None:
    made = change("nginx", "worker_processes", "auto", inside=(3, 1))

    assert edited("# shop\nevents {}\nhttp {}\n", made) == (
        "# shop\nworker_processes auto;\nevents {}\nhttp {}\n"
    )


def test_blocks_in_one_line() -> None:
    """
    The place tells which of them is meant.
    """
    text = "http {\n server { listen 80; } server { listen 81; }\n}\n"
    made = change("nginx", "keepalive_requests", "9", inside=(2, 24))

    assert edited(text, made) == text.replace("81;", "81; keepalive_requests 9;")


def test_a_fragment_is_a_block_without_braces() -> None:
    text = "gzip on;\nserver { listen 80; }\n"
    made = change("nginx", "gzip_vary", "on", inside=(1, 1))

    assert edited(text, made) == "gzip on;\ngzip_vary on;\nserver { listen 80; }\n"


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("gzip ${GZIP};\n", (1, 1), "a template fills its value in"),
        ("gzip\n# now\noff;\n", (1, 1), "a comment stands among its arguments"),
        ("include other.conf;\n", (1, 1), "gzip does not stand at nginx.conf:1"),
        ("gzip off;\n", (2, 1), "does not stand"),
    ],
)
def test_directives_that_are_left_alone(text: str, at: tuple[int, int], reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        edited(text, change("nginx", "gzip", "on", at=at))


@pytest.mark.parametrize(
    ("text", "inside", "reason"),
    [
        ("http { gzip off; gzip on; }\n", (1, 1), "stands in this block several times"),
        ("http { gzip {{ gzip }}; }\n", (1, 1), "a template fills its value in"),
        ("stream { server { listen 1; } }\n", (1, 10), "allows gzip in no block around"),
        ("http {}\n", None, "the block it belongs to is in none of the files"),
    ],
)
def test_blocks_that_are_left_alone(text: str, inside: tuple[int, int] | None, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        edited(text, change("nginx", "gzip", "on", inside=inside))


HEADERS = """\
http {
    proxy_set_header Host $host;
    server {
        location /own { proxy_set_header Host a; }
        location /none { root /srv; }
    }
}
"""


def test_a_header_is_one_of_several() -> None:
    """
    Another header is added beside those of the block, the same one is replaced.
    """
    other = change("nginx", "proxy_set_header", 'Connection ""', inside=(4, 25))
    same = change("nginx", "proxy_set_header", "host $http_host", inside=(4, 25))

    assert 'proxy_set_header Host a; proxy_set_header Connection "";' in edited(HEADERS, other)
    assert "{ proxy_set_header host $http_host; }" in edited(HEADERS, same)


def test_headers_from_around_are_not_lost() -> None:
    """
    A block with one header of its own inherits none, so the first one is not written.
    """
    first = change("nginx", "proxy_set_header", 'Connection ""', inside=(5, 26))

    with pytest.raises(RefusedError, match="would lose each proxy_set_header"):
        edited(HEADERS, first)


QUOTED = ("a;b", "{a}", "a b", "", "#a", 'say "x"', "it's", "$host/x", "a\\b", "end\\", "a\nb")


@pytest.mark.parametrize("text", QUOTED)
@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_word_more_leaves_the_others_as_they_are(text: str, quote: str) -> None:
    escaped = text.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    line = f"add_header  X-A\n    {quote}{escaped}{quote}"
    made = change("nginx", "add_header", f"X-A {quoted(text)} always", inside=(2, 3))

    assert edited(f"http {{\n  {line};\n}}\n", made) == f"http {{\n  {line} always;\n}}\n"


def test_the_name_of_a_header_may_be_quoted() -> None:
    made = change("nginx", "add_header", "'X-a' 2", inside=(1, 8))

    assert edited('http { add_header "x-A" 1; }\n', made) == "http { add_header 'X-a' 2; }\n"


@pytest.mark.parametrize("value", ["A b; c", "A {", "A # b", "A 'b", "A b }"])
@pytest.mark.parametrize("before", ["add_header A x;", "add_header B x;", "add_header A;"])
def test_what_is_not_the_arguments_of_one_directive_is_not_written(value: str, before: str) -> None:
    with pytest.raises(RefusedError, match="cannot be written as it is"):
        edited(f"http {{ {before} }}\n", change("nginx", "add_header", value, inside=(1, 8)))
