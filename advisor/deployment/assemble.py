"""
From sources to a deployment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from advisor.deployment.applications import AppFiles, find_applications
from advisor.deployment.databases import find_databases
from advisor.deployment.edges import database_edges, proxy_edges
from advisor.deployment.model import Deployment, FileProblem
from advisor.deployment.proxies import find_proxies
from advisor.deployment.services import read_services
from advisor.model import Given, Problem, Tree
from advisor.plans.read import read_plans
from advisor.sources.kinds import Kind

if TYPE_CHECKING:
    from advisor.plans.model import PlanDocument
    from advisor.sources.walk import Source


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
    texts: dict[Kind, dict[str, str]] = {kind: {} for kind in Kind}
    for source in sources:
        texts[source.kind][source.path] = source.text
    services = read_services(texts[Kind.COMPOSE].items(), tree)
    databases, database_notes = find_databases(texts[Kind.POSTGRESQL], services, tree, given)
    proxies, proxy_notes = find_proxies(texts[Kind.NGINX], services, tree, given)
    files = AppFiles(texts[Kind.GUNICORN], texts[Kind.PYTHON], texts[Kind.REQUIREMENTS])
    applications = find_applications(files, services, tree, given)
    upstreams, upstream_notes = proxy_edges(proxies, applications.found, services)
    connections, connection_notes = database_edges(applications.found, databases, services)
    plans = {path: read_plans(path, text) for path, text in texts[Kind.PLAN].items()}
    found = [
        *(FileProblem("file", one) for one in problems),
        *(FileProblem("compose", one) for one in services.problems),
        *(FileProblem("postgresql", one) for db in databases for one in db.document.problems),
        *(FileProblem("nginx", one) for proxy in proxies for one in proxy.document.problems),
        *(FileProblem(kind, one) for kind, one in applications.problems),
        *_plan_problems(plans),
    ]
    return Deployment(
        name=name,
        tree=tree,
        proxies=proxies,
        applications=applications.found,
        databases=databases,
        engines=applications.engines,
        plans=tuple((path, plan) for path, document in plans.items() for plan in document.plans),
        proxy_edges=upstreams,
        database_edges=connections,
        problems=tuple(found),
        notes=(
            *services.notes,
            *database_notes,
            *proxy_notes,
            *applications.notes,
            *upstream_notes,
            *connection_notes,
        ),
    )


def _plan_problems(plans: dict[str, PlanDocument]) -> Iterator[FileProblem]:
    for document in plans.values():
        for problem in (*document.problems, *(one for p in document.plans for one in p.problems)):
            yield FileProblem("plan", problem)
