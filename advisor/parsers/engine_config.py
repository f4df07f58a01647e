"""
Engines that `engine_from_config` makes of a dict, or of the lines of an ini file.

Source: docs.sqlalchemy.org, "Engine Configuration", engine_from_config. Texts become numbers and
switches only for the arguments in `_NUMBERS` and `_SWITCHES`; any other text stays a text, and
``pool_pre_ping = false`` is one that counts as true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from advisor import regex
from advisor.model import Location
from advisor.parsers._engine_calls import CONFIGURED, find_calls
from advisor.parsers._engine_model import (
    Argument,
    Engine,
    EnginesDocument,
    Role,
    class_of,
    role_of,
)
from advisor.parsers._engine_reached import Reached, all_reached
from advisor.parsers._engine_urls import read_url
from advisor.parsers.pyeval import (
    EnvDependent,
    Known,
    Library,
    Outcome,
    Program,
    Watch,
    outcome_of,
    parse,
)
from advisor.parsers.pyeval.machine import Machine
from advisor.parsers.pyeval.results import Undecided
from advisor.parsers.pyeval.values import Abstract, Table

FUNCTION = "engine_from_config"
_PREFIX = "sqlalchemy."
_NUMBERS: Mapping[str, Callable[[str], float]] = {
    "pool_size": int,
    "max_overflow": int,
    "pool_timeout": int,
    "pool_recycle": int,
}
_SWITCHES = frozenset({"echo", "echo_pool", "future"})
_WORDS: Mapping[str, bool] = {
    **dict.fromkeys(("true", "yes", "on", "y", "t", "1"), True),
    **dict.fromkeys(("false", "no", "off", "n", "f", "0"), False),
}
_OWN = ("configuration", "prefix")
_LINE = regex.lazy(r"([A-Za-z_][\w.]*)[ \t]*[=:][ \t]*(.*?)[ \t]*$")
_SECTION = regex.lazy(r"\[([^\]]*)\]")


class Line(Struct, frozen=True):
    """
    One key of an ini file.
    """

    key: str
    text: str
    location: Location


def mentions_config(text: str) -> bool:
    """
    Whether a text may make an engine of a configuration.
    """
    return FUNCTION in text


def ini_lines(path: str, text: str) -> tuple[Line, ...]:
    """
    The keys of an ini file, those of Alembic left out: migrations have an engine of their own.
    """
    found: list[Line] = []
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        if head := _SECTION.match(line):
            section = head[1].strip()
        elif section != "alembic" and (match := _LINE.match(line)):
            start, end = match.start(2) + 1, match.end(2) + 1
            found.append(Line(match[1], match[2], Location(path, number, start, number, end)))
    return tuple(found)


def find_configured(
    path: str,
    text: str,
    *,
    env: Mapping[str, str] | None = None,
    library: Library | None = None,
    ini: tuple[Line, ...] = (),
) -> EnginesDocument:
    """
    The engines of a Python file; `ini` are the lines of the file that its configuration comes from.
    """
    if not mentions_config(text):
        return EnginesDocument(path, (), ())
    source = parse(path, text)
    calls = tuple(find_calls(source.tree, CONFIGURED))
    watches = tuple(Watch(found.node, found.inside) for found in calls)
    program = Program(source, dict(env or {}), "", watches, library)
    engines = (
        _engine(reached, ini)
        for found in calls
        for reached in list(all_reached(program, found))[:1]
    )
    return EnginesDocument(path, tuple(engines), source.problems)


def _engine(reached: Reached, ini: tuple[Line, ...]) -> Engine:
    found, call = reached.found, reached.call
    role = role_of(reached.program.source.path)
    given = call.argument(1, "prefix")
    prefix = str(given.value) if isinstance(given, Known) else _PREFIX
    table = call.argument(0, "configuration")
    if isinstance(table, Table):
        held = dict(_of_table(reached, table, prefix))
    else:
        lines = () if role is Role.MIGRATION else ini
        held = {one.key.removeprefix(prefix): _of_line(one) for one in _with(lines, prefix)}
    own = ((name, reached.argument(name)) for name in call.kwargs if name not in _OWN)
    arguments = {**held, **{name: one for name, one in own if one is not None}}
    url = arguments.pop("url", None)
    where = reached.program.source.locate(found.node)
    poolclass = arguments.get("poolclass")
    named = class_of(poolclass.outcome) if poolclass else None
    lost = Undecided("is in a configuration that is not read", reached.location)
    opened = not held if not isinstance(table, Table) else table.partial
    return Engine(
        function=f"async_{FUNCTION}" if found.is_async else FUNCTION,
        is_async=found.is_async,
        location=reached.location,
        arguments=arguments,
        url=read_url(url.outcome if url else lost, where),
        poolclass=named.base if named else None,
        in_function=bool(found.inside),
        cached=reached.cached,
        starred=call.partial or opened,
        assumed=(),
        active=reached.active,
        role=role,
        name=reached.name,
        handler=found.handler and not reached.cached,
        arms=found.arms,
    )


def _with(lines: tuple[Line, ...], prefix: str) -> Iterator[Line]:
    return (one for one in lines if one.key.startswith(prefix))


def _of_line(line: Line) -> Argument:
    name = line.key.rpartition(".")[2]
    if "%(" in line.text:
        lost = Undecided("is filled in by the reader of the file", line.location)
        return Argument(name, lost, line.location, line.location)
    value = _coerced(name, Known(line.text, line.location, literal=True))
    return Argument(name, value, line.location, line.location)


def _of_table(reached: Reached, table: Table, prefix: str) -> Iterator[tuple[str, Argument]]:
    for key in table.members:
        if isinstance(key, str) and key.startswith(prefix):
            name = key.removeprefix(prefix)
            outcome = outcome_of(reached.program, _picker(reached, key, name))
            place = _place(outcome)
            yield name, Argument(name, outcome, place, place)


def _picker(reached: Reached, key: str, name: str) -> Callable[[Machine], Abstract | None]:
    def pick(machine: Machine) -> Abstract | None:
        calls = machine.calls[id(reached.found.node)]
        table = calls[0].argument(0, "configuration") if calls else None
        value = table.members.get(key) if isinstance(table, Table) else None
        return _coerced(name, value) if isinstance(value, Known) else value

    return pick


def _coerced(name: str, known: Known) -> Known | Undecided:
    """
    What SQLAlchemy makes of a text.
    """
    text = known.value
    if not isinstance(text, str):
        return known
    if name in _SWITCHES and text.lower() in _WORDS:
        return replace(known, value=_WORDS[text.lower()])
    if name in _NUMBERS:
        try:
            return replace(known, value=_NUMBERS[name](text))
        except ValueError:
            return Undecided("is no number", known.location, known.taint)
    return known


def _place(outcome: Outcome) -> Location:
    return (outcome.default if isinstance(outcome, EnvDependent) else outcome).location
