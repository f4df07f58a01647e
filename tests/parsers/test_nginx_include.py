"""
Includes: where nginx looks for them, what is said of those that are not there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.errors import SourceError
from advisor.model import Location
from advisor.parsers import _nginx_include
from advisor.parsers.nginx import Why, read_config
from advisor.sources.tree import DirectoryTree
from tests.support.nginx_trees import MemoryTree, outline, problems, read


def test_relative_include_starts_from_the_first_file() -> None:
    """Not from the file that holds it: nginx knows one configuration prefix."""
    document = read(
        {
            "web/nginx.conf": "http { include conf.d/a.conf; }",
            "web/conf.d/a.conf": "server { include snippets/b.conf; }",
            "web/snippets/b.conf": "gzip on;",
            "web/conf.d/snippets/b.conf": "gzip off;",
        },
        "web/nginx.conf",
    )
    assert outline(document.directives) == ["http", ["server", ["gzip on"]]]
    assert document.files == ("web/nginx.conf", "web/conf.d/a.conf", "web/snippets/b.conf")
    assert not document.problems
    assert not document.notes


def test_directives_keep_their_own_file() -> None:
    document = read({"nginx.conf": "http {\n include a;\n}", "a": "\n gzip on;"})
    gzip = (document.directives[0].block or ())[0]
    assert gzip.location == Location("a", 2, 2, 2, 10)


def test_snippet_is_expanded_wherever_it_is_included() -> None:
    tree = MemoryTree(
        {"nginx.conf": "http { server { include s; } server { include s; include s; } }", "s": "a;"}
    )
    document = read_config("nginx.conf", tree)
    assert outline(document.directives) == ["http", ["server", ["a"], "server", ["a", "a"]]]
    assert tree.reads == ["nginx.conf", "s"]


def test_pattern_takes_files_in_byte_order_and_no_hidden_ones() -> None:
    document = read(
        {
            "nginx.conf": "include conf.d/*.conf; include x/[^a]?;",
            "conf.d/b.conf": "b;",
            "conf.d/a.conf": "a;",
            "conf.d/B.conf": "B;",
            "conf.d/.c.conf": "c;",
            "conf.d/d.conf.bak": "d;",
            "x/a1": "x;",
            "x/b1": "y;",
        }
    )
    assert outline(document.directives) == ["B", "a", "b", "y"]


def test_pattern_with_wildcards_in_folders() -> None:
    """In the order of whole paths, as nginx compares them byte by byte."""
    document = read(
        {
            "web/nginx.conf": "include sites/*/conf/[ab]*.conf; include /etc/nginx/*/x;",
            "web/sites/b/conf/a.conf": "ba;",
            "web/sites/a/conf/b.conf": "ab;",
            "web/sites/a/conf/a.conf": "aa;",
            "web/sites/a/conf/c.conf": "ac;",
            "web/sites/a-b/conf/a.conf": "between;",
            "web/sites/.c/conf/a.conf": "hidden;",
            "web/sites/a/a.conf": "outer;",
            "web/one/x": "x;",
        },
        "web/nginx.conf",
    )
    assert outline(document.directives) == ["between", "aa", "ab", "ba", "x"]


def test_pattern_with_wildcards_in_a_mapped_folder() -> None:
    document = read(
        {"nginx.conf": "include /etc/nginx/s/*/*;", "here/b/x": "b;", "here/a/y": "a;"},
        etc_nginx_s="here",
        etc_nginx_s_aa_z="here/b/x",
    )
    assert outline(document.directives) == ["a", "b", "b"]


def test_pattern_that_matches_without_end() -> None:
    """As with a folder that holds a link to itself."""

    class Endless(MemoryTree):
        def folders(self, folder: str) -> tuple[str, ...]:
            return ("a", "b", "c")

    document = read_config("nginx.conf", Endless({"nginx.conf": f"include {'*/' * 30}x;"}))
    assert [item.why for item in document.unresolved] == [Why.EMPTY]


def test_absolute_include_beside_the_first_file() -> None:
    """Repositories hold the folder that becomes ``/etc/nginx``."""
    document = read(
        {
            "deploy/nginx.conf": "include /etc/nginx/conf.d/*.conf; include /opt/else/b;",
            "deploy/conf.d/a.conf": "a;",
            "deploy/b": "b;",
        },
        "deploy/nginx.conf",
    )
    assert outline(document.directives) == ["a", "include /opt/else/b"]


def test_longest_entry_of_the_path_map_wins() -> None:
    document = read(
        {
            "nginx.conf": "include /etc/nginx/a; include /etc/nginx/conf.d/b;",
            "one/a": "right;",
            "one/conf.d/b": "wrong;",
            "two/b": "right;",
        },
        etc_nginx="./one/",
        etc_nginx_conf="one/conf",
        **{"etc_nginx_conf.d": "two"},
    )
    assert outline(document.directives) == ["right", "right"]


def test_mapped_folder_has_no_fallback() -> None:
    document = read({"nginx.conf": "include /etc/nginx/a;", "a": "a;"}, etc_nginx="other")
    assert problems(document) == ['1: include "/etc/nginx/a" is not among the files']


def test_mounts_of_single_files() -> None:
    """A pattern finds files by where they are mounted, in that order, and each once."""
    document = read(
        {
            "web/nginx.conf": "include conf.d/*.conf;",
            "web/conf.d/app.conf": "app;",
            "web/late.conf": "late;",
            "web/other.conf": "other;",
        },
        "web/nginx.conf",
        etc_nginx_nginx="web/nginx",
        **{
            "etc_nginx_nginx.conf": "web/nginx.conf",
            "etc_nginx_conf.d_b.conf": "web/conf.d/app.conf",
            "etc_nginx_conf.d_a.conf": "web/late.conf",
            "etc_nginx_conf.d_c.conf": "web/missing.conf",
            "etc_nginx_x_d.conf": "web/other.conf",
        },
    )
    assert outline(document.directives) == ["late", "app"]
    assert not document.problems


def test_mount_of_a_file_joins_a_mount_of_its_folder() -> None:
    document = read(
        {"nginx.conf": "include /etc/nginx/c/*;", "c/b": "b;", "extra": "extra;"},
        etc_nginx_c="c",
        etc_nginx_c_a="extra",
    )
    assert outline(document.directives) == ["extra", "b"]


def test_root_of_the_tree_as_a_mount() -> None:
    document = read({"nginx.conf": "include d/a;", "d/a": "a;"}, etc_nginx="")
    assert outline(document.directives) == ["a"]


@pytest.mark.parametrize(
    "path", ["../secret", "/etc/passwd", "a/../../secret", "/etc/nginx/../../secret", "..", "/"]
)
def test_nothing_outside_the_tree_is_asked_for(path: str) -> None:
    tree = MemoryTree({"web/nginx.conf": f"include {path}; include {path}/*;"})
    document = read_config("web/nginx.conf", tree, path_map={"/out": "../x", "/abs": "/etc"})
    assert len(document.unresolved) == 2
    assert tree.reads == ["web/nginx.conf"]


def test_missing_file_is_a_problem_and_stays() -> None:
    document = read({"nginx.conf": "http {\n  include tls.conf;\n}"})
    assert problems(document) == ['2: include "tls.conf" is not among the files']
    assert document.unresolved[0].why is Why.MISSING
    assert outline(document.directives) == ["http", ["include tls.conf"]]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("mime.types", Why.STOCK),
        ("/etc/nginx/mime.types", Why.STOCK),
        ("fastcgi_params", Why.STOCK),
        ("/etc/letsencrypt/options-ssl-nginx.conf", Why.STOCK),
        ("/etc/nginx/modules-enabled/*.conf", Why.EMPTY),
        ("conf.d/*.conf", Why.EMPTY),
        ("/etc/nginx/sites/*/nginx.conf", Why.EMPTY),
        ("/srv/*/nginx.conf", Why.UNLISTED),
        ("/srv/app/*.conf", Why.UNLISTED),
        ("/etc/nginx/${ENV}.conf", Why.PLACEHOLDER),
        ("{{ site }}.conf", Why.PLACEHOLDER),
    ],
)
def test_what_is_often_not_there_is_a_note(pattern: str, why: Why) -> None:
    document = read({"nginx.conf": f"include '{pattern}';"})
    assert not document.problems
    assert [item.why for item in document.unresolved] == [why]
    assert pattern in document.notes[0].message


@pytest.mark.parametrize(
    "files",
    [
        {"nginx.conf": "include nginx.conf; a;"},
        {"nginx.conf": "include b; a;", "b": "include nginx.conf;"},
        {"nginx.conf": "include *; a;"},
    ],
)
def test_cycle_ends(files: dict[str, str]) -> None:
    document = read(files)
    assert document.unresolved[0].why is Why.CYCLE
    assert "leads back" in document.problems[0].message
    assert outline(document.directives)[-1] == "a"


def test_endless_expansion_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty small files would otherwise expand to a billion directives."""
    monkeypatch.setattr(_nginx_include, "MAX_DIRECTIVES", 1000)
    files = {f"f{n}": f"x {{ include f{n + 1}; include f{n + 1}; }}" for n in range(30)}
    document = read({**files, "f30": "a;"}, "f0")
    assert len(document.problems) == 1
    assert "more than can be read" in document.problems[0].message


