"""
What a server makes of the single lines of its configuration, and what was probably meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from advisor import regex
from advisor.catalog import postgresql as catalog
from advisor.catalog.postgresql import Canonical, Guc, Rejection
from advisor.catalog.postgresql_forks import NEXT, PLATFORMS, fork_of
from advisor.deployment.model import Database
from advisor.facts._postgresql_repeats import NOT_REPEATED, repeat_facts
from advisor.facts._postgresql_traps import (
    NO_TRAPS,
    meant_mode,
    preloaded_libraries,
    trap_facts,
)
from advisor.facts.common import computed
from advisor.facts.postgresql_units import doubt_of, meant_unit
from advisor.model import Origin, Unknown, Value
from advisor.model.subject import Fact
from advisor.parsers.postgresql import Assignment
from advisor.parsers.redaction import MASK
from advisor.suggest import closest

MAX_GUESSES = 100
"""Unknown names of one server that are compared with all known ones, which takes its time."""
_SEGMENT = 16
"""MB of one WAL segment."""
_IN_SEGMENTS = {"wal_keep_segments": _SEGMENT, "checkpoint_segments": 3 * _SEGMENT}
"""Removed settings that counted segments: MB of the successor for one of them."""
_SIZES = {
    **dict.fromkeys(("b", "bytes"), "B"),
    **dict.fromkeys(("k", "kb", "ki", "kib"), "kB"),
    **dict.fromkeys(("m", "mb", "mi", "mib"), "MB"),
    **dict.fromkeys(("g", "gb", "gi", "gib"), "GB"),
    **dict.fromkeys(("t", "tb", "ti", "tib"), "TB"),
}
_DURATIONS = {
    **dict.fromkeys(("ms", "msec", "msecs"), "ms"),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("d", "day", "days"), "d"),
}
_SWITCHES = {"enable": "on", "enabled": "on", "disable": "off", "disabled": "off"}
_AMOUNT = regex.lazy(r"\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*([A-Za-z]+)\s*")
_PLAIN = regex.lazy(r"[A-Za-z][\w.:/-]*|[+-]?\d+[A-Za-z]*")
"""Values that need no quotes."""


class Verdict(Struct, frozen=True):
    """
    What a server of one version, or of every version that may be meant, thinks of one line.
    """

    kind: str = "ok"
    """``ok unknown removed internal unit range enum bool number value``."""
    reason: str = ""
    suggestion: str = ""
    cure: str = ""
    line: str = ""
    known_by: str = ""
    fork: str = ""


class Line(Struct, frozen=True):
    """
    One assignment with its facts.
    """

    assignment: Assignment
    facts: Mapping[str, Fact]


def lines(database: Database, majors: tuple[int, ...], memory: Fact) -> Iterator[Line]:
    """
    Every assignment of a server in effective order, with facts under ``setting.``.

    `majors` are the versions that may be meant, oldest first; `memory` is ``host.memory``.
    """
    dead, guesses = set(_overridden(database)), MAX_GUESSES
    preloaded = preloaded_libraries(database)
    fork = _fork(database)
    for index, assignment in enumerate(database.document.assignments):
        verdict = judge(assignment, majors, read=index not in dead, guess=guesses > 0)
        guesses -= isinstance(verdict, Verdict) and verdict.kind == "unknown"
        facts = _verdict_facts(assignment, verdict, fork)
        counts = isinstance(verdict, Verdict) and verdict.kind == "ok"
        if counts and _is_effective(assignment, database):
            facts |= _doubt_facts(assignment, majors[-1], memory)
            facts |= trap_facts(assignment, majors[-1], preloaded)
            facts |= repeat_facts(assignment, database, majors[-1])
        yield Line(assignment, facts)


def _fork(database: Database) -> str:
    """
    What the server is instead of PostgreSQL, as far as its settings tell; empty for nothing.
    """
    names = (fork_of(one.name) for one in database.document.assignments)
    return next((name for name in names if name not in ("", NEXT, *PLATFORMS)), "")


def _overridden(database: Database) -> Iterator[int]:
    """
    Assignments whose values the server never looks at: a later line of its files, with the name
    spelt in the same way, takes their place. The command line does not (``ProcessConfigFile`` of
    guc.c).
    """
    document = database.document
    later: set[str] = set()
    for index in range(len(document.assignments) - 1, -1, -1):
        assignment = document.assignments[index]
        if assignment.location.path not in document.files:
            continue
        if assignment.name in later:
            yield index
        later.add(assignment.name)


def _is_effective(assignment: Assignment, database: Database) -> bool:
    last = database.document.settings.get(catalog.canonical_name(assignment.name))
    place = (assignment.value_location, assignment.raw)
    return last is not None and (last.value_location, last.raw) == place


def _verdict_facts(
    assignment: Assignment, verdict: Verdict | Unknown, fork: str
) -> dict[str, Fact]:
    place = assignment.location
    facts: dict[str, Fact] = {
        "setting.name": Value(assignment.name, Origin.LITERAL, place),
        "setting.raw": Value(assignment.raw, Origin.LITERAL, assignment.value_location),
        "setting.doubt": computed("none"),
        "setting.amount": computed(""),
        **NO_TRAPS,
        **NOT_REPEATED,
    }
    if isinstance(verdict, Unknown):
        return facts | dict.fromkeys(("setting.verdict", "setting.fork", *_TEXTS), verdict)
    facts["setting.verdict"] = Value(verdict.kind, Origin.EVALUATED, place)
    facts["setting.fork"] = computed(verdict.fork or fork)
    return facts | {name: computed(getattr(verdict, field)) for name, field in _TEXTS.items()}


_TEXTS = {f"setting.{name}": name for name in ("reason", "suggestion", "cure", "line", "known_by")}


def _doubt_facts(assignment: Assignment, major: int, memory: Fact) -> dict[str, Fact]:
    guc = catalog.find(assignment.name, major)
    doubt = doubt_of(guc, assignment.raw, memory) if guc else None
    if doubt is None:
        return {}
    return {
        "setting.doubt": Value(doubt.kind, Origin.EVALUATED, assignment.value_location),
        "setting.amount": computed(doubt.amount),
        "setting.suggestion": computed(doubt.suggestion),
    }


def judge(
    assignment: Assignment, majors: tuple[int, ...], *, read: bool = True, guess: bool = True
) -> Verdict | Unknown:
    """
    The verdict on one line.

    With several versions the newest decides where it accepts the line, or where all refuse it; a
    line that only older ones accept is undecided. `read` is whether the server looks at the value,
    `guess` whether to look for the name that was meant.
    """
    name, newest = assignment.name, majors[-1]
    if assignment.placeholder or "." in name:
        # A placeholder of an extension: a module that is loaded later warns and goes on.
        return Verdict()
    results = {major: _result(name, assignment.raw, major, read=read) for major in majors}
    accepted = [major for major, result in results.items() if isinstance(result, Canonical)]
    if newest in accepted:
        return Verdict()
    if accepted:
        verb = "accepts" if len(accepted) == 1 else "accept"
        reason = f"only PostgreSQL {_versions(accepted)} {verb} this line"
        return Unknown(reason, assignment.location, needs=("pg.major",))
    refused = results[newest]
    if isinstance(refused, Rejection):
        return _refused(assignment, refused, newest)
    return _not_known(assignment, newest, guess=guess)


def _result(name: str, raw: str, major: int, *, read: bool) -> Canonical | Rejection | None:
    guc = catalog.find(name, major)
    if guc is None or not read:
        return Canonical("", "") if guc else None
    return catalog.canonical(guc, raw, major)


def _not_known(assignment: Assignment, newest: int, *, guess: bool) -> Verdict:
    """
    A name that the server has not heard of, or not any more, or not yet.
    """
    name = assignment.name
    known = catalog.majors_of(name)
    gone = catalog.removed(name)
    if gone is not None or (known and known[-1] < newest):
        return _gone(assignment, newest)
    if known:
        cure = f"Take the line out, or run PostgreSQL {known[0]} or newer."
        reason = f"version {known[0]} introduced it"
        return Verdict("unknown", reason, cure=cure, known_by=_versions(known))
    fork = fork_of(name)
    if fork:
        instead = "run it or a newer one" if fork == NEXT else f"run {fork}"
        cure = f"Take the line out, or {instead}."
        return Verdict("unknown", f"a setting of {fork}", cure=cure, fork=fork)
    suggestion = (catalog.suggest(name, newest) if guess else "") or ""
    if not suggestion:
        cure = "Correct the name, or take the line out; an extension's setting has a dot."
        return Verdict("unknown", "no version knows it", cure=cure)
    line = _line(suggestion, assignment.raw, newest)
    cure = f"Write {line}." if line else f"Write {suggestion}."
    return Verdict("unknown", "no version knows it", suggestion, cure, line)


def _gone(assignment: Assignment, major: int) -> Verdict:
    name, gone = assignment.name.lower(), catalog.removed(assignment.name)
    known = catalog.majors_of(name)
    last = gone.last if gone else str(known[-1])
    reason = f"version {last} was the last to know it"
    suggestion = gone.successor if gone else ""
    note = gone.note if gone else ""
    line = ""
    if suggestion and name in _IN_SEGMENTS:
        line = _from_segments(suggestion, assignment.raw, _IN_SEGMENTS[name])
    elif suggestion and not note:
        line = _line(suggestion, assignment.raw, major)
    cure = _replacement(line or suggestion, note if not line else "")
    return Verdict("removed", reason, suggestion, cure, line, _versions(known))


def _replacement(instead: str, note: str) -> str:
    if instead:
        return f"Write {instead} instead{f' ({note})' if note else ''}."
    return f"Take the line out: {note}." if note else "Take the line out."


def _from_segments(name: str, raw: str, each: int) -> str:
    return f"{name} = {int(raw) * each}MB" if re.fullmatch(r"[1-9]\d{0,5}", raw.strip()) else ""


def _refused(assignment: Assignment, refused: Rejection, major: int) -> Verdict:
    """
    A value the server refuses, with the spelling it would take where that is plain.
    """
    guc = catalog.find(assignment.name, major)
    meant = _meant(guc, assignment.raw, refused.kind) if guc else ""
    line = _line(assignment.name, meant, major) if meant else ""
    unit = meant_unit(guc.name, assignment.raw) if guc and refused.kind == "range" else ""
    if unit:
        cure = f"Write the unit: {assignment.name} = {unit}, if that was meant."
    else:
        cure = f"Write {line}." if line else _CURES[refused.kind]
    return Verdict(refused.kind, refused.reason, meant if line else "", cure, line)


_CURES = {
    "unit": "Use one of these units.",
    "range": "Choose a value within these limits.",
    "enum": "Use one of these words.",
    "bool": "Write on or off.",
    "number": "Write a number.",
    "value": "Correct the value, or take the line out for the default.",
    "internal": "Take the line out: the value is fixed when the server is built or set up.",
}


def _meant(guc: Guc, raw: str, kind: str) -> str:
    if kind in {"unit", "number"}:
        return _respelt(guc, raw)
    if kind == "range":
        return meant_mode(guc.name, raw)
    word = raw.strip().lower()
    if kind == "bool":
        return _SWITCHES.get(word) or closest(word, ("on", "off", "true", "false")) or ""
    if kind == "enum":
        return closest(word, (*guc.members, *guc.build_members)) or ""
    return ""


def _respelt(guc: Guc, raw: str) -> str:
    """
    The same number with its unit as the server spells it: ``4gb`` → ``4GB``, ``5 m`` → ``5min``.
    """
    match = _AMOUNT.fullmatch(raw)
    if match is None or not guc.unit:
        return ""
    units = _SIZES if guc.unit.endswith("B") else _DURATIONS
    unit = units.get(match[2].lower(), "")
    return f"{match[1]}{unit}" if unit else ""


def _line(name: str, raw: str, major: int) -> str:
    """
    ``name = value`` if the server takes it, else empty. Never holds what was redacted.
    """
    guc = catalog.find(name, major)
    if guc is None or MASK in raw or not raw.isprintable():
        return ""
    if not isinstance(catalog.canonical(guc, raw, major), Canonical):
        return ""
    quoted = (
        raw if _PLAIN.fullmatch(raw) else "'" + raw.replace("\\", "\\\\").replace("'", "''") + "'"
    )
    return f"{name} = {quoted}"


def _versions(majors: Iterable[int]) -> str:
    """
    ``12``, ``17 and 18``, ``12 to 16``.
    """
    known = sorted(majors)
    if len(known) > 2:
        return f"{known[0]} to {known[-1]}"
    return " and ".join(map(str, known))
