"""
The statements that build a schema anew, from what a record says of it.

Nothing of anybody's SQL runs as it stands: every statement begins here, names are quoted here, and
what is taken over of a definition is one expression, one list of keys or one bound, sent alone in a
protocol that allows no second statement. Functions, triggers, rules, checks, policies and defaults
are left out: the planner's costs do not depend on them, or the lab says what is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from advisor import regex
from advisor.indexes import ddl
from advisor.indexes.statements import statements
from advisor.lab.record import Column, ExtendedStatistics, ForeignKey, Index, Record, Table

_TYPE = regex.lazy(
    r"(?i:(?!.*\b(?:default|generated|check|references|primary|unique|constraint|collate|null)\b))"
    r'(?:[\w$]+|"(?:[^"]|"")+"|[. ]|\(\d+(?:,-?\d+)?\)|\[\])+'
)
"""What format_type prints; nothing that stands behind a type in a declaration."""
_BOUND = regex.lazy(r"(?:FOR VALUES\b.+|DEFAULT)", re.DOTALL)
_KEY = regex.lazy(r"(?:RANGE|LIST|HASH) \(.+\)", re.DOTALL)
_INDEX = regex.lazy(
    r"CREATE (?:UNIQUE )?INDEX .+? ON (?:ONLY )?.+? USING (?P<method>\w+) (?P<rest>\(.+)", re.DOTALL
)
_STATISTICS = regex.lazy(
    r"CREATE STATISTICS .+?(?: \((?P<kinds>[\w, ]+)\))? ON (?P<keys>.+) FROM \S+", re.DOTALL
)
_ENUM = regex.lazy(
    r"CREATE\s+TYPE\s+(?P<name>[\w.\"$]+)\s+AS\s+ENUM\s*\((?P<labels>(?:\s*'(?:[^']|'')*'\s*,?)*)\)",
    re.IGNORECASE,
)
_LABEL = regex.lazy(r"'(?:[^']|'')*'")
PREFIX = "advisor_candidate_"


class Step(Struct, frozen=True):
    """
    One statement, and what is missing when the lab refuses it.
    """

    sql: str
    subject: str


def enums(scripts: Iterable[str]) -> Mapping[str, str]:
    """
    Labels of enumerations that scripts declare, as SQL, by bare name.
    """
    found: dict[str, str] = {}
    for script in scripts:
        for one in statements(script):
            if match := _ENUM.match(one.text):
                bare = match["name"].rpartition(".")[2].strip('"')
                found[bare] = ", ".join(_LABEL.findall(match["labels"]))
    return found


def stand_in(name: str, labels: str | None) -> Step:
    """
    A type that the lab lacks: an enumeration with its labels when they are known, else a text.
    """
    schema, _, bare = name.rpartition(".")
    quoted = ddl.quote_qualified(schema.strip('"'), bare.strip('"'))
    if labels:
        return Step(f"CREATE TYPE {quoted} AS ENUM ({labels})", f"type {name}")
    return Step(f"CREATE DOMAIN {quoted} AS text", f"type {name}")


def base_type(text: str) -> str:
    """
    A type's name without its modifier and brackets.
    """
    return re.sub(r"\(.*?\)|\[\]", "", text).strip()


def schemas(record: Record) -> Iterator[Step]:
    """
    The schemas, but public.
    """
    for name in dict.fromkeys(one.schema for one in record.tables):
        if name != "public":
            yield Step(f"CREATE SCHEMA IF NOT EXISTS {ddl.quote(name)}", f"schema {name}")


def tables(record: Record) -> Iterator[Step]:
    """
    Every table for itself, then who is a part of whom.
    """
    columns: dict[str, dict[str, Column]] = {}
    for one in record.columns:
        columns.setdefault(one.qualified, {}).setdefault(one.name, one)
    for table in record.tables:
        own = sorted(columns.get(table.qualified, {}).values(), key=lambda column: column.number)
        listed = ", ".join(_column(one) for one in own)
        key = ""
        if table.kind == "p":
            key = f" PARTITION BY {_single(_KEY, table.partition_key)}"
        name = _table(table)
        yield Step(f"CREATE TABLE {name} ({listed}){key}", f"table {table.qualified}")
    for table in record.tables:
        if not table.parent:
            continue
        child, parent = _table(table), _reference(table.parent, table.schema)
        what = f"{table.qualified} as a part of {table.parent}"
        if table.partition:
            bound = _single(_BOUND, table.bound)
            yield Step(f"ALTER TABLE ONLY {parent} ATTACH PARTITION {child} {bound}", what)
        else:
            yield Step(f"ALTER TABLE {child} INHERIT {parent}", what)


def indexes(record: Record) -> Iterator[Step]:
    """
    Indexes of tables and partitions first, then those of partitioned tables, then the links.
    """
    by_name = {one.qualified: one for one in record.indexes}
    for one in sorted(record.indexes, key=lambda index: index.partitioned):
        if one.valid:
            yield from _index(one)
    for one in record.indexes:
        parent = by_name.get(one.parent) or by_name.get(f"{one.schema}.{one.parent}")
        if parent is not None and one.valid and parent.valid:
            above = ddl.quote_qualified(parent.schema, parent.name)
            own = ddl.quote_qualified(one.schema, one.name)
            yield Step(f"ALTER INDEX {above} ATTACH PARTITION {own}", f"index {one.qualified}")


def foreign_keys(record: Record) -> Iterator[Step]:
    """
    Foreign keys: the planner trusts them for the size of joins. They refer to the primary key.
    """
    for one in record.foreign_keys:
        columns = ", ".join(ddl.quote(name) for name in one.columns)
        table = ddl.quote_qualified(one.schema, one.table)
        parent = _reference(one.references, one.schema)
        yield Step(
            f"ALTER TABLE {table} ADD FOREIGN KEY ({columns}) REFERENCES {parent}", _key_name(one)
        )


def extended(one: ExtendedStatistics, record: Record) -> Step:
    """
    CREATE STATISTICS.
    """
    subject = f"statistics {one.schema}.{one.name}"
    match = _STATISTICS.fullmatch(one.definition)
    if match is None or not _is_single(match["keys"]):
        return Step("", subject)
    kinds = f" ({match['kinds']})" if match["kinds"] else ""
    table = _reference(one.table, one.schema)
    if not any(known.name == one.table for known in record.tables):
        return Step("", subject)
    name = ddl.quote_qualified(one.schema, one.name)
    return Step(f"CREATE STATISTICS {name}{kinds} ON {match['keys']} FROM {table}", subject)


def declared(record: Record) -> str:
    """
    The schema as a script, for those who read scripts.
    """
    lines = [step.sql for stage in (schemas, tables) for step in stage(record)]
    for one in record.indexes:
        parts = parts_of(one.definition)
        if parts is None or not one.valid:
            continue
        table, name = ddl.quote_qualified(one.schema, one.table), ddl.quote(one.name)
        keys = ", ".join(ddl.quote(column) for column in one.columns[: one.keys] if column)
        if one.constraint and one.unique:
            kind = "PRIMARY KEY" if one.primary else "UNIQUE"
            lines.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {kind} ({keys})")
        else:
            unique = "UNIQUE " * one.unique
            create = f"CREATE {unique}INDEX {name} ON {table} USING {parts[0]} {parts[1]}"
            lines.append(create)
    return ";\n".join((*lines, ""))


def parts_of(definition: str) -> tuple[str, str] | None:
    """
    Access method and what follows it in an index's definition; None when it is anything else.
    """
    match = _INDEX.fullmatch(definition)
    if match is None or not _is_single(match["rest"]):
        return None
    return match["method"], match["rest"]


def _index(one: Index) -> Iterator[Step]:
    subject = f"index {one.qualified}"
    parts = parts_of(one.definition)
    if parts is None:
        yield Step("", subject)
        return
    name, table = ddl.quote(one.name), ddl.quote_qualified(one.schema, one.table)
    keys = [column for column in one.columns[: one.keys] if column]
    if one.primary and one.partitioned:
        listed = ", ".join(map(ddl.quote, keys))
        sql = f"ALTER TABLE ONLY {table} ADD CONSTRAINT {name} PRIMARY KEY ({listed})"
        yield Step(sql, subject)
        return
    unique, only = ("UNIQUE " * one.unique), ("ONLY " * one.partitioned)
    create = f"CREATE {unique}INDEX {name} ON {only}{table} USING {parts[0]} {parts[1]}"
    yield Step(create, subject)
    if one.primary:
        yield Step(f"ALTER TABLE {table} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {name}", "")


def _column(one: Column) -> str:
    collation = f" COLLATE {ddl.quote(one.collation)}" if one.collation else ""
    not_null = " NOT NULL" if one.not_null else ""
    return f"{ddl.quote(one.name)} {_single(_TYPE, one.type)}{collation}{not_null}"


def _table(table: Table) -> str:
    return ddl.quote_qualified(table.schema, table.name)


def _reference(name: str, schema: str) -> str:
    """
    A name as the server printed it: with its schema unless that is in the search path.
    """
    from advisor.indexes.declarations import name as unquoted  # noqa: PLC0415 - start-up cost

    plain = unquoted(name)
    first, dot, rest = plain.rpartition(".")
    return ddl.quote_qualified(first if dot else schema, rest)


def _key_name(one: ForeignKey) -> str:
    return f"foreign key {one.name} of {one.schema}.{one.table}"


def _single(pattern: re.Pattern[str], text: str) -> str:
    """
    The text when it is what it should be; else nothing, which the server refuses.
    """
    return text if pattern.fullmatch(text) and _is_single(text) else ""


def _is_single(text: str) -> bool:
    """
    Whether a part of a statement stays within it: no semicolon, no comment that hides the rest.
    """
    found = list(statements(text))
    return len(found) == 1 and found[0].text == text.strip()
