"""
Texts that show what an expression can do: shortest ones, found in its automaton.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import lru_cache

from advisor.parsers.pcre import Where, charset
from advisor.parsers.pcre.program import Op, Program, silent

_STATES = 20_000
"""Pairs of step and progress that are looked at for one question."""


@lru_cache(maxsize=2048)
def capturing(program: Program, number: int, wanted: bytes, where: Where) -> bytes | None:
    """
    A text that the automaton matches with `wanted` in captured part `number`.

    It is a suggestion: the demands that the automaton does not know may refuse it. None when
    there is no such text (or too much to search). Number 0 is the whole match.
    """
    spans = [(first, last) for one, first, last in program.spans if one == number]
    if number == 0:
        spans = [(-1, len(program.steps))]
    return next((text for span in spans if (text := _search(program, span, wanted, where))), None)


def _search(program: Program, span: tuple[int, int], wanted: bytes, where: Where) -> bytes | None:
    """
    Breadth first over pairs of step and progress.

    Progress 0 is before the wanted text, 1 … len(wanted) − 1 within it, len(wanted) behind it.
    """
    start = (0, 0)
    came: dict[tuple[int, int], tuple[tuple[int, int], int]] = {}
    seen = {start}
    queue = deque([start])
    while queue and len(seen) < _STATES:
        state = queue.popleft()
        index, progress = state
        step = program.steps[index]
        if step.op is Op.DONE and step.next < 0:
            if progress == len(wanted):
                return _trace(came, state)
            continue
        if step.op is Op.CHAR:
            inside = span[0] < index < span[1]
            after = _taken(step.mask, step.next, progress, wanted, where if inside else None)
        else:
            moves = _allowed(program, index, progress, span, len(wanted), where)
            after = ((one, progress, -1) for one in moves)
        for following, reached, char in after:
            new = (following, reached)
            if new not in seen:
                seen.add(new)
                came[new] = (state, char)
                queue.append(new)
    return None


def _taken(
    mask: int, following: int, progress: int, wanted: bytes, inside: Where | None
) -> Iterator[tuple[int, int, int]]:
    """
    What taking a character leads to. `inside` is None outside of the captured part.
    """
    if not mask:
        return
    whole = progress == len(wanted)
    free = inside in (None, Where.ANYWHERE) or (whole and inside is Where.FIRST)
    if free and progress in (0, len(wanted)):
        yield following, progress, charset.sample(mask)
    if not whole and inside is not None and charset.has(mask, wanted[progress]):
        yield following, progress + 1, wanted[progress]


def _allowed(
    program: Program, index: int, progress: int, span: tuple[int, int], length: int, where: Where
) -> tuple[int, ...]:
    """
    Silent moves, without those that leave the part with the wanted text cut short.
    """
    moves = silent(program, index)
    if 0 < progress < length:
        return tuple(one for one in moves if span[0] < one <= span[1] and index != span[1])
    if where is not Where.ANYWHERE and progress == 0 and index == span[1]:
        return ()
    return moves


def _trace(
    came: dict[tuple[int, int], tuple[tuple[int, int], int]], state: tuple[int, int]
) -> bytes:
    chars: list[int] = []
    while state in came:
        state, char = came[state]
        if char >= 0:
            chars.append(char)
    return bytes(reversed(chars))
