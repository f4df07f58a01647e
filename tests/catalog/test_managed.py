"""What managed servers run on, and the formulas of Amazon RDS."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from advisor.catalog.managed import (
    RDS,
    Machine,
    azure_machine,
    cloudsql_connections,
    cloudsql_machine,
    rds_machine,
)
from advisor.catalog.rds_formulas import MAX_LENGTH, evaluate, is_formula

GIB = 2**30


@pytest.mark.parametrize(
    ("name", "cpus", "memory"),
    [
        ("db.t2.micro", 1, 1),
        ("db.t2.medium", 2, 4),
        ("db.t3.micro", 2, 1),
        ("db.t4g.2xlarge", 8, 32),
        ("db.m5.24xlarge", 96, 384),
        ("db.r4.large", 2, 15.25),
        ("db.r6g.4xlarge", 16, 128),
        ("db.x2g.large", 2, 32),
    ],
)
def test_classes_of_rds(name: str, cpus: int, memory: float) -> None:
    """The numbers of "Hardware specifications for DB instance classes"."""
    assert rds_machine(name) == (cpus, int(memory * GIB))


@pytest.mark.parametrize(
    "name",
    ["db.m6g.24xlarge", "db.t4g.huge", "db.serverless", "m5.large", "cache.m5.large", "db.m5", ""],
)
def test_a_class_that_is_not_in_the_table_is_not_known(name: str) -> None:
    assert rds_machine(name) is None


@pytest.mark.parametrize(
    ("tier", "cpus", "memory", "connections"),
    [
        ("db-f1-micro", 1, 0.6, 25),
        ("db-g1-small", 1, 1.7, 50),
        ("db-custom-1-3840", 1, 3.75, 100),
        ("db-custom-2-7680", 2, 7.5, 400),
        ("db-custom-4-15360", 4, 15, 500),
        ("db-perf-optimized-N-8", 8, 64, 800),
    ],
)
def test_tiers_of_cloud_sql(tier: str, cpus: int, memory: float, connections: int) -> None:
    machine = Machine(cpus, int(memory * GIB))

    assert cloudsql_machine(tier) == machine
    assert cloudsql_connections(machine) == connections
    assert cloudsql_machine(f"{tier}-x") is None


@pytest.mark.parametrize(
    ("sku", "cpus", "memory", "connections"),
    [
        ("B_Standard_B1ms", 1, 2, 50),
        ("GP_Standard_D2s_v3", 2, 8, 859),
        ("GP_Standard_D4ads_v5", 4, 16, 1718),
        ("MO_Standard_E4ds_v4", 4, 32, 3437),
        ("MO_Standard_E64ds_v4", 64, 432, 5000),
    ],
)
def test_products_of_azure(sku: str, cpus: int, memory: int, connections: int) -> None:
    assert azure_machine(sku) == ((cpus, memory * GIB), connections)
    assert azure_machine(sku.removesuffix("3") + "9") is None


def computed(text: str, memory: float) -> int | None:
    return evaluate(text, {"DBInstanceClassMemory": memory, "DBInstanceVCPU": 2})


@pytest.mark.parametrize(
    ("text", "gib", "result"),
    [
        (RDS["max_connections"], 2, 225),
        (RDS["max_connections"], 64, 5000),
        (RDS["shared_buffers"], 16, 16 * GIB // 4 // 8192),
        (RDS["effective_cache_size"], 16, 16 * GIB // 2 // 8192),
        (RDS["maintenance_work_mem"], 2, 65536),
        (RDS["autovacuum_max_workers"], 2, 3),
        ("GREATEST({log(DBInstanceClassMemory/21474836480)*600},200)", 80, 1200),
        ("SUM({DBInstanceClassMemory/12038},-50003)", 16, 1377133),
        ("{DBInstanceVCPU*3/4}", 1, 1),
        ("{DBInstanceClassMemory*3/32768}", 1, 98304),
        ("250", 1, 250),
    ],
)
def test_formulas(text: str, gib: int, result: int) -> None:
    assert computed(text, gib * GIB) == result


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "{AllocatedStorage}",
        "LEAST(1,2",
        "MEDIAN(1,2)",
        "{1/0}",
        "{log(0)}",
        "1,2",
        "{1+1}",
        "{" * 400,
        "-" * 400,
        f"{{1{'*9' * MAX_LENGTH}}}",
        "{__import__(1)}",
    ],
)
def test_what_is_no_formula_gives_nothing(text: str) -> None:
    assert computed(text, GIB) is None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*"{}(),*/-1", "LEAST", "log", "DBInstanceVCPU"])).map("".join))
@example("LEAST(-1,2)")
def test_any_text_is_safe(text: str) -> None:
    result = computed(text, GIB)

    assert result is None or isinstance(result, int)


def test_numbers_and_words_are_no_formulas() -> None:
    assert is_formula(RDS["max_connections"])
    assert is_formula("least(1,2)")
    assert not any(map(is_formula, ["250", "pg_stat_statements,auto_explain", "on"]))
