"""
Servers for tests of facts and rules: from the text of a configuration to subjects and findings.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from advisor.config import given_from
from advisor.deployment.assemble import assemble
from advisor.facts import postgresql
from advisor.model import Finding, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.rules.judge import Judge
from advisor.rules.loader import load_folder
from advisor.rules.rule import from_data
from advisor.sources.kinds import kind_of
from advisor.sources.tree import MemoryTree
from advisor.sources.walk import Source

RULES = Path(__file__).parents[2] / "rules" / "postgresql"


def subjects_of(files: Mapping[str, str] | str, **stated: object) -> list[Subject]:
    """
    Subjects of all servers; a bare text is a postgresql.conf.

    `stated` holds host facts (``memory``, ``cpus``, ``shared``) and the version as ``major``.
    """
    tree = {"postgresql.conf": files} if isinstance(files, str) else dict(files)
    major = stated.pop("major", None)
    target = {"postgresql": major} if major else {}
    kinds = ((path, kind_of(path, text), text) for path, text in tree.items())
    sources = [Source(path, kind, text) for path, kind, text in kinds if kind]
    given = given_from(stated, target)
    deployment = assemble(sources, MemoryTree(tree), given, name="test")
    return list(postgresql.subjects(deployment))


def server(files: Mapping[str, str] | str, **stated: object) -> Mapping[str, Fact]:
    """
    Facts of the only server.
    """
    (found,) = (one for one in subjects_of(files, **stated) if one.target == "postgresql")
    return found.facts


def settings(files: Mapping[str, str] | str, **stated: object) -> list[Mapping[str, Fact]]:
    """
    Facts of every assignment.
    """
    found = subjects_of(files, **stated)
    return [one.facts for one in found if one.target == "postgresql.setting"]


def value(facts: Mapping[str, Fact], name: str) -> object:
    """
    The value of a fact that must be known.
    """
    fact = facts[name]
    assert isinstance(fact, Value), (name, fact)
    return fact.value


def unknown(facts: Mapping[str, Fact], name: str) -> Unknown:
    """
    A fact that must be unknown.
    """
    fact = facts[name]
    assert isinstance(fact, Unknown), (name, fact)
    return fact


HINTS = frozenset({"PG118", "PG213", "PG336", "PG337", "PG343"})
"""Rules at info that fire on every server whose file is silent about their setting."""


def findings(files: Mapping[str, str] | str, **stated: object) -> dict[str, Finding]:
    """
    What the rules for PostgreSQL find, by code, apart from hints about what is not set at all.
    """
    outcomes = [
        judge.judge(one)
        for one in subjects_of(files, **stated)
        for judge in judges()
        if judge.rule.target == one.target
    ]
    found = {one.code: one for one in outcomes if isinstance(one, Finding)}
    return {code: one for code, one in found.items() if code not in HINTS}


@cache
def judges() -> tuple[Judge, ...]:
    """
    All rules for PostgreSQL.
    """
    return tuple(Judge(from_data(data)) for data in load_folder(RULES))
