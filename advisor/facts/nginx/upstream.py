"""
Facts of one upstream: does nginx keep its connections, and do the locations let it?

Sources: nginx.org, ngx_http_upstream_module (``keepalive``) and ngx_http_proxy_module
(``proxy_http_version``, ``proxy_set_header``). Before 1.29.7 a connection is used again only when
the upstream has ``keepalive``, the request is HTTP/1.1, and no ``Connection: close`` goes with it.
"""

from __future__ import annotations

from msgspec import Struct

from advisor import regex
from advisor.catalog.nginx import at_least
from advisor.facts.common import computed
from advisor.facts.nginx.headers import HEADER, is_packaged, reuse_lines, setting, upgrades
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.settings import Settings, either, mapped
from advisor.facts.nginx.views import NO, Group
from advisor.facts.nginx.writing import as_written
from advisor.facts.schema import BOOL, NUMBER, STRING, list_of, record
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact, Record
from advisor.parsers.nginx import Directive, is_placeholder
from advisor.parsers.nginx_scope import Map, NginxConfig, Scope
from advisor.parsers.nginx_upstream import METHODS

POOLS_BY_DEFAULT = (1, 29, 7)
"""From here on upstreams keep connections and HTTP/1.1 is spoken to them (nginx.org, CHANGES)."""

_BY_VERSION = "nginx's own header depends on its version"
_FOR_SOCKETS = regex.lazy(r"sock|(?:^|[^a-z])wss?(?:[^a-z]|$)|stream|cable|live|hub|event|notif")
"""What paths of WebSockets are called."""
_EVERYTHING = ("location /", "location ^~ /")


class Connection(Struct, frozen=True):
    """
    The ``Connection`` header that goes to an upstream with an ordinary request.
    """

    directive: Directive | None
    """None when no ``proxy_set_header`` names it and nginx's own counts."""
    value: str | None
    """In lower case; None when it cannot be told."""
    table: Map | None = None
    """The ``map`` that it comes from."""
    doubt: Unknown | None = None
    """Why it may be set where nothing was seen."""


def records(view: Group) -> tuple[Record, ...]:
    """
    The levels that pass HTTP to an upstream: do they let connections be used again?
    """
    return tuple(_use(view, scope) for scope in view.uses)


def _use(view: Group, scope: Scope) -> Record:
    version = _at(_place(scope), view.settings.typed(scope, "proxy_http_version"))
    connection = _connection(view, scope)
    # The reference knows HTTP/1.0 connections that persist because the header asks for it.
    old = NO if connection.value == "keep-alive" else mapped(version, lambda one: one == "1.0")
    closes = _closes(scope, connection, version)
    # A location for WebSockets alone has no ordinary requests that a map could close.
    everything = connection.table is not None and _has_ordinary(scope)
    mapped_close = closes if everything else NO
    return Record(
        fields={
            "label": Value(scope.label, Origin.LITERAL, scope.location),
            "http_version": version,
            "http_old": old,
            "http_unset": computed(_unset(view.settings, scope, "proxy_http_version")),
            "closes": NO if connection.table else closes,
            "header_unset": computed(connection.directive is None and not connection.doubt),
            "header_lost": computed(connection.directive is None and _set_around(scope)),
            "maps_to_close": mapped_close,
            "map_entry": _map_entry(connection.table),
            "sockets_only": computed(upgrades((scope,)) and not _has_ordinary(scope)),
            "reuses": _reuses(old, closes),
        },
        location=_place(scope),
        label=scope.label,
    )


def _unset(settings: Settings, scope: Scope, name: str) -> bool:
    """
    Whether surely nobody sets it.
    """
    return scope.effective(name) is None and settings.doubt(scope, name) is None


