"""
Facts of nginx's caches of responses: what keeps a location from caching, and what leaks.

Sources: nginx.org, ngx_http_proxy_module (``proxy_cache`` and the directives it names); the modules
of FastCGI, uwsgi and SCGI have the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from advisor import regex
from advisor.facts.common import computed
from advisor.facts.nginx.buffers import FAMILIES
from advisor.facts.nginx.passing import protocol_of
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.views import NO, Location, Whole
from advisor.facts.schema import BOOL, STRING
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive, is_placeholder
from advisor.parsers.nginx_scope import Scope

_LIFETIMES = ("cache-control", "expires")


def _of_all(suffix: str) -> frozenset[str]:
    return frozenset(f"{family}_{suffix}" for family in FAMILIES)


CACHES = _of_all("cache")

_PERSONAL = regex.lazy(r"\$\{?(?:cookie_|http_cookie|http_authorization|remote_user)")
_FILES = regex.lazy(r"\\\.\(?.*(?:css|js|png|jpg|jpeg|gif|ico|svg|woff)", re.IGNORECASE)
_VARIABLE = regex.lazy(r"\$(?:\{(\w+)\}|(\w+))")
_HOSTLESS = regex.lazy(
    r"request_uri|uri|document_uri|args|is_args|query_string|request_method|scheme|slice_range"
    r"|arg_\w+|http_accept\w*"
)
"""Variables that say nothing about the host; others may, for all that can be told."""
_SITE = regex.lazy(r"[a-z0-9][a-z0-9.-]*\.[a-z0-9.-]*[a-z][a-z0-9-]*")
_HEADER = "proxy_set_header"
_ON_PURPOSE = ("no_cache", "cache_bypass")


def family_of(view: Location) -> str:
    """
    First part of the directives for what the location passes on; empty when there are none.
    """
    name = protocol_of(view)
    return name if name in FAMILIES else ""


def zone(view: Location) -> Fact:
    """
    The zone that caches what the location passes on; empty when none does.
    """
    family = family_of(view)
    fact = view.directive(f"{family}_cache") if family else computed("")
    if isinstance(fact, Unknown):
        return fact
    name = str(fact.value or "")
    return Value("" if name == "off" else name, fact.origin, fact.location, fact.note)


def _caches(view: Location) -> Fact:
    found = view.once(zone)
    if isinstance(found, Unknown):
        return found
    return Value(bool(found.value), found.origin, found.location)


def of_cache(suffix: str) -> Callable[[Location], Fact]:
    """
    A directive of the location's own protocol, such as ``proxy_cache_lock``; else no.
    """

    def read(view: Location) -> Fact:
        family = family_of(view)
        return view.directive(f"{family}_{suffix}") if family else NO

    return read


def _unbuffered(view: Location) -> Fact:
    """
    Whether buffering is off where caching was asked for, not on an inner level that streams.
    """
    family = family_of(view)
    if not family:
        return NO
    buffering = view.directive(f"{family}_buffering")
    if isinstance(buffering, Unknown) or buffering.value is not False:
        return buffering if isinstance(buffering, Unknown) else NO
    cache = _depth(view.scope, f"{family}_cache")
    if cache < _depth(view.scope, f"{family}_buffering"):
        return NO
    return Value(value=True, origin=buffering.origin, location=buffering.location)


def _depth(scope: Scope, name: str) -> int:
    """
    How far in the level stands that sets a directive, 0 when none does.
    """
    around: Scope | None = scope
    while around is not None and not around.own(name):
        around = around.parent
    depth = 0
    while around is not None:
        around, depth = around.parent, depth + 1
    return depth


def _valid_set(view: Location) -> Fact:
    family = family_of(view)
    return view.present(f"{family}_cache_valid") if family else NO


def _words(view: Location, suffix: str) -> tuple[frozenset[str], Fact]:
    """
    The words of a directive in lower case, none when it is not set or not known.
    """
    family = family_of(view)
    fact = view.directive(f"{family}_{suffix}") if family else NO
    known = isinstance(fact, Value) and isinstance(fact.value, str)
    words = str(fact.value).lower().split() if isinstance(fact, Value) and known else ()
    return frozenset(words), fact


def _says(suffix: str, *wanted: str) -> Callable[[Location], Fact]:
    """
    Whether a directive names all of some words.
    """

    def read(view: Location) -> Fact:
        words, fact = _words(view, suffix)
        if isinstance(fact, Unknown):
            return fact
        return Value(words.issuperset(wanted), fact.origin, fact.location)

    return read


def _stale(view: Location) -> Fact:
    words, fact = _words(view, "cache_use_stale")
    if isinstance(fact, Unknown):
        return fact
    return Value(bool(words - {"off"}), fact.origin, fact.location)


def _cookies(view: Location) -> Fact:
    """
    Whether responses that set cookies are stored, and their cookies sent to everybody.
    """
    ignored = _says("ignore_headers", "set-cookie")(view)
    family = family_of(view)
    if isinstance(ignored, Unknown) or not ignored.value:
        return ignored
    guards = view.present(*(f"{family}_{suffix}" for suffix in _ON_PURPOSE))
    if isinstance(guards, Unknown):
        return guards
    key = view.directive(f"{family}_cache_key")
    if isinstance(key, Unknown):
        return key
    if guards.value or _PERSONAL.search(str(key.value)) or _hides(view.scope, family):
        return NO
    return view.settings.list_doubt(view.scope, f"{family}_hide_header") or ignored


def _hides(scope: Scope, family: str) -> bool:
    """
    Whether cookies are taken out of the responses.
    """
    for name in (f"{family}_hide_header", "more_clear_headers"):
        for directive in scope.effective_all(name):
            if "set-cookie" in " ".join(directive.args).lower():
                return True
    return False


def _files(view: Location) -> Fact:
    return computed(_FILES.search(view.scope.label) is not None)


def _unbounded(view: Whole) -> Fact:
    """
    A cache that locations use and nothing bounds.
    """
    top = view.config.http
    for family in FAMILIES:
        for path in top.own(f"{family}_cache_path") if top else ():
            params = dict(arg.partition("=")[::2] for arg in path.args[1:])
            if is_placeholder(str(path)) or {"max_size", "min_free"} & params.keys():
                continue
            name = params.get("keys_zone", "").partition(":")[0]
            if {name, "$"} & view.once(_zones):
                return Value(name, Origin.LITERAL, path.location)
            if not view.reader.complete:
                return Unknown("the locations that use it may be in other files", path.location)
    return computed("")


def _zones(view: Whole) -> frozenset[str]:
    """
    Names of the zones that some level caches in; ``$`` when a variable names one.
    """
    found: set[str] = set()
    for name in CACHES & view.config.used:
        for scope in (view.scope, *view.levels):
            for directive in scope.own(name):
                found.update("$" if "$" in arg else arg for arg in directive.args)
    return frozenset(found)


class _Entry(Struct, frozen=True):
    """
    A location that caches: whose pages, and what tells them apart.
    """

    sites: frozenset[str]
    label: str
    directive: Directive


def _mixed_sites(view: Whole) -> Fact:
    """
    Two locations of different sites whose entries in a cache have the same keys.
    """
    seen: dict[tuple[str, str], list[_Entry]] = {}
    for scope in view.config.locations if CACHES & view.config.used else ():
        found = _entry(view, scope)
        if found is None:
            continue
        names, entry = found
        for other in seen.setdefault(names, []):
            if _collide(other, entry):
                text = f"{min(other.sites)} and {min(entry.sites)}"
                return Value(text, Origin.LITERAL, entry.directive.location)
        seen[names].append(entry)
    return computed("")


def _collide(one: _Entry, other: _Entry) -> bool:
    paths = {one.label, other.label}
    return not one.sites & other.sites and (len(paths) == 1 or "location /" in paths)


def _entry(view: Whole, scope: Scope) -> tuple[tuple[str, str], _Entry] | None:
    """
    The zone and the key of a location; None when the key tells sites apart, or may do so.
    """
    location = Location(view.reader, scope)
    found, server = zone(location), location.server
    if isinstance(found, Unknown) or not found.value or server is None or location.target is None:
        return None
    name = f"{family_of(location)}_cache_key"
    if view.settings.doubt(scope, name) or view.settings.list_doubt(scope, _HEADER):
        return None
    key = scope.effective(name)
    text = " ".join(key.args) if key else _default_key(location)
    sites = _sites(server)
    if not text or not sites or (key and not _blind(text)):
        return None
    directive = key or location.target.directive
    return (str(found.value), text), _Entry(sites, scope.label, directive)


def _blind(key: str) -> bool:
    """
    Whether nothing in a key can depend on the host.
    """
    return all(_HOSTLESS.fullmatch(one[1] or one[2]) for one in _VARIABLE.finditer(key))


def _default_key(location: Location) -> str:
    """
    What takes the host's place in the default key, where the application is told the real one.
    """
    target = location.target
    for header in location.scope.effective_all(_HEADER):
        named = len(header.args) == 2 and header.args[0].lower() == "host"
        if named and header.args[1] in ("$host", "$http_host") and family_of(location) == "proxy":
            return "" if target is None or target.has_variables else target.directive.args[0]
    return ""


def _sites(server: Scope) -> frozenset[str]:
    """
    The names of a server, without the ``www.`` that a site has as well.
    """
    names = (name.lower() for one in server.own("server_name") for name in one.args)
    return frozenset(name.removeprefix("www.") for name in names if _SITE.fullmatch(name))


LOCATION: Rows = {
    "cache_zone": Row(
        STRING,
        "the zone that caches what the location passes on, else empty",
        lambda view: view.once(zone),
        only_with=CACHES,
        otherwise="",
    ),
    "caches": Row(BOOL, "whether what the location passes on is cached", _caches, only_with=CACHES),
    "cache_unbuffered": Row(
        BOOL,
        "whether buffering is off on the level that caches, or around it",
        _unbuffered,
        only_with=_of_all("buffering"),
    ),
    "cache_valid_set": Row(
        BOOL, "whether the configuration says how long responses are kept", _valid_set
    ),
    "ignores_lifetimes": Row(
        BOOL,
        "whether Cache-Control and Expires of the application are ignored",
        _says("ignore_headers", *_LIFETIMES),
        only_with=_of_all("ignore_headers"),
    ),
    "ignores_everything": Row(
        BOOL,
        "whether X-Accel-Expires of the application is ignored as well",
        _says("ignore_headers", *_LIFETIMES, "x-accel-expires"),
        only_with=_of_all("ignore_headers"),
    ),
    "cached_cookies": Row(
        BOOL,
        "whether responses are cached with the cookies they set",
        _cookies,
        only_with=_of_all("ignore_headers"),
    ),
    "cache_lock": Row(
        BOOL, "whether one request at a time fills an entry of the cache", of_cache("cache_lock")
    ),
    "cache_updating": Row(
        BOOL,
        "whether an old entry is served while a new one is fetched",
        _says("cache_use_stale", "updating"),
    ),
    "cache_stale": Row(BOOL, "whether an old entry is ever served", _stale),
    "for_files": Row(BOOL, "whether it is for files by extension: css, js, images", _files),
}

NGINX: Rows = {
    "mixed_sites": Row(
        STRING,
        "two sites whose cached pages have the same keys, else empty",
        _mixed_sites,
        only_with=CACHES,
        otherwise="",
    ),
    "unbounded_cache": Row(
        STRING,
        "zone of a cache in use whose size nothing bounds, else empty",
        _unbounded,
        only_with=CACHES,
        otherwise="",
    ),
}
