from __future__ import annotations

import pytest

from tests.support.nginx_facts import location, server

TOLD = "add_header Alt-Svc 'h3=\":443\"';"


@pytest.mark.parametrize(
    ("text", "quic", "each"),
    [
        ("server { listen 443 ssl; }", False, True),
        ("server { listen 443 quic; }", True, False),
        ("server { listen 443 quic reuseport; }", True, True),
        ("server { listen 443 quic reuseport; listen [::]:443 quic; }", True, False),
        ("server { listen 443 quic reuseport; } server { listen 443 quic; }", True, True),
        ("server { include more.conf; }", "unknown", True),
        ("server { listen 443 quic; include more.conf; }", True, "unknown"),
    ],
)
def test_http3(text: str, quic: object, each: object) -> None:
    """``reuseport`` on any server of a socket counts for all of them."""
    facts = server(text)

    assert facts["quic"] == quic
    assert facts["quic_reuseport"] == each


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("server { }", False),
        (f"{TOLD} server {{ }}", True),
        (f"{TOLD} server {{ add_header A b; }}", False),
        (f"{TOLD} server {{ add_header A b; location / {{ {TOLD} }} }}", True),
        (f"server {{ add_header A b; location /a {{ if ($b) {{ {TOLD} }} }} }}", True),
        ("server { more_set_headers 'Alt-Svc: h3'; }", True),
        ("server { add_header A b; location / { include more.conf; } }", "unknown"),
        ("server { include more.conf; }", "unknown"),
    ],
)
def test_announced(text: str, told: object) -> None:
    assert server(text)["alt_svc"] == told


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", 32768),
        ("large_client_header_buffers 8 16k;", 131072),
        ("large_client_header_buffers 8;", None),
        ("large_client_header_buffers a 8k;", None),
        ("large_client_header_buffers 4 8x;", None),
        ("large_client_header_buffers 4 ${SIZE};", "unknown"),
    ],
)
def test_header_buffers(text: str, size: object) -> None:
    assert server(f"{text} server {{ }}")["header_buffers"] == size


def test_regex_locations() -> None:
    """Nested ones count as well."""
    facts = server("""
        server {
            location ~ a { location ~* b { } location /c { } }
            location = /d { }
            location @e { }
        }
    """)

    assert facts["regex_locations"] == 2


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("server { location / { } }", False),
        ("server { location / { root /srv; } }", True),
        ("server { root /srv; location / { } }", True),
        ("server { location /a/ { alias /srv/; } }", True),
        ("server { root /srv; location / { try_files $uri @app; } }", True),
        ("server { root /srv; location / { proxy_pass http://127.0.0.1:1; } }", False),
        ("server { root /srv; location / { fastcgi_pass 127.0.0.1:1; } }", False),
        ("server { root /srv; location / { return 404; } }", False),
        ("server { root /srv; location / { stub_status; } }", False),
    ],
)
def test_files(text: str, files: object) -> None:
    assert location(text)["files"] == files
