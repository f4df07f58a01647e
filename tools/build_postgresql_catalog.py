"""
Build ``advisor/catalog/postgresql.json`` from what servers say of their own settings.

For a new major, or a new minor of an old one, name the folder of its programs::

    python tools/build_postgresql_catalog.py --server /usr/lib/postgresql/19/bin

That makes a cluster in a temporary folder (as the user postgres when root runs it), loads every
module of `postgresql_server.MODULES` that the installation has, and reads ``pg_settings``. Where a
server runs elsewhere, save the result of `postgresql_server.QUERY` there with a CSV header as
``pg_settings_<major>.csv`` (anything may follow the number) and name the files instead; several
files of one major add up::

    python tools/build_postgresql_catalog.py pg_settings_19.csv pg_settings_19_contrib.csv

The majors of the server or the files are replaced in the existing JSON, all others are kept; so are
the settings of modules that the server does not have. Add a new major to
`advisor.catalog.postgresql.MAJORS`, then run the tests: they ask the server.

What servers do not list (`UNLISTED`), what depends on how they were built (`BUILD_MEMBERS`,
`MASKED`) and what they accept without listing it (`HIDDEN`) is written down here by hand.
"""  # noqa: INP001 - a script, not part of a package

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import postgresql_server

TARGET: Final = Path(__file__).parent.parent / "advisor" / "catalog" / "postgresql.json"

Entry = dict[str, Any]
"""Attributes of one setting in one major, without those that are empty."""

KEYS: Final = (
    "type",
    "unit",
    "context",
    "category",
    "min",
    "max",
    "members",
    "build",
    "hidden",
    "default",
)
"""Every attribute, in the order they are written. A missing one is null."""

DOUBLE_MAX: Final = "1.79769e+308"
"""How ``pg_settings`` prints the largest double."""

BOOL_WORDS: Final = {"true": "on", "yes": "on", "1": "on", "false": "off", "no": "off", "0": "off"}
"""Words that enums with ``on`` and ``off`` accept but do not list, unless `HIDDEN` says else."""

BOOL_ENUMS: Final = frozenset(
    {
        "archive_mode",
        "backslash_quote",
        "compute_query_id",
        "constraint_exclusion",
        "debug_parallel_query",
        "force_parallel_mode",
        "huge_pages",
        "recovery_prefetch",
        "synchronous_commit",
    }
)

# Probed with `postgres -C` on the last minor of every major from 10 to 18.
HIDDEN: Final[Mapping[str, Mapping[int, Mapping[str, str]]]] = {
    "client_min_messages": {
        10: {
            "debug": "debug",
            "debug2": "debug",
            "info": "info",
            "fatal": "error",
            "panic": "error",
        },
        12: {"debug": "debug2", "info": "info"},
    },
    "icu_validation_level": {16: {"debug": "debug2", "info": "info"}},
    "log_min_error_statement": {
        10: {"debug": "debug", "debug2": "debug"},
        12: {"debug": "debug2"},
    },
    "log_min_messages": {10: {"debug": "debug", "debug2": "debug"}, 12: {"debug": "debug2"}},
    "password_encryption": {10: {"on": "md5", "true": "md5", "yes": "md5", "1": "md5"}, 14: {}},
    "trace_recovery_messages": {
        10: {
            "debug": "debug",
            "debug2": "debug",
            "info": "info",
            "fatal": "fatal",
            "panic": "panic",
        },
        12: {"debug": "debug2", "info": "info"},
    },
    "wal_compression": {
        15: {**BOOL_WORDS, "on": "pglz", "true": "pglz", "yes": "pglz", "1": "pglz"}
    },
    "wal_level": {10: {"archive": "replica", "hot_standby": "replica"}},
}
"""Accepted words that ``pg_settings.enumvals`` lacks, or that are printed as another word."""

