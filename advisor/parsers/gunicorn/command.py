"""
Command lines of gunicorn: which flag sets what.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import msgspec
from msgspec import Struct

from advisor import regex
from advisor.catalog import gunicorn as catalog
from advisor.catalog.gunicorn import Arity, GunicornSetting, Version
from advisor.model import Location
from advisor.model.discreet import Discreet
from advisor.parsers.gunicorn.launch import find_launch

_LONE = regex.lazy(r"\$(?:[@*]|\w+|\{\w+(?::?[-+=?][^{}]*)?\}|\((?!\()[^()]*\))")
"""A word that is nothing but a variable, or what another command prints."""
_ARGUMENTS = regex.lazy(r"[@*]|OPT|ARG|FLAG|PARAM|EXTRA", re.IGNORECASE)
"""Names of variables that hold arguments, several of them or none."""


class Flag(Discreet, frozen=True):
    """
    One flag with its value.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"text"})

    setting: GunicornSetting
    written: str
    """As written, without the value: ``--workers``, ``-w``."""
    text: str | None
    """The value as written, None for a flag without one. May hold a secret behind ``--env``."""
    location: Location


class GunicornCommand(Struct, frozen=True):
    """
    One start of gunicorn, or the arguments in ``GUNICORN_CMD_ARGS``.
    """

    location: Location
    flags: tuple[Flag, ...]
    app: str | None = None
    """The application, ``module:name``, or None when only a configuration file can name it."""
    refused: tuple[str, ...] = ()
    """What gunicorn would not accept, as phrases."""
    wrappers: tuple[str, ...] = ()
    """Programs before it, outermost first: ``tini``, ``exec``, ``sh``."""
    environment: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Variables set for this start only."""
    opened: Location | None = None
    """A word that may stand for any arguments: ``$OPTIONS``, ``$@``; None when there is none."""
    doubt: str = "may be set by arguments out of a variable"
    """What to say of a setting over which `opened` leaves one in the dark."""

    @property
    def config(self) -> str | None:
        """
        The configuration file, as written behind ``-c``; None when the flag is not used.
        """
        flags = self.given("config")
        return flags[-1].text if flags else None

    def given(self, name: str) -> tuple[Flag, ...]:
        """
        All flags for a setting, in order.
        """
        return tuple(flag for flag in self.flags if flag.setting.name == name)

    def repeated(self) -> Iterator[tuple[Flag, ...]]:
        """
        Flags given more than once though only the last counts.
        """
        for name in dict.fromkeys(flag.setting.name for flag in self.flags):
            flags = self.given(name)
            if len(flags) > 1 and flags[0].setting.forms[-1].arity is not Arity.APPEND:
                yield flags


def parse_command(
    words: Sequence[str],
    location: Location,
    *,
    places: Sequence[Location] = (),
    version: Version | None = None,
) -> GunicornCommand | None:
    """
    The start of gunicorn in the words of a command, None when it starts something else.

    Wrappers (``exec``, ``tini --``, ``poetry run``, ``sh -c "…"`` …) are looked through.
    `location` is that of the whole command, `places` those of its words where they are known.
    """
    launch = find_launch(words)
    if launch is None:
        return None
    known = dict(enumerate(places))
    found = [known.get(position, location) for position in launch.positions]
    reader = _Reader(list(launch.arguments), found, version)
    reader.run()
    return GunicornCommand(
        location,
        tuple(reader.flags),
        reader.app,
        tuple(reader.refused),
        launch.wrappers,
        dict(launch.environment),
        reader.opened(),
    )


def parse_cmd_args(
    text: str, location: Location, *, version: Version | None = None
) -> GunicornCommand:
    """
    The arguments in the variable ``GUNICORN_CMD_ARGS``.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        reason = f"the quotes of GUNICORN_CMD_ARGS do not match ({error})"
        return GunicornCommand(location, (), refused=(reason,))
    reader = _Reader(words, [location] * len(words), version)
    reader.run()
    return GunicornCommand(
        location,
        tuple(reader.flags),
        reader.app,
        tuple(reader.refused),
        opened=reader.opened(),
    )


