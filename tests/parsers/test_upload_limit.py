"""The largest request that a Flask application accepts, as its code sets it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model import Origin, Unknown, Value
from advisor.parsers.upload_limit import upload_limits


def limits(text: str) -> list[int | None]:
    """Every limit, None where it is not known."""
    found = upload_limits("app.py", text)
    return [one.value if isinstance(one, Value) else None for one in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("app.config['MAX_CONTENT_LENGTH'] = 1000\n", [1000]),
        ("app.config['MAX_CONTENT_LENGTH'] = 16 * 1024 * 1024\n", [16 * 1024**2]),
        ("MAX_CONTENT_LENGTH = 16 << 20\n", [16 * 1024**2]),
        ("MAX_CONTENT_LENGTH: int = 1024 + 1\n", [1025]),
        ("class C:\n  MAX_CONTENT_LENGTH = 5\n", [5]),
        ("app.config.update(MAX_CONTENT_LENGTH=7)\n", [7]),
        ("app.config.from_mapping({'MAX_CONTENT_LENGTH': 8, **more})\n", [8]),
        ("MAX_CONTENT_LENGTH = 1\nMAX_CONTENT_LENGTH = 2\n", [1, 2]),
        ("MAX_CONTENT_LENGTH = int(os.environ['M'])\n", [None]),
        ("MAX_CONTENT_LENGTH = None\n", [None]),
        ("MAX_CONTENT_LENGTH = True\n", [None]),
        ("MAX_CONTENT_LENGTH = 1.5 * 1024\n", [None]),
        ("MAX_CONTENT_LENGTH = 1 << 999999999\n", [None]),
        ("MAX_CONTENT_LENGTH = 1 << -1\n", [None]),
        ("MAX_CONTENT_LENGTH = 0\n", [None]),
        ("if size > MAX_CONTENT_LENGTH: pass\n", []),
        ("x = 1  # no limit\n", []),
        ("MAX_CONTENT_LENGTH = (\n", []),
    ],
)
def test_values(text: str, expected: list[int | None]) -> None:
    assert limits(text) == expected


def test_places() -> None:
    text = "a = 1\nMAX_CONTENT_LENGTH = 5\nMAX_CONTENT_LENGTH = 5 * 2\nMAX_CONTENT_LENGTH = f()\n"
    first, second, third = upload_limits("app.py", text)

    assert isinstance(first, Value)
    assert (first.origin, str(first.location)) == (Origin.LITERAL, "app.py:2")
    assert isinstance(second, Value)
    assert (second.origin, str(second.location)) == (Origin.EVALUATED, "app.py:3")
    assert third == Unknown("MAX_CONTENT_LENGTH is not written as a number", third.location)


@given(st.integers(1, 2**20), st.integers(1, 2**20))
def test_products(left: int, right: int) -> None:
    assert limits(f"MAX_CONTENT_LENGTH = {left} * {right}\n") == [left * right]


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert all(one is None or one > 0 for one in limits(f"# MAX_CONTENT_LENGTH\n{text}"))
