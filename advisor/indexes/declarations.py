"""
CREATE TABLE, CREATE INDEX and ALTER TABLE, read into a schema.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from advisor import regex
from advisor.indexes.model import Definition, Key
from advisor.indexes.schema import Column, ForeignKey, Index, Schema, Table
from advisor.indexes.statements import statements
from advisor.model import Location, Problem
from advisor.plans import scan
from advisor.plans.sides import unquoted

_NAME = r'(?:"(?:[^"]|"")*"|[^\W\d][\w$]*)'
_QUALIFIED = rf"{_NAME}(?:\s*\.\s*{_NAME})*"
_EXISTS = r"(?:IF\s+(?:NOT\s+)?EXISTS\s+)?"
_FLAGS = re.IGNORECASE | re.DOTALL
_TABLE = regex.lazy(
    rf"CREATE\s+(?:(?:GLOBAL|LOCAL|UNLOGGED|FOREIGN)\s+)*TABLE\s+{_EXISTS}({_QUALIFIED})\s*(.*)",
    _FLAGS,
)
_PARTITION = regex.lazy(rf"PARTITION\s+OF\s+({_QUALIFIED})", _FLAGS)
_INDEX = regex.lazy(
    rf"CREATE\s+(UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?{_EXISTS}({_NAME}(?=\s+ON\b))?\s*ON\s+"
    rf"(ONLY\s+)?({_QUALIFIED})\s*(?:USING\s+({_NAME})\s*)?(\(.*)",
    _FLAGS,
)
_ALTER = regex.lazy(
    rf"ALTER\s+(?:FOREIGN\s+)?TABLE\s+{_EXISTS}(?:ONLY\s+)?({_QUALIFIED})\s+(.*)", _FLAGS
)
_ADD = regex.lazy(rf"ADD\s+(?:CONSTRAINT\s+({_NAME})\s+)?(.*)", _FLAGS)
_ADD_COLUMN = regex.lazy(rf"ADD\s+COLUMN\s+{_EXISTS}(.*)", _FLAGS)
_ATTACH_TABLE = regex.lazy(rf"ATTACH\s+PARTITION\s+({_QUALIFIED})", _FLAGS)
_ATTACH_INDEX = regex.lazy(
    rf"ALTER\s+INDEX\s+{_EXISTS}({_QUALIFIED})\s+ATTACH\s+PARTITION\s+({_QUALIFIED})", _FLAGS
)
_DROP_INDEX = regex.lazy(rf"DROP\s+INDEX\s+(?:CONCURRENTLY\s+)?{_EXISTS}(.*)", _FLAGS)
_INHERITED = regex.lazy(r"\bPARTITION\s+BY\b", re.IGNORECASE)
_KEY = regex.lazy(
    r"(?P<expression>.*?)(?:\s+COLLATE\s+(?P<collation>[\w.\"]+))?"
    r"(?:\s+(?P<opclass>(?!ASC\b|DESC\b|NULLS\b)[a-z_][\w.]*_ops)(?:\s*\(.*\))?)?"
    r"(?:\s+(?P<direction>ASC|DESC))?(?:\s+NULLS\s+(?P<nulls>FIRST|LAST))?\s*",
    _FLAGS,
)
_INCLUDE = regex.lazy(r"INCLUDE\s*(\(.*)", _FLAGS)
_WHERE = regex.lazy(r"\bWHERE\b(.*)", _FLAGS)
_REFERENCES = regex.lazy(rf"\bREFERENCES\s+({_QUALIFIED})", _FLAGS)
_CONSTRAINT = regex.lazy(
    r"(PRIMARY\s+KEY|UNIQUE|FOREIGN\s+KEY|EXCLUDE|CHECK|NOT\s+NULL|LIKE)\b(.*)", _FLAGS
)
_COLUMN = regex.lazy(rf"({_NAME})\s+(.*)", _FLAGS)
_AFTER_TYPE = regex.lazy(
    r"\b(?:NOT\s+NULL|NULL|DEFAULT|PRIMARY\s+KEY|UNIQUE|REFERENCES|CHECK|COLLATE|GENERATED"
    r"|CONSTRAINT|STORAGE|COMPRESSION|OPTIONS)\b",
    _FLAGS,
)
_DEFAULT = regex.lazy(r"\bDEFAULT\s+(.*?)(?=\s+(?:NOT\s+NULL|CONSTRAINT|PRIMARY)\b|$)", _FLAGS)
_COLLATE = regex.lazy(r'\bCOLLATE\s+([\w."]+)', re.IGNORECASE)
_STARTS = regex.lazy(r"(?:CREATE|ALTER|DROP)\b", re.IGNORECASE)


def declare(schema: Schema, path: str, script: str) -> None:
    """
    Add what a script declares to a schema.
    """
    for statement in statements(script):
        if not _STARTS.match(statement.text):
            continue
        place = Location(path, statement.line)
        for pattern, reader in _READERS.items():
            if match := pattern.match(statement.text):
                reader(schema, match, place)
                break


def names(text: str) -> tuple[str, ...]:
    """
    The identifiers of a list, without quotes and folded as the server does.
    """
    inner, _ = _parenthesised(text)
    return tuple(name(part) for part in scan.split(inner, ","))


def name(text: str) -> str:
    """
    An identifier, perhaps qualified: unquoted, folded to lower case where it was not quoted.
    """
    parts = re.findall(_NAME, text)
    return ".".join(
        p.strip() if not p else unquoted(p) if p[0] == '"' else p.lower() for p in parts
    )


def definition(table: str, method: str, rest: str) -> Definition:
    """
    The definition behind ``ON table USING method``: keys, INCLUDE and WHERE.
    """
    inner, after = _parenthesised(rest)
    include = _INCLUDE.match(after.strip())
    where = _WHERE.search(after)
    parts = scan.split(scan.strip_parentheses(where[1]), "AND") if where else ()
    return Definition(
        table=table,
        keys=tuple(_key(part) for part in scan.split(inner, ",")),
        method=method.lower() or "btree",
        include=names(include[1]) if include else (),
        predicate=tuple(scan.strip_parentheses(part) for part in parts),
    )


def _key(text: str) -> Key:
    match = _KEY.fullmatch(text)
    expression = (match["expression"] if match else text).strip()
    is_column = re.fullmatch(_NAME, expression) is not None
    descending = bool(match and (match["direction"] or "").upper() == "DESC")
    nulls = (match["nulls"] or "").upper() if match else ""
    return Key(
        column=name(expression) if is_column else scan.strip_parentheses(expression),
        descending=descending,
        nulls_first=nulls == "FIRST" if nulls else descending,
        is_column=is_column,
        opclass=(match["opclass"] or "").lower() if match else "",
    )


def _parenthesised(text: str) -> tuple[str, str]:
    """
    What stands in the first parentheses of a text, and what follows them.
    """
    start = None
    for token in scan.tokens(text):
        if token.depth == 0 and token.kind == "open" and start is None:
            start = token.end
        elif token.depth == 0 and token.kind == "close" and start is not None:
            return text[start : token.start], text[token.end :]
    return "", text


def _create_table(schema: Schema, match: re.Match[str], place: Location) -> None:
    table = Table(name(match[1]))
    partition = _PARTITION.match(match[2])
    if partition:
        table.parent = name(partition[1])
    elif match[2].startswith("("):
        body, after = _parenthesised(match[2])
        table.is_partitioned = bool(_INHERITED.search(after))
        for item in scan.split(body, ","):
            _item(schema, table, item, place)
    else:
        return
    schema.tables.setdefault(table.name, table)


def _item(schema: Schema, table: Table, item: str, place: Location) -> None:
    """
    One column or constraint of CREATE TABLE.
    """
    named = re.match(rf"CONSTRAINT\s+({_NAME})\s+(.*)", item, _FLAGS)
    text = named[2] if named else item
    if _CONSTRAINT.match(text):
        _constraint(table, name(named[1]) if named else "", text, place)
    elif not named and (match := _COLUMN.match(item)):
        _column(table, match, place)
    else:
        message = f"not understood in CREATE TABLE {table.name}: {' '.join(item.split())[:60]}"
        schema.problems.append(Problem(message, place))


def _column(table: Table, match: re.Match[str], place: Location) -> None:
    own, rest = name(match[1]), match[2]
    end = _AFTER_TYPE.search(rest)
    default, collation = _DEFAULT.search(rest), _COLLATE.search(rest)
    table.columns[own] = Column(
        name=own,
        type=" ".join((rest[: end.start()] if end else rest).lower().split()),
        default=default[1] if default else "",
        collation=collation[1].strip('"') if collation else "",
    )
    words = " ".join(token.text.upper() for token in scan.tokens(rest) if token.depth == 0)
    if "PRIMARY KEY" in words or re.search(r"\bUNIQUE\b", words):
        _add_key(table, "", (own,), place)
    if reference := _REFERENCES.search(rest):
        parent = name(reference[1])
        table.foreign_keys.append(ForeignKey("", table.name, (own,), parent, place))


def _constraint(table: Table, own: str, text: str, place: Location) -> None:
    match = _CONSTRAINT.match(text)
    word = " ".join(match[1].upper().split()) if match else ""
    if match is None or word in ("CHECK", "NOT NULL", "LIKE"):
        return
    if word == "FOREIGN KEY":
        if reference := _REFERENCES.search(match[2]):
            parent = name(reference[1])
            columns = names(match[2])
            table.foreign_keys.append(ForeignKey(own, table.name, columns, parent, place))
    elif word == "EXCLUDE":
        method = re.match(rf"\s*USING\s+({_NAME})", match[2], _FLAGS)
        inner, _ = _parenthesised(match[2])
        keys = tuple(
            _key(re.split(r"\s+WITH\b", p, flags=re.IGNORECASE)[0]) for p in scan.split(inner, ",")
        )
        made = Definition(table.name, keys, name(method[1]) if method else "btree")
        table.indexes.append(Index(own, made, place, constraint=True))
    elif not re.match(r"\s+USING\s+INDEX\b", match[2], _FLAGS):
        _add_key(table, own, names(match[2]), place)


def _add_key(table: Table, own: str, columns: tuple[str, ...], place: Location) -> None:
    keys = tuple(Key(column) for column in columns)
    made = Index(own, Definition(table.name, keys), place, unique=True, constraint=True)
    table.indexes.append(made)


def _create_index(schema: Schema, match: re.Match[str], place: Location) -> None:
    table = schema.find(name(match[4]))
    if table is None:
        table = schema.tables.setdefault(name(match[4]), Table(name(match[4])))
    made = definition(table.name, match[5] or "", match[6])
    own = name(match[2]) if match[2] else ""
    if not made.keys:
        schema.problems.append(Problem(f"not understood: CREATE INDEX {own}".strip(), place))
        return
    table.indexes.append(Index(own, made, place, unique=bool(match[1]), only=bool(match[3])))


def _alter_table(schema: Schema, match: re.Match[str], place: Location) -> None:
    table = schema.find(name(match[1]))
    if table is None:
        return
    for action in scan.split(match[2], ","):
        if column := _ADD_COLUMN.match(action):
            _item(schema, table, column[1], place)
        elif attached := _ATTACH_TABLE.match(action):
            if child := schema.find(name(attached[1])):
                child.parent = table.name
                table.is_partitioned = True
        elif added := _ADD.match(action):
            _constraint(table, name(added[1]) if added[1] else "", added[2], place)


def _attach_index(schema: Schema, match: re.Match[str], _place: Location) -> None:
    schema.attached[name(match[2]).rpartition(".")[2]] = name(match[1]).rpartition(".")[2]


def _drop_index(schema: Schema, match: re.Match[str], _place: Location) -> None:
    gone = {name(part).rpartition(".")[2] for part in scan.split(match[1], ",")}
    for table in schema.tables.values():
        table.indexes[:] = [one for one in table.indexes if one.name not in gone or not one.name]


_READERS: Mapping[re.Pattern[str], Callable[[Schema, re.Match[str], Location], None]] = {
    _TABLE: _create_table,
    _INDEX: _create_index,
    _ATTACH_INDEX: _attach_index,
    _ALTER: _alter_table,
    _DROP_INDEX: _drop_index,
}