class _Reader:
    """
    Reads arguments the way argparse does for gunicorn.
    """

    def __init__(
        self, words: list[str], places: Sequence[Location], version: Version | None
    ) -> None:
        self.flags: list[Flag] = []
        self.refused: list[str] = []
        self.app: str | None = None
        self._variables: list[tuple[str, Location]] = []
        self._words = words
        self._places = places
        self._at = 0
        self._known: dict[str, tuple[GunicornSetting, Arity]] = {}
        for written, setting in catalog.flags().items():
            form = setting.form(version)
            if form is not None:
                self._known[written] = (setting, form.arity)

    def run(self) -> None:
        """
        Read all words.
        """
        while self._at < len(self._words):
            word = self._words[self._at]
            if word == "--":
                self._words = self._words[: self._at] + self._words[self._at + 1 :]
                self._positionals(self._words[self._at :])
                return
            if word.startswith("--"):
                self._long(word)
            elif word.startswith("-") and len(word) > 1 and not _is_number(word):
                self._short(word)
            else:
                self._positionals([word])
            self._at += 1

    def opened(self) -> Location | None:
        """
        The place of a variable that may stand for any arguments.

        One that stands alone and is not called so may be the application.
        """
        named = [place for word, place in self._variables if _ARGUMENTS.search(word)]
        known = self.app is not None and not _LONE.fullmatch(self.app)
        rest = self._variables if known else self._variables[1:]
        return next(iter((*named, *(place for _, place in rest))), None)

    def _positionals(self, words: list[str]) -> None:
        place = self._places[min(self._at, len(self._places) - 1)]
        self._variables += [(word, place) for word in words if _LONE.fullmatch(word)]
        plain = [word for word in words if not _LONE.fullmatch(word)]
        if plain and (self.app is None or _LONE.fullmatch(self.app)):
            self.app = plain[0]
        elif words and self.app is None:
            self.app = words[0]

    def _long(self, word: str) -> None:
        name, equals, value = word.partition("=")
        written = self._full_name(name)
        if written is None:
            return
        setting, arity = self._known[written]
        self._add(setting, arity, written, value if equals else None)

    def _full_name(self, name: str) -> str | None:
        if name in self._known:
            return name
        matches = [flag for flag in self._known if flag.startswith(name)]
        if len({self._known[flag][0].name for flag in matches}) == 1 and len(matches) == 1:
            return matches[0]
        if name not in {"--help", "--version"}:
            reason = "is ambiguous" if matches else "is no flag of gunicorn"
            self.refused.append(f"{name} {reason}")
        return None

    def _short(self, word: str) -> None:
        written, rest = word[:2], word[2:]
        if written not in self._known:
            if written not in {"-h", "-v"}:
                self.refused.append(f"{written} is no flag of gunicorn")
            return
        setting, arity = self._known[written]
        if arity in {Arity.ON, Arity.OFF}:
            self._add(setting, arity, written, None)
            if rest:
                self._short(f"-{rest}")
            return
        self._add(setting, arity, written, rest.removeprefix("=") if rest else None)

    def _add(self, setting: GunicornSetting, arity: Arity, written: str, text: str | None) -> None:
        place = self._places[self._at]
        if arity in {Arity.ON, Arity.OFF}:
            if text is not None:
                self.refused.append(f"{written} takes no value")
                return
        elif text is None:
            text = self._following()
            if text is None and arity is not Arity.MAYBE:
                self.refused.append(f"{written} needs a value")
                return
        self.flags.append(Flag(setting, written, text, place))

    def _following(self) -> str | None:
        if self._at + 1 >= len(self._words):
            return None
        word = self._words[self._at + 1]
        if word.startswith("-") and word != "-" and not _is_number(word) and " " not in word:
            return None
        self._at += 1
        return word


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return word[:1] == "-"
