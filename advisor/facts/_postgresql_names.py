"""
The facts of PostgreSQL servers and their settings: rows of the table in `namespaces`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.facts.schema import BOOL, DURATION, NUMBER, SIZE, STRING, Type, list_of
from advisor.units import DURATION_UNITS

Rows = Mapping[str, tuple[Type, str]]

PG: Rows = {
    "major": (NUMBER, "major version of the server"),
    "container": (BOOL, "whether the server runs in a container"),
    "manager": (STRING, "what starts it: compose, kubernetes, systemd; empty when not known"),
    "platform": (STRING, "managed service that runs it: rds, aurora, cloudsql, azure; or empty"),
    "managed": (BOOL, "whether a managed service runs it, so that files decide little"),
    "instance_class": (STRING, "class, tier or product of a managed server; or empty"),
    "sized_by_class": (BOOL, "whether max_connections is what the platform computes of the class"),
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
    "ignored_files": (list_of(STRING), "files with settings that an include_dir passes over"),
    "set_aside": (BOOL, "whether the names of all of them say that they do not count"),
    "switched_off": (list_of(STRING), "enable_* that are off and on by default"),
    "switch": (BOOL, "on, what they should be; absent when a version lacks one of them"),
    "timed_statements": (STRING, "statements auto_explain times at every node: none, some, most"),
    "listens": (STRING, "widest it listens on: socket, loopback, private, network, everywhere"),
    "clients_from": (
        STRING,
        "whom pg_hba.conf lets in unencrypted over a network: nobody, private, wide or unseen",
    ),
    "image_auth": (STRING, "POSTGRES_HOST_AUTH_METHOD of its image; empty where it has no effect"),
    "opened": (BOOL, "whether other machines than its host reach its container"),
    "weak_ciphers": (list_of(STRING), "words of ssl_ciphers that let in weak suites"),
    "secret_settings": (list_of(STRING), "settings with a password or key in clear text"),
    "primary_sslmode": (STRING, "sslmode of primary_conninfo; empty when it crosses no network"),
    "unsafe_switches": (list_of(STRING), "settings that switch a protection off"),
    "unsafe_strings": (list_of(STRING), "settings, with value, that make quoting unsafe"),
    "debug_switches": (list_of(STRING), "settings, with value, for developers of the server"),
    "statement_switches": (list_of(STRING), "settings that log every statement"),
    "error_switches": (list_of(STRING), "settings that keep errors, or parts of them, out of logs"),
    "weak_logins": (list_of(STRING), "authentication_timeout > 60 s, scram_iterations < 4096"),
    "open_sockets": (list_of(STRING), "folders of sockets, open to all users, where all may write"),
    "silent_logins": (list_of(STRING), "which of log_connections, log_disconnections are off"),
    "open_libraries": (list_of(STRING), "code is loaded from here, and all users may write there"),
    "log_prefix_lacks": (list_of(STRING), "what log_line_prefix leaves out: the time, the process"),
    "log_files_lost": (list_of(STRING), "kinds of log files that nothing writes: csvlog, jsonlog"),
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
    "background": (NUMBER, "connections that task workers with the same code open, 0 for none"),
    "background_formula": (STRING, "how background is computed, for messages"),
    "background_name": (STRING, "the services that run them"),
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
    "room": (SIZE, "host.shm and min_dynamic_shared_memory; absent outside of containers"),
    "parallel_hash": (SIZE, "shared memory one parallel hash join may use, its leader included"),
    "expected": (SIZE, "shared_buffers + 10 MB per open one + one vacuum worker + work_expected"),
    "worst": (SIZE, "shared_buffers + backends + maintenance + work_worst"),
    "exact": (BOOL, "true; not known while an unknown version makes the sums lower bounds"),
}
FORMULA: Rows = {
    "name": (STRING, "setting of a parameter group of RDS that gives memory"),
    "text": (STRING, "its formula as written"),
    "unit": (STRING, "what 1 stands for: kB, pages of 8 kB"),
    "times": (NUMBER, "how many times the memory of the class it gives"),
    "size": (STRING, "the class, or: any class"),
    "cure": (STRING, "what to write instead, as an imperative sentence"),
}
"""Namespace ``formula``."""
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
    "fork": (STRING, "program made of PostgreSQL that the file is for, or PostgreSQL 19; or empty"),
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
    "max_wal_size": (SIZE, "twice shared_buffers, 4 to 16 GB; 1 GB below 8 GB of memory"),
    "cure": (STRING, "what brings the worst case into the memory, as a sentence"),
}


def settings() -> Iterator[tuple[str, Type, str]]:
    """
    Every setting of every version: its name in lower case, its type and its meaning.
    """
    from advisor.catalog import postgresql as catalog  # noqa: PLC0415 - read when a rule needs it

    seen: set[str] = set()
    for major in reversed(catalog.MAJORS):
        # Newest first: its type counts where it changed.
        fresh = [name for name in catalog.names(major) if name not in seen and "." not in name]
        seen.update(fresh)
        for name in fresh:
            guc = catalog.find(name, major)
            if guc is not None:
                yield name.lower(), postgres_type(guc.vartype, guc.unit), f"PostgreSQL's {name}"


def postgres_type(vartype: str, unit: str) -> Type:
    """
    The fact type of a PostgreSQL setting, from ``vartype`` and ``unit`` of pg_settings.
    """
    if unit:
        return DURATION if unit in DURATION_UNITS else SIZE
    return _TYPES[vartype]


_TYPES = {
    "bool": BOOL,
    "integer": NUMBER,
    "real": NUMBER,
    "enum": STRING,
    "string": STRING,
}