def test_long_chain_ends() -> None:
    files = {f"f{n}": f"include f{n + 1};" for n in range(500)}
    document = read(files, "f0")
    assert len(document.files) == _nginx_include.MAX_TRAIL
    assert "more than can be read" in document.problems[0].message


def test_depth_adds_up_over_files() -> None:
    deep = "a {" * 80
    document = read({"nginx.conf": f"{deep} include b; {'}' * 80}", "b": f"{deep} {'}' * 80}"})
    assert "more than can be read" in document.problems[0].message
    deepest = "a {" * 100
    document = read({"nginx.conf": f"{deepest} include b; {'}' * 100}", "b": "c;"})
    assert document.files == ("nginx.conf",)


def test_unreadable_file_is_a_problem() -> None:
    document = read({"nginx.conf": "include a; include a; b;", "a": None})
    assert problems(document) == ["1: the file is too large"]
    assert outline(document.directives) == ["b"]


def test_file_that_vanishes_is_a_problem() -> None:
    class Vanishing(MemoryTree):
        def read(self, path: str) -> str | None:
            return None if path == "a" else super().read(path)

    document = read_config("nginx.conf", Vanishing({"nginx.conf": "include a;", "a": ""}))
    assert document.unresolved[0].why is Why.MISSING


def test_folder_that_cannot_be_listed_is_a_problem() -> None:
    class Closed(MemoryTree):
        def names(self, folder: str) -> tuple[str, ...]:
            raise SourceError("cannot be listed", path=folder)

    document = read_config("nginx.conf", Closed({"nginx.conf": "include a; include b/*;"}))
    assert [problem.category for problem in document.problems][::2] == ["unreadable"] * 2
    assert problems(document)[0] == "1: cannot be listed"


