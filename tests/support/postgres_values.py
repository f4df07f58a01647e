"""
Values to ask servers about: ordinary ones, those at the limits, and those that look odd.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Guc

SEED = 20

_NUMBERS = (
    "0 1 2 3 4 7 8 15 16 63 64 127 128 255 1023 1024 8191 16384 65536 262143 262144 "
    "2147483 2147483647 2147483648 9223372036854775807 9223372036854775808 "
    "08 0777 0x1F 0x .5 4096. 0x1.8 0x10.8 0x1p4 010.5 1e 1E3 1e3 1e-3 5e-324 1e400 "
    ". 1.5.5 .e5 1.8e308 -0 -0.0 0.5 2.5 3.5 31.5 32.5 99.99999"
)
NUMBERS = (*_NUMBERS.split(), "1" + "0" * 40)
UNITS = (
    *("kB", "MB", "GB", "TB", "B", "us", "ms", "s", "min", "h", "d", "mb", "KB", "K", "m", "sec"),
    *("minutes", " kB", " MB ", "  s", "kB x"),
)
WORDS = (
    *("on", "off", "TRUE", "fals", "y", "n", "t", "o", "of", "yess", "enable", "default", "none"),
    *("all", "auto", "debug", "info", "always"),
    *("nan", "inf", "-inf", "x", "é", "", " on", "on "),
)
TEXTS = (
    *("a, b", "a b", '"q', '"a b", c', '""', ",", "a,", " a ", "é, ß", "A" * 64, "é" * 40),
    *("\x01\x7f", "\t", "a\tb", "a\nb", "it's", 'a"b', "a\\b", "$user", "%m [%p] "),
    *("ISO", "sql, euro", "german, mdy", "german, default", "iso, sql", "postgresql, us", "ymd"),
    *("stderr, csvlog", "JSONLOG", "heap", "heap, xx", "set, inherit", "view", "data, wal"),
    *("s1, S2", "slot_1", "Slot", "x" * 64, "*", "ANY 2 (a,b)", "0 (a)", "first(a)", "FIRST 1 (a"),
    *('2 (a,b,"c d")', "a-b", "a$b", "any", "latest", "immediate", "0/0", "1FFFFFFFF/0", "0/"),
    *("utf8", "UTF-8", "UNICODE", "latin9", "iso-8859-15", "windows-1252", "koi8", "win936"),
    *("utf16", "WIN"),
    *("read committed", "serializable", "CST", "Mars/Base", "utc", "EST5EDT", "none"),
)
PARTS = (
    *(
        "a",
        "B",
        "é",
        "_",
        "9",
        "0",
        " ",
        "  ",
        "\t",
        "\n",
        ",",
        ", ",
        '"',
        '""',
        "'",
        "\\",
        "(",
        ")",
    ),
    *("$", "*", "/", "-", ".", "%", "x1", "any", "FIRST", "iso", "dmy", "utf", "8", "all", "\x7f"),
)
PIECES = (
    *("'", "''", "\\'", "\\", "\\n", "\\101", "\\777", "\\0", "a", "ab", "_b", ".", "..", "-", "+"),
    *(
        "1",
        "0x1F",
        "1e4",
        "1.5",
        "MB",
        ":",
        "/",
        "=",
        "#",
        " ",
        "\t",
        "\r",
        "é",
        "*",
        "%",
        '"',
        ",",
    ),
    *("'abc'", "'a''b'", "a.b", "\f", "\v", "\u00a0"),
)
"""Of which lines are made that may be no lines at all."""


def assignments(names: list[str], major: int, count: int) -> list[tuple[str, str]]:
    """
    So many different ``(name, line)``, every setting getting its share.

    Switches and words run out of different values when very many are asked for.
    """
    pick = random.Random(SEED)  # noqa: S311 - a repeatable test
    found: dict[tuple[str, str], None] = {}
    for index in range(4 * count):
        name = names[index % len(names)]
        guc = catalog.find(name, major)
        assert guc
        found[name, _line(name, _value(guc, pick), pick)] = None
        if len(found) == count:
            break
    return list(found)


def odd_lines(name: str, count: int) -> Iterator[str]:
    """
    Lines whose value is cut into tokens, escapes and comments in unusual ways.
    """
    pick = random.Random(SEED)  # noqa: S311 - a repeatable test
    for _ in range(count):
        value = "".join(pick.choices(PIECES, k=pick.randrange(1, 6)))
        yield f"{name}{pick.choice((' = ', '=', ' '))}{value}\n"


def _value(guc: Guc, pick: random.Random) -> str:
    if pick.random() < 0.2:
        return pick.choice((*WORDS, *NUMBERS))
    return _OF_TYPE[guc.vartype](guc, pick)


def _word(guc: Guc, pick: random.Random) -> str:
    words = (*guc.members, *guc.build_members, *(word for word, _ in guc.hidden))
    return pick.choice((str.upper, str.title, str.lower))(pick.choice(words))


def _number(guc: Guc, pick: random.Random) -> str:
    return _near_the_limits(guc, pick) if pick.random() < 0.5 else _any_number(pick)


def _any_number(pick: random.Random) -> str:
    plain = pick.choice(NUMBERS)
    if pick.random() < 0.4:
        plain = f"{pick.uniform(0, 9e4):.{pick.randrange(4)}f}"
    sign = pick.choice(("", "", "", "", "-", "+"))
    return sign + plain + (pick.choice(UNITS) if pick.random() < 0.5 else "")


def _near_the_limits(guc: Guc, pick: random.Random) -> str:
    low, high = guc.minimum or 0, guc.maximum or 0
    limit = pick.choice((low, high)) + pick.choice((-1, -0.5, 0, 0, 0.5, 1))
    return f"{limit:.0f}" if guc.vartype == "integer" and pick.random() < 0.7 else repr(limit)


def _text(_guc: Guc, pick: random.Random) -> str:
    if pick.random() < 0.5:
        return pick.choice(TEXTS)
    return "".join(pick.choices((*PARTS, *TEXTS), k=pick.randrange(1, 5)))


_OF_TYPE: dict[str, Callable[[Guc, random.Random], str]] = {
    "bool": lambda _, pick: pick.choice(WORDS),
    "enum": _word,
    "integer": _number,
    "real": _number,
    "string": _text,
}


def _line(name: str, value: str, pick: random.Random) -> str:
    """
    Half of the values are quoted; the others show whether the same ones need to be.
    """
    if pick.random() < 0.5:
        value = "'" + value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n") + "'"
    return f"{name}{pick.choice((' = ', '=', ' '))}{value}\n"
