"""
Every rule with a fix, on its own bad examples: what --fix makes of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from advisor.audit import collect_example
from advisor.fix.plan import Plan, plan_fixes
from advisor.model import Finding
from advisor.rules.catalogue import own_entries
from advisor.rules.rule import from_data
from advisor.sources.tree import MemoryTree
from advisor.triage import triage
from advisor.verdict import judge_all

WRITABLE = [
    data for data in own_entries() if data["fix"] and (data["fix"]["set"] or data["fix"]["edit"])
]
STILL = {("NGX230", "the cache of another server than the default one is never asked")}
"""
Examples whose fix is made where the finding stands and belongs elsewhere: it stays reported.
"""
_FLAGS = frozenset({"STK021", "STK036"})
"""Rules whose examples all have their settings on command lines."""
_COMMENT = re.compile(r"#[^\n]*")


def findings(
    data: Mapping[str, Any], example: Mapping[str, Any], files: Mapping[str, str]
) -> tuple[Finding, ...]:
    """
    What one rule finds in one example.
    """
    subjects = collect_example(files, example["host"], example["target"])
    outcomes = judge_all([from_data(data)], subjects)
    return triage(one for one in outcomes if isinstance(one, Finding))


def fixed(
    data: Mapping[str, Any], example: Mapping[str, Any], files: Mapping[str, str]
) -> tuple[dict[str, str], Plan]:
    """
    The files with the rule's own fixes made, and what became of its findings.
    """
    plan = plan_fixes(findings(data, example, files), MemoryTree(files), unsafe=True)
    return {**files, **plan.texts}, plan


@pytest.mark.parametrize("data", [pytest.param(one, id=one["code"]) for one in WRITABLE])
def test_each_fix(data: dict[str, Any]) -> None:
    """
    Silent afterwards, the same when made again, and no comment lost.
    """
    if data["target"] == "suppression":
        pytest.skip(
            "its subjects are the comments of a whole audit: tests/cli/test_suppressions.py"
        )
    for example in data["examples"]["bad"]:
        before = example["files"]
        after, plan = fixed(data, example, before)
        made = {(one.finding.code, one.finding.subject) for one in plan.done}
        left = {(one.code, one.subject) for one in findings(data, example, after)}

        is_known = (data["code"], example["name"]) in STILL
        assert bool(made & left) == is_known, example["name"]
        assert fixed(data, example, after)[0] == after, example["name"]
        for path, text in plan.texts.items():
            lost = Counter(_COMMENT.findall(before[path])) - Counter(_COMMENT.findall(text))
            assert not lost, (example["name"], path)


def test_how_many_can_be_written() -> None:
    """
    A rule that can write its fix writes it in one of its examples, or all of those are on command
    lines or in files that are not there.
    """
    never = {
        data["code"]
        for data in WRITABLE
        if data["target"] != "suppression"
        and not any(fixed(data, one, one["files"])[1].done for one in data["examples"]["bad"])
    }

    assert len(WRITABLE) >= 170
    assert never <= _FLAGS
