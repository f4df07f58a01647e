"""
All subjects of a deployment, with all their facts.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping

from advisor.deployment.model import Deployment
from advisor.model.subject import Subject

COLLECTORS: Mapping[str, Callable[[Deployment], bool]] = {
    "advisor.facts.stack": lambda one: bool(one.applications),
    "advisor.facts.service": lambda one: bool(one.applications),
    "advisor.facts.ingress": lambda one: bool(one.services.ingresses),
    "advisor.facts.machine": lambda one: len(one.services.running) > 1,
    "advisor.facts.open_files": lambda one: bool(one.proxies or one.poolers),
    "advisor.facts.state": lambda one: any(app.code for app in one.applications),
    "advisor.facts.handlers": lambda one: any(app.code for app in one.applications),
    "advisor.facts.postgresql": lambda one: bool(one.databases),
    "advisor.facts.hba": lambda one: bool(one.access),
    "advisor.facts.pgbouncer": lambda one: bool(one.poolers),
    "advisor.facts.nginx": lambda one: bool(one.proxies),
    "advisor.facts.gunicorn": lambda one: bool(one.applications),
    "advisor.facts.engine": lambda one: bool(one.engines),
    "advisor.facts.pools": lambda one: any(str(e.library) != "sqlalchemy" for e in one.engines),
    "advisor.facts.plans": lambda one: bool(one.plans) or one.schema is not None,
    "advisor.facts.app": lambda one: bool(one.django),
    "advisor.facts.redis": lambda one: one.redis is not None,
    "advisor.facts.live": lambda one: bool(one.snapshots),
    "advisor.facts.load": lambda one: bool(one.loads),
    "advisor.facts.files": lambda one: bool(one.problems),
}
"""
Modules in the order in which their subjects are judged, and whether a deployment has any for them.

A module is imported only then, and has a function ``subjects(deployment)``.
"""


def collect(deployment: Deployment) -> tuple[Subject, ...]:
    """
    Every subject that rules may look at.
    """
    return tuple(_subjects(deployment))


def _subjects(deployment: Deployment) -> Iterator[Subject]:
    for name, has_any in COLLECTORS.items():
        if has_any(deployment):
            yield from importlib.import_module(name).subjects(deployment)
