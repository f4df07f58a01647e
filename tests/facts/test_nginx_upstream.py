"""
Upstreams and the locations that use them: are connections used again?
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from advisor.audit import collect_example
from advisor.facts.namespaces import RECORDS
from tests.support.nginx_facts import (
    NEW,
    OLD,
    UNKNOWN,
    http,
    location,
    reader,
    shown,
    upstream,
    uses,
)

KEPT = "upstream app { server a:1; keepalive 32; }"
MODERN = "proxy_http_version 1.1;"
HEADER = "proxy_set_header Connection"
REUSE = ("# in location /", "proxy_http_version 1.1;", 'proxy_set_header Connection "";')


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
            (MODERN, False, True, False, False),
            (f'{HEADER} "";', True, False, False, False),
            (f'{MODERN} {HEADER.lower()} "";', False, False, False, True),
            (f"{MODERN} {HEADER} Close;", False, True, False, False),
            (f"{MODERN} {HEADER} upgrade;", False, False, False, True),
            (f"{HEADER} Keep-Alive;", False, False, False, True),
            ("proxy_http_version 2;", False, False, False, True),
            (f"{MODERN} {HEADER} $closing;", False, False, True, False),
            (f"{MODERN} {HEADER} $open;", False, False, False, True),
            (f"{MODERN} {HEADER} $regex;", False, False, UNKNOWN, UNKNOWN),
            (f"{MODERN} {HEADER} $other;", False, False, UNKNOWN, UNKNOWN),
            (f"{MODERN} {HEADER} $http_connection;", False, UNKNOWN, False, UNKNOWN),
            (f"{MODERN} {HEADER} ${{CONNECTION}};", False, UNKNOWN, False, UNKNOWN),
            (f"set $c close; {MODERN} {HEADER} $c;", False, True, False, False),
            (f"include proxy_params; {MODERN}", False, True, False, False),
            (f"include own.conf; {MODERN}", False, UNKNOWN, False, UNKNOWN),
            ("proxy_set_header Host a; include own.conf;", UNKNOWN, UNKNOWN, False, UNKNOWN),
            ("proxy_set_header Host a; include proxy_params;", True, True, False, False),
        ],
    )
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

    def test_an_include_nearer_than_the_header_may_replace_it(self) -> None:
        text = """server {
            proxy_http_version 1.1; proxy_set_header Connection "";
            location / { include own.conf; proxy_pass http://app; }
        }"""
        assert uses(upstream(KEPT + text))[0]["closes"] == UNKNOWN

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

    def test_an_empty_header_would_break_websockets(self) -> None:
        plain = "server { location / { proxy_pass http://app; } }"
        both = plain.replace("proxy_pass", "proxy_set_header Upgrade $http_upgrade; proxy_pass")
        assert upstream(KEPT + plain)["reuse_lines"] == "\n".join(REUSE)
        assert "# leave Connection" in str(upstream(KEPT + both)["reuse_lines"])
        assert uses(upstream(KEPT + both))[0]["sockets_only"] is False
        assert uses(upstream(KEPT + both.replace("/ {", "/ws {")))[0]["sockets_only"] is True

    @pytest.mark.parametrize(
        ("entries", "entry", "line"),
        [("default upgrade; '' Close;", "Close", 4), ("~^w upgrade; default close;", "", None)],
    )
    def test_the_entry_of_the_map(self, entries: str, entry: str, line: int | None) -> None:
        text = f"""{KEPT} map $http_upgrade $closing {{
            {entries} }}
            server {{ location / {{
                proxy_set_header Connection $closing; proxy_pass http://app; }} }}"""
        one = reader(http(text), version=OLD)
        fact = one.upstream_facts(one.config.upstreams[0])["upstream.map_entry"]
        assert shown(fact) == entry
        assert (fact.location.line if fact.location else None) == line

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
        expected = {
            "label": "location /a",
            "scheme": "http",
            "literal": True,
            "literal_target": "10.0.0.1:8000",
            "exact": False,
            "backend": UNKNOWN,
            "websocket": False,
            "pool": "app-10-0-0-1-8000",
            "pooled_target": "http://app-10-0-0-1-8000/x",
            "pooling_lines": 'proxy_set_header Connection "";\nproxy_set_header Host $host;',
            "proxy_buffering": True,
            "cached": False,
            "proxy_read_timeout": 60,
        }
        assert facts.only(expected) == expected

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
            one = next(reader(text.format(port)).locations())
            literal.append(shown(one.facts["location.literal"]))
        assert literal == [UNKNOWN, True]

    def test_what_passes_no_http_is_not_proxied(self) -> None:
        text = "server { location /a { uwsgi_pass a:1; } location /b { root /srv; } }"
        found = [one.facts for one in reader(http(text)).locations()]
        assert [shown(one["location.proxied"]) for one in found] == [False, False]
        assert [shown(one["location.scheme"]) for one in found] == ["uwsgi", ""]

    def test_websockets_caches_and_single_paths(self) -> None:
        facts = location(
            """proxy_cache_path /tmp/c keys_zone=c:1m; server { location = /a {
            proxy_set_header Upgrade $http_upgrade; proxy_cache c; proxy_buffering off;
            proxy_read_timeout 1h; proxy_pass http://unix:/run/app.sock; } }"""
        )
        assert facts["exact"] is facts["websocket"] is facts["cached"] is True
        assert facts["proxy_buffering"] is False
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


def test_every_location_of_an_upstream_has_every_field() -> None:
    text = KEPT + "server { location / { proxy_pass http://app; } }"
    assert set(uses(upstream(text))[0]) == set(RECORDS["upstream_location"])


@pytest.mark.parametrize(
    ("path", "closes"),
    [("/api", True), ("/", True), ("/ws/", False), ("/a/websocket", False), ("/streaming", False)],
)
def test_headers_for_websockets_from_the_server(path: str, *, closes: bool) -> None:
    """
    Then they are for every location of it, not only for those of WebSockets.
    """
    text = f"""{KEPT}
        map $http_upgrade $closing {{ default upgrade; '' close; }}
        server {{
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $closing;
            location {path} {{ proxy_pass http://app; }}
        }}"""
    facts = upstream(text)
    assert (facts["mapped_close"], uses(facts)[0]["sockets_only"]) == (closes, not closes)


@pytest.mark.parametrize(
    ("servers", "unix"),
    [("server unix:/a;", True), ("server unix:/a; server a:1;", False), ("server a:1;", False)],
)
def test_upstreams_on_sockets(servers: str, *, unix: bool) -> None:
    assert upstream(f"upstream app {{ {servers} }}")["unix"] is unix
