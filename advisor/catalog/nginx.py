"""
The directives of nginx: where each may stand, its default, and since which version it exists.

The table beside this file is built by ``tools/build_nginx_catalog.py`` from the reference on
nginx.org (nginx 1.31.5). Directives of third-party modules are not in it.
"""

from __future__ import annotations

import json
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path

from msgspec import Struct

from advisor import regex
from advisor.suggest import closest

_VERSION = regex.lazy(r"v?(\d+(?:\.\d+){0,3})(?![\w.])")


class Form(StrEnum):
    """
    What follows the name of a directive.
    """

    NONE = "none"
    ONE = "one"
    """Exactly one argument."""
    MANY = "many"
    BLOCK = "block"


class DirectiveSpec(Struct, frozen=True):
    """
    One directive as one module defines it.
    """

    name: str
    module: str
    """Without the ``ngx_`` prefix: ``http_proxy_module``, ``Core functionality``."""
    contexts: tuple[str, ...]
    """``main``, ``http``, ``server``, ``location``, ``if in location`` …; empty means anywhere."""
    default: str | None
    """As documented for the newest version; None when there is none."""
    since: tuple[int, ...] | None
    """First version that has it; None when it always had."""
    form: Form


VERSION_DEFAULTS: dict[str, tuple[tuple[tuple[int, ...], str], ...]] = {
    # Each row: from which version on, which default. Source: nginx.org/en/CHANGES.
    "accept_mutex": (((0,), "on"), ((1, 11, 3), "off")),
    # No connection is kept before 1.29.7: the same as `keepalive 0`.
    "keepalive": (((0,), "0"), ((1, 29, 7), "32 local")),
    "keepalive_requests": (((0,), "100"), ((1, 19, 10), "1000")),
    "proxy_http_version": (((0,), "1.0"), ((1, 29, 7), "1.1")),
    "proxy_set_header Connection": (((0,), "close"), ((1, 29, 7), "")),
    "sendfile_max_chunk": (((0,), "0"), ((1, 21, 4), "2m")),
    "ssl_protocols": (
        ((0,), "SSLv3 TLSv1 TLSv1.1 TLSv1.2"),
        ((1, 9, 1), "TLSv1 TLSv1.1 TLSv1.2"),
        ((1, 23, 4), "TLSv1 TLSv1.1 TLSv1.2 TLSv1.3"),
        ((1, 27, 3), "TLSv1.2 TLSv1.3"),
    ),
}
"""
Defaults that changed. ``proxy_set_header Connection`` is the value of the header that nginx sends
to upstream servers when no configuration sets it; empty means it sends none.
"""


def find(name: str) -> tuple[DirectiveSpec, ...]:
    """
    Every definition of a directive, one per module that has it. Empty for an unknown name.
    """
    return tuple(_specs(name))


@cache
def all_names() -> tuple[str, ...]:
    """
    Every directive of the reference.
    """
    return tuple(_rows())


@lru_cache(maxsize=2048)
def contexts(name: str) -> frozenset[str]:
    """
    All contexts that some module allows the directive in.
    """
    return frozenset(context for spec in find(name) for context in spec.contexts)


@lru_cache(maxsize=2048)
def form(name: str) -> Form | None:
    """
    What follows the name, when all definitions agree on it; else None.
    """
    forms = {spec.form for spec in find(name)}
    return forms.pop() if len(forms) == 1 else None


def default(name: str, context: str = "http") -> str | None:
    """
    Documented default of the newest version in a context; None when there is none.
    """
    for spec in find(name):
        if context in spec.contexts:
            return spec.default
    return None


def default_for(name: str, version: tuple[int, ...] | None, *, context: str = "http") -> str | None:
    """
    Default of one version. None when there is none, or when it depends on an unknown version.

    `name` may also be a key of `VERSION_DEFAULTS`. A version that is too short to decide
    (``1.29`` for a change in 1.29.7) counts as unknown.
    """
    steps = VERSION_DEFAULTS.get(name)
    if steps is None:
        return default(name, context)
    value: str | None = None
    for step, then in steps:
        reached = at_least(version, step)
        if reached is None:
            return None
        value = then if reached else value
    return value


def at_least(version: tuple[int, ...] | None, step: tuple[int, ...]) -> bool | None:
    """
    Whether a version is `step` or newer; None when unknown or too short to say.

    ``(1, 29)`` stands for any 1.29.x: it is older than 1.30, and undecided towards 1.29.7.
    """
    if step == (0,):
        return True
    if version is None:
        return None
    if len(version) < len(step) and step[: len(version)] == version:
        return None if any(step[len(version) :]) else True
    return version >= step


def parse_version(text: str) -> tuple[int, ...] | None:
    """
    Numbers of a version or image tag: ``1.27.3``, ``1.30-alpine``, ``v1.25``.

    None for names that move: ``stable``, ``latest``, ``mainline-alpine``.
    """
    match = _VERSION.match(text.strip())
    return tuple(int(part) for part in match[1].split(".")) if match else None


def suggest(name: str) -> str | None:
    """
    The known directive that a misspelt name most likely means; None when nothing is close.
    """
    near = closest(name, _rows(), cutoff=0.8)
    return near if near != name else None


@cache
def _rows() -> dict[str, list[tuple[str, list[str], str | None, str | None, str]]]:
    table = Path(__file__).with_name("nginx.json").read_text(encoding="utf-8")
    rows: dict[str, list[tuple[str, list[str], str | None, str | None, str]]] = json.loads(table)
    return rows


@lru_cache(maxsize=2048)
def _specs(name: str) -> list[DirectiveSpec]:
    return [
        DirectiveSpec(
            name=name,
            module=module,
            contexts=tuple(places),
            default=value,
            since=parse_version(since) if since else None,
            form=Form(shape),
        )
        for module, places, value, since, shape in _rows().get(name, ())
    ]
