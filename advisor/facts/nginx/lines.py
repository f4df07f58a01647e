"""
Single directives, for rules about a line whatever level it stands on.

A subject exists for every occurrence of a directive in `NAMES`, so that each is a place of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from advisor.facts.common import computed
from advisor.facts.nginx.access import guard_of
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.views import Written
from advisor.facts.nginx.writing import is_whole, quoted
from advisor.facts.schema import BOOL, SIZE, STRING
from advisor.model import DIFFERS, Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive, is_placeholder
from advisor.parsers.nginx_scope import Scope
from advisor.units import parse_nginx_size

NAMES = frozenset(
    {
        "add_header",
        "alias",
        "autoindex",
        "client_max_body_size",
        "create_full_put_path",
        "dav_methods",
        "ignore_invalid_headers",
        "limit_conn_zone",
        "limit_req_zone",
        "merge_slashes",
        "proxy_set_header",
        "proxy_ssl_verify",
        "resolver",
        "root",
        "set_real_ip_from",
        "ssl_verify_client",
        "stub_status",
        "underscores_in_headers",
        "user",
        "valid_referers",
    }
)
"""Directives that rules look at line by line."""
IN_CONDITIONS = frozenset(
    {
        "add_header",
        "alias",
        "auth_basic",
        "expires",
        "fastcgi_pass",
        "gzip",
        "proxy_pass",
        "proxy_set_header",
        "root",
        "scgi_pass",
        "try_files",
        "uwsgi_pass",
    }
)
"""Directives that rules look at inside of an ``if``, which takes the place of its location."""
_BUFFERING = frozenset({"proxy", "fastcgi", "uwsgi", "scgi"})
"""Protocols of which nginx may take a whole body before it passes the request on."""
_RUNTIME = frozenset({"", "/etc", "/root", "/home", "/var", "/usr", "/proc", "/sys", "/dev"})
"""Folders of the system, without the slash at their end: none is a folder of documents."""


class Line(Written):
    """
    One directive of `NAMES`.
    """

    @property
    def label(self) -> str:
        """
        What to call it in a sentence.
        """
        return str(self.written)

    @property
    def args(self) -> tuple[str, ...]:
        """
        What follows the name.
        """
        return self.written.args


class CommonLine(Mapping[str, Fact]):
    """
    What all lines of one name have in common: the name, and the facts of the configuration.
    """

    def __init__(self, name: str, shared: Mapping[str, Fact]) -> None:
        self._name = Value(name, Origin.LITERAL)
        self._shared = shared

    def __getitem__(self, name: str) -> Fact:
        if name == "line.name":
            return self._name
        return DIFFERS if name.startswith("line.") else self._shared[name]

    def __iter__(self) -> Iterator[str]:
        yield "line.name"
        yield from self._shared

    def __len__(self) -> int:
        return sum(1 for _ in self)


def lines_of(scopes: Iterator[Scope], used: frozenset[str]) -> Iterator[tuple[Scope, Directive]]:
    """
    Every line of a name in `NAMES`, with its level, in the order of the files; inside of ``if``
    those in `IN_CONDITIONS` as well.
    """
    everywhere = NAMES & used
    inside = (NAMES | IN_CONDITIONS) & used
    for scope in scopes:
        wanted = inside if scope.kind == "if" else everywhere
        if not wanted.isdisjoint(scope.names):
            for directive in scope.directives:
                if directive.name in wanted:
                    yield scope, directive


def _at(view: Line, value: bool | float | str) -> Fact:  # noqa: FBT001 - a fact's value
    return Value(value, Origin.LITERAL, view.written.location)


def _argument(index: int, view: Line) -> Fact:
    """
    One argument in lower case; empty where there are fewer.
    """
    if len(view.args) <= index:
        return _at(view, "")
    if is_placeholder(view.args[index]):
        return Unknown("its value is filled in later", view.written.location)
    return _at(view, view.args[index].lower())


def _text(view: Line) -> Fact:
    if any(is_placeholder(one) for one in view.args):
        return Unknown("its value is filled in later", view.written.location)
    return _at(view, " ".join(view.args))


def _written(view: Line) -> Fact:
    if any(is_placeholder(one) for one in view.args):
        return Unknown("its value is filled in later", view.written.location)
    if not is_whole(view.written):
        return Unknown("a secret stands in it", view.written.location)
    return _at(view, " ".join(map(quoted, view.args)))


def _size(view: Line) -> Fact:
    size = parse_nginx_size(view.args[0]) if view.args else None
    if size is None:
        return Unknown("its value is filled in later", view.written.location)
    return _at(view, size)


def _guarded(view: Line) -> Fact:
    return guard_of(view.settings, view.scope)


def is_system_folder(args: tuple[str, ...]) -> bool:
    """
    Whether the first argument is a folder of the system.
    """
    return (args[0] if args else "").rstrip("/") in _RUNTIME


def _exact(view: Line) -> Fact:
    location = view.scope.around("location")
    return computed(location is not None and location.label.startswith("location = "))


def _local(view: Line) -> Fact:
    """
    Whether the server around it listens on loopback or a unix socket only.
    """
    server = view.scope.around("server")
    return view.reader.is_local(server) if server is not None else computed(False)


def _multiline(view: Line) -> Fact:
    return _at(view, any("\n" in one or "\r" in one for one in view.args[1:]))


def _methods_limited(view: Line) -> Fact:
    """
    Whether a ``limit_except`` beside it lets only some methods through.
    """
    return computed(bool(view.scope.own("limit_except")))


def _returned(view: Line) -> Fact:
    """
    What a ``return`` on its level answers with.
    """
    for one in view.scope.own("return"):
        first = one.args[0] if one.args else ""
        return computed(first if first.isdigit() else "302")
    return computed("")


def _streamed(view: Line) -> Fact:
    """
    Whether every location that passes requests on is seen to pass bodies on as they come.
    """
    found = False
    for scope in view.scope.walk():
        target = view.config.proxied(scope) if scope.kind == "location" else None
        if target is None or scope.effective(view.written.name) is not view.written:
            continue
        protocol = target.directive.name.removesuffix("_pass")
        buffering = scope.effective(f"{protocol}_request_buffering")
        if protocol in _BUFFERING and (buffering is None or buffering.args != ("off",)):
            return computed(False)
        found = True
    return computed(found)


def _any_origin(view: Line) -> Fact:
    """
    Whether responses of this level go to pages of every origin.
    """
    headers = (one.args for one in view.scope.effective_all("add_header") if len(one.args) > 1)
    name = "access-control-allow-origin"
    return computed(any(args[0].lower() == name and args[1] == "*" for args in headers))


LINE: Rows = {
    "name": Row(STRING, "name of the directive", lambda view: _at(view, view.written.name)),
    "text": Row(STRING, "its arguments as written, without quotes", _text),
    "written": Row(
        STRING, "its arguments as they may be written, in quotes where nginx needs them", _written
    ),
    "first": Row(STRING, "its first argument in lower case", lambda view: _argument(0, view)),
    "second": Row(STRING, "its second argument in lower case", lambda view: _argument(1, view)),
    "level": Row(
        STRING,
        "the level it stands on: main, http, server, location, if, limit_except or upstream",
        lambda view: computed(view.scope.kind),
    ),
    "label": Row(
        STRING, "that level as written, with its argument", lambda view: computed(view.scope.label)
    ),
    "always": Row(
        BOOL,
        "whether its last argument is always",
        lambda view: computed("always" in view.args[2:]),
    ),
    "size": Row(SIZE, "its first argument as a size", _size),
    "guarded": Row(
        BOOL,
        "whether access is limited here: deny, a password, a sub-request, a client certificate, "
        "internal",
        _guarded,
    ),
    "system_folder": Row(
        BOOL,
        "whether its first argument is a folder of the system, such as / or /etc",
        lambda view: computed(is_system_folder(view.args)),
    ),
    "multiline": Row(BOOL, "whether an argument after the first holds a line break", _multiline),
    "methods_limited": Row(
        BOOL, "whether a limit_except beside it limits methods", _methods_limited
    ),
    "returned": Row(
        STRING, "the code that a return on its level answers with, else empty", _returned
    ),
    "streamed": Row(
        BOOL,
        "whether all locations it counts for that pass requests on do so before they have the body",
        _streamed,
    ),
    "any_origin": Row(
        BOOL, "whether Access-Control-Allow-Origin: * is sent on its level", _any_origin
    ),
    "exact": Row(BOOL, "whether it stands in a location for one single path", _exact),
    "local": Row(BOOL, "whether its server listens on loopback or a unix socket only", _local),
}
