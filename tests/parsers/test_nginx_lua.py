"""
Where Lua code ends inside an nginx configuration.
"""

from __future__ import annotations

import pytest

from advisor.parsers._nginx_lua import read_lua
from tests.support.nginx_trees import outline, parsed, problems


@pytest.mark.parametrize(
    "code",
    [
        "",
        "local t = { 1, { 2 } }",
        'f("}")',
        "f('}', \"{\")",
        r'f("\"}")',
        'f("one\\\n} two")',
        'f("one\\z\n   } two")',
        "f([[ } ' ]])",
        "f([==[ } ]] ]=] ]==])",
        "-- it's }\n",
        "--[[ it's }\n ]] x = {}",
        "--[=[ ]] } ]=]",
        "a = b[c[1]]",
        "x = #t -- {\n",
    ],
)
def test_end(code: str) -> None:
    text = f"{{{code}}} rest }}"
    assert read_lua(text, 1) == (len(code) + 2, [])


@pytest.mark.parametrize(
    ("text", "end", "quotes"),
    [
        ("{ f('a) }\n}", 9, [4]),
        ('{ f("a)\n}\n}', 9, [4]),
        ("{ f(\"a)\n g('b)\n}", 16, [4, 11]),
        ("{ f('a {)\n} }", 13, [4]),
        ("{ f(\"a') }", 10, [4]),
    ],
)
def test_quotes_that_nothing_closes(text: str, end: int, quotes: list[int]) -> None:
    """A string ends on its line. Braces behind the quote count, since one may end the block."""
    assert read_lua(text, 1) == (end, quotes)


@pytest.mark.parametrize("code", ["", "if {", "[[ }", "--[[ }", "-- }", "'}'", "\\"])
def test_no_end(code: str) -> None:
    assert read_lua("{" + code, 1)[0] is None


def test_every_quote_is_told_with_its_line() -> None:
    file = parsed("""\
        location / {
            content_by_lua_block {
                ngx.say("a)
                ngx.say('b)
            }
            gzip on;
        }
    """)
    assert problems(file) == [
        "3: quote in Lua opened here is never closed",
        "4: quote in Lua opened here is never closed",
    ]
    assert outline(file.directives) == ["location /", ["content_by_lua_block", [], "gzip on"]]


def test_name_in_quotes_is_no_lua() -> None:
    """Nothing else begins like it, so its block is read as any other."""
    file = parsed("'x_by_lua_block' { a b; }")
    assert outline(file.directives) == ["x_by_lua_block", ["a b"]]


def test_hostile_quotes_take_linear_time() -> None:
    assert read_lua("{" + '"\\' * 200_000, 1)[0] is None
