"""
From sources to a deployment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from advisor.deployment.dead_ends import dead_ends
from advisor.deployment.declared import Texts, find_services
from advisor.deployment.edges import database_edges, proxy_edges
from advisor.deployment.hosts import host_of
from advisor.deployment.model import (
    Access,
    Database,
    Deployment,
    FileProblem,
    Pooler,
    PoolerEdge,
    Proxy,
)
from advisor.deployment.services import Services
from advisor.model import Given, Location, Problem, Tree
from advisor.sources.kinds import Kind, kind_of
from advisor.sources.marks import looks_redis_code
from advisor.sources.tree import LayeredTree

if TYPE_CHECKING:
    from advisor.deployment.applications import Applications
    from advisor.deployment.django import DjangoApplication
    from advisor.deployment.loads import Loads
    from advisor.deployment.redis import Redis
    from advisor.deployment.snapshots import Snapshots
    from advisor.indexes.schema import Schema
    from advisor.parsers.embedded import Embedded
    from advisor.plans.model import PlanDocument
    from advisor.sources.walk import Source

_CONFIGURATION = frozenset(
    {
        Kind.NGINX,
        Kind.POSTGRESQL,
        Kind.PG_HBA,
        Kind.PGBOUNCER,
        Kind.GUNICORN,
        Kind.PYTHON,
        Kind.REDIS,
    }
)
"""Kinds of files that may stand inside of others."""
Notes: TypeAlias = tuple[str, ...]
Configured: TypeAlias = Mapping[str, Sequence[Database | Proxy | Access | Pooler]]
"""Programs with a configuration of their own, by the kind of its files."""


def assemble(
    sources: Iterable[Source],
    tree: Tree,
    given: Given,
    *,
    name: str,
    problems: Iterable[Problem] = (),
) -> Deployment:
    """
    Put the files of one deployment together.

    `problems` are those of files that could not be opened at all. Nothing raises for bad content:
    it becomes problems of the deployment.
    """
    texts, outside = _by_kind(sources), tree
    services, patroni_problems = _with_patroni(find_services(texts, tree), texts[Kind.PATRONI])
    if services.files:
        tree = LayeredTree({path: one.text for path, one in services.files.items()}, tree)
        _add(texts, services.files)
    configured_servers, clouds, database_notes = _databases(texts, services, tree, given)
    snapshots = _snapshots(texts[Kind.SNAPSHOT], configured_servers, given)
    databases = snapshots.databases if snapshots else configured_servers
    proxies, proxy_notes = _proxies(texts, services, tree, given)
    applications = _applications(texts, services, tree, given)
    upstreams, upstream_notes = proxy_edges(proxies, applications.found, services)
    access, access_notes = _access(texts, databases, services, tree)
    poolers, pooler_notes = _poolers(texts, databases, services, tree, given)
    pooled = _pooled(applications, poolers, services)
    connections, connection_notes = database_edges(applications.found, databases, services, pooled)
    plans = dict(_plans(texts[Kind.PLAN]))
    schema = (snapshots.schema if snapshots else None) or _schema(texts[Kind.SCHEMA])
    loads = _loads(texts[Kind.LOAD])
    redis = _redis(texts, services, tree, given)
    configured: Configured = {
        "postgresql": databases,
        "nginx": proxies,
        "pg_hba": access,
        "pgbouncer": poolers,
    }
    opening = (FileProblem("file", one) for one in problems)
    declared = _declared(services, texts[Kind.KUBERNETES])
    judged = (
        *(FileProblem("terraform", one) for one in clouds),
        *(FileProblem("patroni", one) for one in patroni_problems),
        *_problems(configured, applications, plans),
        *loads.problems,
        *_redis_problems(redis),
        *(FileProblem("schema", one) for one in (schema.problems if schema else ())),
        *(snapshots.problems if snapshots else ()),
    )
    found = dict.fromkeys((*opening, *declared, *judged))
    notes = (
        *_passing(found, proxies),
        *services.notes,
        *database_notes,
        *proxy_notes,
        *applications.notes,
        *upstream_notes,
        *connection_notes,
        *access_notes,
        *pooler_notes,
        *loads.notes,
        *(snapshots.notes if snapshots else ()),
        *(redis.notes if redis else ()),
    )
    return Deployment(
        name=name,
        tree=outside,
        proxies=proxies,
        applications=applications.found,
        databases=databases,
        engines=applications.engines,
        plans=tuple((path, plan) for path, document in plans.items() for plan in document.plans),
        proxy_edges=upstreams,
        database_edges=connections,
        problems=tuple(one for one in found if one.problem.category != "note"),
        notes=tuple(dict.fromkeys(notes)),
        access=access,
        poolers=poolers,
        pooler_edges=pooled,
        services=services,
        dead_ends=tuple(dead_ends(proxies, applications.found, services)),
        loads=loads.results,
        snapshots=snapshots.found if snapshots else (),
        redis=redis,
        django=_django(applications, services, tree),
        schema=schema,
        embedded=services.files,
        machine=host_of(None, given),
    )


def _by_kind(sources: Iterable[Source]) -> dict[Kind, dict[str, str]]:
    texts: dict[Kind, dict[str, str]] = {kind: {} for kind in Kind}
    for source in sources:
        texts[source.kind][source.path] = source.text
    return texts


def _add(texts: Mapping[Kind, dict[str, str]], files: Mapping[str, Embedded]) -> None:
    """
    Take in the configuration files that stand inside of other files.
    """
    for path, file in files.items():
        kind = kind_of(path, file.text)
        if kind in _CONFIGURATION:
            texts[kind][path] = file.text


def _with_patroni(
    services: Services, texts: Mapping[str, str]
) -> tuple[Services, tuple[Problem, ...]]:
    """
    Services with the files of PostgreSQL that Patroni writes, and problems of its own.
    """
    if not texts:
        return services, ()
    from advisor.deployment.patroni import patroni_files  # noqa: PLC0415 - start-up cost

    files, problems = patroni_files(texts)
    return replace(services, files={**services.files, **files}), problems


def _declared(services: Services, manifests: Collection[str]) -> Iterator[FileProblem]:
    """
    Problems of the files that declare services.
    """
    for one in services.problems:
        yield FileProblem("kubernetes" if one.location.path in manifests else "compose", one)


def _problems(
    configured: Configured,
    applications: Applications,
    plans: dict[str, PlanDocument],
) -> Iterator[FileProblem]:
    for kind, programs in configured.items():
        for program in programs:
            yield from (FileProblem(kind, one) for one in program.document.problems)
    yield from (FileProblem(kind, one) for kind, one in applications.problems)
    yield from _plan_problems(plans)
    yield from _templates(configured)


def _passing(found: Iterable[FileProblem], proxies: Iterable[Proxy]) -> Iterator[str]:
    """
    What is not wrong and still should not go unsaid.
    """
    harmless = [one.problem for one in found if one.problem.category == "note"]
    for document in (proxy.document for proxy in proxies):
        # Files of nginx's own packages are missing nearly everywhere.
        stock = {one.location for one in document.unresolved if one.why == "stock"}
        harmless += [one for one in document.notes if one.location not in stock]
    return (f"{one.location}: {one.message}" for one in harmless)


def _templates(configured: Configured) -> Iterator[FileProblem]:
    """
    One problem per templated file: what is filled in later cannot be judged.
    """
    for kind, programs in configured.items():
        for program in programs:
            if isinstance(program, Database):
                yield from _placeholders(kind, program)
            elif program.document.template:
                yield FileProblem(kind, _template(Location(program.document.path, 1), 0))


def _placeholders(kind: str, database: Database) -> Iterator[FileProblem]:
    settings = database.document.settings.values()
    places = [one.value_location for one in settings if one.placeholder]
    if places:
        yield FileProblem(kind, _template(min(places), len(places)))


def _template(place: Location, count: int) -> Problem:
    known = {0: "values filled in later are", 1: "1 value filled in later is"}
    values = known.get(count, f"{count} values filled in later are")
    message = f"{place.path} is a template: {values} not known"
    return Problem(message, place, "audit the rendered file", "template")


# Each of these imports its parsers only when there is something for them to read: start-up cost.


def _databases(
    texts: Texts, services: Services, tree: Tree, given: Given
) -> tuple[tuple[Database, ...], tuple[Problem, ...], Notes]:
    """
    Servers that are configured here and those that a cloud runs, with problems of the latter's
    files.
    """
    databases: tuple[Database, ...] = ()
    notes: Notes = ()
    if texts[Kind.POSTGRESQL] or services.running_program("postgresql"):
        from advisor.deployment.databases import find_databases  # noqa: PLC0415

        databases, notes = find_databases(texts[Kind.POSTGRESQL], services, tree, given)
    if not texts[Kind.TERRAFORM]:
        return databases, (), notes
    from advisor.deployment.managed import find_managed  # noqa: PLC0415

    managed, problems, others = find_managed(texts[Kind.TERRAFORM], tree, given)
    return (*databases, *managed), problems, (*notes, *others)


def _proxies(
    texts: Texts, services: Services, tree: Tree, given: Given
) -> tuple[tuple[Proxy, ...], Notes]:
    if not texts[Kind.NGINX] and not services.running_program("nginx"):
        return (), ()
    from advisor.deployment.proxies import find_proxies  # noqa: PLC0415

    return find_proxies(texts[Kind.NGINX], services, tree, given)


def _access(
    texts: Texts, databases: tuple[Database, ...], services: Services, tree: Tree
) -> tuple[tuple[Access, ...], Notes]:
    if not texts[Kind.PG_HBA]:
        return (), ()
    from advisor.deployment.access import find_access  # noqa: PLC0415

    return find_access(texts[Kind.PG_HBA], databases, services, tree)


def _poolers(
    texts: Texts, databases: tuple[Database, ...], services: Services, tree: Tree, given: Given
) -> tuple[tuple[Pooler, ...], Notes]:
    if not texts[Kind.PGBOUNCER] and not services.running_program("pooler"):
        return (), ()
    from advisor.deployment.poolers import find_poolers  # noqa: PLC0415

    return find_poolers(texts[Kind.PGBOUNCER], databases, services, tree, given)


def _pooled(
    applications: Applications, poolers: tuple[Pooler, ...], services: Services
) -> tuple[PoolerEdge, ...]:
    if not poolers:
        return ()
    from advisor.deployment.poolers import pooler_edges  # noqa: PLC0415

    return pooler_edges(applications.found, poolers, services)


def _applications(texts: Texts, services: Services, tree: Tree, given: Given) -> Applications:
    from advisor.deployment.applications import (  # noqa: PLC0415
        AppFiles,
        Applications,
        find_applications,
    )

    kinds = (Kind.GUNICORN, Kind.PYTHON, Kind.REQUIREMENTS, Kind.INI)
    files = AppFiles(*(texts[kind] for kind in kinds))
    if not files.gunicorn and not files.python and not services.running:
        return Applications((), (), (), ())
    return find_applications(files, services, tree, given)


def _django(
    applications: Applications, services: Services, tree: Tree
) -> tuple[DjangoApplication, ...]:
    if not applications.found:
        return ()
    from advisor.deployment.django import find_django  # noqa: PLC0415

    return find_django(applications.found, services, tree, applications.library)


def _redis(texts: Texts, services: Services, tree: Tree, given: Given) -> Redis | None:

    python = {path: text for path, text in texts[Kind.PYTHON].items() if looks_redis_code(text)}
    if not texts[Kind.REDIS] and not python and not services.running_program("redis"):
        return None
    from advisor.deployment.redis import CodeFiles, find_redis_servers  # noqa: PLC0415

    code = CodeFiles(python, texts[Kind.REQUIREMENTS])
    return find_redis_servers(texts[Kind.REDIS], code, services, tree, given)


def _redis_problems(redis: Redis | None) -> Iterator[FileProblem]:
    """
    Problems of its files. Python files that other readers know as well are told once.
    """
    for kind, one in redis.problems if redis else ():
        yield FileProblem(kind, one)


def _loads(texts: Mapping[str, str]) -> Loads:
    from advisor.deployment.loads import Loads, find_loads  # noqa: PLC0415

    return find_loads(texts) if texts else Loads((), (), ())


def _snapshots(
    texts: Mapping[str, str], databases: Sequence[Database], given: Given
) -> Snapshots | None:
    if not texts:
        return None
    from advisor.deployment.snapshots import find_snapshots  # noqa: PLC0415

    return find_snapshots(texts, databases, given)


def _plans(texts: Mapping[str, str]) -> Iterator[tuple[str, PlanDocument]]:
    if not texts:
        return
    from advisor.plans.read import read_plans  # noqa: PLC0415

    for path, text in texts.items():
        yield path, read_plans(path, text)


def _schema(texts: Mapping[str, str]) -> Schema | None:
    if not texts:
        return None
    from advisor.indexes.schema import read_schema  # noqa: PLC0415

    return read_schema(dict(sorted(texts.items())))


def _plan_problems(plans: dict[str, PlanDocument]) -> Iterator[FileProblem]:
    for document in plans.values():
        for problem in (*document.problems, *(one for p in document.plans for one in p.problems)):
            yield FileProblem("plan", problem)
