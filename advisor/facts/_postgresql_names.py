"""
The facts of PostgreSQL servers and their settings: rows of the table in `namespaces`.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.facts.schema import BOOL, NUMBER, SIZE, STRING, Type, list_of

Rows = Mapping[str, tuple[Type, str]]

PG: Rows = {
    "major": (NUMBER, "major version of the server"),
    "container": (BOOL, "whether the server runs in a container"),
    "platform": (STRING, "managed service that runs it: rds, aurora, cloudsql, azure; or empty"),
    "managed": (BOOL, "whether a managed service runs it, so that files decide little"),
    "name": (STRING, "what the server is called in the deployment"),
    "disposable": (BOOL, "whether a name says that its data may be lost: test, ci, e2e, dev"),
    "ended": (BOOL, "whether this major version gets no fixes any more"),
    "end_of_life": (STRING, "day of its last fixes, empty when the table does not say"),
    "recovery_targets": (list_of(STRING), "recovery targets that are set and exclude each other"),
    "certificate": (
        STRING,
        "certificate and key: there, missing, or not to be seen (default, elsewhere)",
    ),
    "certificate_missing": (list_of(STRING), "certificate and key that are not there"),
    "tuned_memory": (SIZE, "memory that a generator's comment names, 0 when there is none"),
    "tuned_cpus": (NUMBER, "cpus that a generator's comment names, 0 when there is none"),
    "tuned_connections": (NUMBER, "connections that such a comment names, 0 when there is none"),
}
CONNECTIONS: Rows = {
    "usable": (NUMBER, "max_connections less the reserved ones"),
    "peak": (NUMBER, "connections all pools may open together, overflow included"),
    "steady": (NUMBER, "connections all pools keep open together once used"),
    "planned": (NUMBER, "peak, but never more than max_connections; that if no pool is known"),
    "formula": (STRING, "how peak is computed, for messages"),
    "processes": (NUMBER, "processes that hold a pool: workers × replicas of every application"),
    "pooler": (BOOL, "whether a pooler stands between applications and server"),
    "unbounded": (BOOL, "whether one of the pools has no upper bound"),
}
MEMORY: Rows = {
    "backends": (SIZE, "private memory of planned connections, 10 MB each"),
    "maintenance": (SIZE, "autovacuum workers × their work memory"),
    "parallel": (NUMBER, "parallel workers that may help queries at once"),
    "active": (NUMBER, "backends expected to work at once: 4 per cpu, at most the planned ones"),
    "open": (NUMBER, "connections expected to be open: what known pools may open, else active"),
    "work_factor": (NUMBER, "work_mem units a query uses: 1 + (hash_mem_multiplier − 1) / 2"),
    "work_expected": (SIZE, "work memory of the expected active backends and parallel workers"),
    "work_worst": (SIZE, "work memory if every planned connection ran such a query"),
    "expected": (SIZE, "shared_buffers + 10 MB per open one + one vacuum worker + work_expected"),
    "worst": (SIZE, "shared_buffers + backends + maintenance + work_worst"),
    "exact": (BOOL, "true; not known while an unknown version makes the sums lower bounds"),
}
SETTING: Rows = {
    "name": (STRING, "name as written"),
    "raw": (STRING, "value as written"),
    "verdict": (
        STRING,
        "ok, unknown, removed, internal, unit, range, enum, bool, number or value",
    ),
    "reason": (STRING, "what the server says against it, as a sentence"),
    "suggestion": (STRING, "the right name or spelling; empty when there is none"),
    "cure": (STRING, "what to do about it, as an imperative sentence"),
    "line": (STRING, "the whole line to write instead; empty when it is not clear"),
    "known_by": (STRING, "versions that know the name, as a list; empty when none does"),
    "doubt": (STRING, "whether a bare number was meant in a larger unit: none, possible, clear"),
    "amount": (STRING, "what a bare number means to the server: 128 kB, 30 ms"),
    "build": (STRING, "option of configure without which a server refuses it, empty for none"),
    "zero": (STRING, "what 0 does, when the value is rounded to that; else empty"),
    "octal": (STRING, "the number that a leading zero makes of it; else empty"),
    "mode": (STRING, "the file mode that was meant without its leading zero; else empty"),
    "library": (STRING, "library that this setting is for and that is not preloaded; else empty"),
    "repeat": (STRING, "whether it overrides other lines: none, equal or different ones"),
    "winner": (
        STRING,
        "where the winning line stands: same, main (over includes), include, auto or command",
    ),
    "stock": (BOOL, "whether the winning value is the default or what initdb writes"),
    "stock_lost": (BOOL, "whether all overridden values are such ones"),
    "loser": (STRING, "the overridden value"),
    "losers": (list_of(STRING), "overridden values and their places"),
    "lost_libraries": (list_of(STRING), "libraries that only overridden lines preload"),
}
ADVICE: Rows = {
    "shared_buffers": (SIZE, "a quarter of the memory, in whole steps"),
    "effective_cache_size": (SIZE, "three quarters of the memory, half where it is shared"),
    "maintenance_work_mem": (SIZE, "a sixteenth of the memory, at most 1 GB (2 GB from 17)"),
    "work_mem": (SIZE, "what 80 % of the memory leaves per planned query"),
    "lower_work_mem": (SIZE, "work_mem below today's that fits; absent when that is no cure"),
    "autovacuum_work_mem": (SIZE, "an eighth of the memory over all autovacuum workers"),
    "connections": (NUMBER, "connections that fit the memory; absent when too few would"),
    "cure": (STRING, "what brings the worst case into the memory, as a sentence"),
}
