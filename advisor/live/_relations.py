"""
Questions about tables, indexes and what the planner knows of them.

None takes a lock stronger than ACCESS SHARE: sizes come from ``pg_relation_size``, which holds it
for a moment; sequences are not asked through ``pg_sequences``, which takes ROW EXCLUSIVE.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.live._sql import moment, since, user_relations

if TYPE_CHECKING:
    from advisor.live.sections import Scope

_SIZE = "pg_table_size(c.oid)"
_PAGES = (
    "(c.relpages + coalesce((SELECT t.relpages FROM pg_class t WHERE t.oid = c.reltoastrelid), 0))"
    "::bigint * current_setting('block_size')::int"
)
_INDEX_SIZE = "pg_relation_size(c.oid)"
_INDEX_PAGES = "c.relpages::bigint * current_setting('block_size')::int"


def tables(scope: Scope) -> str:
    """
    Tables, partitions, partitioned tables and materialized views.
    """
    return _tables(scope, _SIZE)


def tables_by_pages(scope: Scope) -> str:
    """
    The same with the sizes of the last VACUUM or ANALYZE, for which no table is opened.
    """
    return _tables(scope, _PAGES)


def _tables(scope: Scope, size: str) -> str:
    major = scope.major
    in_schema = (
        "OR EXISTS (SELECT FROM pg_publication_namespace pn WHERE pn.pnnspid = c.relnamespace)"
    )
    return f"""
    SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind,
           nullif(c.relpersistence, 'p') AS persistence,
           c.reltuples AS tuples, c.relpages AS pages, c.relallvisible AS all_visible_pages,
           CASE WHEN c.relkind <> 'p' THEN {size} END AS size,
           c.reloptions AS options, nullif(c.relreplident, 'd') AS replica_identity,
           nullif(c.relispartition, false) AS partition,
           (SELECT i.inhparent::regclass::text FROM pg_inherits i WHERE i.inhrelid = c.oid
            ORDER BY i.inhseqno LIMIT 1) AS parent,
           CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,
           CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END AS bound,
           EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
               AS primary_key,
           nullif(EXISTS (SELECT FROM pg_publication_rel pr WHERE pr.prrelid = c.oid)
                  {since(major, 15, in_schema, older="")}
                  OR EXISTS (SELECT FROM pg_publication p WHERE p.puballtables), false)
               AS published,
           CASE WHEN c.relkind IN ('r', 'm') THEN age(c.relfrozenxid) END AS xid_age,
           CASE WHEN c.relkind IN ('r', 'm') THEN mxid_age(c.relminmxid) END AS mxid_age,
           (SELECT age(t.relfrozenxid) FROM pg_class t WHERE t.oid = c.reltoastrelid)
               AS toast_xid_age,
           s.seq_scan, s.seq_tup_read, s.idx_scan, s.n_tup_ins AS inserted,
           s.n_tup_upd AS updated, s.n_tup_del AS deleted, s.n_tup_hot_upd AS hot_updated,
           s.n_live_tup AS live, s.n_dead_tup AS dead,
           s.n_mod_since_analyze AS modified_since_analyze,
           {since(major, 13, "s.n_ins_since_vacuum")} AS inserted_since_vacuum,
           {moment("greatest(s.last_vacuum, s.last_autovacuum)")} AS last_vacuum,
           {moment("greatest(s.last_analyze, s.last_autoanalyze)")} AS last_analyze,
           s.vacuum_count + s.autovacuum_count AS vacuums,
           s.analyze_count + s.autoanalyze_count AS analyzes
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
    WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND {user_relations("n")}
    ORDER BY 1, 2
    """


def indexes(scope: Scope) -> str:
    """
    Indexes with everything that decides whether two of them are the same.
    """
    return _indexes(scope, _INDEX_SIZE)


def indexes_by_pages(scope: Scope) -> str:
    """
    The same with the sizes of the last VACUUM or ANALYZE, for which no index is opened.
    """
    return _indexes(scope, _INDEX_PAGES)


def _indexes(scope: Scope, size: str) -> str:
    major = scope.major
    return f"""
    SELECT n.nspname AS schema, t.relname AS "table", c.relname AS name, m.amname AS method,
           pg_get_indexdef(c.oid) AS definition,
           (SELECT array_agg(a.attname ORDER BY k.at) FROM unnest(i.indkey::int2[])
            WITH ORDINALITY k(num, at) LEFT JOIN pg_attribute a
            ON a.attrelid = i.indrelid AND a.attnum = k.num AND k.num <> 0) AS columns,
           i.indnkeyatts AS keys, i.indclass::text AS opclasses,
           i.indcollation::text AS collations, i.indoption::text AS orders,
           pg_get_expr(i.indexprs, i.indrelid) AS expressions,
           pg_get_expr(i.indpred, i.indrelid) AS predicate,
           i.indisunique AS "unique", nullif(i.indisprimary, false) AS "primary",
           {since(major, 15, "nullif(i.indnullsnotdistinct, false)")} AS nulls_not_distinct,
           (SELECT o.conname FROM pg_constraint o WHERE o.conindid = c.oid
            AND o.contype IN ('p', 'u', 'x') LIMIT 1) AS "constraint",
           nullif(EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = c.oid
                          AND o.contype = 'f'), false) AS referenced,
           nullif(i.indisreplident, false) AS replica_identity,
           nullif(i.indisclustered, false) AS clustered,
           i.indisvalid AS valid, i.indisready AS ready,
           CASE WHEN c.relkind = 'I' THEN true END AS partitioned,
           (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = c.oid)
               AS parent,
           c.reltuples AS tuples, c.relpages AS pages,
           CASE WHEN c.relkind = 'i' THEN {size} END AS size, c.reloptions AS options,
           s.idx_scan AS scans, s.idx_tup_read AS tuples_read,
           {since(major, 16, moment("s.last_idx_scan"))} AS last_scan
    FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_am m ON m.oid = c.relam
    LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = c.oid
    WHERE t.relkind IN ('r', 'p', 'm') AND t.relpersistence <> 't' AND {user_relations("n")}
    ORDER BY 1, 2, 3
    """


def foreign_keys(scope: Scope) -> str:
    """
    Foreign keys with their columns.
    """
    del scope
    return f"""
    SELECT n.nspname AS schema, t.relname AS "table", o.conname AS name,
           o.confrelid::regclass::text AS "references",
           (SELECT array_agg(a.attname ORDER BY k.at) FROM unnest(o.conkey)
            WITH ORDINALITY k(num, at) JOIN pg_attribute a
            ON a.attrelid = o.conrelid AND a.attnum = k.num) AS columns,
           o.convalidated AS validated
    FROM pg_constraint o JOIN pg_class t ON t.oid = o.conrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE o.contype = 'f' AND o.conparentid = 0 AND {user_relations("n")}
    ORDER BY 1, 2, 3
    """


def columns(scope: Scope) -> str:
    """
    Columns with the statistics of ANALYZE, of expressions of indexes too.

    Values of table data are taken only when samples were asked for.
    """
    values = (
        "s.most_common_vals::text AS most_common_values,"
        " s.histogram_bounds::text AS histogram_bounds,"
        " s.most_common_elems::text AS most_common_elements,"
        if scope.samples
        else ""
    )
    return f"""
    SELECT n.nspname AS schema, c.relname AS "table", a.attname AS name, a.attnum AS number,
           format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
           nullif(a.attstattarget, -1) AS statistics_target,
           nullif(s.inherited, false) AS inherited,
           s.null_frac, s.avg_width, s.n_distinct, s.correlation,
           s.most_common_freqs AS most_common_frequencies, {values}
           array_length(s.histogram_bounds, 1) AS histogram_size,
           s.most_common_elem_freqs AS most_common_element_frequencies,
           s.elem_count_histogram AS element_count_histogram
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_stats s
      ON s.schemaname = n.nspname AND s.tablename = c.relname AND s.attname = a.attname
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relpersistence <> 't'
      AND (c.relkind IN ('r', 'p', 'm') OR (c.relkind = 'i' AND s.attname IS NOT NULL))
      AND {user_relations("n")}
    ORDER BY 1, 2, 4, 8 NULLS FIRST
    """


def extended_statistics(scope: Scope) -> str:
    """
    CREATE STATISTICS, and what ANALYZE found for it.
    """
    values = "d.most_common_vals AS most_common_values," if scope.samples else ""
    return f"""
    SELECT n.nspname AS schema, e.stxname AS name, c.relname AS "table",
           pg_get_statisticsobjdef(e.oid) AS definition, {values}
           d.n_distinct::text AS n_distinct, d.dependencies::text AS dependencies,
           d.most_common_freqs AS most_common_frequencies,
           d.most_common_base_freqs AS most_common_base_frequencies,
           {since(scope.major, 14, _expressions(scope))} AS expressions
    FROM pg_statistic_ext e JOIN pg_namespace n ON n.oid = e.stxnamespace
    JOIN pg_class c ON c.oid = e.stxrelid
    LEFT JOIN pg_stats_ext d
      ON d.statistics_schemaname = n.nspname AND d.statistics_name = e.stxname
         {since(scope.major, 15, "AND NOT d.inherited", older="")}
    WHERE {user_relations("n")} ORDER BY 1, 2
    """


def _expressions(scope: Scope) -> str:
    """
    Statistics of the expressions of one CREATE STATISTICS, in their order, as rows of `columns`.
    """
    values = (
        "'most_common_values', x.most_common_vals::text,"
        " 'histogram_bounds', x.histogram_bounds::text,"
        if scope.samples
        else ""
    )
    return f"""(
           SELECT json_agg(json_build_object('table', c.relname, 'name', x.expr, {values}
               'null_frac', x.null_frac, 'avg_width', x.avg_width, 'n_distinct', x.n_distinct,
               'correlation', x.correlation, 'most_common_frequencies', x.most_common_freqs))
           FROM pg_stats_ext_exprs x
           WHERE x.statistics_schemaname = n.nspname AND x.statistics_name = e.stxname
             {since(scope.major, 15, "AND NOT x.inherited", older="")})"""