# https://www.postgresql.org/docs/current/ runtime-config-wal, -client, -resource, -error-handling:
# each page says which of these values need a build option or a platform.
BUILD_MEMBERS: Final[Mapping[str, Mapping[str, int]]] = {
    "default_toast_compression": {"lz4": 14},
    "dynamic_shared_memory_type": {"windows": 10},
    "file_copy_method": {"clone": 18},
    "file_extend_method": {"posix_fallocate": 16},
    "io_method": {"io_uring": 18},
    "recovery_init_sync_method": {"syncfs": 14},
    "shared_memory_type": {"windows": 12},
    "wal_compression": {"lz4": 15, "zstd": 15},
    "wal_sync_method": {"fsync_writethrough": 10, "open_datasync": 10},
}
"""Enum values that exist only in some builds or on some platforms, and since which major."""

MASKED: Final = frozenset(
    {
        "client_encoding",
        "config_file",
        "data_checksums",
        "data_directory",
        "data_directory_mode",
        "debug_assertions",
        "hba_file",
        "huge_pages_status",
        "ident_file",
        "in_hot_standby",
        "krb_server_keyfile",
        "lc_collate",
        "lc_ctype",
        "num_os_semaphores",
        "server_encoding",
        "server_version",
        "server_version_num",
        "shared_memory_size",
        "shared_memory_size_in_huge_pages",
        "ssl_library",
        "unix_socket_directories",
    }
)
"""Settings whose default depends on the build, the cluster or the running server."""

PATCHED: Final = frozenset({"extension_destdir"})
"""Settings that only Debian's servers have."""

SSL_DEFAULTS: Final = frozenset({"ssl_ciphers", "ssl_ecdh_curve", "ssl_groups"})
"""Settings whose default is only ``none`` in a server that was built without OpenSSL."""

# The page of each in https://www.postgresql.org/docs/current/runtime-config.html; the server
# computes them before it reads any file.
DEFAULTS: Final[Mapping[str, str]] = {
    "max_stack_depth": "2048",
    "timezone_abbreviations": "Default",
}
"""Documented defaults where ``boot_val`` is only a placeholder."""

UNLISTED: Final[Mapping[str, tuple[int, Entry]]] = {
    "default_with_oids": (12, {"type": "bool", "context": "user", "default": "off"}),
    "is_superuser": (10, {"type": "bool", "context": "internal"}),
    "role": (10, {"type": "string", "context": "user", "default": "none"}),
    "seed": (10, {"type": "real", "context": "user", "min": -1, "max": 1, "default": "0"}),
    "session_authorization": (10, {"type": "string", "context": "user"}),
    "ssl_renegotiation_limit": (
        10,
        {"type": "integer", "context": "user", "min": 0, "max": 0, "default": "0"},
    ),
}
"""Settings every server knows but ``pg_settings`` does not show, and since which major."""

ALIASES: Final = {"sort_mem": [10, "work_mem"], "vacuum_mem": [10, "maintenance_work_mem"]} | {
    "ssl_ecdh_curve": [18, "ssl_groups"]
}
"""Old names the server still accepts: since which major, and for what."""

