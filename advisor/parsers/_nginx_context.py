"""
Where a file without ``http {`` belongs: most repositories hold fragments.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from advisor.catalog.nginx import DirectiveSpec, Form, find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from advisor.parsers._nginx_model import Directive

UNKNOWN = "unknown"
_WIDE = ("main", "http", "server", "location", "upstream", "stream", "events", "mail")
_NARROW = ("location", "server", "http", "main", "upstream", "stream", "events", "mail")
_SNIPPETS = frozenset(
    {"default.d", "include", "includes", "location.d", "locations", "partials", "snippets"}
)


def infer(path: str, directives: tuple[Directive, ...]) -> str:
    """
    The context that allows most of the directives.

    Of several the widest, but the narrowest for files that by their path are snippets.
    `UNKNOWN` when no directive is known, as in a file of map entries.
    """
    score: Counter[str] = Counter()
    for directive in directives:
        if directive.name != "include":
            score.update(
                {context for spec in _fitting(directive) for context in _contexts(spec)},
            )
    order = _NARROW if _is_snippet(path) else _WIDE
    best = max(order, key=lambda context: score[context])
    if not score[best]:
        return UNKNOWN
    if best == "http" and score["stream"] == score["http"] and _is_stream(directives):
        return "stream"
    return best


def _fitting(directive: Directive) -> Iterable[DirectiveSpec]:
    block = directive.block is not None
    return (spec for spec in find(directive.name) if (spec.form is Form.BLOCK) == block)


def _contexts(spec: DirectiveSpec) -> Iterable[str]:
    """
    Its contexts, where ``server`` and ``upstream`` are http's.
    """
    if not spec.module.startswith(("stream_", "mail_")):
        return spec.contexts
    return (context for context in spec.contexts if context not in ("server", "upstream"))


def _is_snippet(path: str) -> bool:
    *folders, name = path.split("/")
    return name.endswith((".inc", "_params")) or not _SNIPPETS.isdisjoint(folders)


def _is_stream(directives: tuple[Directive, ...]) -> bool:
    """
    Whether the servers hold a directive that is the stream module's only, and none of http's.
    """
    kinds: set[str] = set()
    for server in directives:
        for child in server.block or ():
            modules = {
                spec.module.partition("_")[0]
                for spec in _fitting(child)
                if server.name in spec.contexts
            }
            if child.name == "listen" and "udp" in child.args:
                modules = {"stream"}
            if len(modules) == 1:
                kinds |= modules
    return "stream" in kinds and "http" not in kinds
