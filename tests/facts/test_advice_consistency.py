"""
What is advised for one server is one set: it can be followed at once, and then there is no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product

import pytest

from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Canonical
from advisor.model import Finding, Value
from advisor.model.subject import Fact
from advisor.rules.judge import Judge
from tests.support.postgres_servers import judges, server, subjects_of

GB = 1024**3
WORKLOADS = ("web", "oltp", "dw", "mixed", None)
MAJORS = (12, 13, 14, 15, 16, 17, 18)
MACHINES = (
    ("1GB", 1, 20),
    ("2GB", 2, 50),
    ("8GB", 2, 100),
    ("16GB", 4, 100),
    ("64GB", 16, 200),
    ("512GB", 64, 500),
)
"""Memory, cpus and as many connections as such a machine is run with."""
WITHOUT_FIX = frozenset({"PG337"})
"""Preloading needs a package that may not be installed: it is said in words only."""


@cache
def performance() -> tuple[Judge, ...]:
    """The rules of the codes PG3xx that judge servers."""
    found = (judge for judge in judges() if judge.rule.code.startswith("PG3"))
    return tuple(judge for judge in found if judge.rule.target == "postgresql")


def found(text: str, stated: Mapping[str, object]) -> list[Finding]:
    """What these rules find in a file."""
    (subject,) = (one for one in subjects_of(text, **stated) if one.target == "postgresql")
    outcomes = (judge.judge(subject) for judge in performance())
    return [one for one in outcomes if isinstance(one, Finding)]


def applied(text: str, findings: list[Finding]) -> str:
    """The file after all fixes; two fixes never disagree about a setting."""
    then: dict[str, str] = {}
    for finding in findings:
        for change in finding.fix.changes if finding.fix else ():
            assert then.setdefault(change.setting, change.then) == change.then, finding.code
    kept = [line for line in text.splitlines() if line.partition(" ")[0] not in then]
    return "\n".join((*kept, *then.values())) + "\n"


def hosts(memory: str, cpus: int) -> Iterator[dict[str, object]]:
    """Everything else that may be stated about such a machine."""
    for workload, storage, major in product(WORKLOADS, ("ssd", "hdd"), MAJORS):
        stated: dict[str, object] = {"memory": memory, "cpus": cpus, "storage": storage}
        yield {**stated, "major": major} | ({"workload": workload} if workload else {})


def number(facts: Mapping[str, Fact], name: str) -> float:
    fact = facts[name]
    assert isinstance(fact, Value), (name, fact)
    assert isinstance(fact.value, (int, float)), (name, fact)
    return fact.value


@pytest.mark.parametrize(("memory", "cpus", "connections"), MACHINES)
def test_following_all_advice_at_once_leaves_none(memory: str, cpus: int, connections: int) -> None:
    text = f"max_connections = {connections}\nshared_buffers = 128MB\nmax_wal_size = 1GB\n"
    for stated in hosts(memory, cpus):
        after = applied(text, found(text, stated))
        left = {one.code: one.message for one in found(after, stated)}

        assert left.keys() <= WITHOUT_FIX, (stated, after, left)


@pytest.mark.parametrize(("memory", "cpus", "connections"), MACHINES)
def test_no_sum_exceeds_the_memory(memory: str, cpus: int, connections: int) -> None:
    text = f"max_connections = {connections}\n"
    for stated in hosts(memory, cpus):
        facts = server(applied(text, found(text, stated)), **stated)
        total = number(facts, "host.memory")

        assert number(facts, "memory.expected") <= 0.8 * total, stated
        assert number(facts, "memory.worst") <= total, stated
        assert number(facts, "pg.shared_buffers") <= 0.4 * total, stated
        assert number(facts, "pg.effective_cache_size") <= total, stated


@pytest.mark.parametrize(("memory", "cpus", "connections"), MACHINES)
def test_every_version_accepts_what_is_advised_for_it(
    memory: str, cpus: int, connections: int
) -> None:
    text = f"max_connections = {connections}\n"
    for stated in hosts(memory, cpus):
        for line in applied(text, found(text, stated)).splitlines():
            name, _, raw = line.partition(" = ")
            guc = catalog.find(name, int(str(stated["major"])))

            assert guc is not None, (stated, line)
            value = catalog.canonical(guc, raw.strip("'"), int(str(stated["major"])))
            assert isinstance(value, Canonical), (stated, line)
            assert not value.build, (stated, line)


def test_a_bad_file_is_repaired_in_one_go() -> None:
    """Settings that several rules are about at once."""
    text = (
        "checkpoint_completion_target = 0.2\neffective_cache_size = 4GB\nenable_seqscan = off\n"
        "max_wal_size = 128MB\nseq_page_cost = 1.3\nshared_buffers = 128MB\n"
        "max_parallel_workers = 64\nmax_parallel_workers_per_gather = 32\nwork_mem = 512MB\n"
        "autovacuum_max_workers = 10\nautovacuum_vacuum_cost_delay = 20ms\n"
        "bgwriter_lru_maxpages = 0\nwal_buffers = 64kB\ndefault_statistics_target = 10\n"
    )
    stated = {"memory": "64GB", "cpus": 16, "storage": "ssd", "major": 16}
    findings = found(text, stated)
    codes = {one.code for one in findings}
    left = {one.code for one in found(applied(text, findings), stated)}

    assert codes >= {"PG301", "PG304", "PG312", "PG314", "PG316", "PG318", "PG320", "PG322"}
    assert codes >= {"PG306", "PG326", "PG327", "PG340", "PG347"}
    assert left <= WITHOUT_FIX