# https://www.postgresql.org/docs/release/ ("Migration to Version …") of the major after `last`.
REMOVED: Final[Mapping[str, tuple[str, str, str]]] = {
    "add_missing_from": ("8.4", "", ""),
    "checkpoint_segments": ("9.4", "max_wal_size", "about 3 × checkpoint_segments × 16MB"),
    "custom_variable_classes": ("9.1", "", "settings with a dot need no declaration any more"),
    "db_user_namespace": ("16", "", ""),
    "default_with_oids": ("11", "", "tables cannot have OIDs any more"),
    "force_parallel_mode": ("15", "debug_parallel_query", ""),
    "krb_srvname": ("9.3", "", "set krbsrvname in the client instead"),
    "lc_collate": ("15", "", "the locale belongs to each database"),
    "lc_ctype": ("15", "", "the locale belongs to each database"),
    "max_fsm_pages": ("8.3", "", "the free space map sizes itself"),
    "max_fsm_relations": ("8.3", "", "the free space map sizes itself"),
    "min_parallel_relation_size": ("9.6", "min_parallel_table_scan_size", ""),
    "old_snapshot_threshold": ("16", "", ""),
    "operator_precedence_warning": ("13", "", ""),
    "promote_trigger_file": ("15", "", "use pg_ctl promote or pg_promote()"),
    "redirect_stderr": ("8.2", "logging_collector", ""),
    "regex_flavor": ("8.4", "", ""),
    "replacement_sort_tuples": ("10", "", ""),
    "replication_timeout": ("9.2", "wal_sender_timeout", ""),
    "silent_mode": ("9.1", "", ""),
    "sql_inheritance": ("9.6", "", ""),
    "ssl_ecdh_curve": ("17", "ssl_groups", "the old name is still accepted"),
    "standby_mode": ("11", "", "create an empty file standby.signal in the data directory"),
    "stats_block_level": ("8.2", "track_counts", ""),
    "stats_command_string": ("8.2", "track_activities", ""),
    "stats_row_level": ("8.2", "track_counts", ""),
    "stats_temp_directory": ("14", "", "statistics live in shared memory"),
    "trace_recovery_messages": ("16", "", ""),
    "trigger_file": ("11", "", "use pg_ctl promote or pg_promote()"),
    "unix_socket_directory": ("9.2", "unix_socket_directories", ""),
    "vacuum_cleanup_index_scale_factor": ("13", "", ""),
    "vacuum_defer_cleanup_age": ("15", "", "use hot_standby_feedback or a replication slot"),
    "wal_keep_segments": ("12", "wal_keep_size", "16MB × wal_keep_segments"),
}
"""Names that are gone: the last version that had them, the successor, what to do instead."""


def main(arguments: list[str]) -> None:
    """
    Merge what the given server or files say into the catalogue and write it.
    """
    parser = argparse.ArgumentParser(description="Build the catalogue of PostgreSQL's settings.")
    parser.add_argument("--server", type=Path, metavar="BIN", help="folder of initdb and postgres")
    parser.add_argument("files", nargs="*", type=Path, help="pg_settings_<major>….csv")
    options = parser.parse_args(arguments)
    settings = _decode(json.loads(TARGET.read_text("utf-8"))) if TARGET.exists() else {}
    fresh: defaultdict[int, dict[str, Entry]] = defaultdict(dict)
    for path in options.files:
        fresh[_major(path)] |= _read(path, _major(path))
    if options.server:
        major, entries = _ask(options.server, settings)
        fresh[major] |= entries
    settings |= {
        major: entries | dict(_unlisted(major, entries)) for major, entries in fresh.items()
    }
    TARGET.write_text(_encode(settings), "utf-8")
    sys.stdout.write(f"{TARGET}: majors {', '.join(map(str, sorted(settings)))}\n")


def _ask(programs: Path, before: Mapping[int, Mapping[str, Entry]]) -> tuple[int, dict[str, Entry]]:
    """
    Major and settings of a server; what its build lacks is as it was.
    """
    major, rows = postgresql_server.settings(programs)
    entries, old = dict(_entries(rows, major)), before.get(major, {})
    for name in SSL_DEFAULTS & entries.keys():
        if entries[name]["default"] == "none":
            entries[name] = {**entries[name], "default": old.get(name, {}).get("default")}
    return major, _not_loaded(old, entries) | entries


def _not_loaded(before: Mapping[str, Entry], now: Mapping[str, Entry]) -> dict[str, Entry]:
    """
    Settings of modules that the server does not have.
    """
    loaded = {name.partition(".")[0] for name in now if "." in name}
    return {
        name: entry
        for name, entry in before.items()
        if "." in name and name.partition(".")[0] not in loaded
    }


def _major(path: Path) -> int:
    match = re.match(r"pg_settings_(\d+)", path.name)
    if match is None:
        raise SystemExit(f"{path}: the name does not start with pg_settings_<major>")
    return int(match[1])


def _read(path: Path, major: int) -> dict[str, Entry]:
    with path.open(encoding="utf-8", newline="") as file:
        return dict(_entries(csv.DictReader(file), major))


def _entries(rows: Iterable[Mapping[str, str]], major: int) -> Iterator[tuple[str, Entry]]:
    for row in rows:
        if row["name"] not in PATCHED:
            entry = _entry(row, major)
            yield (
                row["name"],
                {k: v for k, v in entry.items() if k == "default" or v not in ("", [])},
            )


