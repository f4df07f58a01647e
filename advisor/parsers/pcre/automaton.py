"""
The automaton of an expression: which characters may follow which, and in how many ways.

Its states are the steps that take a character. It takes demands on the place, looks around and
back references for granted, so it matches at least what the expression matches: what is found in
it is tried on the `Machine` before anybody is told.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from functools import cached_property
from typing import TypeVar

from msgspec import Struct

from advisor.parsers.pcre.program import Op, Program, silent

N = TypeVar("N", bound=Hashable)

BUDGET = 50_000
"""Silent steps that are followed for one expression."""
END = -1
"""The state after the last character."""


class TooLargeError(Exception):
    """
    The automaton was not built: it would take too long.
    """


class Allowance(Struct):
    """
    Steps that are left for the expressions of one configuration, however hostile.
    """

    left: int = 3_000_000

    def take(self, steps: int) -> None:
        """
        Use some up. Raises `TooLargeError` when none are left.
        """
        self.left -= steps
        if self.left < 0:
            raise TooLargeError


class Automaton:
    """
    States of a program, and the ways between them.
    """

    def __init__(self, program: Program, allowance: Allowance | None = None) -> None:
        self.program = program
        self._budget = BUDGET
        self._allowance = allowance or Allowance()

    @cached_property
    def begin(self) -> Mapping[int, int]:
        """
        States that the first character may be taken in, with the number of ways there.
        """
        return self._reach(0)

    @cached_property
    def follow(self) -> Mapping[int, Mapping[int, int]]:
        """
        By state: the states after it, `END` among them, with the number of ways, 2 for more.

        Two ways to one state are two ways to match one text. Raises `TooLargeError`.
        """
        found: dict[int, Mapping[int, int]] = {}
        waiting = list(self.begin)
        while waiting:
            state = waiting.pop()
            if state == END or state in found or not self.mask(state):
                continue
            found[state] = self._reach(self.program.steps[state].next)
            waiting += found[state]
        return found

    def mask(self, state: int) -> int:
        """
        The characters that a state takes.
        """
        return self.program.steps[state].mask

    @cached_property
    def parts(self) -> Mapping[int, int]:
        """
        By state: the number of its strongly connected part.
        """
        edges = {state: list(after) for state, after in self.follow.items()}
        return {state: number for number, part in enumerate(components(edges)) for state in part}

    @cached_property
    def looping(self) -> frozenset[int]:
        """
        States that can be come back to.
        """
        sizes: dict[int, int] = {}
        for number in self.parts.values():
            sizes[number] = sizes.get(number, 0) + 1
        return frozenset(
            state
            for state, number in self.parts.items()
            if sizes[number] > 1 or state in self.follow[state]
        )

    def _reach(self, start: int) -> Mapping[int, int]:
        """
        States that are reached without a character, by how many different ways.

        A way never takes the same turn twice: engines leave a loop whose iteration took nothing.
        """
        ways: dict[int, int] = {}
        stack: list[tuple[int, Iterator[int]]] = [(start, self._visit(start, ways))]
        turns: set[tuple[int, int]] = set()
        while stack:
            index, after = stack[-1]
            following = next(after, None)
            if following is None:
                stack.pop()
                turns.discard((stack[-1][0], index) if stack else (start, start))
            elif (index, following) not in turns:
                turns.add((index, following))
                stack.append((following, self._visit(following, ways)))
        return ways

    def _visit(self, index: int, ways: dict[int, int]) -> Iterator[int]:
        self._budget -= 1
        self._allowance.take(1)
        if self._budget < 0:
            raise TooLargeError
        step = self.program.steps[index]
        if step.op is Op.CHAR:
            ways[index] = min(2, ways.get(index, 0) + 1)
        elif step.op is Op.DONE and step.next < 0:
            ways[END] = min(2, ways.get(END, 0) + 1)
        return iter(silent(self.program, index))


def components(edges: Mapping[N, list[N]]) -> Iterator[list[N]]:
    """
    Strongly connected parts of a graph (Tarjan), without recursion.

    Edges to what has no entry of its own are left out.
    """
    order: dict[N, int] = {}
    low: dict[N, int] = {}
    path: list[N] = []
    on_path: set[N] = set()
    for root in edges:
        if root in order:
            continue
        work = [(root, iter(edges[root]))]
        order[root] = low[root] = len(order)
        path.append(root)
        on_path.add(root)
        while work:
            node, after = work[-1]
            child = next((one for one in after if one in edges), None)
            if child is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    cut = path.index(node)
                    part, path[cut:] = path[cut:], []
                    on_path.difference_update(part)
                    yield part
            elif child not in order:
                order[child] = low[child] = len(order)
                path.append(child)
                on_path.add(child)
                work.append((child, iter(edges[child])))
            elif child in on_path:
                low[node] = min(low[node], order[child])
