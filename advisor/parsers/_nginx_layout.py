"""
Lays a document out in levels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.parsers._nginx_inherit import INHERITING
from advisor.parsers._nginx_levels import Scope, index
from advisor.parsers._nginx_model import is_placeholder
from advisor.parsers._nginx_stock import stock_directives

if TYPE_CHECKING:
    from collections.abc import Mapping

    from advisor.parsers._nginx_model import Directive, NginxDocument

_INNER = {
    # Blocks that are levels of their own, by the level they stand in.
    "main": frozenset({"events", "http"}),
    "http": frozenset({"server", "upstream"}),
    "server": frozenset({"if", "location"}),
    "location": frozenset({"if", "limit_except", "location"}),
    "if": frozenset({"if"}),
    "limit_except": frozenset({"if"}),
}
_AROUND = {
    # The levels around a fragment, outermost first.
    "http": ("main", "http"),
    "server": ("main", "http", "server"),
    "location": ("main", "http", "server", "location"),
    "upstream": ("main", "http", "upstream"),
}
_TAKING = INHERITING | {"upstream"}


def lay_out(document: NginxDocument) -> Scope:
    """
    The outermost level of a document, with all others below it.

    Around a fragment stand the levels that it must be meant for; they are not visible.
    """
    return _Layout(document).level(_AROUND.get(document.context, ("main",)), None)


class _Layout:
    """
    Makes the scopes of one document.
    """

    def __init__(self, document: NginxDocument) -> None:
        self.document = document
        self.unread = {one.location for one in document.unresolved if one.may_hold != frozenset()}

    def level(self, kinds: tuple[str, ...], parent: Scope | None) -> Scope:
        """
        The first of these levels around the document; the last of them holds it.
        """
        children: list[Scope] = []
        directives = self.document.directives if len(kinds) == 1 else ()
        visible = self.document.context == "main"
        scope = self._scope(kinds[0], directives, parent, children, visible=visible)
        children += [self.level(kinds[1:], scope)] if kinds[1:] else self._inner(scope)
        return scope

    def _block(self, directive: Directive, parent: Scope) -> Scope:
        children: list[Scope] = []
        block = directive.block or ()
        scope = self._scope(directive.name, block, parent, children, directive=directive)
        children += self._inner(scope)
        return scope

    def _inner(self, scope: Scope) -> list[Scope]:
        names = _INNER.get(scope.kind, frozenset())
        return [
            self._block(item, scope)
            for item in scope.directives
            if item.name in names and item.block is not None
        ]

    def _scope(
        self,
        kind: str,
        directives: tuple[Directive, ...],
        parent: Scope | None,
        children: list[Scope],
        *,
        directive: Directive | None = None,
        visible: bool = True,
    ) -> Scope:
        table = index(directives)
        return Scope(
            kind=kind,
            label=_label(kind, directive, table),
            directive=directive,
            parent=parent,
            directives=directives,
            children=children,
            visible=visible,
            unread=self._unread(table["include"]) if "include" in table else (),
            _index=table,
            _outer=(parent, *parent._outer) if parent and kind in _TAKING else (),  # noqa: SLF001 - made here
        )

    def _unread(self, includes: tuple[Directive, ...]) -> tuple[Directive, ...]:
        first: dict[object, Directive] = {}
        for item in includes:
            if item.location in self.unread:
                first.setdefault(stock_directives(item.args[0]) or item.args, item)
        return tuple(first.values())


def _is_tag(text: str) -> bool:
    """
    Whether a word holds a tag of a template language, which names nothing.
    """
    return any(mark in text for mark in ("{{", "{%", "{#", "<%"))


def _label(
    kind: str, directive: Directive | None, table: Mapping[str, tuple[Directive, ...]]
) -> str:
    if kind == "if" and directive:
        return f"if ({' '.join(directive.args)})"
    if kind != "server":
        return str(directive) if directive else kind
    names = [name for item in table.get("server_name", ()) for name in item.args if name]
    names = [name for name in names if not _is_tag(name)]
    listens = [item.args[0] for item in table.get("listen", ()) if item.args]
    place = listens[0] if listens else "80"
    if place.startswith("unix:"):
        return f"server {names[0]} on {place}" if names else f"server {place}"
    if _is_tag(place):
        return f"server {names[0]}" if names else "server"
    port = place.rpartition(":")[2]
    port = port if port.isdigit() or is_placeholder(port) else "80"
    return f"server {names[0] if names else '*'}:{port}"
