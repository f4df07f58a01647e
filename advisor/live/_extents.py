"""
Last values of sequences, and smallest and largest values of indexed columns.

Both open the relations themselves, in ACCESS SHARE and for the time of one question.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from advisor.live._sql import user_relations

if TYPE_CHECKING:
    from advisor.live.sections import Scope
    from advisor.live.session import Session

Row: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = tuple[Row, ...]
BATCH = 100
"""Sequences that one question reads."""
MOST_EXTENTS = 1000
"""Indexes whose ends are read, those of the largest tables first."""
EXTENT_TIMEOUT = 0.2
"""Seconds for both ends of one index: dead rows at an end may make it slow."""
EXTENTS_TIME = 4.0
"""Seconds for all of them."""

_SEQUENCES = f"""
SELECT n.nspname AS schema, c.relname AS name, format_type(s.seqtypid, NULL) AS type,
       s.seqmin AS min, s.seqmax AS max, s.seqincrement AS increment,
       nullif(s.seqcycle, false) AS cycle,
       t.relname AS "table", a.attname AS "column",
       format_type(a.atttypid, NULL) AS column_type,
       has_sequence_privilege(c.oid, 'SELECT') AS readable,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS quoted
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
  AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0
LEFT JOIN pg_class t ON t.oid = d.refobjid
LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE c.relpersistence <> 't' AND {user_relations("n")} ORDER BY 1, 2
"""

_ENDS = f"""
SELECT n.nspname AS schema, t.relname AS "table", a.attname AS "column",
       min(x.relname) AS index,
       quote_ident(n.nspname) || '.' || quote_ident(t.relname) AS quoted_table,
       quote_ident(a.attname) AS quoted_column
FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_am m ON m.oid = x.relam
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
JOIN pg_opclass o ON o.oid = i.indclass[0]
JOIN pg_type y ON y.oid = a.atttypid
WHERE m.amname = 'btree' AND i.indisvalid AND i.indpred IS NULL AND i.indkey[0] > 0
  AND o.opcdefault AND y.typcategory IN ('N', 'D', 'S', 'T') AND t.relkind IN ('r', 'm')
  AND (i.indcollation[0] = 0 OR i.indcollation[0] = a.attcollation)
  AND NOT t.relrowsecurity AND t.relpersistence <> 't' AND t.relpages > 0
  AND has_column_privilege(t.oid, a.attnum, 'SELECT') AND {user_relations("n")}
GROUP BY 1, 2, 3, 5, 6, t.relpages ORDER BY t.relpages DESC, 1, 2, 3 LIMIT {MOST_EXTENTS}
"""


def sequences(session: Session, scope: Scope) -> tuple[Rows | None, Rows]:
    """
    Every sequence with its last value, as far as the role may read it.

    ``pg_sequences`` would do in one question, but takes ROW EXCLUSIVE on each of them.
    """
    del scope
    answer = session.ask(_SEQUENCES)
    if answer.rows is None:
        return None, (_lacking("sequences", "sequences", answer.reason),)
    values = dict(_last_values(session, [row for row in answer.rows if row["readable"]]))
    found = tuple(_without(row, values) for row in answer.rows)
    dark = sum("last_value" not in row for row in found)
    if not dark:
        return found, ()
    what = f"last values of {dark} of {len(found)} sequences"
    reason = "the role may not read them, or they are locked"
    return found, (_lacking("sequences", what, reason, "GRANT SELECT on them to the role"),)


def _last_values(session: Session, rows: Sequence[Row]) -> Iterator[tuple[str, int]]:
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        query = " UNION ALL ".join(
            f"SELECT {at} AS at, last_value, is_called FROM {row['quoted']}"
            for at, row in enumerate(batch)
        )
        for one in session.ask(query).rows or ():
            row = batch[one["at"]]
            before = 0 if one["is_called"] else row["increment"]
            yield row["quoted"], one["last_value"] - before


def _without(row: Row, values: Mapping[str, int]) -> Row:
    kept = {name: value for name, value in row.items() if name not in ("readable", "quoted")}
    if row["quoted"] in values:
        kept["last_value"] = values[row["quoted"]]
    return kept


def extents(session: Session, scope: Scope) -> tuple[Rows | None, Rows]:
    """
    Smallest and largest value of columns that begin a B-tree: two descents each.
    """
    del scope
    answer = session.ask(_ENDS)
    if answer.rows is None:
        return None, (_lacking("extents", "ends of indexed columns", answer.reason),)
    found, stop = [], time.monotonic() + EXTENTS_TIME
    for row in answer.rows:
        if time.monotonic() > stop:
            break
        column, table = row["quoted_column"], row["quoted_table"]
        ends = session.ask(
            f"SELECT (SELECT min({column})::text FROM ONLY {table}) AS smallest,"
            f" (SELECT max({column})::text FROM ONLY {table}) AS largest",
            timeout=EXTENT_TIMEOUT,
        )
        if ends.rows:
            names = ("schema", "table", "column", "index")
            found.append({**{name: row[name] for name in names}, **ends.rows[0]})
    found.sort(key=lambda row: (row["schema"], row["table"], row["column"]))
    missing = len(answer.rows) - len(found)
    if not missing:
        return tuple(found), ()
    what = f"ends of {missing} of {len(answer.rows)} indexed columns"
    return tuple(found), (_lacking("extents", what, "the time for them was up"),)


def _lacking(section: str, what: str, reason: str, hint: str = "") -> Row:
    row = {"section": section, "what": what, "reason": reason}
    return {**row, "hint": hint} if hint else row
