"""
Snippets of nginx rules can be pasted: real line breaks, and nothing that nginx cannot read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from advisor.audit import collect_example
from advisor.model import Finding
from advisor.parsers.nginx import parse_file
from advisor.rules.catalogue import own_entries
from advisor.rules.rule import from_data
from advisor.verdict import judge_all

_PART = frozenset({"NGX318", "NGX622"})
"""Their snippets are one argument of a line, and a block with a mark for what it holds."""
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)
RULES = [
    data
    for data in own_entries()
    if data["fix"] and data["fix"]["language"] == "nginx" and data["code"] not in _PART
]


def snippets(data: Mapping[str, Any]) -> list[str]:
    """
    The snippets of one rule in its own examples.
    """
    found = []
    for one in data["examples"]["bad"]:
        outcomes = judge_all(
            [from_data(data)], collect_example(one["files"], one["host"], one["target"])
        )
        found += [one.fix.snippet for one in outcomes if isinstance(one, Finding) and one.fix]
    return found


@pytest.mark.parametrize("data", [pytest.param(one, id=one["code"]) for one in RULES])
def test_snippets_are_lines_of_nginx(data: dict[str, Any]) -> None:
    for text in snippets(data):
        assert "\\n" not in _QUOTED.sub("", text)
        assert parse_file("snippet.conf", text).problems == ()


def test_there_are_many() -> None:
    assert len(RULES) > 60
