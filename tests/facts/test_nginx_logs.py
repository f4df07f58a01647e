"""
Which lines about logs have something to say.
"""

from __future__ import annotations

import pytest

from tests.support.nginx_facts import UNKNOWN, http, location, reader, shown, whole


def found(text: str) -> list[tuple[object, object]]:
    """Problem and line of every event in an http block."""
    events = [one for one in reader(http(text)).events() if one.target == "nginx.log"]
    return [(shown(one.facts["log.problem"]), shown(one.facts["log.text"])) for one in events]


def test_all_facts_of_a_format() -> None:
    text = "log_format a '$http_cookie $request_time'; access_log /dev/stdout a;"
    event = next(one for one in reader(http(text)).events() if one.target == "nginx.log")
    facts = {name: shown(fact) for name, fact in event.facts.items() if name.startswith("log.")}
    assert facts == {
        "log.problem": "secrets",
        "log.text": "log_format a $http_cookie $request_time",
        "log.scope": "http",
        "log.first": "a",
        "log.others": 0,
        "log.level": "",
        "log.words": ("$http_cookie",),
        "log.cache": "off",
    }


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("access_log a.log;", "unbuffered"),
        ("access_log a.log main if=$b;", "unbuffered"),
        ("access_log a.log main buffer=32k;", ""),
        ("access_log a.log main gzip;", ""),
        ("access_log off;", ""),
        ("access_log /dev/stdout;", ""),
        ("access_log syslog:server=a;", ""),
        ("access_log {{ path }};", ""),
        ("access_log $host.log;", "variable"),
        ("access_log $host.log main buffer=32k;", "refused"),
        ("error_log off;", "off"),
        ("error_log off crit;", "off"),
        ("error_log a.log debug;", "level"),
        ("error_log a.log debug_http;", "level"),
        ("error_log a.log info;", "level"),
        ("error_log a.log notice;", ""),
        ("error_log a.log;", ""),
    ],
)
def test_a_line(line: str, problem: str) -> None:
    assert [one for one, _ in found(f"server {{ {line} }}")] == ([problem] if problem else [])


def test_the_first_log_without_a_buffer_stands_for_all() -> None:
    text = "access_log a.log; server { access_log b.log; location / { access_log c.log; } }"
    assert found(text) == [("unbuffered", "access_log a.log")]


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("$http_authorization", ("$http_authorization",)),
        ("${http_cookie}x", ("$http_cookie",)),
        ("$cookie_sessionid $cookie_PHPSESSID", ("$cookie_PHPSESSID", "$cookie_sessionid")),
        ("$arg_access_token $arg_api_key", ("$arg_access_token", "$arg_api_key")),
        ("$http_x_api_key $http_x_auth_token", ("$http_x_api_key", "$http_x_auth_token")),
        ("$request_body", ("$request_body",)),
        ("$cookie_language $arg_page $http_user_agent $remote_user", ()),
        ("$cookie_inside $arg_tokens_used $http_x_request_id", ()),
    ],
)
def test_secrets_in_a_format(written: str, words: tuple[str, ...]) -> None:
    text = f"log_format a '$request_time {written}'; access_log /dev/stdout a;"
    events = [one for one in reader(http(text)).events() if one.target == "nginx.log"]
    assert [shown(one.facts["log.words"]) for one in events] == ([words] if words else [])


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("log_format a '$status'; access_log /dev/stdout a;", ["untimed"]),
        (
            "log_format a '$status'; log_format b '$request_time'; access_log /dev/stdout a;",
            ["untimed"],
        ),
        ("log_format a '$upstream_response_time'; access_log /dev/stdout a;", []),
        ("log_format a '$status';", []),
        ("access_log /dev/stdout;", []),
    ],
)
def test_formats_without_times(text: str, problems: list[str]) -> None:
    assert [problem for problem, _ in found(text)] == problems


@pytest.mark.parametrize(
    ("text", "off"),
    [
        ("access_log off; server { listen 80; }", True),
        ("access_log off; server { location / { access_log off; } }", True),
        ("access_log off; server { location / { access_log a; } }", False),
        ("access_log off; server { location / { if ($a) { access_log a; } } }", False),
        ("access_log off; server { include x; }", UNKNOWN),
        ("access_log a; server { access_log off; }", False),
        ("server { access_log off; }", False),
    ],
)
def test_no_request_is_logged(text: str, off: object) -> None:
    assert whole(http(text))["access_logs_off"] == off


@pytest.mark.parametrize(
    ("path", "inside", "logged"),
    [
        ("= /healthz", "return 200;", True),
        ("= /health", "return 200;", True),
        ("= /-/ping", "return 200;", True),
        ("= /healthz", "access_log off;", False),
        ("= /healthz", "access_log a main if=$b;", False),
        ("= /healthz", "include x;", UNKNOWN),
        ("= /startup", "return 200;", False),
        ("/health", "return 200;", False),
        ("= /", "return 200;", False),
    ],
)
def test_probes(path: str, inside: str, logged: object) -> None:
    assert location(f"server {{ location {path} {{ {inside} }} }}")["probe_logged"] == logged
