"""
pg_hba.conf files and the servers they belong to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from advisor.deployment.model import Access, Database
from advisor.deployment.paths import is_variant, outermost
from advisor.model import Value
from advisor.parsers.pg_hba import read_hba

if TYPE_CHECKING:
    from advisor.deployment.services import RunningService, Services
    from advisor.model import Tree


def find_access(
    files: Iterable[str], databases: Sequence[Database], services: Services, tree: Tree
) -> tuple[tuple[Access, ...], tuple[str, ...]]:
    """
    Every file with its server: the one whose container holds it, else the only one; and notes.

    Files for development and tests are left out where there are others.
    """
    documents = outermost([read_hba(path, tree) for path in sorted(files)])
    real = [one for one in documents if not is_variant(one.path)]
    notes = tuple(
        f"{one.path} is not judged: {real[0].path} says who may connect"
        for one in documents
        if real and is_variant(one.path)
    )
    found = []
    for document in real or documents:
        database = _database_of(document.path, databases, services)
        major = database.major if database else None
        if isinstance(major, Value):
            document = read_hba(document.path, tree, major=major.value)  # noqa: PLW2901 - the same
        found.append(Access(document, database))
    return tuple(found), notes


def _database_of(path: str, databases: Sequence[Database], services: Services) -> Database | None:
    mounting = {one.name for one in services.running if path in _placed(one)}
    for database in databases:
        if database.service in mounting:
            return database
    return databases[0] if len(databases) == 1 else None


def _placed(service: RunningService) -> Iterator[str]:
    for placed in service.placed():
        yield placed.source
        yield from service.sources_of(f"{placed.target.rstrip('/')}/pg_hba.conf")
