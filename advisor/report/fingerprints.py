"""
What makes a finding the same finding tomorrow: shared by every format that has to recognise it.

A fingerprint holds neither lines nor values nor words: the rule, the file, what the finding is
about and the fact it points at. Comments above it, other settings and another spelling of the
message leave it alone. Equal findings of one file are numbered in the order of their places.
"""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

from advisor.model import Finding, Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LENGTH = 16
"""Hexadecimal digits of a fingerprint."""


def fingerprints(findings: Sequence[Finding]) -> list[str]:
    """
    One fingerprint for each finding of a deployment, in their order, no two of them equal.

    All findings have to be given, shown or not: what is shown must not change them.
    """
    keys = [_key(finding) for finding in findings]
    order = sorted(range(len(findings)), key=lambda at: (keys[at], *_start(findings[at]), at))
    seen: Counter[tuple[str, ...]] = Counter()
    found = [""] * len(findings)
    for at in order:
        found[at] = _hashed((*keys[at], str(seen[keys[at]])))
        seen[keys[at]] += 1
    return found


def mixed(fingerprint: str, name: str) -> str:
    """
    A fingerprint for the same finding of another deployment, where all have to differ.
    """
    return _hashed((fingerprint, name))


def _key(finding: Finding) -> tuple[str, str, str, str]:
    place = next(_locations(finding), None)
    return finding.code, place.path if place else "", _subject(finding), _fact(finding)


def _fact(finding: Finding) -> str:
    """
    The first fact that stands at the place the finding points at, empty when none does.
    """
    place = finding.mark.location if finding.mark else None
    at_place = (one.fact for one in finding.evidence if place and one.location == place)
    return next(at_place, "")


def _subject(finding: Finding) -> str:
    """
    The subject without the line numbers of files in it: ``engine in app/db.py:5``.
    """
    paths = sorted({one.path for one in _locations(finding) if one.path}, key=len, reverse=True)
    if not paths:
        return finding.subject
    known = "|".join(map(re.escape, paths))
    return re.sub(rf"(?<![\w./-])({known}):\d+", r"\1", finding.subject)


def _locations(finding: Finding) -> Iterator[Location]:
    if finding.mark:
        yield finding.mark.location
    yield from (mark.location for mark in finding.related)
    yield from (one.location for one in finding.evidence if one.location)


def _start(finding: Finding) -> tuple[int, int]:
    place = next(_locations(finding), None)
    return (place.line, place.column) if place else (0, 0)


def _hashed(parts: tuple[str, ...]) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return sha256(text).hexdigest()[:LENGTH]
