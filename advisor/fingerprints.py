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

from msgspec.structs import replace

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
    causes = [finding.root_cause for finding in findings]
    places = [_start(finding) for finding in findings]
    order = sorted(range(len(findings)), key=lambda at: (keys[at], places[at], causes[at], at))
    seen: Counter[tuple[str, ...]] = Counter()
    found = [""] * len(findings)
    for at in order:
        found[at] = _hashed((*keys[at], str(seen[keys[at]])))
        seen[keys[at]] += 1
    return found


def fingerprinted(findings: Sequence[Finding]) -> list[Finding]:
    """
    The findings, each with its fingerprint; all of a deployment, before any are merged.
    """
    pairs = zip(findings, fingerprints(findings), strict=True)
    return [replace(finding, fingerprint=found) for finding, found in pairs]


def mixed(fingerprint: str, name: str) -> str:
    """
    A fingerprint for the same finding of another deployment, where all have to differ.
    """
    return _hashed((fingerprint, name))


def _key(finding: Finding) -> tuple[str, str, str, str]:
    place = _place(finding)
    fact = finding.mark.fact if finding.mark else ""
    return finding.code, place.path if place else "", _subject(finding), fact


def _subject(finding: Finding) -> str:
    """
    The subject without the line numbers of files in it: ``engine in app/db.py:5``.
    """
    if ":" not in finding.subject:
        return finding.subject
    named = {one.path for one in _locations(finding) if one.path}
    paths = [one for one in named if f"{one}:" in finding.subject]
    if not paths:
        return finding.subject
    known = "|".join(re.escape(one) for one in sorted(paths, key=len, reverse=True))
    return re.sub(rf"(?<![\w./-])({known}):\d+", r"\1", finding.subject)


def _locations(finding: Finding) -> Iterator[Location]:
    if finding.mark:
        yield finding.mark.location
    yield from (mark.location for mark in finding.related)
    yield from (one.location for one in finding.evidence if one.location)


def _place(finding: Finding) -> Location | None:
    return finding.mark.location if finding.mark else next(_locations(finding), None)


def _start(finding: Finding) -> tuple[int, int]:
    place = _place(finding)
    return (place.line, place.column) if place else (0, 0)


def _hashed(parts: tuple[str, ...]) -> str:
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return sha256(text).hexdigest()[:LENGTH]
