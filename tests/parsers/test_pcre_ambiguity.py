"""
Expressions that take long: found, and shown by Python's own engine; and many that do not.
"""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings

from advisor.parsers.pcre.ambiguity import EXPONENTIAL, POLYNOMIAL, Blowup, blowup
from advisor.parsers.pcre.automaton import Allowance
from advisor.parsers.pcre.machine import Machine, TooManyStepsError
from advisor.parsers.pcre.pattern import Pattern, pattern
from tests.support.patterns import ANCHORED


def read(text: str) -> Pattern:
    """An expression that is understood."""
    found = pattern(text)
    assert found is not None
    return found


def steps(one: Pattern, text: bytes) -> int:
    """Steps of a search, as far as 200,000."""
    machine = Machine(one.program, text, 200_000)
    try:
        machine.search()
    except TooManyStepsError:
        return 200_000
    return machine.count


BAD = [
    "^(a+)+$",
    "^(a|a)*$",
    "^(a*)*$",
    "^(a?b?)*$",
    "^(ab|a|b)+$",
    "(x+x+)+y",
    r"^/(.*)*\.php$",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"^(\w+\s?)*$",
    "^/(?:[a-z]+-?)+/$",
    "^/(?:[^/]+/?)+x$",
    r"^(?:\d|[0-9a-f])+$",
    r"^([a-z0-9]+[._-]?)+@",
]
SLOW = ["^/.*.*.*.*x$", "^.*.*.*bot$", r"^\w*\w*\w*\w*!$"]
GOOD = [
    "^(a|b)*$",
    "^(a+)+",
    "^(?>a+)+$",
    "^(a++)+$",
    r"^([a-z]+\.)+[a-z]+$",
    "^/(?:[^/]+/)*x$",
    r"\.(jpg|jpeg|png)$",
    "^(([^/]*/)*)([^/]*)$",
    r"^/[^.]*\.[a-z]{2,5}$",
    r"^(?:.*\.)?example\.com$",
    "^/(.+/)?(.+/)?x$",
    r"^/(\d+)/(\d+)$",
    r"[^/]\.php(/|$)",
    r"^(.+?\.php)(/.*)$",
    r"^/(?:index|core/[a-z/]+)\.php(?:$|/)",
    "^/.*/.*$",
    r"^https?://([a-z0-9-]+\.)*example\.com(:\d+)?$",
    "(?i:googlebot|bingbot)",
    "^[a-z]{1,63}(?:-[a-z]{1,63}){0,3}$",
]


@pytest.mark.parametrize("text", BAD)
def test_exponential_expressions(text: str) -> None:
    one = read(text)
    found = blowup(one)
    assert found is not None
    assert found.growth == EXPONENTIAL
    assert steps(one, found.text(8)) > 5 * steps(one, found.text(4))


@pytest.mark.parametrize("text", ["^(a+)+$", "^(ab|a|b)+$", "^/(?:[a-z]+-?)+/$"])
def test_python_takes_as_long(text: str) -> None:
    """Six more repetitions multiply the time by at least 64; a busy machine leaves eight of it."""
    found = blowup(read(text))
    assert found is not None
    theirs = re.compile(text.encode())

    def seconds(times: int) -> float:
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            assert theirs.search(found.text(times)) is None
            best = min(best, time.process_time() - start)
        return best

    times = 12 // len(found.pump)
    assert seconds(times + 6) > 8 * seconds(times)


@pytest.mark.parametrize("text", SLOW)
def test_polynomial_expressions(text: str) -> None:
    found = blowup(read(text))
    assert found is not None
    assert found.growth == POLYNOMIAL


@pytest.mark.parametrize("text", GOOD)
def test_expressions_that_take_no_longer_than_squares(text: str) -> None:
    assert blowup(read(text)) is None


def test_only_texts_that_may_be_given_count() -> None:
    one = read("^/(a+)+$")
    found = blowup(one, before=b"/", accept=lambda text: b"\n" not in text)
    assert found == Blowup(EXPONENTIAL, b"/a", b"a", b"b")
    assert blowup(one, before=b"/", accept=lambda text: b"aa" not in text) is None


def test_all_expressions_together_may_use_up_a_number_of_steps() -> None:
    allowance = Allowance(60_000)
    assert blowup(read("^(a+)+$"), allowance=allowance) is not None
    assert blowup(read("^(b+)+$"), allowance=allowance) is None


@pytest.mark.parametrize(
    "text",
    [
        f"(?:[a-z]{'[a-z0-9]?' * 60})*$",
        f"^(?:{'a?' * 20})*$",
        f"^{'(?:.*' * 20}{')*' * 20}x$",
        f"^{'(?:a|b|c)*' * 30}!$",
        f"{'(?:' * 6}a*{')*' * 6}b",
    ],
)
def test_hostile_expressions_are_given_up(text: str) -> None:
    allowance = Allowance()
    blowup(read(text), allowance=allowance)
    assert allowance.left > 1_000_000


def test_what_may_match_anywhere_gets_a_beginning() -> None:
    found = blowup(read("(a+)+!"), before=b"/", accept=lambda text: text.startswith(b"/"))
    assert found is not None
    assert found.text(2).startswith(b"/a")


@settings(max_examples=100, deadline=None)
@given(ANCHORED)
def test_what_is_found_is_so(text: str) -> None:
    """Whatever is called exponential at least doubles over four repetitions, and never matches."""
    one = pattern(text)
    found = blowup(one) if one else None
    if one is not None and found is not None and found.growth == EXPONENTIAL:
        few, many = steps(one, found.text(6)), steps(one, found.text(10))
        assert many >= min(2 * few, 200_000)
        assert re.search(text.encode(), found.text(3)) is None
