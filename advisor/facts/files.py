"""
Facts of files that could not be read, or not wholly.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.deployment.model import Deployment
from advisor.model import Origin, Value
from advisor.model.subject import Subject


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every problem of every file.
    """
    for one in deployment.problems:
        place = one.problem.location
        texts = {
            "problem.kind": one.kind,
            "problem.category": one.problem.category,
            "problem.message": one.problem.message,
            "problem.hint": one.problem.hint,
        }
        yield Subject(
            target="file",
            name=place.path,
            facts={name: Value(text, Origin.LITERAL, place) for name, text in texts.items()},
            location=place,
            path=place.path,
        )
