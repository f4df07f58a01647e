"""
Correct configurations made wrong in one place.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from advisor.parsers._nginx_lexer import TOKEN_WITH_BRACES

PER_KIND = 1
"""Mutants of each kind that one text gives."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """
    A text with one mistake.
    """

    kind: str
    text: str
    line: int
    """Where the mistake is; of a brace that is gone, where its block begins."""


def mutants(text: str, seed: str) -> Iterator[Mutant]:
    """
    One of each kind that the text allows, at random places; always the same for one seed.
    """
    chance = random.Random(seed)  # noqa: S311 - the same every time
    places = _places(text)
    for kind, (at, change) in _KINDS.items():
        found = places.get(at, [])
        for place, line in chance.sample(found, min(PER_KIND, len(found))):
            changed = text[: place[0]] + change(text[place[0] : place[1]]) + text[place[1] :]
            yield Mutant(kind, changed, line)


_KINDS: dict[str, tuple[str, Callable[[str], str]]] = {
    "closing brace dropped": ("}", lambda _: ""),
    "opening brace dropped": ("{", lambda _: ""),
    "semicolon dropped": (";", lambda _: ""),
    "semicolon doubled": (";", lambda _: ";;"),
    "stray closing brace": (";", lambda _: "; }"),
    "stray opening brace": (";", lambda _: "; {"),
    "opening quote dropped": ("quoted", lambda word: word[1:]),
    "closing quote dropped": ("quoted", lambda word: word[:-1]),
    "stray quote": (";", lambda _: '; "'),
    "quote before the semicolon": (";", lambda _: " ';"),
}
Places = dict[str, list[tuple[tuple[int, int], int]]]


def _places(text: str) -> Places:
    """
    Offsets of marks and quoted words, and the lines to name when they are wrong.
    """
    found: Places = {}
    opened: list[int] = []
    position, first = 0, 0
    while match := TOKEN_WITH_BRACES.match(text, position):
        kind = match.lastgroup or ""
        position = match.end()
        if kind == "end":
            break
        start = match.start(kind)
        line = text.count("\n", 0, start) + 1
        if kind in ("word", "quoted"):
            first = first or line
        if kind == "quoted":
            found.setdefault(kind, []).append((match.span(kind), line))
        elif kind == "mark":
            mark = match[kind]
            if mark == "{":
                opened.append(first)
            named = opened.pop() if mark == "}" else line
            found.setdefault(mark, []).append((match.span(kind), named))
            first = 0
    return found
