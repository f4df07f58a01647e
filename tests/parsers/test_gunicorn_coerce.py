"""gunicorn's validators: what they make of a value and what they refuse."""

from __future__ import annotations

import pytest

from advisor.catalog import gunicorn as catalog
from advisor.parsers.gunicorn import RefusedError, coerce, coerce_text
from advisor.parsers.pyeval import Code

TAKEN: list[tuple[str, object, object]] = [
    ("workers", 4, 4),
    ("workers", "4", 4),
    ("workers", "0x10", 16),
    ("workers", True, 1),
    ("reload", True, True),
    ("reload", " False ", False),
    ("reload", None, None),
    ("loglevel", " info ", "info"),
    ("loglevel", None, None),
    ("bind", "a:1", ["a:1"]),
    ("bind", [" a:1", "b:2"], ["a:1", "b:2"]),
    ("bind", "", []),
    ("bind", None, []),
    ("forwarder_headers", "A, B,,C", ["A", "B", "C"]),
    ("forwarder_headers", None, []),
    ("forwarded_allow_ips", "10.0.0.0/8,*", ["10.0.0.0/8", "*"]),
    ("header_map", " DROP ", "drop"),
    ("header_map", None, None),
    ("asgi_loop", None, "auto"),
    ("asgi_lifespan", "ON", "on"),
    ("http_parser", "fast", "fast"),
    ("reload_engine", "poll", "poll"),
    ("proxy_protocol", True, "auto"),
    ("proxy_protocol", "0", "off"),
    ("proxy_protocol", "V2", "v2"),
    ("http2_cleartext", True, "prior-knowledge"),
    ("http2_cleartext", "both", "both"),
    ("logconfig_dict", {"a": 1}, {"a": 1}),
    ("post_fork", Code("f"), Code("f")),
    ("post_fork", "app.hooks.f", Code("app.hooks.f")),
    ("worker_class", Code("C"), Code("C")),
    ("worker_class", " gevent ", "gevent"),
    ("user", "1000", 1000),
    ("user", "www", "www"),
    ("user", 33, 33),
    ("user", None, None),
    ("ssl_version", 2, 2),
    ("accesslog", "-", "-"),
]


@pytest.mark.parametrize(("name", "value", "expected"), TAKEN)
def test_taken(name: str, value: object, expected: object) -> None:
    result = coerce(catalog.settings()[name], value)
    assert result == expected
    assert type(result) is type(expected)


REFUSED: list[tuple[str, object]] = [
    ("workers", 2.5),
    ("workers", -1),
    ("workers", None),
    ("workers", "x"),
    ("workers", []),
    ("reload", "yes"),
    ("reload", 1),
    ("loglevel", 3),
    ("bind", 8000),
    ("bind", [1]),
    ("forwarded_allow_ips", "nginx"),
    ("forwarded_allow_ips", "10.0.0.1/8"),
    ("header_map", "keep"),
    ("header_map", 3),
    ("asgi_loop", "trio"),
    ("reload_engine", "x"),
    ("reload_engine", None),
    ("proxy_protocol", 1),
    ("proxy_protocol", "v3"),
    ("logconfig_dict", []),
    ("post_fork", "f"),
    ("post_fork", None),
    ("worker_class", 3),
    ("user", 1.5),
]


@pytest.mark.parametrize(("name", "value"), REFUSED)
def test_refused(name: str, value: object) -> None:
    with pytest.raises(RefusedError):
        coerce(catalog.settings()[name], value)


def test_releases() -> None:
    setting = catalog.settings()["forwarded_allow_ips"]
    assert coerce(setting, "nginx", version=(22, 0)) == ["nginx"]
    assert coerce(catalog.settings()["proxy_protocol"], True, version=(23, 0)) is True


TEXTS: list[tuple[str, str, object]] = [
    ("workers", "4", 4),
    ("umask", "022", 18),
    ("umask", "0x12", 18),
    ("umask", "18", 18),
    ("control_socket_mode", "0o600", 384),
    ("loglevel", "info", "info"),
    ("bind", ":1", [":1"]),
]


@pytest.mark.parametrize(("name", "text", "expected"), TEXTS)
def test_texts(name: str, text: str, expected: object) -> None:
    assert coerce_text(catalog.settings()[name], text) == expected


@pytest.mark.parametrize(
    ("name", "text"), [("workers", "0x10"), ("workers", "-1"), ("workers", ""), ("umask", "9z")]
)
def test_texts_that_are_refused(name: str, text: str) -> None:
    with pytest.raises(RefusedError):
        coerce_text(catalog.settings()[name], text)
