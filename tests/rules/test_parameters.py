"""Settings as blocks of Terraform, with the numbers that a managed server takes."""

from __future__ import annotations

import pytest

from advisor.facts.schema import BOOL, DURATION, NUMBER, SIZE, STRING, Type
from advisor.model import Origin, Value
from advisor.model.subject import Fact
from advisor.rules.parameters import parameter_block


def block(name: str, value: object, kind: Type, platform: str = "rds") -> str:
    facts: dict[str, Fact] = {
        "pg.platform": Value(platform, Origin.LITERAL),
        "pg.name": Value("azurerm_postgresql_flexible_server.main", Origin.LITERAL),
        "pg.major": Value(16, Origin.LITERAL),
    }
    return parameter_block(name, value, kind, facts)


@pytest.mark.parametrize(
    ("name", "value", "kind", "written"),
    [
        ("work_mem", 64 * 2**20, SIZE, "65536"),
        ("effective_cache_size", 2**30, SIZE, "131072"),
        ("max_wal_size", 2**30, SIZE, "1024"),
        ("autovacuum_work_mem", -1, SIZE, "-1"),
        ("idle_in_transaction_session_timeout", 60, DURATION, "60000"),
        ("checkpoint_timeout", 900, DURATION, "900"),
        ("random_page_cost", 1.1, NUMBER, "1.1"),
        ("autovacuum", True, BOOL, "on"),
        ("log_line_prefix", "%m it's", STRING, "%m it's"),
    ],
)
def test_values_are_bare(name: str, value: object, kind: Type, written: str) -> None:
    assert (
        block(name, value, kind) == f'parameter {{\n  name  = "{name}"\n  value = "{written}"\n}}'
    )


def test_a_static_parameter_waits_for_a_restart() -> None:
    assert block("shared_buffers", 2**30, SIZE) == (
        'parameter {\n  name  = "shared_buffers"\n  value = "131072"\n'
        '  apply_method = "pending-reboot"\n}'
    )


def test_other_platforms() -> None:
    assert block("max_connections", 100, NUMBER, "cloudsql") == (
        'database_flags {\n  name  = "max_connections"\n  value = "100"\n}'
    )
    assert block("max_connections", 100, NUMBER, "azure") == (
        'resource "azurerm_postgresql_flexible_server_configuration" "max_connections" {\n'
        '  name      = "max_connections"\n'
        "  server_id = azurerm_postgresql_flexible_server.main.id\n"
        '  value     = "100"\n}'
    )
