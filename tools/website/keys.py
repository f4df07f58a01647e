"""
The page of the keys of advisor.toml, from their JSON schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from advisor.config.keys import CHECKS
from advisor.config.schema import json_schema
from tools.website.prose import cell
from tools.website.schemas import fields, type_of

_INTRODUCTION = """\
# Keys of advisor.toml

In `advisor.toml`, or in the table `[tool.advisor]` of `pyproject.toml`. How the files, the options
and the variables play together: [configuration](../configuration.md). For editors there is a
[JSON schema](schemas/advisor.schema.json).
"""


def pages() -> dict[str, str]:
    """
    The page.
    """
    schema = json_schema()
    parts = [_INTRODUCTION.rstrip()]
    parts += [_key(name, schema["properties"][name], schema) for name in CHECKS]
    return {"reference/keys.md": "\n\n".join(parts) + "\n"}


def _key(name: str, data: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    default = data.get("default")
    lines = [f"## {name}", cell(data.get("description", "")), f"Type: {type_of(data)}"]
    if default not in (None, [], {}, ""):
        lines.append(f"Default: `{_toml(default)}`")
    lines += [fields(schema["$defs"][table]) for table in _tables(data)]
    return "\n\n".join(line for line in lines if line)


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def _tables(data: object) -> list[str]:
    """
    Names of the tables that a value is made of.
    """
    if isinstance(data, list):
        return [name for one in data for name in _tables(one)]
    if not isinstance(data, dict):
        return []
    if "$ref" in data:
        return [str(data["$ref"]).rpartition("/")[2]]
    return [name for one in data.values() for name in _tables(one)]
