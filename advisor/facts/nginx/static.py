"""
Facts of files that a location serves: what they are, as far as its path tells, and how long
browsers and caches may keep them.

Sources: nginx.org, ngx_http_headers_module (``expires``, ``add_header``) and
ngx_http_core_module (``types``, ``etag``, ``if_modified_since``, ``aio``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor import regex
from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.server import answers_all
from advisor.facts.nginx.views import NO, Location, Whole
from advisor.facts.schema import BOOL, STRING
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import Scope
from advisor.units import parse_nginx_time

_ENDINGS = """
    css js mjs map png jpg jpeg jpe gif ico svg svgz webp avif bmp woff woff2 ttf otf eot
    mp3 mp4 ogg webm wasm
"""
_PATHS = "static assets css js img images fonts dist _next staticfiles webfonts icons"
_ASSETS = frozenset(_ENDINGS.split())
"""Endings of files that a page is made of."""
_FOLDERS = frozenset(_PATHS.split())
_PAGES = frozenset({"html", "htm", "php", "json", "xml", "txt"})
_ENTRIES = frozenset({"index.html", "sw.js", "service-worker.js", "serviceworker.js"})
"""Files that decide what a page is made of: an old copy keeps visitors on the old version."""
_HTML = frozenset({"html", "htm"})
_MEDIA = frozenset({"mp4", "m4v", "mkv", "mov", "webm", "avi", "flv", "iso"})
_LONG = 7 * 24 * 3600
"""Seconds from which on an old copy of a page outlives a deployment."""
_AGE = regex.lazy(r"(?:^|[\s,])(?:s-)?max-?age\s*=\s*\"?(\d+)", re.IGNORECASE)
_HOST = regex.lazy(r"(?:static|assets?|cdn|media|img|images?|fonts?)\d*[.-]", re.IGNORECASE)
_WORD = regex.lazy(r"[a-z0-9_]+")
_OPTIONAL = regex.lazy(r"[a-z0-9]\?")


def is_asset(scope: Scope) -> bool:
    """
    Whether a level is for style sheets, scripts, images and fonts alone.
    """
    location = scope.around("location")
    while location is not None:
        if location.directive is not None and _is_asset(location.directive.args):
            return True
        location = location.parent.around("location") if location.parent else None
    return False


def _is_asset(args: tuple[str, ...]) -> bool:
    path = args[-1].lower() if args else ""
    if args[:1] in (("~",), ("~*",)):
        return _of_endings(path)
    name = path.rstrip("/").rpartition("/")[2]
    if name.rpartition(".")[2] in _ASSETS and "." in name:
        return True
    return not _FOLDERS.isdisjoint(path.split("/"))


def _of_endings(pattern: str) -> bool:
    """
    Whether a regular expression asks for endings of assets, and for none of pages.
    """
    start, _, endings = pattern.partition("\\.")
    words = {word for text in (endings, _OPTIONAL.sub("", endings)) for word in _WORD.findall(text)}
    found = not _ASSETS.isdisjoint(words) and _PAGES.isdisjoint(words)
    return found or not _FOLDERS.isdisjoint(start.split("/"))


def _served(scope: Scope, view: Location) -> bool:
    """
    Whether files are what a location answers with.
    """
    return view.target is None and not answers_all(scope)


def _endings(scope: Scope) -> frozenset[str]:
    """
    The endings that the regular expression of a location asks for.
    """
    args = scope.directive.args if scope.directive else ()
    if args[:1] not in (("~",), ("~*",)):
        return frozenset()
    _, _, endings = args[-1].lower().partition("\\.")
    return frozenset(_WORD.findall(endings)) | frozenset(_WORD.findall(_OPTIONAL.sub("", endings)))


def _cache_control(scope: Scope) -> Iterator[Directive]:
    for one in scope.effective_all("add_header"):
        if one.args[:1] and one.args[0].lower() in ("cache-control", "expires"):
            yield one


def _sets_elsewhere(scope: Scope) -> bool:
    lines = scope.effective_all("more_set_headers")
    words = " ".join(arg for one in lines for arg in one.args).lower()
    return "cache-control" in words or "expires" in words


def _lifetime(scope: Scope) -> Directive | None:
    """
    What says how long copies may be kept, if anything.
    """
    expires = scope.effective("expires")
    if expires is not None and expires.args[:1] != ("off",):
        return expires
    return next(_cache_control(scope), None)


def _uncached(view: Location) -> Fact:
    """
    Whether assets are served from files and nothing says how long they may be kept.
    """
    scope = view.scope
    exact = scope.label.startswith("location =")  # one small file, such as the icon of the site
    if exact or not is_asset(scope) or not _served(scope, view):
        return NO
    if any(one.kind == "location" for one in scope.children):
        return NO
    if scope.effective("internal") is not None:
        # X-Accel-Redirect: the application's Cache-Control goes out, and some files are private.
        return NO
    if _lifetime(scope) is not None or _sets_elsewhere(scope):
        return NO
    doubts = (view.settings.doubt(scope, name) for name in ("expires", "add_header"))
    doubt = next((one for one in doubts if one), None)
    return doubt or Value(value=True, origin=Origin.LITERAL, location=scope.location)


def _page_kept(view: Location) -> Fact:
    """
    What lets copies of a page outlive a deployment, at its line; empty when nothing does.
    """
    line = _lifetime(view.scope) if _has_pages(view.scope) else None
    if line is None or answers_all(view.scope) or not _keeps_long(line):
        return computed("")
    return Value(str(line), Origin.LITERAL, line.location)


def _has_pages(scope: Scope) -> bool:
    args = scope.directive.args if scope.directive else ()
    if args in (("/",), ("=", "/"), ("^~", "/")):
        return not _of_assets(scope)
    name = args[-1].rpartition("/")[2] if args else ""
    exact = args[:1] == ("=",) and (name in _ENTRIES or name.endswith(".html"))
    return exact or not _HTML.isdisjoint(_endings(scope))


def _of_assets(scope: Scope) -> bool:
    """
    Whether the whole server is one for assets, as its names or its folder tell.
    """
    server = scope.around("server")
    names = [name for one in (server.own("server_name") if server else ()) for name in one.args]
    root = scope.effective("root") or scope.effective("alias")
    folders = root.args[0].strip("/").split("/") if root and root.args else []
    return not _FOLDERS.isdisjoint(folders) or any(_HOST.match(name) for name in names)


def _keeps_long(line: Directive) -> bool:
    if line.name == "expires":
        last = line.args[-1] if line.args else ""
        seconds = parse_nginx_time(last) if last[:1].isdigit() else None
        return last == "max" or (seconds is not None and seconds >= _LONG)
    value = " ".join(line.args[1:]).lower()
    ages = [int(text) for text in _AGE.findall(value) if len(text) < 12]
    return "immutable" in value or any(age >= _LONG for age in ages)


def _said_twice(view: Location) -> Fact:
    """
    The Cache-Control header with an age that is sent beside the one of ``expires``.
    """
    scope = view.scope
    expires = scope.effective("expires")
    if expires is None or expires.args[:1] == ("off",) or "$" in "".join(expires.args):
        return computed("")
    for one in _cache_control(scope):
        if one.args[0].lower() == "cache-control" and _AGE.search(" ".join(one.args[1:])):
            return Value(str(one), Origin.LITERAL, one.location)
    return computed("")


def _never_fresh(view: Location) -> Fact:
    """
    Whether files come without a validator that nginx would answer 304 to.
    """
    scope = view.scope
    tag, since = scope.effective("etag"), scope.effective("if_modified_since")
    if tag is None or since is None or tag.args != ("off",) or since.args != ("off",):
        return NO
    forbidden = any("no-store" in " ".join(one.args) for one in _cache_control(scope))
    if forbidden or not _served(scope, view):
        return NO
    return Value(value=True, origin=Origin.LITERAL, location=tag.location)


def _big_files(view: Location) -> Fact:
    """
    Whether a location is for videos or images of disks, read by the worker itself.
    """
    scope = view.scope
    endings = _endings(scope)
    media = bool(scope.own("mp4") or scope.own("flv"))
    only = bool(endings & _MEDIA) and endings.isdisjoint(_ASSETS - _MEDIA)
    if not (media or only) or not _served(scope, view):
        return NO
    aio = scope.effective("aio")
    if aio is not None and aio.args != ("off",):
        return NO
    doubt = view.settings.doubt(scope, "aio")
    return doubt or Value(value=True, origin=Origin.LITERAL, location=scope.location)


def _types_missing(view: Whole) -> Fact:
    """
    Whether assets or a whole site are served by a nginx that was told no types of files.
    """
    for scope in view.config.locations:
        if view.config.proxied(scope) is not None or not _is_site(scope) or answers_all(scope):
            continue
        root = scope.effective("root") or scope.effective("alias")
        if root is None or scope.effective("types") is not None:
            continue
        if scope.hidden("types"):
            if any(one.args[0].endswith("mime.types") for one in scope.hidden("types")):
                continue
            return Unknown(
                "an include that was not read may set it", scope.hidden("types")[0].location
            )
        doubt = view.settings.doubt(scope, "types")
        return doubt or Value(value=True, origin=Origin.LITERAL, location=root.location)
    return NO


def _is_site(scope: Scope) -> bool:
    args = scope.directive.args if scope.directive else ()
    return args in (("/",), ("^~", "/")) or is_asset(scope)


_LIFETIMES = frozenset({"expires", "add_header"})

LOCATION: Rows = {
    "assets_uncached": Row(
        BOOL, "whether it serves assets and nothing says how long to keep them", _uncached
    ),
    "page_kept": Row(
        STRING,
        "what lets copies of a page outlive a deployment; empty when nothing does",
        _page_kept,
        only_with=_LIFETIMES,
        otherwise="",
    ),
    "age_said_twice": Row(
        STRING,
        "the Cache-Control header with an age beside expires; empty when there is none",
        _said_twice,
        only_with=frozenset({"expires"}),
        otherwise="",
    ),
    "never_fresh": Row(
        BOOL,
        "whether no request for its files is answered by 304",
        _never_fresh,
        only_with=frozenset({"etag"}),
    ),
    "big_files": Row(
        BOOL, "whether it serves videos or the like and workers read them themselves", _big_files
    ),
}
NGINX: Rows = {
    "types_missing": Row(
        BOOL, "whether files are served and no types block or mime.types is there", _types_missing
    ),
}
