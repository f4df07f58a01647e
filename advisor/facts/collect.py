"""
All subjects of a deployment, with all their facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from advisor.deployment.model import Deployment
from advisor.facts import engine, files, gunicorn, nginx, plans, postgresql, stack
from advisor.model.subject import Subject

COLLECTORS: tuple[Callable[[Deployment], Iterator[Subject]], ...] = (
    stack.subjects,
    postgresql.subjects,
    nginx.subjects,
    gunicorn.subjects,
    engine.subjects,
    plans.subjects,
    files.subjects,
)
"""In the order in which subjects are judged."""


def collect(deployment: Deployment) -> tuple[Subject, ...]:
    """
    Every subject that rules may look at.
    """
    return tuple(subject for gather in COLLECTORS for subject in gather(deployment))
