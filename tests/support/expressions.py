"""
A small fact schema and a deployment's facts for tests of the expression language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from advisor.facts.schema import (
    BOOL,
    DURATION,
    NUMBER,
    SHARE,
    SIZE,
    STRING,
    VERSION,
    list_of,
    record,
)
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact, Known, Record, Scalar
from advisor.rules.expression import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

Plain: TypeAlias = Scalar | tuple[Scalar, ...] | tuple[Record, ...] | None

KB, MB, GB = 1024, 1024**2, 1024**3

SCOPE = Scope(
    facts={
        "pg.shared_buffers": SIZE,
        "pg.work_mem": SIZE,
        "pg.temp_file_limit": SIZE,
        "pg.max_connections": NUMBER,
        "pg.random_page_cost": NUMBER,
        "pg.autovacuum_scale_factor": SHARE,
        "pg.statement_timeout": DURATION,
        "pg.fsync": BOOL,
        "pg.wal_level": STRING,
        "pg.version": VERSION,
        "pg.libraries": list_of(STRING),
        "pg.ports": list_of(NUMBER),
        "host.memory": SIZE,
        "host.cpus": NUMBER,
        "nginx.version": VERSION,
        "app.versions": list_of(VERSION),
        "app.nodes": list_of(STRING),
        "workers": NUMBER,
        "upstream.servers": list_of(record("upstream_server")),
        "upstream.locations": list_of(record("location")),
    },
    records={
        "upstream_server": {
            "address": STRING,
            "max_fails": NUMBER,
            "fail_timeout": DURATION,
            "backup": BOOL,
            "zones": list_of(record("zone")),
        },
        "location": {"path": STRING, "http_version": STRING, "buffers.size": SIZE},
        "zone": {"name": STRING, "size": SIZE},
    },
)


def literal(value: Plain, line: int = 1) -> Known:
    """
    A value that stands in a file.
    """
    return Value(value, Origin.LITERAL, Location("app.conf", line))


def default(value: Plain) -> Known:
    """
    A value that nobody wrote.
    """
    return Value(value, Origin.DEFAULT)


def item(line: int, label: str = "", **fields: Plain | Fact) -> Record:
    """
    A list item: plain values are literals, facts stay as they are, ``__`` is a dot.
    """
    facts: dict[str, Fact] = {
        name.replace("__", "."): value if isinstance(value, (Value, Unknown)) else literal(value)
        for name, value in fields.items()
    }
    return Record(facts, Location("nginx.conf", line), label)


ZONE_A, ZONE_B = item(30, name="a", size=64 * KB), item(31, name="b", size=1 * MB)
SERVERS = (
    item(10, "server a", address="a", max_fails=1, fail_timeout=10, backup=False, zones=(ZONE_A,)),
    item(11, "server b", address="b", max_fails=0, fail_timeout=30, backup=False, zones=()),
    item(12, "server c", address="c", max_fails=3, fail_timeout=5, backup=True, zones=(ZONE_B,)),
)
LOCATIONS = (
    item(20, "location /", path="/", http_version="1.1", buffers__size=8 * KB),
    item(21, "location /api/", path="/api/", http_version="1.0", buffers__size=4 * KB),
    item(
        22,
        "location /ws",
        path="/ws",
        http_version=Unknown("depends on the map $upgrade"),
        buffers__size=literal(None),
    ),
)
FACTS: Mapping[str, Fact] = {
    "pg.shared_buffers": literal(4 * GB, 3),
    "pg.work_mem": default(4 * MB),
    "pg.temp_file_limit": default(-1),
    "pg.max_connections": literal(200),
    "pg.random_page_cost": literal(1.1),
    "pg.autovacuum_scale_factor": default(0.2),
    "pg.statement_timeout": literal(0),
    "pg.fsync": literal(True),
    "pg.wal_level": literal("replica"),
    "pg.version": literal((16, 4)),
    "pg.libraries": literal(("pg_stat_statements", "auto_explain")),
    "pg.ports": literal((5432, 6432)),
    "host.memory": Unknown("no file states it"),
    "host.cpus": literal(None),
    "nginx.version": literal((1, 29, 0)),
    "app.versions": literal(((1, 2, 0), (2, 0))),
    "app.nodes": Unknown("depends on the variable NODES"),
    "workers": literal(9),
    "upstream.servers": literal(SERVERS),
    "upstream.locations": literal(LOCATIONS),
}
