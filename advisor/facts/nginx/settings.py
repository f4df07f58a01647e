"""
What one directive of nginx amounts to: written, defaulted, or unknown and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from msgspec import Struct, field

from advisor.catalog.nginx import VERSION_DEFAULTS, default_for
from advisor.catalog.nginx_types import (
    Argument,
    argument_of,
    default_text,
    is_platform_dependent,
)
from advisor.model import Origin, Problem, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx import Directive, NginxDocument, is_placeholder
from advisor.parsers.nginx_scope import Scope
from advisor.units import parse_nginx_size, parse_nginx_time

Parse = Callable[[tuple[str, ...]], bool | float | str | None]
"""Arguments of a directive → value of a fact; None when they make no sense."""


class Settings(Struct, frozen=True, dict=True):
    """
    Reads directives of one configuration into facts.
    """

    document: NginxDocument
    version: tuple[int, ...] | None
    """None when it is not known."""
    _defaults: dict[tuple[str, Parse, str], Fact] = field(default_factory=dict)

    def of(self, scope: Scope, name: str, parse: Parse, *, context: str = "http") -> Fact:
        """
        What a directive is in effect on a level. `context` tells whose default counts.
        """
        directive = scope.effective(name)
        if doubt := self.doubt(scope, name):
            return doubt
        if directive is not None:
            return written(directive, parse)
        return self.default(scope, name, parse, context=context)

    def default(self, scope: Scope, name: str, parse: Parse, *, context: str) -> Fact:
        """
        What a directive is where nobody sets it; no value when nginx has no default for it.
        """
        key = (name, parse, context)
        if (known := self._defaults.get(key)) is not None:
            return known
        text = default_for(name, self.version, context=context)
        if text is None and name in VERSION_DEFAULTS:
            return Unknown(
                "its default depends on the version of nginx",
                scope.location,
                needs=("nginx.version",),
            )
        if is_platform_dependent(name):
            return Unknown("its default depends on the processor", scope.location)
        release = ".".join(str(part) for part in self.version or ())
        note = f"default of nginx {release}".rstrip()
        value = None if text is None else parse(tuple(default_text(text).split()))
        return self._defaults.setdefault(key, Value(value, Origin.DEFAULT, note=note))

    def typed(self, scope: Scope, name: str, *, context: str = "http") -> Fact:
        """
        A directive in effect, read as its kind of argument demands.
        """
        if argument_of(name) is Argument.PRESENT:
            return self.present(scope, name)
        return self.of(scope, name, PARSERS[argument_of(name)], context=context)

    def present(self, scope: Scope, *names: str) -> Fact:
        """
        Whether one of some directives counts on a level, at the first that does.
        """
        for name in names:
            directive = scope.effective(name)
            if directive is not None:
                return Value(value=True, origin=Origin.LITERAL, location=directive.location)
        doubts = (self.doubt(scope, name) for name in names)
        return next((one for one in doubts if one), Value(value=False, origin=Origin.EVALUATED))

    def doubt(self, scope: Scope, name: str) -> Unknown | None:
        """
        Why the nearest directive of this name, or its absence, may not be what nginx sees.

        An include on the very level that sets it is no reason: nginx refuses the same setting
        twice in a block.
        """
        if self._elsewhere is not None and name not in self._elsewhere:
            return None
        level = _level(scope, name)
        for include in scope.hidden(name):
            if level is None or include not in level.unread:
                return Unknown("an include that was not read may set it", include.location)
        if level is not None:
            return None
        if not _visible(scope):
            return Unknown("the file is a fragment; it may be set around it", scope.location)
        return self.unreadable(scope)

    def list_doubt(self, scope: Scope, name: str) -> Unknown | None:
        """
        As `doubt`, for what may stand several times in a block: an include beside it counts.
        """
        for include in scope.hidden(name):
            return Unknown("an include that was not read may set it", include.location)
        return self.doubt(scope, name)

    @cached_property
    def _elsewhere(self) -> frozenset[str] | None:
        """
        What may stand where it cannot be seen: directives of packaged files; None for anything.
        """
        document = self.document
        if document.context != "main" or document.template or self._broken:
            return None
        names: set[str] = set()
        for one in document.unresolved:
            if one.may_hold is None:
                return None
            names |= one.may_hold
        return frozenset(names)

    def unreadable(self, scope: Scope) -> Unknown | None:
        """
        Why what was read of the files may not be all there is.
        """
        if self.document.template:
            return Unknown("what fills the template in may set it", scope.location)
        if self._broken:
            return Unknown("the syntax error may hide it", self._broken.location)
        return None

    @cached_property
    def _broken(self) -> Problem | None:
        return next((one for one in self.document.problems if one.category == "syntax"), None)


def written(directive: Directive, parse: Parse) -> Fact:
    """
    What a directive says, unknown when a variable or placeholder decides it.
    """
    filled = parse is not text and any("$" in arg for arg in directive.args)
    if filled or any(is_placeholder(arg) for arg in directive.args):
        return Unknown("its value is filled in later", directive.location)
    value = parse(directive.args)
    if value is None:
        return Unknown(f"{directive} is not understood", directive.location)
    return Value(value, Origin.LITERAL, directive.location)


def mapped(fact: Fact, function: Callable[[str], bool | float | str | None]) -> Fact:
    """
    What follows from the text of a fact, at the same place and as sure.
    """
    if isinstance(fact, Unknown):
        return fact
    return Value(function(str(fact.value)), fact.origin, fact.location, fact.note)


def either(facts: Iterable[Fact]) -> Fact:
    """
    The first that is true, else the first that is unknown, else false.
    """
    unknown: Fact | None = None
    for fact in facts:
        if isinstance(fact, Unknown):
            unknown = unknown or fact
        elif fact.value is True:
            return fact
    return unknown or Value(value=False, origin=Origin.EVALUATED)


def is_on(directive: Directive | None) -> bool:
    """
    Whether a switch is written and on. ``always`` is on, too.
    """
    return directive is not None and directive.args[:1] in (("on",), ("always",))


def text(args: tuple[str, ...]) -> str | None:
    """
    All arguments as they stand.
    """
    return " ".join(args) or None


def switch(args: tuple[str, ...]) -> bool | None:
    """
    ``on`` or ``off``.
    """
    return {"on": True, "always": True, "off": False}.get(args[0].lower()) if args else None


def time(args: tuple[str, ...]) -> float | None:
    """
    Seconds of the first argument.
    """
    return parse_nginx_time(args[0]) if args else None


def number(args: tuple[str, ...]) -> int | None:
    """
    The first argument as a whole number.
    """
    first = args[0] if args else ""
    return int(first) if first.isascii() and first.isdigit() and len(first) < 19 else None


def size(args: tuple[str, ...]) -> int | None:
    """
    Bytes of the first argument.
    """
    return parse_nginx_size(args[0]) if args else None


PARSERS: Mapping[Argument, Parse] = {
    Argument.SWITCH: switch,
    Argument.NUMBER: number,
    Argument.SIZE: size,
    Argument.TIME: time,
    Argument.TEXT: text,
}


def _level(scope: Scope, name: str) -> Scope | None:
    """
    The level that sets a directive for this one.
    """
    around: Scope | None = scope
    while around is not None and not around.own(name):
        around = None if around.kind == "upstream" else around.parent
    return around


def _visible(scope: Scope) -> bool:
    around: Scope | None = scope
    while around is not None:
        if not around.visible:
            return False
        around = None if around.kind == "upstream" else around.parent
    return True
