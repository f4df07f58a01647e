"""
Facts of a running server as a whole.
"""

from __future__ import annotations

from collections.abc import Iterable

from advisor.facts.common import computed
from advisor.facts.live.reading import Facts, Reading, per_day, share
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact, Scalar
from advisor.parsers import _snapshot_rows as rows
from advisor.parsers._snapshot_relations import ForeignKey

IDLE = 300.0
"""Seconds from which on a session that is idle in a transaction counts."""
_AUTO = "postgresql.auto.conf"


def server_facts(reading: Reading) -> Facts:
    """
    Facts under ``live.``.
    """
    server, declared = reading.document.server, reading.snapshot.declared
    absent = Value(None, Origin.DEFAULT, note="the deployment states none")
    return {
        "live.major": reading.fact(server, server.major),
        "live.declared_major": declared or absent,
        "live.database": reading.fact(server, server.database),
        "live.in_recovery": reading.fact(server, server.in_recovery),
        "live.stats_age": reading.fact(server, reading.counted_here),
        **_configuration(reading),
        **_sessions(reading),
        **_writing(reading),
        **_extensions(reading),
    }


def listed(reading: Reading, kind: type[rows.Row], found: Iterable[tuple[rows.Row, str]]) -> Fact:
    """
    A list of texts, placed at the row of the first; unknown where the snapshot lacks the rows.
    """
    if not reading.has(kind):
        return reading.missing(kind)
    pairs = list(found)
    place = reading.place(pairs[0][0]) if pairs else None
    return Value(tuple(text for _, text in pairs), Origin.LITERAL, place)


def _configuration(reading: Reading) -> Facts:
    settings = reading.rows(rows.Setting)
    pending = [(one, one.name) for one in settings if one.pending_restart]
    waiting = {name for _, name in pending}
    written = reading.snapshot.database.document.settings
    auto = [
        (one, one.name)
        for one in settings
        if one.file.endswith(_AUTO)
        and written.get(one.name) is not None
        and written[one.name].location.path == reading.document.path
        and one.name not in {drift.name for drift in reading.snapshot.drifts}
    ]
    errors = [
        (one, f"{one.name} in {one.file}:{one.line} ({one.error})")
        for one in reading.rows(rows.FileError)
        if one.name not in waiting
    ]
    rules = [(one, f"line {one.line} ({one.error})") for one in reading.rows(rows.Hba) if one.error]
    switched = [
        (one, f"{one.name} for {_whose(one)}")
        for one in reading.rows(rows.RoleSetting)
        if one.name.startswith("enable_") and one.setting.lower() in ("off", "false", "no", "0")
    ]
    return {
        "live.pending": listed(reading, rows.Setting, pending),
        "live.auto_settings": listed(reading, rows.Setting, auto),
        "live.has_files": computed(bool(reading.snapshot.database.path)),
        "live.refused_lines": listed(reading, rows.FileError, errors),
        "live.refused_rules": listed(reading, rows.Hba, rules),
        "live.switched_roles": listed(reading, rows.RoleSetting, switched),
        "live.ssl": setting(reading, "ssl"),
        "live.checksums": setting(reading, "data_checksums"),
        "live.wal_buffers": setting(reading, "wal_buffers"),
    }


def setting(reading: Reading, name: str) -> Fact:
    """
    A setting of the server as a fact.
    """
    row, value = reading.settings.get(name), reading.setting(name)
    if row is None or value is None:
        return Unknown(f"the snapshot does not hold {name}")
    return reading.fact(row, value)


def _whose(row: rows.RoleSetting) -> str:
    parts = [f"role {row.role}" if row.role else "", f"database {row.database}"]
    return " in ".join(part for part in parts if part and not part.endswith(" ")) or "everybody"


def _sessions(reading: Reading) -> Facts:
    own = reading.document.server
    seen, long = reading.rows(rows.Sessions), reading.rows(rows.LongSession)
    open_ = [one.backends for one in reading.rows(rows.DatabaseRow) if one.backends is not None]
    first = reading.rows(rows.DatabaseRow)[:1]
    idle = [
        one
        for one in long
        if one.state.startswith("idle in transaction") and (one.state_age or 0) >= IDLE
    ]
    waiting = [one for one in long if one.waits_for == "Lock"]
    blind = not own.reads_statistics
    hidden = Unknown("what sessions of other roles do is hidden from this role")
    supers = {one.role: one for one in reversed(seen) if one.superuser and one.remote}
    facts: Facts = {
        "live.superusers": listed(
            reading, rows.Sessions, [(one, role) for role, one in sorted(supers.items())]
        ),
        "live.unencrypted": _total(reading, seen, [one.unencrypted for one in seen]),
        "live.remote": _total(reading, seen, [one.remote for one in seen]),
        "live.connections": reading.fact(first[0], sum(open_))
        if first and open_
        else reading.missing(rows.DatabaseRow),
        "live.usable": _usable(reading),
        "live.idle_transactions": _total(reading, idle, [1 for _ in idle], rows.LongSession),
        "live.oldest_idle": _total(
            reading,
            idle,
            [max((one.state_age or 0.0 for one in idle), default=0.0)],
            rows.LongSession,
        ),
        "live.lock_waiters": _total(reading, waiting, [1 for _ in waiting], rows.LongSession),
    }
    if blind:
        dark = ("superusers", "unencrypted", "remote", "idle_transactions", "oldest_idle")
        facts.update({f"live.{name}": hidden for name in (*dark, "lock_waiters")})
    return facts


