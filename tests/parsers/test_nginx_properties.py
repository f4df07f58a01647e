"""
No text and no set of files makes the reader of nginx configurations fail.
"""

from __future__ import annotations

import string
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.nginx import find
from advisor.model import Location
from advisor.parsers.nginx import Directive, NginxDocument, parse_file, read_config
from advisor.parsers.nginx_scope import build
from tests.support.nginx_trees import MemoryTree, outline

NASTY = st.lists(
    st.sampled_from(
        [
            "server", "location", "http", "if", "map", "include", "set", "upstream", "listen",
            "proxy_pass", "content_by_lua_block", "server_name", "add_header_inherit", "merge",
            "http://", "unix:", "[::1]", ":80", "${", "${A}", "$a", "{{", "}}", "{%", "%}", "<%",
            "%>", "{#", "#}", "(", ")", "[[", "]]", "--", "a", "b/*", "*", "../", "/", "\\", "'",
            '"', "#", ";", ";", "{", "{", "}", "}", " ", " ", "\n", "\r\n", "\t", "\ufeff",
            "\x00", "\xa0", "\u2028", "\ud800", "é",
        ]
    ),
    max_size=60,
).map("".join)  # fmt: skip
TEXT = st.one_of(st.text(max_size=200), NASTY)
WORD = st.text(string.ascii_letters + string.digits + "/._-*~^=|()", min_size=1, max_size=12)
QUOTED = st.text(string.ascii_letters + " {};#$'", max_size=12).map('"{}"'.format)
# nginx's own directives take blocks or not as its table says; any other may do either.
HEAD = st.tuples(
    st.text(string.ascii_lowercase + "_", min_size=1, max_size=12).filter(
        lambda name: not find(name) and name != "if"
    ),
    st.lists(st.one_of(WORD, QUOTED), max_size=4),
).map(lambda parts: [parts[0], *parts[1]])
Node = tuple[list[str], "list[Node] | None"]


def nodes(depth: int) -> st.SearchStrategy[list[Node]]:
    """
    Lists of directives with blocks up to a depth.
    """
    inner = nodes(depth - 1) if depth else st.just([])
    return st.lists(st.tuples(HEAD, st.one_of(st.none(), inner)), max_size=4)


def write(tree: list[Node], gap: str) -> str:
    """
    The directives as text, with `gap` between them.
    """
    lines: list[str] = []
    for words, block in tree:
        end = ";" if block is None else f" {{{gap}{write(block, gap)}}}"
        lines.append(" ".join(words) + end + gap)
    return "".join(lines)


def expected(tree: list[Node]) -> list[object]:
    """
    What the outline of the text has to be.
    """
    lines: list[object] = []
    for words, block in tree:
        lines.append(" ".join(word.strip('"') for word in words))
        if block is not None:
            lines.append(expected(block))
    return lines


def every(directives: tuple[Directive, ...]) -> list[Directive]:
    """
    All directives on all levels.
    """
    found: list[Directive] = []
    for directive in directives:
        found += [directive, *every(directive.block or ())]
    return found


def use(document: NginxDocument) -> None:
    """
    Ask everything that can be asked of a document.
    """
    config = build(document)
    for server in config.servers:
        config.http2_enabled(server)
        config.tls_enabled(server)
        assert len(config.sockets_of(server)) == len(config.listens(server))
    for item in config.main.walk():
        config.proxied(item)
        item.effective("root")
        item.effective_all("allow", "deny")
        item.effective_all("add_header")
        item.hidden("http2")
    for table in config.maps:
        table.lookup("")
    config.upstream_uses()


@settings(max_examples=200, deadline=None)
@given(TEXT)
def test_any_text(text: str) -> None:
    """Every place that is named lies in the text."""
    file = parse_file("a.conf", text)
    lines = text.count("\n") + 1
    places = [directive.location for directive in every(file.directives)]
    places += [problem.location for problem in file.problems]
    for place in places:
        assert 1 <= place.line <= place.end_line <= lines
        assert place.column >= 1
        assert (place.line, place.column) < (place.end_line, place.end_column)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["a", "b/a", "b/b"]), TEXT), TEXT, TEXT)
def test_any_files(files: dict[str, str], main: str, host: str) -> None:
    tree = MemoryTree({**files, "nginx.conf": main})
    use(read_config("nginx.conf", tree, path_map={host: "b", "/b": host}))


@settings(max_examples=200, deadline=None)
@given(nodes(3), st.sampled_from(["\n", " ", "\r\n\t", " # a { b ' \n"]))
def test_what_is_written_is_read(tree: list[Node], gap: str) -> None:
    """Any tree of directives comes back as it was, without a problem."""
    file = parse_file("a.conf", write(tree, gap))
    assert outline(file.directives) == expected(tree)
    assert not file.problems


@settings(max_examples=200, deadline=None)
@given(nodes(3))
def test_locations_point_at_the_text(tree: list[Node]) -> None:
    text = write(tree, "\n")
    lines = text.split("\n")
    for directive in every(parse_file("a.conf", text).directives):
        place = directive.location
        assert place.line == place.end_line
        shown = lines[place.line - 1][place.column - 1 : place.end_column - 1]
        assert shown.startswith(directive.name)
        assert shown.endswith(";") == (directive.block is None)
        if directive.block is not None:
            assert lines[directive.close_line - 1].endswith("}")


def test_hostile_text_takes_linear_time() -> None:
    """Each of these takes minutes when it is quadratic; measuring coverage slows a linear one."""
    size = 50_000
    for text in (
        "a {} " * size,
        "{" * size,
        "{{" * size,
        "${" * size,
        "<%" * size,
        "}" * size,
        "a\n" * size,
        "'" * size,
        "a '" * size,
        "#" * size,
        "gzip on\n" * size,
        "content_by_lua_block {" + "[[" * size,
        "content_by_lua_block {" + "--[" * size,
        "content_by_lua_block { }" * (size // 10),
        " " * size + "a {} b {}" * (size // 10),
        "a " + "b" * size + ";",
        "x { gzip on\n }\n" * (size // 10),
        "server {" * 90 + "a;\n" * size,
    ):
        start = time.process_time()
        parse_file("a.conf", text)
        assert time.process_time() - start < 15, text[:30]


def test_directive_is_told_as_it_reads() -> None:
    assert str(Directive("a", ("b", "c d"), Location("x", 1))) == "a b c d"
