"""
Edits of redis.conf.
"""

from __future__ import annotations

import pytest

from advisor.fix.edits import RefusedError
from tests.support.fixes import change, edited


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("maxmemory 1gb\n", "maxmemory 2gb\n"),
        ("  MAXMEMORY   1gb  \r\n", "  MAXMEMORY   2gb  \r\n"),
        ("maxmemory 1gb", "maxmemory 2gb"),
    ],
)
def test_the_value_is_replaced(text: str, expected: str) -> None:
    assert edited(text, change("redis", "maxmemory", "2gb", at=(1, 1))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("port 6379\n", "port 6379\nmaxmemory 2gb\n"),
        ("# maxmemory <bytes>\nport 6379\n", "# maxmemory <bytes>\nmaxmemory 2gb\nport 6379\n"),
        (
            "# maxmemory is a limit\nport 6379\n",
            "# maxmemory is a limit\nport 6379\nmaxmemory 2gb\n",
        ),
        ("", "maxmemory 2gb\n"),
    ],
)
def test_a_line_is_added(text: str, expected: str) -> None:
    assert edited(text, change("redis", "maxmemory", "2gb")) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("maxmemory ${MEMORY}\n", "a template"),
        ("maxmemory {{ memory }}\n", "a template"),
        ("port 6379\n", "not set in this line"),
    ],
)
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        edited(text, change("redis", "maxmemory", "2gb", at=(1, 1)))
