"""
Edits of pgbouncer.ini.
"""

from __future__ import annotations

import pytest

from advisor.fix.edits import RefusedError
from tests.support.fixes import change, edited

TEXT = """\
[databases]
shop = host=db

[pgbouncer]
listen_port = 6432
auth_type   =   any
;max_client_conn = 100
; the end
[users]
admin = pool_mode=session
"""


def test_the_rest_of_the_line_is_the_value() -> None:
    made = change("pgbouncer", "auth_type", "scram-sha-256", at=(6, 1))

    assert edited(TEXT, made) == TEXT.replace("=   any", "=   scram-sha-256")


@pytest.mark.parametrize(
    ("setting", "anchor"), [("max_client_conn", "= 100"), ("query_timeout", "any")]
)
def test_a_new_line(setting: str, anchor: str) -> None:
    """
    Behind its commented default, else behind the last entry of the section.
    """
    made = change("pgbouncer", setting, "300")

    assert edited(TEXT, made) == TEXT.replace(anchor, f"{anchor}\n{setting} = 300")


def test_an_empty_section() -> None:
    made = change("pgbouncer", "auth_type", "md5")

    assert edited("[pgbouncer]\r\n", made) == "[pgbouncer]\r\nauth_type = md5\r\n"


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("[databases]\n", None, "no section"),
        ("[pgbouncer]\nauth_type = md5\n", (1, 1), "is not set in this line"),
        ("[pgbouncer]\nauth_type = md5\n", (9, 1), "is not set in this line"),
        ("[pgbouncer]\nauth_type = {{ auth }}\n", (2, 1), "a template"),
    ],
)
def test_what_is_left_alone(text: str, at: tuple[int, int] | None, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        edited(text, change("pgbouncer", "auth_type", "hba", at=at))
