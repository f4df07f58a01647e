"""
How the snippet of a fix is written, for rules that say so: changes of single settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from msgspec import Struct

from advisor.facts.namespaces import namespace
from advisor.model import Apply, Change, Location
from advisor.model.subject import Fact, Subject
from advisor.rules.known import ABSENT
from advisor.rules.parameters import ENDING
from advisor.rules.rule import FixSpec

_SPACES = {
    "postgresql": ("pg", "postgresql", " = "),
    "pgbouncer": ("pgbouncer", "pgbouncer", " = "),
    "stack.pooled": ("pgbouncer", "pgbouncer", " = "),
    "redis": ("redis", "redis", " "),
}
"""By target: the namespace of its settings, their program, what stands before a value."""
COMMANDS = (".yaml", ".yml", ".sh", "Dockerfile", "Procfile")
"""Endings of files in which settings stand as flags of a command."""


GONE = "# without "
"""How a snippet begins that says what is to be taken out of a comment."""


class Snippet(Struct, frozen=True):
    """
    A snippet with what is known of its finding.
    """

    text: str
    subject: Subject
    facts: Mapping[str, Fact]
    shown: Location | None
    """The finding's primary place."""
    apply: Apply

    def lines(self) -> Iterator[str]:
        """
        The lines that say something.
        """
        for line in map(str.strip, self.text.split("\n")):
            if line and not line.startswith("#"):
                yield line


def written(snippet: Snippet, fix: FixSpec) -> tuple[Change, ...]:
    """
    What a snippet changes, if its rule says how it is written.
    """
    write = _WRITERS.get(fix.edit) if snippet.text else None
    return tuple(write(snippet)) if write else ()


def _block(one: Snippet) -> Iterator[Change]:
    place = one.shown or one.subject.location
    path = place.path if place else one.subject.path
    for line in one.lines():
        name, _, rest = line.partition(" ")
        value = rest.strip().removesuffix(";")
        yield Change(name, "", line, None, path, "nginx", value, inside=place, apply=one.apply)


def _line(one: Snippet) -> Iterator[Change]:
    place = one.subject.location
    if place is None:
        return
    name, _, value = one.text.partition(" = ")
    yield Change(
        name,
        "",
        one.text,
        place,
        place.path,
        "postgresql",
        value,
        whole=True,
        flag=place.path.endswith(ENDING),
        apply=one.apply,
    )


def _setting(one: Snippet) -> Iterator[Change]:
    space, program, sign = _SPACES[one.subject.target]
    places = [one.facts.get(spec.name, ABSENT).location for spec in namespace(space).values()]
    files = {place.path for place in places if place and not place.path.endswith(COMMANDS)}
    for line in one.lines():
        name, _, value = line.partition(sign)
        fact = one.facts.get(f"{space}.{name.replace('-', '_')}", ABSENT)
        path = fact.location.path if fact.location else one.subject.path
        if program == "redis" and fact.location is None:
            path = files.pop() if len(files) == 1 else ""
        flag = path.endswith((*COMMANDS, ENDING))
        place = fact.location
        yield Change(name, "", line, place, path, program, value, flag=flag, apply=one.apply)


def _service(one: Snippet) -> Iterator[Change]:
    places = (one.shown, one.subject.location)
    place = next((at for at in places if at and at.path.endswith((".yaml", ".yml"))), None)
    for line in one.lines():
        name, _, value = line.partition(": ")
        path = place.path if place else ""
        yield Change(name, "", line, None, path, "compose", value, inside=place, apply=one.apply)


def _comment(one: Snippet) -> Iterator[Change]:
    place = one.subject.location
    if place is None:
        return
    codes = one.text.removeprefix(GONE)
    yield Change("ignore", "", "", place, place.path, "comment", codes, apply=one.apply)


_Writer: TypeAlias = Callable[[Snippet], Iterator[Change]]
_WRITERS: Mapping[str, _Writer] = {
    "block": _block,
    "line": _line,
    "setting": _setting,
    "service": _service,
    "comment": _comment,
}
