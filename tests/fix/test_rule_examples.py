"""
The examples of the rules: what the edit engine makes of them is what their `fixed` says.
"""

from __future__ import annotations

from typing import Any

import pytest

from advisor.audit import collect_example
from advisor.fix.plan import plan_fixes
from advisor.model import Finding
from advisor.rules.catalogue import own_entries
from advisor.rules.rule import from_data
from advisor.sources.tree import MemoryTree
from advisor.triage import triage
from advisor.verdict import judge_all

EXAMPLES = [
    pytest.param(data, example, id=f"{data['code']} {example['name']}")
    for data in own_entries()
    for example in data["examples"]["bad"]
    if data["fix"] and (data["fix"]["set"] or data["fix"]["edit"]) and example["fixed"]
]


@pytest.mark.parametrize(("data", "example"), EXAMPLES)
def test_the_fix_gives_the_fixed_files(data: dict[str, Any], example: dict[str, Any]) -> None:
    """
    An example in which part of the fix is not known shows what a person would write.
    """
    files = example["files"]
    subjects = collect_example(files, example["host"], example["target"])
    outcomes = judge_all([from_data(data)], subjects)
    findings = triage(one for one in outcomes if isinstance(one, Finding))
    plan = plan_fixes(findings, MemoryTree(files), unsafe=True)
    proposed = [one for one in findings if one.fix and not on_command_line(one)]

    assert [one.finding for one in plan.done] == proposed
    assert not proposed or {**files, **plan.texts} == {**files, **example["fixed"]}


def on_command_line(finding: Finding) -> bool:
    """
    Whether a fix is a flag of a command, which a person has to write.
    """
    return any(one.flag for one in finding.fix.changes) if finding.fix else False


def test_there_are_many() -> None:
    programs = {
        name.partition(".")[0] for data, _ in map(values, EXAMPLES) for name in settings(data)
    }

    assert len(EXAMPLES) > 100
    assert programs >= {"pg", "server", "nginx", "gunicorn", "engine", "pgbouncer"}


def values(parameters: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401 - pytest's
    data, example = parameters.values
    return data, example


def settings(data: dict[str, Any]) -> list[str]:
    return list(data["fix"]["set"])
