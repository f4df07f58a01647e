"""
Whatever the layout: the edit does what it should, and all else means what it meant.
"""

from __future__ import annotations

import ast

from hypothesis import given, settings

from advisor.parsers.nginx import Directive, parse_file
from tests.support.fix_strategies import blocks, calls
from tests.support.fixes import change, edited

HEAD = "from sqlalchemy import create_engine\n"


@settings(max_examples=200, deadline=None)
@given(calls())
def test_arguments_of_a_call(arguments: str) -> None:
    """
    Two arguments are added, the others stay, and so do the comments.
    """
    text = f"{HEAD}e = create_engine({arguments})\n"
    made = [
        change("engine", name, value, inside=(2, 5)) for name, value in (("a", "1"), ("b", "2"))
    ]
    after = edited(text, *made)

    assert dumped(after) == [*dumped(text), "a=1", "b=2"]
    assert after.count("# why, (not)") == text.count("# why, (not)")


def dumped(text: str) -> list[str]:
    """
    The arguments of the only call, as Python understands them.
    """
    statement = ast.parse(text).body[1]
    assert isinstance(statement, ast.Assign)
    assert isinstance(statement.value, ast.Call)
    named = [f"{one.arg}={ast.unparse(one.value)}" for one in statement.value.keywords]
    return [*map(ast.unparse, statement.value.args), *named]


@settings(max_examples=200, deadline=None)
@given(blocks())
def test_directives_of_a_block(text: str) -> None:
    """
    Two directives are added side by side, the others stay.
    """
    row = next(number for number, line in enumerate(text.split("\n"), 1) if line.startswith("http"))
    made = [change("nginx", name, "on", inside=(row, 1)) for name in ("gzip", "gzip_vary")]
    before, after = http(text), http(edited(text, *made))
    new = [str(one) for one in after if str(one) not in set(map(str, before))]

    assert new == ["gzip on", "gzip_vary on"]
    assert [said(one) for one in after if str(one) not in new] == [said(one) for one in before]


def http(text: str) -> tuple[Directive, ...]:
    """
    What the http block holds.
    """
    parsed = parse_file("nginx.conf", text)
    assert parsed.problems == ()
    (block,) = (one for one in parsed.directives if one.name == "http")
    return block.block or ()


def said(directive: Directive) -> object:
    """
    A directive without its place.
    """
    return str(directive), [said(one) for one in directive.block or ()]
