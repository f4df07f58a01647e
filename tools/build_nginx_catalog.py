"""
Rebuild ``advisor/catalog/nginx.json`` from a dump of nginx's reference documentation.

For maintainers, run by hand when nginx publishes new directives:
``python tools/build_nginx_catalog.py DUMP.json advisor/catalog/nginx.json``.
The dump maps each name to objects with ``module``, ``contexts``, ``default``, ``since`` and
``syntax`` (a list of alternatives), as they stand on nginx.org.
"""  # noqa: INP001 - a script, not a package

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TypedDict

_ALTERNATIVE = re.compile(r"\s*\|\s*")


class Entry(TypedDict):
    """
    One description of a directive in the dump.
    """

    module: str
    contexts: list[str]
    default: str
    since: str | None
    syntax: list[str]


def main() -> None:
    """
    Read the dump named first and write the table named second.
    """
    options = argparse.ArgumentParser(description="Rebuild the table of nginx directives.")
    options.add_argument("dump", type=Path)
    options.add_argument("table", type=Path)
    chosen = options.parse_args()
    dump: dict[str, list[Entry]] = json.loads(chosen.dump.read_text(encoding="utf-8"))
    rows = [
        f"{json.dumps(name)}: {json.dumps([compact(entry) for entry in entries])}"
        for name, entries in sorted(dump.items())
    ]
    chosen.table.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def compact(entry: Entry) -> list[object]:
    """
    One row: module, contexts, default or null, version or null, form.
    """
    return [
        entry["module"].removeprefix("ngx_"),
        [context for context in entry["contexts"] if context],
        entry["default"].strip().strip('"') if entry["default"] else None,
        entry["since"],
        form(entry["syntax"]),
    ]


def form(syntax: list[str]) -> str:
    """
    What follows the name: ``block``, ``none``, ``one`` (exactly one argument) or ``many``.
    """
    if any("{...}" in text for text in syntax):
        return "block"
    if all(not text.strip() for text in syntax):
        return "none"
    if any("[" in text or "..." in text for text in syntax):
        return "many"
    if any(" " in _ALTERNATIVE.sub("|", text.strip()) for text in syntax):
        return "many"
    return "one"


if __name__ == "__main__":
    main()
