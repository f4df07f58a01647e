"""
Suppressions as subjects of rules: what accepts nothing any more must not stay for ever.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from advisor.facts.namespaces import EVENTS
from advisor.model import Location, NotEvaluated, Origin, Outcome, Value
from advisor.model.subject import Subject
from advisor.policy.choice import specificity
from advisor.policy.comments import Comment
from advisor.policy.model import Accepted
from advisor.policy.paths import relative
from advisor.policy.suppression import Sieve
from advisor.rules.catalogue import Head

TARGET = "suppression"
_ENTRY = re.compile(r"^[ \t]*\[\[[ \t]*(?:tool\.advisor\.)?ignore[ \t]*\]\]", re.MULTILINE)


class Judged(Struct, frozen=True):
    """
    What became of the rules of one audit.
    """

    heads: tuple[Head, ...]
    """All rules that there are."""
    tried: frozenset[str]
    """Codes of those that were chosen."""
    decided: frozenset[str]
    """Codes that found something or passed somewhere."""
    undecided: frozenset[str]
    """Codes that lacked a fact somewhere."""


def judged(heads: Iterable[Head], tried: Iterable[str], outcomes: Collection[Outcome]) -> Judged:
    """
    Sort the rules of an audit by what became of them.
    """
    lacking = frozenset(one.code for one in outcomes if isinstance(one, NotEvaluated))
    decided = frozenset(one.code for one in outcomes if not isinstance(one, NotEvaluated))
    return Judged(tuple(heads), frozenset(tried), decided, lacking)


def suppressions(sieve: Sieve, rules: Judged) -> Iterator[Subject]:
    """
    Every comment, and the entries of a configuration in the audited folder.

    An entry of a farther configuration may be meant for another deployment.
    """
    entries = _entry_places(sieve)
    for number, one in enumerate(sieve.stated):
        if isinstance(one, Comment):
            codes, name, place = one.codes, one.name, one.location
        elif id(one) in entries:
            codes, name, place = (one.rule.text,), f"[[ignore]] {one.rule.text}", entries[id(one)]
        else:
            continue
        unknown = [code for code in codes if not any(_covered(code, rules.heads))]
        over = sieve.is_over(one)
        used = {code for at, code in sieve.used if at == number}
        unused = [
            code
            for code in codes
            if not over and code not in used and code not in unknown and _decided(code, rules)
        ]
        facts: dict[str, str | bool] = {
            "suppression.text": name,
            "suppression.unused": ", ".join(unused),
            "suppression.unknown": ", ".join(unknown),
            "suppression.mistake": one.mistake if isinstance(one, Comment) else "",
            "suppression.reason": one.reason,
            "suppression.reason_required": sieve.policy.require_reason,
            "suppression.until": one.until.isoformat() if one.until else "",
            "suppression.over": over,
        }
        values = {key: Value(value, Origin.LITERAL, place) for key, value in facts.items()}
        yield Subject(TARGET, name, values, place, place.path)


def _covered(code: str, heads: Iterable[Head]) -> Iterator[Head]:
    return (head for head in heads if specificity(code, head))


def _decided(code: str, rules: Judged) -> bool:
    """
    Whether the audit can tell that a suppression is not needed: all rules that it covers were
    tried, one was decided, and none lacked a fact.
    """
    covered = [*_covered(code, rules.heads)]
    if any(one.code not in rules.tried or one.code in rules.undecided for one in covered):
        return False
    return any(one.code in rules.decided or one.target in EVENTS for one in covered)


def _entry_places(sieve: Sieve) -> dict[int, Location]:
    """
    Where the entries of configurations in the audited folder stand, by identity.
    """
    places: dict[int, Location] = {}
    files: dict[str, list[Accepted]] = {}
    for one in sieve.policy.accepted:
        if one.entry and one.file and Path(one.file).is_relative_to(sieve.root):
            files.setdefault(one.file, []).append(one)
    for file, entries in files.items():
        path = relative(file, sieve.root, sieve.root)
        lines = _entry_lines(Path(file))
        exact = len(lines) == len(entries)
        for number, one in enumerate(entries):
            places[id(one)] = Location(path, lines[number] if exact else 1)
    return places


def _entry_lines(file: Path) -> list[int]:
    try:
        text = file.read_text("utf-8", "replace")
    except OSError:
        # It was there when it was loaded; the entries then stand for the file as a whole.
        return []
    return [text.count("\n", 0, match.start()) + 1 for match in _ENTRY.finditer(text)]
