"""
A running server's statistics in the form of a snapshot, for the lab's oracle tests.
"""

from __future__ import annotations

import json
from typing import Any

import psycopg

from advisor.lab.record import FORMAT, Record, read_record

_SYSTEM = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
_QUERIES = {
    "tables": f"""
SELECT n.nspname AS schema, c.relname AS name, c.relkind::text AS kind, c.reltuples AS tuples,
  c.relpages AS pages, c.relallvisible AS all_visible_pages, c.relispartition AS partition,
  coalesce((SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = c.oid), '')
    AS parent,
  coalesce(CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, '') AS partition_key,
  coalesce(pg_get_expr(c.relpartbound, c.oid), '') AS bound
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND {_SYSTEM} ORDER BY 1, 2""",
    "indexes": f"""
SELECT n.nspname AS schema, t.relname AS "table", c.relname AS name, m.amname AS method,
  pg_get_indexdef(c.oid) AS definition,
  (SELECT array_agg(a.attname ORDER BY k.at) FROM unnest(i.indkey::int2[])
   WITH ORDINALITY k(num, at) LEFT JOIN pg_attribute a
   ON a.attrelid = i.indrelid AND a.attnum = k.num AND k.num <> 0) AS columns,
  i.indnkeyatts AS keys, i.indisunique AS "unique", i.indisprimary AS "primary",
  i.indisvalid AS valid, c.relkind = 'I' AS partitioned, c.reltuples AS tuples,
  coalesce((SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = c.oid), '')
    AS parent,
  c.relpages AS pages, CASE WHEN c.relkind = 'i' THEN pg_relation_size(c.oid) END AS size,
  coalesce((SELECT o.conname FROM pg_constraint o WHERE o.conindid = c.oid
    AND o.contype IN ('p', 'u', 'x') LIMIT 1), '') AS "constraint"
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = c.relam
WHERE {_SYSTEM} ORDER BY 1, 2, 3""",
    "columns": f"""
SELECT n.nspname AS schema, c.relname AS "table", a.attname AS name, a.attnum AS number,
  format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
  coalesce(s.inherited, false) AS inherited, s.null_frac, s.avg_width, s.n_distinct, s.correlation,
  coalesce(s.most_common_freqs, '{{}}') AS most_common_frequencies,
  s.most_common_vals::text AS most_common_values, s.histogram_bounds::text AS histogram_bounds,
  s.most_common_elems::text AS most_common_elements,
  coalesce(s.most_common_elem_freqs, '{{}}') AS most_common_element_frequencies,
  coalesce(s.elem_count_histogram, '{{}}') AS element_count_histogram
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stats s ON s.schemaname = n.nspname AND s.tablename = c.relname
  AND s.attname = a.attname
WHERE a.attnum > 0 AND NOT a.attisdropped AND {_SYSTEM}
  AND (c.relkind IN ('r', 'p', 'm') OR (c.relkind = 'i' AND s.attname IS NOT NULL))
ORDER BY 1, 2, 4, 7""",
    "foreign_keys": f"""
SELECT n.nspname AS schema, t.relname AS "table", o.conname AS name,
  o.confrelid::regclass::text AS references,
  (SELECT array_agg(a.attname ORDER BY k.at) FROM unnest(o.conkey) WITH ORDINALITY k(num, at)
   JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.num) AS columns
FROM pg_constraint o JOIN pg_class t ON t.oid = o.conrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE o.contype = 'f' AND o.conparentid = 0 AND {_SYSTEM}""",
    "extended_statistics": f"""
SELECT n.nspname AS schema, e.stxname AS name, c.relname AS "table",
  pg_get_statisticsobjdef(e.oid) AS definition, d.n_distinct::text AS n_distinct,
  d.dependencies::text AS dependencies,
  coalesce(to_json(d.most_common_vals), '[]') AS most_common_values,
  coalesce(d.most_common_freqs, '{{}}') AS most_common_frequencies,
  coalesce(d.most_common_base_freqs, '{{}}') AS most_common_base_frequencies,
  coalesce((SELECT json_agg(json_build_object('table', '', 'name', x.expr,
    'null_frac', x.null_frac, 'avg_width', x.avg_width, 'n_distinct', x.n_distinct,
    'correlation', x.correlation, 'most_common_values', x.most_common_vals::text,
    'most_common_frequencies', coalesce(x.most_common_freqs, '{{}}'),
    'histogram_bounds', x.histogram_bounds::text)) FROM pg_stats_ext_exprs x
    WHERE x.statistics_schemaname = n.nspname AND x.statistics_name = e.stxname), '[]')
    AS expressions
FROM pg_statistic_ext e JOIN pg_namespace n ON n.oid = e.stxnamespace
JOIN pg_class c ON c.oid = e.stxrelid
LEFT JOIN pg_stats_ext d ON d.statistics_schemaname = n.nspname AND d.statistics_name = e.stxname
WHERE {_SYSTEM}""",
}


def record_text(connection: psycopg.Connection[Any]) -> str:
    """
    A snapshot with values, of everything that is not the server's own.
    """
    found: dict[str, Any] = {
        "format": FORMAT,
        "server": {"major": connection.info.server_version // 10_000, "samples": True},
    }
    for name, query in _QUERIES.items():
        wrapped = f"SELECT coalesce(json_agg(x), '[]')::text FROM ({query}) x"
        row = connection.execute(wrapped.encode()).fetchone()
        assert row is not None
        found[name] = json.loads(row[0])
    return json.dumps(found, indent=1)


def record_of(connection: psycopg.Connection[Any]) -> Record:
    """
    The same as the lab reads it.
    """
    return read_record("snapshot.json", record_text(connection))
