"""
Facts of a configuration as a whole.
"""

from __future__ import annotations

from advisor.catalog.nginx_advisories import DISTRIBUTED, OLDEST_SUPPORTED
from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.server import HTTP2_SWITCH, serves, tls
from advisor.facts.nginx.settings import either
from advisor.facts.nginx.upstream import POOLS_BY_DEFAULT
from advisor.facts.nginx.views import Server, Whole
from advisor.facts.schema import BOOL, STRING, VERSION
from advisor.model import Origin, Value
from advisor.model.subject import Fact


def _version(view: Whole) -> Fact:
    return view.reader.proxy.version


def _path(view: Whole) -> Fact:
    http = view.config.http
    place = http.location if http else None
    return Value(view.config.document.path, Origin.LITERAL, place)


def _packaged(view: Whole) -> Fact:
    version = view.settings.version
    if version is None:
        return view.reader.since(OLDEST_SUPPORTED)
    return computed(any(one[: len(version)] == version for one in DISTRIBUTED))


def _has_http(view: Whole) -> Fact:
    http = view.config.http
    return computed(http is not None and http.visible)


def _proxies(view: Whole) -> Fact:
    return computed(any(view.config.proxied(one) for one in view.config.locations))


def _serves(view: Whole) -> Fact:
    return either(serves(view.settings, one) for one in view.config.servers)


def _tls(view: Whole) -> Fact:
    return either(tls(Server(view.reader, one)) for one in view.config.servers)


NGINX: Rows = {
    "version": Row(VERSION, "version of nginx", _version),
    "path": Row(STRING, "the file that nginx reads first", _path),
    "complete": Row(
        BOOL,
        "whether the whole configuration was read: http block, every include",
        lambda view: computed(view.reader.complete),
    ),
    "has_http": Row(BOOL, "whether an http block was read", _has_http),
    "proxies": Row(BOOL, "whether any location passes requests on", _proxies),
    "serves": Row(
        BOOL, "whether any server serves or proxies content: not mere redirects", _serves
    ),
    "tls": Row(BOOL, "whether any server speaks TLS", _tls),
    "http2_switch": Row(
        BOOL,
        "whether this version has the http2 directive: 1.25.1 and later",
        lambda view: view.reader.since(HTTP2_SWITCH),
    ),
    "supported": Row(
        BOOL,
        "whether nginx.org still mends this version, as of 2026-11",
        lambda view: view.reader.since(OLDEST_SUPPORTED),
    ),
    "packaged": Row(
        BOOL, "whether a distribution ships this version and mends it itself", _packaged
    ),
    "pools_by_default": Row(
        BOOL,
        "whether upstreams keep connections by default: from 1.29.7 on",
        lambda view: view.reader.since(POOLS_BY_DEFAULT),
    ),
}
