"""Settings of gunicorn by release."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalog import gunicorn
from advisor.catalog.gunicorn import Arity, Kind


def test_settings_are_found_by_name_and_flag() -> None:
    workers = gunicorn.find("workers")
    assert workers is not None
    assert workers is gunicorn.by_flag("--workers")
    assert workers is gunicorn.by_flag("-w")
    assert (workers.variable, workers.forms[-1].kind) == ("WEB_CONCURRENCY", Kind.INT)
    assert gunicorn.find("Workers") is None
    assert gunicorn.by_flag("--keepalive") is None
    names = [
        setting.name
        for setting in map(gunicorn.by_flag, ("--keep-alive", "--limit-request-field_size"))
        if setting
    ]
    assert names == ["keepalive", "limit_request_field_size"]


def test_defaults_by_release() -> None:
    assert len(gunicorn.defaults()) == 120
    assert gunicorn.defaults() == gunicorn.defaults(gunicorn.latest())
    now, then = gunicorn.defaults((27, 0)), gunicorn.defaults((22, 0))
    assert now["forwarded_allow_ips"] == "127.0.0.1,::1"
    assert then["forwarded_allow_ips"] == "127.0.0.1"
    assert (now["workers"], now["timeout"], now["keepalive"], now["backlog"]) == (1, 30, 2, 2048)
    assert now["bind"] == ["127.0.0.1:8000"]
    assert "asgi_loop" not in then


SINCE = {
    "wsgi_app": (20, 1),
    "logconfig_json": (21, 2),
    "header_map": (22, 0),
    "forwarder_headers": (23, 0),
    "asgi_loop": (24, 0),
    "dirty_workers": (25, 0),
    "control_socket": (25, 1),
    "http_parser": (25, 2),
    "http2_cleartext": (26, 2),
    "websocket_max_message_size": (27, 0),
    "workers": (20, 0),
}


@pytest.mark.parametrize("name", SINCE)
def test_first_releases(name: str) -> None:
    setting = gunicorn.settings()[name]
    assert setting.since == SINCE[name]
    assert setting.form(SINCE[name]) is not None
    before = (setting.since[0] - 1, 9)
    assert (setting.form(before) is None) == (setting.since > gunicorn.oldest())


def test_forms_change() -> None:
    setting = gunicorn.settings()["proxy_protocol"]
    forms = {version: setting.form(version) for version in ((20, 1), (24, 0), (24, 1), (99, 0))}
    arities = [form.arity for form in forms.values() if form is not None]
    assert arities == [Arity.ON, Arity.ON, Arity.MAYBE, Arity.MAYBE]
    gone = gunicorn.settings()["tolerate_dangerous_framing"]
    assert gone.until == (22, 0)
    assert gone.form() is None
    assert gone.form((22,)) is not None


SUGGESTIONS = {
    "error_logfile": "errorlog",
    "access_logfile": "accesslog",
    "max_request_jitter": "max_requests_jitter",
    "log_level": "loglevel",
    "keep_alive": "keepalive",
    "Threads": "threads",
    "woker_class": "worker_class",
    "graceful_timout": "graceful_timeout",
    "worker_conections": "worker_connections",
    "preload": "preload_app",
    "pid": "pidfile",
    "workres": "workers",
    "workers": None,
    "_workers": None,
    "host": None,
    "port": None,
    "max_worker_memory": None,
    "cores": None,
    "use_loglevel": None,
    "web_concurrency": None,
    "binds": None,
    "x": None,
    "": None,
}


@pytest.mark.parametrize("name", SUGGESTIONS)
def test_suggestions(name: str) -> None:
    assert gunicorn.suggest(name) == SUGGESTIONS[name]


def test_slips() -> None:
    pairs = {
        ("abc", "abc"): 0,
        ("abc", "acb"): 1,
        ("abc", "abd"): 1,
        ("abc", "abcd"): 1,
        ("abc", "bc"): 1,
        ("abcd", "badc"): 2,
        ("abc", "xyz"): 3,
        ("a", "abcd"): 3,
    }
    for (left, right), distance in pairs.items():
        assert gunicorn.slips(left, right) == distance


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_slips_are_a_distance(left: str, right: str) -> None:
    assert gunicorn.slips(left, right) == gunicorn.slips(right, left)
    assert (gunicorn.slips(left, right) == 0) == (left == right)


CLASSES = {
    "sync": "sync",
    "gthread": "gthread",
    "gevent": "gevent",
    "gevent_pywsgi": "gevent",
    "eventlet": "eventlet",
    "tornado": "tornado",
    "asgi": "asgi",
    "uvicorn.workers.UvicornWorker": "uvicorn",
    "uvicorn_worker.UvicornH11Worker": "uvicorn",
    "app.workers.OurUvicornWorker": "uvicorn",
    "gunicorn.workers.sync.SyncWorker": "sync",
    "gunicorn.workers.gthread.ThreadWorker": "gthread",
    "gunicorn.workers.ggevent.GeventPyWSGIWorker": "gevent",
    "egg:gunicorn#gevent": "gevent",
    "gunicorn.workers.geventlet.EventletWorker": "eventlet",
    "gunicorn.workers.gasgi.ASGIWorker": "asgi",
    "geventwebsocket.gunicorn.workers.GeventWebSocketWorker": "gevent",
    "egg:meinheld#gunicorn_worker": "unknown",
    "aiohttp.GunicornWebWorker": "unknown",
    "UvicornWorker": "unknown",
    "": "unknown",
}


@pytest.mark.parametrize("name", CLASSES)
def test_worker_classes(name: str) -> None:
    assert gunicorn.effective_class(name) == CLASSES[name]


def test_threads_make_gthread_of_sync() -> None:
    assert gunicorn.effective_class("sync", 2) == "gthread"
    assert gunicorn.effective_class("gunicorn.workers.sync.SyncWorker", 4) == "gthread"
    assert gunicorn.effective_class("gevent", 4) == "gevent"


def test_settings_without_effect() -> None:
    from advisor.catalog.gunicorn_workers import keeps_connections, limits_requests

    assert "keepalive" in gunicorn.ignored_by("sync")
    assert "threads" not in gunicorn.ignored_by("sync")
    assert {"threads", "worker_connections", "limit_request_line"} <= gunicorn.ignored_by("uvicorn")
    assert gunicorn.ignored_by("asgi") == {"threads"}
    assert gunicorn.ignored_by("unknown") == frozenset()
    for kind in ("sync", "gthread", "gevent", "eventlet", "tornado", "asgi", "uvicorn"):
        assert gunicorn.ignored_by(kind) <= set(gunicorn.settings())
    assert [keeps_connections(kind) for kind in ("sync", "gthread", "unknown")] == [
        False,
        True,
        None,
    ]
    assert [limits_requests(kind) for kind in ("sync", "uvicorn", "unknown")] == [True, False, None]
