"""
What auditing a big nginx configuration costs, as a ratio to crossplane, which only parses it.

All of it runs in child processes of this one, alternating, on one generated file; only ratios of
the fastest rounds mean anything on a shared machine. Usage: ``python benchmarks/nginx_audit.py
[ROUNDS [SERVERS]]``. Exits with 1 when a ratio is above its budget.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SERVERS = 5_000
"""Twenty lines each."""
BASE = "crossplane.parse"
HEAD = """\
user www-data;
worker_processes auto;
events { worker_connections 4096; }
http {
  include mime.types;
  gzip on;
  gzip_types text/css application/json;
  server_tokens off;
"""
SERVER = """\
  upstream app{number} {
    server 10.0.0.1:8000;
    keepalive 16;
  }
  server {
    listen 443 ssl;
    server_name s{number}.example.com;
    ssl_certificate /etc/ssl/s{number}.crt;
    ssl_certificate_key /etc/ssl/s{number}.key;
    location / {
      proxy_pass http://app{number};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }
    location /static/ {
      alias /srv/s{number}/static/;
      expires 30d;
    }
  }
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """
    What one piece of work takes.
    """

    seconds: float
    """Of the processor."""
    memory: int
    """Peak resident memory, in what the system counts in."""

    def least(self, other: Cost) -> Cost:
        """
        The lower of both numbers.
        """
        return Cost(min(self.seconds, other.seconds), min(self.memory, other.memory))


def main() -> int:
    """
    Print one line per piece of work; 1 when a budget is exceeded.
    """
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    servers = int(sys.argv[2]) if len(sys.argv) > 2 else SERVERS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nginx.conf"
        path.write_text(generated(servers), "utf-8")
        costs = _measured(path, rounds)
    base = costs[BASE]
    over = False
    for name, cost in costs.items():
        seconds, memory = cost.seconds / base.seconds, cost.memory / base.memory
        limits = BUDGET.get(name)
        over = over or (limits is not None and (seconds > limits[0] or memory > limits[1]))
        budget = f"  budget {limits[0]} × and {limits[1]} ×" if limits else ""
        print(
            f"{cost.seconds:6.2f} s  {seconds:5.2f} × time  {memory:5.2f} × memory  {name}{budget}"
        )
    return int(over)


def generated(servers: int) -> str:
    """
    A configuration with so many servers, each with an upstream and two locations.
    """
    parts = (SERVER.replace("{number}", str(number)) for number in range(servers))
    return f"{HEAD}{''.join(parts)}}}\n"


def _measured(path: Path, rounds: int) -> dict[str, Cost]:
    best: dict[str, Cost] = {}
    for _ in range(rounds):
        for name in WORK:
            cost = _child(name, path)
            best[name] = cost.least(best.get(name, cost))
    return best


def _child(name: str, path: Path) -> Cost:
    command = [sys.executable, __file__, "--child", name, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return Cost(*json.loads(done.stdout))


def _report(name: str, path: Path) -> int:
    """
    Do one piece of work, and print what it cost, after a small one that imports all it needs.
    """
    work = WORK[name]()
    small = path.with_name("small.conf")
    small.write_text(generated(1), "utf-8")
    work(small)
    start = time.process_time()
    kept = work(path)
    seconds = time.process_time() - start
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
    return int(kept is None)


# Each of these imports what it measures, and nothing else, for the sake of its peak memory.


def _crossplane() -> Callable[[Path], object]:
    import crossplane  # noqa: PLC0415

    return lambda path: crossplane.parse(str(path), single=True)


def _tree() -> Callable[[Path], object]:
    from advisor.parsers.nginx import parse_file  # noqa: PLC0415

    return lambda path: parse_file(path.name, path.read_text("utf-8"))


def _deployment() -> Callable[[Path], object]:
    from advisor.audit import read_deployment  # noqa: PLC0415
    from advisor.model import Given  # noqa: PLC0415

    return lambda path: read_deployment(path, Given())


def _audit() -> Callable[[Path], object]:
    from advisor.audit import audit_path  # noqa: PLC0415
    from advisor.model import Given  # noqa: PLC0415

    return lambda path: audit_path(path, Given())


WORK = {
    BASE: _crossplane,
    "parse": _tree,
    "parse, includes and levels": _deployment,
    "whole audit": _audit,
}
BUDGET = {
    "parse": (0.45, 4.0),
    "parse, includes and levels": (0.75, 4.0),
    "whole audit": (2.0, 4.0),
}
"""Times crossplane's processor time, and its peak memory."""


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        sys.exit(_report(sys.argv[2], Path(sys.argv[3])))
    sys.exit(main())
