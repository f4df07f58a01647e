"""
TLS of a server beside its sessions: certificates, protocols, ciphers and groups.
"""

from __future__ import annotations

import pytest

from tests.support.nginx_facts import UNKNOWN, server

GOOD = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305"


@pytest.mark.parametrize(
    ("text", "free", "varies"),
    [
        ("ssl_certificate /etc/letsencrypt/live/a/fullchain.pem;", True, False),
        ("ssl_certificate /etc/ssl/a.crt;", False, False),
        ("ssl_certificate $ssl_server_name.crt;", False, True),
        ("ssl_certificate rsa.crt; ssl_certificate /etc/letsencrypt/live/a/b.pem;", True, False),
        ("include own.conf;", UNKNOWN, False),
        ("", False, False),
    ],
)
def test_certificates(text: str, *, free: object, varies: object) -> None:
    facts = server(f"server {{ listen 443 ssl; {text} }}")
    assert (facts["lets_encrypt"], facts["certificate_varies"]) == (free, varies)


FIRST = "server { listen 443 ssl; ssl_protocols TLSv1.2; }"


@pytest.mark.parametrize(
    ("text", "there"),
    [
        (f"{FIRST} server {{ listen 443 ssl; ssl_protocols TLSv1.3; }}", "TLSv1.2"),
        (f"{FIRST} server {{ listen 443 ssl; ssl_protocols TLSv1.2; }}", ""),
        (f"{FIRST} server {{ listen 444 ssl; ssl_protocols TLSv1.3; }}", ""),
        (f"{FIRST} server {{ listen 443 ssl default_server; ssl_protocols TLSv1.3; }}", ""),
        (f"{FIRST} server {{ listen 443 ssl; }}", ""),
        (f"{FIRST} server {{ listen 443 ssl; ssl_protocols ${{TLS}}; }}", UNKNOWN),
        (f"{FIRST} server {{ listen ${{PORT}} ssl; ssl_protocols TLSv1.3; }}", UNKNOWN),
        ("server { listen 443 ssl; ssl_protocols TLSv1.3; }", ""),
        (
            "server { listen 443 ssl; } server { listen 443 ssl; ssl_protocols TLSv1.3; }",
            "TLSv1.2 TLSv1.3",
        ),
        (
            (
                "server { listen 443 ssl; include own.conf; }"
                "server { listen 443 ssl; ssl_protocols TLSv1.3; }"
            ),
            UNKNOWN,
        ),
    ],
)
def test_protocols_of_the_default_server(text: str, there: str) -> None:
    assert server(text)["default_protocols"] == there


@pytest.mark.parametrize(
    ("text", "modern"),
    [
        (f"ssl_ciphers {GOOD};", True),
        ("ssl_ciphers TLS_AES_128_GCM_SHA256:DHE-RSA-AES256-GCM-SHA384;", True),
        (f"ssl_ciphers {GOOD}:AES128-SHA;", False),
        ("ssl_ciphers ECDHE-RSA-AES128-SHA256;", False),
        ("ssl_ciphers HIGH:!aNULL;", False),
        ("", False),
        ("ssl_ciphers ${CIPHERS};", UNKNOWN),
    ],
)
def test_ciphers(text: str, *, modern: object) -> None:
    assert server(f"server {{ listen 443 ssl; {text} }}")["modern_ciphers"] == modern


@pytest.mark.parametrize(
    ("text", "chacha", "group"),
    [
        ("ssl_conf_command Options PrioritizeChaCha;", True, ""),
        ("ssl_conf_command Options KTLS;", False, ""),
        ("ssl_conf_command Groups X25519:X25519MLKEM768;", False, "X25519MLKEM768"),
        ("ssl_conf_command groups ?X25519MLKEM768:X25519;", False, ""),
        ("ssl_ecdh_curve SecP256r1MLKEM768:X25519;", False, "SecP256r1MLKEM768"),
        ("ssl_ecdh_curve X25519:prime256v1;", False, ""),
        ("include own.conf;", UNKNOWN, ""),
    ],
)
def test_what_openssl_is_told(text: str, group: str, *, chacha: object) -> None:
    facts = server(f"server {{ listen 443 ssl; {text} }}")
    assert (facts["chacha_first"], facts["strict_group"]) == (chacha, group)
