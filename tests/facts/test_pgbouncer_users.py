"""Whose passwords PgBouncer knows, and in what form."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from advisor.audit import collect_example
from advisor.model import Unknown, Value
from advisor.model.subject import Fact

SCRAM = "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy"
USERS = f'"al" "geheim"\n"bo" "md5{"0" * 32}"\n"cy" "{SCRAM}"\n'
NAMES = ("plain_users", "md5_users", "refused_users", "broken_line", "users_file")
SHOP = "shop = host=db"


def facts(
    settings: str, users: str | None = None, entry: str = SHOP, **files: str
) -> Mapping[str, Fact]:
    """Facts of a pooler with these settings, one per line."""
    tree = {"etc/pgbouncer.ini": f"[databases]\n{entry}\n[pgbouncer]\n{settings}\n", **files}
    if users is not None:
        tree["etc/users.txt"] = users
    (found,) = (one for one in collect_example(tree, {}, {}) if one.target == "pgbouncer")
    return found.facts


def values(found: Mapping[str, Fact]) -> list[object]:
    known = [found[f"pgbouncer.{name}"] for name in NAMES]
    assert all(isinstance(one, Value) for one in known), known
    return [one.value for one in known if isinstance(one, Value)]


@pytest.mark.parametrize(("kind", "refused"), [("md5", ()), ("scram-sha-256", ("bo",))])
def test_users_by_form(kind: str, refused: tuple[str, ...]) -> None:
    """MD5 hashes are of no use where SCRAM is asked for."""
    found = facts(f"auth_type = {kind}\nauth_file = /etc/pgbouncer/users.txt", USERS)

    assert values(found) == [("al",), ("bo",), refused, 0, "etc/users.txt"]


def test_a_broken_file() -> None:
    found = facts("auth_file = users.txt", '"al" "x"\n# and\n"bo" "y"\n')

    assert values(found) == [("al",), (), (), 2, "etc/users.txt"]


def test_without_a_file_there_are_no_users() -> None:
    assert values(facts("auth_user = pgbouncer", USERS)) == [(), (), (), 0, ""]


@pytest.mark.parametrize(
    ("settings", "users", "reason"),
    [
        ("auth_file = users.txt", None, "is not among the files"),
        ("auth_file = other.txt", USERS, "is not among the files"),
        ("auth_file = users.txt", '"al" "{{ secret }}"\n', "is a template"),
        ("auth_file = ${USERS}", USERS, "is filled in later"),
        ("auth_file = users.txt\nauth_type = ${TYPE}", USERS, "is filled in later"),
    ],
)
def test_what_is_not_known(settings: str, users: str | None, reason: str) -> None:
    found = facts(settings, users)

    for name in NAMES:
        fact = found[f"pgbouncer.{name}"]
        assert isinstance(fact, Unknown)
        assert reason in fact.reason


def test_the_place_is_never_a_line_with_a_password() -> None:
    found = facts("auth_type = scram-sha-256\nauth_file = users.txt", USERS + "x\n")
    places = [one.location for name in NAMES if (one := found[f"pgbouncer.{name}"]).location]

    assert {str(place) for place in places} == {"etc/pgbouncer.ini:5"}
    assert "geheim" not in repr(dict(found))


def test_a_file_that_is_mounted() -> None:
    """The path in the container leads to it, whatever it is called here."""
    compose = (
        "services:\n  pool:\n    image: edoburu/pgbouncer:1.23\n    environment: {DB_HOST: db}\n"
        "    volumes: ['./secrets/pool.txt:/etc/pgbouncer/userlist.txt:ro']\n"
    )
    tree = {"compose.yaml": compose, "secrets/pool.txt": USERS}
    (found,) = (one for one in collect_example(tree, {}, {}) if one.target == "pgbouncer")

    assert values(found.facts) == [("al",), ("bo",), (), 0, "secrets/pool.txt"]


@pytest.mark.parametrize(
    ("settings", "entry", "nobody"),
    [
        ("", SHOP, True),
        ("auth_type = scram-sha-256", f"{SHOP} user=shop password=x", True),
        ("auth_file = users.txt", SHOP, False),
        ("auth_user = pgbouncer", SHOP, False),
        ("", f"{SHOP} auth_user=pgbouncer", False),
        *((f"auth_type = {kind}", SHOP, False) for kind in ("any", "trust", "cert", "hba", "pam")),
    ],
)
def test_nobody_is_known(settings: str, entry: str, *, nobody: bool) -> None:
    fact = facts(settings, entry=entry)["pgbouncer.nobody_known"]

    assert isinstance(fact, Value)
    assert fact.value is nobody


@pytest.mark.parametrize(
    ("settings", "entry"),
    [
        ("auth_file = ${USERS}", SHOP),
        ("%include more.ini", SHOP),
        ("", "; none"),
    ],
)
def test_whether_anybody_is_known(settings: str, entry: str) -> None:
    """An included file that is not here may say it, and so may databases that are added later."""
    assert isinstance(facts(settings, entry=entry)["pgbouncer.nobody_known"], Unknown)


@pytest.mark.parametrize(
    ("mount", "missing"),
    [
        ("./secrets/users.txt:/etc/pgbouncer/userlist.txt", "secrets/users.txt"),
        ("./secrets:/etc/pgbouncer", "secrets/userlist.txt"),
        ("./there.txt:/etc/pgbouncer/userlist.txt", ""),
        ("secrets:/etc/pgbouncer", ""),
        ("/srv/users.txt:/etc/pgbouncer/userlist.txt", ""),
        ("./secrets:/elsewhere", ""),
    ],
)
def test_a_mount_of_what_is_not_there(mount: str, missing: str) -> None:
    """Volumes and the host's own folders are not part of the deployment."""
    compose = (
        "services:\n  pool:\n    image: edoburu/pgbouncer:1.23\n    environment: {DB_HOST: db}\n"
        f"    volumes: ['{mount}']\n"
    )
    tree = {"compose.yaml": compose, "there.txt": USERS}
    (found,) = (one for one in collect_example(tree, {}, {}) if one.target == "pgbouncer")
    fact = found.facts["pgbouncer.missing_file"]

    assert isinstance(fact, Value)
    assert fact.value == missing
