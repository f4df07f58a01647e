"""
Facts of PostgreSQL servers: every setting as the server would see it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor import regex
from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Canonical, Rejection
from advisor.deployment.model import Database, Deployment
from advisor.facts._postgresql_ignored import ignored_facts
from advisor.facts._postgresql_planner import planner_facts
from advisor.facts._postgresql_server import server_facts
from advisor.facts.advice import advice_facts
from advisor.facts.common import Joined, computed, host_facts, manager_of
from advisor.facts.connections import connection_facts
from advisor.facts.formulas import formula_subjects
from advisor.facts.memory import memory_facts
from advisor.facts.namespaces import namespace
from advisor.facts.postgresql_lines import lines
from advisor.facts.postgresql_security import security_facts
from advisor.facts.schema import STRING
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.parsers.postgresql import Effective
from advisor.units import SIZE_UNITS

SUPPORTED = (12, 13, 14, 15, 16, 17, 18)
"""Majors that are tried when the version is not known; older ones only count when stated."""
_INITDB = {"shared_buffers": 128 * SIZE_UNITS["MB"]}
"""
What initdb writes where it differs from the built-in default (8 MB up to 14). It counts when only
a command line is known, because the server then reads the file of its data directory.
"""
_WORD = regex.lazy(r"[a-z0-9]+")
_DISPOSABLE = frozenset({"test", "tests", "testing", "ci", "e2e", "dev", "development"})


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every server, and every assignment in its files and on its command line.
    """
    for database in deployment.databases:
        facts = database_facts(deployment, database)
        place = database.location
        yield Subject("postgresql", database.name, facts, place, database.path)
        yield from formula_subjects(database)
        for line in lines(database, _majors(database), facts["host.memory"]):
            place = line.assignment.location
            yield Subject(
                target="postgresql.setting",
                name=line.assignment.name,
                facts=Joined(line.facts, facts),
                location=place,
                path=place.path,
            )


def database_facts(deployment: Deployment, database: Database) -> Mapping[str, Fact]:
    """
    Everything known of one server: its settings, its host, its connections and its memory.
    """
    own: dict[str, Fact] = {
        "pg.major": database.major,
        "pg.container": computed(database.host.container),
        "pg.manager": computed(manager_of(deployment.services.named(database.service))),
        "pg.name": computed(database.name),
        "pg.disposable": computed(_disposable(database)),
        "pg.platform": database.host.platform or computed(""),
        "pg.managed": computed(database.host.platform is not None),
        **_class_facts(database),
        **server_facts(deployment, database),
        **planner_facts(database),
        **ignored_facts(deployment.tree, database),
        **security_facts(deployment, database),
        **host_facts(database.host),
        "host.workload": _workload(deployment, database),
    }
    facts = Joined(own, SettingFacts(database))
    facts = Joined(connection_facts(deployment, database, facts), facts)
    facts = Joined(memory_facts(facts), facts)
    return Joined(advice_facts(facts), facts)


def _class_facts(database: Database) -> dict[str, Fact]:
    """
    The class of a managed server, and whether its number of connections follows from that alone.
    """
    managed = database.managed
    if managed is None:
        return {"pg.instance_class": computed(""), "pg.sized_by_class": computed(False)}
    limit = managed.provided.get("max_connections")
    own = limit is not None and limit.location is None
    sized: Fact = limit if own and isinstance(limit, Unknown) else computed(own)
    return {"pg.instance_class": managed.size, "pg.sized_by_class": sized}


def _workload(deployment: Deployment, database: Database) -> Fact:
    """
    Requests of an application server make a web workload, unless something else is stated.
    """
    stated = database.host.workload
    if isinstance(stated, Unknown) and deployment.applications:
        return Value("web", Origin.EVALUATED, note="an application server is deployed")
    return stated


