"""Server-sent events through nginx: when it hands them on, and when it holds them back (STK071)."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from tests.support.nginx_servers import NGINX, WAIT, free_ports, running

HELD = 1.0
"""Seconds after which an event that did not arrive counts as held back."""
HTTP = """
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://127.0.0.1:{application}; {settings} }}
    }}
"""
CHUNKED = "proxy_http_version 1.1;"

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]


def answer(listener: socket.socket, seen: threading.Event, header: str) -> None:
    """Send one event, in a chunk if the request is one of HTTP/1.1, and end when it was seen."""
    connection, _ = listener.accept()
    with connection:
        request = connection.recv(65536).decode()
        chunked = "HTTP/1.1" in request.splitlines()[0]
        lines = [
            "HTTP/1.1 200 OK",
            "Content-Type: text/event-stream",
            *([header] if header else []),
        ]
        event = b"data: 0\n\n"
        if chunked:
            lines.append("Transfer-Encoding: chunked")
            event = b"%x\r\n%b\r\n" % (len(event), event)
        connection.sendall("\r\n".join([*lines, "", ""]).encode() + event)
        seen.wait(2 * HELD)
        connection.sendall(b"0\r\n\r\n" if chunked else b"")


@pytest.mark.parametrize(
    ("settings", "header", "arrives"),
    [
        ("proxy_http_version 1.0;", "", False),
        ("proxy_http_version 1.0; proxy_buffering off;", "", True),
        ("proxy_http_version 1.0;", "X-Accel-Buffering: no", True),
        (CHUNKED, "", True),
    ],
)
def test_whether_an_event_arrives_before_the_end(
    settings: str, header: str, tmp_path: Path, *, arrives: bool
) -> None:
    port, application = free_ports(2)
    seen = threading.Event()
    with socket.create_server(("127.0.0.1", application)) as listener:
        thread = threading.Thread(target=answer, args=(listener, seen, header), daemon=True)
        thread.start()
        text = HTTP.format(port=port, application=application, settings=settings)
        with running(tmp_path, text, port), socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert _arrives(client) is arrives
            seen.set()
            thread.join(WAIT)


def _arrives(client: socket.socket) -> bool:
    client.settimeout(HELD)
    received = b""
    try:
        while b"data: 0" not in received:
            part = client.recv(65536)
            if not part:
                return False
            received += part
    except TimeoutError:
        return False
    return True
