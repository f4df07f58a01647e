"""
The schema that a running server really has, from a snapshot of it.
"""

from __future__ import annotations

from msgspec.structs import replace

from advisor.indexes.declarations import declare
from advisor.indexes.schema import Column, ForeignKey, Schema, Table
from advisor.parsers import _snapshot_relations as relations
from advisor.parsers.snapshot import SnapshotDocument

LEAST_ROWS = 10_000
"""Rows of a referring table from which on a foreign key without an index is worth a word."""


def schema_of(document: SnapshotDocument) -> Schema | None:
    """
    Tables, valid indexes and foreign keys of larger tables; None where they could not be read.

    Indexes with a collation of their own are left out: they may look like others and are not.
    """
    tables, indexes = document.read(relations.Table), document.read(relations.Index)
    if tables is None or indexes is None:
        return None
    schema = Schema()
    for one in tables:
        parent = one.parent if one.partition else ""
        partitioned = one.kind == "p"
        made = Table(one.qualified, parent=parent, is_partitioned=partitioned)
        schema.tables[one.qualified] = made
    for column in document.read(relations.Column) or ():
        table = schema.tables.get(f"{column.schema}.{column.table}")
        if table is not None:
            table.columns[column.name] = Column(column.name, column.type)
    for index in indexes:
        if index.valid and index.ready and " COLLATE " not in index.definition:
            _add(schema, index, document)
    large = {one.qualified for one in tables if (one.tuples or 0) >= LEAST_ROWS}
    for key in document.read(relations.ForeignKey) or ():
        name = f"{key.schema}.{key.table}"
        if name in large:
            place = document.place(key)
            made_key = ForeignKey(key.name, name, key.columns, key.references, place)
            schema.tables[name].foreign_keys.append(made_key)
    schema.problems.clear()  # an index of a kind that is not understood is no fault of the server
    return schema


def _add(schema: Schema, index: relations.Index, document: SnapshotDocument) -> None:
    table = schema.tables.get(f"{index.schema}.{index.table}")
    if table is None:
        return
    before = len(table.indexes)
    # The server prints ON ONLY for the index of a partitioned table, valid as it is.
    declare(schema, document.path, index.definition.replace(" ON ONLY ", " ON ", 1))
    if len(table.indexes) == before:
        return
    table.indexes[-1] = replace(
        table.indexes[-1],
        name=index.name,
        location=document.place(index),
        constraint=bool(index.constraint or index.referenced or index.replica_identity),
    )
    if index.parent:
        schema.attached[index.name] = index.parent.rpartition(".")[2]
    if index.clustered:
        schema.clustered.add(index.name)
