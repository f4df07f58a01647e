"""
Where nginx takes a directive, with how many arguments, and which directives it has given up.

Arguments stand in ``nginx_arguments.json``, which ``tools/build_nginx_arguments.py`` makes by
asking nginx 1.22.1 and 1.31.3. Of directives that neither build has nothing is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

from msgspec import Struct

from advisor.catalog.nginx import DirectiveSpec, all_names, find

MOST = 8
"""nginx tells up to seven arguments apart; eight stands for any more."""

_DOCUMENTED: Mapping[str, tuple[str, ...]] = {
    # Levels, and how the reference calls them. "if" is both of them.
    "main": ("main",),
    "events": ("events",),
    "http": ("http",),
    "server": ("server",),
    "location": ("location",),
    "if in server": ("if",),
    "if in location": ("if in location", "if"),
    "limit_except": ("limit_except",),
    "upstream": ("upstream",),
    "stream": ("stream",),
    "stream server": ("server",),
    "stream upstream": ("upstream",),
}
UNDOCUMENTED = frozenset(
    {
        "epoll_events",
        "gzip_hash",
        "gzip_no_buffer",
        "gzip_window",
        "http2_pool_size",
        "http2_streams_index_size",
        "open_file_cache_events",
        "post_action",
        "postpone_gzipping",
        "proxy_downstream_buffer",
        "proxy_upstream_buffer",
        "ssi_ignore_recycled_buffers",
        "uwsgi_string",
    }
)
"""Directives that nginx 1.31.3 takes and the reference does not mention."""


class Obsolete(Struct, frozen=True):
    """
    A directive that nginx has given up. Sources: the reference, nginx.org/en/CHANGES.
    """

    since: tuple[int, ...]
    """From here on it is ignored or deprecated, with a warning."""
    gone: tuple[int, ...] | None
    """From here on nginx does not know it; None while it still does."""
    instead: str
    """What to write, as the end of a sentence that begins with "write"; empty for nothing."""


OBSOLETE: Mapping[str, Obsolete] = {
    "ssl": Obsolete((1, 15, 0), (1, 25, 1), "listen 443 ssl"),
    "http2_idle_timeout": Obsolete((1, 19, 7), None, "keepalive_timeout"),
    "http2_max_concurrent_pushes": Obsolete((1, 25, 1), None, ""),
    "http2_max_field_size": Obsolete((1, 19, 7), None, "large_client_header_buffers"),
    "http2_max_header_size": Obsolete((1, 19, 7), None, "large_client_header_buffers"),
    "http2_max_requests": Obsolete((1, 19, 7), None, "keepalive_requests"),
    "http2_push": Obsolete((1, 25, 1), None, ""),
    "http2_push_preload": Obsolete((1, 25, 1), None, ""),
    "http2_recv_timeout": Obsolete((1, 19, 7), None, "client_header_timeout"),
    "limit_zone": Obsolete((1, 1, 8), (1, 7, 6), "limit_conn_zone"),
    # SPDY left with 1.9.5; 1.22.1 does not know the names any more.
    "spdy_chunk_size": Obsolete((1, 9, 5), (1, 22, 1), "http2_chunk_size"),
    "spdy_headers_comp": Obsolete((1, 9, 5), (1, 22, 1), ""),
    "spdy_keepalive_timeout": Obsolete((1, 9, 5), (1, 22, 1), "keepalive_timeout"),
    "spdy_max_concurrent_streams": Obsolete((1, 9, 5), (1, 22, 1), "http2_max_concurrent_streams"),
    "spdy_recv_buffer_size": Obsolete((1, 9, 5), (1, 22, 1), "http2_recv_buffer_size"),
    "spdy_recv_timeout": Obsolete((1, 9, 5), (1, 22, 1), "client_header_timeout"),
}

NEW_PARAMETERS: Mapping[tuple[str, str, str], tuple[int, ...]] = {
    # Level, directive, parameter → first version. Sources: the reference, and nginx -t of 1.22.1.
    ("server", "listen", "multipath"): (1, 29, 7),
    ("server", "listen", "quic"): (1, 25, 0),
    ("server", "listen", "reuseport"): (1, 9, 1),
    ("http", "proxy_http_version", "2"): (1, 29, 4),
    ("server", "proxy_http_version", "2"): (1, 29, 4),
    ("location", "proxy_http_version", "2"): (1, 29, 4),
    ("upstream", "server", "resolve"): (1, 27, 3),
}


@lru_cache(maxsize=4096)
def levels(name: str) -> tuple[str, ...]:
    """
    Where a directive may stand: what the reference says, and what the builds took.
    """
    taken = {level for found in _arguments().get(name, {}).values() for level in found}
    return tuple(level for level in _DOCUMENTED if level in taken or specs(name, level))


@lru_cache(maxsize=4096)
def specs(name: str, level: str) -> tuple[DirectiveSpec, ...]:
    """
    The definitions of a directive that the reference gives for a level.
    """
    return tuple(
        spec
        for spec in find(name)
        if _has_level(spec.module, level)
        and (not spec.contexts or not set(_DOCUMENTED[level]).isdisjoint(spec.contexts))
    )


def _has_level(module: str, level: str) -> bool:
    """
    Whether a module deals with a level at all: ``server`` is a level of several families.
    """
    if level in ("main", "events"):
        return True
    family = module.partition("_")[0]
    return family not in ("mail", "mgmt", "http" if level.startswith("stream") else "stream")


@lru_cache(maxsize=4096)
def since(name: str, level: str) -> tuple[int, ...] | None:
    """
    First version that takes a directive on a level; None when every version does or nobody knows.
    """
    steps = [spec.since for spec in specs(name, level)]
    known = [step for step in steps if step is not None]
    return min(known) if known and len(known) == len(steps) else None


@lru_cache(maxsize=4096)
def arguments(name: str, level: str) -> frozenset[int] | None:
    """
    The numbers of arguments that a directive takes on a level; None when nobody knows.
    """
    for numbers, places in _arguments().get(name, {}).items():
        if level in places:
            return frozenset(map(int, numbers.split()))
    return None


@cache
def names() -> frozenset[str]:
    """
    Every directive that some version of nginx has.
    """
    return frozenset(all_names()) | UNDOCUMENTED | frozenset(OBSOLETE)


@cache
def _arguments() -> dict[str, dict[str, list[str]]]:
    table = Path(__file__).with_name("nginx_arguments.json").read_text(encoding="utf-8")
    rows: dict[str, dict[str, list[str]]] = json.loads(table)
    return rows
