"""
Starts of gunicorn that scripts, supervisors and containers lead to.

A script has branches: where it cannot be told which one is taken, what its starts have in common
counts, and nothing else. A guess would be worth nothing, and their union would be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from advisor import regex
from advisor.catalog.gunicorn import settings
from advisor.model import Location
from advisor.parsers.app_servers import find_server
from advisor.parsers.gunicorn import Flag, GunicornCommand, parse_command
from advisor.parsers.shell import Field, Ran, Trace

_USED = regex.lazy(r"\$\{?([A-Za-z_]\w*)")
_ARGUMENTS = "GUNICORN_CMD_ARGS"
_IN_PASSING = ("check_config", "print_config")
"""With these gunicorn only looks at its configuration."""
_COMPUTED = "may be set by a variable that its script computes"


class Started(Struct, frozen=True):
    """
    What is known of the start of gunicorn in a container.
    """

    command: GunicornCommand | None
    """None where nothing starts it, or several starts leave nothing in common."""
    ran: Ran | None = None
    """The only command that starts it."""
    guessed: frozenset[str] = frozenset()
    """Variables it rests on that nothing sets."""
    notes: tuple[str, ...] = ()
    unsure: bool = False
    """Whether gunicorn is spoken of, and what starts it cannot be told."""


def started(trace: Trace, env: Mapping[str, str], *, title: str) -> Started:
    """
    The start of gunicorn among the commands of a container; `title` names it in notes.
    """
    found = [(one, command) for one in trace.commands if (command := _command(one, env))]
    serving = [pair for pair in found if not any(map(pair[1].given, _IN_PASSING))] or found
    notes = tuple(
        f"{place}: gunicorn is named here, and whether it is started cannot be told: {why}"
        for place, why in trace.lost
    )
    if not serving:
        return Started(None, notes=(*notes, *_others(trace, title)), unsure=bool(trace.lost))
    first, command = serving[0]
    guessed = _guessed(first)
    notes = (*notes, *_left(trace, first.location))
    doubted = any(ran.maybe for ran, _ in serving)
    if not serving[1:] or (doubted and all(_alike(command, one) for _, one in serving)):
        return Started(command, first, guessed, notes)
    places = " and ".join(dict.fromkeys(str(ran.location) for ran, _ in serving))
    if not doubted:
        note = f"{title} starts gunicorn at {places}: which of them serves cannot be told"
        return Started(None, notes=(*notes, note), unsure=True)
    note = (
        f"{title} starts gunicorn at {places}, on a condition that is not known: "
        "only what these have in common is judged"
    )
    return Started(
        _common([one for _, one in serving]), first, guessed, (*notes, note), unsure=True
    )


def _command(ran: Ran, env: Mapping[str, str]) -> GunicornCommand | None:
    """
    The start of gunicorn that a command is, with the variables that its script gives it.
    """
    changed = {
        name: one.plain
        for name, one in ran.environment.items()
        if one.plain is None or one.plain != env.get(name)
    }
    texts = [_told(one, changed) for one in ran.words]
    places = [one.place or ran.location for one in ran.words]
    command = parse_command(texts, ran.location, places=places)
    if command is None:
        return None
    own = {one.variable for one in settings().values() if one.variable} | {_ARGUMENTS}
    known = {name: text for name, text in changed.items() if text is not None}
    lost = any(name in own for name, text in changed.items() if text is None)
    return replace(
        command,
        environment={**{one: known[one] for one in own & known.keys()}, **command.environment},
        opened=command.opened or (ran.location if lost else None),
        doubt=command.doubt if command.opened or not lost else _COMPUTED,
    )


def _told(field: Field, changed: Mapping[str, str | None]) -> str:
    """
    A word as its reader gets it: with variables of the container, unless the script changed them.
    """
    if changed.keys() & set(_USED.findall(field.shown)) and not field.handed:
        return "$(:)" if field.plain is None else field.plain
    return field.shown


def _guessed(ran: Ran) -> frozenset[str]:
    """
    Variables that nothing sets and that are not written in the words any more.
    """
    hidden = (one.guessed - set(_USED.findall(one.shown)) for one in ran.words)
    values = (one.guessed for one in ran.environment.values())
    return frozenset[str]().union(*hidden, *values)


def _alike(one: GunicornCommand, other: GunicornCommand) -> bool:
    return (_flags(one), one.app, one.environment) == (_flags(other), other.app, other.environment)


def _flags(command: GunicornCommand) -> list[tuple[str, str | None]]:
    return [(one.setting.name, one.text) for one in command.flags]


def _common(commands: Sequence[GunicornCommand]) -> GunicornCommand:
    """
    What several starts have in common; all else may be set to anything.
    """
    first, *others = commands
    flags = tuple(one for one in first.flags if all(_has(other, first, one) for other in others))
    same = all(one.app == first.app for one in others)
    agreed = all(one.environment == first.environment for one in others)
    return replace(
        first,
        flags=flags,
        app=first.app if same else None,
        environment=first.environment if agreed else {},
        opened=first.location,
        doubt="differs between the starts of its script",
        refused=(),
    )


def _has(other: GunicornCommand, first: GunicornCommand, flag: Flag) -> bool:
    name = flag.setting.name
    return [one.text for one in other.given(name)] == [one.text for one in first.given(name)]


def _left(trace: Trace, place: Location) -> Iterator[str]:
    """
    A note where other starts of gunicorn are left out because of variables that nothing sets.
    """
    if trace.left:
        names = " and ".join(sorted(trace.left))
        yield f"{place} is judged as what runs where {names} is not set, as no file sets it"


def _others(trace: Trace, title: str) -> Iterator[str]:
    """
    Notes on servers of applications that are not judged.
    """
    found: dict[str, Location] = {}
    for one in trace.commands:
        server = find_server([word.text for word in one.words])
        if server:
            place = next((word.place for word in one.words if word.place), one.location)
            found.setdefault(server, place)
    for server, place in found.items():
        yield (
            f"{title} is served by {server} ({place}), which is not judged: its workers and the "
            "connections of its pools are not counted"
        )
