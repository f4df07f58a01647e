"""
Going through the instructions of a Dockerfile, stage by stage.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from advisor import regex
from advisor.model import Location, Origin, Problem, Unknown, Value
from advisor.parsers.dockerfile_lines import Instruction
from advisor.parsers.dockerfile_model import Copy, ImageCommand, Stage
from advisor.parsers.dockerfile_stage import Draft
from advisor.parsers.redaction import redact_words
from advisor.parsers.words import UnclosedQuoteError, Word, split_words

MAX_STAGES = 200
"""Stages of one file; each takes over the environment of the one it builds on."""
MAX_PROBLEMS = 50
"""Problems of one file that are listed."""

_PORTS = regex.lazy(r"(\d{1,5})(?:-(\d{1,5}))?(?:/\w+)?")
_FLAG = regex.lazy(r"[ \t]*--([a-z-]+)(?:=(\S*))?[ \t]*")
_JSON_TEXT = regex.lazy(r'"(?>(?:[^"\\]++|\\.)*)"')
_IGNORED = frozenset({"RUN", "LABEL", "VOLUME", "ONBUILD", "SHELL", "MAINTAINER"})


class Building:
    """
    What has been read of a Dockerfile so far.
    """

    def __init__(self, path: str, *, escape: str, args: Mapping[str, str]) -> None:
        self.path = path
        self.escape = escape
        self.args = args
        self.problems: list[Problem] = []
        self._before = Draft(Unknown("there is no FROM"), Location(path, 1))
        """Holds the build arguments in front of the first FROM."""
        self._stages: list[Draft] = []
        self._by_name: dict[str, Draft] = {}
        self._noted_unknown = False

    def stage(self, target: str) -> Stage | None:
        """
        The stage called `target` (a name or a number), the last one when it is empty.
        """
        if not self._stages:
            self.problem("has no FROM instruction", Location(self.path, 1))
            return None
        if not target:
            return self._stages[-1].finished()
        found = self._by_name.get(target.lower()) or self._numbered(target)
        if found is None:
            self.problem("has no stage of the name that is asked for", Location(self.path, 1))
        return found.finished() if found else None

    def take(self, instruction: Instruction) -> bool:
        """
        Take up the next instruction; False when the rest of the file must not be read.
        """
        handler = _HANDLERS.get(instruction.name)
        if handler is None:
            self._note_unknown(instruction)
            return True
        if not self._stages and instruction.name not in ("FROM", "ARG"):
            self.problem(f"{instruction.name} stands before FROM", instruction.location)
            return True
        try:
            handler(self, instruction)
        except UnclosedQuoteError as error:
            self.problem(f"{instruction.name}: {error}", instruction.location)
        return self._within_limits(instruction)

    def problem(
        self, message: str, location: Location, *, hint: str = "", category: str = "syntax"
    ) -> None:
        """
        Note what cannot be read; after `MAX_PROBLEMS` nothing more.
        """
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(message, location, hint, category))

    @property
    def _now(self) -> Draft:
        return self._stages[-1] if self._stages else self._before

    def _within_limits(self, instruction: Instruction) -> bool:
        if len(self._stages) > MAX_STAGES:
            self.problem(f"has more than {MAX_STAGES} stages", instruction.location)
            return False
        if self._now.is_exhausted:
            self.problem("its values grow too long", instruction.location)
            return False
        return True

    def _note_unknown(self, instruction: Instruction) -> None:
        if instruction.name in _IGNORED or self._noted_unknown:
            return
        self._noted_unknown = True
        if instruction.name.startswith(("{{", "{%")):
            self.problem(
                "is a template with {{ }} or {% %}, not a Dockerfile",
                instruction.location,
                hint="audit the rendered file",
                category="template",
            )
        else:
            self.problem("this is no instruction of a Dockerfile", instruction.location)

    def _numbered(self, text: str) -> Draft | None:
        number = int(text) if re.fullmatch(r"[0-9]{1,4}", text) else -1
        return self._stages[number] if 0 <= number < len(self._stages) else None

    def _words(self, instruction: Instruction, start: int = 0) -> list[Word]:
        text = instruction.text[start:]
        words = split_words(text, protect_dollars=True, escape=self.escape)
        return [
            Word(word.text, word.start + start, word.end + start, quoted=word.quoted)
            for word in words
        ]

    def _options(self, instruction: Instruction) -> tuple[dict[str, str], int]:
        options: dict[str, str] = {}
        at = 0
        while (match := _FLAG.match(instruction.text, at)) is not None:
            options[match[1]] = match[2] or ""
            at = match.end()
        return options, at

    def from_(self, instruction: Instruction) -> None:
        """
        Begin a stage.
        """
        words = self._words(instruction, self._options(instruction)[1])
        if not words:
            self.problem("FROM names no image", instruction.location)
            return
        is_named = len(words) >= 3 and words[1].text.upper() == "AS"
        name = words[2].text.lower() if is_named else ""
        place = instruction.place(words[0].start, words[0].end)
        image = self._before.value(words[0].text, place)
        base = self._by_name.get(image.value.lower()) if isinstance(image, Value) else None
        if base is None:
            draft = Draft(image, instruction.location, name=name)
        else:
            draft = base.heir(name=name, location=instruction.location)
        self._stages.append(draft)
        if name:
            self._by_name[name] = draft

    def arg(self, instruction: Instruction) -> None:
        """
        Declare build arguments.
        """
        for word in self._words(instruction):
            name, sign, default = word.text.partition("=")
            if name in self.args:
                self._now.args[name] = self.args[name]
            elif sign:
                self._now.args[name] = self._now.expand(default).text
                self._now.assumed.add(name)
            elif self._stages and name in self._before.args:
                self._now.args[name] = self._before.args[name]
                self._now.assumed |= {name} & self._before.assumed

    def env(self, instruction: Instruction) -> None:
        """
        Set environment variables, in both notations.
        """
        words = self._words(instruction)
        if words and "=" not in words[0].text:
            name, start = words[0].text, words[0].end
            text = " ".join(word.text for word in words[1:])
            pairs = [(name, text, (start, len(instruction.text)))]
        else:
            parts = ((word, *word.text.partition("=")) for word in words)
            pairs = [(name, text, (word.start, word.end)) for word, name, _, text in parts]
        # All of one instruction see the values from before it.
        results = [(name, self._now.expand(text), span) for name, text, span in pairs]
        for name, result, span in results:
            self._now.set_env(name, result, instruction.place(*span))

    def workdir(self, instruction: Instruction) -> None:
        """
        Change the working directory; a relative one continues the one before.
        """
        folder = self._single(instruction)
        before = self._now.working_dir
        if isinstance(folder, Value) and not folder.value.startswith("/"):
            if not isinstance(before, Value):
                reason = "is relative to the working directory of the base image"
                self._now.working_dir = before or Unknown(reason, folder.location)
                return
            joined = posixpath.normpath(posixpath.join(before.value, folder.value))
            folder = Value(joined, folder.origin, folder.location, note=folder.note)
        self._now.working_dir = folder

    def user(self, instruction: Instruction) -> None:
        """
        Change the user.
        """
        self._now.user = self._single(instruction)

    def stopsignal(self, instruction: Instruction) -> None:
        """
        Change the signal that stops the container.
        """
        self._now.stop_signal = self._single(instruction)

    def _single(self, instruction: Instruction) -> Value[str] | Unknown | None:
        words = self._words(instruction)
        if not words:
            self.problem(f"{instruction.name} says nothing", instruction.location)
            return None
        text = " ".join(word.text for word in words)
        return self._now.value(text, instruction.place(words[0].start, words[-1].end))

    def healthcheck(self, instruction: Instruction) -> None:
        """
        Note whether there is a health check.
        """
        at = self._options(instruction)[1]
        self._now.has_healthcheck = instruction.text[at:].strip().upper() != "NONE"

    def expose(self, instruction: Instruction) -> None:
        """
        Note ports.
        """
        for word in self._words(instruction):
            text = self._now.value(word.text, instruction.place(word.start, word.end))
            match = _PORTS.fullmatch(text.value) if isinstance(text, Value) else None
            if match is not None and isinstance(text, Value):
                first, last = int(match[1]), int(match[2] or match[1])
                ports = range(first, min(last, 65535) + 1)
                self._now.expose.append(Value(ports, text.origin, text.location, note=text.note))

    def cmd(self, instruction: Instruction) -> None:
        """
        Set the default command.
        """
        self._now.command = self._command(instruction)
        self._now.own_command = True

    def entrypoint(self, instruction: Instruction) -> None:
        """
        Set the entrypoint, which switches off a command that was taken over.
        """
        self._now.entrypoint = self._command(instruction)
        if not self._now.own_command:
            self._now.command = None

    def _command(self, instruction: Instruction) -> ImageCommand:
        location = instruction.place(0, len(instruction.text))
        listed = _json_words(instruction.text)
        # The shell replaces variables when the container runs, and the exec form never does.
        words = split_words(instruction.text) if listed is None else listed
        shown = redact_words([word.text for word in words])
        values = tuple(
            Value(text, Origin.LITERAL, instruction.place(word.start, word.end))
            for text, word in zip(shown, words, strict=True)
        )
        return ImageCommand(values, shell=listed is None, location=location)

    def copy(self, instruction: Instruction) -> None:
        """
        Note which files go where.
        """
        options, at = self._options(instruction)
        listed = _json_words(instruction.text[at:])
        words = self._words(instruction, at) if listed is None else listed
        values = [self._now.expand(word.text).text for word in words]
        if len(values) < 2:
            self.problem(f"{instruction.name} needs a source and a target", instruction.location)
            return
        sources = tuple(text for text in values[:-1] if "<<" not in text)
        stage = self._now.expand(options.get("from", "")).text
        target = self._target(values[-1])
        self._now.copies.append(Copy(sources, target, instruction.location, stage=stage))

    def _target(self, text: str) -> str:
        folder = self._now.working_dir
        if text.startswith("/") or not isinstance(folder, Value):
            return text
        slash = "/" if text.endswith(("/", ".")) else ""
        return posixpath.normpath(posixpath.join(folder.value, text)).rstrip("/") + slash


def _json_words(text: str) -> list[Word] | None:
    """
    The items of the exec form; None when it is not valid JSON, which then means the shell form.
    """
    if not text.lstrip().startswith("["):
        return None
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        return None
    places = _JSON_TEXT.finditer(text)
    return [
        Word(item, place.start(), place.end(), quoted=True)
        for item, place in zip(items, places, strict=False)
    ]


_Handler: TypeAlias = Callable[[Building, Instruction], None]
_HANDLERS: Mapping[str, _Handler] = {
    "FROM": Building.from_,
    "ARG": Building.arg,
    "ENV": Building.env,
    "WORKDIR": Building.workdir,
    "USER": Building.user,
    "STOPSIGNAL": Building.stopsignal,
    "HEALTHCHECK": Building.healthcheck,
    "EXPOSE": Building.expose,
    "CMD": Building.cmd,
    "ENTRYPOINT": Building.entrypoint,
    "COPY": Building.copy,
    "ADD": Building.copy,
}
