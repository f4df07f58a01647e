"""Units are read and printed as each program writes them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.units import (
    format_duration,
    format_number,
    format_percent,
    format_size,
    parse_compose_duration,
    parse_nginx_size,
    parse_nginx_time,
    parse_quantity,
    parse_size,
    postgres_size,
)

GIB = 1024**3


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500m", 0.5),
        ("1.5", 1.5),
        (".5", 0.5),
        ("2Gi", 2 * 2**30),
        ("512M", 512e6),
        ("10k", 10_000),
        ("10Ki", 10_240),
        ("1e3", 1000),
        ("12E2", 1200),
        ("1E", 1e18),
        ("4u", 4e-6),
        ("128974848", 128_974_848),
        ("2gi", None),
        ("1GB", None),
        ("-1", None),
        ("", None),
        ("m", None),
    ],
)
def test_kubernetes_quantities(text: str, value: float | None) -> None:
    assert parse_quantity(text) == value


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("16GB", 16 * GIB),
        ("16g", 16 * GIB),
        ("512m", 512 * 1024**2),
        ("1.5g", 3 * GIB // 2),
        ("1GiB", GIB),
        ("64", 64),
        ("64b", 64),
        (" 2 GB ", 2 * GIB),
        ("GB", None),
        ("-1g", None),
        ("1e3", None),
        ("", None),
    ],
)
def test_sizes_people_write(text: str, size: int | None) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "size"),
    [("10m", 10 * 1024**2), ("8K", 8192), ("1g", GIB), ("1.5m", None), ("x", None)],
)
def test_nginx_sizes(text: str, size: int | None) -> None:
    assert parse_nginx_size(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("75", 75),
        ("75s", 75),
        ("1h30m", 5400),
        ("1d 12h", 129600),
        ("500ms", 0.5),
        ("1M", 2592000),
        ("1m", 60),
        ("", None),
        ("5x", None),
        ("-1", None),
    ],
)
def test_nginx_times(text: str, seconds: float | None) -> None:
    assert parse_nginx_time(text) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1m30s", 90), ("45s", 45), ("1.5h", 5400), ("250ms", 0.25), ("90", None), ("", None)],
)
def test_compose_durations(text: str, seconds: float | None) -> None:
    assert parse_compose_duration(text) == seconds


@pytest.mark.parametrize(
    ("size", "text"),
    [(4 * GIB, "4 GB"), (9.4 * GIB, "9.4 GB"), (0, "0 B"), (1536, "1.5 kB"), (2 * GIB - 1, "2 GB")],
)
def test_sizes_are_printed_for_people(size: float, text: str) -> None:
    assert format_size(size) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(4 * GIB, "4GB"), (1536 * 1024**2, "1536MB"), (1000, "1000B"), (0, "0B"), (8192, "8kB")],
)
def test_sizes_are_printed_for_postgresql(size: int, text: str) -> None:
    assert postgres_size(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (5, "5 s"),
        (60, "60 s"),
        (90, "90 s"),
        (600, "10 min"),
        (3600, "1 h"),
        (5400, "90 min"),
        (7200, "2 h"),
        (0.35, "350 ms"),
        (0.0001, "0.1 ms"),
        (5e-7, "0.5 us"),
        (0, "0 s"),
        (7 * 86400, "7 d"),
        (-1, "-1 s"),
    ],
)
def test_durations_are_printed_in_one_unit(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(3, "3"), (2.5, "2.5"), (1_200_000, "1,200,000"), (0.0042, "0.0042"), (float("inf"), "inf")],
)
def test_numbers(number: float, text: str) -> None:
    assert format_number(number) == text


def test_shares_are_printed_as_percent() -> None:
    assert format_percent(0.25) == "25 %"


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=20))
def test_no_text_breaks_a_parser(text: str) -> None:
    for parse in (
        parse_size,
        parse_quantity,
        parse_nginx_size,
        parse_nginx_time,
        parse_compose_duration,
    ):
        parse(text)


@settings(max_examples=500, deadline=None)
@given(st.integers(min_value=1, max_value=2**50))
def test_postgresql_sizes_lose_nothing(size: int) -> None:
    """What is printed for PostgreSQL reads back as the same number of bytes."""
    assert parse_size(postgres_size(size)) == size
