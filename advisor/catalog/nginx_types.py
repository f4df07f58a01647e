"""
What the argument of a directive of nginx is: a switch, a number, a size, a time, or text.

Sources: the command tables in nginx's source (``ngx_conf_set_flag_slot``, ``…_num_slot``,
``…_size_slot``, ``…_off_slot``, ``…_msec_slot``, ``…_sec_slot``) and the reference on nginx.org.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import cache

from advisor.catalog.nginx import Form, find


class Argument(StrEnum):
    """
    How the first argument of a directive is read.
    """

    PRESENT = "present"
    """There is none: the directive is written or it is not."""
    SWITCH = "switch"
    """``on`` or ``off``."""
    NUMBER = "number"
    SIZE = "size"
    """Bytes, with ``k``, ``m`` or ``g``."""
    TIME = "time"
    """Seconds, or with ``ms``, ``s``, ``m``, ``h``, ``d`` …"""
    TEXT = "text"
    """Anything else, and everything with several arguments that matter."""


CONTEXTS: dict[str, tuple[str, ...]] = {
    "nginx": ("main", "events", "http"),
    "server": ("http", "server"),
    "location": ("http", "server", "location"),
    "upstream": ("upstream",),
    "access": (),
    "line": (),
}
"""Levels by the name that rules give them, and where a directive may stand to count on them."""

_FAMILIES = ("mail_", "stream_")
_WORDS = frozenset(
    {
        "add_header_inherit",
        "add_trailer_inherit",
        "aio",
        "auth_basic",
        "auth_jwt",
        "auth_oidc",
        "auth_request",
        "auth_require",
        "charset",
        "client_body_in_file_only",
        "dav_methods",
        "directio",
        "disable_symlinks",
        "expires",
        "fastcgi_cache",
        "fastcgi_cache_use_stale",
        "fastcgi_store",
        "grpc_ssl_certificate_cache",
        "gzip_proxied",
        "gzip_static",
        "http2_push",
        "image_filter",
        "lingering_close",
        "mirror",
        "mp4_limit_rate",
        "open_file_cache",
        "open_log_file_cache",
        "otel_trace",
        "proxy_cache",
        "proxy_cache_use_stale",
        "proxy_cookie_domain",
        "proxy_cookie_flags",
        "proxy_cookie_path",
        "proxy_ssl_certificate_cache",
        "proxy_store",
        "scgi_cache",
        "scgi_cache_use_stale",
        "scgi_store",
        "server_tokens",
        "session_log",
        "ssl_certificate_cache",
        "ssl_ocsp",
        "ssl_ocsp_cache",
        "ssl_verify_client",
        "userid",
        "userid_expires",
        "userid_flags",
        "userid_mark",
        "uwsgi_cache",
        "uwsgi_cache_use_stale",
        "uwsgi_ssl_certificate_cache",
        "uwsgi_store",
    }
)
"""Their default is ``on`` or ``off``, and they take other words as well."""
_NUMBERS = frozenset(
    {
        "gzip_comp_level",
        "http2_max_concurrent_pushes",
        "http2_max_concurrent_streams",
        "http2_max_requests",
        "http3_max_concurrent_streams",
        "keepalive",
        "keepalive_requests",
        "limit_conn_status",
        "limit_req_status",
        "map_hash_max_size",
        "max_headers",
        "max_ranges",
        "open_file_cache_min_uses",
        "proxy_headers_hash_bucket_size",
        "proxy_headers_hash_max_size",
        "server_names_hash_max_size",
        "ssl_verify_depth",
        "types_hash_bucket_size",
        "types_hash_max_size",
        "variables_hash_bucket_size",
        "variables_hash_max_size",
        "worker_connections",
        "worker_rlimit_nofile",
    }
)
_NUMBER_ENDS = ("_min_uses", "_next_upstream_tries", "_ssl_verify_depth")
_SIZES = frozenset(
    {
        "client_max_body_size",
        "directio_alignment",
        "gzip_min_length",
        "image_filter_buffer",
        "limit_rate",
        "limit_rate_after",
        "postpone_output",
        "sendfile_max_chunk",
        "slice",
        "ssi_min_file_chunk",
        "ssi_value_length",
        "ssl_buffer_size",
    }
)
_SIZE_ENDS = (
    "_buffer_size",
    "_chunk_size",
    "_file_size",
    "_limit_rate",
    "_lowat",
    "_pool_size",
    "_preread_size",
    "_rcvbuf",
    "_sndbuf",
    "_write_size",
    "busy_buffers_size",
    "max_field_size",
    "max_header_size",
)
_TIMES = frozenset(
    {
        "accept_mutex_delay",
        "auth_delay",
        "keepalive_time",
        "lingering_time",
        "open_file_cache_valid",
        "timer_resolution",
    }
)
_TIME_ENDS = ("_timeout", "_lock_age", "_stall_threshold")
_UNSURE = ("_hash_bucket_size",)
"""Their default is the size of a cache line, which the host decides."""


_REPEATED = frozenset(
    {
        "add_header",
        "add_trailer",
        "allow",
        "ancient_browser",
        "auth_jwt_claim_set",
        "auth_jwt_header_set",
        "auth_jwt_key_file",
        "auth_jwt_key_request",
        "auth_request_set",
        "break",
        "deny",
        "early_hints",
        "env",
        "error_page",
        "fastcgi_param",
        "grpc_set_header",
        "js_set",
        "js_var",
        "keyval",
        "limit_conn",
        "limit_conn_zone",
        "limit_req",
        "limit_req_zone",
        "listen",
        "load_module",
        "log_format",
        "modern_browser",
        "otel_span_attr",
        "perl_set",
        "proxy_set_header",
        "rewrite",
        "scgi_param",
        "server",
        "set",
        "set_real_ip_from",
        "ssl_conf_command",
        "sub_filter",
        "uwsgi_param",
        "xslt_param",
        "xslt_string_param",
    }
)
_REPEATED_ENDS = (
    "_cache_path",
    "_cache_valid",
    "_cookie_domain",
    "_cookie_flags",
    "_cookie_path",
    "_hide_header",
    "_pass_header",
    "_ssl_conf_command",
)
_SINGLE = frozenset({"open_file_cache_valid"})
"""Ends like a repeated one, and is not."""


@cache
def argument_of(name: str) -> Argument:
    """
    How the first argument of a directive of the HTTP side is read.
    """
    if all(spec.form is Form.NONE for spec in find(name)):
        return Argument.PRESENT
    if name in _NUMBERS or name.endswith(_NUMBER_ENDS):
        return Argument.NUMBER
    if name in _SIZES or name.endswith(_SIZE_ENDS):
        return Argument.SIZE
    if name in _TIMES or name.endswith(_TIME_ENDS):
        return Argument.TIME
    # A directive of the same name may be a switch for mail or stream alone: `resolver off`.
    specs = [one for one in find(name) if not one.module.startswith(_FAMILIES)]
    switched = any(spec.default in ("on", "off") for spec in specs)
    return Argument.SWITCH if switched and name not in _WORDS else Argument.TEXT


def settings_of(level: str, names: tuple[str, ...]) -> Iterator[str]:
    """
    Which of the directives `names` have one value on a level of `CONTEXTS`.

    Blocks are left out, and what may stand several times with different meanings.
    """
    wanted = frozenset(CONTEXTS[level])
    for name in names:
        if name in _REPEATED or (name.endswith(_REPEATED_ENDS) and name not in _SINGLE):
            continue
        specs = [one for one in find(name) if not one.module.startswith(_FAMILIES)]
        if any(one.form is not Form.BLOCK and wanted.intersection(one.contexts) for one in specs):
            yield name


def default_text(written: str) -> str:
    """
    A documented default as it is on x86-64: ``4k|8k`` is the size of a page, which is 4 kB there.
    """
    return " ".join(part.partition("|")[0] for part in written.split())


def is_platform_dependent(name: str) -> bool:
    """
    Whether the host decides a default, so that it is not known from the configuration.
    """
    return name.endswith(_UNSURE)
