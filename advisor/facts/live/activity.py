"""
Facts of what goes on: replication, slots, long and prepared transactions, subscriptions.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.facts.live.reading import Facts, Item, Reading
from advisor.model import Origin, Value
from advisor.model.subject import Scalar
from advisor.parsers import _snapshot_rows as kinds


def rows(reading: Reading) -> Iterator[Item]:
    """
    Everything of these kinds.
    """
    for slot in reading.rows(kinds.Slot):
        yield "slot", f"slot {slot.name}", _slot(reading, slot), reading.place(slot)
    for standby in reading.rows(kinds.Replication):
        name = f"standby {standby.name}"
        yield "standby", name, _standby(reading, standby), reading.place(standby)
    for long in reading.rows(kinds.LongSession):
        yield "transaction", _who(long), _long(reading, long), reading.place(long)
    for prepared in reading.rows(kinds.Prepared):
        place = reading.place(prepared)
        yield "transaction", "a prepared transaction", _prepared(reading, prepared), place
    for one in reading.rows(kinds.Subscription):
        yield (
            "subscription",
            f"subscription {one.name}",
            _subscription(reading, one),
            reading.place(one),
        )


def _slot(reading: Reading, row: kinds.Slot) -> Facts:
    keep = reading.number("max_slot_wal_keep_size")
    values: dict[str, Scalar | None] = {
        "name": row.name,
        "type": row.type,
        "active": row.active,
        "temporary": row.temporary,
        "retained": max(row.retained or 0, 0),
        "status": row.wal_status,
        "bounded": keep is not None and keep >= 0,
        "held_back": max(row.xmin_age or 0, row.catalog_xmin_age or 0),
    }
    return {f"slot.{name}": reading.fact(row, value) for name, value in values.items()}


def _standby(reading: Reading, row: kinds.Replication) -> Facts:
    facts = {
        "standby.name": reading.fact(row, row.name),
        "standby.state": reading.fact(row, row.state or None),
        "standby.lag": reading.fact(row, row.lag_bytes),
        "standby.delay": reading.fact(row, row.replay_lag),
    }
    if row.replay_lag is None and row.state:
        facts["standby.delay"] = Value(None, Origin.DEFAULT, note="nothing is under way")
    return facts


def _who(row: kinds.LongSession) -> str:
    parts = [row.database and f"in {row.database}", row.role and f"of {row.role}"]
    program = f"({row.application})" if row.application else ""
    said = " ".join(part for part in (*parts, program) if part)
    return f"a session {said}".rstrip()


def _long(reading: Reading, row: kinds.LongSession) -> Facts:
    values: dict[str, Scalar | None] = {
        "kind": "session",
        "name": _who(row),
        "state": row.state,
        "age": row.transaction_age,
        "client": row.backend_type in ("client backend", ""),
        "holds_back": row.xmin_age is not None,
    }
    return {f"transaction.{name}": reading.fact(row, value) for name, value in values.items()}


def _prepared(reading: Reading, row: kinds.Prepared) -> Facts:
    values = {
        "kind": "prepared",
        "name": f"a prepared transaction of {row.role} in {row.database}",
        "state": "prepared",
        "age": row.age,
        "client": True,
        "holds_back": True,
    }
    return {f"transaction.{name}": reading.fact(row, value) for name, value in values.items()}


def _subscription(reading: Reading, row: kinds.Subscription) -> Facts:
    facts = {
        "subscription.name": reading.fact(row, row.name),
        "subscription.enabled": reading.fact(row, row.enabled),
        "subscription.running": reading.fact(row, row.running),
        "subscription.errors": reading.fact(row, row.apply_errors),
    }
    if row.apply_errors is None:
        note = "not counted before PostgreSQL 15"
        facts["subscription.errors"] = Value(None, Origin.DEFAULT, note=note)
    return facts
