"""CloudNativePG: what its operator sets counts as set, and no rule complains of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from advisor.catalog import postgresql as catalog
from advisor.catalog.cloudnativepg import POSTGRESQL
from advisor.cli import run
from advisor.model import Unknown, Value
from tests.support.deployments import deploy, facts_of, known, origin

CLUSTER = """\
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: db}
spec:
  instances: 3
  imageName: ghcr.io/cloudnative-pg/postgresql:17.5
  %s
"""
LIMITS = "resources: {limits: {cpu: 2, memory: 1Gi}}"
POOLER = """\
apiVersion: postgresql.cnpg.io/v1
kind: Pooler
metadata: {name: pool}
spec:
  cluster: {name: db}
  instances: 3
  type: rw
  pgbouncer: {%s}
"""
SIZES = "poolMode: session, parameters: {max_client_conn: '1000', default_pool_size: '10'%s}"


def rules(files: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """Codes of all findings, notes included."""
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    run(["audit", str(tmp_path), "--format", "json", "--min-severity", "info"])
    (found,) = json.loads(capsys.readouterr().out)["deployments"]
    return {one["rule"] for one in found["findings"]}


class TestPooler:
    def test_the_operator_says_who_logs_in_and_how(self) -> None:
        facts = facts_of({"p.yaml": POOLER % SIZES % ""}, "pgbouncer")

        assert known(facts, "pgbouncer.auth_type") == "hba"
        assert known(facts, "pgbouncer.auth_user") == "cnpg_pooler_pgbouncer"
        assert known(facts, "pgbouncer.client_tls_sslmode") == "prefer"
        assert known(facts, "pgbouncer.ignore_startup_parameters") == "extra_float_digits,options"
        assert known(facts, "pgbouncer.listen_port") == 5432
        assert str(origin(facts, "pgbouncer.auth_type")) == "default"
        assert known(facts, "pgbouncer.nobody_known") is False

    def test_no_rule_speaks_of_what_the_operator_owns(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert rules({"p.yaml": POOLER % SIZES % ""}, tmp_path, capsys) == set()

    def test_what_the_pooler_says_comes_behind_the_operators_own(self) -> None:
        own = POOLER % SIZES % ", ignore_startup_parameters: search_path"
        facts = facts_of({"p.yaml": own}, "pgbouncer")

        assert known(facts, "pgbouncer.ignore_startup_parameters") == (
            "extra_float_digits,options,search_path"
        )

    def test_its_parameters_override_defaults_and_not_what_is_fixed(self) -> None:
        own = POOLER % SIZES % ", client_tls_sslmode: require, listen_port: '6432'"
        facts = facts_of({"p.yaml": own}, "pgbouncer")

        assert known(facts, "pgbouncer.client_tls_sslmode") == "require"
        assert known(facts, "pgbouncer.listen_port") == 5432

    def test_the_user_may_be_one_of_a_secret(self) -> None:
        facts = facts_of({"p.yaml": POOLER % "authQuerySecret: {name: ours}"}, "pgbouncer")

        assert known(facts, "pgbouncer.auth_user") == "(of secret ours)"


class TestCluster:
    def test_what_the_operator_sets_is_a_default(self) -> None:
        facts = facts_of({"c.yaml": CLUSTER % LIMITS}, "postgresql")

        assert known(facts, "pg.max_parallel_workers") == 32
        assert known(facts, "pg.max_worker_processes") == 32
        assert known(facts, "pg.wal_keep_size") == 512 * 2**20
        assert known(facts, "pg.wal_level") == "logical"
        assert known(facts, "pg.archive_timeout") == 300
        assert str(origin(facts, "pg.max_worker_processes")) == "default"
        assert known(facts, "memory.parallel") == 32

    def test_parameters_override_it(self) -> None:
        own = CLUSTER % "postgresql: {parameters: {max_parallel_workers: '4'}}"

        assert known(facts_of({"c.yaml": own}, "postgresql"), "pg.max_parallel_workers") == 4

    def test_a_version_keeps_what_it_has(self) -> None:
        old = CLUSTER.replace("17.5", "12.9") % LIMITS
        facts = facts_of({"c.yaml": old}, "postgresql")

        assert known(facts, "pg.wal_keep_segments") == 32
        assert known(facts, "pg.wal_keep_size") is None

    @pytest.mark.parametrize("name", POSTGRESQL)
    def test_every_value_is_one_that_a_server_takes(self, name: str) -> None:
        majors = [major for major in catalog.MAJORS if catalog.find(name, major)]
        gucs = [(catalog.find(name, major), major) for major in majors]
        read = [catalog.canonical(guc, POSTGRESQL[name], major) for guc, major in gucs if guc]

        assert read
        assert all(isinstance(one, catalog.Canonical) for one in read)

    @pytest.mark.parametrize(
        ("spec", "size"),
        [
            (LIMITS, 2**30),
            (f"{LIMITS}\n  ephemeralVolumesSizeLimit: {{shm: 256Mi}}", 256 * 2**20),
        ],
    )
    def test_shared_memory_is_a_volume_in_memory(self, spec: str, size: int) -> None:
        assert known(facts_of({"c.yaml": CLUSTER % spec}, "postgresql"), "host.shm") == size

    def test_without_a_limit_the_node_decides(self) -> None:
        facts = facts_of({"c.yaml": CLUSTER % "instances: 1"}, "postgresql")

        assert isinstance(facts["host.shm"], Unknown)

    def test_no_rule_speaks_of_what_the_operator_owns(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        found = rules({"c.yaml": CLUSTER % LIMITS}, tmp_path, capsys)

        assert found.isdisjoint({"PG020", "PG114", "PG026"})

    def test_a_managed_extension_is_preloaded(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        own = CLUSTER % "postgresql: {parameters: {pg_stat_statements.max: '10000'}}"

        assert "PG026" not in rules({"c.yaml": own}, tmp_path, capsys)

    def test_a_server_that_another_one_operates_keeps_its_defaults(self) -> None:
        found = deploy({"postgresql.conf": "max_connections = 50\n"})

        assert found.databases[0].operated == {}
        facts = facts_of({"postgresql.conf": "max_connections = 50\n"}, "postgresql")
        assert isinstance(facts["pg.max_worker_processes"], Value)
        assert known(facts, "pg.max_worker_processes") == 8
