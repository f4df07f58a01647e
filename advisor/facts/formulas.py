"""
Facts of formulas in parameter groups of Amazon RDS that set an amount of memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.catalog.rds_memory import UNITS, meant, times_memory
from advisor.deployment.model import Database
from advisor.facts.common import computed
from advisor.model import Origin, Value
from advisor.model.subject import Fact, Subject

_UNIT_NAMES = {1024: "kB", 8192: "pages of 8 kB"}


def formula_subjects(database: Database) -> Iterator[Subject]:
    """
    Every formula of a server's group that sets memory and can be computed.
    """
    for name, text in database.managed.formulas.items() if database.managed else ():
        facts = _facts(database, name, text)
        if facts:
            place = text.location
            yield Subject(
                target="postgresql.formula",
                name=name,
                facts=facts,
                location=place,
                path=place.path if place else database.path,
            )


def _facts(database: Database, name: str, text: Value[str]) -> dict[str, Fact]:
    memory, size = database.host.memory, database.managed.size if database.managed else None
    known = memory.value if isinstance(memory, Value) else None
    times = times_memory(name, text.value, known)
    if times is None:
        return {}
    of = size.value if isinstance(size, Value) and known else "any class"
    origin = memory.origin if isinstance(memory, Value) else Origin.EVALUATED
    instead = meant(name, text.value)
    return {
        "formula.name": Value(name, Origin.LITERAL, text.location),
        "formula.text": Value(text.value, Origin.LITERAL, text.location),
        "formula.unit": computed(_UNIT_NAMES[UNITS[name]]),
        "formula.times": Value(times, origin, None, "of the memory of the class"),
        "formula.size": computed(of),
        "formula.cure": computed(_cure(database, name, instead)),
    }


def _cure(database: Database, name: str, instead: str) -> str:
    platform = database.host.platform
    if name == "shared_buffers" and platform and platform.value == "aurora":
        return (
            f"Take {name} out: Aurora then gives it about three quarters of the memory; "
            f"{instead} would be what was meant."
        )
    unit = _UNIT_NAMES[UNITS[name]]
    return f"Write {instead}." if instead else f"Write a number of {unit} that fits the class."
