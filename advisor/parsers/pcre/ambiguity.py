"""
Expressions that a short text keeps busy for long: exponential and polynomial backtracking.

A backtracking engine takes exponentially long exactly when some text leads from a state of the
automaton back to it in two ways (and what follows can fail); polynomially when a text loops in one
state, leads from it to another, and loops there as well. Both are looked for in the automaton, and
what is found is tried: only a text that makes the counted steps grow as foretold is reported.
Source: N. Weideman et al., "Analyzing Matching Time Behavior of Backtracking Regular Expression
Matchers by Using Ambiguity of NFA", CIAA 2016.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Mapping
from itertools import islice, pairwise
from typing import TypeAlias, TypeVar

from msgspec import Struct

from advisor.parsers.pcre import charset
from advisor.parsers.pcre.automaton import END, Allowance, Automaton, TooLargeError, components
from advisor.parsers.pcre.machine import Machine, TooManyStepsError
from advisor.parsers.pcre.pattern import Accept, Pattern
from advisor.parsers.pcre.program import Op

EXPONENTIAL = "exponential"
POLYNOMIAL = "polynomial"

_EDGES = 400_000
"""Pairs of moves that are looked at in one loop of an expression."""
_PUMPS = 6
"""Texts to repeat that are tried at most."""
_LIMIT = 20_000
"""Steps of one trial whether the growth is exponential."""
_FEW = 5
"""Repetitions for which no polynomial that is met in practice uses up these steps."""
_MOST = 13
"""Repetitions in such a trial."""
_LONG_LIMIT = 150_000
"""Steps of one trial whether it is cubic."""
_GROWTH = 1.6
"""Factor by which each further repetition must multiply the steps to be called exponential."""
_CUBIC = 4.7
"""
Factor by which doubling the repetitions must multiply the steps: n³ nears 8, n² stays below 4.
"""

Pair: TypeAlias = tuple[int, int]
N = TypeVar("N", bound=Hashable)


class Blowup(Struct, frozen=True):
    """
    A family of texts that takes an expression long: `before`, `pump` again and again, `after`.
    """

    growth: str
    """`EXPONENTIAL` or `POLYNOMIAL` (cubic or worse)."""
    before: bytes
    pump: bytes
    after: bytes

    def text(self, times: int) -> bytes:
        """
        The text with so many repetitions.
        """
        return self.before + self.pump * times + self.after


def blowup(
    pattern: Pattern,
    *,
    before: bytes = b"",
    accept: Accept = bool,
    allowance: Allowance | None = None,
) -> Blowup | None:
    """
    Texts that take the expression exponentially long, else at least cubically, else None.

    Only texts that `accept` takes count, and `before` stands before what may match anywhere. None
    also where the automaton is too large to tell, or the allowance is used up.
    """
    lead = b"" if pattern.anchored else before
    loops = sum(1 for step in pattern.program.steps if step.op is Op.MARK)
    if not loops:
        return None
    allowed = allowance or Allowance()
    automaton = Automaton(pattern.program, allowed)
    trial = _Trial(pattern, lead, accept, allowed)
    try:
        pumps = list(islice(_doubles(automaton, allowed), _PUMPS))
        found = _first(trial, automaton, pumps, EXPONENTIAL)
        if found is None and loops > 2:
            pumps = list(islice(_chains(automaton), _PUMPS))
            found = _first(trial, automaton, pumps, POLYNOMIAL)
    except TooLargeError:
        return None
    return found


class _Trial(Struct, frozen=True):
    """
    What a suggestion is tried with.
    """

    pattern: Pattern
    lead: bytes
    accept: Accept
    allowance: Allowance

    def confirms(self, blow: Blowup) -> bool:
        """
        Whether the texts may be given, are not matched, and take as many steps as foretold.
        """
        if not self.accept(blow.text(3)) or self.pattern.matches(blow.text(1)) is not False:
            return False
        if blow.growth == EXPONENTIAL:
            return self._is_exponential(blow)
        return self._is_cubic(blow)

    def _is_exponential(self, blow: Blowup) -> bool:
        """
        Whether each of several repetitions multiplies the steps.
        """
        counted: list[int] = []
        for times in range(1, _MOST + 1):
            steps = self._steps(blow.text(times), _LIMIT)
            if steps is None:
                return False
            counted.append(steps)
            if steps >= _LIMIT and times <= _FEW:
                return True
            if steps >= _LIMIT:
                break
        rises = [more >= _GROWTH * less for less, more in pairwise(counted[:-1])]
        return len(rises) >= 3 and all(rises[-3:])

    def _is_cubic(self, blow: Blowup) -> bool:
        """
        Whether doubling the repetitions multiplies the steps by more than squares do, twice.
        """
        counted = [self._steps(blow.text(times), _LONG_LIMIT) for times in (8, 16, 32)]
        few, more, most = (one or 0 for one in counted)
        if few >= _LONG_LIMIT:
            return True
        return 0 < few * _CUBIC <= more and min(more * _CUBIC, _LONG_LIMIT) <= most

    def _steps(self, text: bytes, limit: int) -> int | None:
        """
        Steps of one try that fails, at most `limit`; None if it matches.
        """
        machine = Machine(self.pattern.program, text, limit)
        try:
            matched = machine.match(len(self.lead)).matched
        except TooManyStepsError:
            return limit
        finally:
            self.allowance.take(machine.count)
        return None if matched else machine.count


def _first(
    trial: _Trial, automaton: Automaton, pumps: Iterable[tuple[int, bytes]], growth: str
) -> Blowup | None:
    for state, pump in pumps:
        before = trial.lead + _way_to(automaton, state)
        rest = _way_out(automaton, state)
        for after in _failing(trial.pattern, pump, rest):
            blow = Blowup(growth, before, pump, after)
            if trial.confirms(blow):
                return blow
    return None


def _failing(pattern: Pattern, pump: bytes, rest: bytes) -> Iterator[bytes]:
    """
    Texts to end with so that a match may fail.

    With `rest`, what would lead to a match, they first hold the characters that engines look for
    before they begin.
    """
    used = 0
    for step in pattern.program.steps:
        used |= step.mask
    unused = charset.EVERYTHING & ~used & ~charset.of(b"\0")
    extra = (bytes([charset.sample(unused)]),) if unused else ()
    usual = (b"\n", b"\n\n", b"!", b"\x01", b"", b"/", pump[:1] + b"\n")
    for after in dict.fromkeys((*extra, *usual)):
        if rest:
            yield after + rest
        yield after


def _doubles(automaton: Automaton, allowance: Allowance) -> Iterator[tuple[int, bytes]]:
    """
    States with a text that leads back to them in two ways.
    """
    for state in automaton.looping:
        for after, ways in automaton.follow[state].items():
            if ways > 1 and automaton.parts.get(after) == automaton.parts[state]:
                yield _twofold(automaton, state, after)
    parts: dict[int, list[int]] = {}
    for state in automaton.looping:
        parts.setdefault(automaton.parts[state], []).append(state)
    for part in parts.values():
        edges = sum(len(automaton.follow[state]) for state in part)
        if edges**2 > _EDGES:
            raise TooLargeError
        allowance.take(edges**2)
        yield from _diverging(automaton, part)


def _twofold(automaton: Automaton, state: int, after: int) -> tuple[int, bytes]:
    """
    A loop over an edge that stands for two silent ways.
    """
    back = _shortest(after, lambda one: _same_part(automaton, one), {state})
    way = [after, *back] if after != state else [state]
    return state, bytes(charset.sample(automaton.mask(one)) for one in way)


def _same_part(automaton: Automaton, state: int) -> Iterator[int]:
    number = automaton.parts[state]
    return (one for one in automaton.follow[state] if automaton.parts.get(one) == number)


def _diverging(automaton: Automaton, part: list[int]) -> Iterator[tuple[int, bytes]]:
    """
    Loops in the product of a part with itself that leave the diagonal and come back to it.
    """
    inside = set(part)

    def after(pair: Pair) -> Iterator[Pair]:
        for left in automaton.follow[pair[0]]:
            if left not in inside:
                continue
            mask = automaton.mask(left)
            for right in automaton.follow[pair[1]]:
                if right in inside and mask & automaton.mask(right):
                    yield left, right

    edges: dict[Pair, list[Pair]] = {}
    waiting: list[Pair] = [(state, state) for state in part]
    while waiting:
        pair = waiting.pop()
        if pair not in edges:
            edges[pair] = list(after(pair))
            waiting += edges[pair]
    for component in components(edges):
        pairs: set[Pair] = set(component)
        level = next((pair for pair in sorted(pairs) if pair[0] == pair[1]), None)
        apart = {pair for pair in pairs if pair[0] != pair[1]}
        if level is not None and apart:
            yield level[0], _round_trip(automaton, edges, level, apart)


def _round_trip(
    automaton: Automaton, edges: Mapping[Pair, list[Pair]], level: Pair, apart: set[Pair]
) -> bytes:
    out = _shortest(level, lambda one: edges[one], apart)
    back = _shortest(out[-1], lambda one: edges[one], {level})
    return bytes(
        charset.sample(automaton.mask(left) & automaton.mask(right)) for left, right in out + back
    )


def _chains(automaton: Automaton) -> Iterator[tuple[int, bytes]]:
    """
    States that loop on one character and lead by that character to two others that do.
    """
    loops = [one for one in sorted(automaton.looping) if one in automaton.follow[one]]
    seen: set[int] = set()
    for state in loops:
        for char in _common(automaton, state, loops):
            reached = _reached_by(automaton, state, char)
            if char not in seen and len(reached.intersection(loops)) > 2:
                seen.add(char)
                yield state, bytes([char])


def _common(automaton: Automaton, state: int, loops: list[int]) -> Iterator[int]:
    for other in loops:
        mask = automaton.mask(state) & automaton.mask(other)
        if other != state and mask:
            yield charset.sample(mask)


def _reached_by(automaton: Automaton, state: int, char: int) -> set[int]:
    found: set[int] = set()
    waiting = [state]
    while waiting:
        one = waiting.pop()
        if one in found or one == END or not charset.has(automaton.mask(one), char):
            continue
        found.add(one)
        waiting += automaton.follow.get(one, {})
    return found


def _way_to(automaton: Automaton, state: int) -> bytes:
    """
    The shortest text whose last character is taken by a state.
    """

    def after(one: int) -> Iterable[int]:
        following = automaton.begin if one == END else automaton.follow.get(one, {})
        return (item for item in following if item != END and automaton.mask(item))

    return bytes(charset.sample(automaton.mask(one)) for one in _shortest(END, after, {state}))


def _way_out(automaton: Automaton, state: int) -> bytes:
    """
    The shortest text from a state to the end.
    """
    way = _shortest(state, lambda one: automaton.follow.get(one, {}), {END})
    return bytes(charset.sample(automaton.mask(one)) for one in way if one != END)


def _shortest(start: N, after: Callable[[N], Iterable[N]], goals: Container[N]) -> list[N]:
    """
    The nodes after the start on a shortest way of at least one step to a goal; empty for none.
    """
    came: dict[N, N] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for following in after(node):
            if following in goals:
                way = [following]
                while node != start:
                    way.append(node)
                    node = came[node]
                return way[::-1]
            if following not in came and following != start:
                came[following] = node
                queue.append(following)
    return []
