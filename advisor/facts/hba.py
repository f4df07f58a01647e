"""
Facts of pg_hba.conf: every record, and the earlier one that leaves nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from advisor.deployment.model import Access, Deployment
from advisor.facts.common import computed
from advisor.model import Origin, Value
from advisor.model.subject import Fact, Subject

if TYPE_CHECKING:
    from advisor.parsers.pg_hba import HbaRecord, Token

_ENCRYPTED = ("hostssl", "hostgssenc")
_MAX_RECORDS = 500
"""Records of one file that are judged: each is held against all before it."""


def subjects(deployment: Deployment) -> Iterator[Subject]:
    """
    Every record of every file.
    """
    for access in deployment.access:
        records = access.document.records[:_MAX_RECORDS]
        for index, record in enumerate(records):
            yield Subject(
                target="postgresql.hba",
                name=str(record.location),
                facts=_facts(record, records[:index], access),
                location=record.location,
                path=record.location.path,
            )


def _facts(record: HbaRecord, earlier: Sequence[HbaRecord], access: Access) -> dict[str, Fact]:
    place = record.location
    address = record.address
    shadow = next((one for one in earlier if covers(one, record)), None)
    everyone = record.any_database and record.any_user and _is_everywhere(record)
    facts: dict[str, Fact] = {
        "hba.type": Value(record.type, Origin.LITERAL, place),
        "hba.databases": Value(_joined(record.databases), Origin.LITERAL, place),
        "hba.users": Value(_joined(record.users), Origin.LITERAL, place),
        "hba.address": Value(address.text if address else "", Origin.LITERAL, place),
        "hba.breadth": computed(address.breadth if address else "local"),
        "hba.everyone": computed(everyone),
        "hba.method": Value(record.method, Origin.LITERAL, record.method_location or place),
        "hba.encrypted": computed(record.type in _ENCRYPTED),
        "hba.certificate": computed("clientcert" in record.options or record.method == "cert"),
        "hba.line": computed(place.line),
        "hba.container": computed(access.database is not None and access.database.host.container),
    }
    return facts | {
        "hba.shadowed": computed(shadow is not None),
        "hba.shadow_line": Value(shadow.location.line, Origin.LITERAL, shadow.location)
        if shadow
        else Value(None, Origin.DEFAULT),
        "hba.shadow_method": computed(shadow.method if shadow else ""),
    }


def covers(first: HbaRecord, second: HbaRecord) -> bool:
    """
    Whether the first record surely takes every connection that fits the second.

    Roles that are members of groups and names that are patterns count only where they are equal.
    """
    if not first.complete or first.location.path != second.location.path:
        return False
    any_kind = first.type == "host" and second.type != "local"
    if first.type != second.type and not any_kind:
        return False
    databases = first.any_database and not any(
        one.is_keyword("replication") for one in second.databases
    )
    if not databases and not _includes(first.databases, second.databases):
        return False
    if not first.any_user and not _includes(first.users, second.users):
        return False
    if first.address is None or second.address is None:
        return first.address is second.address
    return first.address.covers(second.address)


def _includes(first: Sequence[Token], second: Sequence[Token]) -> bool:
    known = {(one.text, one.quoted) for one in first}
    return all((one.text, one.quoted) in known and not one.is_file for one in second)


def _is_everywhere(record: HbaRecord) -> bool:
    address = record.address
    if address is None:
        return False
    return address.keyword == "all" or (address.network is not None and address.network.everything)


def _joined(words: Sequence[Token]) -> str:
    return ",".join(one.text for one in words)
