"""
Sockets: what ``listen`` says, and what servers on one socket share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.parsers._nginx_model import Directive, is_placeholder

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from advisor.parsers._nginx_levels import Scope


class Address(Struct, frozen=True):
    """
    Where something listens: host and port, or a unix socket.
    """

    host: str
    """Without brackets; ``""`` for a socket and when it is not known."""
    port: int | None
    """None for a socket, and when it is not known or a range."""
    socket: str = ""
    """Path of a unix socket."""


class Listen(Struct, frozen=True):
    """
    One ``listen`` of a server, or the one nginx assumes when there is none.
    """

    directive: Directive | None
    """None when the server has no ``listen``: it then listens on ``*:80`` (``*:8000`` non-root)."""
    address: Address
    key: str
    """The same for all ways to write one socket: ``80``, ``*:80`` and ``0.0.0.0:80``."""
    params: tuple[str, ...]
    """Everything after the address, as written."""
    uncertain: bool
    """Whether a placeholder or a variable stands in it, so that more may be set."""

    @property
    def ssl(self) -> bool:
        """
        Whether it carries ``ssl``, or ``quic``, which is always encrypted.
        """
        return "ssl" in self.params or self.quic

    @property
    def http2(self) -> bool:
        """
        Whether it carries ``http2`` (or its forerunner ``spdy``, which newer versions ignore).
        """
        return "http2" in self.params

    @property
    def quic(self) -> bool:
        """
        Whether it is an HTTP/3 socket.
        """
        return "quic" in self.params

    @property
    def default_server(self) -> bool:
        """
        Whether its server takes requests for unknown names.
        """
        return "default_server" in self.params or "default" in self.params

    @property
    def proxy_protocol(self) -> bool:
        """
        Whether connections begin with a PROXY line.
        """
        return "proxy_protocol" in self.params

    @property
    def reuseport(self) -> bool:
        """
        Whether each worker has a socket of its own.
        """
        return "reuseport" in self.params

    def param(self, name: str) -> str | None:
        """
        Value of a parameter such as ``backlog=1024``; None when it is not given.
        """
        for param in self.params:
            key, sign, value = param.partition("=")
            if key == name and sign:
                return value
        return None


class Socket(Struct, frozen=True):
    """
    One address and port with all its servers. What one of them says in ``listen`` holds for all.
    """

    key: str
    users: tuple[tuple[Scope, Listen], ...]
    """In the order of the configuration."""
    default: Scope
    """Takes requests for unknown names: the server that says so, else the first."""
    ssl: bool
    http2: bool
    uncertain: bool
    """Whether a placeholder in one of the ``listen`` may decide more."""


def parse_listens(server: Scope) -> tuple[Listen, ...]:
    """
    All sockets of a server: at least one, because nginx assumes ``*:80``.
    """
    found = tuple(_listen(item) for item in server.own("listen") if item.args)
    return found or (_ASSUMED,)


def gather(listens: Mapping[Scope, Iterable[Listen]]) -> dict[str, Socket]:
    """
    Sockets by key.
    """
    found: dict[str, list[tuple[Scope, Listen]]] = {}
    for server, own in listens.items():
        for listen in own:
            found.setdefault(listen.key, []).append((server, listen))
    return {key: _socket(key, tuple(users)) for key, users in found.items()}


def _socket(key: str, users: tuple[tuple[Scope, Listen], ...]) -> Socket:
    marked = (server for server, listen in users if listen.default_server)
    return Socket(
        key=key,
        users=users,
        default=next(marked, users[0][0]),
        ssl=any(listen.ssl for _, listen in users),
        http2=any(listen.http2 for _, listen in users),
        uncertain=any(listen.uncertain for _, listen in users),
    )


def parse_address(text: str, *, port: int | None) -> Address:
    """
    An address as ``listen``, ``server`` and the pass directives write it.

    `port` is what holds when none is written. Parts with variables or placeholders are unknown.
    """
    if text.startswith("unix:"):
        return Address("", None, text[5:])
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return Address(_known(host), _port(rest[1:]) if rest else port)
    host, colon, number = text.rpartition(":") if text.count(":") == 1 else (text, "", "")
    known = _known(host)
    return Address(known, _port(number) if colon else port if known else None)


def _known(text: str) -> str:
    return "" if "$" in text or is_placeholder(text) else text


def _port(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 5 else None


def _listen(directive: Directive) -> Listen:
    text, *params = directive.args
    bare = text.isascii() and text.replace("-", "").isdigit()
    address = parse_address(f"*:{text}" if bare else text, port=80)
    if address.host == "*":
        address = Address("0.0.0.0", address.port)  # noqa: S104 - as nginx writes it
    quic = "udp " if "quic" in params else ""
    place = address.socket or f"{address.host.lower()}:{address.port or text}"
    return Listen(
        directive=directive,
        address=address,
        key=quic + place,
        params=tuple(params),
        uncertain=any("$" in arg or is_placeholder(arg) for arg in directive.args),
    )


_ASSUMED = Listen(None, Address("0.0.0.0", 80), "0.0.0.0:80", (), uncertain=False)  # noqa: S104 - nginx's own default
