"""
The page of each JSON schema.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tools.website.links import PLACES, ROOT
from tools.website.prose import cell, table

_INDEX = """\
# JSON schemas

| schema | describes |
|---|---|
| [report-v1](report-v1.md) ([file](report-v1.schema.json)) | `advisor audit -f json` |
| [plans-v1](plans-v1.md) ([file](plans-v1.schema.json)) | `advisor plan -f json` |
| [snapshot-v1](snapshot-v1.md) ([file](snapshot-v1.schema.json)) | what `advisor collect` writes |
| [advisor](advisor.md) ([file](advisor.schema.json)) | `advisor.toml` |

Properties are added within a version, never renamed or removed.
"""


def pages() -> dict[str, str]:
    """
    One page for each schema, and the list of them.
    """
    found = {"reference/schemas/index.md": _INDEX}
    for source, place in PLACES.items():
        if place.endswith(".schema.json"):
            found[place.replace(".schema.json", ".md")] = _page(source, place)
    return found


def type_of(data: Mapping[str, Any]) -> str:
    """
    The type of a value in words.
    """
    if "const" in data:
        return f"`{json.dumps(data['const'])}`"
    if "enum" in data:
        return ", ".join(f"`{json.dumps(one)}`" for one in data["enum"])
    if "$ref" in data:
        name = str(data["$ref"]).rpartition("/")[2]
        return name or "the schema itself"
    for key in ("anyOf", "oneOf"):
        if key in data:
            return " or ".join(dict.fromkeys(type_of(one) for one in data[key]))
    kind = data.get("type", "anything")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array":
        return f"list of {type_of(data.get('items', {}))}"
    extra = data.get("additionalProperties")
    return f"table of {type_of(extra)}" if kind == "object" and isinstance(extra, dict) else kind


def fields(data: Mapping[str, Any]) -> str:
    """
    The table of the properties of an object.
    """
    required = data.get("required", ())
    rows = [
        (
            f"`{name}`",
            type_of(one).replace("|", "\\|"),
            "yes" if name in required else "",
            cell(one.get("description", "")),
        )
        for name, one in data.get("properties", {}).items()
    ]
    return table(("property", "type", "required", "meaning"), rows) if rows else type_of(data)


def _page(source: str, place: str) -> str:
    schema = json.loads((ROOT / source).read_text("utf-8"))
    name = place.rpartition("/")[2]
    title = name.removesuffix(".schema.json")
    parts = [f"# {title}", cell(schema.get("description", "")), f"[{name}]({name})"]
    parts += ["## The document", fields(schema)]
    for part, data in sorted(schema.get("$defs", {}).items()):
        parts += [f"## {part}", cell(data.get("description", "")), fields(data)]
    return "\n\n".join(part for part in parts if part) + "\n"
