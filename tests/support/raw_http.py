"""
Requests and answers as they go over the wire.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

WAIT = 20
"""Seconds after which a connection is given up."""
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def ask(port: int, target: str, *headers: str, host: str = "shop.example") -> str:
    """
    The whole answer to one request, headers and all.
    """
    lines = (f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: close", *headers)
    with socket.create_connection(("127.0.0.1", port), WAIT) as client:
        client.sendall("\r\n".join((*lines, "", "")).encode("latin-1"))
        parts = iter(lambda: client.recv(65536), b"")
        return b"".join(parts).decode("latin-1")


class Recorder(socketserver.ThreadingTCPServer):
    """
    Answers everything, and keeps what it was asked.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heads: list[str] = []

    @property
    def port(self) -> int:
        """
        The port it listens on.
        """
        return int(self.server_address[1])

    def last(self) -> str:
        """
        The head of the latest request, which is then forgotten; empty when there was none.
        """
        return self.heads.pop() if self.heads else ""


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """
        Take one request without a body.
        """
        self.request.settimeout(WAIT)
        head = b""
        while b"\r\n\r\n" not in head:
            part = self.request.recv(65536)
            if not part:
                return
            head += part
        assert isinstance(self.server, Recorder)
        self.server.heads.append(head.decode("latin-1"))
        self.request.sendall(ANSWER)


@contextmanager
def recording() -> Iterator[Recorder]:
    """
    A recorder that listens.
    """
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(WAIT)
