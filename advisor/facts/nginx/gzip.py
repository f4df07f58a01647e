"""
Facts of nginx's compression, over all servers and locations together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from advisor import regex
from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.server import answers_all, serves
from advisor.facts.nginx.settings import either, is_on, number, written
from advisor.facts.nginx.views import NO, Whole
from advisor.facts.schema import BOOL, NUMBER, SIZE, STRING, list_of
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive, is_placeholder
from advisor.parsers.nginx_scope import Scope

_OTHERS = ("brotli", "brotli_static", "gzip_static", "zstd", "zstd_static")
_DEFAULT_TYPE = "text/html"
_CORE: Mapping[str, frozenset[str]] = {
    "text/css": frozenset({"text/css"}),
    "application/javascript": frozenset(
        {"application/javascript", "application/x-javascript", "text/javascript"}
    ),
    "application/json": frozenset({"application/json"}),
    "image/svg+xml": frozenset({"image/svg+xml"}),
}
"""What text on the web is made of, and the names that do for it."""
_JAVASCRIPT = "application/javascript"
_SCRIPTS = _CORE[_JAVASCRIPT]
_KNOWN_TYPES = (1, 25)
"""Up to here it is known what the packaged mime.types says of scripts."""
_PACKED = regex.lazy(
    r"image/(?:jpe?g|png|gif|webp|avif)|(?:font/|application/(?:x-)?font-)woff2?"
    r"|application/(?:zip|(?:x-)?gzip|x-7z-compressed|x-rar-compressed|vnd\.rar)"
    r"|video/.*|audio/(?:mpeg|mp4|ogg|aac|webm|x-m4a)"
)
"""Types whose files are compressed already."""

Worse = Callable[[Fact], float]
"""How bad the value of a fact is; of several levels the worst one is shown."""


def _compressing(view: Whole) -> list[Scope]:
    """
    The levels with gzip on, those of servers that only redirect or refuse aside.
    """
    found = [one for one in view.levels if is_on(one.effective("gzip"))]
    idle = {one for one in found if one.kind == "server" and not _may_serve(view, one)}
    return [one for one in found if one.around("server") not in idle]


def _may_serve(view: Whole, server: Scope) -> bool:
    fact = serves(view.settings, server)
    return isinstance(fact, Unknown) or fact.value is True


def _shown(view: Whole) -> list[Scope]:
    return view.once(_compressing) or [view.scope]


def _gzip(view: Whole) -> Fact:
    active = view.once(_compressing)
    if active:
        return view.settings.typed(active[0], "gzip")
    levels = view.distinct([view.scope, *view.levels], "gzip")
    top, *inner = (view.settings.typed(one, "gzip") for one in levels)
    unknown = next((fact for fact in inner if isinstance(fact, Unknown)), None)
    return unknown or _switched_off(view) or top


def _switched_off(view: Whole) -> Fact | None:
    """
    The first line that switches gzip off where every server has one of its own: what the http
    block says then counts nowhere.
    """
    servers = [one for one in view.config.servers if one.own("gzip") or _may_serve(view, one)]
    if not servers or not all(one.own("gzip") for one in servers):
        return None
    return view.settings.typed(servers[0], "gzip")


def _types_extra(view: Whole) -> Fact:
    levels = view.distinct(_shown(view), "gzip_types")
    return either([_extra(view, one) for one in levels])


def _extra(view: Whole, scope: Scope) -> Fact:
    """
    Whether more than ``text/html``, which is always compressed, is named on this level.
    """
    for directive in scope.effective_all("gzip_types"):
        for arg in directive.args:
            if arg != _DEFAULT_TYPE:
                if is_placeholder(arg):
                    return Unknown("its value is filled in later", directive.location)
                return Value(value=True, origin=Origin.LITERAL, location=directive.location)
    for include in scope.hidden("gzip_types"):
        return Unknown("an include that was not read may set it", include.location)
    known = view.settings.typed(scope, "gzip_types")
    if isinstance(known, Unknown):
        return known
    return Value(value=False, origin=known.origin, location=known.location, note=known.note)


def _missing(view: Whole) -> Fact:
    """
    What the first list that is not complete lacks; a list of a location is for that location.
    """
    for scope in view.distinct(_shown(view), "gzip_types"):
        lines = scope.effective_all("gzip_types")
        words = _words(lines)
        if not words or words == {_DEFAULT_TYPE} or "*" in words or _of_location(scope):
            continue
        lacking = tuple(name for name, known in _CORE.items() if words.isdisjoint(known))
        lacking += tuple(_scripts_missing(view, scope, words, lacking))
        if lacking and (doubt := _doubtful(view, scope, lines)):
            return doubt
        if lacking:
            return Value(lacking, Origin.LITERAL, lines[0].location)
    return Value((), Origin.EVALUATED)


def _scripts_missing(
    view: Whole, scope: Scope, words: set[str], lacking: tuple[str, ...]
) -> Iterator[str]:
    """
    The very type that scripts among the files have, where the list has only another name of it.
    """
    script = _script_type(view, scope)
    if not script or script in words or not _SCRIPTS & {script} or _JAVASCRIPT in lacking:
        return
    line = scope.effective("gzip_types")
    levels = (one for one in view.once(_compressing) if one.effective("gzip_types") is line)
    if any(_sends_files(view, one) for one in levels):
        yield script


def _script_type(view: Whole, scope: Scope) -> str:
    """
    What ``types`` says of ``.js``; empty where it is not known.
    """
    blocks = scope.effective_all("types")
    entries = [entry for one in blocks for entry in one.block or ()]
    found = next((one.name for one in entries if "js" in one.args), "")
    if found or blocks:
        return found.lower()
    version = view.settings.version
    stock = any(one.args[0].endswith("mime.types") for one in scope.hidden("types") if one.args)
    return _JAVASCRIPT if stock and version is not None and version < _KNOWN_TYPES else ""


def _sends_files(view: Whole, scope: Scope) -> bool:
    inner = any(one.kind == "location" for one in scope.children)
    if (scope.kind == "server" and inner) or view.config.proxied(scope) is not None:
        return False
    written = scope.effective("root") or scope.effective("alias")
    return written is not None and not answers_all(scope)


def _packed(view: Whole) -> Fact:
    """
    Types in vain, at the first line that names one.
    """
    for scope in view.distinct(view.once(_compressing), "gzip_types"):
        for line in scope.effective_all("gzip_types"):
            found = tuple(one for one in line.args if _PACKED.fullmatch(one.lower()))
            if found:
                return Value(found, Origin.LITERAL, line.location)
    return Value((), Origin.EVALUATED)


def _html_named(view: Whole) -> Fact:
    """
    Whether a list names the type that is compressed anyway.
    """
    if "gzip_types" not in view.config.used:
        return NO
    for scope in (view.scope, *view.levels):
        for line in scope.own("gzip_types"):
            if _DEFAULT_TYPE in line.args:
                return Value(value=True, origin=Origin.LITERAL, location=line.location)
    return NO


def _words(lines: tuple[Directive, ...]) -> set[str]:
    return {arg.lower() for line in lines for arg in line.args}


def _of_location(scope: Scope) -> bool:
    around: Scope | None = scope
    while around is not None and not around.own("gzip_types"):
        around = around.parent
    return around is not None and around.kind not in ("http", "server")


def _doubtful(view: Whole, scope: Scope, lines: tuple[Directive, ...]) -> Unknown | None:
    if any(is_placeholder(arg) for line in lines for arg in line.args):
        return Unknown("its value is filled in later", lines[0].location)
    return view.settings.doubt(scope, "gzip_types")


def _brotli_html_only(view: Whole) -> Fact:
    """
    Whether brotli is on without types, so that it compresses HTML alone.
    """
    for scope in view.levels if "brotli" in view.config.used else ():
        switch = scope.effective("brotli")
        if switch is None or not is_on(switch) or scope.effective("brotli_types") is not None:
            continue
        doubt = view.settings.doubt(scope, "brotli_types")
        return doubt or Value(value=True, origin=Origin.LITERAL, location=switch.location)
    return NO


def _brotli_level(view: Whole) -> Fact:
    """
    The highest level that brotli compresses with while a client waits; 0 where it does not.
    """
    highest: Fact = Value(0, Origin.EVALUATED)
    for scope in view.levels if "brotli_comp_level" in view.config.used else ():
        line = scope.effective("brotli_comp_level")
        if line is not None and is_on(scope.effective("brotli")):
            fact = written(line, number)
            highest = max(highest, fact, key=_high)
    return highest


def _behind_proxy(view: Whole) -> Fact:
    """
    Whether addresses of clients come from a proxy in front.
    """
    for scope in (view.scope, *view.levels) if "set_real_ip_from" in view.config.used else ():
        for line in scope.own("set_real_ip_from"):
            return Value(value=True, origin=Origin.LITERAL, location=line.location)
    return NO


def _other_compression(view: Whole) -> Fact:
    used = [name for name in _OTHERS if name in view.config.used]
    levels = (view.scope, *view.levels)
    return computed(any(is_on(one.effective(name)) for name in used for one in levels))


def _worst(name: str, worse: Worse, view: Whole) -> Fact:
    """
    The worst of what is known on the levels that compress; unknown when nothing is.
    """
    levels = view.distinct(_shown(view), name)
    facts = [view.settings.typed(one, name) for one in levels]
    known = [one for one in facts if isinstance(one, Value)]
    return max(known, key=worse) if known else facts[0]


def _nothing(_: Fact) -> float:
    return 0


def _off(fact: Fact) -> float:
    return 0 if isinstance(fact, Value) and fact.value else 1


def _small(fact: Fact) -> float:
    length = fact.value if isinstance(fact, Value) else None
    return -float(length) if isinstance(length, int) else 0


def _high(fact: Fact) -> float:
    level = fact.value if isinstance(fact, Value) else None
    return float(level) if isinstance(level, int) else 0


NGINX: Rows = {
    "gzip": Row(BOOL, "whether gzip is on in some scope that serves or proxies", _gzip),
    "gzip_types_extra": Row(BOOL, "whether gzip_types names more than text/html", _types_extra),
    "gzip_proxied": Row(
        STRING,
        "gzip_proxied as written, off when not set",
        partial(_worst, "gzip_proxied", _nothing),
        setting=True,
    ),
    "gzip_vary": Row(
        BOOL,
        "gzip_vary; off if it is off in one of the scopes that compress",
        partial(_worst, "gzip_vary", _off),
        setting=True,
    ),
    "gzip_comp_level": Row(
        NUMBER,
        "gzip_comp_level; the highest of the scopes that compress",
        partial(_worst, "gzip_comp_level", _high),
        setting=True,
    ),
    "gzip_min_length": Row(
        SIZE,
        "gzip_min_length; the lowest of the scopes that compress",
        partial(_worst, "gzip_min_length", _small),
        setting=True,
    ),
    "gzip_types_missing": Row(
        list_of(STRING), "common types of text that gzip_types leaves out", _missing
    ),
    "gzip_types_packed": Row(
        list_of(STRING), "types in gzip_types whose files are compressed already", _packed
    ),
    "gzip_html_named": Row(BOOL, "whether gzip_types names text/html", _html_named),
    "brotli_html_only": Row(BOOL, "whether brotli is on without brotli_types", _brotli_html_only),
    "brotli_level": Row(
        NUMBER, "the highest brotli_comp_level in effect, 0 if none", _brotli_level
    ),
    "behind_proxy": Row(BOOL, "whether set_real_ip_from tells of a proxy in front", _behind_proxy),
    "other_compression": Row(
        BOOL, "whether brotli, zstd or gzip_static compress instead", _other_compression
    ),
}
"""Over all levels that compress, or of the http block where none does."""
