"""
Lists that an inner level replaces as a whole: what of the outer level's list is lost by it.

Sources: nginx.org, "These directives are inherited from the previous configuration level if and
only if there are no … directives defined on the current level" (``add_header``, ``limit_req`` …),
and ``add_header_inherit`` since 1.29.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from advisor.facts.nginx.headers import TOLD
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import NginxConfig, Scope

Entries = Mapping[str, tuple[str, Directive]]
"""What a list says, by what replaces each other: its name as written, and where."""

_ELSEWHERE = {
    # Other rules judge whether these are in effect, however they got lost.
    "add_header": frozenset({"alt-svc"}),
    "proxy_set_header": frozenset({"connection", *TOLD}),
}
_EXPIRES = ("cache-control", "expires")
_PASSES = {
    # What a list is for: on a level that does not pass requests on like this, nothing is lost.
    "proxy_set_header": "proxy_pass",
    "grpc_set_header": "grpc_pass",
    "fastcgi_param": "fastcgi_pass",
    "uwsgi_param": "uwsgi_pass",
    "scgi_param": "scgi_pass",
    "proxy_hide_header": "proxy_pass",
    "fastcgi_hide_header": "fastcgi_pass",
    "proxy_no_cache": "proxy_pass",
    "proxy_cache_bypass": "proxy_pass",
    "fastcgi_no_cache": "fastcgi_pass",
    "fastcgi_cache_bypass": "fastcgi_pass",
}
_GROUP = {"allow": ("allow", "deny")}
"""Lists of several directives, by their first."""


def group(name: str) -> tuple[str, ...]:
    """
    The directives of a list.
    """
    return _GROUP.get(name, (name,))


def used(config: NginxConfig) -> tuple[str, ...]:
    """
    The lists that occur in a configuration.
    """
    return tuple(name for name in _KEYS if not config.used.isdisjoint(group(name)))


def own(scope: Scope, name: str) -> tuple[Directive, ...]:
    """
    The list of this very level.
    """
    return tuple(one for each in group(name) for one in scope.own(each))


def holder(scope: Scope, name: str) -> Scope | None:
    """
    The nearest level that has a list of its own.
    """
    around: Scope | None = scope
    while around is not None and not own(around, name):
        around = around.parent
    return around


def lost(scope: Scope, parent: Scope, name: str, zones: Mapping[str, str]) -> Entries:
    """
    What counts on the level around and, because of the list of this level, not on it.
    """
    outer = parent.effective_all(*group(name))
    if not outer or _is_deliberate(scope, name):
        return {}
    keys = _KEYS[name]
    own = {key for one in scope.effective_all(*group(name)) for key, _ in keys(one, zones)}
    elsewhere = _ELSEWHERE.get(name, frozenset())
    kept = own | elsewhere
    kept |= set(_set_otherwise(scope)) if name == "add_header" else set()
    if name == "allow":
        return _opened(scope, outer)
    kept -= {key for key in elsewhere - own if any(_empties(one, key) for one in outer)}
    found = ((key, (text, one)) for one in outer for key, text in keys(one, zones))
    return {key: entry for key, entry in found if key not in kept}


def _empties(line: Directive, name: str) -> bool:
    """
    Whether a header of clients is kept from the application. ``Connection`` is none.
    """
    told = name in TOLD and line.args[0].lower() == name
    return told and line.args[1:] == ("",)


def _is_deliberate(scope: Scope, name: str) -> bool:
    """
    Whether the level says itself that it takes nothing over.
    """
    rule = scope.effective(MERGED[name]) if name in MERGED else None
    return rule is not None and rule.args[:1] == ("off",)


def _opened(scope: Scope, outer: tuple[Directive, ...]) -> Entries:
    """
    An outer access list that ends in ``deny all``, where only a few more denials stand instead.

    An ``allow`` of its own, or ``deny all``, is a decision of the inner level.
    """
    closed = any(one.name == "deny" and one.args == ("all",) for one in outer)
    decided = scope.own("allow") or any(one.args == ("all",) for one in scope.own("deny"))
    return {str(one): (str(one), one) for one in outer} if closed and not decided else {}


def _set_otherwise(scope: Scope) -> Iterator[str]:
    """
    Headers that come from other directives than ``add_header``.
    """
    for one in scope.effective_all("more_set_headers"):
        yield from (arg.partition(":")[0].strip().lower() for arg in one.args)
    expires = scope.effective("expires")
    if expires is not None and expires.args[:1] != ("off",):
        yield from _EXPIRES


def matters(config: NginxConfig, scope: Scope, name: str) -> bool:
    """
    Whether something on the level or below it would use the list.
    """
    handler = _PASSES.get(name)
    if handler is None or handler not in config.used:
        return handler is None
    if name.endswith(("_no_cache", "_cache_bypass")):
        cache = scope.effective(f"{handler.partition('_')[0]}_cache")
        if cache is None or cache.args == ("off",) or _always(own(scope, name)):
            return False
    inside = scope.kind != "location" and scope.effective(handler) is not None
    return inside or any(one.own(handler) for one in scope.walk())


def _always(conditions: Iterable[Directive]) -> bool:
    """
    Whether one of the conditions holds for every request, so that those that are lost add nothing.
    """
    values = (arg for one in conditions for arg in one.args)
    return any("$" not in value and value not in ("", "0") for value in values)


def _first(one: Directive, _: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """
    By the first argument, whose case does not count.
    """
    if one.args:
        yield one.args[0].lower(), one.args[0]


def _each(one: Directive, _: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """
    By every argument.
    """
    yield from ((arg, arg) for arg in one.args)


def _codes(one: Directive, _: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """
    By the codes of ``error_page``.
    """
    yield from ((arg, arg) for arg in one.args[:-1] if arg.isdigit())


def _limit(one: Directive, zones: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """
    By what a zone counts requests of: another rate for the same clients loses nothing.
    """
    if one.name == "limit_conn":
        zone = one.args[0] if one.args else ""
    else:
        zone = next((arg[5:] for arg in one.args if arg.startswith("zone=")), "")
    yield zones.get(zone, zone), zone


def zones(config: NginxConfig) -> Mapping[str, str]:
    """
    By zone of ``limit_req_zone`` and ``limit_conn_zone``: its key.
    """
    found = {}
    http = config.http
    for name in ("limit_req_zone", "limit_conn_zone") if http else ():
        for one in http.own(name) if http else ():
            for arg in one.args[1:]:
                if arg.startswith("zone="):
                    zone = arg[5:].partition(":")[0]
                    found[zone] = one.args[0].replace("$binary_", "$")
    return found


_KEYS: Mapping[str, Callable[[Directive, Mapping[str, str]], Iterable[tuple[str, str]]]] = {
    "add_header": _first,
    "add_trailer": _first,
    "proxy_set_header": _first,
    "grpc_set_header": _first,
    "fastcgi_param": _first,
    "uwsgi_param": _first,
    "scgi_param": _first,
    "error_page": _codes,
    "limit_req": _limit,
    "limit_conn": _limit,
    "allow": _each,
    "auth_request_set": _first,
    "proxy_hide_header": _first,
    "fastcgi_hide_header": _first,
    "proxy_no_cache": _each,
    "proxy_cache_bypass": _each,
    "fastcgi_no_cache": _each,
    "fastcgi_cache_bypass": _each,
}
"""
The lists that are looked at, and what their entries are about. Lists that a level replaces on
purpose as a rule (``access_log``, ``index``, ``gzip_types``, ``proxy_cache_valid``) are not here.
"""
MERGED = {"add_header": "add_header_inherit", "add_trailer": "add_trailer_inherit"}
