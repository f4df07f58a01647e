"""
Clients that choose where nginx sends their requests, or what host it says they are for.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.facts.nginx.expressions.event import Event, What, phrase, shown
from advisor.facts.nginx.expressions.flow import Flow, levels
from advisor.facts.nginx.expressions.values import (
    ACCEPT,
    Captured,
    Given,
    Leaf,
    Leaves,
    Literal,
    Nature,
    as_request,
    names,
)
from advisor.facts.nginx.server import is_local
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import NginxConfig, Scope
from advisor.parsers.pcre import Where

PASSES = frozenset(
    {"fastcgi_pass", "grpc_pass", "memcached_pass", "proxy_pass", "scgi_pass", "uwsgi_pass"}
)
"""Directives that name where requests go."""
_ADDRESS = "127.0.0.1"
_ANYTHING = ("arg_", "http_", "cookie_")
"""Beginnings of variables that hold whatever the client sends."""
_CLOSING = (
    "auth_basic",
    "auth_jwt",
    "auth_request",
    "secure_link",
    "secure_link_secret",
    "ssl_verify_client",
)
_OFF = (("off",), ("optional_no_ca",))
_FORWARDED = frozenset({"http_x_forwarded_host", "http_x_host", "http_forwarded"})


def chosen(flow: Flow, directive: Directive, scope: Scope) -> Iterator[Event]:
    """
    A ``…_pass`` whose host the client chooses freely.
    """
    for leaves in flow.texts(directive.args[0], scope):
        host, rest = _host(leaves)
        example = None if host is None else _example(flow, host, rest, scope)
        if host is None or example is None or is_closed(flow.config, scope):
            continue
        if not _is_checked(directive, host, scope):
            yield Event(
                what=What.CHOSEN_HOST,
                directive=directive,
                scope=scope,
                part=shown(host),
                source=phrase(host),
                example=example,
            )
            return


def _host(leaves: Leaves) -> tuple[Leaf | None, str]:
    """
    The part that a host begins with, and the literal text right after it.
    """
    rest = list(leaves)
    if rest and isinstance(rest[0], Literal):
        scheme, found, beyond = rest[0].text.partition("://")
        if not found or beyond or "$" in scheme:
            return None, ""
        rest = rest[1:]
    if not rest or isinstance(rest[0], Literal):
        return None, ""
    after = rest[1] if len(rest) > 1 else Literal("")
    return rest[0], after.text if isinstance(after, Literal) else "/"


def _example(flow: Flow, host: Leaf, rest: str, scope: Scope) -> str | None:
    """
    A request that is sent to a host of the client's choice; None when there is certainly none.
    """
    fixed = not rest.startswith((":", "/", "?")) and rest != ""
    wanted = f"{_ADDRESS}:80/" if fixed else _ADDRESS
    if isinstance(host, Given) and host.name.startswith(_ANYTHING):
        return _sent(host.name, wanted)
    if not isinstance(host, Captured) or host.regex.pattern is None or host.regex.nature is None:
        return None
    nature = host.regex.nature
    text = host.regex.pattern.capture(
        host.number,
        wanted.encode(),
        Where.ALL,
        accept=ACCEPT[nature],
        before=b"/" if nature is Nature.PATH else b"",
    )
    if text is None or (nature is Nature.PATH and not flow.takes(scope, text)):
        return None
    if nature is Nature.PATH:
        return f"GET {as_request(text)}"
    if nature is Nature.HOST:
        return f"Host: {text.decode()}"
    name = next(iter(names(host.regex.subject)), "")
    return _sent(name, text.decode()) if name.startswith(_ANYTHING) else None


def _sent(name: str, value: str) -> str:
    """
    How a client gives a variable a value.
    """
    if name.startswith("arg_"):
        return f"GET /?{name[4:]}={value}"
    if name.startswith("cookie_"):
        return f"Cookie: {name[7:]}={value}"
    return f"{name[5:].replace('_', '-').title()}: {value}"


def _is_checked(directive: Directive, host: Leaf, scope: Scope) -> bool:
    """
    Whether a condition looks at the variable, or at one that may follow from it.

    A condition on anything that is not plainly something else counts as a check.
    """
    plain = {"request_method", "scheme", "https", "server_port", "is_args"}
    source = names(host.regex.subject) if isinstance(host, Captured) else frozenset()
    used = {*names(directive.args[0]), *source, getattr(host, "name", "")}
    for level in levels(scope):
        for child in (level, *level.children):
            args = child.directive.args if child.kind == "if" and child.directive else ()
            asked = {name for arg in args for name in names(arg)}
            only_set = len(args) == 1
            if asked - plain and not (only_set and asked <= used):
                return True
    return False


def is_closed(config: NginxConfig, scope: Scope) -> bool:
    """
    Whether strangers cannot get at a level: it is internal, local, or asks who they are.
    """
    if any(level.own("internal") for level in levels(scope)):
        return True
    if any(one.args == ("all",) for one in scope.effective_all("deny")):
        return True
    for name in _CLOSING:
        found = scope.effective(name)
        if found is not None and found.args[:1] not in _OFF:
            return True
    server = scope.around("server")
    return server is not None and all(is_local(one) for one in config.listens(server))


def _only_known_hosts(config: NginxConfig, scope: Scope) -> bool:
    """
    Whether another server of every socket refuses requests for hosts without a server.
    """
    server = scope.around("server")
    if server is None:
        return False
    defaults = [socket.default for socket in config.sockets_of(server)]
    return all(one is not server and _refuses(one) for one in defaults)


def _refuses(server: Scope) -> bool:
    answers = [one.args[0] for one in server.own("return") if one.args]
    rejects = any(one.args == ("on",) for one in server.own("ssl_reject_handshake"))
    return rejects or any(code.startswith("4") for code in answers)


def spoofed(flow: Flow, directive: Directive, scope: Scope) -> Iterator[Event]:
    """
    A ``Host`` for the application that the client writes as it likes.
    """
    if len(directive.args) != 2 or directive.args[0].lower() != "host":
        return
    for leaves in flow.texts(directive.args[1], scope):
        leaf = leaves[0] if leaves else Literal("")
        if not isinstance(leaf, Given) or not leaf.name.startswith(_ANYTHING):
            continue
        if not is_closed(flow.config, scope) and not _only_known_hosts(flow.config, scope):
            yield Event(
                what=What.SPOOFED_HOST,
                directive=directive,
                scope=scope,
                part=shown(leaf),
                source=_sent(leaf.name, "evil.example"),
                grave=leaf.name != "http_host",
                result="forwarded" if leaf.name in _FORWARDED else "",
                better="proxy_set_header Host $host;",
            )
            return
