from __future__ import annotations

import time

import pytest

from advisor.report.masking import mask, secret_spans


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("postgresql://shop:hunter2@db/shop", "postgresql://shop:***@db/shop"),
        ("redis://:p@ss:w@cache:6379/0", "redis://:***@cache:6379/0"),
        ("POSTGRES_PASSWORD: hunter2", "POSTGRES_PASSWORD: ***"),
        ("DB_PASS=hunter2", "DB_PASS=***"),
        ('    password="hunter 2",', '    password="***",'),
        (
            "primary_conninfo = 'host=a password=hunter2 port=1'",
            "primary_conninfo = 'host=a password=*** port=1'",
        ),
        (
            "primary_conninfo = 'password=''hunter 2'' port=1'",
            "primary_conninfo = 'password=''***'' port=1'",
        ),
        ("requirepass hunter2", "requirepass ***"),
        ("SECRET_KEY = 'hunter2'", "SECRET_KEY = '***'"),
        ('{"api_key": "hunter2"}', '{"api_key": "***"}'),
        (
            'proxy_set_header Authorization "Bearer hunter2";',
            'proxy_set_header Authorization "Bearer ***";',
        ),
    ],
)
def test_secrets_are_stars(line: str, shown: str) -> None:
    assert mask(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        "password_encryption = scram-sha-256",
        "server_tokens off;",
        "proxy_pass http://shop;",
        "POSTGRES_PASSWORD_FILE: /run/secrets/db",
        "POSTGRES_PASSWORD: ${PGPASSWORD}",
        "password=os.environ['PGPASSWORD']",
        "postgresql://shop@db/shop",
        "postgresql://shop:${PGPASSWORD}@db/shop",
        "proxy_set_header Authorization $http_authorization;",
        "image: registry:5000/app@sha256:abc",
        "",
    ],
)
def test_other_lines_stay(line: str) -> None:
    assert mask(line) == line


def test_spans_that_overlap_are_masked_once() -> None:
    assert mask("secret=redis://:hunter2@h/0 x") == "secret=*** x"


@pytest.mark.parametrize("text", ["password=", "://a:", "password '", "authorization ", "://a:b@"])
def test_the_time_grows_with_the_length(text: str) -> None:
    """
    A minified file is one line of megabytes.
    """
    started = time.process_time()
    secret_spans(text * 50_000)

    assert time.process_time() - started < 5
