"""
The reader beside nginx itself: both accept the same files, and read the same words in them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.parsers.nginx import parse_file, read_config
from advisor.parsers.nginx_scope import build
from advisor.sources.tree import DirectoryTree
from tests.support.nginx_programs import Program, Refusal, programs

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "pid nginx.pid;\nerror_log stderr;\nevents { }\n"

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not programs(), reason="nginx is not installed"),
]


@pytest.fixture(params=programs(), ids=str)
def program(request: pytest.FixtureRequest) -> Program:
    """
    Each nginx that is installed.
    """
    found: Program = request.param
    return found


VALID = {
    "proxy": """
        upstream app {
            least_conn;
            server 127.0.0.1:8000 max_fails=0;
            server unix:/run/app.sock backup;
            keepalive 16;
        }
        map $http_upgrade $upgrade { default upgrade; '' close; ~*^web "a b"; }
        server {
            listen 127.0.0.1:18080 default_server backlog=64;
            server_name example.com "~^www\\d{1}\\.example\\.com$";
            location ~ "\\.(js|css){1}$" { expires 30d; add_header A "b c" always; }
            location = /x { if ($request_method ~ "^(POST|PUT)$") { return 405; } }
            location / {
                proxy_pass http://app;
                proxy_set_header Host ${host};
                proxy_set_header Connection "";
                limit_except GET { deny all; }
            }
            location @named { try_files ${uri} ${uri}/ =404; }
        }
    """,
    "words": """
        log_format one '$remote_addr "$request" '
                       '{"a": "$status", "b": {}}';
        log_format two "it's # no comment; {} \\" \\\\ \\n";
        server { listen 127.0.0.1:18081; rewrite ^/([^}]+)}$ /a last; set $a b#c; # d { '
            set $c "a;b"; return 200 ${a}${c}; }
    """,
    "levels": """
        types { text/html html; }
        geo $country { default no; 127.0.0.0/8 yes; }
        split_clients $remote_addr $half { 50% a; * b; }
        server { listen 127.0.0.1:18082;
            location /a { alias /b; location /a/c { internal; location ~ d$ { root /e; } } }
            location /f { if ($arg_g) { set $h 1; } if ($h = 1) { return 204; } } }
    """,
}


@pytest.mark.parametrize("name", sorted(VALID))
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_both_accept(program: Program, tmp_path: Path, name: str, ends: str) -> None:
    text = f"{HEAD}http {{{VALID[name]}}}\n".replace("\n", ends)
    assert program.refusal(tmp_path, text) is None
    document = read_config("nginx.conf", DirectoryTree(tmp_path))
    assert document.problems == ()
    assert document.context == "main"
    assert build(document).servers


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("http {\n  server {\n    listen 80;\n  }\n", 4),
        ("http {\n  server {\n    listen 80;\n}\n", 5),
        ("http {\n  server {\n    listen 80\n  }\n}\n", 6),
        ("http {\n  gzip on;\n}\n}\n", 7),
        ("http {\n}\nuser root", 6),
        ("http {\n  gzip on;;\n}\n", 5),
        ("http {\n  {\n}\n", 5),
        ("http {\n  log_format a 'b'c;\n}\n", 5),
        ("http {\n  log_format a 'b;\n}\n", 5),
        ("http {\n  root /x\n  gzip on;\n}\n", 5),
    ],
)
def test_both_refuse(program: Program, tmp_path: Path, text: str, line: int) -> None:
    """Nginx names the line where it noticed; the reader names the one to mend."""
    whole = HEAD + text
    assert program.refusal(tmp_path, whole)
    file = parse_file("nginx.conf", whole)
    assert file.problems[0].location.line == line
    assert [directive.name for directive in file.directives][:3] == ["pid", "error_log", "events"]


def test_stray_brace_is_on_the_line_that_nginx_names(program: Program, tmp_path: Path) -> None:
    text = HEAD + "http {\n}\n}\n"
    assert program.refusal(tmp_path, text) == Refusal('unexpected "}"', 6)
    assert parse_file("nginx.conf", text).problems[0].location.line == 6


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.sampled_from([*"\\\"' atnr$;#b\n()", "${a}", '"x"', "'y'"]), min_size=1, max_size=7
    ).map("".join)
)
def test_both_read_the_same_words(program: Program, tmp_path: Path, written: str) -> None:
    """Nginx quotes a value that it does not like; every syntax error it finds is a problem here."""
    text = f"{HEAD}daemon {written};\n"
    refusal = program.refusal(tmp_path, text)
    said = refusal.message if refusal else ""
    file = parse_file("nginx.conf", text)
    args = [item.args for item in file.directives if item.name == "daemon"]
    value = re.match(r'invalid value "(.*)" in "daemon" directive', said, re.DOTALL)
    if value:
        assert args[0] == (value[1],)
    elif said.startswith("invalid number of arguments"):
        assert len(args[0]) != 1
    elif said.startswith("unexpected"):
        assert file.problems


def test_includes_are_taken_in_the_order_of_nginx(program: Program, tmp_path: Path) -> None:
    """The order decides which server is the default; nginx names the second of two clashing."""
    folder = tmp_path / "conf.d"
    folder.mkdir()
    for name in ("b.conf", "B.conf", "a.conf", ".hidden.conf", "10.conf", "9.conf"):
        (folder / name).write_text(f"log_format {name[:-5] or 'x'} a;\n", encoding="utf-8")
    text = HEAD + "http { include conf.d/*.conf; include conf.d/[!a].conf; }\n"
    refusal = program.refusal(tmp_path, text)
    document = read_config("nginx.conf", DirectoryTree(tmp_path))
    http = build(document).http
    assert http is not None
    formats = [item.args[0] for item in http.own("log_format")]
    assert formats == ["10", "9", "B", "a", "b", "9", "B", "b"]
    assert refusal is not None
    assert refusal.message.startswith('duplicate "log_format" name "9"')


def test_wildcards_in_folders_are_in_the_order_of_nginx(program: Program, tmp_path: Path) -> None:
    """Nginx stops at the first that is wrong; each in turn is the only correct one."""
    for name in ("sites/a/x", "sites/a-b/x", "sites/B/x", "sites/.c/x", "sites/a/b/x"):
        path = tmp_path / f"{name}.conf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("wrong;\n", encoding="utf-8")
    text = HEAD + "http { include sites/*/*.conf; }\n"
    document = read_config("nginx.conf", DirectoryTree(_written(tmp_path, text)))
    assert document.files == (
        "nginx.conf",
        "sites/B/x.conf",
        "sites/a-b/x.conf",
        "sites/a/x.conf",
    )
    for name in document.files[1:]:
        refusal = program.refusal(tmp_path, text)
        assert refusal is not None
        assert refusal.path.endswith(name)
        (tmp_path / name).write_text("", encoding="utf-8")
    assert program.refusal(tmp_path, text) is None


def _written(folder: Path, text: str) -> Path:
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    return folder


def test_relative_includes_start_from_the_first_file(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "conf.d"
    folder.mkdir()
    (folder / "a.conf").write_text("include b.conf;\n", encoding="utf-8")
    (folder / "b.conf").write_text("gzip wrong;\n", encoding="utf-8")
    (tmp_path / "b.conf").write_text("gzip on;\n", encoding="utf-8")
    text = HEAD + "http { include conf.d/a.conf; }\n"
    assert program.refusal(tmp_path, text) is None
    document = read_config("nginx.conf", DirectoryTree(tmp_path))
    assert document.files == ("nginx.conf", "conf.d/a.conf", "b.conf")
    assert not document.problems


def test_missing_include_is_refused_and_an_empty_pattern_is_not(
    program: Program, tmp_path: Path
) -> None:
    for include, refused in (("missing.conf", True), ("missing/*.conf", False)):
        text = f"{HEAD}http {{ include {include}; }}\n"
        assert bool(program.refusal(tmp_path, text)) == refused
        document = read_config("nginx.conf", DirectoryTree(tmp_path))
        assert bool(document.problems) == refused
