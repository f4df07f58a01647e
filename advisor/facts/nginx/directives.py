"""
What is to be said of single directives: names, levels, arguments and versions.

Each directive of a configuration is looked at once. Only what nginx itself would refuse, or warn
about, is reported; names that nginx does not have are left to third-party modules unless they are
all but a known one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor.catalog import nginx_places as places
from advisor.catalog.nginx import at_least
from advisor.facts.common import Joined, computed
from advisor.facts.nginx.spelling import likely, other_spellings
from advisor.model import Origin, Value
from advisor.model.subject import Fact, Subject
from advisor.parsers.nginx import Directive, NginxDocument, is_placeholder

if TYPE_CHECKING:
    from advisor.facts.nginx.reader import Reader

_INSIDE: Mapping[str, Mapping[str, str]] = {
    # Level → blocks in it whose inside is a level as well. All other blocks are left alone.
    "main": {"events": "events", "http": "http", "stream": "stream"},
    "http": {"server": "server", "upstream": "upstream"},
    "server": {"location": "location", "if": "if in server"},
    "location": {
        "location": "location",
        "if": "if in location",
        "limit_except": "limit_except",
    },
    "stream": {"server": "stream server", "upstream": "stream upstream"},
}
_TWINS: Mapping[str, str] = {
    # In a fragment the two cannot be told apart for certain.
    "server": "stream server",
    "stream server": "server",
    "upstream": "stream upstream",
    "stream upstream": "upstream",
}
_LATER_ELSEWHERE = frozenset({"http2", "max_headers"})
"""``http2`` has a rule of its own; distributions brought ``max_headers`` to old versions."""
_FOREIGN = ("auth_jwt", "js_", "keyval", "sticky")
"""Modules of the same names exist outside nginx, with versions of their own."""
_PARAMETERS = frozenset(parameter for _, _, parameter in places.NEW_PARAMETERS)
"""Arguments that not every version knows."""
_NOTHING: Mapping[str, Fact] = {
    "directive.suggestion": computed(""),
    "directive.allowed": computed(""),
    "directive.count": computed(0),
    "directive.expected": computed(""),
    "directive.since": Value(None, Origin.EVALUATED),
    "directive.obsolete": computed(False),
    "directive.gone": computed(False),
    "directive.instead": computed(""),
}


class Placed(Struct, frozen=True):
    """
    One directive and the level it stands on.
    """

    directive: Directive
    level: str
    sure: bool
    """False on the outermost level of a fragment, which is a guess."""


def subjects(reader: Reader) -> Iterator[Subject]:
    """
    Everything that is to be said of single directives.
    """
    document = reader.config.document
    broken = any(one.category == "syntax" for one in document.problems)
    whole = not (document.template or broken)
    fine: set[tuple[object, ...]] = set()
    for placed in walk(document):
        key = _looked_at(placed)
        if key not in fine:
            said = [*_of_version(reader, placed), *(_of_syntax(reader, placed) if whole else ())]
            if not said:
                fine.add(key)
            yield from said
    for directive, spelling in other_spellings(reader.config):
        facts = {"suggestion": computed(spelling)}
        yield _subject(reader, Placed(directive, "", sure=True), "spelling", facts)


def _looked_at(placed: Placed) -> tuple[object, ...]:
    """
    All that counts of a directive: the words of most arguments do not.
    """
    name, args, *_ = placed.directive
    return name, len(args), _PARAMETERS.intersection(args), placed.level, placed.sure


def walk(document: NginxDocument) -> Iterator[Placed]:
    """
    Every directive on a level that is known, in the order of the files.
    """
    if document.context in _INSIDE or document.context in _TWINS:
        sure = is_main_file(document)
        yield from _walk(document.directives, document.context, sure=sure)


def is_main_file(document: NginxDocument) -> bool:
    """
    Whether it is certainly the file that nginx reads first: only that one has these blocks.
    """
    names = {one.name for one in document.directives if one.block is not None}
    return document.context == "main" and not names.isdisjoint(("events", "http", "stream"))


def _walk(directives: Iterable[Directive], level: str, *, sure: bool) -> Iterator[Placed]:
    named: set[str] = set()
    waiting = [(iter(directives), level, sure)]
    while waiting:
        lines, level, sure = waiting[-1]
        inside = _INSIDE.get(level, {})
        for directive in lines:
            name = directive.name
            if name not in named:
                if is_placeholder(name):
                    continue
                named.add(name)
            yield Placed(directive, level, sure)
            if directive.block is not None and name in inside:
                waiting.append((iter(directive.block), inside[name], True))
                break
        else:
            waiting.pop()


def _of_syntax(reader: Reader, placed: Placed) -> Iterator[Subject]:
    name, level = placed.directive.name, placed.level
    if name in places.OBSOLETE or name in places.UNDOCUMENTED:
        return
    allowed = places.levels(name)
    if not allowed:
        meant = likely(name, level) if name not in places.names() else None
        if meant and placed.sure:
            yield _subject(reader, placed, "misspelt", {"suggestion": computed(meant)})
        return
    if level not in allowed:
        if _misplaced(reader, placed, allowed):
            facts = {"allowed": computed(_joined(allowed, "and"))}
            yield _subject(reader, placed, "misplaced", facts)
        return
    yield from _of_arguments(reader, placed)


def _misplaced(reader: Reader, placed: Placed, allowed: tuple[str, ...]) -> bool:
    """
    Whether a directive certainly may not stand here: fragments may belong to another family.
    """
    twin = None if is_main_file(reader.config.document) else _TWINS.get(placed.level)
    return placed.sure and twin not in allowed


def _of_arguments(reader: Reader, placed: Placed) -> Iterator[Subject]:
    directive = placed.directive
    counts = places.arguments(directive.name, placed.level)
    number = len(directive.args)
    if not placed.sure or counts is None or min(number, places.MOST) in counts:
        return
    if not any(is_placeholder(arg) for arg in directive.args):
        facts = {"count": computed(number), "expected": computed(_expected(counts))}
        yield _subject(reader, placed, "arguments", facts)


def _of_version(reader: Reader, placed: Placed) -> Iterator[Subject]:
    directive, version = placed.directive, reader.settings.version
    obsolete = places.OBSOLETE.get(directive.name)
    if obsolete is not None:
        if at_least(version, obsolete.since) is not False:
            yield _subject(reader, placed, "obsolete", _obsolete(reader, obsolete))
        return
    if directive.name.startswith(_FOREIGN) or directive.name in _LATER_ELSEWHERE:
        return
    step = places.since(directive.name, placed.level)
    if step is not None and at_least(version, step) is False:
        yield _subject(reader, placed, "newer", {"since": _version(step)})
    for arg in directive.args:
        step = places.NEW_PARAMETERS.get((placed.level, directive.name, arg))
        if step is not None and at_least(version, step) is False:
            name = computed(f"{directive.name} … {arg}")
            yield _subject(reader, placed, "newer", {"since": _version(step), "name": name})


def _obsolete(reader: Reader, one: places.Obsolete) -> dict[str, Fact]:
    return {
        "since": _version(one.gone or one.since),
        "obsolete": reader.since(one.since),
        "gone": reader.since(one.gone) if one.gone else computed(False),
        "instead": computed(one.instead),
    }


def _version(step: tuple[int, ...]) -> Fact:
    return Value(step, Origin.EVALUATED)


def _subject(reader: Reader, placed: Placed, kind: str, facts: Mapping[str, Fact]) -> Subject:
    directive = placed.directive
    place = directive.location
    own = {
        **_NOTHING,
        "directive.kind": Value(kind, Origin.LITERAL, place),
        "directive.name": Value(directive.name, Origin.LITERAL, place),
        "directive.level": computed(_shown(placed.level)),
        **{f"directive.{name}": fact for name, fact in facts.items()},
    }
    return Subject(
        "nginx.directive", directive.name, Joined(own, reader.nginx_facts()), place, place.path
    )


def _shown(level: str) -> str:
    return {"": "", "main": "the top level"}.get(level, level)


def _expected(counts: frozenset[int]) -> str:
    """
    Numbers as people say them: ``1 or 2 arguments``, ``at least 2 arguments``.
    """
    least = min(counts)
    word = "argument" if max(counts) == 1 else "arguments"
    if len(counts) > 1 and counts == set(range(least, places.MOST + 1)):
        return f"at least {least} argument{'s' * (least > 1)}"
    return f"{_joined([str(one or 'no') for one in sorted(counts)], 'or')} {word}"


def _joined(words: Iterable[str], last: str) -> str:
    *some, final = [_shown(one) for one in words]
    return f"{', '.join(some)} {last} {final}" if some else final
