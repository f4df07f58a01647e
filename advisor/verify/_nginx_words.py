"""
What a copy of an nginx configuration says instead of paths, hosts, sockets and certificates.

``nginx -t`` opens logs and sockets, makes folders, reads certificates and asks for addresses of
names. In the copy all of that leads below one temporary folder, to loopback, or nowhere.
"""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct, field

from advisor import regex
from advisor.catalog.nginx import find
from advisor.verify.model import UnverifiableError

Words: TypeAlias = Sequence[str]
_FIRST_PORT = 20_000
_LOOPBACK = "127.0.0.1"
_URL = regex.lazy(r"((?:https?|grpcs?)://)?(\[[^\]]*\]|[^:/]*)(.*)")
_PORT = regex.lazy(r"(?:(.*):)?(\d+(?:-\d+)?)")
_REFUSED = (
    "load_module",
    "perl",
    "js_",
    "ssl_engine",
    "google_perftools",
    "geoip_",
    "xslt_",
    "xml_entities",
    "acme_",
    "keyval_zone",
    "state",
    "mgmt",
    "zone_sync",
)
"""How names begin that run or open what cannot be replaced."""
_DROPPED = frozenset(
    {"user", "pid", "lock_file", "working_directory", "debug_connection"}
    | {"ssl_dhparam", "ssl_crl", "ssl_session_ticket_key", "ssl_password_file", "ssl_key_log"}
    | {"ssl_stapling_file", "ssl_stapling_responder", "ssl_ocsp_responder", "ssl_conf_command"}
    | {"ssl_ech_file", "quic_host_key"}
)
_DROPPED_ENDS = tuple(
    f"_ssl_{one}"
    for one in ("certificate", "certificate_key", "crl", "password_file", "key_log", "conf_command")
)
TEMP_PATHS = tuple(
    f"{one}_temp_path" for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)


class Stand(Struct):
    """
    Words that stand in for those of one configuration; the same for the same ones.
    """

    folder: Path
    upstreams: frozenset[str]
    _ports: dict[tuple[str, str], int] = field(default_factory=dict)
    _paths: dict[str, str] = field(default_factory=dict)

    def instead(self, name: str, words: Words) -> Words | None:
        """
        The arguments that the copy has, None when it does without the directive.

        Raises as `refuse` does.
        """
        refuse(name)
        if not words:
            return words
        if name in _DROPPED or name.endswith(_DROPPED_ENDS):
            return None
        change = _CHANGES.get(name)
        if change is not None:
            return change(self, words)
        return self._by_ending(name, words)

    def _by_ending(self, name: str, words: Words) -> Words | None:
        if name.endswith(("_temp_path", "_cache_path")):
            return (self._path(words[0]), *words[1:])
        if name.endswith(("ssl_trusted_certificate", "ssl_client_certificate")):
            authorities = ssl.get_default_verify_paths().cafile
            return (authorities,) if authorities else None
        if name.endswith(("_pass", "_bind")) or name == "pass":
            return (self._address(words[0], self.upstreams), *words[1:])
        return words

    def listen(self, words: Words) -> Words:
        """
        A port of loopback for every socket; nginx takes those that are in use when it only tests.
        """
        found = _PORT.fullmatch(words[0])
        host, port = (found[1] or "*", found[2]) if found else (words[0], "80")
        key = ("*" if host == "0.0.0.0" else host, port)  # noqa: S104 - compared
        number = self._ports.setdefault(key, _FIRST_PORT + len(self._ports))
        rest = (word for word in words[1:] if not word.startswith("ipv6only="))
        return (f"{_LOOPBACK}:{number}", *rest)

    def servers(self, words: Words) -> Words:
        """
        Addresses instead of names, also of those that an upstream has.
        """
        return (self._address(words[0], frozenset()), *words[1:])

    def resolvers(self, words: Words) -> Words:
        """
        Addresses instead of the names of name servers.
        """
        return tuple(word if "=" in word else self._address(word, frozenset()) for word in words)

    def _address(self, word: str, upstreams: frozenset[str]) -> str:
        found = _URL.fullmatch(word)
        if found is None or "$" in word or word.startswith("unix:") or not found[2]:
            return word
        scheme, host, rest = found[1] or "", found[2], found[3]
        group = host in upstreams and not rest.startswith(":")
        if group or host in ("unix", "off", "on") or _is_literal(host):
            return word
        return f"{scheme}{_LOOPBACK}{rest}"

    def _path(self, word: str) -> str:
        if word == "off":
            return word
        return self._paths.setdefault(word, str(self.folder / f"kept-{len(self._paths)}"))


def refuse(name: str) -> None:
    """
    Raise `UnverifiableError` for a directive that must not be run, or that nobody knows.
    """
    if name.startswith(_REFUSED) or not find(name):
        raise UnverifiableError(f"nginx is not shown a configuration with {name}")


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_network(host.strip("[]"), strict=False)
    except ValueError:
        return False
    return True


def _logged(_stand: Stand, words: Words) -> Words:
    return words if words[0] == "off" else ("/dev/null", *words[1:])


def _errors(_stand: Stand, words: Words) -> Words:
    return ("stderr", *words[1:])


def _certificate(_stand: Stand, _words: Words) -> Words:
    # With a variable in its name a certificate is read at a handshake, and there will be none.
    return ("/nowhere/$ssl_server_name",)


def _trusted(stand: Stand, words: Words) -> Words:
    network = "/" in words[0] or ":" in words[0]
    return words if network else stand.servers(words)


_CHANGES: Mapping[str, Callable[[Stand, Words], Words | None]] = {
    "access_log": _logged,
    "error_log": _errors,
    "listen": Stand.listen,
    "server": Stand.servers,
    "resolver": Stand.resolvers,
    "auth_http": Stand.servers,
    "set_real_ip_from": _trusted,
    "ssl_certificate": _certificate,
    "ssl_certificate_key": _certificate,
}
