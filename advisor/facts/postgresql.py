"""
Facts of PostgreSQL servers: every setting as the server would see it, and each one's verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Canonical, Rejection
from advisor.deployment.model import Database, Deployment
from advisor.facts.common import computed, host_facts
from advisor.facts.connections import connection_facts
from advisor.facts.memory import advice_facts, memory_facts
from advisor.facts.namespaces import namespace
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.parsers.postgresql import Assignment, Effective

SUPPORTED = (12, 13, 14, 15, 16, 17, 18)
"""Majors that are tried when the version is not known; older ones only count when stated."""


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every server, and every assignment in its files.
    """
    for database in deployment.databases:
        facts = database_facts(deployment, database)
        place = database.location
        yield Subject("postgresql", database.name, facts, place, database.path)
        for assignment in database.document.assignments:
            yield Subject(
                target="postgresql.setting",
                name=assignment.name,
                facts=Joined(_setting_facts(assignment, database), facts),
                location=assignment.location,
                path=assignment.location.path,
            )


def database_facts(deployment: Deployment, database: Database) -> Mapping[str, Fact]:
    """
    Everything known of one server: its settings, its host, its connections and its memory.
    """
    settings = SettingFacts(database)
    facts = Joined(
        {
            "pg.major": database.major,
            "pg.container": computed(database.host.container),
            **host_facts(database.host),
        },
        settings,
    )
    facts = Joined(connection_facts(deployment, database, facts), facts)
    facts = Joined(memory_facts(facts), facts)
    return Joined(advice_facts(facts), facts)


class Joined(Mapping[str, Fact]):
    """
    Facts of one mapping before those of another, without copying the hundreds of settings.
    """

    def __init__(self, first: Mapping[str, Fact], second: Mapping[str, Fact]) -> None:
        self._parts = (first, second)

    def __getitem__(self, name: str) -> Fact:
        first, second = self._parts
        return first[name] if name in first else second[name]

    def __contains__(self, name: object) -> bool:
        return any(name in part for part in self._parts)

    def __iter__(self) -> Iterator[str]:
        first, second = self._parts
        yield from first
        yield from (name for name in second if name not in first)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class SettingFacts(Mapping[str, Fact]):
    """
    The settings of one server under ``pg.``, worked out when they are asked for.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, Fact] = {}

    def __getitem__(self, name: str) -> Fact:
        if name not in self._known:
            space, _, setting = name.partition(".")
            if space != "pg" or setting not in namespace("pg"):
                raise KeyError(name)
            self._known[name] = self._read(setting)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.startswith("pg.") and name[3:] in namespace("pg")

    def __iter__(self) -> Iterator[str]:
        return (spec.name for spec in namespace("pg").values() if spec.program)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _read(self, name: str) -> Fact:
        written = self._database.document.settings.get(name)
        majors = _majors(self._database)
        if written is not None:
            return _written(written, majors)
        return _default(name, majors)


def _majors(database: Database) -> tuple[int, ...]:
    major = database.major
    return (major.value,) if isinstance(major, Value) else SUPPORTED


def _written(effective: Effective, majors: tuple[int, ...]) -> Fact:
    if effective.placeholder:
        return Unknown("a template fills its value in", effective.value_location)
    results = {_canonical(effective.name, effective.raw, major) for major in majors}
    results.discard(None)
    if len(results) == 1:
        (result,) = results
        if isinstance(result, Canonical):
            return Value(result.value, Origin.LITERAL, effective.location)
        return Unknown("the server refuses the value", effective.value_location)
    if not results:
        return Unknown("the server does not know the setting", effective.location)
    return Unknown(
        "what it means depends on the version", effective.location, needs=("pg.major",)
    )


def _canonical(name: str, raw: str, major: int) -> Canonical | Rejection | None:
    guc = catalog.find(name, major)
    return catalog.canonical(guc, raw, major) if guc else None


def _default(name: str, majors: tuple[int, ...]) -> Fact:
    known = [major for major in majors if catalog.find(name, major)]
    if not known and len(majors) == 1:
        return Value(None, Origin.DEFAULT, note=f"PostgreSQL {majors[0]} has no such setting")
    defaults = {catalog.default(name, major) for major in known}
    if len(defaults) != 1 or len(known) < len(majors):
        return Unknown("its default depends on the version", needs=("pg.major",))
    (default,) = defaults
    if default is None:
        return Unknown("its default depends on how the server was built or set up")
    version = f" {majors[0]}" if len(majors) == 1 else ""
    return Value(default.value, Origin.DEFAULT, note=f"default of PostgreSQL{version}")


def _setting_facts(assignment: Assignment, database: Database) -> dict[str, Fact]:
    """
    What the server of this version thinks of one line.
    """
    place = assignment.location
    verdict, reason, suggestion = _verdict(assignment, _majors(database))
    return {
        "setting.name": Value(assignment.name, Origin.LITERAL, place),
        "setting.raw": Value(assignment.raw, Origin.LITERAL, assignment.value_location),
        "setting.verdict": Value(verdict, Origin.EVALUATED, place),
        "setting.reason": computed(reason),
        "setting.suggestion": computed(suggestion),
    }


def _verdict(assignment: Assignment, majors: tuple[int, ...]) -> tuple[str, str, str]:
    """
    Verdict, reason and suggestion; with several possible versions the mildest verdict counts.
    """
    if assignment.placeholder:
        return "ok", "", ""
    if "." in assignment.name and not any(catalog.find(assignment.name, one) for one in majors):
        return "ok", "", ""
    results = [_canonical(assignment.name, assignment.raw, major) for major in majors]
    if any(isinstance(result, Canonical) for result in results):
        return "ok", "", ""
    refused = next((one for one in results if isinstance(one, Rejection)), None)
    if refused is not None:
        return refused.kind, refused.reason, ""
    return _unknown_name(assignment.name, majors[-1])


def _unknown_name(name: str, major: int) -> tuple[str, str, str]:
    suggestion = catalog.suggest(name, major) or ""
    gone = catalog.removed(name)
    if gone is not None:
        return "removed", f"removed after PostgreSQL {gone.last}", suggestion
    return "unknown", f"PostgreSQL {major} has no setting of this name", suggestion
