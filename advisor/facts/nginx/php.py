"""
Facts of a location that passes requests to PHP.

Sources: nginx.org, ngx_http_fastcgi_module (``fastcgi_param``), and the files of the packages.
"""

from __future__ import annotations

from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.views import Location
from advisor.facts.schema import BOOL
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import Scope

_WITH_SCRIPT = ("fastcgi.conf", "fastcgi-php.conf")
"""Files of the packages that set SCRIPT_FILENAME, which their fastcgi_params does not."""


def _php(view: Location) -> bool:
    target = view.scope.effective("fastcgi_pass")
    words = f"{view.scope.label} {' '.join(target.args) if target else ''}".lower()
    return target is not None and "php" in words


def _script_missing(view: Location) -> Fact:
    """
    Whether PHP is told everything but which file to run.
    """
    scope = view.scope
    if not view.once(_php) or _tells_script(scope.effective_all("fastcgi_param")):
        return computed(False)
    around: Scope | None = scope.parent
    while around is not None:
        if _tells_script(around.own("fastcgi_param")):
            return computed(False)  # a list that was replaced is said once, where it was
        around = around.parent
    for include in scope.hidden("fastcgi_param"):
        if include.args[0].endswith(_WITH_SCRIPT):
            return computed(False)
        if not include.args[0].endswith("fastcgi_params"):
            return Unknown("an include that was not read may set it", include.location)
    if not scope.effective("fastcgi_param") and not scope.hidden("fastcgi_param"):
        doubt = view.settings.doubt(scope, "fastcgi_param")
        if doubt:
            return doubt
    target = scope.effective("fastcgi_pass")
    return Value(value=True, origin=Origin.LITERAL, location=target.location if target else None)


def _tells_script(params: tuple[Directive, ...]) -> bool:
    return any(one.args[:1] in (("SCRIPT_FILENAME",), ("PATH_TRANSLATED",)) for one in params)


LOCATION: Rows = {
    "script_missing": Row(
        BOOL,
        "whether PHP is not told SCRIPT_FILENAME",
        _script_missing,
        only_with=frozenset({"fastcgi_pass"}),
    ),
}
