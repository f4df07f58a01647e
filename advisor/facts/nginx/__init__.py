"""
Facts of nginx: the whole configuration, its servers, its locations and its upstreams.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.deployment.model import Deployment
from advisor.facts.nginx.reader import Reader
from advisor.model.subject import Subject

__all__ = ["Reader", "subjects"]


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every nginx with everything in it that rules may look at.
    """
    for proxy in deployment.proxies:
        yield from Reader(proxy, deployment).subjects()
