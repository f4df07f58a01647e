"""
Configuration of Patroni: the files of PostgreSQL that it writes.

Source: Patroni documentation, "YAML Configuration Settings" and "Patroni configuration". What is in
``bootstrap`` counts when a cluster is first set up and may have been changed since.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from advisor.model import Location, Problem
from advisor.parsers.embedded import Embedded, of_rows, one_line, quoted
from advisor.parsers.kubernetes_fields import Fields, TooLargeError
from advisor.parsers.yaml_nodes import Node, read_yaml

_GLOBAL = frozenset(
    {"max_connections", "max_locks_per_transaction", "max_worker_processes"}
    | {"max_prepared_transactions", "wal_level", "track_commit_timestamp"}
)
"""Only what all members share counts for these."""
_HBA = (("postgresql",), ("bootstrap", "dcs", "postgresql"), ("bootstrap",))
"""Where access rules stand, the strongest first."""


class Patroni(Struct, frozen=True):
    """
    What one member of a cluster makes of its file.
    """

    path: str
    parameters: Embedded | None = None
    hba: Embedded | None = None
    problems: tuple[Problem, ...] = ()


def parse_patroni(path: str, text: str) -> Patroni:
    """
    Read the configuration of a member. Nothing raises for bad content.
    """
    fields = Fields()
    document = read_yaml(path, text)
    try:
        parameters = list(_parameters(fields, document.root))
        hba = list(_hba(fields, document.root))
    except TooLargeError as error:
        problem = Problem(f"cannot be read: {error}", Location(path, 1), category="unreadable")
        return Patroni(path, problems=(problem,))
    return Patroni(
        path,
        of_rows(path, parameters) if parameters else None,
        of_rows(path, hba) if hba else None,
        (*document.problems, *fields.problems),
    )


def _parameters(fields: Fields, root: Node | None) -> Iterator[tuple[str, Location]]:
    """
    Rows, the stronger ones later: what all members share, what one says itself, where it listens.
    """
    shared = fields.at(root, "bootstrap", "dcs", "postgresql", "parameters")
    own = fields.at(root, "postgresql", "parameters")
    for node in (shared, own):
        for name, (key, value) in fields.entries(node, "parameters").items():
            if node is shared or shared is None or name not in _GLOBAL:
                yield f"{one_line(name)} = {quoted(fields.plain(value, name))}", key.location
    listen = fields.text(fields.at(root, "postgresql", "listen"), "listen")
    if listen is not None and listen.location is not None:
        hosts, _, port = listen.value.rpartition(":")
        if hosts and port.isascii() and port.isdigit():
            yield f"listen_addresses = {quoted(hosts)}", listen.location
            yield f"port = {port}", listen.location


def _hba(fields: Fields, root: Node | None) -> Iterator[tuple[str, Location]]:
    for steps in _HBA:
        records = fields.items(fields.at(root, *steps, "pg_hba"), "pg_hba")
        if records:
            yield from ((fields.plain(one, "pg_hba"), one.location) for one in records)
            return
