"""
Configurations with something to fix in them, written by many hands.
"""

from __future__ import annotations

from hypothesis import strategies as st

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
    "effective_cache_size": ("4GB", "1TB"),
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


_BLANK = st.sampled_from(["", " ", "\n", "\n    ", "  # why, (not)\n    ", "\n\n        "])
_ARGUMENTS = st.sampled_from(
    [
        "url",
        "'é, ('",
        "(url)",
        "f(1, 2)",
        "x=1",
        "y = (2)",
        "z={'a': [1, 2]}",
        'w="#"',
        "v=(\n 1,\n)",
    ]
)


@st.composite
def calls(draw: st.DrawFn) -> str:
    """
    Arguments of a call between its parentheses, in every layout that Python allows.
    """
    given = draw(st.lists(_ARGUMENTS, unique=True, min_size=1, max_size=5))
    # Python wants positional arguments first.
    given.sort(key=lambda one: "=" in one.partition("'")[0].partition("(")[0])
    parts = [f"{draw(_BLANK)}{one}{draw(_BLANK)}" for one in given]
    end = draw(st.sampled_from(["", ",", ", "])) + draw(_BLANK)
    return ",".join(parts) + end


@st.composite
def blocks(draw: st.DrawFn) -> str:
    """
    An http block in every layout that nginx allows, which sets neither gzip nor gzip_vary.
    """
    pieces = ["sendfile on;", "tcp_nopush 'on';", "include a.conf;", "# gzip on;\n", "server { }"]
    pieces += ["server { listen 80; gzip_static on; # one\n}", 'log_format x "a { b; # c" ;']
    body = draw(st.lists(st.sampled_from(pieces), unique=True, max_size=6))
    gaps = st.sampled_from(["", " ", "\n", "\n\t", "  # why; }\n  ", "\r\n  "])
    text = "".join(draw(gaps) + one for one in body)
    return f"events {{}}{draw(gaps)}\nhttp{draw(gaps)}{{{text}{draw(gaps)}}}\n"
