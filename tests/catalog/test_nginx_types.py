"""
Kinds of arguments where directives of one name differ from module to module.
"""

from __future__ import annotations

import pytest

from advisor.catalog.nginx_types import Argument, argument_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("resolver", Argument.TEXT),
        ("proxy_next_upstream", Argument.TEXT),
        ("proxy_buffering", Argument.SWITCH),
        ("ssl_stapling", Argument.SWITCH),
        ("ip_hash", Argument.PRESENT),
    ],
)
def test_a_switch_of_mail_or_stream_alone_is_none_here(name: str, kind: Argument) -> None:
    """Mail has `resolver off`, and stream has `proxy_next_upstream on`."""
    assert argument_of(name) is kind
