"""
Changes to make, and whole deployments to fix, for tests of the edit engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from advisor.audit import collect_example
from advisor.fix.edits import Edit, apply_edits
from advisor.fix.plan import EDITORS, Left, plan_fixes
from advisor.model import Change, Finding, Location
from advisor.rules.catalogue import load_rules
from advisor.rules.judge import Judge
from advisor.sources.tree import MemoryTree
from advisor.triage import triage

_THEN = {"nginx": "{} {};", "engine": "{}={}", "redis": "{} {}", "compose": "{}: {}"}
_PATHS = {
    "postgresql": "postgresql.conf",
    "nginx": "nginx.conf",
    "gunicorn": "gunicorn.conf.py",
    "engine": "db.py",
    "pgbouncer": "pgbouncer.ini",
    "redis": "redis.conf",
    "compose": "compose.yaml",
    "comment": "postgresql.conf",
}


def change(
    program: str,
    setting: str,
    value: str,
    *,
    at: tuple[int, int] | None = None,
    inside: tuple[int, int] | None = None,
) -> Change:
    """
    A change in the usual file of a program. `at` and `inside` are lines and columns.
    """
    path = _PATHS[program]
    return Change(
        setting=setting,
        now="",
        then=_THEN.get(program, "{} = {}").format(setting, value),
        location=Location(path, *at) if at else None,
        path=path,
        program=program,
        value=value,
        inside=Location(path, *inside) if inside else None,
    )


def edited(text: str, *changes: Change) -> str:
    """
    The text with all changes made, each of which sees the text as it was.
    """
    edits: list[Edit] = []
    for one in changes:
        found = EDITORS[one.program](one, text)
        edits += [edit for edit in found if edit not in edits]
    return apply_edits(text, edits)


@dataclass(frozen=True)
class Fixed:
    """
    A deployment after all its fixes.
    """

    files: Mapping[str, str]
    before: tuple[Finding, ...]
    after: tuple[Finding, ...]
    left: tuple[Left, ...]
    done: tuple[Finding, ...]


ROUNDS = 5


def fix_files(files: Mapping[str, str], **stated: str) -> Fixed:
    """
    Make every fix of a deployment, unsafe ones included, until nothing changes.

    `stated` holds host facts, and versions under ``postgresql``, ``nginx`` and ``gunicorn``.
    """
    programs = ("postgresql", "nginx", "gunicorn", "pgbouncer")
    target = {name: stated.pop(name) for name in programs if name in stated}
    now, before = dict(files), findings(files, stated, target)
    left: tuple[Left, ...] = ()
    done: list[Finding] = []
    found = before
    for _ in range(ROUNDS):
        plan = plan_fixes(found, MemoryTree(now), unsafe=True)
        now.update(plan.texts)
        left = plan.left
        done += [one.finding for one in plan.done]
        found = findings(now, stated, target)
        if not plan.texts:
            break
    return Fixed(now, before, found, left, tuple(done))


def findings(
    files: Mapping[str, str], host: Mapping[str, object], target: Mapping[str, object]
) -> tuple[Finding, ...]:
    """
    What all rules find, most important first.
    """
    subjects = collect_example(files, host, target)
    outcomes = (judge.judge(one) for one in subjects for judge in _judges().get(one.target, ()))
    return triage(one for one in outcomes if isinstance(one, Finding))


@cache
def _judges() -> Mapping[str, list[Judge]]:
    """
    All rules by their target, compiled once.
    """
    judges: dict[str, list[Judge]] = {}
    for rule in load_rules():
        judges.setdefault(rule.target, []).append(Judge(rule))
    return judges
