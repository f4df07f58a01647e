"""
One nginx file on its own: words, places, and what is kept of a broken one.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from advisor.model import Location
from advisor.parsers import _nginx_tree
from advisor.parsers.nginx import REDACTED, is_placeholder, parse_file
from tests.support.nginx_trees import outline, parsed, problems, read


def test_tree() -> None:
    file = parsed("""
        user nginx;  # who
        http {
            server { listen 80 default_server; server_name a.com 'b c'; }
            # location /old { }
            log_format main '$remote_addr '
                            '"$request"';
        }
    """)
    assert outline(file.directives) == [
        "user nginx",
        "http",
        [
            "server",
            ["listen 80 default_server", "server_name a.com b c"],
            'log_format main $remote_addr  "$request"',
        ],
    ]
    assert not file.problems
    assert not file.template


def test_places() -> None:
    """A directive spans from its name to its semicolon, a block its head."""
    file = parsed("http {\n    server {\n\tlisten  80\n  ssl;\n  }\n}\n")
    (http,) = file.directives
    (server,) = http.block or ()
    (listen,) = server.block or ()
    assert http.location == Location("a.conf", 1, 1, 1, 5)
    assert http.close_line == 6
    assert server.location == Location("a.conf", 2, 5, 2, 11)
    assert server.close_line == 5
    assert listen.location == Location("a.conf", 3, 2, 4, 7)
    assert listen.close_line == 0


def test_quoted_words_are_placed_after_escapes() -> None:
    file = parsed('a "x\\"y" \'\' b; c d;')
    first, second = file.directives
    assert first.args == ('x"y', "", "b")
    assert (second.location.column, second.location.end_column) == (16, 20)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"\.php$", r"\.php$"),
        (r"'it\'s'", "it's"),
        (r'"a\\b"', r"a\b"),
        (r'"a\tb\nc\rd"', "a\tb\nc\rd"),
        (r"a\ b", r"a\ b"),
        (r'"\d{2}"', r"\d{2}"),
        ("a#b", "a#b"),
        ("a'b", "a'b"),
        ("${uri}x", "${uri}x"),
        ("$1", "$1"),
    ],
)
def test_words(written: str, read: str) -> None:
    """Quotes go, six escapes are resolved, all others are kept, as in nginx."""
    file = parsed(f"x {written} end;")
    assert file.directives[0].args == (read, "end")
    assert not file.problems


def test_variable_in_braces_ends_at_a_blank() -> None:
    """The lexer alone glues the next word to it."""
    file = parsed("try_files ${uri} ${uri}/ =404; server ${BACKEND} fail_timeout=0;")
    assert file.directives[0].args == ("${uri}", "${uri}/", "=404")
    assert file.directives[1].args == ("${BACKEND}", "fail_timeout=0")


def test_brace_inside_a_word() -> None:
    """Nginx ends a word only at a blank, a ``;`` or a ``{``."""
    file = parsed("rewrite ^/([^}]+)}$ /a; http { gzip on; }")
    assert outline(file.directives) == ["rewrite ^/([^}]+)}$ /a", "http", ["gzip on"]]
    assert not file.problems


def test_brace_after_a_word_is_a_forgotten_semicolon() -> None:
    file = parsed("http { gzip on}")
    assert problems(file) == ['1: "gzip" is not ended by ";"']
    assert outline(file.directives) == ["http", ["gzip on"]]


def test_condition_loses_its_parentheses() -> None:
    file = parsed('if ($a = "b") { } if ( $c ) { } if ($d) { } if $e { } if ($f = x ) { }')
    assert [item.args for item in file.directives] == [
        ("$a", "=", "b"),
        ("$c",),
        ("$d",),
        ("$e",),
        ("$f", "=", "x"),
    ]


def test_byte_order_mark_is_passed_over_and_told() -> None:
    """Nginx takes it for a part of the first word, be that a comment."""
    file = parsed("\ufeffuser a;\n\ufeff b;")
    assert outline(file.directives) == ["user a", "\ufeff b"]
    assert file.directives[0].location == Location("a.conf", 1, 1, 1, 8)
    assert problems(file) == [
        "1: nginx takes the byte order mark before the first word for a part of it"
    ]
    assert file.problems[0].location == Location("a.conf", 1, 1, 1, 2)


def test_line_ends_and_last_comment() -> None:
    file = parsed("user a;\r\nhttp {\r\n  gzip on;\r\n}\r\n# the end")
    assert outline(file.directives) == ["user a", "http", ["gzip on"]]
    assert file.directives[1].close_line == 4
    assert not file.problems


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "#", " \r\n\t"])
def test_nothing_to_read(text: str) -> None:
    file = parsed(text)
    assert (file.directives, file.problems) == ((), ())


def test_lua_is_not_read() -> None:
    """Braces and quotes in Lua strings and comments do not count."""
    file = parsed("""
        location / { content_by_lua_block {
            local a = "}" -- } it's
            --[==[ } ]] ]==]
            ngx.say([[ } ]], '}', { 1 })
        } }
        set_by_lua_block $x { return 1 }
        gzip on;
    """)
    assert outline(file.directives) == [
        "location /",
        ["content_by_lua_block", []],
        "set_by_lua_block $x",
        [],
        "gzip on",
    ]
    lua = (file.directives[0].block or ())[0]
    assert (lua.location.line, lua.close_line) == (2, 6)
    assert not file.problems


@pytest.mark.parametrize(
    ("text", "kept", "message"),
    [
        ("a b;\nc d", ["a b", "c d"], '2: "c" is not ended by ";"'),
        ("a {\n b c\n}\nd;", ["a", ["b c"], "d"], '2: "b" is not ended by ";"'),
        ("a b;\n}\nc d;", ["a b", "c d"], '2: unexpected "}": no block is open here'),
        ("a b;\n;\nc d;", ["a b", "c d"], '2: unexpected ";"'),
        ("a b;\n{ c d; }", ["a b", "c d"], '2: unexpected "{"'),
        ("a {\n b;\n c {\n", ["a", ["b", "c", []]], '1: block "a" opened here is never closed'),
        ("a b;\nc 'd;\n", ["a b"], "2: quote opened here is never closed"),
        ("a b;\nc 'd'e;\nf;", ["a b"], "2: unexpected 'e' after the closing quote"),
        ('a "b""c";', [], "1: unexpected '\"' after the closing quote"),
        (
            "a b;\ncontent_by_lua_block { if",
            ["a b", "content_by_lua_block", []],
            '2: block "content_by_lua_block" opened here is never closed',
        ),
        (
            "a b;\nset_by_lua_block $x { [[ }",
            ["a b", "set_by_lua_block $x", []],
            '2: block "set_by_lua_block $x" opened here is never closed',
        ),
        (
            "a b;\ncontent_by_lua_block now;\nc;",
            ["a b", "content_by_lua_block now", "c"],
            '2: "content_by_lua_block" has no block',
        ),
        (
            "content_by_lua_block {\n f('x, {});\n}\nc;",
            ["content_by_lua_block", [], "c"],
            "2: quote in Lua opened here is never closed",
        ),
        (
            'content_by_lua_block { f("x) }\nc;',
            ["content_by_lua_block", [], "c"],
            "1: quote in Lua opened here is never closed",
        ),
    ],
)
def test_broken_files_keep_what_could_be_read(text: str, kept: list[object], message: str) -> None:
    file = parsed(text)
    assert outline(file.directives) == kept
    assert problems(file)[0] == message


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("root /x\nlocation / { }", ["root /x", "location /", []]),
        (
            "listen 80\nserver_name a.com;\ngzip on;",
            ["listen 80", "server_name a.com", "gzip on"],
        ),
        ("internal\ngzip on\nexpires 1h;", ["internal", "gzip on", "expires 1h"]),
    ],
)
def test_missing_semicolon_does_not_swallow_the_next_line(text: str, kept: list[object]) -> None:
    file = parsed(text)
    assert outline(file.directives) == kept
    assert problems(file)[0].startswith("1: ")
    assert problems(file)[0].endswith('is not ended by ";"')
    assert file.problems[0].hint == 'add ";" at the end of line 1'


@pytest.mark.parametrize(
    "text",
    [
        "rewrite ^/a /b\n  break;",
        "log_format main '$a'\n  '$b'\n proxy;",
        "gzip_types\n  text/css\n  text/plain;",
        "map $a $b {\n x\n gzip_types;\n}",
        "add_header X\n  'index';",
        "server_name a.com\n  b.com;",
        "my_own thing\n gzip_types;",
    ],
)
def test_directives_over_several_lines_are_whole(text: str) -> None:
    file = parsed(text)
    assert len(file.directives) == 1
    assert not file.problems


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "server_name a.com\naccess_log off;",
            '1: "server_name" is not ended before "access_log", which nginx reads',
        ),
        (
            "gzip_types\n  a/b\n  c/d\ngzip_vary on;",
            '1: "gzip_types" is not ended before "gzip_vary", which nginx reads',
        ),
    ],
)
def test_missing_semicolon_that_nginx_accepts_is_a_note(text: str, message: str) -> None:
    """The words are arguments for nginx, and so for everything that is said of the file."""
    file = parsed(text)
    assert not file.problems
    assert len(file.directives) == 1
    assert [f"{note.location.line}: {note.message}" for note in file.notes] == [
        f"{message} as one more argument"
    ]
    assert read({"nginx.conf": text}).notes == tuple(
        replace(note, location=replace(note.location, path="nginx.conf")) for note in file.notes
    )


@pytest.mark.parametrize(
    ("text", "kept", "message"),
    [
        ("gzip on { }", ["gzip on", []], '1: "gzip" takes no block'),
        ('root "/x" { }', ["root /x", []], '1: "root" takes no block'),
        (
            "root /x\nserver { }",
            ["root /x", "server", []],
            '1: "root" is not ended by ";"',
        ),
        (
            "server_name a\nlocation / { }",
            ["server_name a", "location /", []],
            '1: "server_name" is not ended by ";"',
        ),
    ],
)
def test_block_of_a_directive_without_one(text: str, kept: list[object], message: str) -> None:
    file = parsed(text)
    assert outline(file.directives) == kept
    assert problems(file) == [message]


def test_unclosed_block_is_found_by_indentation() -> None:
    """What follows is not read as part of the block that was left open."""
    file = parsed("""
        http {
            server {
                location / {
                    return 200;
            }
            server { listen 81; }
        }
    """)
    assert problems(file) == ['4: block "location /" opened here is never closed']
    assert file.problems[0].hint == 'add "}" before line 6'
    assert outline(file.directives) == [
        "http",
        ["server", ["location /", ["return 200"]], "server", ["listen 81"]],
    ]


def test_unclosed_block_is_found_by_what_may_stand_in_it() -> None:
    """A server cannot stand in an upstream, nor ``http`` in ``events``."""
    file = parsed(
        "events {\nworker_connections 9;\nhttp {\nupstream a {\nserver b;\nserver {\n"
        "listen 80;\n}\n}\n"
    )
    assert problems(file) == [
        '1: block "events" opened here is never closed',
        '4: block "upstream a" opened here is never closed',
    ]
    assert outline(file.directives) == [
        "events",
        ["worker_connections 9"],
        "http",
        ["upstream a", ["server b"], "server", ["listen 80"]],
    ]


def test_unclosed_map_is_found_by_the_next_block() -> None:
    file = parsed("http {\nmap $a $b {\ndefault 1;\nserver {\nlisten 80;\n}\n}\n")
    assert problems(file) == ['2: block "map $a $b" opened here is never closed']
    assert outline(file.directives) == [
        "http",
        ["map $a $b", ["default 1"], "server", ["listen 80"]],
    ]


def test_unclosed_block_in_odd_layout() -> None:
    """With no matching indentation and no known names the end of the file decides."""
    file = parsed("a {\n   b {\n  c;\n }\n")
    assert problems(file) == ['1: block "a" opened here is never closed']
    assert parsed("a { b {\n }").problems[0].hint == 'add the missing "}"'


def test_too_deep() -> None:
    file = parsed("a {\n" * 150 + "}" * 150)
    assert problems(file) == ["101: blocks are nested deeper than 100"]


def test_too_many_problems() -> None:
    file = parsed("}\n" * 100 + "gzip on;")
    assert len(file.problems) == _nginx_tree.MAX_PROBLEMS
    assert file.directives == ()


def test_missing_semicolons_are_bounded() -> None:
    file = parsed("gzip on\n" * 100)
    assert len(file.problems) <= _nginx_tree.MAX_PROBLEMS + 1


def test_template_tags_are_not_directives() -> None:
    file = parsed("""
        {# who #}
        worker_processes {{ workers }};
        {% if tls %}
        listen 443{% if h2 %} http2{% endif %};
        {% endif %}
        {{ extra }}
        <% if x %>
        ${MORE}
        {{ if .Y }}gzip on;{{ end }}
        {{ name }} value;
        {{ stray }};
        {{ block }} { a b; }
        http { {{ last }} }
        {{ end }}
    """)
    assert file.template
    assert not file.problems
    assert outline(file.directives) == [
        "worker_processes {{ workers }}",
        "listen 443{% if h2 %} http2{% endif %}",
        "gzip on",
        "{{ name }} value",
        "{{ block }}",
        ["a b"],
        "http",
        [],
    ]


def test_a_template_has_no_problems_of_its_own() -> None:
    """
    Both branches open a block here that only one brace closes. That it is one is said elsewhere.
    """
    text = "{% if a %}\nserver {\n{% else %}\nserver {\n{% endif %}\nlisten 80;\n}\n"
    assert (parsed(text).template, parsed(text).problems) == (True, ())
    assert {problem.category for problem in parsed("server {").problems} == {"syntax"}


def test_template_may_follow_a_quote() -> None:
    file = parsed("add_header A 'b'<% if x %> always<% end %>;\n; gzip on;")
    assert outline(file.directives) == ["add_header A b <% if x %> always<% end %>", "gzip on"]
    assert not file.problems


def test_text_before_a_tag_is_not_lost() -> None:
    """Only a directive's name is freed of the tag before it."""
    file = parsed("map $host $a { {{ name }}.example.com 1; {{ if x }}default 2; }")
    assert outline(file.directives) == [
        "map $host $a",
        ["{{ name }}.example.com 1", "default 2"],
    ]


@pytest.mark.parametrize(
    "text",
    ["{{ x }}", "a{{x}}b", "{% if x %}", "<%= port %>", "${PORT}", "${PORT:-80}", "{#note#}"],
)
def test_placeholder(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["$host", "${host}", "a{2}", '{"a":"$b"}', "", "%{x}", "a<b"])
def test_no_placeholder(text: str) -> None:
    assert not is_placeholder(text)


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("proxy_pass http://me:pw@host/;", (f"http://me:{REDACTED}@host/",)),
        (
            'proxy_set_header Authorization "Basic abcdefgh";',
            ("Authorization", f"Basic {REDACTED}"),
        ),
        (
            "proxy_set_header X-Api-Key abc123 ;",
            ("X-Api-Key", REDACTED),
        ),
        (
            "proxy_set_header Authorization $http_authorization;",
            ("Authorization", "$http_authorization"),
        ),
        ("proxy_set_header Authorization '';", ("Authorization", "")),
        ("add_header X-Frame-Options DENY always;", ("X-Frame-Options", "DENY", "always")),
        (
            "add_header WWW-Authenticate 'Basic realm=\"x\"';",
            ("WWW-Authenticate", 'Basic realm="x"'),
        ),
        ("env DB_PASSWORD=abc;", (f"DB_PASSWORD={REDACTED}",)),
        ("env DB_PASSWORD;", ("DB_PASSWORD",)),
        ("env;", ()),
        ("set $token abc;", ("$token", REDACTED)),
        (
            "add_header Access-Control-Allow-Credentials true;",
            ("Access-Control-Allow-Credentials", "true"),
        ),
        ("set $upstream abc;", ("$upstream", "abc")),
        ("secure_link_secret word;", (REDACTED,)),
        ('secure_link_md5 "$uri$arg_e word";', (f"$uri$arg_e {REDACTED}",)),
        (
            'if ($http_authorization != "Basic abcdefgh") { }',
            ("$http_authorization", "!=", f"Basic {REDACTED}"),
        ),
    ],
)
def test_secrets_do_not_get_in(text: str, args: tuple[str, ...]) -> None:
    assert parsed(text).directives[0].args == args


def test_a_broken_envsubst_template_is_broken() -> None:
    """envsubst fills in words only, so braces must be right before; Jinja may bring them in."""
    words = parse_file("a.template", "server {\n  listen ${PORT};\n")
    lines = parse_file("a.j2", "server {\n  {% include 'listen.j2' %}\n")

    assert [problem.category for problem in words.problems] == ["syntax"]
    assert (lines.template, lines.problems) == (True, ())
