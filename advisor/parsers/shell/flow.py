"""
The ways through a script: lists, branches and loops.

Source: POSIX.1-2024, "Shell Command Language", 2.9.4 "Compound Commands".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from advisor.model import Location
from advisor.parsers.redaction import MASK
from advisor.parsers.shell.conditions import Operand, holds
from advisor.parsers.shell.expansion import Expander
from advisor.parsers.shell.model import (
    UNKNOWN,
    Apart,
    Case,
    Field,
    Function,
    Group,
    If,
    Joined,
    Loop,
    Node,
    Not,
    ShellSyntaxError,
    Simple,
    Token,
)
from advisor.parsers.shell.nodes import simples, starts_gunicorn
from advisor.parsers.shell.state import State
from advisor.parsers.shell.variables import is_pattern, merge

MAX_STEPS = 5_000
"""Commands that are gone through."""
MAX_DEPTH = 60
"""Commands within commands, those of functions included."""
_COPIED = 50
"""Variables that take about as long to copy as a command takes to run."""


class Flow:
    """
    Goes through commands in the order in which a shell would; what each does is for heirs to say.
    """

    def __init__(self, env: Mapping[str, str], hidden: frozenset[str]) -> None:
        self.env = env
        self.hidden = hidden
        self.lost: dict[Location, str] = {}
        self.left: frozenset[str] = frozenset()
        """Variables that nothing sets, for which a start of gunicorn was passed by."""
        self.functions: dict[str, Function] = {}
        self.texts: list[tuple[str, int]] = []
        """Path of the script that is gone through, and lines before its first; innermost last."""
        self.asked = False
        """Whether the last command was one that a script asks for the state of things."""
        self.guesses: frozenset[str] = frozenset()
        """Variables that nothing sets and that the last condition took for empty."""
        self.doubts = 0
        """Conditions around that are not known."""
        self.apart = 0
        """Commands around that run in the background."""
        self.seen: set[Location] = set()
        """Commands that were reached, or that are known not to be."""
        self._steps = 0
        self._depth = 0

    def run(self, nodes: Sequence[Node], state: State) -> bool | None:
        """
        Go through commands; the status of the last, None where that is not known.
        """
        status: bool | None = True
        for node in nodes:
            if state.ended or state.returned:
                self.skip([node])
            else:
                status = self.one(node, state)
        return status

    def one(self, node: Node, state: State) -> bool | None:
        """
        Go through one command.
        """
        self._steps += 1
        if self._steps > MAX_STEPS or self._depth >= MAX_DEPTH:
            state.ended = True
            self.lose(Location(self.texts[-1][0], 1), "it runs too many commands")
            return None
        self._depth += 1
        status = self._one(node, state)
        self._depth -= 1
        return status

    def _one(self, node: Node, state: State) -> bool | None:
        match node:
            case Simple():
                return self.simple(node, state)
            case Joined():
                return self._joined(node, state)
            case If():
                return self._if(node, state)
            case Case():
                return self._case(node, state)
            case Loop():
                return self._loop(node, state)
            case _:
                return self._around(node, state)

    def _around(self, node: Not | Group | Apart | Function, state: State) -> bool | None:
        match node:
            case Not():
                status = self.one(node.node, state)
                return None if status is None else not status
            case Group():
                return self.run(node.nodes, state)
            case Apart():
                return self._aside(node, state)
            case Function():
                self.functions[node.name] = node
                return True
            case _ as never:
                assert_never(never)

    def _aside(self, node: Apart, state: State) -> bool | None:
        """
        In a shell of its own nothing is set for this one, and nothing ends it.
        """
        self.apart += node.background
        for one in node.nodes:
            self.run([one], state.copy())
        self.apart -= node.background
        return True if node.background else None

    def _joined(self, node: Joined, state: State) -> bool | None:
        status: bool | None = True
        for sign, part in node.parts:
            wanted = sign != "||"
            if not sign or status is wanted:
                status = self.one(part, state) if not is_over(state) else status
            elif status is not None:
                self.skip([part], self.guesses)
            elif wanted and not self.asked:
                status = self.one(part, state)
            else:
                self._perhaps([[part]], state)
                status = None
        return status

    def _if(self, node: If, state: State) -> bool | None:
        for at, (condition, body) in enumerate(node.branches):
            self.guesses = frozenset()
            status = self.run(condition, state)
            guesses = self.guesses
            later = [part for one in node.branches[at + 1 :] for part in one]
            if status is True:
                self.skip([one for part in (*later, node.otherwise) for one in part], guesses)
                return self.run(body, state)
            if status is None:
                rest = (If(node.branches[at + 1 :], node.otherwise),)
                others = rest if node.branches[at + 1 :] else node.otherwise
                self._perhaps([list(body), list(others)], state, whole=True)
                return None
            self.skip(body, guesses)
        return self.run(node.otherwise, state)

    def _case(self, node: Case, state: State) -> bool | None:
        subject = self.text(node.subject, state)
        if subject is None or subject.plain is None or MASK in subject.plain:
            self._perhaps([list(arm.body) for arm in node.arms], state)
            return None
        taken = False
        for arm in node.arms:
            if not taken and any(self._fits(subject.plain, one, state) for one in arm.patterns):
                taken = True
                self.run(arm.body, state)
            else:
                self.skip(arm.body, subject.guessed)
        return True

    def _fits(self, text: str, pattern: Token, state: State) -> bool:
        value = self.text(pattern, state)
        if value is None or value.plain is None:
            return False
        operand = Operand(value, pattern=is_pattern(pattern.text))
        return holds([Operand(Field(text, text)), Operand(Field("==", "==")), operand]) is True

    def _loop(self, node: Loop, state: State) -> bool | None:
        if node.name:
            state.variables[node.name] = UNKNOWN
        status = None if node.keyword == "for" else self.run(node.condition, state)
        if status is None:
            self._perhaps([list(node.body)], state)
            return None
        if status is (node.keyword == "while"):
            self.run(node.body, state)
        else:
            self.skip(node.body)
        return True

    def _perhaps(
        self, branches: Sequence[Sequence[Node]], state: State, *, whole: bool = False
    ) -> None:
        """
        Go through branches of which one is run, or none unless they are the `whole` of it.
        """
        self._steps += len(branches) * len(state.variables) // _COPIED
        states = [state.copy() for _ in branches]
        self.doubts += 1
        for nodes, one in zip(branches, states, strict=True):
            self.run(nodes, one)
        self.doubts -= 1
        going = [one for one in states if not is_over(one)]
        if not whole:
            going.append(state.copy())
        if not going:
            state.ended = all(one.ended for one in states)
            state.returned = not state.ended
            return
        merge(state, going)

    def skip(self, nodes: Sequence[Node], guesses: frozenset[str] = frozenset()) -> None:
        """
        Note commands, and the functions that they call, as known not to be run.

        `guesses` are the variables that nothing sets and for which they are not.
        """
        waiting, called = list(nodes), set[str]()
        while waiting:
            for one in simples([waiting.pop()]):
                name = one.words[0].text if one.words else ""
                self.seen.add(self.place(one))
                if starts_gunicorn(one):
                    self.left |= guesses
                if name in self.functions and name not in called:
                    called.add(name)
                    waiting.append(self.functions[name].body)

    def text(self, token: Token, state: State) -> Field | None:
        """
        A word as one text, None where it cannot be read.
        """
        try:
            return self.expander(state).text(token.text)
        except ShellSyntaxError:
            return None

    def expander(self, state: State) -> Expander:
        """
        What puts the variables of a state into words.
        """
        return Expander(state, self.env, self.hidden)

    def place(self, node: Simple) -> Location:
        """
        Where a command stands.
        """
        path, before = self.texts[-1]
        return Location(path, before + (node.words[0].line if node.words else 1))

    def lose(self, place: Location, why: str) -> None:
        """
        Note that the way cannot be followed further.
        """
        self.lost.setdefault(place, why)

    def simple(self, node: Simple, state: State) -> bool | None:
        """
        Run a command.
        """
        raise NotImplementedError


def is_over(state: State) -> bool:
    """
    Whether nothing more is run in a state.
    """
    return state.ended or state.returned
