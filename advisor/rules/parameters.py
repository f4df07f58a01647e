"""
Settings of managed PostgreSQL as Terraform hands them over: blocks with bare numbers.

Sources: Terraform Registry, ``aws_db_parameter_group``, ``google_sql_database_instance`` and
``azurerm_postgresql_flexible_server_configuration``. A bare number is in the unit of the setting.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.catalog import postgresql as catalog
from advisor.facts.schema import Type
from advisor.model import Value
from advisor.model.subject import Fact
from advisor.rules.known import ABSENT
from advisor.rules.spelling import digits, setting_value
from advisor.units import DURATION_UNITS, SIZE_UNITS

ENDING = ".tf"
"""Of files that hold such blocks."""
_STATIC = '  apply_method = "pending-reboot"\n'
_BLOCKS: Mapping[str, str] = {
    "rds": 'parameter {{\n  name  = "{name}"\n  value = "{value}"\n{method}}}',
    "cloudsql": 'database_flags {{\n  name  = "{name}"\n  value = "{value}"\n}}',
    "azure": (
        'resource "azurerm_postgresql_flexible_server_configuration" "{name}" {{\n'
        '  name      = "{name}"\n  server_id = {server}.id\n  value     = "{value}"\n}}'
    ),
}
_UNITS: Mapping[str, float] = {**SIZE_UNITS, "8kB": 8 * SIZE_UNITS["kB"], **DURATION_UNITS}


def parameter_block(name: str, value: object, kind: Type, facts: Mapping[str, Fact]) -> str:
    """
    The block that sets a parameter on the platform of the server; a value in the advisor's units.

    A change of a static parameter of RDS is refused without its ``apply_method``.
    """
    guc = catalog.find(name, _major(facts))
    unit = _UNITS.get(guc.unit, 1) if guc else 1
    if isinstance(value, int | float) and not isinstance(value, bool):
        plain = digits(value / unit if value > 0 else value)
    else:
        plain = _text(value, kind)
    static = guc is not None and guc.context == "postmaster"
    block = _BLOCKS.get(_said(facts, "pg.platform"), _BLOCKS["rds"])
    method = _STATIC if static else ""
    return block.format(name=name, value=plain, method=method, server=_said(facts, "pg.name"))


def _text(value: object, kind: Type) -> str:
    text = setting_value("postgresql", value, kind)
    return text[1:-1].replace("''", "'") if text.startswith("'") else text


def _said(facts: Mapping[str, Fact], name: str) -> str:
    fact = facts.get(name, ABSENT)
    return str(fact.value) if isinstance(fact, Value) else ""


def _major(facts: Mapping[str, Fact]) -> int:
    fact = facts.get("pg.major", ABSENT)
    known = isinstance(fact, Value) and fact.value in catalog.MAJORS
    return int(str(fact.value)) if known and isinstance(fact, Value) else max(catalog.MAJORS)
