"""
A real nginx on loopback, with a backend that numbers its connections.
"""

from __future__ import annotations

import http.client
import http.server
import itertools
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NGINX = os.environ.get("ADVISOR_NGINX") or shutil.which(
    "nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/nginx/sbin"
)
OPENSSL = shutil.which("openssl")
WAIT = 10
"""Seconds after which anything here gives up."""

HTTP = """
    access_log off;
    client_body_temp_path tmp;
    proxy_temp_path tmp;
    fastcgi_temp_path tmp;
    uwsgi_temp_path tmp;
    scgi_temp_path tmp;
"""


@dataclass(frozen=True)
class Nginx:
    """
    A running nginx.
    """

    folder: Path
    port: int

    def get(self, path: str, host: str, **headers: str) -> tuple[bytes, http.client.HTTPMessage]:
        """
        Body and headers of one request over a connection of its own.
        """
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT)
        try:
            client.request("GET", path, headers={"Host": host, **headers})
            answer = client.getresponse()
            return answer.read(), answer.headers
        finally:
            client.close()

    def connections(self, path: str, host: str, *, requests: int) -> int:
        """
        How many connections nginx opens to the backend for some requests.
        """
        return len({self.get(path, host)[0].split()[0] for _ in range(requests)})


class Backend(http.server.BaseHTTPRequestHandler):
    """
    Answers with the number of the connection and the Connection header it got.
    """

    protocol_version = "HTTP/1.1"
    numbers = itertools.count()

    def setup(self) -> None:
        """
        Number the connection.
        """
        super().setup()
        self.number = next(self.numbers)

    def do_GET(self) -> None:
        """
        Answer, and keep the connection.
        """
        text = f"{self.number} {self.headers.get('Connection')}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base
        """
        Keep quiet.
        """


@contextmanager
def backend() -> Iterator[int]:
    """
    A backend on a free port.
    """
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(WAIT)


@contextmanager
def running(folder: Path, text: str, port: int) -> Iterator[Nginx]:
    """
    Nginx with the inside of an http block, which must listen on `port`; stopped by its process.
    """
    head = "daemon off; master_process off; pid run.pid; error_log run.log warn; events {}"
    (folder / "run.conf").write_text(f"{head}\nhttp {{ {HTTP} {text} }}\n")
    command = [str(NGINX), "-p", str(folder), "-e", "run.log", "-c", str(folder / "run.conf")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process, folder / "run.log")
        yield Nginx(folder, port)
    finally:
        process.terminate()
        process.wait(WAIT)


def free_ports(number: int) -> list[int]:
    """
    Ports that nobody listens on.
    """
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"nginx did not start: {log.read_text() if log.exists() else 'no log'}")


def version() -> tuple[int, ...]:
    """
    Version of the installed nginx.
    """
    said = subprocess.run([str(NGINX), "-v"], capture_output=True, text=True, check=True).stderr
    found = re.search(r"/(\d+)\.(\d+)\.(\d+)", said)
    return tuple(map(int, found.groups())) if found else ()


def check(folder: Path, text: str) -> str:
    """
    What ``nginx -t`` holds against a main file: its error, else its warnings, empty when nothing.
    """
    # Ports below 1024 are root's; everything nginx opens goes below the folder.
    text = re.sub(
        r"listen (\d{2,3})(?=[ ;])", lambda found: f"listen {int(found[1]) + 18000}", text
    )
    text = text.replace("http {", f"http {{ {HTTP}", 1).replace("/var/cache/nginx/", "tmp/")
    (folder / "check.conf").write_text(f"pid check.pid; error_log stderr warn;\n{text}")
    command = [str(NGINX), "-t", "-p", str(folder), "-e", "stderr", "-c", f"{folder}/check.conf"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode == 0:
        return "".join(re.findall(r"\[warn\] \d+#\d+: (.*?)(?: in /.*)?\n", done.stderr))
    found = re.search(r"\[emerg\] \d+#\d+: (.*?)(?: in /.*)?\n", done.stderr)
    return found[1] if found else done.stderr


def resumed(port: int, name: str, protocol: ssl.TLSVersion) -> bool:
    """
    Whether a client that comes back resumes its TLS session.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = protocol
    session: ssl.SSLSession | None = None
    for _ in range(2):
        plain = socket.create_connection(("127.0.0.1", port), WAIT)
        with context.wrap_socket(plain, server_hostname=name, session=session) as secure:
            secure.sendall(f"GET / HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
            secure.recv(1000)
            session = secure.session
            reused = bool(secure.session_reused)
    return reused
