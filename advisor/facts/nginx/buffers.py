"""
Buffers for responses: the sizes that nginx refuses to start with.

Source: nginx.org, ngx_http_proxy_module (``proxy_busy_buffers_size`` and the directives it names);
the modules of FastCGI, uwsgi and SCGI have the same checks. nginx makes them for every server and
location, whether or not requests are passed on there.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from advisor.facts.common import computed, first_unknown, number
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.views import Whole
from advisor.facts.schema import STRING
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.nginx_scope import Scope
from advisor.units import parse_nginx_size

FAMILIES = ("proxy", "fastcgi", "uwsgi", "scgi")
_SUFFIXES = ("buffers", "buffer_size", "busy_buffers_size")
_KIB = 1024
_FEW = 8
"""Buffers of a connection by default; twice one of them may then be busy."""


class Buffers(Struct, frozen=True):
    """
    What one protocol's directives amount to on one level. Sizes are bytes.
    """

    family: str
    count: int
    size: int
    """Of one of the `count` buffers."""
    first: int
    """Of the buffer for the header."""
    busy: int
    """What may be on its way to the client."""
    busy_set: bool
    place: Location | None
    """Of the directive at fault: the busy size, else the first buffer, else the others."""

    @property
    def largest(self) -> int:
        """
        The largest single buffer.
        """
        return max(self.size, self.first)

    @property
    def refusal(self) -> str:
        """
        What nginx refuses, and why; empty when it accepts them.
        """
        name, all_name = f"{self.family}_busy_buffers_size", f"{self.family}_buffers"
        written = f"{all_name} {self.count} {_shown(self.size)}"
        spare = (self.count - 1) * self.size
        if self.count < 2:
            return f"{written} is one buffer, and there must be at least two"
        if self.busy < self.largest:
            return (
                f"{name} {_shown(self.busy)} is less than the largest buffer, "
                f"{_shown(self.largest)}"
            )
        if self.busy > spare:
            source = "" if self.busy_set else f", twice the {_shown(self.largest)} of a buffer,"
            return (
                f"{name} {_shown(self.busy)}{source} is more than {_shown(spare)}, "
                f"which is {written} without one buffer"
            )
        return ""

    @property
    def cure(self) -> str:
        """
        Sizes that fit each other and hold the same header.
        """
        largest = self.largest
        all_of_them = f"{max(self.count, _FEW)} {_shown(largest)}"
        values = (all_of_them, _shown(self.first), _shown(2 * largest))
        pairs = zip(_SUFFIXES, values, strict=True)
        return "\n".join(f"{self.family}_{suffix} {value};" for suffix, value in pairs)


def _shown(size: int) -> str:
    return f"{size // _KIB}k" if size % _KIB == 0 else str(size)


def _refused(view: Whole) -> Buffers | Unknown | None:
    """
    The first buffers that nginx refuses; unknown when no others are and some may be.
    """
    doubt: Unknown | None = None
    for found in _all(view):
        if isinstance(found, Unknown):
            doubt = doubt or found
        elif found.refusal:
            return found
    return doubt


def _all(view: Whole) -> Iterator[Buffers | Unknown]:
    """
    The buffers of every level, once for the same directives.
    """
    for family in FAMILIES:
        names = [f"{family}_{suffix}" for suffix in _SUFFIXES]
        if view.config.used.isdisjoint(names):
            continue
        seen: set[tuple[int, ...]] = set()
        for scope in view.levels:
            key = tuple(id(scope.effective(name)) for name in names)
            if key not in seen or not view.reader.complete:
                seen.add(key)
                yield from _read(view, family, scope)


def _read(view: Whole, family: str, scope: Scope) -> Iterator[Buffers | Unknown]:
    facts = {one: view.settings.typed(scope, f"{family}_{one}") for one in _SUFFIXES}
    places = (facts[suffix].location for suffix in reversed(_SUFFIXES))
    place = next((one for one in places if one is not None), None)
    if place is None:
        return
    busy, first = facts["busy_buffers_size"], facts["buffer_size"]
    if unknown := first_unknown(*facts.values()):
        yield unknown
        return
    words = str(facts["buffers"].value).split() if isinstance(facts["buffers"], Value) else []
    size = parse_nginx_size(words[1]) if len(words) == 2 else None
    if size is None or not words[0].isdigit():
        yield Unknown(f"{family}_buffers is not understood", facts["buffers"].location)
        return
    busy_set = busy.location is not None
    largest = max(size, number(first))
    yield Buffers(
        family=family,
        count=int(words[0]),
        size=size,
        first=number(first),
        busy=number(busy) if busy_set else 2 * largest,
        busy_set=busy_set,
        place=place,
    )


def _text(view: Whole, name: str) -> Fact:
    found = view.once(_refused)
    if found is None:
        return computed("")
    if isinstance(found, Unknown):
        return found
    return Value(str(getattr(found, name)), Origin.LITERAL, found.place)


_NAMES = frozenset(f"{family}_{suffix}" for family in FAMILIES for suffix in _SUFFIXES)

NGINX: Rows = {
    "refused_buffers": Row(
        STRING,
        "the buffer sizes that nginx refuses to start with, and why; else empty",
        lambda view: _text(view, "refusal"),
        only_with=_NAMES,
        otherwise="",
    ),
    "fitting_buffers": Row(
        STRING,
        "sizes that fit each other instead of the refused ones, ready to paste",
        lambda view: _text(view, "cure"),
        only_with=_NAMES,
        otherwise="",
    ),
}
