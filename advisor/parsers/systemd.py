"""
Unit files of systemd: services with their drop-ins and sockets.

Sources: systemd.syntax(7), systemd.service(5), systemd.exec(5), systemd.resource-control(5),
systemd.socket(5).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct, field

from advisor import regex
from advisor.model import Location, Origin, Problem, Secret, Unknown, Value
from advisor.parsers.compose_model import Ulimit
from advisor.parsers.process_model import Process, Variable, VariableFile
from advisor.parsers.redaction import MASK, redact_words, wrap
from advisor.parsers.words import UnclosedQuoteError, Word, split_words

MAX_LINES = 20_000
"""Lines of one file."""
STOP_SECONDS = 90.0
"""``DefaultTimeoutStopSec=`` of systemd-system.conf(5)."""

_SECTION = regex.lazy(r"\[([^\]]+)\]")
_ENTRY = regex.lazy(r"[ \t]*([A-Za-z][A-Za-z0-9-]*)[ \t]*=[ \t]*")
_PREFIXES = "@-:+!|"
_VARIABLE = regex.lazy(r"\$(?:(\$)|\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_SPECIFIER = regex.lazy(r"%(.)?")
_SPECIFIERS = {"%": "%", "t": "/run", "T": "/tmp", "E": "/etc"}  # noqa: S108 - what they stand for
"""Of units of the system; ``%n`` ``%i`` ``%h`` and the others depend on where they run."""
_UNKNOWN = {"i": "${unit_instance}", "I": "${unit_instance}"}
"""What stands for a specifier that is not known: a variable that nobody sets."""
_SPAN = regex.lazy(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)[ \t]*([a-z]*)[ \t]*")
_SPANS = {
    **dict.fromkeys(("", "s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec"), 1e-3),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
}
_SIZE = regex.lazy(r"([0-9]{1,15})(?:\.[0-9]{1,6})?([KMGT]?)")
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_INFINITE = ("infinity", "")

T = TypeVar("T")


class Entry(Struct, frozen=True):
    """
    One assignment, continuation lines put together.
    """

    section: str
    name: str
    text: str
    pieces: tuple[tuple[int, int, int], ...]
    """Where parts of the text begin: offset, line, column."""
    path: str

    def place(self, start: int = 0, end: int | None = None) -> Location:
        """
        Where a part of the text stands; all of it, unless it is said which.
        """
        end = len(self.text) if end is None else end
        first, line, column = self._piece(start)
        last, end_line, end_column = self._piece(max(start, end - 1))
        return Location(
            self.path, line, column + start - first, end_line, end_column + max(end, start) - last
        )

    def _piece(self, offset: int) -> tuple[int, int, int]:
        return self.pieces[max(0, bisect_right(self.pieces, (offset, 10**9, 0)) - 1)]


class Unit(Struct, frozen=True):
    """
    One unit file or drop-in.
    """

    path: str
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()


def parse_unit(path: str, text: str) -> Unit:
    """
    Read the assignments of a file; a line that is none is a problem.
    """
    entries: list[Entry] = []
    problems: list[Problem] = []
    section = ""
    for line, pieces in _logical(text):
        header = _SECTION.fullmatch(line.strip())
        entry = _ENTRY.match(line)
        if header:
            section = header[1]
        elif entry and section:
            entries.append(_entry(path, section, entry, line, pieces))
        elif len(problems) < 20:
            place = Location(path, pieces[0][1])
            problems.append(Problem("a line is neither a [Section] nor Name=value", place))
    return Unit(path, tuple(entries), tuple(problems))


def _logical(text: str) -> Iterator[tuple[str, list[tuple[int, int, int]]]]:
    """
    Lines without comments, put together where a backslash ends them, with their places.

    Comments between the parts of a line are left out as well (systemd.syntax(7)).
    """
    parts: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    size = 0
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n")[:MAX_LINES], start=1):
        line = raw.rstrip("\r").rstrip()
        start = line.lstrip()
        if start.startswith(("#", ";")) or (not start and not parts):
            continue
        pieces.append((size, number, 1))
        more = line.endswith("\\")
        part = f"{line[:-1]} " if more else line
        parts.append(part)
        size += len(part)
        if not more:
            yield "".join(parts), pieces
            parts, pieces, size = [], [], 0
    if parts:
        yield "".join(parts), pieces


def _entry(
    path: str, section: str, match: re.Match[str], line: str, pieces: list[tuple[int, int, int]]
) -> Entry:
    start = match.end() + len(line[match.end() :]) - len(line[match.end() :].lstrip())
    moved = [
        (max(0, at - start), number, column + max(0, start - at)) for at, number, column in pieces
    ]
    # A part that ends before the value begins is none of it.
    known = [one for at, one in enumerate(moved) if at + 1 == len(moved) or moved[at + 1][0] > 0]
    return Entry(section, match[1], line[start:].rstrip(), tuple(known), path)


def read_service(
    name: str, units: Sequence[Unit], sockets: Iterable[Unit] = ()
) -> tuple[Process | None, tuple[Problem, ...]]:
    """
    The service of a unit and its drop-ins, in the order in which they apply; and problems.

    None when it starts nothing.
    """
    reading = _Service([entry for unit in units for entry in unit.entries])
    listens = tuple(address for unit in sockets for address in _addresses(unit))
    return reading.process(name, listens), tuple(reading.problems)


def socket_target(path: str, unit: Unit) -> str:
    """
    The service that a socket unit starts: ``Service=``, else the one of the same name.
    """
    named = [one.text for one in unit.entries if one.name == "Service" and one.text]
    return named[-1] if named else f"{path.rpartition('/')[2].removesuffix('.socket')}.service"


def _addresses(unit: Unit) -> Iterator[Value[str]]:
    for entry in _last(unit.entries, "Socket", "ListenStream"):
        text = entry.text
        if text.startswith("/"):
            yield Value(f"unix:{text}", Origin.LITERAL, entry.place())
        elif text.isascii() and text.isdigit():
            yield Value(f"0.0.0.0:{text}", Origin.EVALUATED, entry.place())
        elif ":" in text:
            yield Value(text, Origin.LITERAL, entry.place())


def _last(entries: Iterable[Entry], section: str, name: str) -> list[Entry]:
    """
    Assignments of a list in force: an empty one takes back those before it.
    """
    found: list[Entry] = []
    for entry in entries:
        if entry.section == section and entry.name == name:
            found = [*found, entry] if entry.text else []
    return found


class _Service(Struct):
    entries: list[Entry]
    problems: list[Problem] = field(default_factory=list)

    def process(self, name: str, listens: tuple[Value[str], ...]) -> Process | None:
        """
        The whole service.
        """
        commands = _last(self.entries, "Service", "ExecStart")
        if not commands:
            return None
        return Process(
            name=name,
            location=commands[-1].place(),
            words=tuple(self._words(commands[-1])),
            working_dir=self._folder(),
            variables=dict(self._variables()),
            variable_files=tuple(self._files()),
            cpus=self._value("CPUQuota", _quota, "a percentage"),
            memory=self._memory(),
            cpuset=self._value("AllowedCPUs", _cores, "numbers of cpus"),
            nofile=self._value("LimitNOFILE", _nofile, "a number of files"),
            stop_grace=self._grace(),
            listens=listens,
            forks=self._forks(),
        )

    def _forks(self) -> bool:
        kind = self._one("Type")
        return kind is not None and kind.text in {"forking", "oneshot"}

    def _one(self, name: str) -> Entry | None:
        found = _last(self.entries, "Service", name)
        return found[-1] if found else None

    def _value(
        self, name: str, read: Callable[[str], T | None], wanted: str
    ) -> Value[T] | Unknown | None:
        """
        A limit; None where it is not written or none.
        """
        entry = self._one(name)
        if entry is None or entry.text in _INFINITE:
            return None
        result = read(entry.text)
        if result is not None:
            return Value(result, Origin.LITERAL, entry.place())
        if "%" not in entry.text:
            self.problems.append(Problem(f"{name} is not {wanted}", entry.place()))
        return Unknown(f"{name} is not {wanted}", entry.place())

    def _memory(self) -> Value[int] | Unknown | None:
        """
        The lower of the hard limit and of the one above which the service is slowed down.
        """
        hard = self._value("MemoryMax", _size, "a size")
        soft = self._value("MemoryHigh", _size, "a size")
        known = [one for one in (hard, soft) if isinstance(one, Value)]
        return min(known, key=lambda one: one.value) if known else hard or soft

    def _grace(self) -> Value[float] | Unknown | None:
        names = ("TimeoutStopSec", "TimeoutSec")
        written = [one for one in self.entries if one.section == "Service" and one.name in names]
        if not written:
            return Value(STOP_SECONDS, Origin.DEFAULT, note="of systemd")
        return self._value(written[-1].name, _seconds, "a time")

    def _folder(self) -> Value[str] | None:
        entry = self._one("WorkingDirectory")
        if entry is None:
            return None
        text, known = _specified(entry.text.removeprefix("-"))
        return Value(text, Origin.LITERAL, entry.place()) if known and text[:1] == "/" else None

    def _variables(self) -> Iterator[tuple[str, Variable]]:
        for entry in _last(self.entries, "Service", "Environment"):
            for word in self._split(entry):
                name, sign, text = word.text.partition("=")
                shown, known = _specified(text)
                if sign:
                    origin = Origin.LITERAL if known else Origin.ASSUMED
                    yield name, Value(wrap(name, shown), origin, entry.place(word.start, word.end))

    def _files(self) -> Iterator[VariableFile]:
        for entry in _last(self.entries, "Service", "EnvironmentFile"):
            path = entry.text.removeprefix("-")
            yield VariableFile(path, not entry.text.startswith("-"), entry.place())

    def _split(self, entry: Entry) -> tuple[Word, ...]:
        try:
            return split_words(entry.text, protect_dollars=False)
        except UnclosedQuoteError as error:
            self.problems.append(Problem(f"{entry.name}: {error}", entry.place()))
            return ()

    def _words(self, entry: Entry) -> Iterator[Value[str]]:
        """
        Words of a command without the prefixes of its program, variables in them as written.

        They are replaced when the files of variables are known, see `substituted`.
        """
        split = self._split(entry)
        if not split:
            return
        first = split[0].text
        program = first.lstrip(_PREFIXES)
        rest = split[2:] if "@" in first[: len(first) - len(program)] else split[1:]
        texts = [program, *(word.text for word in rest)]
        places = [entry.place(word.start, word.end) for word in (split[0], *rest)]
        for text, place in zip(redact_words(texts), places, strict=True):
            shown, known = _specified(text)
            yield Value(shown, Origin.LITERAL if known else Origin.ASSUMED, place)


def substituted(
    words: Iterable[Value[str]], variables: Mapping[str, Variable]
) -> Iterator[Value[str]]:
    """
    Words with ``$NAME`` and ``${NAME}`` replaced; what is not known stays as it is written.

    A word that is nothing but ``$NAME`` is split at its blanks (systemd.service(5), "Command
    lines").
    """
    for word in words:
        whole = _VARIABLE.fullmatch(word.value)
        value = variables.get(whole[3]) if whole and whole[3] else None
        if value is not None and isinstance(value.value, str):
            for part in value.value.split():
                yield Value(part, Origin.EVALUATED, word.location)
        else:
            yield _replaced(word, variables)


def _replaced(word: Value[str], variables: Mapping[str, Variable]) -> Value[str]:
    missing = False

    def text_of(match: re.Match[str]) -> str:
        nonlocal missing
        if match[1]:
            return "$"
        value = variables.get(match[2] or match[3])
        if value is None:
            missing = True
            return match[0]
        return MASK if isinstance(value.value, Secret) else value.value

    text = _VARIABLE.sub(text_of, word.value)
    if text == word.value and not missing:
        return word
    assumed = missing or word.origin is Origin.ASSUMED
    return Value(text, Origin.ASSUMED if assumed else Origin.EVALUATED, word.location)


def _specified(text: str) -> tuple[str, bool]:
    """
    A text with ``%`` specifiers replaced, and whether all of them are known.
    """
    known = True

    def replaced(match: re.Match[str]) -> str:
        nonlocal known
        letter = match[1] or ""
        known = known and letter in _SPECIFIERS
        return _SPECIFIERS.get(letter) or _UNKNOWN.get(letter, "${unit_specifier}")

    return _SPECIFIER.sub(replaced, text), known


def _quota(text: str) -> float | None:
    match = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,3})?)%", text)
    return float(match[1]) / 100 if match and float(match[1]) else None


def _cores(text: str) -> int | None:
    cores: set[int] = set()
    for part in re.split(r"[ \t,]+", text):
        match = re.fullmatch(r"([0-9]{1,4})(?:-([0-9]{1,4}))?", part)
        if match is None:
            return None
        cores.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return len(cores) or None


def _size(text: str) -> int | None:
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    factor: int = 1024 ** _POWERS[match[2]]
    return round(float(text.rstrip("KMGT")) * factor)


def _nofile(text: str) -> Ulimit | None:
    soft, _, hard = text.partition(":")
    numbers = [-1 if one == "infinity" else _count(one) for one in (soft, hard or soft)]
    first, last = numbers
    return None if first is None or last is None else Ulimit(first, last)


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None


def _seconds(text: str) -> float | None:
    total, at = 0.0, 0
    while at < len(text):
        match = _SPAN.match(text, at)
        if match is None or match[2] not in _SPANS:
            return None
        total += float(match[1]) * _SPANS[match[2]]
        at = match.end()
    return total if text else None
