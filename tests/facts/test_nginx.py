"""
What rules are told of nginx, and what they are told is not known.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.audit import collect_example, judge_all
from advisor.deployment.model import Host, Proxy
from advisor.facts.namespaces import RECORDS, scope_of
from advisor.facts.nginx import Reader
from advisor.model import Finding, Origin, Unknown, Value
from advisor.model.subject import Fact, Record, Subject
from advisor.parsers.nginx_scope import build
from advisor.rules.judge import Judge
from advisor.rules.loader import load_folder
from advisor.rules.rule import from_data
from advisor.triage import triage
from tests.support.nginx_trees import read

HOST = Host(
    cpus=Value(4.0, Origin.GIVEN),
    memory=Unknown("nobody said"),
    storage=Unknown("nobody said"),
    shared=Unknown("nobody said"),
    container=False,
    limited=False,
)
UNKNOWN = "unknown"
OLD = (1, 22, 1)
NEW = (1, 30, 0)


def reader(text: str, *, version: tuple[int, ...] | None = NEW, path: str = "nginx.conf") -> Reader:
    return reader_of({path: text}, version=version, path=path)


def reader_of(
    files: Mapping[str, str], *, version: tuple[int, ...] | None = NEW, path: str = "nginx.conf"
) -> Reader:
    document = read(files, path)
    stated = Value(version, Origin.GIVEN) if version else Unknown("nobody said")
    return Reader(Proxy("nginx", "", document, build(document), stated, HOST))


def http(text: str) -> str:
    return f"events {{}}\nhttp {{\n{text}\n}}\n"


def shown(fact: Fact) -> object:
    return UNKNOWN if isinstance(fact, Unknown) else fact.value


def server(text: str, *, version: tuple[int, ...] | None = NEW) -> dict[str, object]:
    """Facts of the last server of an http block."""
    return _plain(list(reader(http(text), version=version).servers())[-1], "server")


def whole(text: str, *, version: tuple[int, ...] | None = NEW) -> dict[str, object]:
    return _plain(reader(text, version=version).whole(), "nginx")


def location(text: str) -> dict[str, object]:
    """Facts of the last location of an http block."""
    subjects = list(reader(http(text)).locations(Unknown("nobody looked")))
    return _plain(subjects[-1], "location")


def upstream(text: str, *, version: tuple[int, ...] | None = OLD) -> dict[str, object]:
    """Facts of the first upstream of an http block."""
    one = reader(http(text), version=version)
    return _plain(one.upstream(one.config.upstreams[0], Unknown("nobody looked")), "upstream")


def _plain(subject: Subject, space: str) -> dict[str, object]:
    return {
        name.partition(".")[2]: shown(fact)
        for name, fact in subject.facts.items()
        if name.startswith(f"{space}.")
    }


def uses(facts: Mapping[str, object]) -> list[dict[str, object]]:
    records = facts["locations"]
    assert isinstance(records, tuple)
    assert all(isinstance(one, Record) for one in records)
    return [{name: shown(fact) for name, fact in one.fields.items()} for one in records]


class TestWhole:
    def test_defaults_are_known_in_a_complete_configuration(self) -> None:
        facts = whole(http("server { root /srv/www; }"))
        assert facts == {
            "version": NEW,
            "path": "nginx.conf",
            "complete": True,
            "has_http": True,
            "proxies": False,
            "serves": True,
            "tls": False,
            "http2_switch": True,
            "pools_by_default": True,
            "worker_processes": "1",
            "gzip": False,
            "gzip_types_extra": False,
            "gzip_proxied": "off",
            "gzip_vary": False,
            "gzip_comp_level": 1,
            "other_compression": False,
        }

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("gzip_min_length 1;", "the file is a fragment; it may be set around it"),
            (http("include missing.conf;"), "an include that was not read may set it"),
            (http("{% if gzip %} server {} {% endif %}"), "what fills the template in may set it"),
            ("http { server { listen 80; }", "the syntax error may hide it"),
            (http("gzip $maybe;"), "its value is filled in later"),
            (http("gzip sometimes;"), "gzip sometimes is not understood"),
        ],
    )
    def test_what_cannot_be_seen_is_not_known(self, text: str, reason: str) -> None:
        fact = reader(text).nginx_facts()["nginx.gzip"]
        assert isinstance(fact, Unknown)
        assert fact.reason == reason

    def test_a_packaged_include_hides_nothing(self) -> None:
        facts = whole(http("include mime.types; server { include proxy_params; }"))
        assert facts["gzip"] is False
        assert facts["complete"] is True

    def test_an_include_on_another_level_hides_nothing(self) -> None:
        """worker_processes belongs to the file itself."""
        facts = whole("worker_processes 2;\n" + http("include missing.conf;"))
        assert facts["worker_processes"] == "2"
        assert facts["complete"] is False

    def test_an_include_beside_a_setting_cannot_set_it_again(self) -> None:
        """nginx refuses the same setting twice in a block, so what is written counts."""
        facts = server("keepalive_timeout 0; include missing.conf; server { root /; }")
        assert facts["keepalive_timeout"] == 0

    def test_an_include_further_in_may_set_it_anew(self) -> None:
        facts = server("keepalive_timeout 0; server { include missing.conf; root /; }")
        assert facts["keepalive_timeout"] == UNKNOWN

    @pytest.mark.parametrize(
        ("version", "switch", "pools"),
        [
            (None, UNKNOWN, UNKNOWN),
            ((1, 25), UNKNOWN, False),
            ((1, 25, 0), False, False),
            ((1, 25, 1), True, False),
            ((1, 29), True, UNKNOWN),
            ((1, 29, 7), True, True),
            ((1, 30), True, True),
        ],
    )
    def test_a_short_version_stands_for_all_that_begin_so(
        self, version: tuple[int, ...] | None, switch: object, pools: object
    ) -> None:
        facts = whole(http(""), version=version)
        assert (facts["http2_switch"], facts["pools_by_default"]) == (switch, pools)

    def test_a_version_that_is_missing_says_what_would_help(self) -> None:
        fact = reader(http("server {}"), version=None).nginx_facts()["nginx.http2_switch"]
        assert isinstance(fact, Unknown)
        assert fact.needs == ("nginx.version",)


class TestGzip:
    def test_on_in_one_location_is_on(self) -> None:
        facts = whole(http("server { location / { gzip on; gzip_types *; gzip_vary on; } }"))
        assert facts["gzip"] is True
        assert facts["gzip_types_extra"] is True
        assert facts["gzip_vary"] is True

    def test_the_worst_of_several_scopes_is_shown(self) -> None:
        facts = whole(
            http(
                """
                gzip on; gzip_vary on; gzip_comp_level 4;
                server { listen 80; }
                server { listen 81; gzip_comp_level 9; gzip_vary off; }
                server { listen 82; gzip_comp_level $level; }
                """
            )
        )
        assert facts["gzip_comp_level"] == 9
        assert facts["gzip_vary"] is False

    def test_types_in_an_include_are_not_known(self) -> None:
        files = "gzip on; include missing.conf; server { listen 80; }"
        assert whole(http(files))["gzip_types_extra"] == UNKNOWN

    def test_types_that_are_filled_in_are_not_known(self) -> None:
        files = "gzip on; gzip_types ${GZIP_TYPES}; server { listen 80; }"
        assert whole(http(files))["gzip_types_extra"] == UNKNOWN

    def test_types_of_a_fragment_may_stand_around_it(self) -> None:
        assert whole("server { listen 80; gzip on; }")["gzip_types_extra"] == UNKNOWN
        assert whole("server { gzip on; gzip_types text/css; }")["gzip_types_extra"] is True

    def test_html_alone_is_the_default(self) -> None:
        facts = whole(http("gzip on; gzip_types text/html; server {}"))
        assert facts["gzip_types_extra"] is False

    @pytest.mark.parametrize("text", ["brotli on;", "gzip_static always;", "zstd on;"])
    def test_something_else_may_compress(self, text: str) -> None:
        assert whole(http(f"{text} server {{}}"))["other_compression"] is True


class TestServer:
    def test_a_tls_server(self) -> None:
        facts = server("server { listen 443 ssl; server_name shop.example.com; }")
        assert facts == {
            "name": "shop.example.com",
            "tls": True,
            "serves": True,
            "local": False,
            "http2": False,
            "http2_off": False,
            "http2_listen": False,
            "http2_directive": False,
            "listen_line": "listen 443 ssl;",
            "http2_line": "http2 on;",
            "ssl_session_cache": "none",
            "session_cache_shared": False,
            "session_cache_size": None,
            "ssl_session_timeout": 300,
            "ssl_session_tickets": True,
            "ticket_key": False,
            "keepalive_timeout": 75,
            "keepalive_requests": 1000,
            "keepalive_requests_block": "http",
            "hardened": False,
        }

    @pytest.mark.parametrize(
        ("text", "serves"),
        [
            ("root /srv/www;", True),
            ("location / { proxy_pass http://app; }", True),
            ("location /a { return 404; } location /b { root /srv; }", True),
            ("location / { return 301 /; location /b { root /srv; } }", True),
            ("return 301 https://$host$request_uri;", False),
            ("if ($host = a) { return 301 /; } return 404;", False),
            ("rewrite ^(.*)$ https://a$1 permanent;", False),
            ("rewrite ^/old /new permanent;", True),
            ("ssl_reject_handshake on;", False),
            ("location / { return 301 /; }", False),
            ("location / { deny all; }", False),
            ("location / { allow 10.0.0.1; deny all; }", True),
            ("location /status { stub_status; }", False),
            (
                "location ^~ /.well-known/acme-challenge/ { root /a; } location / { return 301 /; }",
                False,
            ),
            ("location / { return 301 /; } include more.conf;", UNKNOWN),
        ],
    )
    def test_redirects_serve_nothing(self, text: str, serves: object) -> None:
        assert server(f"server {{ listen 80; {text} }}")["serves"] == serves

    @pytest.mark.parametrize(
        ("listen", "local"),
        [
            ("listen 127.0.0.1:80;", True),
            ("listen 127.1.2.3:80; listen [::1]:80;", True),
            ("listen unix:/run/a.sock;", True),
            ("listen localhost:80;", True),
            ("listen localhost.example.com:80;", False),
            ("listen 127.0.0.1:80; listen 80;", False),
            ("", False),
            ("listen 127.0.0.1:80; include more.conf;", UNKNOWN),
        ],
    )
    def test_local_servers(self, listen: str, local: object) -> None:
        assert server(f"server {{ {listen} }}")["local"] == local

    def test_tls_of_one_server_holds_for_its_socket(self) -> None:
        text = "server { listen 443 ssl http2; } server { listen 443; server_name b; }"
        facts = server(text)
        assert facts["tls"] is True
        assert facts["http2"] is True
        assert facts["http2_listen"] is False
        assert facts["listen_line"] == "listen 443;"

    def test_the_old_ssl_directive_is_tls(self) -> None:
        assert server("server { listen 443; ssl on; }", version=OLD)["tls"] is True

    def test_http3_alone_is_no_tls_over_tcp(self) -> None:
        assert server("server { listen 443 quic; }")["tls"] is False

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("listen 443 ssl; http2 on;", (True, False, True)),
            ("listen 443 ssl; http2 off;", (False, True, True)),
            ("listen 443 ssl; http2 ${HTTP2};", (UNKNOWN, False, True)),
            ("listen 443 ssl ${HTTP2};", (UNKNOWN, False, False)),
            ("listen 443 ssl; include more.conf;", (UNKNOWN, False, False)),
        ],
    )
    def test_http2(self, text: str, expected: tuple[object, ...]) -> None:
        facts = server(f"server {{ {text} }}")
        assert (facts["http2"], facts["http2_off"], facts["http2_directive"]) == expected

    def test_http2_of_a_fragment_may_stand_around_it(self) -> None:
        facts = _plain(next(reader("server { listen 443 ssl; }").servers()), "server")
        assert facts["http2"] == UNKNOWN
        assert facts["tls"] is True

    def test_sockets_of_a_location_fragment_are_not_known(self) -> None:
        one = reader("location / { root /srv; }", path="snippets/static.conf")
        facts = _plain(next(one.servers()), "server")
        assert facts["tls"] == UNKNOWN
        assert facts["http2_listen"] == UNKNOWN

    @pytest.mark.parametrize(
        ("version", "line"),
        [
            (NEW, "http2 on;"),
            (OLD, "listen 443 ssl http2; listen [::]:443 ssl http2;"),
            (
                None,
                "http2 on;  # before nginx 1.25.1: "
                "listen 443 ssl http2; listen [::]:443 ssl http2;",
            ),
        ],
    )
    def test_how_http2_is_switched_on(self, version: tuple[int, ...] | None, line: str) -> None:
        facts = server("server { listen 443 ssl http2; listen [::]:443 ssl; }", version=version)
        assert facts["http2_line"] == line
        assert facts["listen_line"] == "listen 443 ssl; listen [::]:443 ssl;"

    def test_switching_it_off_is_not_answered_by_switching_it_on(self) -> None:
        facts = server("server { listen 443 ssl; http2 off; }", version=OLD)
        assert facts["http2_line"] == "listen 443 ssl;"

    def test_without_a_listen_the_lines_are_those_of_a_new_one(self) -> None:
        assert server("server { ssl on; }", version=OLD)["listen_line"] == "listen 443 ssl;"

    def test_the_session_cache_is_that_of_the_default_server(self) -> None:
        text = """
            server { listen 443 ssl; ssl_session_cache shared:A:512k; ssl_session_timeout 1h; }
            server { listen 443 ssl; server_name b; ssl_session_cache off; }
        """
        facts = server(text)
        assert facts["ssl_session_cache"] == "shared:A:512k"
        assert facts["session_cache_shared"] is True
        assert facts["session_cache_size"] == 512 * 1024
        assert facts["ssl_session_timeout"] == 3600
        fact = list(reader(http(text)).servers())[-1].facts["server.ssl_session_cache"]
        assert isinstance(fact, Value)
        assert fact.note == "of server *:443, the default server of the socket"

    def test_an_unknown_cache_stays_unknown(self) -> None:
        facts = server("include missing.conf; server { listen 443 ssl; }")
        assert facts["session_cache_shared"] == UNKNOWN
        assert facts["session_cache_size"] == UNKNOWN

    def test_limits_and_resets_together_are_hardening(self) -> None:
        resets = "reset_timedout_connection on;"
        assert server(f"server {{ {resets} limit_conn a 1; }}")["hardened"] is True
        assert server(f"server {{ {resets} limit_req zone=a; }}")["hardened"] is True
        assert server(f"server {{ {resets} }}")["hardened"] is False
        assert server("server { limit_conn a 1; }")["hardened"] is False

    def test_the_default_of_old_versions_points_at_the_http_block(self) -> None:
        one = next(reader(http("server {}"), version=(1, 18, 0)).servers())
        assert shown(one.facts["server.keepalive_requests"]) == 100
        place = one.facts["server.keepalive_requests_block"].location
        assert place is not None
        assert place.line == 2

    def test_a_number_that_is_none_is_not_understood(self) -> None:
        assert server("server { keepalive_requests many; }")["keepalive_requests"] == UNKNOWN
        assert server("server { keepalive_requests; }")["keepalive_requests"] == UNKNOWN


KEPT = "upstream app { server a:1; keepalive 32; }"


class TestUpstream:
    def test_before_keepalive_was_the_default(self) -> None:
        facts = upstream(
            "upstream app { server a:1; } server { location / { proxy_pass http://app; } }"
        )
        assert facts["http"] is True
        assert facts["keepalive"] == 0
        assert facts["keepalive_set"] is False
        assert facts["keepalive_timeout"] == 60
        assert facts["reused"] is False
        assert facts["servers"] == 1
        assert facts["late_method"] == ""

    def test_since_it_is(self) -> None:
        text = "upstream app { server a:1; } server { location / { proxy_pass http://app; } }"
        facts = upstream(text, version=NEW)
        assert facts["keepalive"] == 32
        assert facts["reused"] is True

    def test_without_a_version_it_depends(self) -> None:
        text = KEPT + "server { location / { proxy_pass http://app; } }"
        facts = upstream(text, version=None)
        assert facts["keepalive"] == 32
        assert facts["old_http"] == facts["closing"] == facts["reused"] == UNKNOWN
        assert uses(facts)[0]["http_unset"] is True
        assert uses(facts)[0]["header_unset"] is True

    @pytest.mark.parametrize(
        ("text", "old", "closes", "mapped", "reuses"),
        [
            ("", True, True, False, False),
            ("proxy_http_version 1.1;", False, True, False, False),
            ('proxy_set_header Connection "";', True, False, False, False),
            ('proxy_http_version 1.1; proxy_set_header connection "";', False, False, False, True),
            ("proxy_http_version 1.1; proxy_set_header Connection Close;", False, True, False, False),
            ("proxy_http_version 1.1; proxy_set_header Connection upgrade;", False, False, False, True),
            ("proxy_set_header Connection Keep-Alive;", False, False, False, True),
            ("proxy_http_version 2;", False, False, False, True),
            ("proxy_http_version 1.1; proxy_set_header Connection $closing;", False, False, True, False),
            ("proxy_http_version 1.1; proxy_set_header Connection $open;", False, False, False, True),
            ("proxy_http_version 1.1; proxy_set_header Connection $regex;", False, False, UNKNOWN, UNKNOWN),
            ("proxy_http_version 1.1; proxy_set_header Connection $other;", False, False, UNKNOWN, UNKNOWN),
            ("proxy_http_version 1.1; proxy_set_header Connection $http_connection;", False, UNKNOWN, False, UNKNOWN),
            ("proxy_http_version 1.1; proxy_set_header Connection ${CONNECTION};", False, UNKNOWN, False, UNKNOWN),
            ("set $c close; proxy_http_version 1.1; proxy_set_header Connection $c;", False, True, False, False),
            ("include proxy_params; proxy_http_version 1.1;", False, True, False, False),
            ("include own.conf; proxy_http_version 1.1;", False, UNKNOWN, False, UNKNOWN),
            ("proxy_set_header Host a; include own.conf;", UNKNOWN, UNKNOWN, False, UNKNOWN),
            ("proxy_set_header Host a; include proxy_params;", True, True, False, False),
        ],
    )  # fmt: skip
    def test_what_a_location_does_to_reuse(
        self, text: str, *, old: object, closes: object, mapped: object, reuses: object
    ) -> None:
        maps = """
            map $http_upgrade $closing { default upgrade; '' close; }
            map $http_upgrade $open { default upgrade; '' ''; }
            map $http_upgrade $regex { ~^web upgrade; }
            map $host $other { default close; }
        """
        server = f"server {{ location / {{ {text} proxy_pass http://app; }} }}"
        one = uses(upstream(KEPT + maps + server))[0]
        assert (one["http_old"], one["closes"], one["maps_to_close"]) == (old, closes, mapped)
        assert one["reuses"] == reuses

    def test_the_packaged_headers_replace_inherited_ones(self) -> None:
        text = """server {
            proxy_http_version 1.1; proxy_set_header Connection "";
            location / { include proxy_params; proxy_pass http://app; }
        }"""
        one = uses(upstream(KEPT + text))[0]
        assert one["closes"] is True
        assert one["header_lost"] is True

    def test_a_header_of_its_own_loses_the_inherited_ones(self) -> None:
        text = """server {
            proxy_http_version 1.1; proxy_set_header Connection "";
            location /a { proxy_pass http://app; }
            location /b { proxy_set_header Host a; proxy_pass http://app; }
        }"""
        kept, lost = uses(upstream(KEPT + text))
        assert (kept["reuses"], kept["header_lost"]) == (True, False)
        assert (lost["reuses"], lost["header_lost"]) == (False, True)
        assert upstream(KEPT + text)["reused"] is True

    def test_a_location_for_websockets_alone_closes_nothing_else(self) -> None:
        text = """
            map $http_upgrade $closing { default upgrade; '' close; }
            server { proxy_http_version 1.1; location LABEL {
                proxy_set_header Connection $closing; proxy_pass http://app;
            } }
        """
        found = {
            label: upstream(KEPT + text.replace("LABEL", label))["mapped_close"]
            for label in ("/", "^~ /", "@app", "/ws/", "= /")
        }
        assert found == {"/": True, "^~ /": True, "@app": True, "/ws/": False, "= /": False}
        assert upstream(KEPT + text.replace("LABEL", "/ws/"))["reused"] is False

    def test_the_first_location_at_fault_is_the_place(self) -> None:
        text = (
            KEPT
            + """
            server {
                location /a { proxy_http_version 1.1; proxy_pass http://app; }
                location /b { proxy_pass http://app; }
            }
        """
        )
        one = reader(http(text), version=OLD)
        facts = one.upstream_facts(one.config.upstreams[0])
        old, closing = facts["upstream.old_http"].location, facts["upstream.closing"].location
        assert old is not None
        assert closing is not None
        assert (old.line, closing.line) == (6, 5)

    @pytest.mark.parametrize(
        ("text", "late"),
        [
            ("keepalive 8; least_conn;", "least_conn"),
            ("keepalive 8; hash $uri consistent;", "hash $uri consistent"),
            ("least_conn; keepalive 8;", ""),
            ("least_conn;", ""),
        ],
    )
    def test_a_method_behind_keepalive(self, text: str, late: str) -> None:
        assert upstream(f"upstream app {{ server a:1; {text} }}")["late_method"] == late

    @pytest.mark.parametrize(
        ("text", "used"),
        [
            ("server { location / { proxy_pass https://app; } }", True),
            ("server { location / { if ($arg_a) { proxy_pass http://app; } } }", True),
            ("server { location / { uwsgi_pass app; } }", False),
            ("server { location / { grpc_pass grpc://app; } }", False),
            ("server { location / { proxy_pass http://$backend; } }", UNKNOWN),
            ("include missing.conf;", UNKNOWN),
            ("", False),
        ],
    )
    def test_whether_http_goes_there(self, text: str, used: object) -> None:
        assert upstream("upstream app { server a:1; }" + text)["http"] == used

    def test_a_block_with_an_include_is_not_known(self) -> None:
        facts = upstream("upstream app { include servers.conf; }")
        assert facts["keepalive"] == facts["keepalive_set"] == UNKNOWN

    def test_a_fragment_shows_the_whole_block(self) -> None:
        """Nothing that stands around an upstream decides its keepalive."""
        one = reader("upstream app { server a:1; }", version=OLD)
        facts = one.upstream_facts(one.config.upstreams[0])
        assert shown(facts["upstream.keepalive"]) == 0
        assert shown(facts["upstream.http"]) == UNKNOWN


class TestLocation:
    def test_an_address(self) -> None:
        facts = location("server { location /a { proxy_pass http://10.0.0.1:8000/x; } }")
        assert facts == {
            "label": "location /a",
            "scheme": "http",
            "literal": True,
            "literal_target": "10.0.0.1:8000",
            "exact": False,
            "backend": UNKNOWN,
            "websocket": False,
            "buffering": True,
            "cached": False,
            "proxy_read_timeout": 60,
        }

    @pytest.mark.parametrize(
        ("target", "literal"),
        [
            ("http://app", False),
            ("http://other", True),
            ("http://other:80", True),
            ("http://unix:/run/app.sock", True),
            ("http://$host", False),
            ("http://127.0.0.1:8000$request_uri", False),
            ("http://${APP}:8000", UNKNOWN),
        ],
    )
    def test_what_is_an_address(self, target: str, literal: object) -> None:
        text = f"upstream app {{ server a:1; }} server {{ location / {{ proxy_pass {target}; }} }}"
        assert location(text)["literal"] == literal

    def test_a_name_may_be_that_of_an_upstream_in_another_file(self) -> None:
        text = "server {{ location / {{ proxy_pass http://app{}; }} }}"
        literal = []
        for port in ("", ":8000"):
            one = next(reader(text.format(port)).locations(Unknown("nobody looked")))
            literal.append(shown(one.facts["location.literal"]))
        assert literal == [UNKNOWN, True]

    def test_what_passes_no_http_is_no_subject(self) -> None:
        text = "server { location /a { uwsgi_pass a:1; } location /b { root /srv; } }"
        assert list(reader(http(text)).locations(Unknown("nobody looked"))) == []

    def test_websockets_caches_and_single_paths(self) -> None:
        facts = location(
            """proxy_cache_path /tmp/c keys_zone=c:1m; server { location = /a {
            proxy_set_header Upgrade $http_upgrade; proxy_cache c; proxy_buffering off;
            proxy_read_timeout 1h; proxy_pass http://unix:/run/app.sock; } }"""
        )
        assert facts["exact"] is facts["websocket"] is facts["cached"] is True
        assert facts["buffering"] is False
        assert facts["proxy_read_timeout"] == 3600
        assert facts["literal_target"] == "unix:/run/app.sock"


def backends(files: Mapping[str, str]) -> dict[str, object]:
    """Kind of worker by name of the upstream or location."""
    return {
        one.name: shown(one.facts[f"{one.target.partition('.')[2]}.backend"])
        for one in collect_example(files, {}, {"nginx": "1.24.0"})
        if one.target in ("nginx.upstream", "nginx.location")
    }


class TestBackend:
    LITERAL = http("server { location / { proxy_pass http://127.0.0.1:8000; } }")
    BLOCK = http(
        "upstream app { server 127.0.0.1:8000; } server { location / { proxy_pass http://app; } }"
    )

    def test_the_only_application(self) -> None:
        files = {"nginx.conf": self.BLOCK, "gunicorn.conf.py": "bind = '127.0.0.1:8000'\n"}
        assert backends(files) == {"location /": UNKNOWN, "upstream app": "sync"}

    def test_behind_an_address(self) -> None:
        files = {"nginx.conf": self.LITERAL, "gunicorn.conf.py": "bind = '127.0.0.1:8000'\n"}
        assert backends(files) == {"location /": "sync"}

    def test_nobody_stands_there(self) -> None:
        assert backends({"nginx.conf": self.BLOCK})["upstream app"] == UNKNOWN

    def test_of_two_addresses_one_is_not_known(self) -> None:
        text = "location /b { proxy_pass http://127.0.0.1:9000; } location / {"
        files = {
            "nginx.conf": self.LITERAL.replace("location / {", text),
            "gunicorn.conf.py": "bind = '127.0.0.1:8000'\n",
        }
        assert set(backends(files).values()) == {UNKNOWN}

    def test_different_applications_behind_one_block(self) -> None:
        files = {
            "nginx.conf": self.BLOCK.replace("8000;", "8000; server 127.0.0.1:9000;"),
            "a/gunicorn.conf.py": "bind = '127.0.0.1:8000'\n",
            "b/gunicorn.conf.py": "bind = '127.0.0.1:9000'\nthreads = 4\n",
        }
        assert backends(files)["upstream app"] == UNKNOWN


RULES = [from_data(data) for data in load_folder(Path(__file__).parents[2] / "rules" / "nginx")]


def findings(text: str, version: str, host: Mapping[str, object] | None = None) -> list[Finding]:
    subjects = collect_example({"nginx.conf": text}, host or {}, {"nginx": version})
    outcomes = judge_all(RULES, subjects)
    return list(triage(one for one in outcomes if isinstance(one, Finding)))


class TestOneCauseOneFinding:
    def test_reuse_of_an_upstream(self) -> None:
        """HTTP/1.0 and Connection: close of one upstream are one finding with all its locations."""
        text = (
            KEPT
            + "server { location / { proxy_pass http://app; } location /a { proxy_pass http://app; } }"
        )
        found = [one for one in findings(http(text), "1.24.0") if one.code in ("NGX302", "NGX303")]
        assert len(found) == 1
        assert found[0].also == ("NGX303",)
        assert "location / and location /a" in found[0].message

    def test_servers_without_http2_or_a_session_cache(self) -> None:
        text = "".join(f"server {{ listen 443 ssl; server_name {n}; root /srv; }}\n" for n in "abc")
        found = {one.code: one for one in findings(http(text), "1.30.0")}
        assert {"NGX204", "NGX231"} <= set(found)
        for code in ("NGX204", "NGX231"):
            place = found[code].mark
            assert place is not None
            assert place.location.line == 3
            assert [one.location.line for one in found[code].related] == [4, 5]

    def test_one_address_in_many_locations(self) -> None:
        text = "\n".join(f"location /{n} {{ proxy_pass http://a:1; }}" for n in "abc")
        found = [one for one in findings(http(f"server {{ {text} }}"), "1.30.0")]
        assert [one.code for one in found].count("NGX305") == 1


GUIDE = Path(__file__).parents[2] / "fixtures" / "deploys"


class TestTheGuide:
    def test_with_a_version_of_today(self) -> None:
        text = (GUIDE / "guide" / "nginx.conf").read_text(encoding="utf-8")
        codes = {one.code for one in findings(text, "1.30")}
        assert codes == {"NGX203", "NGX205", "NGX401"}

    def test_with_an_older_one(self) -> None:
        text = (GUIDE / "guide" / "nginx.conf").read_text(encoding="utf-8")
        found = {one.code: one for one in findings(text, "1.24")}
        assert set(found) == {"NGX203", "NGX302", "NGX401"}
        assert found["NGX302"].also == ("NGX303",)

    def test_a_healthy_one_gives_nothing(self) -> None:
        text = (GUIDE / "healthy" / "nginx.conf").read_text(encoding="utf-8")
        assert findings(text, "1.30", {"cpus": 4}) == []


def test_every_subject_has_every_fact_of_its_target() -> None:
    text = KEPT + "server { location / { proxy_pass http://app; } }"
    own = ("nginx", "server", "location", "upstream")
    for subject in collect_example({"nginx.conf": http(text)}, {}, {}):
        if subject.target.startswith("nginx"):
            wanted = {name for name in scope_of(subject.target) if name.partition(".")[0] in own}
            assert wanted <= set(subject.facts)
            assert {name for name in subject.facts if name.partition(".")[0] in own} == wanted


def test_every_location_of_an_upstream_has_every_field() -> None:
    one = reader(http(KEPT + "server { location / { proxy_pass http://app; } }"))
    (record,) = one._upstreams.facts(one.config.upstreams[0], one._uses["app"])[
        "upstream.locations"
    ].value  # type: ignore[union-attr, misc]
    assert set(record.fields) == set(RECORDS["upstream_location"])


WORDS = st.sampled_from(
    [
        *("http", "server", "location", "/", "upstream", "app", "listen", "443", "ssl", "http2"),
        *("keepalive", "0", "32", "proxy_pass", "http://app", "http://127.0.0.1:1", "$x", "${X}"),
        *("proxy_set_header", "Connection", "close", "''", "map", "$http_upgrade", "default"),
        *("gzip", "on", "off", "gzip_types", "ssl_session_cache", "shared:a:1m", "shared:a:"),
        *("include", "missing.conf", "return", "301", "rewrite", "^", "permanent", "least_conn"),
        *("{", "{", "}", "}", ";", ";", ";", "{{ x }}", "{% y %}", "unix:", "[::1]:1", "quic"),
    ]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(WORDS, max_size=60).map(" ".join) | st.text(max_size=80))
def test_no_text_breaks_the_facts(text: str) -> None:
    one = reader(text, version=None)
    subjects = [one.whole(), *one.servers(), *one.locations(Unknown("nobody looked"))]
    subjects += [one.upstream(item, Unknown("nobody")) for item in one.config.upstreams]
    for subject in subjects:
        for rule in RULES:
            if rule.target == subject.target:
                Judge(rule).judge(subject)


def test_many_servers_take_time_in_proportion() -> None:
    """All servers share two sockets, and each has an upstream of its own."""

    def seconds(number: int) -> float:
        text = "".join(
            f"upstream u{n} {{ server a:1; }} server {{ listen 80; listen 443 ssl; server_name s{n};"
            f" location / {{ proxy_pass http://u{n}; }} }}\n"
            for n in range(number)
        )
        one = reader(http(text))
        start = time.process_time()
        list(one.servers())
        list(one.locations(Unknown("nobody")))
        for item in one.config.upstreams:
            one.upstream(item, Unknown("nobody"))
        return time.process_time() - start

    assert seconds(1200) < 12 * max(seconds(200), 0.01)
