"""
Facts of what reaches a server or location, and what becomes of the path of its requests.

Sources: nginx.org, ngx_http_core_module (``location``, ``server_name``, ``try_files`` and the
directives of which "the value from the default server can be used") and ngx_http_proxy_module
(``proxy_pass``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.server import EVERYTHING, more_listens
from advisor.facts.nginx.views import Location, Server
from advisor.facts.nginx.writing import quoted
from advisor.facts.schema import STRING
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive, is_placeholder
from advisor.parsers.nginx_scope import Scope

if TYPE_CHECKING:
    from advisor.facts.nginx.reader import Reader

_NOTHING = computed("")
_BEFORE_HOST = ("client_header_buffer_size", "merge_slashes")
"""
Directives that nginx needs before it has read which server a request is for. Others of which "the
value from the default server can be used" do count from the Host header on, which comes first in
practice: ``underscores_in_headers``, ``ignore_invalid_headers``, ``large_client_header_buffers``.
"""
_LEAVES = frozenset({"last", "permanent", "redirect"})
"""Flags of ``rewrite`` after which a location is no longer the one that answers."""
_REGEX = frozenset({"~", "~*"})
_PASSED_ON = ("proxy_pass", "grpc_pass")


class Twin(Struct, frozen=True):
    """
    A location that another one leaves nothing to.
    """

    other: Scope
    refused: bool
    """Whether nginx does not start because of the two."""


def twins(reader: Reader) -> Mapping[Scope, Twin]:
    """
    Locations of which another takes all requests, or that may not stand twice.
    """
    found: dict[Scope, Twin] = {}
    groups: dict[Scope, list[Scope]] = {}
    for scope in reader.config.locations:
        if scope.parent is not None and scope.directive is not None:
            groups.setdefault(scope.parent, []).append(scope)
    for siblings in groups.values():
        if len(siblings) > 1:
            found.update(_twins(siblings))
    return found


def _twins(siblings: list[Scope]) -> Iterator[tuple[Scope, Twin]]:
    first: dict[str, Scope] = {}
    greedy: Scope | None = None
    closed = _closed(siblings)
    for scope in siblings:
        sign, path = _parts(scope)
        if is_placeholder(path):
            continue
        regex = sign in _REGEX
        key = f"{'~' if regex else '=' if sign == '=' else ''} {path}"
        earlier = first.setdefault(key, scope)
        if regex and (shadow := greedy or closed):
            yield scope, Twin(shadow, refused=False)
        elif earlier is not scope and (not regex or _covers(earlier, sign)):
            # Of two named locations nginx takes the first and says nothing.
            yield scope, Twin(earlier, refused=not regex and not path.startswith("@"))
        if regex and greedy is None and path in EVERYTHING | {"/", "^/", "."}:
            greedy = scope


def _closed(siblings: Iterable[Scope]) -> Scope | None:
    """
    ``location ^~ /``, which keeps all requests from the regular expressions if no prefix is
    without ``^~``.
    """
    root: Scope | None = None
    for scope in siblings:
        sign, path = _parts(scope)
        if sign == "" and not path.startswith("@"):
            return None
        root = scope if (sign, path) == ("^~", "/") else root
    return root


def _covers(earlier: Scope, sign: str) -> bool:
    """
    Whether an earlier location of the same pattern takes what a later one of this sign would.
    """
    return _parts(earlier)[0] in ("~*", sign)


def _parts(scope: Scope) -> tuple[str, str]:
    """
    The sign in front of the path, ``""`` for none, and the path.
    """
    args = scope.directive.args if scope.directive else ()
    if len(args) == 2:
        return args[0], args[1]
    path = args[0] if args else ""
    for sign in ("~*", "^~", "~", "="):
        if path.startswith(sign):
            return sign, path[len(sign) :]
    return "", path


def _twin(view: Location, *, refused: bool) -> Fact:
    twin = view.reader.once(twins).get(view.scope)
    if twin is None or twin.refused != refused:
        return _NOTHING
    if view.config.document.template:
        return Unknown("what fills the template in may leave one of them out", view.scope.location)
    return Value(twin.other.label, Origin.LITERAL, twin.other.location)


def _tries_in_vain(view: Location) -> Fact:
    """
    The ``try_files`` that looks for files which are then passed on instead of served.

    With a code at its end it says which requests are passed on, and is meant like that.
    """
    scope = view.scope
    tries = scope.own("try_files")
    passes = any(scope.own(name) for name in _PASSED_ON)
    if not tries or not passes or tries[-1].args[-1:] == () or tries[-1].args[-1][0] == "=":
        return _NOTHING
    return Value(str(tries[-1]), Origin.LITERAL, tries[-1].location)


def _tries_lost(view: Location) -> Fact:
    """
    Every ``if`` whose requests ``try_files`` of the same location does not see, at the first.
    """
    if not view.scope.own("try_files") or view.target is not None:
        return _NOTHING
    found = [one for one in view.scope.children if one.kind == "if" and not _leaves(one)]
    if not found:
        return _NOTHING
    labels = dict.fromkeys(one.label for one in found)
    return Value(" or ".join(labels), Origin.LITERAL, found[0].location)


def _leaves(scope: Scope) -> bool:
    flags = {one.args[2] for one in scope.own("rewrite") if len(one.args) == 3}
    handled = any(scope.own(name) for name in ("proxy_pass", "fastcgi_pass", "uwsgi_pass"))
    return handled or bool(scope.own("return")) or not flags.isdisjoint(_LEAVES)


def _joined(view: Location, *, example: str) -> tuple[str, str] | None:
    """
    An address below the location, and what the server behind gets for it, where slashes clash.
    """
    sign, path = _parts(view.scope)
    target = view.scope.own("proxy_pass")
    if sign not in ("", "^~") or not path.startswith("/") or not target or not target[-1].args:
        return None
    address = target[-1].args[0]
    uri = _uri(address)
    if uri is None or "$" in address or is_placeholder(address) or view.scope.own("rewrite"):
        return None
    ends, wanted = path.endswith("/"), uri.endswith("/")
    if ends == wanted or (ends and not uri[-1].isalnum()):
        return None
    asked = f"{path}{example}" if ends else f"{path}/{example}"
    return asked, uri + asked[len(path) :]


def _uri(address: str) -> str | None:
    """
    The path that ``proxy_pass`` puts in the place of the location's; None when it has none.
    """
    _, _, rest = address.partition("://")
    if rest.startswith("unix:"):
        _, colon, uri = rest[5:].partition(":")
        return uri if colon and uri else None
    _, slash, uri = rest.partition("/")
    return f"/{uri}" if slash else None


def _slashes(view: Location) -> tuple[str, str] | None:
    return _joined(view, example="a")


def _asked(view: Location) -> Fact:
    found = view.once(_slashes)
    if found is None:
        return _NOTHING
    return Value(found[0], Origin.LITERAL, view.scope.own("proxy_pass")[-1].location)


def _passed(view: Location) -> Fact:
    found = view.once(_slashes)
    return computed(found[1] if found else "")


def claims(reader: Reader) -> Mapping[Scope, tuple[str, Scope]]:
    """
    Servers one of whose names an earlier server of the same socket has: the name, and that server.
    """
    config = reader.config
    found: dict[Scope, tuple[str, Scope]] = {}
    for socket in config.sockets.values():
        owners: dict[str, Scope] = {}
        for server, listen in socket.users:
            for name in () if listen.uncertain else _names(server):
                owner = owners.setdefault(name, server)
                if owner is not server:
                    found.setdefault(server, (name, owner))
    return found


def _names(server: Scope) -> Iterator[str]:
    names = [name.lower() for one in server.own("server_name") for name in one.args]
    for name in names or [""]:
        if name.startswith("."):
            yield from (name[1:], f"*{name}")
        elif not name.startswith("~") and "$" not in name and not is_placeholder(name):
            yield name


def _claimed(view: Server) -> Fact:
    """
    The name, at the line that claims it a second time. Several nameless servers claim ``""``.
    """
    found = view.reader.once(claims).get(view.scope)
    if found is None:
        return _NOTHING
    if view.scope.hidden("server_name") and not view.scope.own("server_name"):
        return Unknown("an include that was not read may name it", view.scope.location)
    doubt = more_listens(view)
    if doubt:
        return doubt
    lines = view.scope.own("server_name")
    place = lines[0].location if lines else view.scope.location
    return Value(found[0] or '""', Origin.LITERAL, place)


def _owner(view: Server) -> Fact:
    found = view.reader.once(claims).get(view.scope)
    return Value(found[1].label, Origin.LITERAL, found[1].location) if found else _NOTHING


def _too_late(view: Server) -> Fact:
    """
    Directives that the default server decides, because they count before the name is read.

    With TLS the name comes with the handshake, and the server's own value counts.
    """
    own = [one for name in _BEFORE_HOST for one in view.scope.own(name)]
    sockets = view.config.sockets_of(view.scope)
    if not own or any(one.ssl or one.default is view.scope for one in sockets):
        return _list([])
    doubt = more_listens(view)
    if doubt:
        return doubt
    late = [one for one in own if any(_differs(one, socket.default) for socket in sockets)]
    return _list(late)


def _differs(directive: Directive, default: Scope) -> bool:
    other = default.effective(directive.name)
    return other is None or other.args != directive.args


def _list(lines: list[Directive]) -> Fact:
    place = lines[0].location if lines else None
    return Value(" and ".join(str(one) for one in lines), Origin.LITERAL, place)


def _default_server(view: Server) -> Fact:
    owner = next((one.default for one in view.config.sockets_of(view.scope)), view.scope)
    return Value(owner.label, Origin.LITERAL, owner.location)


def _scattered_root(view: Server) -> Fact:
    """
    The one root that several locations repeat while the server has none.
    """
    server = view.scope
    if server.effective("root") is not None:
        return _NOTHING
    roots = [line for one in server.children if one.kind == "location" for line in one.own("root")]
    if len(roots) < 2 or len({one.args for one in roots}) > 1 or not roots[0].args:
        return _NOTHING
    doubt = view.settings.doubt(server, "root")
    return doubt or Value(quoted(roots[0].args[0]), Origin.LITERAL, roots[0].location)


LOCATION: Rows = {
    "refused_twin": Row(
        STRING,
        "another location of the same path, with which nginx does not start; empty when none",
        lambda view: _twin(view, refused=True),
    ),
    "shadowed_by": Row(
        STRING,
        "the location that takes all of its requests; empty when none",
        lambda view: _twin(view, refused=False),
    ),
    "tries_in_vain": Row(
        STRING,
        "the try_files beside proxy_pass or grpc_pass; empty when there is none",
        _tries_in_vain,
        only_with=frozenset({"try_files"}),
        otherwise="",
    ),
    "tries_lost": Row(
        STRING,
        "every if whose requests try_files of the location does not see; empty when none",
        _tries_lost,
        only_with=frozenset({"try_files"}),
        otherwise="",
    ),
    "slash_asked": Row(
        STRING,
        "an address whose slashes clash with proxy_pass; empty when none does",
        _asked,
        only_with=frozenset({"proxy_pass"}),
        otherwise="",
    ),
    "slash_passed": Row(STRING, "what the server behind gets for that address", _passed),
}
SERVER: Rows = {
    "claimed_name": Row(
        STRING,
        "a server_name that an earlier server of the socket has as well; empty when none",
        _claimed,
    ),
    "name_owner": Row(STRING, "the server that keeps that name", _owner),
    "too_late": Row(
        STRING,
        "directives that only count in the default server of the socket; empty when none",
        _too_late,
        only_with=frozenset(_BEFORE_HOST),
        otherwise="",
    ),
    "default_server": Row(STRING, "the default server of its first socket", _default_server),
    "scattered_root": Row(
        STRING,
        "the root that several locations repeat and the server lacks; empty when none",
        _scattered_root,
        only_with=frozenset({"root"}),
        otherwise="",
    ),
}
