"""
Events of nginx's logs: lines about logging of which there is something to say.

Sources: nginx.org, ngx_http_log_module (``access_log``, ``open_log_file_cache``) and
ngx_core_module (``error_log``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from advisor import regex
from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.views import Location as LocationView
from advisor.facts.nginx.views import Whole, Written
from advisor.facts.schema import BOOL, NUMBER, STRING, list_of
from advisor.model import Origin, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive, is_placeholder
from advisor.parsers.nginx_scope import Scope

if TYPE_CHECKING:
    from advisor.facts.nginx.reader import Reader

_LOGS = ("access_log", "error_log", "log_format")
_NO_FILES = ("/dev/", "syslog:", "memory:", "stderr", "off")
_WORDY = ("debug", "info")
_VARIABLE = regex.lazy(r"\$\{?(\w+)")
_TIMES = frozenset(
    {
        "request_time",
        "upstream_connect_time",
        "upstream_header_time",
        "upstream_response_time",
    }
)
_SECRET_HEADERS = frozenset(
    {"http_authorization", "http_cookie", "http_proxy_authorization", "request_body"}
)
_SECRET = regex.lazy(
    r"(?:arg|cookie|http)_(?:\w*_)?(?:access_?token|api_?key|auth_?token|jwt|pass(?:word|wd)?"
    r"|php_?sessid|secret|session_?id|sid|token)$"
)
_PROBE = regex.lazy(r"/(?:_?health[-_]?(?:z|check)?|livez?|readyz?|ping|alive|up)/?$")


class Log(Written):
    """
    One line about a log.
    """

    def __init__(self, reader: Reader, scope: Scope, directive: Directive, problem: str) -> None:
        super().__init__(reader, scope, directive)
        self.problem = problem


def logs(reader: Reader) -> Iterator[Log]:
    """
    Every line of which there is something to say; of access logs without a buffer the first.
    """
    if reader.config.used.isdisjoint(_LOGS):
        return
    unbuffered = next(_unbuffered(reader), None)
    for scope in reader.config.main.walk():
        for one in scope.own("access_log"):
            problem = _access(one)
            if problem and (problem != "unbuffered" or one is unbuffered):
                yield Log(reader, scope, one, problem)
        for one in scope.own("error_log"):
            if problem := _error(one):
                yield Log(reader, scope, one, problem)
    yield from _formats(reader)


def _error(log: Directive) -> str:
    if log.args[:1] == ("off",):
        return "off"
    return "level" if len(log.args) > 1 and log.args[1].startswith(_WORDY) else ""


def _access(log: Directive) -> str:
    path = log.args[0] if log.args else "off"
    if path.startswith(_NO_FILES) or is_placeholder(path):
        return ""
    buffered = any(arg.startswith(("buffer=", "gzip")) for arg in log.args[1:])
    if "$" in path:
        return "refused" if buffered else "variable"
    return "" if buffered else "unbuffered"


def _unbuffered(reader: Reader) -> Iterator[Directive]:
    return (one for one in _access_logs(reader) if _access(one) == "unbuffered")


def _access_logs(reader: Reader) -> Iterator[Directive]:
    return (one for scope in reader.config.main.walk() for one in scope.own("access_log"))


def _formats(reader: Reader) -> Iterator[Log]:
    """
    Formats in use that write secrets down, and the first of them if none has a time.
    """
    http = reader.config.http
    if http is None or not http.own("log_format"):
        return
    formats = _in_use(reader)
    for one in formats:
        if _secrets(one):
            yield Log(reader, http, one, "secrets")
    if formats and not any(_variables(one) & _TIMES for one in formats):
        yield Log(reader, http, formats[0], "untimed")


def _in_use(reader: Reader) -> list[Directive]:
    http = reader.config.http
    used = {one.args[1] for one in _access_logs(reader) if len(one.args) > 1}
    formats = http.own("log_format") if http else ()
    return [one for one in formats if one.args and one.args[0] in used]


def _others(view: Log) -> int:
    return sum(1 for one in view.reader.once(_in_use) if one is not view.written)


def _variables(log_format: Directive) -> set[str]:
    return {name for arg in log_format.args[1:] for name in _VARIABLE.findall(arg)}


def _secrets(log_format: Directive) -> list[str]:
    names = sorted(_variables(log_format))
    found = (one for one in names if one in _SECRET_HEADERS or _SECRET.match(one.lower()))
    return [f"${name}" for name in found]


def _first(view: Log) -> str:
    return view.written.args[0] if view.written.args else ""


def _level(log: Directive) -> str:
    return log.args[1] if log.name == "error_log" and len(log.args) > 1 else ""


def _words(view: Log) -> Fact:
    found = _secrets(view.written) if view.problem == "secrets" else []
    return Value(tuple(found), Origin.LITERAL, view.place)


def _all_off(view: Whole) -> Fact:
    """
    Whether the http block switches access logs off and no level switches one on.
    """
    http = view.config.http
    off = http.effective("access_log") if http else None
    if off is None or off.args != ("off",):
        return computed(False)
    for scope in view.levels:
        for level in (scope, *scope.children):
            if any(one.args != ("off",) for one in level.own("access_log")):
                return computed(False)
        if scope.unread and (doubt := view.settings.doubt(scope, "access_log")):
            return doubt
    return Value(value=True, origin=Origin.LITERAL, location=off.location)


def _probe_logged(view: LocationView) -> Fact:
    """
    Whether a location for probes writes each of them into a log.
    """
    args = view.scope.directive.args if view.scope.directive else ()
    path = args[-1] if args else ""
    if not view.scope.label.startswith("location =") or not _PROBE.search(path):
        return computed(False)
    log = view.scope.effective("access_log")
    if log is not None and (log.args == ("off",) or any("if=" in arg for arg in log.args)):
        return computed(False)
    doubt = view.settings.doubt(view.scope, "access_log")
    return doubt or Value(value=True, origin=Origin.LITERAL, location=view.scope.location)


LOG: Rows = {
    "problem": Row(
        STRING,
        "unbuffered, variable or refused (access_log), off or level (error_log), secrets or "
        "untimed (log_format)",
        lambda view: Value(view.problem, Origin.LITERAL, view.place),
    ),
    "text": Row(STRING, "the line as written", lambda view: computed(str(view.written))),
    "scope": Row(STRING, "the level it stands on", lambda view: computed(view.scope.label)),
    "first": Row(
        STRING, "the path, or the name of the format", lambda view: computed(_first(view))
    ),
    "others": Row(NUMBER, "formats in use besides it", lambda view: computed(_others(view))),
    "level": Row(STRING, "level of an error_log", lambda view: computed(_level(view.written))),
    "words": Row(list_of(STRING), "variables of a format that hold secrets", _words),
    "cache": Row(
        STRING,
        "open_log_file_cache in effect there",
        lambda view: view.directive("open_log_file_cache"),
    ),
}
NGINX: Rows = {
    "access_logs_off": Row(BOOL, "whether no request is logged anywhere", _all_off),
}
LOCATION: Rows = {
    "probe_logged": Row(
        BOOL, "whether it is for probes such as /health and logs each of them", _probe_logged
    ),
}
