"""
What is wrong with the indexes that a schema declares: too many, too few, or not valid.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from advisor import regex
from advisor.indexes import ddl
from advisor.indexes.model import Definition, Flaw, IndexCandidate, Key
from advisor.indexes.schema import ForeignKey, Index, Schema, Table

_NOISE = regex.lazy(r"::[\w ]+(?:\[\])?|[()\s]")
_COLLATED = regex.lazy(r"(?:varchar|bpchar)_pattern_ops")


def flaws(schema: Schema, advised: Iterable[IndexCandidate] = ()) -> Iterator[Flaw]:
    """
    Everything about the indexes of a schema that needs no plan to be seen.

    A foreign key is not named where an advised index serves it already.
    """
    wanted = tuple(one.definition for one in advised)
    for table in schema.tables.values():
        yield from _superfluous(schema, table)
        yield from _unsupported(schema, table, wanted)
        yield from _invalid(schema, table)


def canonical(text: str) -> str:
    """
    An expression or a predicate without casts, parentheses and blanks: the server adds those.
    """
    return _NOISE.sub("", text).lower()


def _superfluous(schema: Schema, table: Table) -> Iterator[Flaw]:
    for at, one in enumerate(table.indexes):
        if one.unique or one.constraint or not one.name or one.name in schema.attached:
            continue
        others = [other for other in table.indexes if other is not one]
        for other in others:
            same = _same(one.definition, other.definition)
            # Of two that are the same, the one declared later goes.
            if same and (other.unique or other.constraint or table.indexes.index(other) < at):
                yield _too_many("duplicate", one, other)
                break
            if not same and is_prefix(one.definition, other.definition):
                yield _too_many("redundant", one, other)
                break


def _same(one: Definition, other: Definition) -> bool:
    return _keys(one) == _keys(other) and _alike(one, other) and one.include == other.include


def is_prefix(one: Definition, other: Definition) -> bool:
    """
    Whether an index is no longer needed where there is another, which goes on behind its keys.
    """
    keys, longer = _keys(one), _keys(other)
    if one.method != "btree" or not _alike(one, other):
        return False
    held = {*other.names, *other.include}
    return longer[: len(keys)] == keys and set(one.include) <= held


def _alike(one: Definition, other: Definition) -> bool:
    predicates = [sorted(canonical(part) for part in d.predicate) for d in (one, other)]
    return one.method == other.method and predicates[0] == predicates[1]


def _keys(definition: Definition) -> list[tuple[str, str]]:
    return [
        (
            key.column if key.is_column else canonical(key.column),
            _COLLATED.sub("text_pattern_ops", key.suffix),
        )
        for key in definition.keys
    ]


def _too_many(kind: str, one: Index, other: Index) -> Flaw:
    schema, table = _split(one.definition.table)
    definition = one.definition
    include = [ddl.quote(name) for name in definition.include]
    body = ddl.Body(definition.columns, definition.method, include, definition.predicate)
    return Flaw(
        kind=kind,
        table=definition.table,
        index=one.name,
        columns=definition.columns,
        other=other.name or f"the key ({', '.join(other.definition.columns)})",
        statement=ddl.drop_index(one.name, schema),
        rollback=ddl.create_index(one.name, schema, table, body),
        location=one.location,
    )


def _split(name: str) -> tuple[str, str]:
    schema, _, bare = name.rpartition(".")
    return schema, bare


def _unsupported(schema: Schema, table: Table, wanted: tuple[Definition, ...]) -> Iterator[Flaw]:
    known = [one.definition for one in table.indexes]
    known += [one for one in wanted if schema.find(one.table) is table]
    for key in table.foreign_keys:
        if not any(_supports(one, key) for one in known) and not table.parent:
            known.append(_index_for(table, key))
            yield _missing(schema, table, key)


def _supports(definition: Definition, key: ForeignKey) -> bool:
    """
    Whether the columns of a key begin an index, in any order.
    """
    first = definition.names[: len(key.columns)]
    is_whole = definition.method in ("btree", "hash") and not definition.predicate
    return is_whole and set(first) == set(key.columns)


def _index_for(table: Table, key: ForeignKey) -> Definition:
    return Definition(table.name, tuple(Key(column) for column in key.columns))


def _missing(schema: Schema, table: Table, key: ForeignKey) -> Flaw:
    own_schema, bare = _split(table.name)
    name = ddl.index_name(bare, key.columns)
    body = ddl.Body([ddl.quote(column) for column in key.columns])
    if table.is_partitioned:
        parts = [_split(one.name) for one in schema.partitions(table)]
        statement = ddl.create_partitioned(name, (own_schema, bare), parts, body)
    else:
        statement = ddl.create_index(name, own_schema, bare, body)
    return Flaw(
        kind="foreign-key",
        table=table.name,
        index=key.name or f"({', '.join(key.columns)})",
        columns=tuple(ddl.quote(column) for column in key.columns),
        other=key.parent,
        statement=statement,
        rollback=ddl.drop_index(name, own_schema, is_partitioned=table.is_partitioned),
        location=key.location,
    )


def _invalid(schema: Schema, table: Table) -> Iterator[Flaw]:
    """
    An index declared ``ON ONLY`` a partitioned table is used when every partition has its part.
    """
    below = schema.partitions(table)
    for one in table.indexes:
        parts = sum(parent == one.name for parent in schema.attached.values())
        if one.only and below and parts < len(below):
            own_schema, _ = _split(table.name)
            yield Flaw(
                kind="invalid",
                table=table.name,
                index=one.name,
                columns=one.definition.columns,
                other=f"{len(below) - parts} of {len(below)} partitions",
                statement=_attachments(schema, one, below),
                rollback=ddl.drop_index(one.name, own_schema, is_partitioned=True),
                location=one.location,
            )


def _attachments(schema: Schema, one: Index, below: list[Table]) -> str:
    """
    What makes it valid: an index on each partition that has none, attached.
    """
    attached = {name for name, parent in schema.attached.items() if parent == one.name}
    own_schema, _ = _split(one.definition.table)
    definition = one.definition
    body = ddl.Body(definition.columns, definition.method, (), definition.predicate)
    lines = []
    for part in below:
        if attached & {index.name for index in part.indexes}:
            continue
        part_schema, bare = _split(part.name)
        name = ddl.index_name(bare, definition.names)
        above = ddl.quote_qualified(own_schema, one.name)
        lines.append(ddl.create_index(name, part_schema, bare, body))
        lines.append(ddl.attach_index(above, ddl.quote_qualified(part_schema, name)))
    return "\n".join(lines)
