"""
An expression as steps of a small machine: the same steps are the states of its automaton.
"""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct, field

from advisor.parsers.pcre.parse import NotUnderstoodError
from advisor.parsers.pcre.tree import (
    Again,
    Assertion,
    At,
    Atomic,
    Chars,
    Choice,
    Greed,
    Group,
    Look,
    Node,
    Repeat,
    Sequence,
    Tree,
)

LONGEST = 3000
"""Steps of one expression, copies of repeated parts included."""


class Op(IntEnum):
    """
    What a step does.
    """

    CHAR = 0
    """Takes one character of `mask`."""
    SPLIT = 1
    """Goes on at `next`, or else at `other`."""
    SAVE = 2
    """Notes the place in slot `number`."""
    ASSERT = 3
    LOOK = 4
    """Tries the steps from `other` on, to a `DONE`, without taking anything."""
    ATOMIC = 5
    """Tries the steps from `other` on, to a `DONE`, and keeps the first way that works."""
    AGAIN = 6
    MARK = 7
    """Notes in slot `number` where an iteration began."""
    CHECK = 8
    """Leaves the loop for `other` when the iteration took nothing."""
    DONE = 9
    """The end of the whole, or of what a `LOOK` or `ATOMIC` tries."""


class Step(Struct):
    """
    One step. `next` and `other` are indices of steps.
    """

    op: Op
    next: int
    other: int = -1
    mask: int = 0
    number: int = 0
    at: At | None = None
    look: Look | None = None
    folded: bool = False


class Program(Struct, frozen=True, eq=False):
    """
    The steps of one expression.
    """

    steps: tuple[Step, ...]
    slots: int
    """Places that a run keeps: two per captured part, the whole included, then one per loop."""
    groups: int
    spans: tuple[tuple[int, int, int], ...]
    """Every copy of a captured part: its number, its first step and the one after its last."""


class _Builder(Struct):
    slots: int
    steps: list[Step] = field(default_factory=list)
    spans: list[tuple[int, int, int]] = field(default_factory=list)

    def add(self, step: Step) -> int:
        if len(self.steps) >= LONGEST:
            raise NotUnderstoodError("the expression has too many parts")
        self.steps.append(step)
        return len(self.steps) - 1

    def emit(self, node: Node) -> None:
        """
        Appends the steps of a part; they end by going on to the step after them.
        """
        match node:
            case Chars(mask=mask):
                self.add(Step(Op.CHAR, len(self.steps) + 1, mask=mask))
            case Sequence(items=items):
                for item in items:
                    self.emit(item)
            case Choice(options=options):
                self._choice(options)
            case Repeat():
                self._repeat(node)
            case Group(item=item, number=number):
                self._group(item, number)
            case Assertion(at=at):
                self.add(Step(Op.ASSERT, len(self.steps) + 1, at=at))
            case Again(number=number, folded=folded):
                self.add(Step(Op.AGAIN, len(self.steps) + 1, number=number, folded=folded))
            case Atomic() | Look():
                self._apart(node)

    def _apart(self, node: Atomic | Look) -> None:
        """
        A part that is tried on its own, up to a step `DONE` of its own.
        """
        look = node if isinstance(node, Look) else None
        step = Step(Op.ATOMIC if look is None else Op.LOOK, -1, look=look)
        self.add(step)
        step.other = len(self.steps)
        self.emit(node.item)
        done = self.add(Step(Op.DONE, -1))
        step.next = len(self.steps)
        self.steps[done].next = step.next

    def _group(self, item: Node, number: int) -> None:
        first = self.add(Step(Op.SAVE, len(self.steps) + 1, number=2 * number))
        self.emit(item)
        last = self.add(Step(Op.SAVE, len(self.steps) + 1, number=2 * number + 1))
        self.spans.append((number, first, last))

    def _choice(self, options: tuple[Node, ...]) -> None:
        ends: list[Step] = []
        for option in options[:-1]:
            split = self.steps[self.add(Step(Op.SPLIT, len(self.steps) + 1))]
            self.emit(option)
            ends.append(self.steps[self.add(Step(Op.SPLIT, -1))])
            split.other = len(self.steps)
        self.emit(options[-1])
        for end in ends:
            end.next = len(self.steps)

    def _repeat(self, node: Repeat) -> None:
        if node.greed is Greed.ALL:
            plain = Repeat(node.item, node.low, node.high, Greed.MANY)
            self.emit(Atomic(plain))
            return
        lazy = node.greed is Greed.FEW
        if node.high is None:
            for _ in range(node.low - 1):
                self.emit(node.item)
            self._loop(node.item, optional=node.low == 0, lazy=lazy)
            return
        for _ in range(node.low):
            self.emit(node.item)
        splits: list[Step] = []
        for _ in range(node.high - node.low):
            splits.append(self.steps[self.add(Step(Op.SPLIT, len(self.steps) + 1))])
            self.emit(node.item)
        for split in splits:
            _choose(split, inside=split.next, outside=len(self.steps), lazy=lazy)

    def _loop(self, item: Node, *, optional: bool, lazy: bool) -> None:
        before = self.steps[self.add(Step(Op.SPLIT, -1))] if optional else None
        slot, self.slots = self.slots, self.slots + 1
        start = self.add(Step(Op.MARK, len(self.steps) + 1, number=slot))
        self.emit(item)
        check = self.steps[self.add(Step(Op.CHECK, len(self.steps) + 1, number=slot))]
        again = self.steps[self.add(Step(Op.SPLIT, -1))]
        end = len(self.steps)
        check.other = end
        _choose(again, inside=start, outside=end, lazy=lazy)
        if before is not None:
            _choose(before, inside=start, outside=end, lazy=lazy)


def _choose(split: Step, *, inside: int, outside: int, lazy: bool) -> None:
    split.next, split.other = (outside, inside) if lazy else (inside, outside)


def compile_tree(tree: Tree) -> Program:
    """
    The steps of an expression. Raises `NotUnderstoodError` when they are too many.
    """
    builder = _Builder(slots=2 * (tree.groups + 1))
    builder.emit(tree.root)
    builder.add(Step(Op.DONE, -1))
    return Program(
        steps=tuple(builder.steps),
        slots=builder.slots,
        groups=tree.groups,
        spans=tuple(builder.spans),
    )


def silent(program: Program, index: int) -> tuple[int, ...]:
    """
    Where the automaton gets from a step without taking a character.

    Demands on the place, looks around and back references count as held: the automaton matches
    more than the expression.
    """
    step = program.steps[index]
    match step.op:
        case Op.CHAR:
            return ()
        case Op.SPLIT:
            return (step.next,) if step.other < 0 else (step.next, step.other)
        case Op.ATOMIC:
            return (step.other,)
        case Op.DONE:
            return (step.next,) if step.next >= 0 else ()
    return (step.next,)
