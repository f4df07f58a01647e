"""
Who may reach a PostgreSQL server, what its files give away, and what its log leaves out.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from advisor import regex
from advisor.catalog import postgresql as catalog
from advisor.deployment.model import Database, Deployment
from advisor.errors import SourceError
from advisor.facts._postgresql_reach import clients_from, image_facts, listens, reached
from advisor.facts.common import computed
from advisor.model import Location, Origin, Tree, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.dsn import parse_dsn
from advisor.parsers.postgresql import Effective
from advisor.parsers.redaction import MASK

Settings = Mapping[str, Effective]

_PRIMARY = "primary_conninfo"
_UNSAFE = {
    "allow_system_table_mods": ("on",),
    "lo_compat_privileges": ("on",),
    "db_user_namespace": ("on",),
}
"""Values that switch a protection off, as the server prints them."""
_STRINGS = {"standard_conforming_strings": ("off",), "backslash_quote": ("on",)}
"""Values under which quoting that was right becomes wrong."""
_DEBUG = {
    **dict.fromkeys(
        (
            "debug_print_parse",
            "debug_print_rewritten",
            "debug_print_plan",
            "log_parser_stats",
            "log_planner_stats",
            "log_executor_stats",
            "log_statement_stats",
            "trace_notify",
            "trace_sort",
        ),
        ("on",),
    ),
    "log_min_messages": ("debug1", "debug2", "debug3", "debug4", "debug5"),
}
"""Values that write to the log what only developers of the server look for."""
_STATEMENTS = {"log_statement": ("all",), "log_min_duration_statement": ("0",)}
"""Values that write every statement to the log."""
_ERRORS = {
    "log_min_messages": ("log", "fatal", "panic"),
    "log_min_error_statement": ("log", "fatal", "panic"),
    "log_error_verbosity": ("terse",),
}
"""Values that keep failing statements, or what explains them, from the log."""
_MOST_SECONDS = 60
"""Default of authentication_timeout."""
_LEAST_ROUNDS = 4096
"""Rounds of SCRAM that RFC 7677 asks for; default of scram_iterations."""
_COMMANDS = (
    "archive_command",
    "restore_command",
    "archive_cleanup_command",
    "recovery_end_command",
)
_AUTO_CONF = "postgresql.auto.conf"
_NO_LITERAL = regex.lazy(
    r"(?:(?:pass|secret|token|key|credential)\w{0,20}[ \t]{0,9}=|://[^:@/\s]{0,99}:)[\\'\"]{0,4}\$",
    re.IGNORECASE,
)
"""A secret that comes from a variable."""
_FIELD = regex.lazy(r"(\w{1,40})[ \t]{0,9}=[ \t]{0,9}('(?:[^'\\]|\\.){0,999}'|[^\s']{0,999})")
_LIBRARIES = (
    "dynamic_library_path",
    "shared_preload_libraries",
    "session_preload_libraries",
    "local_preload_libraries",
)
_OPEN_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - looked for, never written
"""Folders that every user of a host may write to."""
_LOGINS = ("log_connections", "log_disconnections")
_SWITCHES = 17
"""The last major in which both are switches."""
_ALL_USERS = 0o777
"""Default of unix_socket_permissions."""
_WRITE = 2
"""What a user needs to connect to a socket."""
_GROUPS = regex.lazy(r"HIGH|MEDIUM|ALL|AES\w*|CAMELLIA\w*|ARIA\w*|CHACHA20|TLSv1(?:\.[0-2])?")
"""Groups of suites of which some authenticate nobody."""
_WEAK = regex.lazy(
    r"(?:COMPLEMENTOFDEFAULT|COMPLEMENTOFALL|LOW|EXP(?:ORT\w*)?|[ae]?NULL|ADH|AECDH|RC[24]|3?DES|MD5)"
    r"|(?:ADH|AECDH|EXP)-.*|.*(?:RC4|DES-CBC3?|NULL)-(?:SHA|MD5|SHA256)"
)
_ESCAPES = regex.lazy(r"%(-?[0-9]{0,4})(.)", re.DOTALL)
_PREFIX = {"the time (%m)": "mtn", "the process (%p)": "pc"}
"""What every line of the log should have, and the escapes that give it."""
_MOST = 20
"""Items of a list that are named."""


def security_facts(deployment: Deployment, database: Database) -> dict[str, Fact]:
    """
    All of these facts under ``pg.``.
    """
    settings = database.document.settings
    return {
        "pg.listens": listens(settings.get("listen_addresses")),
        "pg.clients_from": clients_from(deployment, database),
        **image_facts(deployment, database),
        "pg.weak_ciphers": _weak_ciphers(settings.get("ssl_ciphers")),
        "pg.secret_settings": _named(_secrets(settings, deployment.tree)),
        "pg.primary_sslmode": _primary_sslmode(settings.get(_PRIMARY)),
        "pg.unsafe_switches": _switched(settings, _UNSAFE, _name),
        "pg.unsafe_strings": _switched(settings, _STRINGS),
        "pg.debug_switches": _switched(settings, _DEBUG),
        "pg.statement_switches": _switched(settings, _STATEMENTS, _name),
        "pg.error_switches": _switched(settings, _ERRORS, _name),
        "pg.weak_logins": _weak_logins(settings),
        "pg.open_sockets": _open_sockets(settings),
        "pg.silent_logins": _silent_logins(settings),
        "pg.open_libraries": _open_libraries(settings),
        "pg.log_prefix_lacks": _prefix_lacks(settings.get("log_line_prefix")),
        "pg.log_files_lost": _log_files_lost(settings),
    }


def _list(items: Iterable[str], place: Location | None = None) -> Fact:
    return Value(tuple(items)[:_MOST], Origin.EVALUATED, place)


def _named(found: Iterable[Effective]) -> Fact:
    settings = list(found)
    return _list(map(_name, settings), settings[0].location if settings else None)


def _name(one: Effective) -> str:
    return one.name


def _line(one: Effective) -> str:
    """
    ``name = value`` of a setting whose value is a word of the server's own.
    """
    return f"{one.name} = {_text(one)}"


def _switched(
    settings: Settings,
    values: Mapping[str, tuple[str, ...]],
    shown: Callable[[Effective], str] = _line,
) -> Fact:
    """
    The settings that have one of these values; not known when only templates might give it.
    """
    there = [settings[name] for name in values if name in settings]
    found = [one for one in there if not one.placeholder and _text(one) in values[one.name]]
    templates = [one for one in there if one.placeholder]
    if templates and not found:
        return _template(templates[0])
    return _list(map(shown, found), found[0].location if found else None)


def _weak_logins(settings: Settings) -> Fact:
    """
    Logins that may take long, and hashes that are cheap to guess from.
    """
    timeout, rounds = settings.get("authentication_timeout"), settings.get("scram_iterations")
    found = []
    if timeout is not None and _number(timeout, _MOST_SECONDS) > _MOST_SECONDS:
        found.append(timeout)
    if rounds is not None and _number(rounds, _LEAST_ROUNDS) < _LEAST_ROUNDS:
        found.append(rounds)
    return _named(found)


def _number(one: Effective, default: float) -> float:
    value = None if one.placeholder else catalog.newest(one.name, one.raw)
    known = value is not None and isinstance(value.value, (int, float))
    return float(value.value) if value is not None and known else default


def _text(one: Effective) -> str:
    value = catalog.newest(one.name, one.raw)
    return value.text if value is not None else ""


def _template(one: Effective) -> Unknown:
    return Unknown("a template fills its value in", one.value_location)


def _weak_ciphers(one: Effective | None) -> Fact:
    """
    Words of an OpenSSL cipher list that let in suites without encryption or authentication, or
    with broken ciphers; ``aNULL`` when a group brings them and nothing takes them out again.

    Source: ciphers(1) of OpenSSL. The server's own default is no choice and never counts.
    """
    if one is None:
        return _list(())
    if one.placeholder:
        return _template(one)
    words = re.split(r"[:, ;]+", one.raw[:4096])
    default = catalog.default("ssl_ciphers", catalog.MAJORS[-1])
    if default is not None and one.raw == default.text:
        return _list(())
    removed = {word[1:] for word in words if word.startswith(("!", "-"))}
    weak = [word for word in words if _WEAK.fullmatch(word) and word not in removed]
    groups = any(_GROUPS.fullmatch(word) for word in words)
    if groups and not removed & {"aNULL", "ADH"} and "aNULL" not in weak:
        weak.append("aNULL")
    return _list(dict.fromkeys(weak), one.location)


def _secrets(settings: Settings, tree: Tree) -> Iterator[Effective]:
    """
    Settings that hold a password or key in clear text, which is what their values were masked for.

    The file that ``pg_basebackup -R`` and ``ALTER SYSTEM`` write lives in the data directory, where
    nobody else may read it, and does not count.
    """
    for name in (_PRIMARY, *_COMMANDS):
        one = settings.get(name)
        if one is None or one.placeholder or _is_auto(one):
            continue
        if MASK in one.raw and not _NO_LITERAL.search(_source_line(tree, one.location)):
            yield one


def _is_auto(one: Effective) -> bool:
    return posixpath.basename(one.location.path) == _AUTO_CONF


def _source_line(tree: Tree, place: Location) -> str:
    """
    The line as it stands in its file, only to see whether a secret comes from a variable.
    """
    try:
        lines = (tree.read(place.path) or "").split("\n", place.line)
    except SourceError:
        return ""
    return lines[place.line - 1][:4096] if place.line <= len(lines) else ""


def _primary_sslmode(one: Effective | None) -> Fact:
    """
    How a standby protects its connection; empty when it crosses no network or has none.

    libpq's own default is ``prefer``. A service file may say anything, so that it says nothing.
    """
    if one is None:
        return computed("")
    if one.placeholder:
        return _template(one)
    text = one.raw.strip()[:4096]
    dsn = parse_dsn(text)
    if dsn is not None:
        fields: Mapping[str, str] = {**dsn.query, "host": dsn.host}
    else:
        fields = {match[1]: match[2].strip("'") for match in _FIELD.finditer(text)}
    hosts = (fields.get("hostaddr") or fields.get("host") or "").split(",")
    if "service" in fields or not any(reached(host) for host in hosts):
        return computed("")
    return Value(fields.get("sslmode") or "prefer", Origin.LITERAL, one.location)


def _open_sockets(settings: Settings) -> Fact:
    """
    Folders of sockets in which any user may put a socket of his own while the server is down.

    Only where the server's socket is meant for all users: what a group alone uses, only it trusts.
    """
    one, mode = settings.get("unix_socket_directories"), settings.get("unix_socket_permissions")
    if one is None or (mode is not None and int(_number(mode, _ALL_USERS)) % 8 < _WRITE):
        return _list(())
    if one.placeholder:
        return _template(one)
    paths = (posixpath.normpath(path.strip(' \t"')) for path in one.raw.split(","))
    return _list((path for path in paths if path in _OPEN_FOLDERS), one.location)


def _silent_logins(settings: Settings) -> Fact:
    """
    Switches that are off, as both are by default; from 18 on log_connections is a list of stages.
    """
    there = {name: settings[name] for name in _LOGINS if name in settings}
    template = next((one for one in there.values() if one.placeholder), None)
    if template is not None:
        return _template(template)
    off = [name for name in _LOGINS if name not in there or _is_off(there[name])]
    place = next((one.location for name, one in there.items() if name in off), None)
    return _list(off, place)


def _is_off(one: Effective) -> bool:
    """
    Whether a switch, or a list that took its place, is off; also where it is refused.
    """
    guc = catalog.find(one.name, _SWITCHES)
    value = catalog.canonical(guc, one.raw, _SWITCHES) if guc else None
    if isinstance(value, catalog.Canonical):
        return value.value is False
    return not _text(one)


def _open_libraries(settings: Settings) -> Fact:
    """
    Places under folders that everybody may write to, from which the server loads code.
    """
    found: dict[str, Location] = {}
    for name in _LIBRARIES:
        one = settings.get(name)
        if one is not None and not one.placeholder:
            separator = ":" if name == "dynamic_library_path" else ","
            paths = (posixpath.normpath(path.strip(' \t"')) for path in one.raw.split(separator))
            found.update((path, one.location) for path in paths if _is_open(path))
    return _list(found, next(iter(found.values()), None))


def _is_open(path: str) -> bool:
    return any(path == folder or path.startswith(f"{folder}/") for folder in _OPEN_FOLDERS)


def _prefix_lacks(one: Effective | None) -> Fact:
    if one is None:
        return _list(())
    if one.placeholder:
        return _template(one)
    letters = {match[2] for match in _ESCAPES.finditer(one.raw[:4096])}
    lacking = (what for what, any_of in _PREFIX.items() if letters.isdisjoint(any_of))
    return _list(lacking, one.location)


def _log_files_lost(settings: Settings) -> Fact:
    """
    Kinds of log files that are asked for and never written, because nothing collects the log.
    """
    one, collector = settings.get("log_destination"), settings.get("logging_collector")
    if one is None or (collector is not None and _text(collector) != "off"):
        return _list(())
    if one.placeholder:
        return _template(one)
    words = (word.strip(' \t"').lower() for word in one.raw.split(","))
    return _list((word for word in words if word in {"csvlog", "jsonlog"}), one.location)
