"""
Goes through a shell script the way a shell would, and notes what it runs.

Conditions that are not known split the way: what either branch runs is noted as `maybe`, and a
variable that they leave different is not known behind them. Commands outside of the script are
taken to succeed, as those of an entry point have to.

Source: POSIX.1-2024, "Shell Command Language".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.model import Location
from advisor.parsers.shell.conditions import holds
from advisor.parsers.shell.fields import MAX_WORDS
from advisor.parsers.shell.flow import Flow
from advisor.parsers.shell.grammar import parse_shell
from advisor.parsers.shell.heads import SHELLS, base, heads, separated
from advisor.parsers.shell.model import (
    UNKNOWN,
    Field,
    Function,
    Ran,
    Script,
    ShellSyntaxError,
    Simple,
    Token,
    Trace,
)
from advisor.parsers.shell.nodes import GUNICORN, simples, starts_gunicorn
from advisor.parsers.shell.state import State
from advisor.parsers.shell.variables import (
    ASSIGNMENT,
    BUILTINS,
    DECLARING,
    assign,
    assigned,
    declare,
    operands,
)

MAX_CALLS = 12
"""Functions and scripts within each other."""
MAX_REENTRIES = 3
"""How often a script may start itself, as one does that is the command of its supervisor."""
_QUESTIONS = frozenset({"command", "grep", "type", "which", "pgrep", "pg_isready", "nc", "curl"})
"""Commands that a script asks for the state of things."""


class Program(Struct, frozen=True):
    """
    One program of a supervisor that a script starts.
    """

    words: tuple[Field, ...]
    location: Location
    variables: Mapping[str, str] = field(default_factory=dict)


class Files(Protocol):
    """
    The files of a container.
    """

    def script(self, name: str, *, by_shell: bool) -> tuple[str, str] | None:
        """
        Path and text of the shell script behind a command, or behind the argument of a shell.
        """

    def programs(self, words: Sequence[str]) -> Sequence[Program] | None:
        """
        The programs of a supervisor that words start, None when they start none.
        """


class World(Struct, frozen=True):
    """
    What surrounds a script.
    """

    env: Mapping[str, str]
    files: Files
    hidden: frozenset[str] = frozenset()
    """Variables whose value must not be told."""


class Machine(Flow):
    """
    Runs commands: notes those of programs, and goes on in scripts and supervisors.
    """

    def __init__(self, world: World) -> None:
        super().__init__(world.env, world.hidden)
        self.files = world.files
        self.found: list[Ran] = []
        self.scripts: dict[str, str] = {}
        self._calls = 0
        self._read: dict[str, Script | None] = {}
        """Scripts by their paths, None for those that cannot be read."""

    def start(self, words: Sequence[Field], place: Location, *, shell: bool) -> Trace:
        """
        Run the words that a container starts with; `shell` when a shell reads their operators.
        """
        commands = list(separated(words)) if shell else [list(words)]
        state = State()
        self.texts.append((place.path, 0))
        for command in commands:
            if command and not state.ended:
                self._command(command, place, state, {})
        for script in self._read.values():
            if script is not None:
                self._unreached(script)
        return Trace(
            tuple(self.found),
            tuple(self.scripts.items()),
            tuple(sorted(self.lost.items())),
            self.left,
        )

    def simple(self, node: Simple, state: State) -> bool | None:
        """
        Run a command as it is written.
        """
        place = self.place(node)
        self.seen.add(place)
        self.asked = False
        try:
            return self._words(node.words, place, state)
        except ShellSyntaxError as error:
            if any(GUNICORN.search(one.text) for one in node.words):
                self.lose(place, str(error))
            return None

    def _words(self, words: Sequence[Token], place: Location, state: State) -> bool | None:
        if len(words) > MAX_WORDS:
            raise ShellSyntaxError("has too many words", 1)
        at = 0
        while at < len(words) and ASSIGNMENT.match(words[at].text):
            at += 1
        first = words[at].text if at < len(words) else ""
        if not first:
            for one in words:
                assign(one.text, self.expander(state))
            return True
        if first in ("[", "[[", "test"):
            self.asked = True
            found = operands(words[at:], self.expander(state))
            self.guesses = self.guesses.union(*(one.value.guessed for one in found))
            return holds(found)
        if first.startswith("((") or first == "let":
            self.asked = True
            return None
        if first in DECLARING:
            declare(first, words[at + 1 :], self.expander(state))
            return True
        expander = self.expander(state)
        fields = [one for word in words[at:] for one in expander.words(word.text)]
        own = dict(assigned(one.text, expander) for one in words[:at])
        return self._command(fields, place, state, own) if fields else True

    def _command(
        self, fields: Sequence[Field], place: Location, state: State, own: Mapping[str, Field]
    ) -> bool | None:
        """
        Run a command, whatever it turns out to be.
        """
        name = fields[0].text
        if name in BUILTINS:
            return BUILTINS[name](fields[1:], state)
        if name in ("return", "exit"):
            state.ended, state.returned = name == "exit", name == "return"
            return None
        if name in self.functions and self._calls < MAX_CALLS:
            return self._call(self.functions[name], fields[1:], state)
        if name in (".", "source") and len(fields) > 1:
            return self._sourced(fields[1:], state)
        if name == "eval":
            if any(GUNICORN.search(one.text) for one in fields):
                self.lose(place, "eval is not followed")
            return None
        self._followed(fields, place, state, own)
        state.ended = state.ended or (name == "exec" and len(fields) > 1)
        self.asked = name in _QUESTIONS
        return None

    def _sourced(self, fields: Sequence[Field], state: State) -> bool | None:
        """
        Go through a file as if it stood here.
        """
        found = self._script(fields[0].text, by_shell=True)
        script = self._parsed(*found, inline=False) if found and self._calls < MAX_CALLS else None
        if script is None:
            return None
        self._calls += 1
        self.texts.append((script.path, 0))
        status = self.run(script.nodes, state)
        self.texts.pop()
        self._calls -= 1
        state.returned = False
        return status

    def _call(self, function: Function, arguments: Sequence[Field], state: State) -> bool | None:
        before = state.arguments
        state.arguments = tuple(arguments)
        self._calls += 1
        status = self.one(function.body, state)
        self._calls -= 1
        state.arguments, state.returned = before, False
        return status

    def _followed(
        self, fields: Sequence[Field], place: Location, state: State, own: Mapping[str, Field]
    ) -> None:
        """
        Go on in the script, or in the programs of the supervisor, that a command starts.
        """
        texts = [one.text for one in fields]
        for at in heads(texts):
            rest = fields[at:]
            if base(texts[at]) in SHELLS and self._by_shell(rest, place, state, own):
                return
            script = self._script(texts[at], by_shell=False)
            if script is not None and self._within(*script, rest[1:], state, own):
                return
            programs = self.files.programs(texts[at:])
            if programs is not None and self._calls < MAX_CALLS:
                self._supervise(programs, state)
                return
        environment = {**self._exported(state), **own}
        if fields[0].shown == UNKNOWN.shown and len(fields) == 1:
            return
        self.found.append(
            Ran(
                tuple(fields),
                place,
                maybe=self.doubts > 0,
                background=self.apart > 0,
                environment=environment,
            )
        )

    def _by_shell(
        self,
        fields: Sequence[Field],
        place: Location,
        state: State,
        own: Mapping[str, Field],
    ) -> bool:
        """
        Run what a shell is given: a text behind ``-c``, or a script.
        """
        rest = list(fields[1:])
        while rest and rest[0].text[:1] in "-+" and rest[0].text:
            flag = rest.pop(0).text
            if not flag.startswith("--") and "c" in flag and rest:
                return self._text_of_shell(rest[0], rest[2:], place, state, own)
            if flag in ("-o", "+o", "-O", "+O", "--rcfile", "--init-file") and rest:
                rest.pop(0)
        script = self._script(rest[0].text, by_shell=True) if rest else None
        return script is not None and self._within(*script, rest[1:], state, own)

    def _text_of_shell(
        self,
        text: Field,
        arguments: Sequence[Field],
        place: Location,
        state: State,
        own: Mapping[str, Field],
    ) -> bool:
        if text.plain is None and not text.handed:
            return False
        written = text.place or place
        return self._within(written.path, text.text, arguments, state, own, line=written.line)

    def _within(
        self,
        path: str,
        text: str,
        arguments: Sequence[Field],
        state: State,
        own: Mapping[str, Field],
        *,
        line: int = 0,
    ) -> bool:
        """
        Go through another script; False when it cannot be read as one.
        """
        within = [one for one, _ in self.texts[1:]]
        if self._calls >= MAX_CALLS or (not line and within.count(path) >= MAX_REENTRIES):
            return False
        script = self._parsed(path, text, inline=bool(line))
        if script is None:
            return False
        functions, self.functions = self.functions, {}
        # Only what is exported reaches it.
        variables = {**self._exported(state), **own}
        inner = State(variables, exported=set(variables), arguments=tuple(arguments))
        self._calls += 1
        self.texts.append((path, line - 1 if line else 0))
        self.run(script.nodes, inner)
        self.texts.pop()
        self._calls -= 1
        self.functions = functions
        return True

    def _parsed(self, path: str, text: str, *, inline: bool) -> Script | None:
        if not inline and path in self._read:
            return self._read[path]
        script = None
        try:
            script = parse_shell(path, text)
        except ShellSyntaxError as error:
            if not inline and GUNICORN.search(text):
                self.lose(Location(path, max(error.line, 1)), str(error))
        if not inline:
            self.scripts[path] = text
            self._read[path] = script
        return script

    def _supervise(self, programs: Sequence[Program], state: State) -> None:
        self._calls += 1
        self.apart += 1
        for program in programs:
            own = {name: Field(text, text) for name, text in program.variables.items()}
            inner = State({**self._exported(state), **own})
            inner.exported = set(inner.variables)
            expander = self.expander(inner)
            words = [
                replace(expander.text(f'"{one.shown}"'), place=one.place)
                if "${" in one.shown and '"' not in one.shown
                else one
                for one in program.words
            ]
            if words:
                self._command(words, program.location, inner, {})
        self.apart -= 1
        self._calls -= 1

    def _script(self, name: str, *, by_shell: bool) -> tuple[str, str] | None:
        if not name or name.startswith("-") or "$" in name:
            return None
        return self.files.script(name, by_shell=by_shell)

    def _exported(self, state: State) -> dict[str, Field]:
        """
        Variables of the script that the commands see: exported, or there before it.
        """
        there = self.env.keys() | self.hidden
        return {
            name: value
            for name, value in state.variables.items()
            if name in state.exported or name in there
        }

    def _unreached(self, script: Script) -> None:
        """
        Note starts of gunicorn in a script that no way led to.
        """
        for one in simples(script.nodes):
            place = Location(script.path, one.words[0].line if one.words else 1)
            if starts_gunicorn(one) and place not in self.seen:
                self.lose(place, "what calls it is not known")
