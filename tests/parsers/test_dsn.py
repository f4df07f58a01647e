from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model import Secret
from advisor.parsers.dsn import Dsn, parse_dsn
from advisor.parsers.redaction import (
    MAX_TEXT,
    holds_password,
    is_secret_name,
    redact,
    redact_words,
    wrap,
)


@pytest.mark.parametrize(
    ("text", "dsn"),
    [
        (
            "postgresql+psycopg2://u:p%40ss@db:5432/app?sslmode=require",
            Dsn(
                "postgresql",
                "psycopg2",
                "db",
                5432,
                "app",
                "u",
                Secret("p@ss"),
                {"sslmode": "require"},
            ),
        ),
        ("redis://:pw@r:6379/0", Dsn("redis", "", "r", 6379, "0", "", Secret("pw"))),
        ("postgres://db/app", Dsn("postgres", host="db", database="app")),
        ("POSTGRES+AsyncPG://u@db", Dsn("postgres", "asyncpg", "db", user="u")),
        ("sqlite:///x/y.db", Dsn("sqlite", database="x/y.db")),
        ("postgresql://[::1]:5/d", Dsn("postgresql", host="::1", port=5, database="d")),
        ("postgresql://h1:1,h2:2/d", Dsn("postgresql", host="h1", port=1, database="d")),
        ("postgresql://db:port/d", Dsn("postgresql", host="db", database="d")),
        (
            "postgresql:///d?host=/run/pg&port=6432&user=u&password=p",
            Dsn(
                "postgresql",
                host="/run/pg",
                port=6432,
                database="d",
                user="u",
                password=Secret("p"),
                query={"host": "/run/pg", "port": "6432", "user": "u"},
            ),
        ),
        ("amqp://", Dsn("amqp")),
    ],
)
def test_parts(text: str, dsn: Dsn) -> None:
    assert parse_dsn(f" {text}\n") == dsn


@pytest.mark.parametrize("text", ["", "db:5432", "host=db password=x", "://x", "/a/b"])
def test_no_urls(text: str) -> None:
    assert parse_dsn(text) is None


@pytest.mark.parametrize("password", ["p@ss", "p/ss", "p?ss", "p@s/s?x@y", "a:b", ""])
def test_an_unescaped_password_never_ends_up_elsewhere(password: str) -> None:
    dsn = parse_dsn(f"postgres://u:{password}@db/app")
    assert dsn is not None
    assert dsn.password is not None
    if "/" not in password.partition("@")[2]:
        assert (dsn.host, dsn.database, dsn.password.text) == ("db", "app", password)


def test_text_forms_hide_the_password() -> None:
    dsn = parse_dsn("postgresql+asyncpg://u:hunter2@db:6432/app?sslpassword=hunter2")
    assert "hunter2" not in repr(dsn)
    assert str(dsn) == "postgresql+asyncpg://db:6432/app"


@given(st.text() | st.text(alphabet=st.sampled_from("a:/@?&=%[],+0"), max_size=40))
@settings(max_examples=500, deadline=None)
def test_any_text_is_a_url_or_not(text: str) -> None:
    dsn = parse_dsn("postgres://" + text)
    assert dsn is not None
    assert dsn.port is None or 0 <= dsn.port <= 99999


@pytest.mark.parametrize(
    "name",
    [
        "POSTGRES_PASSWORD",
        "SECRET_KEY",
        "API_KEY",
        "access_token",
        "PGPASSFILE_PASSWD",
        "DB_PASS",
        "SENTRY_DSN",
        "AWS_CREDENTIALS",
        "KEYS",
        "PASSWORD_SALT",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "KEYCLOAK_HOST",
        "KEEP_ALIVE",
        "WORKERS",
        "BYPASS",
        "KEYSPACE",
        "POSTGRES_HOST_AUTH_METHOD",
        "AUTH_TYPE",
    ],
)
def test_names_of_other_things(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://u:hunter2@db/app", "postgres://u:***@db/app"),
        ("redis://:hunter2@r", "redis://:***@r"),
        ("http://db:5432/app", "http://db:5432/app"),
        ("host=db password=hunter2 dbname=x", "host=db password=*** dbname=x"),
        ("PGPASSWORD='hun ter2' psql", "PGPASSWORD=*** psql"),
        ("ALTER ROLE x PASSWORD 'hunter2'", "ALTER ROLE x PASSWORD ***"),
        ("a=1&password=hunter2&b=2", "a=1&password=***&b=2"),
        ("password_encryption = scram-sha-256", "password_encryption = scram-sha-256"),
        ("x" * (MAX_TEXT + 1), "***"),
    ],
)
def test_redaction(text: str, shown: str) -> None:
    assert redact(text) == shown
    assert holds_password(text) == (text != shown)


def test_redaction_of_commands() -> None:
    words = ["redis-server", "--requirepass", "hunter2", "--maxmemory", "1gb"]
    assert list(redact_words(words)) == [
        "redis-server",
        "--requirepass",
        "***",
        "--maxmemory",
        "1gb",
    ]
    assert list(redact_words(["--db-password=hunter2", "--token", "x"])) == [
        "--db-password=***",
        "--token",
        "***",
    ]


def test_wrapping() -> None:
    assert wrap("DB_PASSWORD", "x") == Secret("x")
    assert wrap("URL", "postgres://u:p@db/x") == Secret("postgres://u:p@db/x")
    assert wrap("WORKERS", "4") == "4"