def _entry(row: Mapping[str, str], major: int) -> Entry:
    name = row["name"]
    build = [word for word, since in BUILD_MEMBERS.get(name, {}).items() if since <= major]
    members = row["enumvals"].split("|") if row["vartype"] == "enum" else []
    volatile = name == "server_version_num"
    return {
        "type": row["vartype"],
        "unit": row["unit"],
        "context": row["context"],
        "category": _slug(row["category"]),
        "min": "" if volatile else _number(row["min_val"]),
        "max": "" if volatile else _number(row["max_val"]),
        "members": [word for word in members if word not in build],
        "build": build if row["vartype"] == "enum" else [],
        "hidden": [list(pair) for pair in sorted(_hidden(name, major).items())]
        if row["vartype"] == "enum"
        else [],
        **({} if name in MASKED else {"default": DEFAULTS.get(name, row["boot_val"])}),
    }


def _slug(category: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", category.rpartition(" / ")[2].lower()).strip("-")


def _number(text: str) -> float | str:
    if text == DOUBLE_MAX:
        return sys.float_info.max
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return float(text) if text else ""


def _hidden(name: str, major: int) -> Mapping[str, str]:
    if name in BOOL_ENUMS:
        return BOOL_WORDS
    hidden: Mapping[str, str] = _at(HIDDEN.get(name, {}), major, {})
    return hidden


def _at(history: Mapping[int, Any], major: int, otherwise: Any) -> Any:  # noqa: ANN401 - JSON
    since = max((start for start in history if start <= major), default=None)
    return otherwise if since is None else history[since]


def _unlisted(major: int, listed: Mapping[str, Entry]) -> Iterator[tuple[str, Entry]]:
    for name, (since, entry) in UNLISTED.items():
        if since <= major and name not in listed:
            yield name, entry


def _encode(settings: Mapping[int, Mapping[str, Entry]]) -> str:
    """
    One setting a line, sorted; an attribute that changes is ``{"<since major>": value, …}``.
    """
    majors = sorted(settings)
    names = sorted({name for entries in settings.values() for name in entries}, key=str.lower)
    lines = [f"{json.dumps(name)}: {_history(settings, majors, name)}" for name in names]
    head = {"majors": majors, "aliases": ALIASES, "removed": REMOVED}
    parts = [f'"{key}": {json.dumps(value, ensure_ascii=False)}' for key, value in head.items()]
    body = ",\n".join(lines)
    return "{" + ",\n".join(parts) + ',\n"settings": {\n' + body + "\n}}\n"


def _history(settings: Mapping[int, Mapping[str, Entry]], majors: list[int], name: str) -> str:
    known = [major for major in majors if name in settings[major]]
    entry: Entry = {"majors": [known[0], known[-1]]}
    for key in KEYS:
        changes: dict[int, Any] = {}
        for major in known:
            value = settings[major][name].get(key)
            if not changes or changes[max(changes)] != value:
                changes[major] = value
        if key == "category":
            changes = {known[0]: settings[known[-1]][name].get(key)}
        if any(value is not None for value in changes.values()):
            entry[key] = changes[known[0]] if len(changes) == 1 else changes
    return json.dumps(entry, ensure_ascii=False)


def _decode(catalogue: Mapping[str, Any]) -> dict[int, dict[str, Entry]]:
    settings: dict[int, dict[str, Entry]] = {major: {} for major in catalogue["majors"]}
    for name, entry in catalogue["settings"].items():
        first, last = entry["majors"]
        for major in range(first, last + 1):
            settings[major][name] = {
                key: value
                for key in KEYS
                if (value := _value_at(entry.get(key), major)) is not None
            }
    return settings


def _value_at(attribute: Any, major: int) -> Any:  # noqa: ANN401 - JSON
    if not isinstance(attribute, dict):
        return attribute
    return _at({int(since): value for since, value in attribute.items()}, major, None)


if __name__ == "__main__":
    main(sys.argv[1:])
