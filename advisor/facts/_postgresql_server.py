"""
What is known of a server beyond its single settings: recovery targets, certificate, header, age.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from advisor import regex
from advisor.catalog.postgresql_releases import end_of_life, ended
from advisor.deployment.model import Database, Deployment
from advisor.errors import SourceError
from advisor.facts.common import computed
from advisor.model import Location, Origin, Tree, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.postgresql import PostgresDocument
from advisor.units import SIZE_UNITS

_TARGETS = frozenset(
    {
        "recovery_target",
        "recovery_target_lsn",
        "recovery_target_name",
        "recovery_target_time",
        "recovery_target_xid",
    }
)
_CERTIFICATE = {"ssl_cert_file": "server.crt", "ssl_key_file": "server.key"}
"""Settings of TLS files and their defaults, which are names in the data directory."""
_HEADER = regex.lazy(
    r"^[ \t]*#[# \t]*(Total Memory \(RAM\)|CPUs num|Connections num)[ \t]*:"
    r"[ \t]*([\d.]{1,9})[ \t]*([MGT]B)?[ \t\r]*$",
    re.MULTILINE,
)
"""Comments in which PGTune says for which machine it computed the values."""
_HEADER_FACTS = {
    "Total Memory (RAM)": "pg.tuned_memory",
    "CPUs num": "pg.tuned_cpus",
    "Connections num": "pg.tuned_connections",
}
_HEADER_FILES = 20
"""Files that are searched for such comments."""


def server_facts(deployment: Deployment, database: Database) -> dict[str, Fact]:
    """
    All of these facts under ``pg.``.
    """
    return {
        "pg.recovery_targets": _names(recovery_targets(database.document)),
        **_certificate_facts(deployment.tree, database),
        **_header_facts(deployment.tree, database.document),
        **_age_facts(database),
    }


def recovery_targets(document: PostgresDocument) -> tuple[str, ...]:
    """
    The recovery targets that exclude each other, in the order the server meets them.

    Once one has a value the server refuses any other, even one that is set to nothing; an empty
    one before that does no harm (``assign_recovery_target`` of xlogrecovery.c).
    """
    names: list[str] = []
    for name, one in document.settings.items():
        in_files = one.location.path in document.files
        if name in _TARGETS and not one.placeholder and (one.raw or (names and in_files)):
            names.append(name)
    return tuple(names)


def _certificate_facts(tree: Tree, database: Database) -> dict[str, Fact]:
    """
    Whether the certificate and its key are there, which can be told of a data directory alone.
    """
    settings = database.document.settings
    if database.managed is not None:
        return _certificate("elsewhere")
    folder = posixpath.dirname(database.path)
    if not database.path or "PG_VERSION" not in _folder(tree, folder):
        unset = not any(name in settings or name in database.operated for name in _CERTIFICATE)
        return _certificate("default" if unset else "elsewhere")
    raws = [
        settings[name].raw if name in settings else default
        for name, default in _CERTIFICATE.items()
    ]
    if not all(map(_is_local, raws)):
        return _certificate("elsewhere")
    paths = [posixpath.normpath(posixpath.join(folder, raw)) for raw in raws]
    missing = [one for one in paths if not _is_there(tree, one)]
    return _certificate("missing" if missing else "there", missing)


def _certificate(state: str, missing: list[str] | None = None) -> dict[str, Fact]:
    return {
        "pg.certificate": computed(state),
        "pg.certificate_missing": _names(tuple(missing or ())),
    }


def _is_local(raw: str) -> bool:
    return bool(raw) and raw[0] != "/" and ".." not in raw.split("/") and raw.isprintable()


def _is_there(tree: Tree, path: str) -> bool:
    folder, name = posixpath.split(path)
    return name in _folder(tree, folder)


def _folder(tree: Tree, folder: str) -> tuple[str, ...]:
    try:
        return tree.names(folder)
    except SourceError:
        return ()


def _header_facts(tree: Tree, document: PostgresDocument) -> dict[str, Fact]:
    """
    What generators say in comments; 0 where they say nothing, or not always the same.
    """
    found: dict[str, list[Value[float]]] = {}
    for path in document.files[:_HEADER_FILES]:
        for name, value in _headers(tree, path):
            found.setdefault(name, []).append(value)
    facts: dict[str, Fact] = dict.fromkeys(_HEADER_FACTS.values(), computed(0))
    for name, values in found.items():
        if len({one.value for one in values}) == 1:
            facts[name] = values[0]
    return facts


def _headers(tree: Tree, path: str) -> Iterator[tuple[str, Value[float]]]:
    try:
        text = tree.read(path) or ""
    except SourceError:
        return
    for match in _HEADER.finditer(text):
        name, number = _HEADER_FACTS.get(match[1], ""), _number(match[2])
        wanted = name == "pg.tuned_memory"
        if name and number is not None and wanted == bool(match[3]):
            line = text.count("\n", 0, match.start()) + 1
            unit = SIZE_UNITS[match[3]] if match[3] else 1
            yield name, Value(number * unit, Origin.LITERAL, Location(path, line))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _age_facts(database: Database) -> Mapping[str, Fact]:
    major = database.major
    if isinstance(major, Unknown):
        return dict.fromkeys(("pg.ended", "pg.end_of_life"), major)
    last = end_of_life(major.value)
    return {
        "pg.ended": Value(ended(major.value), major.origin, major.location),
        "pg.end_of_life": computed(last.isoformat() if last else ""),
    }


def _names(names: tuple[str, ...]) -> Fact:
    return Value(names, Origin.EVALUATED)
