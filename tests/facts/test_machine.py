"""The machine under a compose file: what the limits of its containers add up to."""

from __future__ import annotations

import pytest

from tests.support.deployments import Plain, facts_of, known, subjects, unknown

GB = 1024**3


def stack(web: str = "mem_limit: 2g", db: str = "mem_limit: 4g") -> dict[str, str]:
    return {
        "compose.yaml": (
            "services:\n"
            f"  web:\n    build: .\n    command: gunicorn -w 2 app:app\n    {web}\n"
            f"  db:\n    image: postgres:16\n    {db}\n"
        )
    }


def test_limits_add_up_at_the_largest() -> None:
    facts = facts_of(stack(), "stack.machine", host={"memory": "8GB"})
    place = facts["machine.limits"].location

    assert known(facts, "machine.limits") == 6 * GB
    assert known(facts, "machine.formula") == "web 2 GB + db 4 GB"
    assert known(facts, "host.memory") == 8 * GB
    assert place is not None
    assert place.line == 8


def test_every_copy_counts() -> None:
    facts = facts_of(
        stack("deploy: {replicas: 3, resources: {limits: {memory: 1g}}}"), "stack.machine"
    )

    assert known(facts, "machine.limits") == 7 * GB
    assert known(facts, "machine.formula") == "web 3 × 1 GB + db 4 GB"


@pytest.mark.parametrize(
    "files",
    [
        stack(web="init: true"),
        stack(web="mem_limit: 0"),
        {"compose.yaml": "services:\n  db: {image: 'postgres:16', mem_limit: 4g}\n"},
        {"web.service": "[Service]\nExecStart=/usr/bin/gunicorn a:a\nMemoryMax=2G\n"},
    ],
)
def test_fewer_than_two_limits_are_no_sum(files: dict[str, str]) -> None:
    assert subjects(files, "stack.machine") == []


def test_copies_that_are_not_known() -> None:
    facts = facts_of(stack("mem_limit: 2g\n    deploy: {replicas: many}"), "stack.machine")

    assert unknown(facts, "machine.limits")


@pytest.mark.parametrize("host", [{}, {"cpus": "4"}])
def test_memory_that_nobody_stated(host: Plain) -> None:
    facts = facts_of(stack(), "stack.machine", host=host)

    assert unknown(facts, "host.memory").needs == ("host.memory",)