def _connection(view: Group, scope: Scope) -> Connection:
    packaged = [one for one in scope.unread if is_packaged(one)]
    doubt = None if packaged else view.settings.doubt(scope, HEADER)
    if doubt is not None:
        return Connection(None, None, doubt=doubt)
    headers = scope.own(HEADER) if packaged else scope.effective_all(HEADER)
    for header in headers:
        if len(header.args) == 2 and header.args[0].lower() == "connection":
            return _header(view.config, header, header.args[1])
    for include in scope.hidden(HEADER):
        if include not in packaged:
            reason = "an include that was not read may set it"
            return Connection(None, None, doubt=Unknown(reason, include.location))
    reuses = at_least(view.settings.version, POOLS_BY_DEFAULT)
    return Connection(None, None if reuses is None else "" if reuses else "close")


def _header(config: NginxConfig, header: Directive, value: str) -> Connection:
    """
    What a request without ``Upgrade`` sends.
    """
    if is_placeholder(value):
        return Connection(header, None)
    if "$" not in value:
        return Connection(header, value.lower())
    for table in config.maps:
        if table.variable == value:
            found = table.lookup("") if table.source == "$http_upgrade" else None
            plain = None if found is None or "$" in found else found.lower()
            return Connection(header, plain, table)
    constant = config.constants.get(value.lstrip("$"))
    return Connection(header, constant.lower() if constant is not None else None)


def _closes(scope: Scope, connection: Connection, version: Fact) -> Fact:
    """
    Whether requests carry ``Connection: close``, which was the default before 1.29.7.
    """
    if connection.doubt is not None:
        return connection.doubt
    if isinstance(version, Value) and version.value == "2":
        return NO
    if connection.directive is None:
        if connection.value is None:
            return Unknown(_BY_VERSION, _place(scope), needs=("nginx.version",))
        return Value(connection.value == "close", Origin.DEFAULT, _place(scope))
    if connection.value is None:
        return Unknown("the header is a variable", connection.directive.location)
    return Value(connection.value == "close", Origin.LITERAL, connection.directive.location)


def takes_everything(scope: Scope) -> bool:
    """
    Whether a location is for all requests: ``/``, or named, which ``try_files`` falls back to.
    """
    location = scope.around("location")
    label = location.label if location else ""
    return label in _EVERYTHING or label.startswith("location @")


def _has_ordinary(scope: Scope) -> bool:
    """
    Whether requests that are no WebSockets come here: it takes everything, or has its headers for
    WebSockets from the server, as all its locations do.
    """
    location = scope.around("location")
    if takes_everything(scope) or location is None:
        return takes_everything(scope)
    level = setting(scope)
    inherited = level is not None and level.kind in ("http", "server")
    return inherited and _FOR_SOCKETS.search(location.label.lower()) is None


def _map_entry(table: Map | None) -> Fact:
    """
    What the map gives for a request without Upgrade, where it says so.
    """
    entries = {entry.name: entry for entry in table.entries} if table else {}
    entry = entries.get("", entries.get("default"))
    if entry is None:
        return computed("")
    return Value(" ".join(entry.args), Origin.LITERAL, entry.location)


def _entry_at_fault(records: tuple[Record, ...]) -> Fact:
    for one in records:
        closes = one.fields["maps_to_close"]
        if isinstance(closes, Value) and closes.value is True:
            return one.fields["map_entry"]
    return computed("")


def _late_method(view: Group) -> Fact:
    """
    The balancing method behind ``keepalive``, which it then replaces; empty when there is none.
    """
    kept = False
    for directive in view.scope.directives:
        kept = kept or directive.name == "keepalive"
        if kept and directive.name in METHODS:
            written = as_written(directive).removesuffix(";")
            return Value(written, Origin.LITERAL, directive.location)
    return computed("")


def _set_around(scope: Scope) -> bool:
    """
    Whether a level further out sets the header, to no avail.
    """
    around = scope.parent
    while around is not None:
        for header in around.own(HEADER):
            if header.args[:1] and header.args[0].lower() == "connection":
                return True
        around = around.parent
    return False


def _unix(view: Group) -> bool:
    servers = view.upstream.servers
    return bool(servers) and all(one.address.socket for one in servers)


def _http(view: Group) -> Fact:
    if not view.uses:
        return view.elsewhere or NO
    return Value(value=True, origin=Origin.LITERAL, location=_place(view.uses[0]))


