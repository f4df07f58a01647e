"""
Addresses of pg_hba.conf: networks in either form, host names and keywords.

Numbers are read as the resolver reads them: IPv4 in one to four parts, each decimal, octal or
hexadecimal (inet_aton).
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from socket import AF_INET, AF_INET6, inet_ntop
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor import regex

if TYPE_CHECKING:
    from advisor.parsers._pg_hba_tokens import Field

KEYWORDS = ("all", "samehost", "samenet")
_PART = regex.lazy(r"0[xX][0-9a-fA-F]*|[0-9]+", re.ASCII)
_BITS = regex.lazy(r"[ \t\n\r\f\v]*([+-]?[0-9]+)", re.ASCII)
_LONGEST = 64
"""Characters of a number that can still be an address."""
_WIDTH = {4: 32, 6: 128}
_FAMILY = {4: AF_INET, 6: AF_INET6}
_PRIVATE = (
    (4, int(IPv4Address("10.0.0.0")), 8),
    (4, int(IPv4Address("172.16.0.0")), 12),
    (4, int(IPv4Address("192.168.0.0")), 16),
    (4, int(IPv4Address("169.254.0.0")), 16),
    (4, int(IPv4Address("100.64.0.0")), 10),
    (6, int(IPv6Address("fc00::")), 7),
    (6, int(IPv6Address("fe80::")), 10),
)
"""RFC 1918, 3927, 6598, 4193 and 4291: not reached from the Internet."""
_LOOPBACK = ((4, int(IPv4Address("127.0.0.0")), 8), (6, int(IPv6Address("::1")), 128))


class LineError(Exception):
    """
    The server does not accept this, for the reason in the message.
    """


class Network(Struct, frozen=True):
    """
    An address with a mask, whose bits need not be contiguous.
    """

    version: int
    """4 or 6."""
    address: int
    mask: int

    @property
    def breadth(self) -> str:
        """
        ``loopback``, ``private`` or ``wide``.
        """
        if any(self._is_in(one) for one in _LOOPBACK):
            return "loopback"
        if any(self._is_in(one) for one in _PRIVATE):
            return "private"
        # One public address is one known machine, not a network.
        return "host" if self.mask == _ones(self.version, _WIDTH[self.version]) else "wide"

    @property
    def everything(self) -> bool:
        """
        Whether every address of its version is in it.
        """
        return self.mask == 0

    def covers(self, other: Network) -> bool:
        """
        Whether every address of another network is in this one.
        """
        same = self.version == other.version and self.mask & ~other.mask == 0
        return same and (self.address ^ other.address) & self.mask == 0

    def shown(self) -> tuple[str, str]:
        """
        Address and mask as the server prints them.
        """
        family, width = _FAMILY[self.version], _WIDTH[self.version] // 8
        numbers = (one.to_bytes(width, "big") for one in (self.address, self.mask))
        address, mask = (inet_ntop(family, one) for one in numbers)
        return address, mask

    def _is_in(self, block: tuple[int, int, int]) -> bool:
        version, start, bits = block
        return Network(version, start, _ones(version, bits)).covers(self)


class Address(Struct, frozen=True):
    """
    Whom a record is for: a network, a host name or suffix (``.example.org``), or a keyword.
    """

    text: str
    """As one would write it today: ``10.0.0.0/8``, ``all``, ``db.example.org``."""
    network: Network | None = None
    keyword: str = ""
    name: str = ""

    @property
    def breadth(self) -> str:
        """
        ``loopback``, ``private``, ``host``, ``name`` or ``wide``.
        """
        if self.network:
            return self.network.breadth
        by_keyword = {"all": "wide", "samehost": "loopback", "samenet": "private"}
        return by_keyword.get(self.keyword, "name")

    def covers(self, other: Address) -> bool:
        """
        Whether every client of another address is one of this as well, as far as text tells.
        """
        if self.keyword == "all":
            return True
        if self.network and other.network:
            return self.network.covers(other.network)
        return (self.keyword, self.name.lower()) == (other.keyword, other.name.lower()) and (
            self.network is None and other.network is None
        )


def read_address(fields: tuple[Field, ...]) -> tuple[Address, int]:
    """
    The address at the start of these fields, and how many of them it takes.

    Raises `LineError` with the reason where the server would.
    """
    if not fields:
        raise LineError("the line ends before the address")
    if len(fields[0]) > 1:
        raise LineError("the address field takes one address, not a list")
    token = fields[0][0]
    if not token.quoted and token.text in KEYWORDS:
        return Address(token.text, keyword=token.text), 1
    host, slash, bits = token.text.partition("/")
    number = _number(host)
    if number is None:
        if slash:
            raise LineError(f"a host name takes no mask: “{token.text}”")
        return Address(host, name=host), 1
    version, value = number
    if slash:
        width = _bits(bits, version)
        if width is None:
            raise LineError(f"“{token.text}” has a mask that no IPv{version} address has")
        return _address(Network(version, value, _ones(version, width))), 1
    return _address(Network(version, value, _mask(fields[1:], version))), 2


def _mask(fields: tuple[Field, ...], version: int) -> int:
    if not fields:
        raise LineError("the address needs a mask, as in 192.0.2.7/32")
    if len(fields[0]) > 1:
        raise LineError("the mask field takes one mask, not a list")
    text = fields[0][0].text
    number = _number(text)
    if number is None:
        raise LineError(f"“{text}” is no mask; write the address as in 192.0.2.7/32")
    if number[0] != version:
        raise LineError(f"the mask “{text}” does not fit an IPv{version} address")
    return number[1]


def _address(network: Network) -> Address:
    address, mask = network.shown()
    ones = network.mask.bit_count()
    plain = network.mask == _ones(network.version, ones)
    return Address(f"{address}/{ones}" if plain else f"{address} {mask}", network)


def _ones(version: int, bits: int) -> int:
    width = _WIDTH[version]
    return ((1 << bits) - 1) << (width - bits)


def _bits(text: str, version: int) -> int | None:
    match = _BITS.fullmatch(text) if len(text) <= _LONGEST else None
    bits = int(match[1]) if match else -1
    return bits if 0 <= bits <= _WIDTH[version] else None


def _number(text: str) -> tuple[int, int] | None:
    if len(text) > _LONGEST:
        return None
    if ":" in text:
        try:
            return 6, int(IPv6Address(text.partition("%")[0]))
        except ValueError:
            return None
    value = _inet_aton(text)
    return None if value is None else (4, value)


def _inet_aton(text: str) -> int | None:
    parts = text.split(".")
    if len(parts) > 4 or not all(_PART.fullmatch(part) for part in parts):
        return None
    numbers = [_integer(part) for part in parts]
    *leading, last = numbers
    if last is None or any(one is None or one > 255 for one in leading):
        return None
    if last >= 1 << (8 * (5 - len(parts))):
        return None
    shifts = (24, 16, 8)
    return sum((one or 0) << shift for one, shift in zip(leading, shifts, strict=False)) + last


def _integer(text: str) -> int | None:
    digits, base = (text[2:], 16) if text[:2] in ("0x", "0X") else (text, 10)
    if base == 10 and len(text) > 1 and text[0] == "0":
        base = 8
    try:
        return int(digits, base) if digits else 0
    except ValueError:
        return None
