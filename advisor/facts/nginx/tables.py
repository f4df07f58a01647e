"""
Every fact of nginx by namespace: derived facts from the modules beside this one, and directives.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from advisor.catalog.nginx import all_names
from advisor.catalog.nginx_types import CONTEXTS, Argument, argument_of, settings_of
from advisor.facts.nginx import (
    access,
    buffers,
    caching,
    certificates,
    client,
    expressions,
    groups,
    gzip,
    lines,
    location,
    logs,
    loss,
    passing,
    php,
    process,
    resolving,
    rewriting,
    routing,
    security,
    server,
    static,
    upstream,
    whole,
)
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.schema import BOOL, DURATION, NUMBER, SIZE, STRING, Type

TABLES: Mapping[str, tuple[Rows, ...]] = {
    "nginx": (
        whole.NGINX,
        gzip.NGINX,
        buffers.NGINX,
        caching.NGINX,
        groups.NGINX,
        logs.NGINX,
        passing.NGINX,
        process.NGINX,
        resolving.NGINX,
        security.NGINX,
        static.NGINX,
    ),
    "server": (
        server.SERVER,
        certificates.SERVER,
        client.SERVER,
        routing.SERVER,
        security.SERVER,
    ),
    "location": (
        location.LOCATION,
        caching.LOCATION,
        client.LOCATION,
        logs.LOCATION,
        passing.LOCATION,
        php.LOCATION,
        resolving.LOCATION,
        routing.LOCATION,
        static.LOCATION,
    ),
    "upstream": (upstream.UPSTREAM, groups.UPSTREAM, resolving.UPSTREAM),
    "access": (access.ACCESS,),
    "expression": (expressions.EXPRESSION,),
    "line": (lines.LINE,),
    "log": (logs.LOG,),
    "loss": (loss.LOSS,),
    "rewrite": (rewriting.REWRITE,),
}
"""Namespaces, and the tables that make them up."""

_TYPES: Mapping[Argument, Type] = {
    Argument.PRESENT: BOOL,
    Argument.SWITCH: BOOL,
    Argument.NUMBER: NUMBER,
    Argument.SIZE: SIZE,
    Argument.TIME: DURATION,
    Argument.TEXT: STRING,
}


@cache
def rows_of(space: str) -> Rows:
    """
    The derived facts of a namespace by their last name.
    """
    rows: dict[str, Row] = {}
    for table in TABLES[space]:
        rows.update(table)
    return rows


@cache
def own_rows(space: str) -> Mapping[str, Row | None]:
    """
    Every fact of a namespace by its whole name: its row, None for a directive.
    """
    rows = rows_of(space)
    return {f"{space}.{name}": rows.get(name) for name in spec_names(space)}


@cache
def spec_names(space: str) -> Mapping[str, tuple[Type, str, bool]]:
    """
    Every fact of a namespace: its type, its meaning, and whether it is a directive itself.
    """
    found = {name: (row.type, row.doc, row.setting) for name, row in rows_of(space).items()}
    for name in settings_of(space, all_names()) if space in CONTEXTS else ():
        doc = f"nginx's {name}, as it is in effect here"
        found.setdefault(name, (_TYPES[argument_of(name)], doc, True))
    return found
