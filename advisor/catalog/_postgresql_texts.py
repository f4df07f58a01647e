"""
Rules of single string settings, as the server's check hooks have them.

What only the host knows is accepted: zones and locales that may be installed.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from advisor import regex
from advisor.catalog._postgresql_lists import (
    date_style,
    encoding,
    split_identifiers,
    standby_problem,
)
from advisor.catalog._postgresql_types import Canonical, Guc, Rejection, refuse

if TYPE_CHECKING:
    from advisor.catalog._postgresql_types import Rule

_NAME_BYTES = 63


def _clipped(_guc: Guc, value: Canonical, _major: int) -> Canonical:
    """
    Names are cut to 63 bytes.
    """
    cut = _name_bytes(value.text).decode("utf-8", "surrogateescape")
    return Canonical(cut, cut)


def _name_bytes(text: str) -> bytes:
    return _bytes(text)[:_NAME_BYTES]


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _ascii_name(_guc: Guc, value: Canonical, major: int) -> Canonical:
    r"""
    What is not printable ASCII becomes ``?``, from 16 on ``\\xNN``.
    """
    odd = "\\x{:02x}" if major >= 16 else "?"
    text = "".join(
        chr(byte) if 32 <= byte < 127 else odd.format(byte) for byte in _name_bytes(value.text)
    )
    return Canonical(text, text)


def _access_method(guc: Guc, value: Canonical, major: int) -> Canonical | Rejection:
    return _clipped(guc, value, major) if value.text else refuse(guc, "cannot be empty")


def _list(guc: Guc, value: Canonical, _major: int) -> Canonical | Rejection:
    if split_identifiers(value.text) is not None:
        return value
    return refuse(guc, "takes names separated by commas, odd ones in double quotes")


def _words(known: str, since: int = 0, more: str = "") -> Rule:
    """
    A comma list of fixed words; `more` exist from major `since` on.
    """

    def rule(guc: Guc, value: Canonical, major: int) -> Canonical | Rejection:
        items = split_identifiers(value.text)
        allowed = f"{known} {more}".split() if major >= since else known.split()
        if items is not None and {item.lower() for item in items} <= set(allowed):
            return value
        return refuse(guc, f"takes a comma list of {', '.join(allowed)}")

    return rule


def _wal_consistency(guc: Guc, value: Canonical, major: int) -> Canonical | Rejection:
    """
    From 15 on loaded libraries may add words, so the server looks at them only later.
    """
    return _list(guc, value, major) if major >= 15 else _WAL_WORDS(guc, value, major)


_WAL_WORDS = _words("all heap heap2 btree hash gin gist sequence spgist brin generic")


def _log_connections(guc: Guc, value: Canonical, major: int) -> Canonical | Rejection:
    if major < 18 or value.text.strip().lower() in {"on", "off", "true", "false", "yes", "no"}:
        return value
    if value.text.strip() in {"0", "1"}:
        return value
    return _CONNECTION_WORDS(guc, value, major)


_LOG_WORDS = _words("stderr csvlog syslog eventlog", 15, "jsonlog")
_CONNECTION_WORDS = _words("receipt authentication authorization setup_durations all")


def _date_style(guc: Guc, value: Canonical, _major: int) -> Canonical | Rejection:
    text = date_style(value.text)
    if text is None:
        return refuse(guc, "takes a style such as ISO and an order such as DMY")
    return Canonical(text, text)


def _encoding(guc: Guc, value: Canonical, _major: int) -> Canonical | Rejection:
    """
    A name like any other, so that it is cut to 63 bytes before it is looked up.
    """
    name = encoding(_name_bytes(value.text))
    return Canonical(name, name) if name else refuse(guc, "takes an encoding such as UTF8")


def _standbys(guc: Guc, value: Canonical, _major: int) -> Canonical | Rejection:
    problem = standby_problem(value.text)
    return refuse(guc, f"is not a list of standbys: {problem}") if problem else value


def _slots(guc: Guc, value: Canonical, _major: int) -> Canonical | Rejection:
    items = split_identifiers(value.text)
    # Lists of names cut each to 63 bytes, whatever it is a name of.
    cut = [_name_bytes(item).decode("utf-8", "surrogateescape") for item in items or ()]
    if items is not None and all(_SLOT.fullmatch(item) for item in cut):
        return value
    return refuse(guc, "takes slot names of lower case letters, digits and underscores")


def _long(guc: Guc, value: Canonical, _major: int) -> Canonical | Rejection:
    """
    C's ``strtoull`` with base 0 reads it: words count as 0, only what exceeds 64 bits is refused.
    """
    match = _LONG.match(value.text)
    if match is None:
        return value
    digits, radix = next((match[group], base) for group, base in _RADIX if match[group])
    # A 64-bit number has at most 22 octal digits; more need no converting.
    significant = digits.lstrip("0") or "0"
    if len(significant) <= _LONG_DIGITS and int(significant, radix) < 2**64:
        return value
    return refuse(guc, "does not fit into 64 bits")


def _identity(guc: Guc, value: Canonical, _major: int) -> Canonical | Rejection:
    if guc.name == "role" and value.text == "none":
        return value
    return refuse(guc, "belongs to a session and cannot be set in a file")


def _log_destination(guc: Guc, value: Canonical, major: int) -> Canonical | Rejection:
    """
    ``eventlog`` exists on Windows only.
    """
    checked = _LOG_WORDS(guc, value, major)
    if isinstance(checked, Rejection):
        return checked
    return replace(value, build="eventlog" in (split_identifiers(value.text) or ()))


def _zone(guc: Guc, value: Canonical, _major: int) -> Canonical | Rejection:
    """
    Which zones exist is the host's business; this refuses only what none of them has.

    A POSIX rule always holds a digit; without one, it must be the name of a zone.
    """
    text = value.text
    area, slash, _ = text.partition("/")
    known = area.lower() in (_AREAS if slash else _ZONES)
    if text.strip() == text and (known or re.search(r"\d", text)):
        return value
    return refuse(guc, "takes a zone such as UTC or Europe/Paris, not an abbreviation")


def _short(guc: Guc, value: Canonical, _major: int) -> Canonical | Rejection:
    if len(_bytes(value.text)) <= _NAME_BYTES:
        return value
    return refuse(guc, f"takes at most {_NAME_BYTES} bytes")


def _path(_guc: Guc, value: Canonical, _major: int) -> Canonical:
    """
    Printed without doubled slashes, ``.`` and ``..``, as ``canonicalize_path`` of path.c leaves it.
    """
    clean = re.sub("^//+", "/", posixpath.normpath(value.text)) if value.text else ""
    return Canonical(clean, clean)


def _matches(pattern: str, reason: str) -> Rule:
    compiled = re.compile(pattern)

    def rule(guc: Guc, value: Canonical, _major: int) -> Canonical | Rejection:
        return value if compiled.fullmatch(value.text) else refuse(guc, reason)

    return rule


_AREAS = frozenset(
    [
        *("africa", "america", "antarctica", "arctic", "asia", "atlantic", "australia"),
        *("brazil", "canada", "chile", "etc", "europe", "indian", "mexico", "pacific"),
        *("posix", "systemv", "us"),
    ]
)
_ZONES = frozenset(
    [
        *("cet", "cuba", "eet", "egypt", "eire", "est", "factory", "gb", "gb-eire", "gmt"),
        *("greenwich", "hongkong", "hst", "iceland", "iran", "israel", "jamaica", "japan"),
        *("kwajalein", "libya", "localtime", "met", "mst", "navajo", "nz", "nz-chat", "poland"),
        *("portugal", "posixrules", "prc", "roc", "rok", "singapore", "turkey", "uct"),
        *("universal", "utc", "w-su", "wet", "zulu"),
    ]
)
"""Zones without area and digit; the IANA data base adds new zones only below an area."""

_LONG = regex.lazy(r"[ \t\n\v\f\r]*[+-]?(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))")
_RADIX: Final = ((1, 16), (2, 8), (3, 10))
_LONG_DIGITS = 22
_SLOT = regex.lazy(r"[a-z0-9_]{1,63}")
TEXT_RULES: Final[dict[str, Rule]] = {
    **dict.fromkeys(("TimeZone", "log_timezone"), _zone),
    **dict.fromkeys(("role", "session_authorization"), _identity),
    **dict.fromkeys(("application_name", "cluster_name"), _ascii_name),
    **dict.fromkeys(("search_path", "temp_tablespaces"), _list),
    "DateStyle": _date_style,
    "backtrace_functions": _matches(r"[0-9A-Za-z_, \n\t]*", "takes a comma list of C functions"),
    "client_encoding": _encoding,
    "createrole_self_grant": _words("set inherit"),
    "debug_io_direct": _words("data wal wal_init"),
    "default_table_access_method": _access_method,
    "default_tablespace": _clipped,
    "log_connections": _log_connections,
    "lc_messages": _matches(r"(?s).+", "takes a locale such as C or en_US.UTF-8"),
    "log_destination": _log_destination,
    "log_directory": _path,
    "primary_slot_name": _matches(
        r"|[a-z0-9_]{1,63}", "takes slot names of lower case letters, digits and underscores"
    ),
    "recovery_target": _matches(r"|immediate", "can only be “immediate”"),
    "recovery_target_lsn": _matches(
        r"|[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}", "takes a log position such as 0/16B3748"
    ),
    "recovery_target_name": _short,
    **dict.fromkeys(("recovery_target_timeline", "recovery_target_xid"), _long),
    "restrict_nonsystem_relation_kind": _words("view foreign-table"),
    "synchronized_standby_slots": _slots,
    "synchronous_standby_names": _standbys,
    "timezone_abbreviations": _matches(r"[A-Za-z]+", "takes the name of a file, letters only"),
    "wal_consistency_checking": _wal_consistency,
}
"""Rules by setting, in the server's spelling."""
