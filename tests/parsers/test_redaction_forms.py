"""Secrets in commands and settings, whatever the form, and what only looks like one."""

from __future__ import annotations

import pytest

from advisor.parsers.redaction import is_secret_name, redact


@pytest.mark.parametrize(
    "text",
    [
        'PGPASSWORD="hunter2" pg_basebackup',
        "PGPASSWORD='hunter2' psql",
        "AWS_SECRET_ACCESS_KEY=hunter2 wal-g wal-push %p",
        "push --token=hunter2 %p",
        "host=db password=hunter2",
        "postgresql://shop:hunter2@db/shop",
        'host=db password="hunter2"',
    ],
)
def test_secrets_are_masked(text: str) -> None:
    assert "hunter2" not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize(
    "text",
    ["${PWD}/nginx.conf", "PWD=/srv", "cp %p /archive/%f", "-c work_mem=4MB", "TOKEN=$TOKEN"],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_the_working_folder_is_no_password() -> None:
    assert not is_secret_name("PWD")
    assert is_secret_name("DB_PWD")
