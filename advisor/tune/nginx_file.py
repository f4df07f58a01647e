"""
The nginx.conf of a solution: chosen directives, and what belongs around them.
"""

from __future__ import annotations

from advisor.catalog.nginx import at_least
from advisor.tune.comments import commented
from advisor.tune.model import Choice, Layer, Solution

_HTTP2_DIRECTIVE = (1, 25, 1)
"""nginx from which on ``http2 on`` is written beside ``listen`` (CHANGES)."""

_MAIN = ("worker_processes", "worker_rlimit_nofile")
_HTTP = (
    "keepalive_timeout",
    "keepalive_requests",
    "client_max_body_size",
    "client_body_buffer_size",
)
_PROXY = ("proxy_connect_timeout", "proxy_read_timeout", "proxy_send_timeout")
_UPSTREAM = ("keepalive", "upstream keepalive_timeout")


def nginx_file(solution: Solution) -> str:
    """
    A complete configuration for one site; names and certificates are examples.
    """
    layer, version = solution["nginx"], solution.request.versions.nginx
    separate = at_least(version, _HTTP2_DIRECTIVE)
    return _TEMPLATE.format(
        main=_block(layer, _MAIN, 0),
        events=_block(layer, ("worker_connections",), 4),
        http=_block(layer, _HTTP, 4),
        upstream=_block(layer, _UPSTREAM, 8),
        proxy=_block(layer, _PROXY, 12),
        reuse=_reuse(solution),
        listen="443 ssl" if separate else "443 ssl http2",
        http2="\n        http2 on;" if separate else "",
    )


def _reuse(solution: Solution) -> str:
    """
    What connections to the application need to be used again; sync workers close them anyway.
    """
    if solution.request.load.worker == "sync":
        return ""
    lines = ("proxy_http_version 1.1;", 'proxy_set_header Connection "";')
    return "".join(f"\n            {line}" for line in lines)


def _block(layer: Layer, names: tuple[str, ...], indent: int) -> str:
    """
    The chosen ones of these directives, each on a line of its own.
    """
    chosen = {choice.setting: choice for choice in layer.choices}
    return "".join(_line(chosen[name], indent) for name in names if name in chosen)


def _line(choice: Choice, indent: int) -> str:
    directive = f"{choice.setting.removeprefix('upstream ')} {choice.text};"
    return "".join(f"{one}\n" for one in commented(directive, choice.why, indent=" " * indent))


_TEMPLATE = """\
{main}
events {{
{events}}}

http {{
    include mime.types;
    default_type application/octet-stream;
    server_tokens off;

    sendfile on;
    tcp_nopush on;
{http}
    gzip on;
    gzip_comp_level 5;
    gzip_min_length 1000;
    gzip_proxied any;
    gzip_vary on;
    gzip_types text/plain text/css application/json application/javascript image/svg+xml;

    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:TLS:10m;
    ssl_session_timeout 1d;
    ssl_session_tickets off;

    upstream app {{
        server app:8000;
{upstream}    }}

    server {{
        listen 80;
        server_name www.example.com;
        return 301 https://www.example.com$request_uri;
    }}

    server {{
        listen {listen};{http2}
        server_name www.example.com;
        ssl_certificate certs/site.pem;
        ssl_certificate_key certs/site.key;
        add_header Strict-Transport-Security "max-age=31536000" always;

        location / {{
            proxy_pass http://app;{reuse}
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
{proxy}        }}
    }}
}}
"""
