"""
Request headers that nginx passes on: which level sets them, and what to write so that none is lost.

Source: nginx.org, ngx_http_proxy_module, ``proxy_set_header``: "These directives are inherited from
the previous configuration level if and only if there are no proxy_set_header directives defined on
the current level".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from advisor.facts.common import computed
from advisor.facts.nginx.settings import Settings
from advisor.facts.nginx.writing import pasted
from advisor.model import Unknown
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import Scope

HEADER = "proxy_set_header"
PACKAGED = "proxy_params"
"""Debian's file: it sets headers, and Connection is none of them."""
TOLD = (
    "host",
    "x-real-ip",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "forwarded",
)
"""Headers that tell an application what the client asked for."""
_PACKAGED = ("Host", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto")
PACKAGED_NAMES = {name.lower(): name for name in _PACKAGED}
"""What Debian's file sets, by lower-case name."""
_REUSED = 'proxy_set_header Connection "";'
_SOCKETS = "# leave Connection to WebSockets; its map needs '' '' instead of '' close"


def levels(scope: Scope) -> Iterator[Scope]:
    """
    A level and those around it, nearest first.
    """
    around: Scope | None = scope
    while around is not None:
        yield around
        around = around.parent


def is_packaged(include: Directive) -> bool:
    """
    Whether an include that was not read is Debian's file of headers.
    """
    return bool(include.args) and include.args[0].endswith(PACKAGED)


def sent(scope: Scope) -> tuple[str, ...]:
    """
    Headers that this very level sets, those of the packaged file included.
    """
    packaged = any(is_packaged(one) for one in scope.unread)
    own = tuple(one.args[0] for one in scope.own(HEADER) if len(one.args) == 2)
    return own + (_PACKAGED if packaged else ())


def setting(scope: Scope) -> Scope | None:
    """
    The nearest level that sets any, whose headers count.
    """
    return next((one for one in levels(scope) if sent(one)), None)


def told_by(scope: Scope) -> dict[str, Directive]:
    """
    The lines, or the include, of this very level that tell of the client; by lower-case name.
    """
    packaged = [one for one in scope.unread if is_packaged(one)]
    found = {name: one for one in packaged for name in PACKAGED_NAMES}
    for one in scope.own(HEADER):
        if len(one.args) == 2 and one.args[0].lower() in TOLD and one.args[1]:
            found[one.args[0].lower()] = one
    return found


def pooling_lines(settings: Settings, scope: Scope, host: str) -> Fact:
    """
    What a location needs besides ``proxy_pass`` for its connections to be used again: the headers
    that it has from around it, which its first own one would drop, ``Connection`` and ``Host``.
    """
    level = scope if _obscured(scope) else setting(scope)
    around = () if level is None or level is scope else _lines(level)
    repeated = pasted(one for one in around if not _is_connection(one) or upgrades((scope,)))
    if isinstance(repeated, Unknown):
        return repeated
    names = {name.lower() for name in sent(level)} if level else set()
    lines = [*([str(repeated.value)] if repeated.value else []), *_more(settings, scope)]
    if level is not scope or not _is_empty(scope):
        lines.append(connection_line((scope,)))
    if "host" not in names:
        lines.append(f"proxy_set_header Host {host};")
    return computed("\n".join(lines))


def reuse_lines(settings: Settings, uses: tuple[Scope, ...]) -> str:
    """
    What lets the connections to an upstream be used again, and under which level it belongs.

    That is the outer level where a location has all its headers from there.
    """
    places: dict[Scope, list[Scope]] = {}
    for use in uses:
        level = use if _obscured(use) else setting(use)
        places.setdefault(level or use, []).append(use)
    inner = [one for level, users in places.items() for one in users if level is one]
    labels = list(dict.fromkeys(one.label for one in inner))
    parts = [f"# in {listed(labels)}\n{_reuse(settings, inner)}"] if inner else []
    for level, users in places.items():
        outer = [one for one in users if one is not level]
        if outer:
            parts.append(f"# in {level.label}, {_beside(level)}\n{_reuse(settings, outer)}")
    return "\n".join(parts)


def connection_line(scopes: Iterable[Scope]) -> str:
    """
    What lets connections live on: an empty header, which would break WebSockets, or a map.
    """
    return _SOCKETS if upgrades(scopes) else _REUSED


def upgrades(scopes: Iterable[Scope]) -> bool:
    """
    Whether one of the levels passes the Upgrade header of WebSockets on.
    """
    lines = (line for scope in scopes for line in scope.effective_all(HEADER))
    return any(line.args[0].lower() == "upgrade" for line in lines if line.args)


def _reuse(settings: Settings, scopes: list[Scope]) -> str:
    more = dict.fromkeys(line for scope in scopes for line in _more(settings, scope))
    return "\n".join(("proxy_http_version 1.1;", *more, connection_line(scopes)))


def _more(settings: Settings, scope: Scope) -> Iterator[str]:
    """
    A reminder where headers may come from levels or files that cannot be seen.
    """
    if _obscured(scope) or (setting(scope) is None and settings.doubt(scope, HEADER)):
        yield f"# with the {HEADER} lines that count there now, if there are any"


def _obscured(scope: Scope) -> bool:
    """
    Whether an include that was not read may set headers nearer than those that can be seen.
    """
    return any(not is_packaged(one) for one in scope.hidden(HEADER))


def _beside(level: Scope) -> str:
    own = any(_is_connection(one) for one in level.own(HEADER))
    return "instead of its Connection header" if own else "beside its other headers"


def _lines(level: Scope) -> tuple[Directive, ...]:
    return (*(one for one in level.unread if is_packaged(one)), *level.own(HEADER))


def _is_connection(line: Directive) -> bool:
    return line.args[:1] != () and line.args[0].lower() == "connection"


def _is_empty(scope: Scope) -> bool:
    """
    Whether the Connection header is emptied on this very level.
    """
    return any(_is_connection(one) and one.args[1:] == ("",) for one in scope.own(HEADER))


def listed(names: list[str]) -> str:
    """
    Names in a sentence; there is at least one.
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
