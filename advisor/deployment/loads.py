"""
Load tests that lie beside a configuration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from advisor.deployment.model import FileProblem
from advisor.deployment.paths import folder_of
from advisor.loads.model import LoadResult
from advisor.loads.read import read_loads


class Loads(Struct, frozen=True):
    """
    What was found.
    """

    results: tuple[LoadResult, ...]
    problems: tuple[FileProblem, ...]
    notes: tuple[str, ...]


def find_loads(texts: Mapping[str, str]) -> Loads:
    """
    Every run, once: the table of a Locust run gives way to the JSON of the same run beside it.
    """
    documents = {path: read_loads(path, text) for path, text in sorted(texts.items())}
    found = [one for document in documents.values() for one in document.results]
    twice = [one for one in found if _has_json(one, found)]
    return Loads(
        results=tuple(one for one in found if one not in twice),
        problems=tuple(
            FileProblem("load", one) for document in documents.values() for one in document.problems
        ),
        notes=tuple(
            f"{one.location.path} is not judged: the JSON of the same run is more exact"
            for one in twice
        ),
    )


def _has_json(one: LoadResult, found: Sequence[LoadResult]) -> bool:
    folder = folder_of(one.location.path)
    return one.location.path.endswith(".csv") and any(
        other.location.path.endswith(".json")
        and (other.tool, other.entries) == (one.tool, one.entries)
        and folder_of(other.location.path) == folder
        for other in found
        if one.entries
    )
