"""
Rebuild ``advisor/catalog/nginx_arguments.json`` by asking real builds of nginx.

For maintainers: ``python -m tools.build_nginx_arguments TABLE NGINX…`` with several builds, old and
new. What any of them takes is right; directives that no build has are left out. Takes minutes.
"""  # noqa: INP001 - a script, not a package

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from advisor.catalog.nginx import all_names
from tools.nginx_probe import LEVELS, MOST, Answer, ask

_OTHERS = ("auth_jwt", "js_", "keyval", "sticky")
"""Of modules outside nginx, or in several versions: nothing is said of their arguments."""
Counts = dict[str, set[int]]
"""Numbers of arguments by level."""


def main() -> None:
    """
    Ask the builds and write the table.
    """
    options = argparse.ArgumentParser(description="Rebuild the table of nginx's arguments.")
    options.add_argument("table", type=Path)
    options.add_argument("nginx", nargs="+")
    chosen = options.parse_args()
    names = [name for name in all_names() if not name.startswith(_OTHERS)]
    with tempfile.TemporaryDirectory() as folder:
        found = {
            name: merged(probe(one, Path(folder), name) for one in chosen.nginx) for name in names
        }
    chosen.table.write_text(rendered(found), encoding="utf-8")


def probe(nginx: str, folder: Path, name: str) -> Counts:
    """
    The levels on which one build takes a directive, and the numbers of arguments it takes there.
    """
    counts: Counts = {}
    for level in LEVELS:
        first = ask(nginx, folder, name, level, ";")
        if first in (Answer.UNKNOWN, Answer.MISPLACED):
            continue
        end = " {}" if first is Answer.SHAPE else ";"
        counts[level] = {
            number
            for number in range(MOST + 1)
            if ask(nginx, folder, name, level, " a" * number + end) is not Answer.COUNT
        }
    return counts


def merged(answers: Iterable[Mapping[str, set[int]]]) -> Counts:
    """
    What at least one build takes.
    """
    whole: Counts = {}
    for answer in answers:
        for level, numbers in answer.items():
            whole.setdefault(level, set()).update(numbers)
    return whole


def rendered(found: Mapping[str, Mapping[str, set[int]]]) -> str:
    """
    The table: name → numbers of arguments → levels, one name a line.
    """
    rows = []
    for name, counts in sorted(found.items()):
        levels: dict[str, list[str]] = {}
        for level, numbers in counts.items():
            levels.setdefault(" ".join(map(str, sorted(numbers))), []).append(level)
        if levels:
            rows.append(f"{json.dumps(name)}: {json.dumps(levels)}")
    return "{\n" + ",\n".join(rows) + "\n}\n"


if __name__ == "__main__":
    main()