def _keepalive_set(view: Group) -> Fact:
    if directive := view.upstream.keepalive:
        return Value(value=True, origin=Origin.LITERAL, location=directive.location)
    return view.settings.doubt(view.scope, "keepalive") or NO


def _of_any(records: tuple[Record, ...], field: str) -> Fact:
    """
    Whether a field is true for some location, at the first such; unknown where it may be.
    """
    return either(_at(one.location, one.fields[field]) for one in records)


def _at(place: Location | None, fact: Fact) -> Fact:
    """
    The fact, at a place unless a directive of its own gives it one.
    """
    if isinstance(fact, Unknown):
        return Unknown(fact.reason, place, fact.needs) if fact.needs else fact
    return fact if fact.location else Value(fact.value, fact.origin, place, fact.note)


def _place(scope: Scope) -> Location | None:
    """
    Where a location hands its requests over.
    """
    directive = scope.effective("proxy_pass")
    return directive.location if directive else scope.location


def _reused(view: Group) -> Fact:
    """
    Whether some location reuses connections: kept, HTTP/1.1, and not asked to close.
    """
    keepalive, uses = view.directive("keepalive"), view.once(records)
    if isinstance(keepalive, Value) and keepalive.value == 0:
        return Value(value=False, origin=keepalive.origin, location=keepalive.location)
    results = [one.fields["reuses"] for one in uses]
    sure = [result.value for result in results if isinstance(result, Value)]
    if True in sure and isinstance(keepalive, Value):
        return computed(True)
    if len(sure) == len(results) and True not in sure:
        return computed(False)
    return Unknown("whether connections are reused depends on the version of nginx")


def _reuses(old: Fact, closes: Fact) -> Fact:
    """
    Whether a connection outlives the requests of one location.
    """
    ends = either([old, closes])
    return ends if isinstance(ends, Unknown) else computed(ends.value is not True)


UPSTREAM: Rows = {
    "name": Row(
        STRING,
        "name of the upstream block",
        lambda view: Value(view.upstream.name, Origin.LITERAL, view.scope.location),
    ),
    "keepalive_set": Row(BOOL, "whether keepalive is written in the block", _keepalive_set),
    "late_method": Row(
        STRING, "the balancing method that stands behind keepalive, else empty", _late_method
    ),
    "servers": Row(
        NUMBER, "servers of the upstream", lambda view: computed(len(view.upstream.servers))
    ),
    "unix": Row(
        BOOL,
        "whether all its servers are unix sockets",
        lambda view: computed(_unix(view)),
    ),
    "http": Row(BOOL, "whether HTTP locations reach it (proxy_pass)", _http),
    "locations": Row(
        list_of(record("upstream_location")),
        "locations that pass to it",
        lambda view: Value(view.once(records), Origin.LITERAL, view.scope.location),
    ),
    "old_http": Row(
        BOOL,
        "whether a location speaks HTTP/1.0 to it",
        lambda view: _of_any(view.once(records), "http_old"),
    ),
    "closing": Row(
        BOOL,
        "whether a location sends Connection: close to it",
        lambda view: _of_any(view.once(records), "closes"),
    ),
    "mapped_close": Row(
        BOOL,
        "whether a map sends Connection: close with ordinary requests",
        lambda view: _of_any(view.once(records), "maps_to_close"),
    ),
    "map_entry": Row(
        STRING,
        "the value of that map for them, else empty",
        lambda view: _entry_at_fault(view.once(records)),
    ),
    "reuse_lines": Row(
        STRING,
        "what lets its connections be used again, under the levels it belongs to, ready to paste",
        lambda view: computed(reuse_lines(view.settings, view.uses)),
    ),
    "reused": Row(
        BOOL, "whether connections are really reused, for at least one location", _reused
    ),
    "backend": Row(
        STRING,
        "kind of worker of the gunicorn behind it, as gunicorn.class",
        lambda view: view.reader.backend(view.upstream.name),
    ),
}
