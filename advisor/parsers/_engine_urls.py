"""
Parts of a database URL as far as code tells them; passwords are dropped at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct, field

from advisor import regex
from advisor.model import Location, Origin, Unknown, Value
from advisor.parsers.pyeval import HOLE, EnvDependent, Outcome, Undecided, settle

_URL = regex.lazy(
    r"(?P<dialect>[A-Za-z0-9_\0]+)(?:\+(?P<driver>[A-Za-z0-9_\0]+))?://"
    r"(?:(?P<user>[^:/@?]*)(?::(?P<password>[^@]*))?@)?"
    r"(?:\[(?P<v6>[^\]/?]*)\]|(?P<host>[^/:?@]*))(?::(?P<port>[^/?]*))?"
    r"(?:/(?P<database>[^?]*))?(?:\?(?P<query>.*))?",
    re.DOTALL,
)
Part = Value[str] | Unknown


class EngineUrl(Struct, frozen=True):
    """
    Where an engine connects to. Every part is None when the URL has no such part.
    """

    dialect: Part | None = None
    """``postgresql``, ``sqlite`` …"""
    driver: Part | None = None
    """``psycopg``, ``asyncpg`` …, None when the dialect's default applies."""
    host: Part | None = None
    port: Value[int] | Unknown | None = None
    database: Part | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    """Options behind ``?``, apart from those that hold a secret."""
    location: Location | None = None
    """The expression that gives the URL."""

    @property
    def memory(self) -> bool:
        """
        Whether it is an SQLite database in memory.
        """
        dialect = self.dialect.value if isinstance(self.dialect, Value) else ""
        name = self.database.value if isinstance(self.database, Value) else self.database
        return dialect == "sqlite" and (name is None or name in {"", ":memory:"})


_SECRETS = regex.lazy(r"pass|pwd|secret|token|key", re.IGNORECASE)
_NO_URL = "is not a database URL the advisor understands"


def read_url(outcome: Outcome, location: Location) -> EngineUrl:
    """
    The parts of a URL. Where only pieces of the text are known, the parts between them are.
    """
    settled = settle(outcome, location, cpus=None)
    if isinstance(settled, Value):
        text = settled.value if isinstance(settled.value, str) else ""
        return _split(text, settled, Unknown(_NO_URL, location))
    template = _template(outcome)
    where = settled.location or location
    return _split(template, Value(template, Origin.EVALUATED, where), settled)


def _template(outcome: Outcome) -> str:
    if isinstance(outcome, EnvDependent):
        outcome = outcome.default
    return outcome.template if isinstance(outcome, Undecided) else ""


def _split(text: str, source: Value[object], unknown: Unknown) -> EngineUrl:
    match = _URL.fullmatch(text)
    if match is None:
        return EngineUrl(unknown, unknown, unknown, unknown, unknown, {}, source.location)

    def part(*names: str) -> Part | None:
        written = next((match[name] for name in names if match[name]), None)
        if written is None:
            return None
        if _is_open(written, source):
            return unknown
        return Value(written, source.origin, source.location, source.note)

    dialect = part("dialect")
    hole = HOLE in match["dialect"] or (match["driver"] is not None and HOLE in match["driver"])
    return EngineUrl(
        unknown if hole else dialect,
        unknown if hole else part("driver"),
        part("v6", "host"),
        _port(part("port"), unknown),
        part("database"),
        _query(match["query"] or ""),
        source.location,
    )


def _is_open(written: str, source: Value[object]) -> bool:
    # An unset variable prints as None inside a text: nobody connects to a host of that name.
    return HOLE in written or (source.origin is Origin.ASSUMED and written == "None")


def _port(part: Part | None, unknown: Unknown) -> Value[int] | Unknown | None:
    if not isinstance(part, Value):
        return part
    if not part.value.isdecimal() or len(part.value) > 5:
        return unknown
    return Value(int(part.value), part.origin, part.location, part.note)


def _query(text: str) -> dict[str, str]:
    pairs = (piece.partition("=") for piece in text.split("&") if piece)
    return {name: value for name, _, value in pairs if not _SECRETS.search(name)}
