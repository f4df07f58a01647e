"""
Small languages inside string settings: identifier lists, standby names, date styles, encodings.

Source: ``SplitIdentifierString`` (varlena.c), syncrep_gram.y, ``check_datestyle`` (variable.c) and
``pg_char_to_encoding`` (encnames.c) of PostgreSQL; the tests ask real servers.
"""

from __future__ import annotations

import re
from typing import Final

from advisor import regex

_BLANK = r"[ \t\n\r\f]*"
_ITEM = regex.lazy(rf'(?:"((?:[^"]|"")*)"|([^", \t\n\r\f][^, \t\n\r\f]*)){_BLANK}(,{_BLANK}|$)')

_STANDBY = regex.lazy(
    r"""[ \t\n\r\f\v]+|(?P<K>(?:any|first)(?![\w$]))|(?P<N>[^\W\d][\w$]*|"(?:[^"]|"")*"|\*)"""
    r"""|(?P<D>[0-9]+)|(?P<P>[(),])""",
    re.IGNORECASE,
)
_STANDBYS = regex.lazy(r"[ND](?:,[ND])*|K?D\([ND](?:,[ND])*\)")

_STYLES: Final = {"iso": "ISO", "sql": "SQL", "german": "German"}
_ORDERS: Final = {"ymd": "YMD", "dmy": "DMY", "mdy": "MDY", "us": "MDY"}

_ENCODINGS: Final = {
    "abc": "WIN1258",
    "alt": "WIN866",
    "koi8": "KOI8R",
    "mskanji": "SJIS",
    "muleinternal": "MULE_INTERNAL",
    "shiftjis": "SJIS",
    "shiftjis2004": "SHIFT_JIS_2004",
    "sqlascii": "SQL_ASCII",
    "tcvn": "WIN1258",
    "tcvn5712": "WIN1258",
    "unicode": "UTF8",
    "vscii": "WIN1258",
    "win": "WIN1251",
    "win932": "SJIS",
    "win936": "GBK",
    "win949": "UHC",
    "win950": "BIG5",
    "euccn": "EUC_CN",
    "eucjp": "EUC_JP",
    "euckr": "EUC_KR",
    "euctw": "EUC_TW",
    "eucjis2004": "EUC_JIS_2004",
    "iso88591": "LATIN1",
    "iso88592": "LATIN2",
    "iso88593": "LATIN3",
    "iso88594": "LATIN4",
    "iso88599": "LATIN5",
    "iso885910": "LATIN6",
    "iso885913": "LATIN7",
    "iso885914": "LATIN8",
    "iso885915": "LATIN9",
    "iso885916": "LATIN10",
    **{f"iso8859{number}": f"ISO_8859_{number}" for number in (5, 6, 7, 8)},
    **{f"latin{number}": f"LATIN{number}" for number in range(1, 11)},
    **{f"win{page}": f"WIN{page}" for page in (866, 874, *range(1250, 1259))},
    **{
        name.lower(): name
        for name in ("BIG5", "GB18030", "GBK", "JOHAB", "KOI8R", "KOI8U", "SJIS", "UHC", "UTF8")
    },
}
"""Encoding names without punctuation, in lower case, and what the server prints for them."""


def split_identifiers(text: str) -> list[str] | None:
    """
    Items of a comma list with optional double quotes, None when the list is malformed.

    Unquoted items come back in lower case.
    """
    rest = text.strip(" \t\n\r\f")
    items: list[str] = []
    position = 0
    while rest:
        match = _ITEM.match(rest, position)
        if match is None:
            return None
        items.append(match[2].lower() if match[1] is None else match[1].replace('""', '"'))
        position = match.end()
        if not match[3]:
            break
        if position == len(rest):
            return None
    return items


def standby_problem(text: str) -> str:
    """
    Why a list of synchronous standbys is refused, empty when it is fine.
    """
    kinds: list[str] = []
    numbers: list[int] = []
    position = 0
    while position < len(text):
        match = _STANDBY.match(text, position)
        if match is None:
            return f"“{text[position]}” needs double quotes"
        position = match.end()
        kind = match.lastgroup
        kinds.append(match[0] if kind == "P" else kind or "")
        if kind == "D":
            numbers.append(int(match[0][:20]))
    shape = "".join(kinds)
    if text and not _STANDBYS.fullmatch(shape):
        return "write it as name, name or FIRST n (name, …) or ANY n (name, …)"
    if "(" in shape and numbers[0] == 0:
        return "the number of synchronous standbys must be greater than zero"
    return ""


def date_style(text: str) -> str | None:
    """
    The style and field order a server prints for a ``DateStyle``, None when it refuses.
    """
    items = split_identifiers(text)
    if items is None:
        return None
    styles: list[str] = []
    orders: list[str] = []
    implied = ""
    for item in items:
        style, order = _style(item), _order(item)
        if style:
            styles.append(style)
            implied = "DMY" if style == "German" else implied
        elif order:
            orders.append(order)
        elif item == "default":
            implied = "MDY"
        else:
            return None
    if len(set(styles)) > 1 or len(set(orders)) > 1:
        return None
    return f"{(styles or ['ISO'])[0]}, {(orders or [implied or 'MDY'])[0]}"


def _style(item: str) -> str:
    return "Postgres" if item.startswith("postgres") else _STYLES.get(item, "")


def _order(item: str) -> str:
    if item.startswith("euro"):
        return "DMY"
    return "MDY" if item.startswith("noneuro") else _ORDERS.get(item, "")


def encoding(name: bytes) -> str | None:
    """
    The server's name of a character encoding, None when it knows none of that name.

    Of a name only ASCII letters and digits count.
    """
    key = re.sub(rb"[^0-9a-z]", b"", name.lower()).decode()
    if key.startswith("windows"):
        key = "win" + key.removeprefix("windows")
    # The JDBC driver of old asked for UNICODE and wants to read it back.
    return "UNICODE" if name == b"UNICODE" else _ENCODINGS.get(key)
