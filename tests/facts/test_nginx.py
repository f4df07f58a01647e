"""
What rules are told of nginx as a whole, and what they are told is not known.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.audit import collect_example
from advisor.facts.namespaces import scope_of
from advisor.model import Finding, Unknown, Value
from advisor.rules.judge import Judge
from advisor.rules.loader import load_folder
from advisor.rules.rule import from_data
from advisor.triage import triage
from advisor.verdict import judge_all
from tests.support.nginx_facts import NEW, UNKNOWN, http, reader, server, whole

KEPT = "upstream app { server a:1; keepalive 32; }"


class TestWhole:
    def test_defaults_are_known_in_a_complete_configuration(self) -> None:
        facts = whole(http("server { root /srv/www; }"))
        expected = {
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
        assert facts.only(expected) == expected

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
        """The same setting twice in a block is refused, so what is written counts."""
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
            + "server { location / { proxy_pass http://app; } "
            + "location /a { proxy_pass http://app; } }"
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
        found = findings(http(f"server {{ {text} }}"), "1.30.0")
        assert [one.code for one in found].count("NGX305") == 1


GUIDE = Path(__file__).parents[2] / "fixtures" / "deploys"


class TestTheGuide:
    def test_with_a_version_of_today(self) -> None:
        text = (GUIDE / "guide" / "nginx.conf").read_text(encoding="utf-8")
        codes = {one.code for one in findings(text, "1.30")}
        assert codes >= {"NGX203", "NGX205", "NGX401"}
        assert not codes & {"NGX206", "NGX301", "NGX302", "NGX303"}

    def test_with_an_older_one(self) -> None:
        text = (GUIDE / "guide" / "nginx.conf").read_text(encoding="utf-8")
        found = {one.code: one for one in findings(text, "1.24")}
        assert set(found) >= {"NGX203", "NGX302", "NGX401"}
        assert "NGX205" not in found
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
            assert all(isinstance(subject.facts[name], (Value, Unknown)) for name in wanted)
            assert {name for name in subject.facts if name.partition(".")[0] in own} <= wanted


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
    subjects = [one.whole(), *one.servers(), *one.locations()]
    subjects += [one.upstream(item) for item in one.config.upstreams]
    for subject in subjects:
        for rule in RULES:
            if rule.target == subject.target:
                Judge(rule).judge(subject)


def test_many_servers_take_work_in_proportion() -> None:
    """All servers share two sockets, and each has an upstream of its own."""

    def calls(number: int) -> int:
        text = "".join(
            f"upstream u{n} {{ server a:1; }} server {{ listen 80; listen 443 ssl; "
            f"server_name s{n}; location / {{ proxy_pass http://u{n}; }} }}\n"
            for n in range(number)
        )
        subjects = list(reader(http(text)).subjects())
        seen = 0

        def count(*_: object) -> None:
            nonlocal seen
            seen += 1

        before = sys.getprofile()
        sys.setprofile(count)
        try:
            list(judge_all(RULES, subjects))
        finally:
            sys.setprofile(before)
        return seen

    assert calls(300) < 7 * calls(50)
