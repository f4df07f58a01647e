"""
Levels and lines that say the same but for names: thousands of sites that follow one pattern.

What a rule makes of one of them it makes of all, as long as it asks for facts that do not follow
from these names. Then it need not be tried on each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from advisor import regex
from advisor.facts.nginx.groups import all_uses
from advisor.facts.nginx.lines import Line, is_system_folder
from advisor.facts.nginx.routing import claims, twins
from advisor.facts.nginx.tables import own_rows
from advisor.facts.nginx.views import Group, Location, Server
from advisor.model import DIFFERS
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import HANDLERS, Scope

if TYPE_CHECKING:
    from advisor.facts.nginx.reader import Reader

Form: TypeAlias = int
"""Stands for what a level says without its names: the same number, the same words."""
Alike: TypeAlias = Server | Location | Group | Line
_Masked: TypeAlias = tuple[object, ...]
_Key: TypeAlias = tuple[str, object, object, object, object]
"""A table of `DERIVED`, and what the facts in it follow from."""

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_PATH = regex.lazy(r"/[\w./-]*")
_ADDRESS = regex.lazy(rf"{_OCTET}(?:\.{_OCTET}){{3}}(:\d{{1,5}})?")
_SOCKET = regex.lazy(r"((?:[a-z]+://)?unix:)/[\w./-]+(.*)")
_PORT = regex.lazy(r"([a-z]+://[\w.-]+:)\d{1,5}(.*)")

DERIVED: Mapping[str, str] = {
    "server": """
    alt_svc certificate_unchecked certificate_varies chacha_first claimed_name client_waits
    default_protocols
    hardened header_buffers hsts http2 http2_directive http2_listen http2_off local modern_ciphers
    name_owner old_protocols plain_password quic quic_reuseport regex_locations serves
    session_cache_shared session_cache_size ssl_session_cache ssl_session_timeout strict_group
    ticket_key tls too_late weak_ciphers
    """,
    "location": """
    addresses_kept age_said_twice assets_uncached backend big_files buffering_level cache_lock
    cache_stale cache_unbuffered cache_updating cache_valid_set cache_zone cached
    cached_cookies caches connect_timeout early_data_told encrypted everything exact files
    for_files grpc_without_http2 ignores_everything ignores_lifetimes label literal
    lost_headers never_fresh never_retries outside_name peers probe_logged protocol proxied
    refused_twin repeats_writes request_buffering_level retry_limit retry_time scheme
    shadowed_by slash_asked slash_passed tries_in_vain tries_lost unresolved_host upgrade_flaw
    upgrades varies websocket
    """,
    "line": "always first level multiline name second size system_folder text written",
    "named line": "always level multiline name system_folder",
    "upstream": """
    all_down backend closing failures_ignored fastcgi_closes fastcgi_keeps http
    keepalive_set late_method locations map_entry mapped_close never_reused old_http
    per_worker primary refused resolve_flaw resolves reused servers unix
    """,
}
"""
Derived facts that follow from what a level, those around it and those in it say, and from the whole
configuration; of a line from its words and the kind of its level.

