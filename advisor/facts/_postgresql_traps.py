"""
Values that a server accepts and takes for something else, or does not use at all.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor import regex
from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Canonical, Guc
from advisor.deployment.model import Database
from advisor.facts._postgresql_repeats import libraries
from advisor.facts.common import computed
from advisor.model import Unknown
from advisor.model.subject import Fact
from advisor.parsers.postgresql import Assignment

MODES = frozenset({"log_file_mode", "unix_socket_permissions"})
"""Settings that are file modes: whoever writes them thinks in octal digits."""
_USUAL_MODES = frozenset(
    {
        *(0o400, 0o440, 0o444, 0o600, 0o640, 0o644, 0o660, 0o664, 0o666),
        *(0o700, 0o750, 0o755, 0o770, 0o775, 0o777),
    }
)
_MODE = regex.lazy(r"\s*([1-7][0-7]{2})\s*")
_OCTAL = regex.lazy(r"\s*0([0-7]{1,30})\s*[A-Za-z]*\s*")
_NOT_ZERO = regex.lazy(r"\s*[+-]?(?:0[xX][0-9a-fA-F]*[1-9a-fA-F]|[0-9.]*[1-9])")
_BUILDS = {"lz4": "--with-lz4", "zstd": "--with-zstd", "io_uring": "--with-liburing"}
"""Options of configure without which a server does not know the word."""
_NO_LIMIT = "there is no limit"
_ZERO: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "statement_timeout",
            "transaction_timeout",
            "lock_timeout",
            "idle_in_transaction_session_timeout",
            "idle_session_timeout",
            "idle_replication_slot_timeout",
            "wal_sender_timeout",
            "wal_receiver_timeout",
        ),
        _NO_LIMIT,
    ),
    "log_rotation_age": "log files are not rotated by age",
    "log_rotation_size": "log files are not rotated by size",
    "log_min_duration_statement": "every statement is logged",
    "log_autovacuum_min_duration": "every run of autovacuum is logged",
    "log_temp_files": "every temporary file is logged",
    "archive_timeout": "segments are archived only when they are full",
    "checkpoint_warning": "nothing is warned of",
    "client_connection_check_interval": "connections are not checked",
    "wal_receiver_status_interval": "no status is sent",
    "wal_keep_size": "no segment is kept for standbys",
    "vacuum_buffer_usage_limit": _NO_LIMIT,
}
"""What 0 does, for settings where that is the contrary of a small value."""
_LIBRARIES: Mapping[str, str] = {
    **{
        name: name
        for name in (
            "auth_delay",
            "auto_explain",
            "citus",
            "pg_partman_bgw",
            "pg_prewarm",
            "pg_qualstats",
            "pg_stat_kcache",
            "pg_stat_monitor",
            "pg_stat_statements",
            "pg_wait_sampling",
            "pgaudit",
            "pglogical",
            "repmgr",
            "timescaledb",
        )
    },
    "cron": "pg_cron",
    "squeeze": "pg_squeeze",
}
"""Libraries that have to be preloaded to do what their settings say, by the first part of these."""
_PRELOADS = ("shared_preload_libraries", "session_preload_libraries", "local_preload_libraries")

NO_TRAPS: dict[str, Fact] = dict.fromkeys(
    ("setting.build", "setting.zero", "setting.octal", "setting.mode", "setting.library"),
    computed(""),
)


def trap_facts(
    assignment: Assignment, major: int, preloaded: tuple[str, ...] | Unknown
) -> dict[str, Fact]:
    """
    Facts about an accepted line that counts, as a server of version `major` takes it.

    `preloaded` are the libraries that the server loads when it or a session starts.
    """
    prefix, dot, _ = assignment.name.lower().partition(".")
    if dot:
        return NO_TRAPS | {"setting.library": _library(prefix, preloaded)}
    guc = catalog.find(assignment.name, major)
    value = catalog.canonical(guc, assignment.raw, major) if guc else None
    if guc is None or not isinstance(value, Canonical):
        return NO_TRAPS
    return NO_TRAPS | {
        "setting.build": computed(_BUILDS.get(value.text, "") if value.build else ""),
        "setting.zero": computed(_zero(guc, assignment.raw, value)),
        "setting.octal": computed(_octal(guc, assignment.raw)),
        "setting.mode": computed(_mode(guc, assignment.raw)),
    }


def preloaded_libraries(database: Database) -> tuple[str, ...] | Unknown:
    """
    All libraries that a server's configuration loads, unknown when not all of it was read.
    """
    document = database.document
    found = [document.settings[name] for name in _PRELOADS if name in document.settings]
    if any(one.placeholder for one in found):
        return Unknown("a template fills in which libraries are preloaded")
    if not document.files or document.problems:
        return Unknown("not all of the server's configuration was read")
    return tuple(name for one in found for name in libraries(one.raw))


def meant_mode(name: str, raw: str) -> str:
    """
    A file mode with its leading zero, empty when this is none without: ``640`` → ``0640``.
    """
    match = _MODE.fullmatch(raw) if name in MODES else None
    return f"0{match[1]}" if match else ""


def _library(prefix: str, preloaded: tuple[str, ...] | Unknown) -> Fact:
    library = _LIBRARIES.get(prefix, "")
    if not library:
        return computed("")
    if isinstance(preloaded, Unknown):
        return preloaded
    return computed("" if library in preloaded else library)


def _zero(guc: Guc, raw: str, value: Canonical) -> str:
    rounded = value.value == 0 and _NOT_ZERO.match(raw)
    return _ZERO.get(guc.name, "") if rounded else ""


def _octal(guc: Guc, raw: str) -> str:
    """
    The number that a leading zero makes, where it differs from the one that is written.
    """
    match = _OCTAL.fullmatch(raw) if guc.vartype == "integer" and guc.name not in MODES else None
    if match is None or int(match[1], 8) == int(match[1]):
        return ""
    return str(int(match[1], 8))


def _mode(guc: Guc, raw: str) -> str:
    """
    The mode that was meant by octal digits without a leading zero, where the server accepts them.
    """
    meant = meant_mode(guc.name, raw)
    if not meant or int(raw) in _USUAL_MODES or int(meant, 8) not in _USUAL_MODES:
        return ""
    return meant
