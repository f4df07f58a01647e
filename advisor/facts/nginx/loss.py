"""
Facts of a list that an inner level replaces: what is lost, and how much it matters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from advisor.facts.common import computed
from advisor.facts.nginx.lists import (
    MERGED,
    Entries,
    group,
    holder,
    lost,
    matters,
    own,
    used,
    zones,
)
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.server import answers_all
from advisor.facts.nginx.static import is_asset
from advisor.facts.nginx.views import View
from advisor.facts.nginx.writing import pasted
from advisor.facts.schema import BOOL, STRING, list_of
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx_scope import Scope

if TYPE_CHECKING:
    from advisor.facts.nginx.reader import Reader

SECURITY = frozenset(
    {
        "content-security-policy",
        "cross-origin-embedder-policy",
        "cross-origin-opener-policy",
        "cross-origin-resource-policy",
        "permissions-policy",
        "referrer-policy",
        "strict-transport-security",
        "x-content-type-options",
        "x-frame-options",
        "x-permitted-cross-domain-policies",
    }
)
"""Response headers that browsers protect a visitor by."""
_HANDLING = frozenset({"cache-control", "cdn-cache-control", "surrogate-control", "vary"})
_CROSS_ORIGIN = "access-control-"
_INNER = ("server", "location", "if", "limit_except")


class Loss(View):
    """
    One list of a level that hides the list of a level around it.
    """

    def __init__(
        self, reader: Reader, scope: Scope, name: str, lost: Entries, outer: Scope
    ) -> None:
        super().__init__(reader, scope)
        self.name = name
        """The directive; ``allow`` stands for ``allow`` and ``deny``."""
        self.lost = lost
        self.outer = outer
        """The nearest level around that has such a list."""

    @property
    def label(self) -> str:
        """
        What to call it in a sentence.
        """
        return f"{self.name} in {self.scope.label}"

    @property
    def place(self) -> Location | None:
        """
        The first line of the list that hides the other.
        """
        return own(self.scope, self.name)[0].location

    @cached_property
    def doubt(self) -> Unknown | None:
        """
        Why the inner list may be longer, or the outer one another, than what can be seen.
        """
        names = group(self.name)
        parent = self.scope.parent
        for name in names:
            for include in self.scope.unread:
                if include in self.scope.hidden(name):
                    return Unknown("an include that was not read may repeat it", include.location)
            if parent and (doubt := self.settings.doubt(parent, name)):
                return doubt
        if self.name in MERGED and (hidden := self.scope.hidden(MERGED[self.name])):
            return Unknown("an include that was not read may merge it", hidden[0].location)
        return None


def losses(reader: Reader) -> Iterator[Loss]:
    """
    Every list that hides something of an outer one.
    """
    names, keys = used(reader.config), zones(reader.config)
    for scope in reader.config.main.walk() if names else ():
        parent = scope.parent
        if parent is not None and scope.kind in _INNER:
            yield from _losses(reader, scope, parent, names, keys)


def _losses(
    reader: Reader, scope: Scope, parent: Scope, names: tuple[str, ...], keys: Mapping[str, str]
) -> Iterator[Loss]:
    for name in names:
        if not own(scope, name):
            continue
        missing, outer = lost(scope, parent, name, keys), holder(parent, name)
        if missing and outer is not None and matters(reader.config, scope, name):
            yield Loss(reader, scope, name, missing, outer)


def _names(view: Loss) -> Fact:
    if view.doubt:
        return view.doubt
    return Value(tuple(text for text, _ in view.lost.values()), Origin.EVALUATED)


def _lines(view: Loss) -> Fact:
    """
    The lost lines, each once; unknown where a secret stands in one.
    """
    return pasted(one for _, one in view.lost.values())


def _outer(view: Loss) -> Fact:
    first = next(iter(view.lost.values()))[1]
    return Value(view.outer.label, Origin.LITERAL, first.location)


def _kind(view: Loss) -> Fact:
    """
    Of response headers: what the weightiest of the lost ones is for.
    """
    if view.lost.keys() & SECURITY:
        return computed("security")
    if any(one in _HANDLING or one.startswith(_CROSS_ORIGIN) for one in view.lost):
        return computed("handling")
    return computed("other")


def _emptied(view: Loss) -> Fact:
    empty = (one for _, one in view.lost.values() if one.args[1:] == ("",))
    return computed(any(one.args[0].lower() != "accept-encoding" for one in empty))


def _gateway(view: Loss) -> Fact:
    return computed("request_method" in view.lost)


def _proxied(view: Loss) -> Fact:
    target = view.config.proxied(view.scope)
    return computed(target is not None)


def _answers(view: Loss) -> Fact:
    """
    Whether the level answers every request itself, or refuses it.
    """
    scope = view.scope
    closed = any(one.args == ("all",) for one in scope.own("deny")) and not scope.own("allow")
    return computed(closed or answers_all(scope) or bool(scope.own("stub_status")))


LOSS: Rows = {
    "directive": Row(
        STRING,
        "what the list is made of: add_header, limit_req …; allow for allow and deny",
        lambda view: Value(view.name, Origin.LITERAL, view.place),
    ),
    "level": Row(
        STRING,
        "the level that has a list of its own",
        lambda view: Value(view.scope.label, Origin.LITERAL, view.place),
    ),
    "outer": Row(STRING, "the level whose list does not count there", _outer),
    "lost": Row(list_of(STRING), "what of the outer list is missing on the level", _names),
    "lines": Row(STRING, "the lost directives, ready to paste", _lines),
    "kind": Row(
        STRING,
        "what the lost response headers are for: security, handling (caches, other origins), other",
        _kind,
    ),
    "emptied": Row(
        BOOL, "whether a header that the outer level takes off requests is lost", _emptied
    ),
    "gateway": Row(BOOL, "whether REQUEST_METHOD is among the lost parameters", _gateway),
    "asset": Row(
        BOOL,
        "whether only files such as images and scripts are served there",
        lambda view: computed(is_asset(view.scope)),
    ),
    "proxied": Row(BOOL, "whether the level passes requests on", _proxied),
    "answers": Row(BOOL, "whether the level answers every request itself", _answers),
}
