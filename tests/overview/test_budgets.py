"""Connections and memory, term by term."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from advisor.model import Budget, BudgetKind, BudgetTerm, Location
from advisor.overview import budgets
from tests.support.deployments import Plain, deploy, facts_of, known
from tests.support.stacks import POOLED, STACK

MB = 2**20
SIZED: Plain = {"memory": "16GB", "cpus": 4}


def found(
    files: Mapping[str, str],
    kind: BudgetKind = BudgetKind.CONNECTIONS,
    *,
    host: Plain | None = None,
    target: Plain | None = None,
) -> list[Budget]:
    deployment = deploy(files, host=host, target=target)
    return [one for one in budgets(deployment) if one.kind is kind]


class TestConnections:
    def test_pools_against_what_the_server_serves(self) -> None:
        term = BudgetTerm("gunicorn.conf.py", 10, 30, "2 workers × 15", _first("gunicorn.conf.py"))

        assert found(STACK) == [
            Budget(
                BudgetKind.CONNECTIONS,
                "postgresql.conf",
                (term,),
                10,
                30,
                97,
                "max_connections 100 − 3 reserved",
            )
        ]

    def test_a_pooler_has_a_budget_of_its_own_and_draws_on_the_server_s(self) -> None:
        pooler, server = found(POOLED)

        assert (pooler.subject, pooler.most, pooler.limit) == ("service pool", 27, 25)
        assert pooler.limit_how == "max_client_conn 25"
        assert pooler.exceeded
        assert (server.expected, server.most, server.limit) == (None, 20, 97)
        assert [one.how for one in server.terms] == ["a pool of 20"]
        assert not server.exceeded

    def test_several_poolers_of_one_kind(self) -> None:
        compose = POOLED["compose.yaml"].replace(
            "image: edoburu/pgbouncer:v1.23.1",
            "image: edoburu/pgbouncer:v1.23.1\n    deploy: {replicas: 2}",
        )
        pooler, server = found({**POOLED, "compose.yaml": compose})

        assert (pooler.limit, pooler.limit_how) == (50, "2 instances × max_client_conn 25")
        assert [one.how for one in server.terms] == ["2 instances × a pool of 20"]

    def test_a_term_that_is_not_known_leaves_no_sum(self) -> None:
        (budget,) = found({**STACK, "gunicorn.conf.py": "workers = n()\n"})

        assert (budget.expected, budget.most, budget.exceeded) == (None, None, False)
        assert [one.how for one in budget.terms] == ["the name n is not defined in this file"]

    def test_a_pool_without_a_bound_says_so(self) -> None:
        endless = STACK["db.py"].replace("/x'", "/x', max_overflow=-1")
        (budget,) = found({**STACK, "db.py": endless})

        assert [(one.most, one.how) for one in budget.terms] == [
            (None, "the pool has no upper bound")
        ]

    def test_a_limit_that_is_not_known(self) -> None:
        (budget,) = found({**STACK, "postgresql.conf": "max_connections = ${MAX}\n"})

        assert (budget.limit, budget.limit_how) == (None, "max_connections ?")

    def test_a_server_that_nobody_uses_has_none(self) -> None:
        assert found({"postgresql.conf": ""}) == []

    def test_places_inside_of_manifests_are_those_of_the_manifests(self) -> None:
        manifest = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: api}
data:
  gunicorn.conf.py: |
    workers = 3
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api}
spec:
  template:
    spec:
      containers:
        - name: api
          image: api
          command: [gunicorn, -c, /etc/api/gunicorn.conf.py, 'a:a']
          volumeMounts: [{name: c, mountPath: /etc/api}]
      volumes: [{name: c, configMap: {name: api}}]
"""
        files = {"k8s.yaml": manifest, "db.py": STACK["db.py"], "postgresql.conf": ""}
        (budget,) = found(files)

        assert [str(one.location) for one in budget.terms] == ["k8s.yaml:6"]


class TestMemory:
    def test_the_terms_add_up_to_the_sums(self) -> None:
        """What is shown has to be what the rules judge."""
        files = {**STACK, "postgresql.conf": "shared_buffers = 4GB\nwork_mem = 50MB\n"}
        (budget,) = found(files, BudgetKind.MEMORY, host=SIZED, target={"postgresql": 16})
        facts = facts_of(files, "postgresql", host=SIZED, target={"postgresql": 16})

        assert sum(one.expected or 0 for one in budget.terms) == budget.expected
        assert sum(one.most or 0 for one in budget.terms) == budget.most
        assert budget.expected == known(facts, "memory.expected")
        assert budget.most == known(facts, "memory.worst")

    def test_every_term_says_how_it_comes_about(self) -> None:
        files = {**STACK, "postgresql.conf": "shared_buffers = 4GB\nwork_mem = 50MB\n"}
        (budget,) = found(files, BudgetKind.MEMORY, host=SIZED, target={"postgresql": 16})

        assert budget.terms == (
            BudgetTerm(
                "shared_buffers", 4096 * MB, 4096 * MB, "as set, always", budget.terms[0].location
            ),
            BudgetTerm("connections", 300 * MB, 300 * MB, "30 × 10 MB"),
            BudgetTerm("maintenance", 64 * MB, 192 * MB, "1, at most 3, autovacuum × 64 MB"),
            BudgetTerm(
                "queries",
                1500 * MB,
                2850 * MB,
                "(16 busy + 4 parallel, at most 30 + 8) × 50 MB × 1.5",
                budget.terms[3].location,
            ),
        )
        assert [str(one.location) for one in budget.terms] == [
            "postgresql.conf:1",
            "None",
            "None",
            "postgresql.conf:2",
        ]
        assert (budget.limit, budget.limit_how) == (16384 * MB, "host.memory")

    @pytest.mark.parametrize("host", [{}, {"memory": "16GB"}, {"cpus": 4}])
    def test_without_the_host_there_is_no_sum_and_no_bar(self, host: Plain) -> None:
        assert found(STACK, BudgetKind.MEMORY, host=host) == []


def _first(path: str) -> Location:
    return Location(path, 1)
