"""
Facts of running servers, from what `advisor collect` kept of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.deployment.model import Deployment
from advisor.facts.common import Joined
from advisor.facts.live import activity, databases, drift, indexes, relations, server
from advisor.facts.live.reading import Reading
from advisor.model.subject import Subject

_PARTS = (databases, relations, indexes, activity, drift)


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every server, and what it is made of.
    """
    for snapshot in deployment.snapshots:
        reading = Reading(snapshot)
        facts, path = server.server_facts(reading), reading.document.path
        place = reading.place(reading.document.server)
        yield Subject("live", reading.name, facts, place, path)
        for part in _PARTS:
            for target, name, own, where in part.rows(reading):
                yield Subject(f"live.{target}", name, Joined(own, facts), where, path)