def _total(
    reading: Reading,
    found: Iterable[rows.Row],
    numbers: list[float] | list[int],
    kind: type[rows.Row] = rows.Sessions,
) -> Fact:
    if not reading.has(kind):
        return reading.missing(kind)
    first = next(iter(found), None)
    place = reading.place(first) if first else None
    return Value(sum(numbers), Origin.LITERAL, place)


def _usable(reading: Reading) -> Fact:
    most = reading.number("max_connections")
    reserved = reading.number("superuser_reserved_connections")
    own = reading.number("reserved_connections") or 0.0
    if most is None or reserved is None:
        return Unknown("the snapshot does not hold max_connections")
    return reading.fact(reading.settings["max_connections"], int(most - reserved - own))


def _writing(reading: Reading) -> Facts:
    points, cleaner = reading.document.one(rows.Checkpoints), reading.document.one(rows.Bgwriter)
    wal, archiver = reading.document.one(rows.Wal), reading.document.one(rows.Archiver)
    age = reading.counted(points.stats_reset) if points else None
    total = points.timed + points.requested if points else None
    every = age / total if age and total else None
    halts = (
        per_day(cleaner.maxwritten_clean, reading.counted(cleaner.stats_reset)) if cleaner else None
    )
    full = per_day(wal.buffers_full, reading.counted(wal.stats_reset)) if wal else None
    fsyncs: Fact = _of(
        reading, cleaner, cleaner.buffers_backend_fsync if cleaner else None, rows.Bgwriter
    )
    if cleaner and cleaner.buffers_backend_fsync is None:
        fsyncs = Value(None, Origin.DEFAULT, note="this version does not count them here")
    return {
        "live.checkpoints": _of(reading, points, total, rows.Checkpoints),
        "live.requested_share": _of(
            reading, points, share(points.requested, total) if points else None, rows.Checkpoints
        ),
        "live.checkpoint_interval": _of(reading, points, every, rows.Checkpoints),
        "live.checkpoints_age": _of(reading, points, age, rows.Checkpoints),
        "live.clean_halts_per_day": _of(reading, cleaner, halts, rows.Bgwriter),
        "live.backend_fsyncs": fsyncs,
        "live.wal_waits_per_day": _of(reading, wal, full, rows.Wal),
        "live.archive_failed": _of(reading, archiver, _failing(archiver), rows.Archiver),
        "live.archive_failures": _of(
            reading, archiver, archiver.failed if archiver else None, rows.Archiver
        ),
        "live.synchronous_missing": _synchronous(reading),
    }


def _of(reading: Reading, row: rows.Row | None, value: Scalar | None, kind: type[rows.Row]) -> Fact:
    return reading.missing(kind) if row is None else reading.fact(row, value)


def _failing(archiver: rows.Archiver | None) -> bool | None:
    if archiver is None:
        return None
    failed, done = archiver.last_failed or "", archiver.last_archived or ""
    return failed > done


def _synchronous(reading: Reading) -> Fact:
    """
    Whether commits wait for a standby that is not there.
    """
    names = reading.setting("synchronous_standby_names")
    commit = reading.setting("synchronous_commit")
    if names is None or commit is None or not reading.has(rows.Replication):
        return Unknown("the snapshot does not hold the standbys")
    if not reading.document.server.reads_statistics:
        return Unknown("the state of standbys is hidden from this role")
    there = any(one.sync_state in ("sync", "quorum") for one in reading.rows(rows.Replication))
    waits = bool(names) and commit not in ("off", "local")
    row = reading.settings["synchronous_standby_names"]
    return reading.fact(row, waits and not there and not reading.document.server.in_recovery)


def _extensions(reading: Reading) -> Facts:
    installed = reading.rows(rows.Extension)
    libraries = reading.setting("shared_preload_libraries")
    loaded: Fact = setting(reading, "shared_preload_libraries")
    if isinstance(libraries, str):
        row = reading.settings["shared_preload_libraries"]
        loaded = reading.fact(row, "pg_stat_statements" in libraries)
    old = [
        (one, f"{one.name} {one.version} (there is {one.default_version})")
        for one in installed
        if one.default_version and one.version and one.default_version != one.version
    ]
    keys = [
        (one, f"{one.name} on {one.schema}.{one.table}")
        for one in reading.rows(ForeignKey)
        if not one.validated
    ]
    has = any(one.name == "pg_stat_statements" for one in installed)
    there: Fact = (
        reading.missing(rows.Extension) if not reading.has(rows.Extension) else computed(has)
    )
    return {
        "live.statements_preloaded": loaded,
        "live.statements_installed": there,
        "live.old_extensions": listed(reading, rows.Extension, old),
        "live.unvalidated": listed(reading, ForeignKey, keys),
    }