def test_binary_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text("events { }\ninclude a;\n", "utf-8")
    (tmp_path / "a").write_bytes(b"user a;\0")
    document = read_config("nginx.conf", DirectoryTree(tmp_path))
    assert problems(document) == ["2: is a binary file, not text"]
    assert outline(document.directives) == ["events", []]


def test_folder_is_looked_into_once() -> None:
    """Thousands of servers often include the same file."""
    listed: list[str] = []

    class Counting(MemoryTree):
        def names(self, folder: str) -> tuple[str, ...]:
            listed.append(folder)
            return super().names(folder)

    text = "server { include a; include b/*; include c; }" * 50
    document = read_config("nginx.conf", Counting({"nginx.conf": text, "a": "a;"}))
    assert listed == ["", "b", ""]
    assert len(document.unresolved) == 100


def test_first_file_has_to_be_there() -> None:
    with pytest.raises(SourceError, match="no such file"):
        read({})


def test_problems_of_every_file_are_told() -> None:
    document = read({"nginx.conf": "include a; b", "a": "c {"})
    assert [str(problem.location) for problem in document.problems] == ["nginx.conf:1", "a:1"]


def test_one_template_makes_the_document_one() -> None:
    assert read({"nginx.conf": "include a;", "a": "listen ${PORT};"}).template
    assert not read({"nginx.conf": "listen $port; # {{ no }}"}).template


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("events { } http { }", "main"),
        ("worker_processes 1; gzip on;", "main"),
        ("server { listen 80; }", "http"),
        ("upstream a { server b; } server { location / { proxy_pass http://a; } }", "http"),
        ("map $a $b { default 1; }", "http"),
        ("limit_req_zone $a zone=b:1m rate=1r/s; gzip on;", "http"),
        ("listen 80; server_name a; location / { }", "server"),
        ("proxy_pass http://a; proxy_set_header Host $host;", "location"),
        ("gzip on; gzip_vary on;", "http"),
        ("server a:1; server b:1; keepalive 2;", "upstream"),
        ("server { listen 53 udp; proxy_pass dns; } upstream dns { server a:53; }", "stream"),
        ("server { listen 5432; proxy_pass db; proxy_timeout 1h; }", "stream"),
        ("server { listen 80; return 200; }", "http"),
        ("server { listen 80; status_zone a; }", "http"),
        ("worker_connections 9; multi_accept on;", "events"),
        ("example.com 1;", "unknown"),
        ("", "unknown"),
        ("include a*;", "unknown"),
    ],
)
def test_context_of_a_fragment(text: str, context: str) -> None:
    assert read({"nginx.conf": text}).context == context


@pytest.mark.parametrize("path", ["snippets/gzip.conf", "a/includes/gzip.conf", "gzip.inc"])
def test_snippet_belongs_to_the_narrowest_level(path: str) -> None:
    assert read({path: "gzip on;"}, path).context == "location"
    assert read({path: "ssl_protocols TLSv1.3;"}, path).context == "server"
