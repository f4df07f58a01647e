"""
Pages of the facts, from their schema.
"""

from __future__ import annotations

from functools import cache

from advisor.facts.namespaces import RECORDS, TARGETS, FactSpec, namespace
from tools.website.prose import cell, table

_INDEX = """\
# Facts

A fact is something that is known of a deployment: a setting in force, or what follows from
several. `advisor facts PATH` prints those of a deployment, each with its value and its place, and
how it came to be known. A rule about a target sees the facts of its namespaces.

Sizes are bytes, durations seconds, shares parts of one.

{namespaces}

## Targets

{targets}
"""


@cache
def spaces() -> tuple[str, ...]:
    """
    Every namespace that a rule may look at.
    """
    return tuple(sorted({space for names in TARGETS.values() for space in names}))


def count() -> int:
    """
    How many facts there are.
    """
    return sum(len(namespace(space)) for space in spaces())


def pages() -> dict[str, str]:
    """
    A page for each namespace, and the list of them.
    """
    return {
        "reference/facts/index.md": _index(),
        **{f"reference/facts/{space}.md": _page(space) for space in spaces()},
    }


def _index() -> str:
    rows = [
        (f"[`{space}`]({space}.md)", str(len(namespace(space))), _seen_by(space))
        for space in spaces()
    ]
    targets = [
        (f"`{target}`", ", ".join(f"[`{space}`]({space}.md)" for space in names))
        for target, names in TARGETS.items()
    ]
    return _INDEX.format(
        namespaces=table(("namespace", "facts", "seen by rules about"), rows),
        targets=table(("target", "namespaces"), targets),
    )


def _seen_by(space: str) -> str:
    return ", ".join(f"`{target}`" for target, names in TARGETS.items() if space in names)


def _page(space: str) -> str:
    specs = namespace(space).values()
    derived = [spec for spec in specs if not spec.program]
    settings = [spec for spec in specs if spec.program]
    parts = [f"# `{space}`", f"Seen by rules about {_seen_by(space)}. [All namespaces](index.md)"]
    if derived:
        parts.append(f"## Derived\n\n{_table(derived)}")
    if settings:
        parts.append(f"## Settings\n\nAs the program itself names them.\n\n{_table(settings)}")
    used = {spec.type.item.record for spec in specs if spec.type.item and spec.type.item.record}
    parts += [_record(name) for name in sorted(used)]
    return "\n\n".join(parts) + "\n"


def _table(specs: list[FactSpec]) -> str:
    rows = [(f"`{spec.name}`", str(spec.type), cell(spec.doc)) for spec in specs]
    return table(("fact", "type", "meaning"), rows)


def _record(name: str) -> str:
    rows = [(f"`{field}`", str(kind)) for field, kind in RECORDS[name].items()]
    return f"## Fields of {name}\n\n{table(('field', 'type'), rows)}"
