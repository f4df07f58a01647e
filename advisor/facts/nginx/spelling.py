"""
Names that are all but others: misspelt directives, and variables that differ in case only.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from advisor.catalog.nginx_places import levels, names
from advisor.parsers.nginx import Directive
from advisor.parsers.nginx_scope import NginxConfig

_THIRD_PARTY = (
    "access_by_",
    "ajp_",
    "auth_digest",
    "auth_gss",
    "auth_jwt",
    "auth_ldap",
    "auth_pam",
    "auth_spnego",
    "balancer_by_",
    "body_filter_by_",
    "brotli",
    "cache_purge",
    "check",
    "content_by_",
    "dav_ext",
    "echo",
    "fancyindex",
    "geoip2",
    "header_filter_by_",
    "init_by_",
    "init_worker_by_",
    "js_",
    "log_by_",
    "lua_",
    "memc_",
    "modsecurity",
    "more_",
    "nchan_",
    "pagespeed",
    "passenger",
    "perl",
    "proxy_connect",
    "push_stream",
    "redis",
    "rewrite_by_",
    "rtmp",
    "server_rewrite_by_",
    "set_by_",
    "srcache_",
    "ssl_certificate_by_",
    "ssl_ct",
    "ssl_dyn_rec",
    "sticky",
    "subs_",
    "upload_",
    "vhost_traffic_status",
    "vod",
    "zstd",
)
"""How directives of modules outside nginx begin, where some are close to nginx's own."""
_SHORT = 8
"""Below so many characters a single difference is all that a slip explains."""
_DEFINING = frozenset({"set", "geo", "map", "split_clients"})


@lru_cache(maxsize=256)
def likely(name: str, level: str) -> str | None:
    """
    The directive of a level that a name is meant to be: one or two slips away; else None.
    """
    if name.startswith(_THIRD_PARTY) or not name.isascii():
        return None
    allowed = 1 if len(name) < _SHORT else 2
    near = sorted(
        (distance, known)
        for known in names()
        if abs(len(known) - len(name)) <= allowed and level in levels(known)
        if (distance := slips(name, known, most=allowed)) <= allowed
    )
    return near[0][1] if near else None


def slips(written: str, meant: str, *, most: int) -> int:
    """
    How many letters were left out, added, changed or swapped with the next; `most` + 1 for more.
    """
    before: list[int] = []
    row = list(range(len(meant) + 1))
    for place, letter in enumerate(written, 1):
        after = [place]
        for other, wanted in enumerate(meant, 1):
            cost = min(row[other] + 1, after[-1] + 1, row[other - 1] + (letter != wanted))
            if other > 1 and place > 1 and written[place - 2] == wanted == meant[other - 1]:
                swapped = letter == meant[other - 2]
                cost = min(cost, before[other - 2] + 1) if swapped else cost
            after.append(cost)
        if min(after) > most:
            return most + 1
        before, row = row, after
    return row[-1]


def other_spellings(config: NginxConfig) -> Iterator[tuple[Directive, str]]:
    """
    Definitions of a variable in other letters than where it was defined first, and those letters.

    nginx does not tell upper and lower case of variables apart, so that both are one.
    """
    first: dict[str, str] = {}
    for scope in config.main.walk():
        for directive in scope.directives:
            name = _defined(directive)
            if name and first.setdefault(name.lower(), name) != name:
                yield directive, first[name.lower()]


def _defined(directive: Directive) -> str | None:
    """
    The variable that a directive defines, with its ``$``.
    """
    if directive.name not in _DEFINING or not directive.args:
        return None
    name = directive.args[0] if directive.name == "set" else directive.args[-1]
    return name if name.startswith("$") and name[1:].isidentifier() else None
