"""
Runs the steps of an expression over a text, by backtracking as PCRE does, and counts.
"""

from __future__ import annotations

from msgspec import Struct

from advisor.parsers.pcre import charset
from advisor.parsers.pcre.program import Op, Program, Step
from advisor.parsers.pcre.tree import At, Look

STEPS = 10_000
"""Steps after which a run gives up when nobody says otherwise."""
_DEEPEST = 20


class TooManyStepsError(Exception):
    """
    The run was given up: it is not known whether the text matches.
    """


class Run(Struct, frozen=True):
    """
    What came of matching a text.
    """

    matched: bool
    steps: int
    spans: tuple[tuple[int, int] | None, ...] = ()
    """Where the whole and each captured part lie; None for a part that took no part."""

    def group(self, text: bytes, number: int) -> bytes | None:
        """
        The text of a captured part, None when there is none.
        """
        span = self.spans[number] if number < len(self.spans) else None
        return None if span is None else text[span[0] : span[1]]


class Machine:
    """
    Matches one text.
    """

    def __init__(self, program: Program, text: bytes, limit: int = STEPS) -> None:
        self._program = program
        self._text = text
        self._limit = limit
        self.count = 0

    def search(self) -> Run:
        """
        The first match from any place on. Raises `TooManyStepsError`.
        """
        for start in range(len(self._text) + 1):
            run = self.match(start)
            if run.matched:
                return run
        return Run(matched=False, steps=self.count)

    def match(self, start: int = 0) -> Run:
        """
        The first match that begins at a place. Raises `TooManyStepsError`.
        """
        slots = [-1] * self._program.slots
        slots[0] = start
        found = self._run(0, start, tuple(slots), 0)
        if found is None:
            return Run(matched=False, steps=self.count)
        end, kept = found
        pairs = [(kept[2 * n], kept[2 * n + 1]) for n in range(self._program.groups + 1)]
        pairs[0] = (start, end)
        spans = tuple(None if -1 in pair else pair for pair in pairs)
        return Run(matched=True, steps=self.count, spans=spans)

    def _run(
        self, first: int, start: int, slots: tuple[int, ...], depth: int, end: int = -1
    ) -> tuple[int, tuple[int, ...]] | None:
        """
        Place and slots at the first `DONE` that is reached, at `end` if that is given.
        """
        if depth > _DEEPEST:
            raise TooManyStepsError
        waiting = [(first, start, slots)]
        while waiting:
            index, place, slots = waiting.pop()
            while index >= 0:
                self.count += 1
                if self.count > self._limit:
                    raise TooManyStepsError
                step = self._program.steps[index]
                if step.op is Op.CHAR:
                    fits = place < len(self._text) and step.mask >> self._text[place] & 1
                    index, place = (step.next, place + 1) if fits else (-1, place)
                elif step.op is Op.SPLIT:
                    if step.other >= 0:
                        waiting.append((step.other, place, slots))
                    index = step.next
                elif step.op is Op.DONE:
                    if end in (-1, place):
                        return place, slots
                    index = -1
                else:
                    index, place, slots = self._special(step, place, slots, depth)
        return None

    def _special(
        self, step: Step, place: int, slots: tuple[int, ...], depth: int
    ) -> tuple[int, int, tuple[int, ...]]:
        """
        The next step, place and slots; a next step of -1 is a failure.
        """
        match step.op:
            case Op.SAVE | Op.MARK:
                changed = (*slots[: step.number], place, *slots[step.number + 1 :])
                return step.next, place, changed
            case Op.CHECK:
                empty = slots[step.number] == place
                return step.other if empty else step.next, place, slots
            case Op.ASSERT:
                holds = step.at is not None and _holds(step.at, self._text, place)
                return step.next if holds else -1, place, slots
            case Op.AGAIN:
                taken = self._again(step, place, slots)
                return (-1, place, slots) if taken is None else (step.next, taken, slots)
            case Op.ATOMIC:
                found = self._run(step.other, place, slots, depth + 1)
                return (-1, place, slots) if found is None else (step.next, *found)
        look = step.look
        found = self._look(step, look, place, slots, depth) if look else None
        if look is None or (found is None) is not look.negative:
            return -1, place, slots
        return step.next, place, slots if found is None else found[1]

    def _look(
        self, step: Step, look: Look, place: int, slots: tuple[int, ...], depth: int
    ) -> tuple[int, tuple[int, ...]] | None:
        if look.ahead:
            return self._run(step.other, place, slots, depth + 1)
        for start in range(place, -1, -1):
            found = self._run(step.other, start, slots, depth + 1, end=place)
            if found is not None:
                return found
        return None

    def _again(self, step: Step, place: int, slots: tuple[int, ...]) -> int | None:
        first, last = slots[2 * step.number], slots[2 * step.number + 1]
        if first < 0 or last < 0:
            return None
        wanted = self._text[first:last]
        found = self._text[place : place + len(wanted)]
        same = found.lower() == wanted.lower() if step.folded else found == wanted
        return place + len(wanted) if same else None


def _holds(at: At, text: bytes, place: int) -> bool:
    match at:
        case At.START:
            return place == 0
        case At.LINE_START:
            return place == 0 or (text[place - 1] == ord("\n") and place < len(text))
        case At.VERY_END:
            return place == len(text)
        case At.END:
            return place == len(text) or text[place:] == b"\n"
        case At.LINE_END:
            return place == len(text) or text[place] == ord("\n")
    word = _is_word(text, place - 1) is not _is_word(text, place)
    return word is (at is At.WORD)


def _is_word(text: bytes, place: int) -> bool:
    return 0 <= place < len(text) and charset.has(charset.WORD, text[place])
