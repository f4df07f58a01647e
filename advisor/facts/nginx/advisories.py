"""
Which published vulnerabilities of the version that runs concern something that is in use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING

from advisor.catalog.nginx_advisories import ADVISORIES, SEVERITIES, Advisory
from advisor.facts.common import Joined, computed
from advisor.model import Origin, Value
from advisor.model.subject import Fact, Subject
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import NginxConfig

if TYPE_CHECKING:
    from advisor.facts.nginx.reader import Reader

Search = Callable[[NginxConfig], Directive | None]
"""Where a configuration uses something; None where it does not."""


def subjects(reader: Reader) -> Iterator[Subject]:
    """
    One subject for each feature in use that is vulnerable; nothing when the version is not known.
    """
    version = reader.settings.version
    if version is None:
        return
    for feature, search in _SEARCHES.items():
        found = [one for one in ADVISORIES[feature] if one.affects(version)]
        place = search(reader.config) if found else None
        if place is not None:
            yield _subject(reader, feature, found, place)


def _subject(reader: Reader, feature: str, found: list[Advisory], place: Directive) -> Subject:
    worst = max(SEVERITIES.index(one.severity) for one in found)
    facts: Mapping[str, Fact] = {
        "advisory.feature": Value(feature, Origin.LITERAL, place.location),
        "advisory.names": computed(_listed(f"CVE-{one.name}" for one in found)),
        "advisory.severity": computed(SEVERITIES[worst]),
        "advisory.fixed": computed(_fixed(found)),
    }
    return Subject(
        "nginx.advisory",
        feature,
        Joined(facts, reader.nginx_facts()),
        place.location,
        place.location.path,
    )


def _fixed(found: Iterable[Advisory]) -> str:
    """
    The first versions without any of them: of the newest branches that were mended.
    """
    last = max((one.fixed for one in found), key=lambda fixed: fixed[0])
    return _listed((".".join(map(str, step)) for step in reversed(last)), last="or")


def _listed(words: Iterable[str], *, last: str = "and") -> str:
    *some, final = words
    return f"{', '.join(some)} {last} {final}" if some else final


def _directives(config: NginxConfig, *names: str) -> Iterator[Directive]:
    """
    Every directive of these names, in the order of the levels.
    """
    if config.used.isdisjoint(names):
        return
    for scope in config.main.walk():
        yield from chain.from_iterable(scope.own(name) for name in names)


def _written(*names: str) -> Search:
    return lambda config: next(_directives(config, *names), None)


def _not_off(name: str) -> Search:
    off = (("off",), ("0",), ())
    return lambda config: next(
        (one for one in _directives(config, name) if one.args not in off), None
    )


def _http2(config: NginxConfig) -> Directive | None:
    for directive in _directives(config, "http2", "listen"):
        if directive.args == ("on",) or "http2" in directive.args[1:]:
            return directive
    return None


def _http3(config: NginxConfig) -> Directive | None:
    return next((one for one in _directives(config, "listen") if "quic" in one.args[1:]), None)


def _modern_backend(config: NginxConfig) -> Directive | None:
    for directive in _directives(config, "grpc_pass", "proxy_http_version"):
        if directive.name == "grpc_pass" or directive.args[:1] == ("2",):
            return directive
    return None


def _invalid_headers(config: NginxConfig) -> Directive | None:
    for directive in _directives(config, "ignore_invalid_headers"):
        if directive.args == ("off",) and _modern_backend(config):
            return directive
    return None


def _set_body(config: NginxConfig) -> Directive | None:
    versions = _directives(config, "proxy_http_version")
    modern = any(one.args[:1] == ("2",) for one in versions)
    return _written("proxy_set_body")(config) if modern else None


_SEARCHES: Mapping[str, Search] = {
    "HTTP/2": _http2,
    "HTTP/3": _http3,
    "the mp4 module": _written("mp4"),
    "resolver": _written("resolver"),
    "client certificates": _not_off("ssl_verify_client"),
    "slice": _not_off("slice"),
    "ssi": _not_off("ssi"),
    "ignore_invalid_headers off with an HTTP/2 or gRPC backend": _invalid_headers,
    "charset_map": _written("charset_map"),
    "proxy_set_body with an HTTP/2 backend": _set_body,
    "scgi_pass or uwsgi_pass": _written("scgi_pass", "uwsgi_pass"),
}
