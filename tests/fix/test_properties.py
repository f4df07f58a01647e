"""
What holds for every file: fixed findings are gone, all else stays, a second run does nothing.
"""

from __future__ import annotations

import difflib
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.fixes import Fixed, fix_files

WRONG = {
    "work_mem": ("2GB", "'2GB'"),
    "shared_buffers": ("12GB", "'12GB'", "1MB"),
    "fsync": ("off", "no", "'off'"),
    "full_page_writes": ("off", "0"),
    "autovacuum": ("off", "false"),
    "track_counts": ("off",),
    "wal_level": ("minimal", "'minimal'"),
    "max_wal_senders": ("0",),
    "random_page_cost": ("40", "4.0"),
    "checkpoint_completion_target": ("0.1",),
    "maintenance_work_mem": ("64MB",),
    "max_wal_size": ("1GB",),
    "password_encryption": ("md5", "'md5'"),
    "effective_cache_size": ("4GB", "1PB"),
    "log_checkpoints": ("off",),
    "deadlock_timeout": ("1ms",),
    "max_connections": ("200",),
}
"""Settings and values that some rule has something against, most of them."""
EQUALS = st.sampled_from([" = ", "=", " ", "\t=\t", "   =   "])
BEHIND = st.sampled_from(["", "   ", " # why", "      # why", "\t# why", " #"])
NOISE = st.sampled_from(
    ["", "# a comment", "  ", "#work_mem = 4MB\t\t# min 64kB", "\t\t\t\t# continued", "#fsync = on"]
)


@st.composite
def confs(draw: st.DrawFn) -> str:
    """
    Files of postgresql.conf in many hands.
    """
    names = draw(st.lists(st.sampled_from(sorted(WRONG)), unique=True, max_size=8))
    lines: list[str] = []
    for name in names:
        lines += draw(st.lists(NOISE, max_size=2))
        shown = draw(st.sampled_from([name, name.upper()]))
        value = draw(st.sampled_from(WRONG[name]))
        indent = draw(st.sampled_from(["", "  "]))
        lines.append(f"{indent}{shown}{draw(EQUALS)}{value}{draw(BEHIND)}")
    lines += draw(st.lists(NOISE, max_size=2))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(lines) + draw(st.sampled_from(["", end]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(confs(), st.sampled_from(["14", "16", "18"]))
def test_postgresql(text: str, version: str) -> None:
    fixed = fix_files(
        {"postgresql.conf": text}, postgresql=version, memory="16GB", cpus="4", storage="ssd"
    )
    after = fixed.files["postgresql.conf"]

    still_there(fixed)
    assert {name_of(line) for line in removed(text, after)} <= set(WRONG)
    assert comments(after) == comments(text)
    assert after.endswith("\n") is text.endswith("\n") or not text
    again = fix_files(dict(fixed.files), postgresql=version, memory="16GB", cpus="4", storage="ssd")
    assert again.files == fixed.files


def still_there(fixed: Fixed) -> None:
    """
    No finding whose fix was made fires on what was made of the files.
    """
    made = {(one.code, one.subject) for one in fixed.done}

    assert not made & {(one.code, one.subject) for one in fixed.after}


def removed(before: str, after: str) -> list[str]:
    """
    Lines of the one text that the other lacks, without their ends.
    """
    rows = [text.replace("\r", "").split("\n") for text in (before, after)]
    return [row[1:] for row in difflib.unified_diff(*rows, n=0) if row[:1] == "-" != row[1:2]]


def name_of(line: str) -> str:
    """
    The setting that a line assigns, empty for a comment.
    """
    match = re.match(r"[ \t]*([A-Za-z_]+)", line)
    return match[1].lower() if match else ""


def comments(text: str) -> list[str]:
    """
    Comments in their order, without the blanks before them.
    """
    return [line[line.index("#") :].rstrip("\r") for line in text.split("\n") if "#" in line]


TIMEOUTS = st.sampled_from(["0", "30m", "1h  60s", "75s"])


@st.composite
def webs(draw: st.DrawFn) -> str:
    """
    Main files of nginx, with settings on the level of http or of one server.
    """

    def some(*lines: str) -> list[str]:
        return draw(st.lists(st.sampled_from(lines), unique=True, max_size=len(lines)))

    wide = some(f"keepalive_timeout {draw(TIMEOUTS)};", "gzip on;", "gzip_comp_level 9;", "# wide")
    servers: list[str] = []
    for port in range(81, 81 + draw(st.integers(1, 3))):
        narrow = some(f"keepalive_timeout {draw(TIMEOUTS)};", "keepalive_requests 10;  # few")
        inner = "".join(f"    {line}\n" for line in (f"listen {port};", "root /srv;", *narrow))
        location = draw(st.sampled_from(["", "    location / { expires 1d; }\n"]))
        servers.append(f"  server {{\n{inner}{location}  }}\n")
    head = draw(st.sampled_from(["", "worker_processes 1;\n", "# main\n"]))
    body = "".join(f"  {line}\n" for line in wide) + "".join(servers)
    return f"{head}events {{}}\nhttp {{\n{body}}}\n"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(webs(), st.sampled_from(["1.18.0", "1.30.0"]))
def test_nginx(text: str, version: str) -> None:
    fixed = fix_files({"nginx.conf": text}, nginx=version, cpus="4")
    after = fixed.files["nginx.conf"]
    again = fix_files(dict(fixed.files), nginx=version, cpus="4")

    still_there(fixed)
    assert comments(after) == comments(text)
    assert again.files == fixed.files
