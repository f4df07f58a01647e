"""
A stage of a Dockerfile while it is being read.
"""

from __future__ import annotations

from collections import ChainMap

from msgspec import Struct, field

from advisor.model import Location, Origin, Secret, Unknown, Value
from advisor.parsers.dockerfile_model import Copy, ImageCommand, Stage
from advisor.parsers.interpolation import Interpolated, interpolate
from advisor.parsers.redaction import MASK, is_secret_name, redact, wrap

MAX_EXPANDED = 4 * 1024 * 1024
"""Characters that the values of one file may grow to through variables."""


class Draft(Struct):
    """
    What is known of a stage so far, and the variables to replace in it.
    """

    image: Value[str] | Unknown
    location: Location
    name: str = ""
    env: dict[str, Value[str | Secret] | Unknown] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    """The environment as plain text."""
    args: dict[str, str] = field(default_factory=dict)
    """Build arguments; the environment wins over them."""
    assumed: set[str] = field(default_factory=set)
    """Variables whose value rests on a default."""
    working_dir: Value[str] | Unknown | None = None
    user: Value[str] | Unknown | None = None
    command: ImageCommand | None = None
    own_command: bool = False
    """Whether this stage sets the command itself."""
    entrypoint: ImageCommand | None = None
    copies: list[Copy] = field(default_factory=list)
    expose: list[Value[range]] = field(default_factory=list)
    stop_signal: Value[str] | Unknown | None = None
    has_healthcheck: bool = False
    expanded: int = 0
    """Characters that variables have grown to, earlier stages included."""

    @property
    def is_exhausted(self) -> bool:
        """
        Whether the values have grown out of hand.
        """
        return self.expanded > MAX_EXPANDED

    def expand(self, text: str) -> Interpolated:
        """
        Replace the variables of a text; what rests on a default counts as defaulted.
        """
        result = interpolate(text, ChainMap(self.texts, self.args))
        self.expanded += len(result.text)
        doubtful = tuple(name for name in result.used if name in self.assumed)
        return Interpolated(
            text=result.text,
            used=result.used,
            defaulted=(*result.defaulted, *doubtful),
            unset=result.unset,
            problem=result.problem,
        )

    def value(self, text: str, location: Location) -> Value[str] | Unknown:
        """
        A text with its variables replaced; unknown when nothing is left of it.
        """
        result = self.expand(text)
        if result.problem or (result.unset and not result.text):
            return Unknown(result.problem or result.note, location)
        hidden = any(is_secret_name(name) for name in result.used)
        shown = MASK if hidden else redact(result.text)
        return Value(shown, result.origin, location, note=_note(result))

    def set_env(self, name: str, result: Interpolated, location: Location) -> None:
        """
        Set a variable of the environment.
        """
        self.texts[name] = result.text
        if result.origin is Origin.ASSUMED:
            self.assumed.add(name)
        else:
            self.assumed.discard(name)
        text = wrap(name, result.text)
        self.env[name] = Value(text, result.origin, location, note=_note(result))

    def heir(self, *, name: str, location: Location) -> Draft:
        """
        A stage that continues this one. Build arguments are not taken over.
        """
        return Draft(
            image=self.image,
            location=location,
            name=name,
            env=dict(self.env),
            texts=dict(self.texts),
            assumed=self.assumed & set(self.texts),
            working_dir=self.working_dir,
            user=self.user,
            command=self.command,
            entrypoint=self.entrypoint,
            copies=list(self.copies),
            expose=list(self.expose),
            stop_signal=self.stop_signal,
            has_healthcheck=self.has_healthcheck,
            expanded=self.expanded,
        )

    def finished(self) -> Stage:
        """
        The stage as others see it.
        """
        return Stage(
            image=self.image,
            location=self.location,
            name=self.name,
            env=self.env,
            working_dir=self.working_dir,
            user=self.user,
            command=self.command,
            entrypoint=self.entrypoint,
            copies=tuple(self.copies),
            expose=tuple(self.expose),
            stop_signal=self.stop_signal,
            has_healthcheck=self.has_healthcheck,
        )


def _note(result: Interpolated) -> str:
    return result.note.replace("set in no file", "which may be set outside of this file")