They may look at nothing that `_MASKS` and `_target` leave out: names of servers, paths without
variables, IP addresses and ports of servers, names of upstreams.
"""


class AlikeFacts(Mapping[str, Fact]):
    """
    What is the same for levels that say the same but for names: the facts of the first of them.

    Facts that follow from the names are `DIFFERS`.
    """

    __slots__ = ("_first", "_names")

    def __init__(self, names: frozenset[str], first: Mapping[str, Fact]) -> None:
        self._names = names
        """Facts that may not be the same for all of them."""
        self._first = first

    def __getitem__(self, name: str) -> Fact:
        return DIFFERS if name in self._names else self._first[name]

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as in the base class
        """
        As of any mapping, without a detour.
        """
        return DIFFERS if name in self._names else self._first.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)


class Likeness:
    """
    Tells which levels of one configuration say the same but for names.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._config = reader.config
        self._forms: dict[object, Form] = {}
        self._said: dict[Scope, Form] = {}
        self._around: dict[Scope, Form] = {}
        self._kinds: dict[object, AlikeFacts] = {}

    def facts(self, view: Alike, facts: Mapping[str, Fact]) -> AlikeFacts:
        """
        What a level or line has in common with its like; of a new kind `facts` are the first.
        """
        key = self._key(view)
        found = self._kinds.get(key)
        if found is None:
            found = self._kinds[key] = AlikeFacts(differing(key[0]), facts)
        return found

    def _key(self, view: Alike) -> _Key:
        """
        Which table of `DERIVED` counts, and what the facts in it follow from.
        """
        if isinstance(view, Server):
            return self._of_server(view.scope)
        if isinstance(view, Location):
            return self._of_location(view.scope)
        if isinstance(view, Line):
            return self._of_line(view)
        return self._of_upstream(view)

    def _of_line(self, view: Line) -> _Key:
        """
        Its words, and the kind of level it stands on.
        """
        name, args, kind = view.written.name, view.args, view.scope.kind
        mask = _MASKS.get(name)
        if mask is None:
            return "line", name, args, kind, None
        return "named line", name, mask(args), kind, is_system_folder(args)

    def _of_server(self, scope: Scope) -> _Key:
        """
        All that it says; the sockets that it shares follow from its `listen`, its part in them not.

        One whose name another has claimed is like no other.
        """
        defaults = tuple(one.default is scope for one in self._config.sockets_of(scope))
        second = scope if scope in self._reader.once(claims) else None
        return "server", self._inside(scope), scope.parent, defaults, second

    def _of_location(self, scope: Scope) -> _Key:
        """
        All that it and the levels around it say.

        One to which another location of its server leaves nothing is like no other.
        """
        around = self._outside(scope.parent) if scope.parent else None
        twin = scope if scope in self._reader.once(twins) else None
        return "location", self._inside(scope), around, twin, None

    def _of_upstream(self, view: Group) -> _Key:
        """
        What it says, and all that holds where requests are handed to it.

        Applications that were found behind it are a difference of their own.
        """
        name = view.upstream.name
        uses = self._reader.once(all_uses).get(name, ())
        known = name if self._reader.leads_to_applications(name) else ""
        scope = view.scope
        return "upstream", self._inside(scope), scope.parent, tuple(map(self._outside, uses)), known

    def _outside(self, scope: Scope) -> Form:
        """
        What a level and those around it say.
        """
        found = self._around.get(scope)
        if found is None:
            parent = scope.parent
            said: object = scope  # there is one http block
            if parent is not None and scope.kind != "http":
                said = self._own(scope), self._outside(parent)
            found = self._around[scope] = self._form(said)
        return found

    def _inside(self, scope: Scope) -> Form:
        """
        What a level and those in it say.
        """
        if not scope.children:
            return self._own(scope)
        return self._form((self._own(scope), *map(self._inside, scope.children)))

    def _own(self, scope: Scope) -> Form:
        """
        What stands on a very level, in order; of the levels in it only which kinds there are.
        """
        found = self._said.get(scope)
        if found is None:
            head = scope.directive.args if scope.directive and scope.kind != "upstream" else ()
            inner = frozenset(_LEVELS.intersection(scope.names))
            unread = tuple(one.args for one in scope.unread)
            said = self._lines(scope)
            found = self._said[scope] = self._form((scope.kind, head, inner, unread, *said))
        return found

    def _lines(self, scope: Scope) -> Iterator[_Masked]:
        for one in scope.directives:
            name, args, _, block, _ = one
            if name in _LEVELS:
                continue
            if block is not None:
                yield name, args, _verbatim(block)
            elif name in _MASKS:
                yield name, _MASKS[name](args)
            else:
                yield name, self._target(scope, one) if name in HANDLERS else args

    def _target(self, scope: Scope, one: Directive) -> _Masked:
        """
        Where requests go: what an upstream says stands for its name.
        """
        if len(one.args) != 1 or "$" in one.args[0]:
            return one.args
        text = one.args[0]
        target = self._config.proxied(scope)
        if target is None or target.directive is not one or target.upstream is None:
            match = _SOCKET.fullmatch(text) or _PORT.fullmatch(text)
            return (match[1], None, match[2]) if match else one.args
        start = text.find("://") + 3 if "://" in text else 0
        end = start + len(target.address.host)
        return text[:start], self._inside(target.upstream.scope), text[end:]

    def _form(self, said: object) -> Form:
        return self._forms.setdefault(said, len(self._forms))


@cache
def differing(table: str) -> frozenset[str]:
    """
    Facts that may follow from names, by whole name, where those of a table of `DERIVED` do not.
    """
    same, names = DERIVED[table].split(), HANDLERS.union(_MASKS)
    return frozenset(
        name
        for name, row in own_rows(table.removeprefix("named ")).items()
        if (last := name.partition(".")[2]) in names or (row is not None and last not in same)
    )


def _verbatim(block: tuple[Directive, ...]) -> object:
    return tuple((one.name, one.args, one.block and _verbatim(one.block)) for one in block)


def _nothing(args: tuple[str, ...]) -> _Masked:
    return (len(args),)


def _path(args: tuple[str, ...]) -> _Masked:
    return ("/", *args[1:]) if args and _PATH.fullmatch(args[0]) else args


def _address(args: tuple[str, ...]) -> _Masked:
    """
    A server of an upstream; names of hosts stay, for nginx must resolve them.
    """
    if args and (ip := _ADDRESS.fullmatch(args[0])):
        return ip[1] is None, *args[1:]
    if args and args[0].startswith("unix:/"):
        return None, *args[1:]
    return args


_LEVELS = frozenset({"if", "limit_except", "location"})
_MASKS: Mapping[str, Callable[[tuple[str, ...]], _Masked]] = {
    "access_log": _path,
    "alias": _path,
    "error_log": _path,
    "root": _path,
    "server": _address,
    "server_name": _nothing,
    "ssl_certificate": _path,
    "ssl_certificate_key": _path,
}
"""By directive: its arguments without names. `server` is one of an upstream."""
