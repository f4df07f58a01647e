"""
The rules about nginx, and what they make of subjects that have facts in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

from advisor.model import Passed
from advisor.model.subject import Subject
from advisor.rules.catalogue import all_entries
from advisor.rules.judge import Judge
from advisor.rules.rule import from_data
from advisor.rules.together import MAX_DETAILED


class Often(Counter[str]):
    """
    Whatever is asked for was said often enough.
    """

    def __missing__(self, key: str) -> int:
        return MAX_DETAILED


@cache
def entries() -> tuple[dict[str, Any], ...]:
    """
    The rules as the catalogue holds them.
    """
    return tuple(one for one in all_entries() if str(one["target"]).startswith("nginx"))


@cache
def judges() -> tuple[Judge, ...]:
    """
    A judge of each rule.
    """
    return tuple(Judge(from_data(one)) for one in entries())


def check_together(subjects: Iterable[Subject]) -> Counter[str]:
    """
    What is decided for all that are alike is what is decided for each. How often it was what.
    """
    found: Counter[str] = Counter()
    for subject in subjects:
        for judge in judges() if subject.alike is not None else ():
            if judge.rule.target == subject.target:
                found[_check(judge, subject)] += 1
    return found


def _check(judge: Judge, subject: Subject) -> str:
    together = judge.together(subject.alike or {})
    if together.passes:
        assert isinstance(judge.judge(subject), Passed), judge.rule.code
        return "passed"
    often = together.outcome(subject, Often())
    assert often is None or often == judge.judge(subject, Often()), judge.rule.code
    return "each" if often is None else type(often).__name__
