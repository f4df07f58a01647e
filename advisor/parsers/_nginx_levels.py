"""
The levels of a configuration, and which directives take effect on each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.parsers._nginx_inherit import (
    CUMULATIVE,
    HANDLERS,
    INHERITING,
    INNER,
    MERGING,
    NOT_INHERITED,
    SLOT_NAMES,
    SLOTS,
    UPSTREAM_INHERITS,
)
from advisor.parsers._nginx_stock import stock_directives

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from advisor.model import Location
    from advisor.parsers._nginx_model import Directive

_NONE: tuple[Directive, ...] = ()
_LISTS = frozenset((*MERGING, *CUMULATIVE, *SLOTS))
"""Directives that count together with others."""


class Scope(Struct, frozen=True, eq=False):
    """
    One level: the file itself, ``http``, a server, a location, an ``if``, an upstream …

    Compared and hashed by identity, so that scopes can be keys.
    """

    kind: str
    """``main``, ``events``, ``http``, ``server``, ``location``, ``if``, ``limit_except`` or
    ``upstream``."""
    label: str
    """What to call it: ``location /api/``, ``server example.com:443``."""
    directive: Directive | None
    """The directive whose block it is; None for the file itself and for levels not visible."""
    parent: Scope | None
    directives: tuple[Directive, ...]
    """All that stands directly in it, in order."""
    children: Sequence[Scope]
    visible: bool
    """False when the level lies around a fragment: more may be set there than can be seen."""
    unread: tuple[Directive, ...]
    """The ``include`` directives in it whose files are not known; of equal ones the first."""
    _index: Mapping[str, tuple[Directive, ...]]
    _outer: tuple[Scope, ...]
    """The levels around it that it takes over from, or may, nearest first."""

    def __repr__(self) -> str:
        return f"<{self.label}>"

    @property
    def location(self) -> Location | None:
        """
        Where its block begins, None when it has none.
        """
        return self.directive.location if self.directive else None

    @property
    def names(self) -> Iterable[str]:
        """
        Names of the directives that stand in this very block.
        """
        return self._index.keys()

    def own(self, name: str) -> tuple[Directive, ...]:
        """
        Every directive of this name that stands in this very block.
        """
        return self._index.get(name, _NONE)

    def holds_any(self, names: frozenset[str]) -> bool:
        """
        Whether a directive of one of these names stands in this very block.
        """
        return not names.isdisjoint(self._index)

    def effective(self, name: str) -> Directive | None:
        """
        The directive that counts here: the nearest level's, its last. None when no level sets it.
        """
        found = self.effective_all(name) if name in _LISTS else self._nearest(name, name)
        return found[-1] if found else None

    def effective_all(self, *names: str) -> tuple[Directive, ...]:
        """
        All directives of these names that count here, in order.

        nginx takes a list over from the level around only if this level has none of its own
        (one ``proxy_set_header`` hides all outer ones); ``add_header_inherit`` is heeded. Several
        names are for what counts as one list: ``effective_all("allow", "deny")``.
        """
        first = names[0]
        if first in MERGING or first in CUMULATIVE:
            return self._merged(first)
        slot = SLOTS.get(first, first)
        found = self._nearest(first, slot)
        if slot == first or SLOT_NAMES[slot].issubset(names):
            return found
        return tuple(item for item in found if item.name in names)

    def hidden(self, name: str) -> tuple[Directive, ...]:
        """
        Unread includes that may set the directive, on this level or nearer than where it is set.

        When not empty, what `effective` says is a guess. Packaged files that are known not to
        hold the directive do not count.
        """
        found: list[Directive] = []
        slot = SLOTS.get(name, name)
        for scope in (self, *self._around(name)):
            if scope.unread:
                found += [include for include in scope.unread if _may_hold(include, name)]
            if scope._index.get(slot):  # noqa: SLF001 - its own class
                break
        return tuple(found)

    def walk(self) -> Iterator[Scope]:
        """
        The scope and everything below it, in the order of the file.
        """
        waiting = [self]
        while waiting:
            scope = waiting.pop()
            yield scope
            if scope.children:
                waiting.extend(reversed(scope.children))

    def around(self, kind: str) -> Scope | None:
        """
        The nearest scope of a kind around this one, itself included.
        """
        scope: Scope | None = self
        while scope is not None and scope.kind != kind:
            scope = scope.parent
        return scope

    def _nearest(self, name: str, slot: str) -> tuple[Directive, ...]:
        """
        The directives of a slot on the nearest level that has any.
        """
        found = self._index.get(slot)
        if found:
            return found
        for scope in self._around(name):
            found = scope._index.get(slot)  # noqa: SLF001 - its own class
            if found:
                return found
        return _NONE

    def _around(self, name: str) -> tuple[Scope, ...]:
        """
        The levels around this one that it takes the directive over from, nearest first.
        """
        if self.kind == "upstream" and name not in UPSTREAM_INHERITS:
            return ()
        if name not in NOT_INHERITED:
            return self._outer
        if name in HANDLERS and self.kind in INNER and self.around("location"):
            kinds = [scope.kind for scope in self._outer]
            return self._outer[: kinds.index("location") + 1]
        return ()

    def _merged(self, name: str) -> tuple[Directive, ...]:
        own = self.own(name)
        outer = self.parent if self.kind in INHERITING else None
        if name in CUMULATIVE:
            return (outer._merged(name) if outer else _NONE) + own  # noqa: SLF001 - its own class
        rule = self.effective(MERGING[name])
        mode = rule.args[0] if rule and rule.args else "on"
        if outer is None or mode == "off" or (own and mode != "merge"):
            return own
        return own + outer._merged(name)  # noqa: SLF001 - its own class


def index(directives: tuple[Directive, ...]) -> dict[str, tuple[Directive, ...]]:
    """
    Directives by name and by the group they are inherited with.
    """
    table: dict[str, list[Directive]] = {}
    for directive in directives:
        table.setdefault(directive.name, []).append(directive)
        slot = SLOTS.get(directive.name)
        if slot is not None:
            table.setdefault(slot, []).append(directive)
    return {name: tuple(found) for name, found in table.items()}


def _may_hold(include: Directive, name: str) -> bool:
    known = stock_directives(include.args[0]) if include.args else None
    return known is None or name in known
