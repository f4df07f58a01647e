"""
Buffers for responses: what nginx refuses, and sizes that it takes instead.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.nginx_facts import UNKNOWN, http, whole


def found(text: str) -> tuple[object, object]:
    facts = whole(http(text))
    return facts["refused_buffers"], facts["fitting_buffers"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("proxy_buffers 8 16k; proxy_buffer_size 32k;", ""),
        ("proxy_buffers 3 4k; proxy_buffer_size 4k;", ""),
        ("proxy_buffers 4 8k; proxy_buffer_size 12k;", ""),
        (
            "proxy_buffers 4 8k; proxy_buffer_size 16k;",
            (
                "proxy_busy_buffers_size 32k, twice the 16k of a buffer, is more than 24k, "
                "which is proxy_buffers 4 8k without one buffer"
            ),
        ),
        (
            "scgi_busy_buffers_size 64k;",
            (
                "scgi_busy_buffers_size 64k is more than 28k, which is scgi_buffers 8 4k "
                "without one buffer"
            ),
        ),
        (
            "proxy_busy_buffers_size 2000;",
            "proxy_busy_buffers_size 2000 is less than the largest buffer, 4k",
        ),
        (
            "uwsgi_buffers 1 64k;",
            "uwsgi_buffers 1 64k is one buffer, and there must be at least two",
        ),
        ("proxy_buffers lots;", UNKNOWN),
        ("proxy_buffers 8 ${SIZE};", UNKNOWN),
    ],
)
def test_what_is_refused(text: str, said: str) -> None:
    assert found(f"server {{ {text} }}")[0] == said


def test_nothing_is_checked_without_a_server() -> None:
    """As in nginx, where the http block's values are only handed down."""
    assert found("proxy_buffer_size 64k;") == ("", "")


def test_an_inner_level_may_make_up_for_the_outer_one() -> None:
    inner = "location / { proxy_buffers 8 64k; }"
    assert found(f"server {{ proxy_buffers 8 32k; proxy_buffer_size 32k; {inner} }}")[0] == ""


def test_the_sizes_instead_hold_the_same_header() -> None:
    text = "server { proxy_buffers 4 8k; proxy_buffer_size 24k; }"
    cure = "proxy_buffers 8 24k;\nproxy_buffer_size 24k;\nproxy_busy_buffers_size 48k;"
    assert found(text)[1] == cure


SIZES = st.integers(1, 40).map("{}k".format)


@given(count=st.integers(1, 12), size=SIZES, first=SIZES, busy=st.none() | SIZES)
def test_the_sizes_instead_are_never_refused(
    count: int, size: str, first: str, busy: str | None
) -> None:
    text = f"fastcgi_buffers {count} {size}; fastcgi_buffer_size {first};"
    text += f"fastcgi_busy_buffers_size {busy};" if busy else ""
    refused, cure = found(f"server {{ {text} }}")
    if refused:
        assert found(f"server {{ {cure} }}") == ("", "")
    else:
        assert cure == ""
