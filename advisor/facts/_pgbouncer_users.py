"""
Whose passwords PgBouncer knows, and in what form.

Source: "auth_type", "auth_file" and "Authentication file format"
(https://www.pgbouncer.org/config.html).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.deployment.model import Pooler
from advisor.facts.common import first_unknown, origin_of
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.pgbouncer_users import Form, User

_ASKS = frozenset({"md5", "scram-sha-256", "plain"})
"""Ways to log in for which the password, or a hash of it, must be known."""
_SOURCES = ("auth_type", "auth_file", "auth_user")
_NAMES = ("pgbouncer.plain_users", "pgbouncer.md5_users", "pgbouncer.refused_users")
_BROKEN = "pgbouncer.broken_line"
_FILE = "pgbouncer.users_file"
_MOST = 5


def user_facts(pooler: Pooler, settings: Mapping[str, Fact]) -> dict[str, Fact]:
    """
    All of these facts under ``pgbouncer.``.

    Their place is the setting that names the file: no report shows a line that holds a password.
    """
    file, kind = settings["pgbouncer.auth_file"], settings["pgbouncer.auth_type"]
    facts = {
        "pgbouncer.nobody_known": _nobody_known(pooler, settings),
        "pgbouncer.missing_file": _missing(pooler, file),
    }
    unknown = first_unknown(file, kind) or _unread(pooler, file)
    if unknown is not None:
        return facts | dict.fromkeys((*_NAMES, _BROKEN, _FILE), unknown)
    document = pooler.users
    users = document.users if document else ()
    plain, md5 = ([one for one in users if one.form is form] for form in (Form.PLAIN, Form.MD5))
    scram = isinstance(kind, Value) and kind.value == "scram-sha-256"
    lists = (plain, md5, md5 if scram else [])
    broken = document.broken.line if document and document.broken else 0
    return {
        **facts,
        **{name: _named(found, file.location) for name, found in zip(_NAMES, lists, strict=True)},
        _BROKEN: Value(broken, Origin.EVALUATED, file.location),
        _FILE: Value(document.path if document else "", Origin.EVALUATED),
    }


def _missing(pooler: Pooler, file: Fact) -> Fact:
    if isinstance(file, Unknown):
        return file
    return Value(pooler.missing_users, Origin.EVALUATED, file.location)


def _unread(pooler: Pooler, file: Fact) -> Unknown | None:
    """
    Why the users are not known although a file of them is.
    """
    if isinstance(file, Unknown) or not file.value:
        return None
    if pooler.users is None:
        return Unknown("its auth_file is not among the files of the deployment", file.location)
    if pooler.users.template:
        return Unknown("its auth_file is a template", Location(pooler.users.path, 1))
    return None


def _nobody_known(pooler: Pooler, settings: Mapping[str, Fact]) -> Fact:
    """
    Whether it asks for passwords and has none: no file of them and nobody to ask the server as.
    """
    kind, file, user = (settings[f"pgbouncer.{name}"] for name in _SOURCES)
    unknown = first_unknown(kind, file, user)
    if unknown is not None:
        return unknown
    if not pooler.document.complete or not pooler.document.databases:
        return Unknown("the configuration of PgBouncer was not read wholly", pooler.location)
    asked = any("auth_user" in one.parameters for one in pooler.document.databases)
    values = [one.value for one in (kind, file, user) if isinstance(one, Value)]
    nobody = values[0] in _ASKS and not any(values[1:]) and not asked
    return Value(nobody, origin_of(kind, file, user))


def _named(users: Sequence[User], place: Location | None) -> Fact:
    names = tuple(one.name for one in users[:_MOST])
    return Value(names, Origin.EVALUATED, place)
