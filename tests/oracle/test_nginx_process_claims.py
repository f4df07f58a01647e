"""
What the rules say of nginx's processes and variables, asked of nginx itself.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.nginx_servers import NGINX, WAIT, free_ports, running
from tools.nginx_probe import complaint

REST = "events {} http { }"

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(NGINX is None, reason="nginx is not installed"),
]


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ("worker_processes 4; worker_cpu_affinity 01 10;", True),
        ("worker_processes 2; worker_cpu_affinity 001 010 100;", True),
        ("worker_processes 2; worker_cpu_affinity 01 10;", False),
        ("worker_processes 4; worker_cpu_affinity 0011;", False),
        ("worker_processes 4; worker_cpu_affinity auto;", False),
    ],
)
def test_cpu_masks(text: str, warned: bool, tmp_path: Path) -> None:  # noqa: FBT001 - parameters
    """NGX110: nginx warns of masks that do not match, unless one mask is meant for all."""
    said = complaint(str(NGINX), tmp_path, f"error_log stderr warn; pid run.pid; {text} {REST}")

    assert ("is not equal to the number" in said) == warned


def test_a_second_daemon_is_refused(tmp_path: Path) -> None:
    """NGX111: the official image passes ``daemon off`` on the command line."""
    conf = tmp_path / "nginx.conf"
    conf.write_text(f"pid run.pid; daemon on; {REST}")
    command = [str(NGINX), "-t", "-e", "stderr", "-p", str(tmp_path), "-c", str(conf)]
    command += ["-g", "daemon off;"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=WAIT)

    assert '"daemon" directive is duplicate' in done.stderr


def test_variables_have_no_case(tmp_path: Path) -> None:
    """NGX714: the later definition sets the variable of the earlier one."""
    (tmp_path / "tmp").mkdir()
    (port,) = free_ports(1)
    text = f"""
        server {{
            listen 127.0.0.1:{port};
            set $backend one;
            set $Backend two;
            return 200 $backend;
        }}
    """
    with running(tmp_path, text, port) as nginx:
        body, _ = nginx.get("/", "any")

    assert body == b"two"
