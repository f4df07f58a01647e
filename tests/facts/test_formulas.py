"""Formulas in parameter groups of RDS, and what was meant by them."""

from __future__ import annotations

import pytest

from advisor.model import Origin
from tests.support.deployments import facts_of, known, origin, unknown

GROUP = """\
resource "%s" "shop" {
  family = "%s"
  parameter {
    name  = "shared_buffers"
    value = "%s"
  }
}
"""
INSTANCE = """\
resource "aws_db_instance" "shop" {
  engine               = "postgres"
  instance_class       = "%s"
  parameter_group_name = aws_db_parameter_group.shop.name
}
"""
CLUSTER = """\
resource "aws_rds_cluster" "shop" {
  engine                          = "aurora-postgresql"
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.shop.name
}
resource "aws_rds_cluster_instance" "shop" {
  cluster_identifier = aws_rds_cluster.shop.id
  instance_class     = "db.r6g.large"
}
"""


def instance(formula: str, size: str = "db.t4g.medium") -> dict[str, str]:
    """A server of RDS with a formula for its buffers."""
    group = GROUP % ("aws_db_parameter_group", "postgres16", formula)
    return {"main.tf": group + INSTANCE % size}


@pytest.mark.parametrize("size", ["db.t4g.medium", "db.t4g.micro"])
def test_a_formula_in_bytes(size: str) -> None:
    """Whether the server still takes the number or not: it is the same mistake."""
    files = instance("{DBInstanceClassMemory/4}", size)
    facts = facts_of(files, "postgresql.formula")

    assert known(facts, "formula.times") == 2048
    assert known(facts, "formula.size") == size
    assert known(facts, "formula.cure") == "Write {DBInstanceClassMemory/32768}."
    assert unknown(facts_of(files, "postgresql"), "pg.shared_buffers").reason


def test_a_formula_in_pages() -> None:
    files = instance("{DBInstanceClassMemory/32768}")

    assert known(facts_of(files, "postgresql.formula"), "formula.times") == 0.25
    assert known(facts_of(files, "postgresql"), "pg.shared_buffers") == 2**30


def test_a_class_that_is_not_known() -> None:
    facts = facts_of(instance("{DBInstanceClassMemory/4}", "db.z9.large"), "postgresql.formula")

    assert known(facts, "formula.size") == "any class"
    assert origin(facts, "formula.times") is Origin.EVALUATED


def test_aurora_has_a_better_default() -> None:
    group = GROUP % (
        "aws_rds_cluster_parameter_group",
        "aurora-postgresql16",
        "{DBInstanceClassMemory/4}",
    )
    facts = facts_of({"main.tf": group + CLUSTER}, "postgresql.formula")

    assert str(known(facts, "formula.cure")).startswith("Take shared_buffers out")
