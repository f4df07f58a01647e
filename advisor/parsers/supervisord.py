"""
Programs of supervisord, and process types of a Procfile.

Sources: Supervisor documentation, "Configuration File"; Heroku Dev Center, "The Procfile".
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from advisor import regex
from advisor.model import Location, Origin, Problem, Value
from advisor.parsers.process_model import Process, Processes, Variable
from advisor.parsers.redaction import redact, redact_words, wrap
from advisor.parsers.words import UnclosedQuoteError, split_words

STOP_SECONDS = 10.0
"""Default of ``stopwaitsecs``."""
MAX_LINES = 20_000
"""Lines of one file."""

_HEADER = regex.lazy(r"\[([^\]]+)\]")
_PROGRAM = regex.lazy(r"(?:fcgi-)?program:(.+)")
_ENTRY = regex.lazy(r"([A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*(.*)")
_COMMENT = regex.lazy(r"[ \t]+;.*")
_PAIR = regex.lazy(
    r"[ \t\n]*([A-Za-z_]\w*)[ \t]*=[ \t]*"
    r"""("(?>(?:[^"\\]++|\\.)*)"|'[^']*+'|[^,\s]*+)[ \t\n]*(?:,|$)"""
)
_EXPANSION = regex.lazy(r"%\((?:ENV_)?(\w+)\)[0-9]*[sd]|%%")
_PROCESS = regex.lazy(r"([A-Za-z0-9_-]+):[ \t]*(\S.*)")
_FALSE = ("false", "off", "no", "0")


class _Entry(Struct):
    text: str
    location: Location


def parse_supervisord(path: str, text: str) -> Processes:
    """
    The programs of a configuration file that start by themselves.

    ``%(ENV_NAME)s`` comes from the environment of supervisord, which no file tells.
    """
    found: list[Process] = []
    problems: list[Problem] = []
    for name, entries in _sections(path, text):
        off = "autostart" in entries and entries["autostart"].text.lower() in _FALSE
        command = entries.get("command")
        if off or command is None:
            continue
        try:
            words = tuple(_words(command))
        except UnclosedQuoteError as error:
            problems.append(Problem(f"command: {error}", command.location))
            continue
        folder = entries.get("directory")
        found.append(
            Process(
                name=name,
                location=command.location,
                words=words,
                working_dir=_plain(folder) if folder else None,
                variables=dict(_variables(entries.get("environment"))),
                replicas=_count(entries.get("numprocs")),
                stop_grace=_grace(entries.get("stopwaitsecs")),
            )
        )
    return Processes(path, tuple(found), tuple(problems))


def included_files(text: str) -> tuple[str, ...]:
    """
    Patterns of further configuration files: ``files`` of the section ``[include]``.
    """
    inside, found = False, list[str]()
    for raw in text.removeprefix("\ufeff").split("\n")[:MAX_LINES]:
        line = _COMMENT.sub("", raw.strip())
        header, entry = _HEADER.fullmatch(line), _ENTRY.fullmatch(line)
        if header:
            inside = header[1].strip() == "include"
        elif inside and entry and entry[1] == "files":
            found += entry[2].split()
        elif inside and raw[:1] in (" ", "\t") and not line.startswith((";", "#")):
            found += line.split()
    return tuple(found)


def parse_procfile(path: str, text: str) -> Processes:
    """
    The process types of a Procfile. A shell runs each of them.
    """
    found: list[Process] = []
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n")[:MAX_LINES], start=1):
        match = _PROCESS.match(raw.rstrip())
        if match is None:
            continue
        place = Location(path, number, match.start(2) + 1, number, match.end(2) + 1)
        texts = ("sh", "-c", redact(match[2]))
        words = tuple(Value(word, Origin.LITERAL, place) for word in texts)
        found.append(Process(name=match[1], location=place, words=words))
    return Processes(path, tuple(found))


def _sections(path: str, text: str) -> Iterator[tuple[str, dict[str, _Entry]]]:
    """
    Names and entries of programs. A line that begins with a blank continues the one before it.
    """
    entries: dict[str, _Entry] = {}
    name, last = "", ""
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n")[:MAX_LINES], start=1):
        line = _COMMENT.sub("", raw.rstrip())
        header, entry = _HEADER.fullmatch(line.strip()), _ENTRY.fullmatch(line)
        if not line.strip() or line.lstrip().startswith((";", "#")):
            continue
        if line[:1] in " \t" and last:
            entries[last].text += f"\n{line.strip()}"
        elif header:
            if name:
                yield name, entries
            program = _PROGRAM.fullmatch(header[1].strip())
            name, entries, last = program[1].strip() if program else "", {}, ""
        elif entry and name:
            last = entry[1].lower()
            place = Location(path, number, entry.start(2) + 1, number, entry.end(2) + 1)
            entries[last] = _Entry(entry[2], place)
    if name:
        yield name, entries


def _words(command: _Entry) -> Iterator[Value[str]]:
    """
    Words of a command: there is no shell, and variables of it are plain text.
    """
    place = command.location
    split = split_words(command.text)
    single = "\n" not in command.text
    for word, text in zip(split, redact_words([one.text for one in split]), strict=True):
        where = place
        if single:
            start = place.column + word.start
            where = Location(place.path, place.line, start, place.line, place.column + word.end)
        yield _expanded(text, where)


def _expanded(text: str, place: Location) -> Value[str]:
    """
    A text with ``%%`` replaced; an assumption where something else would have to be.

    ``%(ENV_NAME)s`` becomes ``${NAME}``, and so do the expansions of supervisord's own.
    """
    missing = any(match[1] for match in _EXPANSION.finditer(text))
    shown = _EXPANSION.sub(lambda match: f"${{{match[1]}}}" if match[1] else "%", text)
    return Value(shown, Origin.ASSUMED if missing else Origin.LITERAL, place)


def _plain(entry: _Entry) -> Value[str] | None:
    value = _expanded(entry.text.strip().strip("\"'"), entry.location)
    return None if value.origin is Origin.ASSUMED else value


def _variables(entry: _Entry | None) -> Iterator[tuple[str, Variable]]:
    at = 0
    while entry is not None and (match := _PAIR.match(entry.text, at)):
        value = _expanded(match[2].strip("\"'"), entry.location)
        yield match[1], Value(wrap(match[1], value.value), value.origin, entry.location)
        at = match.end()


def _count(entry: _Entry | None) -> Value[int] | None:
    text = entry.text.strip() if entry else ""
    if entry is None or not (text.isascii() and text.isdigit() and len(text) < 6):
        return None
    return Value(int(text), Origin.LITERAL, entry.location)


def _grace(entry: _Entry | None) -> Value[float]:
    seconds = _count(entry)
    if seconds is None:
        return Value(STOP_SECONDS, Origin.DEFAULT, note="of supervisord")
    return Value(float(seconds.value), seconds.origin, seconds.location)
