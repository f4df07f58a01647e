"""
Readers of database URLs that give an entry of Django's ``DATABASES``.

Sources: dj-database-url, README, "Usage"; django-environ, "Types", db_url. Passwords are left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.parsers.dsn import Dsn, parse_dsn
from advisor.parsers.pyeval.compute import Call
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.results import CLEAN, Known, Undecided
from advisor.parsers.pyeval.values import Abstract, Table, lift, tainted, undecided

_BACKENDS: Mapping[str, str] = {
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "pgsql": "postgresql",
    "psql": "postgresql",
    "timescale": "postgresql",
    "sqlite": "sqlite3",
    "mysql": "mysql",
}
_KEPT: Mapping[str, tuple[str, object]] = {
    "conn_max_age": ("CONN_MAX_AGE", 0),
    "conn_health_checks": ("CONN_HEALTH_CHECKS", False),
    "disable_server_side_cursors": ("DISABLE_SERVER_SIDE_CURSORS", False),
}
"""Arguments of dj_database_url by name: the key they set, and its value without them."""
_PARTS = ("ENGINE", "HOST", "PORT", "NAME", "OPTIONS")


def read_variable(machine: Machine, call: Call) -> Abstract:
    """
    ``dj_database_url.config(default=…, conn_max_age=600)``.
    """
    name = call.argument(0, "env") or Known("DATABASE_URL", call.location)
    url = _variable(machine, name, call.argument(1, "default"), call)
    return _entry(url, call)


def read_text(_machine: Machine, call: Call) -> Abstract:
    """
    ``dj_database_url.parse(url, conn_max_age=600)``.
    """
    url = call.argument(0, "url") or Undecided("is called without a URL", call.location)
    return _entry(url, call)


def read_environ(machine: Machine, call: Call) -> Abstract:
    """
    ``env.db("DATABASE_URL", default=…)`` of django-environ.
    """
    name = call.argument(0, "var") or Known("DATABASE_URL", call.location)
    return _entry(_variable(machine, name, call.argument(1, "default"), call), call, kept=False)


def _variable(machine: Machine, name: Abstract, default: Abstract | None, call: Call) -> Abstract:
    if not isinstance(name, Known):
        return undecided(name)
    variable = str(name.value)
    value = machine.variable(variable, call.location)
    if value is not None:
        return value
    reason = f"depends on the variable {variable}"
    return tainted(default or Undecided(reason, call.location), machine.unset(variable))


def _entry(url: Abstract, call: Call, *, kept: bool = True) -> Abstract:
    """
    The dict for a URL. Where the URL is not known, what the other arguments say still is.
    """
    where = call.location
    text = url.value if isinstance(url, Known) else None
    dsn = parse_dsn(text) if isinstance(text, str) else None
    members: dict[str, Abstract] = {}
    for name, (key, default) in _KEPT.items() if kept else ():
        members[key] = call.kwargs.get(name) or Known(default, where)
    if dsn is None:
        reason = undecided(url).reason if not isinstance(url, Known) else "is no database URL"
        lost = Undecided(reason, where, url.taint)
        # Options in a URL are rare: what is not known of it does not make pools unknown.
        members |= dict.fromkeys(_PARTS[:-1], lost)
    else:
        parts = zip(_PARTS, _values(dsn), strict=True)
        members |= {name: lift(value, where, url.taint) for name, value in parts}
    return Table(members, where, taint=CLEAN, partial=call.partial)


def _values(dsn: Dsn) -> tuple[object, ...]:
    backend = _BACKENDS.get(dsn.scheme, dsn.scheme)
    options = {name: _option(text) for name, text in dsn.query.items()}
    return f"django.db.backends.{backend}", dsn.host, dsn.port or "", dsn.database, options


def _option(text: str) -> object:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text
