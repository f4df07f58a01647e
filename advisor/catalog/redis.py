"""
Settings of Redis that rules speak of: what they take and their defaults.

Source: redis.conf of the releases (https://redis.io/docs/latest/operate/oss_and_stack/management/config/)
and config.c; defaults are those of a server without any file, checked with Redis 7.0. The file that
comes with Redis sets some of them to other values, ``bind`` above all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from advisor import regex


class Kind(StrEnum):
    """
    What a setting takes.
    """

    NUMBER = "number"
    MEMORY = "memory"
    """Bytes, with ``k m g`` for powers of 1000 and ``kb mb gb`` for powers of 1024."""
    BOOL = "bool"
    """``yes`` or ``no``."""
    WORD = "word"
    """One of a few words, in any case."""
    TEXT = "text"
    """One word."""
    WORDS = "words"
    """Any number of words, kept with one blank between them."""
    SAVES = "saves"
    """Pairs of seconds and changes; lines add up, and an empty text forgets those before it."""
    SECRET = "secret"  # noqa: S105 - a kind, not a secret
    """Whether it is set is kept, and nothing else."""


class Setting(Struct, frozen=True):
    """
    One directive.
    """

    kind: Kind
    default: bool | int | str
    words: tuple[str, ...] = ()
    least: int = 0
    """The smallest number that is accepted."""


POLICIES = (
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "noeviction",
)
DEFAULT_SAVE = "3600 1 300 100 60 10000"
FEWEST_FILES = 32
"""File descriptors that Redis keeps for itself (CONFIG_MIN_RESERVED_FDS in server.h)."""
SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "maxmemory": Setting(Kind.MEMORY, 0),
        "maxmemory-policy": Setting(Kind.WORD, "noeviction", POLICIES),
        "maxclients": Setting(Kind.NUMBER, 10_000, least=1),
        "timeout": Setting(Kind.NUMBER, 0),
        "tcp-keepalive": Setting(Kind.NUMBER, 300),
        "tcp-backlog": Setting(Kind.NUMBER, 511),
        "databases": Setting(Kind.NUMBER, 16, least=1),
        "port": Setting(Kind.NUMBER, 6379),
        "tls-port": Setting(Kind.NUMBER, 0),
        "io-threads": Setting(Kind.NUMBER, 1, least=1),
        "hz": Setting(Kind.NUMBER, 10),
        "auto-aof-rewrite-percentage": Setting(Kind.NUMBER, 100),
        "auto-aof-rewrite-min-size": Setting(Kind.MEMORY, 64 * 1024**2),
        "appendonly": Setting(Kind.BOOL, default=False),
        "no-appendfsync-on-rewrite": Setting(Kind.BOOL, default=False),
        "appendfsync": Setting(Kind.WORD, "everysec", ("everysec", "always", "no")),
        "save": Setting(Kind.SAVES, DEFAULT_SAVE),
        "protected-mode": Setting(Kind.BOOL, default=True),
        "cluster-enabled": Setting(Kind.BOOL, default=False),
        "stop-writes-on-bgsave-error": Setting(Kind.BOOL, default=True),
        "activedefrag": Setting(Kind.BOOL, default=False),
        "lazyfree-lazy-eviction": Setting(Kind.BOOL, default=False),
        "bind": Setting(Kind.WORDS, "* -::*"),
        "unixsocket": Setting(Kind.TEXT, ""),
        "aclfile": Setting(Kind.TEXT, ""),
        "requirepass": Setting(Kind.SECRET, default=False),
    }
)
"""By name in lower case."""
SEVERAL: Mapping[str, int] = MappingProxyType({"rename-command": 2, "user": 1, "loadmodule": 1})
"""Directives that may stand several times, and how many words each needs at least."""
_MEMORY = regex.lazy(r"(\d{1,18})(k|kb|m|mb|g|gb|b|)", re.IGNORECASE)
_MEMORY_UNITS = {
    "": 1,
    "b": 1,
    "k": 1000,
    "kb": 1024,
    "m": 1000**2,
    "mb": 1024**2,
    "g": 1000**3,
    "gb": 1024**3,
}
_NUMBER = regex.lazy(r"0|[1-9]\d{0,17}", re.ASCII)
_BOOLS = {"yes": True, "no": False}


def read_value(name: str, words: tuple[str, ...]) -> bool | int | str | None:
    """
    A written value as Redis takes it, None when it refuses it; ``save`` is read elsewhere.

    Raises `KeyError` for a name that the catalogue does not hold.
    """
    setting = SETTINGS[name]
    if setting.kind is Kind.WORDS:
        return " ".join(words) if words else None
    if len(words) != 1:
        return None
    word = words[0]
    if setting.kind is Kind.SECRET:
        return bool(word)
    if setting.kind is Kind.BOOL:
        return _BOOLS.get(word.lower())
    if setting.kind is Kind.WORD:
        return word.lower() if word.lower() in setting.words else None
    if setting.kind is Kind.NUMBER:
        known = int(word) if _NUMBER.fullmatch(word) else None
        return known if known is not None and known >= setting.least else None
    return parse_memory(word) if setting.kind is Kind.MEMORY else word


def parse_memory(text: str) -> int | None:
    """
    Bytes of a size as Redis writes it; None when it is none.
    """
    match = _MEMORY.fullmatch(text)
    return int(match[1]) * _MEMORY_UNITS[match[2].lower()] if match else None


def read_saves(words: tuple[str, ...]) -> str | None:
    """
    The pairs of one ``save``, empty for "never"; None when Redis refuses them.
    """
    if words == ("",):
        return ""
    pairs = all(_NUMBER.fullmatch(word) for word in words) and len(words) % 2 == 0
    return " ".join(words) if words and pairs and all(w != "0" for w in words[::2]) else None
