"""
Over which networks a PostgreSQL server may be reached.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from advisor.deployment.model import Database, Deployment
from advisor.facts.common import computed, opened_to_others
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.postgresql import Effective

if TYPE_CHECKING:
    from advisor.parsers.pg_hba import HbaRecord

_EVERYWHERE = frozenset({"*", "0.0.0.0", "::"})  # noqa: S104 - looked for, not bound
_REACHES = ("socket", "loopback", "private", "network", "everywhere")
"""From the narrowest to the widest."""
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10")
_PRIVATE_6 = ("fc00::/7", "fe80::/10")
_CLIENTS = {"private": "private", "name": "private", "wide": "wide"}
"""Breadth of a record to who may connect; the others stay on the machine."""
_ENCRYPTED = frozenset({"hostssl", "hostgssenc"})


def listens(one: Effective | None) -> Fact:
    """
    The widest network that a server listens on: socket, loopback, private, network, everywhere.

    ``network`` is a public address or a name; a server whose files do not say listens on loopback.
    """
    if one is None:
        return Value("loopback", Origin.DEFAULT, note="default of PostgreSQL")
    if one.placeholder:
        return Unknown("a template fills its value in", one.value_location)
    words = (word.strip(' \t"') for word in one.raw[:4096].split(","))
    found = [_REACHES.index(reach(word)) for word in words if word]
    return Value(_REACHES[max(found, default=0)], Origin.LITERAL, one.location)


def reach(host: str) -> str:
    """
    How far one address reaches, as in `listens`; a name counts as a network.
    """
    if host in _EVERYWHERE:
        return "everywhere"
    if host.lower().startswith("localhost"):
        return "loopback"
    try:
        address = ip_address(host)
    except ValueError:
        return "network"
    if address.is_loopback:
        return "loopback"
    return "private" if any(address in network for network in _networks()) else "network"


def reached(host: str) -> bool:
    """
    Whether a connection to this host of a connection string crosses a network.
    """
    host = host.strip().strip("[]")
    return bool(host) and host[0] not in "/@" and reach(host) != "loopback"


def _networks() -> list[IPv4Network | IPv6Network]:
    return [ip_network(text) for text in (*_PRIVATE, *_PRIVATE_6)]


def clients_from(deployment: Deployment, database: Database) -> Fact:
    """
    Whom pg_hba.conf lets in over a network without encryption: nobody, private, wide or unseen.
    """
    documents = [one.document for one in deployment.access if one.database is database]
    found = {_clients(record) for document in documents for record in document.records}
    for breadth in ("wide", "private"):
        if breadth in found:
            return computed(breadth)
    seen = documents and all(document.complete and document.records for document in documents)
    return computed("nobody" if seen else "unseen")


def image_facts(deployment: Deployment, database: Database) -> dict[str, Fact]:
    """
    What the entrypoint of the official image writes into pg_hba.conf, and who reaches the server.

    The variable counts when the data directory is made, and no longer where files give a
    pg_hba.conf of their own. Source: docker-library/postgres, docker-entrypoint.sh.
    """
    service = deployment.services.named(database.service)
    method = service.variables.get("POSTGRES_HOST_AUTH_METHOD") if service is not None else None
    if any(one.database is database for one in deployment.access):
        method = None
    return {
        "pg.image_auth": computed("")
        if method is None or not isinstance(method.value, str)
        else Value(method.value, method.origin, method.location, method.note),
        "pg.opened": opened_to_others(service) if service is not None else computed(False),
    }


def _clients(record: HbaRecord) -> str:
    if record.method == "reject" or record.type in _ENCRYPTED or record.address is None:
        return ""
    return _CLIENTS.get(record.address.breadth, "")
