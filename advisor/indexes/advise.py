"""
From a workload to the indexes that are worth having. A pure function: nothing is read or asked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from advisor import regex
from advisor.indexes import ddl
from advisor.indexes.accesses import accesses
from advisor.indexes.conditions import ENUM_WEIGHT, RECENT_WEIGHT
from advisor.indexes.costs import Model, Selectivities
from advisor.indexes.covering import Wider, covered
from advisor.indexes.flaws import flaws, is_prefix
from advisor.indexes.model import (
    Access,
    Advice,
    Definition,
    IndexCandidate,
    Query,
    Service,
)
from advisor.indexes.schema import Schema
from advisor.indexes.select import Candidates, Gains, choose, gains, joined, remaining
from advisor.indexes.shapes import MIN_PLANS, shapes
from advisor.indexes.sizes import size
from advisor.indexes.workload import Workload

_CASTS = regex.lazy(r"::\"?[\w ]+\"?(?:\(\d+(?:,\d+)?\))?(?:\[\])?")
_NOW = regex.lazy(
    r"(?:now|clock_timestamp|transaction_timestamp)\(\)|CURRENT_TIMESTAMP\b", re.IGNORECASE
)
_MOST_NAMED = 5
EXTENSIONS = {"gin_trgm_ops": "pg_trgm"}


def advise(queries: Iterable[Query], schema: Schema | None = None) -> Advice:
    """
    The indexes that plans ask for together, most useful first, and what is wrong with those of the
    schema.

    Without a schema, whether an index exists is only known where a plan uses it.
    """
    workload = Workload.of(queries, schema)
    tables: dict[str, list[Access]] = defaultdict(list)
    for known in workload.accounts:
        for access in accesses(workload, known):
            tables[access.table].append(access)
    model = Model(Selectivities.of(one for found in tables.values() for one in found))
    pool = _pool(workload, model, tables)
    chosen = choose(pool)
    left = remaining(pool, chosen)
    served = _owners(model, tables, chosen)
    scans = {one: [access for access, _ in pairs] for one, pairs in served.items()}
    wider = covered(workload, model, scans, left)
    found = [
        _candidate(workload, model, wider[one], pairs) for one, pairs in served.items() if pairs
    ]
    advised = tuple(sorted(found, key=_rank))
    problems = tuple(schema.problems) if schema else ()
    return Advice(advised, tuple(flaws(schema, advised)) if schema else (), problems)


def candidates(queries: Iterable[Query], schema: Schema | None = None) -> tuple[Definition, ...]:
    """
    Every index that some scan could use, before the choice: what a planner may be asked about.
    """
    workload = Workload.of(queries, schema)
    found: dict[Definition, None] = {}
    for known in workload.accounts:
        for access in accesses(workload, known):
            found |= dict.fromkeys(shapes(access))
    return tuple(found)


def _pool(workload: Workload, model: Model, tables: Mapping[str, list[Access]]) -> Candidates:
    """
    All candidates, and what the indexes that exist could do.
    """
    existing = workload.indexes()
    pool: dict[Definition, Gains] = {}
    now: Gains = {}
    for table, of_table in tables.items():
        stable = _stable(of_table)
        grown = _appended(workload, table)
        there = existing.get(table, ())
        common = model.selectivities.common(table)
        shaped = dict.fromkeys(
            shape for one in of_table for shape in shapes(one, stable, grown, common)
        )
        # Of several that are worth the same the first is chosen: what goes on where another ends.
        shaped = dict.fromkeys(sorted(shaped, key=lambda one: -_shared(one, there)))
        pool |= {one: gains(model, of_table, one) for one in shaped}
        for definition in there:
            now = joined(now, gains(model, of_table, definition))
    times = {
        known.number: known.plan.execution_ms or known.times[0].total_ms or 0.0
        for known in workload.accounts
    }
    return Candidates(pool, now, times)


def _shared(definition: Definition, there: Iterable[Definition]) -> int:
    """
    How many of its keys an index has in common with one that exists and that it makes superfluous.
    """
    return max((len(one.keys) for one in there if is_prefix(one, definition)), default=0)


def _appended(workload: Workload, table: str) -> frozenset[str]:
    """
    Columns that the server fills with the time of the INSERT, so that neighbours are alike.
    """
    declared = workload.declared(table)
    columns = declared.columns.values() if declared else ()
    return frozenset(one.name for one in columns if _NOW.match(one.default))


def _stable(of_table: list[Access]) -> frozenset[str]:
    """
    Equality conditions with one and the same constant in all plans that compare their column.
    """
    texts: dict[str, set[str]] = defaultdict(set)
    plans: dict[str, set[int]] = defaultdict(set)
    for access in of_table:
        for one in access.conditions:
            if one.kind in ("eq", "in") and one.key is not None:
                is_word = one.is_literal and one.weight == ENUM_WEIGHT
                texts[one.name].add(one.text if is_word else "")
                plans[one.text].add(access.query)
    single = {next(iter(found)) for found in texts.values() if len(found) == 1}
    return frozenset(text for text in single if text and len(plans[text]) >= MIN_PLANS)


def _owners(
    model: Model, tables: Mapping[str, list[Access]], chosen: list[Definition]
) -> dict[Definition, list[tuple[Access, float]]]:
    """
    Every scan goes to the index that serves it best.
    """
    best: dict[tuple[int, int], tuple[float, Access, Definition]] = {}
    for definition in chosen:
        for access in tables[definition.table]:
            share = model.gain(access, definition).share
            where = (access.query, access.node.id)
            if share > 0 and (where not in best or share > best[where][0]):
                best[where] = (share, access, definition)
    found: dict[Definition, list[tuple[Access, float]]] = defaultdict(list)
    for share, access, definition in best.values():
        found[definition].append((access, share))
    return found


def _candidate(
    workload: Workload,
    model: Model,
    wider: Wider,
    served: list[tuple[Access, float]],
) -> IndexCandidate:
    definition = wider.definition
    served = sorted(served, key=lambda pair: (-pair[1], pair[0].query, pair[0].node.line))
    services = tuple(_service(workload, model, definition, access) for access, _ in served)
    accessed = [access for access, _ in served]
    first, members = accessed[0], accessed[0].members
    table = first.node.qualified_relation if members else definition.table
    others = tuple(name for name in _ordered(accessed) if name != table) if members else ()
    declared = workload.declared(definition.table)
    parts = () if declared else tuple(sorted(workload.parents.get(definition.table, ())))
    if parts:
        statement, rollback = _of_parent(definition, parts)
    else:
        statement, rollback = statements_of(workload.schema, definition, (table, *others))
    extension = extension_of(definition)
    if extension:
        statement = f"CREATE EXTENSION IF NOT EXISTS {extension};\n{statement}"
    share = _plan_share(services)
    return IndexCandidate(
        definition=Definition(
            table, definition.keys, definition.method, definition.include, definition.predicate
        ),
        services=services,
        rows_scanned=sum(one.rows_scanned for one in services),
        rows_kept=sum(one.rows_kept for one in services),
        self_ms=_total([one.self_ms for one in services]),
        share=share,
        expected_gain_ms=_total([one.gain_ms for one in services]),
        statement=statement,
        rollback=rollback,
        size=size(definition, _table_rows(accessed), accessed, declared),
        extension=extension,
        estimated=first.estimated,
        assumptions=(
            *(() if declared else _assumptions(definition, accessed)),
            *_of_meetings(accessed),
            *_of_recent(definition, accessed),
            *_of_parts(definition.table, parts),
        ),
        siblings=others,
        changed=wider.changed,
        left_out=wider.left_out,
        replaces=_replaced(workload, definition),
    )


def _replaced(workload: Workload, definition: Definition) -> tuple[str, ...]:
    """
    Indexes of the schema that an advised one makes superfluous.
    """
    declared = workload.declared(definition.table)
    attached = workload.schema.attached if workload.schema else {}
    return tuple(
        one.name
        for one in (declared.indexes if declared else ())
        if one.name
        and not (one.unique or one.constraint or one.name in attached)
        and is_prefix(one.definition, definition)
    )


def _service(workload: Workload, model: Model, definition: Definition, access: Access) -> Service:
    query = workload.queries[access.query]
    gain_ms = None
    if access.total_ms is not None and access.scan_ms is not None:
        cost = model.gain(access, definition).cost
        gain_ms = (access.total_ms - access.scan_ms * cost / max(access.read, 1.0)) * query.calls
    return Service(
        path=query.path,
        query=access.query,
        node_id=access.node.id,
        node_line=access.node.line,
        serves=access.serves,
        rows_scanned=access.rows,
        rows_kept=access.wanted,
        self_ms=access.total_ms,
        share=min(access.share + access.saved_share, 1.0),
        gain_ms=gain_ms,
        walked=access.walked,
        unit="entries" if access.whole else "pairs" if access.rows > access.read else "rows",
        index=access.whole,
    )


def _ordered(accessed: list[Access]) -> list[str]:
    return list(dict.fromkeys(one.node.qualified_relation for one in accessed))


def statements_of(
    schema: Schema | None, definition: Definition, tables: tuple[str, ...], suffix: str = ""
) -> tuple[str, str]:
    """
    What creates an index on each of the tables, and what takes it away again; `suffix` makes
    their names different from others.
    """
    body = _body(definition)
    declared = schema.find(definition.table) if schema else None
    if declared is not None and declared.is_partitioned and schema is not None:
        name = _name(declared.name, definition, suffix)
        below = schema.partitions(declared)
        flat = [] if any(one.is_partitioned for one in below) else below
        parts = [_split(one.name) for one in flat]
        parent = _split(declared.name)
        statement = ddl.create_partitioned(name, parent, parts, body)
        return statement, ddl.drop_index(name, parent[0], is_partitioned=True)
    creates, drops = [], []
    for table in tables:
        place, bare = _split(table)
        name = _name(table, definition, suffix)
        creates.append(ddl.create_index(name, place, bare, body))
        drops.append(ddl.drop_index(name, place))
    return "\n".join(creates), "\n".join(drops)


def _of_parent(definition: Definition, parts: tuple[str, ...]) -> tuple[str, str]:
    """
    What creates an index on a partitioned table whose partitions only plans tell, and its undoing.
    """
    name, parent = _name(definition.table, definition, ""), _split(definition.table)
    statement = ddl.create_partitioned(name, parent, [*map(_split, parts)], _body(definition))
    return statement, ddl.drop_index(name, parent[0], is_partitioned=True)


def _body(definition: Definition) -> ddl.Body:
    include = [ddl.quote(name) for name in definition.include]
    return ddl.Body(definition.columns, definition.method, include, definition.predicate)


def _split(table: str) -> tuple[str, str]:
    schema, _, bare = table.rpartition(".")
    return schema, bare


def _name(table: str, definition: Definition, suffix: str) -> str:
    parts = [_CASTS.sub("", key.column) for key in definition.keys]
    parts += [key.opclass.removesuffix("_ops") for key in definition.keys if key.opclass]
    parts += ["inc"] if definition.include else []
    parts += ["part"] if definition.predicate else []
    parts += [suffix.strip("_")] if suffix else []
    return ddl.index_name(_split(table)[1], parts)


def extension_of(definition: Definition) -> str:
    """
    The extension that an operator class belongs to; empty for those of the server.
    """
    return next((EXTENSIONS[k.opclass] for k in definition.keys if k.opclass in EXTENSIONS), "")


def _table_rows(accessed: list[Access]) -> float:
    tables: dict[str, float] = defaultdict(float)
    for one in accessed:
        if one.whole or one.node.node_type == "Seq Scan":
            name = one.node.qualified_relation
            tables[name] = max(tables[name], one.read / one.scans)
    return sum(tables.values())


def _assumptions(definition: Definition, accessed: list[Access]) -> tuple[str, ...]:
    names = dict.fromkeys(
        one.name
        for access in accessed
        for one in access.conditions
        if one.relabelled and one.name in definition.names
    )
    return tuple(f"{name} is varchar or text" for name in names)


def _of_meetings(accessed: list[Access]) -> Iterator[str]:
    """
    What nobody can see in a plan: how many pairs an index of bounding boxes leaves.
    """
    if any(one.serves == "join" and one.conditions[0].kind == "special" for one in accessed):
        yield "few bounding boxes meet, because what is computed for the pairs that do stays"


def _of_recent(definition: Definition, accessed: list[Access]) -> Iterator[str]:
    """
    How many rows are recent, where another condition hides it that an index could serve as well.
    """
    conditions = [one for access in accessed for one in access.conditions]
    if any(one.kind == "special" for one in conditions):
        recent = (one for one in conditions if one.weight == RECENT_WEIGHT and one.kind == "range")
        texts = dict.fromkeys(one.text for one in recent if one.name in definition.names)
        yield from (f"few of the rows meet {text}" for text in texts)


def _of_parts(parent: str, parts: tuple[str, ...]) -> Iterator[str]:
    if parts:
        named = ", ".join(_split(one)[1] for one in parts[:_MOST_NAMED])
        more = f" and {len(parts) - _MOST_NAMED} more" if len(parts) > _MOST_NAMED else ""
        yield f"{named}{more} are all partitions of {_split(parent)[1]}"


def _plan_share(services: tuple[Service, ...]) -> float:
    plans: dict[int, float] = defaultdict(float)
    for one in services:
        plans[one.query] += one.share
    return min(max(plans.values()), 1.0)


def _total(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _rank(candidate: IndexCandidate) -> tuple[float, float, str, tuple[str, ...]]:
    gain = candidate.expected_gain_ms or 0.0
    return (-gain, -candidate.share, candidate.table, candidate.columns)
