"""
Paths that come out elsewhere than meant: beside an alias, beside a ``proxy_pass``, decoded.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor import regex
from advisor.facts.nginx.expressions import regexes
from advisor.facts.nginx.expressions.event import Event, What, phrase, shown
from advisor.facts.nginx.expressions.flow import Flow
from advisor.facts.nginx.expressions.regexes import Kind
from advisor.facts.nginx.expressions.targets import PASSES, is_closed
from advisor.facts.nginx.expressions.values import (
    Captured,
    Leaf,
    Literal,
    Nature,
    as_request,
    is_path,
    names,
    pieces,
)
from advisor.parsers.nginx import Directive, is_placeholder
from advisor.parsers.nginx_scope import Scope
from advisor.parsers.pcre import Where

_EXTENSION = regex.lazy(r"/[^/$]+\.[A-Za-z0-9]{1,8}\Z")
_ANSWERS = PASSES | {"return", "stub_status", "empty_gif"}
"""Directives beside which an alias may not decide what is answered."""


def traversal(flow: Flow, directive: Directive, scope: Scope) -> Iterator[Event]:
    """
    An ``alias`` that leads out of its folder, or to its neighbours.
    """
    written = directive.args[0] if len(directive.args) == 1 else ""
    way = regexes.route(scope)
    if way.text.endswith("/") and way.kind is not Kind.REGEX:
        return
    if not written or scope.kind != "location" or any(scope.own(name) for name in _ANSWERS):
        return
    if is_closed(flow.config, scope) or is_placeholder(written) or is_placeholder(way.text):
        return
    if way.kind is Kind.REGEX:
        yield from _captured_traversal(flow, directive, scope)
    elif way.kind in (Kind.PREFIX, Kind.FIRM) and way.text:
        yield from _prefix(directive, scope, way.text, written)


def _prefix(directive: Directive, scope: Scope, prefix: str, written: str) -> Iterator[Event]:
    if written.endswith("/"):
        yield Event(
            what=What.TRAVERSAL,
            directive=directive,
            scope=scope,
            part=written,
            example=f"GET {prefix}../file",
            result=f"{written}../file",
            better=str(scope.label) + "/",
        )
    elif _is_file(prefix) and _is_file(written):
        yield Event(
            what=What.FILE,
            directive=directive,
            scope=scope,
            part=written,
            example=f"GET {prefix}.bak",
            result=f"{written}.bak",
            better=f"location = {prefix}",
        )
    elif list(pieces(written))[-1][0]:
        yield Event(
            what=What.SIBLING,
            directive=directive,
            scope=scope,
            part=written,
            example=f"GET {prefix}-old/file",
            result=f"{written}-old/file",
            better=f"{scope.label}/ {{ alias {written}/; }}",
        )


def _is_file(path: str) -> bool:
    """
    Whether a path ends in a name with an extension.
    """
    return _EXTENSION.search(path) is not None


def _captured_traversal(flow: Flow, directive: Directive, scope: Scope) -> Iterator[Event]:
    """
    A captured part that can begin with ``../`` behind a slash.
    """
    for leaves in flow.texts(directive.args[0], scope):
        before = ""
        for leaf in leaves:
            path = _upwards(flow, leaf, scope) if before.endswith("/") else None
            if path is not None and isinstance(leaf, Captured):
                inside = (
                    leaf.regex.pattern.captured(path, leaf.number) if leaf.regex.pattern else b""
                )
                yield Event(
                    what=What.TRAVERSAL,
                    directive=directive,
                    scope=scope,
                    part=shown(leaf),
                    source=phrase(leaf),
                    example=f"GET {as_request(path)}",
                    result=before + (inside or b"").decode("utf-8", "replace"),
                )
                return
            before = leaf.text if isinstance(leaf, Literal) else ""


def _upwards(flow: Flow, leaf: Leaf, scope: Scope) -> bytes | None:
    if not isinstance(leaf, Captured) or leaf.regex.nature is not Nature.PATH:
        return None
    pattern = leaf.regex.pattern
    if pattern is None:
        return None
    return pattern.capture(
        leaf.number,
        b"../",
        Where.FIRST,
        accept=lambda text: is_path(text) and flow.takes(scope, text),
        before=b"/",
    )


def joined(flow: Flow, directive: Directive, scope: Scope) -> Iterator[Event]:
    """
    A ``proxy_pass`` whose path does not end as the prefix of its location does.
    """
    location = scope.around("location")
    written = directive.args[0] if len(directive.args) == 1 else ""
    if location is None or written.count("/") < 3 or "$" in written or "unix:" in written:
        return
    if is_placeholder(written) or is_closed(flow.config, scope):
        return
    way = regexes.route(location)
    _, _, rest = written.partition("://")
    host, slash, path = rest.partition("/")
    if way.kind not in (Kind.PREFIX, Kind.FIRM) or not slash or not host or "?" in path:
        return
    if path in ("", path.rstrip("/") + "/") and not way.text.endswith("/"):
        yield Event(
            what=What.JOINED,
            directive=directive,
            scope=scope,
            part=f"/{path}",
            example=f"GET {way.text}../admin",
            result=f"/{path}../admin",
            better=f"{location.label}/",
            grave=True,
        )
    elif way.text.endswith("/") and path and not path.endswith(("/", "=")):
        yield Event(
            what=What.JOINED,
            directive=directive,
            scope=scope,
            part=f"/{path}",
            example=f"GET {way.text}users",
            result=f"/{path}users",
            better=f"proxy_pass {written}/;",
        )


def decoded(flow: Flow, directive: Directive, scope: Scope) -> Iterator[Event]:
    """
    A ``proxy_pass`` that puts decoded text into the path it asks for.
    """
    for leaves in flow.texts(directive.args[0], scope) if directive.args else ():
        found = [_blank(flow, leaf, scope) for leaf in leaves]
        if any(flow.line_break(leaf, scope) for leaf in leaves):
            return
        for leaf, path in zip(leaves, found, strict=True):
            if path is not None and names(directive.args[0]):
                yield Event(
                    what=What.DECODED,
                    directive=directive,
                    scope=scope,
                    part=shown(leaf),
                    source=phrase(leaf),
                    example=f"GET {as_request(path)}",
                )
                return


def _blank(flow: Flow, leaf: Leaf, scope: Scope) -> bytes | None:
    """
    A path of which a captured part has a blank and a question mark in it.
    """
    if not isinstance(leaf, Captured):
        return None
    pattern = leaf.regex.pattern
    if pattern is None or leaf.regex.nature is not Nature.PATH:
        return None
    return pattern.capture(
        leaf.number,
        b"a b?c",
        Where.ANYWHERE,
        accept=lambda text: is_path(text) and flow.takes(scope, text),
        before=b"/",
    )
