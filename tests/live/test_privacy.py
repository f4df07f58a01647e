"""What a snapshot must not hold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.live._privacy import anonymous, clean

SECRET = "hunter2secret"  # noqa: S105 - what the tests look for


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("primary_conninfo", f"host=a password={SECRET} user=b"),
        ("primary_conninfo", f"postgresql://u:{SECRET}@a/b"),
        ("archive_command", f"AWS_SECRET_ACCESS_KEY={SECRET} wal-g push %p"),
        ("ssl_passphrase_command", f"echo {SECRET}"),
        ("app.jwt_secret", SECRET),
        ("restore_command", f"fetch --token={SECRET} %f"),
    ],
)
def test_no_setting_shows_a_password(name: str, setting: str) -> None:
    row = clean("settings", {"name": name, "setting": setting, "boot": setting}, samples=True)
    assert SECRET not in str(row)
    assert "***" in row["setting"]


@pytest.mark.parametrize("name", ["password_encryption", "ssl_key_file", "work_mem"])
def test_harmless_settings_stay(name: str) -> None:
    row = {"name": name, "setting": "server.key"}
    assert clean("settings", row, samples=False) == row


def test_options_of_pg_hba_lose_their_passwords() -> None:
    options = [f"ldapbindpasswd={SECRET}", "ldapserver=a", f"radiussecrets={SECRET},x"]
    row = clean("hba", {"line": 1, "options": options}, samples=True)
    assert row["options"] == ["ldapbindpasswd=***", "ldapserver=a", "radiussecrets=***"]


def test_errors_of_files_lose_their_passwords() -> None:
    row = {"error": f'syntax error near "password={SECRET}"'}
    assert SECRET not in str(clean("file_errors", row, samples=True))
    assert SECRET not in str(clean("hba", {"line": 1, **row}, samples=True))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * FROM t WHERE a = 'x''y' AND b = $1", "SELECT * FROM t WHERE a = '?' AND b = $1"),
        ("SELECT E'a\\tb' /* user=7 */ FROM t -- mail\n", "SELECT '?'  FROM t"),
        ("SELECT $tag$it's$tag$, $$x$$", "SELECT '?', '?'"),
        ("SELECT 1 WHERE a = 'cut off", "SELECT 1 WHERE a = '?'"),
        (r"SELECT E'a\'b', 'c\', d", "SELECT '?', '?', d"),
        ("SELECT \"it's\", 'x'", "SELECT \"it's\", '?'"),
        ("SELECT $1, $2 FROM t WHERE a$b = $10", "SELECT $1, $2 FROM t WHERE a$b = $10"),
        ('SELECT "Odd Name" FROM t', 'SELECT "Odd Name" FROM t'),
    ],
)
def test_statements_lose_constants_and_comments(query: str, expected: str) -> None:
    """What pg_stat_statements leaves in: entries that were evicted while their statement ran."""
    assert clean("statements", {"query": query}, samples=False)["query"] == expected


@settings(max_examples=100)
@given(st.text(alphabet="ab' $-/*\\\n", max_size=30), st.text(alphabet="ab ", max_size=10))
def test_a_quoted_constant_never_survives(before: str, after: str) -> None:
    if "'" in before or "$" in before or "/*" in before or "--" in before:
        before = ""
    assert SECRET not in anonymous(f"{before}'{SECRET}'{after}")
