"""
What an nginx level takes over from the level around it.

Sources: the module reference on nginx.org, and the functions in nginx's source that merge the
configuration of a level with that of the level around it (``ngx_http_*_merge_loc_conf``).
"""

from __future__ import annotations

HANDLERS = frozenset(
    {
        "fastcgi_pass",
        "grpc_pass",
        "memcached_pass",
        "proxy_pass",
        "scgi_pass",
        "tunnel_pass",
        "uwsgi_pass",
    }
)
"""Pass the request on. Only ``if`` and ``limit_except`` take them over, from their location."""

NOT_INHERITED = HANDLERS | frozenset(
    {
        "api",
        "break",
        "content_by_lua",
        "content_by_lua_block",
        "content_by_lua_file",
        "empty_gif",
        "flv",
        "if",
        "include",
        "js_content",
        "limit_except",
        "listen",
        "location",
        "mp4",
        "perl",
        "return",
        "rewrite",
        "server",
        "server_name",
        "set",
        "status",
        "stub_status",
        "try_files",
        "upstream",
    }
)
"""
Hold only where they stand. ``alias`` and ``internal`` are not here: nginx does hand them down to
nested locations, the former together with ``root``.
"""

MERGING = {"add_header": "add_header_inherit", "add_trailer": "add_trailer_inherit"}
"""Lists that since 1.29.3 are inherited as another directive says: ``on``, ``off``, ``merge``."""

CUMULATIVE = frozenset(
    {
        "more_clear_headers",
        "more_clear_input_headers",
        "more_set_headers",
        "more_set_input_headers",
    }
)
"""Lists of the headers-more module: the outer level's entries come first, none is replaced."""

SLOTS: dict[str, str] = {
    # Directives that replace each other: one of them hides all of the outer levels'.
    "alias": "root or alias",
    "allow": "allow and deny",
    "deny": "allow and deny",
    "root": "root or alias",
    "xslt_param": "xslt parameters",
    "xslt_string_param": "xslt parameters",
}
"""Directive → the group that it is inherited with. A directive not in it is its own group."""

SLOT_NAMES = {
    slot: frozenset(name for name, own in SLOTS.items() if own == slot) for slot in SLOTS.values()
}
"""Group → the directives in it."""

INHERITING = frozenset({"http", "server", "location", "if", "limit_except"})
"""Kinds of level that take over from the one around them; an upstream does not."""

INNER = frozenset({"if", "limit_except"})
"""Kinds of level that, inside a location, take its target over."""

UPSTREAM_INHERITS = frozenset({"resolver", "resolver_timeout"})
"""What an upstream takes over from ``http`` all the same (since 1.27.3)."""