class SettingFacts(Mapping[str, Fact]):
    """
    The settings of one server under ``pg.``, worked out when they are asked for.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, Fact] = {}

    def __getitem__(self, name: str) -> Fact:
        if name not in self._known:
            if name not in self:
                raise KeyError(name)
            self._known[name] = self._read(name.removeprefix("pg."))
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str) or not name.startswith("pg."):
            return False
        spec = namespace("pg").get(name.removeprefix("pg."))
        return spec is not None and bool(spec.program)

    def __iter__(self) -> Iterator[str]:
        return (spec.name for spec in namespace("pg").values() if spec.program)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _read(self, name: str) -> Fact:
        document = self._database.document
        majors = _majors(self._database)
        written = document.settings.get(name)
        if written is not None:
            return _written(written, majors)
        managed = self._database.managed
        if managed is not None and any(catalog.find(name, major) for major in majors):
            if name in managed.provided:
                return managed.provided[name]
            return _default(name, majors) if name in managed.kept else managed.others
        operated = self._database.operated.get(name)
        if operated is not None and (known := _canonical(name, operated, majors[-1])):
            return _operated(name, known, self._database.host.platform)
        if not document.files and name in _INITDB:
            return Value(_INITDB[name], Origin.DEFAULT, note="as initdb writes it")
        return _default(name, majors)


def _operated(
    name: str, value: Canonical | Rejection, platform: Value[str] | None
) -> Value[bool | float | str] | Unknown:
    """
    What an operator writes where nobody says anything.
    """
    who = platform.value if platform else "the operator"
    if not isinstance(value, Canonical):
        return Unknown(f"the server refuses what {who} sets")
    return Value(_typed(name, value), Origin.DEFAULT, note=f"set by {who}")


def _majors(database: Database) -> tuple[int, ...]:
    """
    The versions that may be meant, oldest first; of one the catalogue lacks the nearest it has.
    """
    major = database.major
    if isinstance(major, Unknown):
        return SUPPORTED
    return (min(max(major.value, catalog.MAJORS[0]), catalog.MAJORS[-1]),)


def _written(effective: Effective, majors: tuple[int, ...]) -> Fact:
    """
    A value from a file, if every version that accepts it takes it for the same.
    """
    if effective.placeholder:
        return Unknown("a template fills its value in", effective.value_location)
    results = [_canonical(effective.name, effective.raw, major) for major in majors]
    accepted = [one for one in results if isinstance(one, Canonical)]
    if not accepted:
        known = any(result is not None for result in results)
        reason = "the server refuses its value" if known else "the server has no such setting"
        return Unknown(reason, effective.value_location)
    if len({one.text for one in accepted}) > 1:
        return Unknown("its meaning depends on the version", effective.location, ("pg.major",))
    return Value(_typed(effective.name, accepted[0]), Origin.LITERAL, effective.location)


def _canonical(name: str, raw: str, major: int) -> Canonical | Rejection | None:
    guc = catalog.find(name, major)
    return catalog.canonical(guc, raw, major) if guc else None


def _default(name: str, majors: tuple[int, ...]) -> Fact:
    """
    The built-in default, if it is the same in every version that may be meant.
    """
    known = [major for major in majors if catalog.find(name, major)]
    if not known and len(majors) == 1:
        return Value(None, Origin.DEFAULT, note=f"PostgreSQL {majors[0]} has no such setting")
    defaults = [catalog.default(name, major) for major in known]
    texts = {default.text for default in defaults if default}
    if len(known) < len(majors) or len(texts) > 1:
        return Unknown("its default depends on the version", needs=("pg.major",))
    first = defaults[0]
    if first is None or None in defaults:
        return Unknown("its default depends on how the server was built or set up")
    version = f" {majors[0]}" if len(majors) == 1 else ""
    return Value(_typed(name, first), Origin.DEFAULT, note=f"default of PostgreSQL{version}")


def _typed(name: str, value: Canonical) -> bool | float | str:
    """
    The value in the type that the fact has in every version: some switches became words later.
    """
    spec = namespace("pg").get(name)
    return value.text if spec and spec.type == STRING else value.value


def _disposable(database: Database) -> bool:
    """
    Whether a folder, file or service is named after tests, so that its data may be lost.
    """
    place = database.location.path if database.location else ""
    words = _WORD.findall(f"{database.service}/{database.path}/{place}".lower())
    return not _DISPOSABLE.isdisjoint(words)
