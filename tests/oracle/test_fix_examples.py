"""
The examples of all rules after their fixes, beside nginx and PostgreSQL: what was taken before
still is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from advisor.audit import collect_example
from advisor.fix.plan import plan_fixes
from advisor.model import Finding
from advisor.parsers.nginx import read_config as read_nginx
from advisor.parsers.postgresql import read_config as read_postgres
from advisor.rules.catalogue import own_entries
from advisor.rules.rule import from_data
from advisor.sources.tree import MemoryTree
from advisor.verdict import judge_all
from advisor.verify import nginx, postgresql
from advisor.verify.model import Program, UnverifiableError
from advisor.verify.programs import find_nginx, find_postgres

NGINX = find_nginx()
POSTGRES = find_postgres()

pytestmark = pytest.mark.oracle


def results(ending: str) -> Iterator[tuple[str, str, dict[str, str], dict[str, str]]]:
    """
    Name, edited file, files before and after, of every bad example with an edited file.
    """
    for data in own_entries():
        if data["fix"] and (data["fix"]["set"] or data["fix"]["edit"]):
            for example in data["examples"]["bad"]:
                before = example["files"]
                after = {**before, **_texts(data, example)}
                for path in before:
                    if path.endswith(ending) and after[path] != before[path]:
                        yield f"{data['code']} {example['name']}", path, before, after


def _texts(data: dict[str, Any], example: dict[str, Any]) -> dict[str, str]:
    subjects = collect_example(example["files"], example["host"], example["target"])
    found = [one for one in judge_all([from_data(data)], subjects) if isinstance(one, Finding)]
    return dict(plan_fixes(found, MemoryTree(example["files"]), unsafe=True).texts)


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
def test_nginx() -> None:
    assert isinstance(NGINX, Program)
    asked, refused = 0, []
    for name, path, before, after in results("nginx.conf"):
        said = []
        for tree in (MemoryTree(before), MemoryTree(after)):
            try:
                said.append(nginx.refusal(NGINX, read_nginx(path, tree), tree.read))
            except UnverifiableError:
                break
        asked += said[:1] == [""]
        # A directive of a later release than this one is what the example's release asks for.
        later = any("unknown directive" in one for one in said[1:])
        if said[:1] == [""] and said[1:] != [""] and not later:
            refused.append((name, said))
    assert refused == []
    assert asked >= 50


@pytest.mark.skipif(not POSTGRES, reason="PostgreSQL is not installed")
def test_postgresql() -> None:
    asked, refused = 0, []
    for name, path, before, after in results("postgresql.conf"):
        said = [
            postgresql.refusal(POSTGRES[0], read_postgres(path, tree), tree.read)
            for tree in (MemoryTree(before), MemoryTree(after))
        ]
        asked += not said[0]
        if not said[0] and said[1]:
            refused.append((name, said))
    assert refused == []
    assert asked >= 50
