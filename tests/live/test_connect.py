"""Where a server is, and what is said when it cannot be reached: never a secret."""

from __future__ import annotations

import sys

import pytest

from advisor.errors import LiveError
from advisor.live.connect import connected, driver, has_password, said

SECRET = "hun%ter 2"  # noqa: S105 - what the tests look for
QUOTED = "hun%25ter%202"


@pytest.mark.parametrize(
    ("dsn", "secret"),
    [
        ("host=a dbname=b", False),
        ("service=shop", False),
        ("host=a password=x", True),
        ("postgresql://u@a/b", False),
        ("postgresql://u:x@a/b", True),
        ("host=a sslpassword=x", True),
        ("", False),
    ],
)
def test_which_strings_hold_a_secret(dsn: str, *, secret: bool) -> None:
    assert has_password(dsn) is secret


@pytest.mark.parametrize(
    "text",
    [f"failed for {SECRET}", f"failed for {QUOTED} of x", f"postgresql://u:{QUOTED}@a: no"],
)
def test_messages_lose_the_password_in_every_spelling(text: str) -> None:
    shown = said(RuntimeError(f"\n{text}\nDETAIL: more"), f"host=a password='{SECRET}'")
    assert SECRET not in shown
    assert QUOTED not in shown
    assert "\n" not in shown


def test_the_password_of_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", SECRET)
    assert said(RuntimeError(f"no {SECRET}")) == "no ***"


@pytest.mark.parametrize("dsn", ["nonsense", "host=", "postgresql://[::1", "host=a =b"])
def test_what_is_not_understood_is_not_quoted(dsn: str) -> None:
    with pytest.raises(LiveError) as raised, connected(f"{dsn} {SECRET}"):
        pass
    assert "hun%ter" not in str(raised.value)


def test_without_the_driver_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LiveError, match=r"pip install 'deploy-advisor\[live\]'"):
        driver()
