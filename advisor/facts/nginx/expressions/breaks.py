"""
Line breaks of a decoded path in headers and request lines.

A client writes ``%0d%0a`` into the path; nginx decodes it for ``$uri`` and for what regular
expressions capture of it, and copies it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.facts.nginx.expressions.event import Event, What, phrase, shown
from advisor.facts.nginx.expressions.flow import Flow
from advisor.facts.nginx.expressions.values import (
    Captured,
    Given,
    Leaf,
    Leaves,
    Literal,
    as_request,
)
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import Scope

_REDIRECTS = frozenset({"301", "302", "303", "307", "308"})
_WHOLE = ("http://", "https://", "$scheme")
_INSTEAD = {"uri": "$request_uri", "document_uri": "$request_uri"}
NAMES = frozenset({"return", "rewrite", "add_header", "proxy_set_header", "proxy_pass"})
"""Directives whose arguments go into a header or a request line."""


def breaks(flow: Flow, directive: Directive, scope: Scope) -> Iterator[Event]:
    """
    The first part of a directive that takes a line break over.
    """
    for text in _texts(directive):
        for leaves in flow.texts(text, scope):
            for leaf in _copied(directive, leaves):
                example = None if _is_escaped(directive, leaf) else flow.line_break(leaf, scope)
                if example is not None:
                    yield _event(directive, scope, text, leaf, example)
                    return


def _event(directive: Directive, scope: Scope, text: str, leaf: Leaf, example: bytes) -> Event:
    written = example.replace(b"\nx", b"\r\nX-Injected:1")
    name = leaf.name if isinstance(leaf, Given) else ""
    direct = f"${name}" in text and name in _INSTEAD and directive.name != "proxy_pass"
    return Event(
        what=What.LINE_BREAK,
        directive=directive,
        scope=scope,
        part=shown(leaf),
        source=phrase(leaf),
        example=f"GET {as_request(written)}",
        better=_line(directive, name) if direct else "",
        grave=directive.name != "proxy_set_header",
    )


def _line(directive: Directive, name: str) -> str:
    """
    The directive with the path as the client wrote it, which has its arguments already.
    """
    args = " ".join(directive.args)
    for written in (f"${name}$is_args$args", f"${name}?$args", f"${name}"):
        args = args.replace(written, _INSTEAD[name])
    return f"{directive.name} {args};"


def _texts(directive: Directive) -> tuple[str, ...]:
    """
    The arguments that are copied into a header or a request line.
    """
    args = directive.args
    match directive.name:
        case "return":
            if len(args) == 2 and args[0] in _REDIRECTS:
                return args[1:]
            return args if len(args) == 1 and args[0].startswith(_WHOLE) else ()
        case "rewrite":
            redirects = args[1:2] and (
                args[2:] in (("redirect",), ("permanent",)) or args[1].startswith(_WHOLE)
            )
            return args[1:2] if redirects else ()
        case "add_header" | "proxy_set_header":
            return args[1:2]
    return args[:1]


def _copied(directive: Directive, leaves: Leaves) -> Leaves:
    """
    The parts without the host of a ``proxy_pass``, in which nginx takes no line break.
    """
    first = leaves[0] if leaves else None
    open_host = isinstance(first, Literal) and first.text.endswith("://")
    if directive.name != "proxy_pass" or not (open_host or not isinstance(first, Literal)):
        return leaves
    return leaves[2:] if open_host else leaves[1:]


def _is_escaped(directive: Directive, leaf: Leaf) -> bool:
    """
    Whether nginx escapes a part again: what a ``rewrite`` captured itself, in a redirect.
    """
    return directive.name == "rewrite" and isinstance(leaf, Captured) and leaf.name.isdigit()
