"""
Where gunicorn is started, with which arguments, variables and configuration file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import ClassVar

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.deployment.containers import ContainerFiles, trace
from advisor.deployment.paths import folder_of, innermost, is_variant, name_of, text_of
from advisor.deployment.scripts import Started, started
from advisor.deployment.services import RunningService, Services
from advisor.deployment.signals import shell_stays
from advisor.model import Location, Origin, Tree, Unknown, Value
from advisor.model.discreet import Discreet
from advisor.parsers.gunicorn import GunicornCommand, parse_cmd_args, parse_command
from advisor.parsers.redaction import is_secret_name, redact
from advisor.parsers.shell import Trace

_DEFAULT_CONFIG = "gunicorn.conf.py"
_ARGUMENTS = "GUNICORN_CMD_ARGS"
_NOT_STARTED = Unknown("what starts gunicorn is not among the files")


class Start(Discreet, frozen=True):
    """
    One place where gunicorn is started; `command` None for a configuration file on its own.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"env"})

    service: RunningService | None
    command: GunicornCommand | None
    cmd_args: GunicornCommand | None = None
    """What the variable ``GUNICORN_CMD_ARGS`` adds."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables of the process without those that hold secrets."""
    config: str = ""
    """Path of the configuration file, empty when there is none."""
    missing: str = ""
    """The configuration file as it is named, when it is not among the files."""
    folder: str | None = None
    """Folder of the code, None when it cannot be told."""
    assumed: frozenset[str | Location] = frozenset()
    """Variables, and places of arguments, whose text is a default of Compose."""
    scripted: bool = False
    """Whether a script or another program of the service starts it."""
    unloaded: tuple[str, ...] = ()
    """Configuration files of its code that nobody loads, though it names none itself."""
    shell: Value[bool] | Unknown = _NOT_STARTED
    """Whether a shell stays between the runtime of a container and gunicorn."""


def find_starts(
    configs: Mapping[str, str], services: Services, tree: Tree
) -> tuple[tuple[Start, ...], dict[str, str], tuple[str, ...]]:
    """
    Starts by services, then configuration files that nobody starts; the texts of all
    configuration files, those included that only a command names; and notes.
    """
    contexts = tuple(one.context for one in services.running if one.context is not None)
    finder = _Finder(tree, dict(configs), contexts)
    found = [one for service in services.running if (one := finder.of_service(service))]
    known = {one.service.name for one in found if one.service}
    hidden = [one for one in services.running if one.name not in known and finder.is_hidden(one)]
    used = {one.config for one in found if one.config}
    lone, notes = _without_variants(sorted(finder.texts.keys() - used), used)
    notes[:0] = [note for one in services.running for note in finder.notes(one)]
    starts = list(found)
    for path in lone:
        context = innermost(path, contexts)
        waiting = [one for one in hidden if one.context == context]
        beside = [one for one in lone if innermost(one, contexts) == context]
        owner = next((one for one in found if one.folder == context is not None), None)
        if len(waiting) == len(beside) == 1:
            starts.append(_hidden_start(path, waiting[0]))
        elif owner is not None and owner.service is not None and not waiting:
            notes.append(f"{path} is not judged: {owner.service.title} does not load it")
            if _may_be_forgotten(owner, path):
                index = starts.index(owner)
                starts[index] = replace(owner, unloaded=(*starts[index].unloaded, path))
        else:
            starts.append(Start(None, None, config=path, folder=folder_of(path)))
    return tuple(starts), finder.texts, tuple(notes)


class _Finder(Struct, frozen=True):
    tree: Tree
    texts: dict[str, str]
    """Configuration files by path."""
    contexts: tuple[str, ...]
    """Folders that images of services are built from."""
    traces: dict[str, Trace] = field(default_factory=dict)
    """What services run, by their names."""

    def of_service(self, service: RunningService) -> Start | None:
        """
        How a service starts gunicorn, None when it starts something else.
        """
        words = service.words
        own = _parse(words)
        led = self._started(service)
        command = _chosen(own, led, service)
        if command is None:
            return None
        env = {**service.environment, **_exported(led, service)}
        inner = dict(command.environment)
        cmd_args = _cmd_args({**env, **inner}, service, command.location)
        named = command.config or (cmd_args.config if cmd_args else None)
        config, missing = self._config(named, service)
        return Start(
            service=service,
            command=command,
            cmd_args=cmd_args,
            env=env,
            config=config,
            missing=missing,
            folder=service.context,
            assumed=_assumed(service, words) | _doubtful(led, command),
            scripted=command is not own,
            shell=shell_stays(service, command, self._script(service), self._dockerfile(service)),
        )

    def notes(self, service: RunningService) -> tuple[str, ...]:
        """
        What of its way to gunicorn could not be followed.
        """
        known = service.program or _parse(service.words) is not None
        return () if known else self._started(service).notes

    def is_hidden(self, service: RunningService) -> bool:
        """
        Whether the image of a service is built here and what it starts cannot be told.
        """
        if service.context is None or service.program:
            return False
        words = [word.value for word in service.words]
        scripts = self._trace(service).scripts
        unread = any(word.endswith(".sh") for word in words) and not scripts
        return not words or unread or self._started(service).unsure

    def _trace(self, service: RunningService) -> Trace:
        if service.name not in self.traces:
            self.traces[service.name] = trace(service, self.tree)
        return self.traces[service.name]

    def _started(self, service: RunningService) -> Started:
        found = self._trace(service)
        return started(found, service.environment, title=service.title)

    def _dockerfile(self, service: RunningService) -> str:
        """
        The Dockerfile behind a service, empty where it is not among the files.
        """
        place = service.stage.location.path if service.stage else ""
        return (text_of(self.tree, place) or "") if place else ""

    def _script(self, service: RunningService) -> tuple[str, str] | None:
        """
        Path and text of the first shell script that a service runs.
        """
        return next(iter(self._trace(service).scripts), None)

    def _config(self, named: str | None, service: RunningService) -> tuple[str, str]:
        """
        The configuration file that gunicorn loads, and how it is named if it is not there.

        Without ``-c`` that is gunicorn.conf.py of the folder it starts in (gunicorn
        "Configuration overview").
        """
        written = _as_path(named or _DEFAULT_CONFIG)
        files = ContainerFiles(service, self.tree)
        for path in files.candidates(written):
            if path in self.texts or self._load(path):
                return path, ""
        # A folder that is known and does not hold the file leaves nothing to guess.
        if named is None and service.working_dir and any(files.sources(written)):
            return "", ""
        near = _most_alike(written, self._others(service, everywhere=named is not None))
        return (near, "") if near else ("", written if named else "")

    def _others(self, service: RunningService, *, everywhere: bool) -> list[str]:
        """
        Files that may be meant although they do not lie where the name says.

        What is loaded without being named comes with the code of the service.
        """
        return [
            path
            for path in self.texts
            if not is_variant(path)
            and (
                everywhere
                or (_is_default(path) and innermost(path, self.contexts) == service.context)
            )
        ]

    def _load(self, path: str) -> bool:
        text = text_of(self.tree, path)
        if text is not None:
            self.texts[path] = text
        return text is not None


def _chosen(
    own: GunicornCommand | None, led: Started, service: RunningService
) -> GunicornCommand | None:
    """
    The start that the words of a service are, or the one that they lead to.

    A script may start gunicorn by itself, whatever else it is handed.
    """
    if own is None or led.command is None or led.ran is None:
        return own or led.command
    if all(one.handed for one in led.ran.words[-1:]):
        return own
    places = {word.location.path for word in service.words if word.location}
    if led.command.location.path in places:
        # A shell behind ``-c``: the same start, with what the shell makes of its words.
        return replace(own, flags=led.command.flags, environment=led.command.environment)
    return own if led.unsure else led.command


def _exported(led: Started, service: RunningService) -> Mapping[str, str]:
    """
    Variables that a script sets for gunicorn, without those that hold secrets.
    """
    if led.ran is None:
        return {}
    known = service.environment
    values = ((name, one.plain) for name, one in led.ran.environment.items())
    return {
        name: redact(text)
        for name, text in values
        if text is not None and known.get(name) != text and not is_secret_name(name)
    }


def _doubtful(led: Started, command: GunicornCommand) -> frozenset[str | Location]:
    if not led.guessed or led.command is not command:
        return frozenset()
    return led.guessed | {command.location}


def _parse(words: Sequence[Value[str]]) -> GunicornCommand | None:
    places = [word.location for word in words if word.location]
    if not words or len(places) < len(words):
        return None
    first, last = places[0], places[-1]
    whole = Location(first.path, first.line, first.column, last.end_line, last.end_column)
    same = first.path == last.path and first.line <= last.line
    texts = [word.value for word in words]
    return parse_command(texts, whole if same else last, places=places)


def _cmd_args(
    env: Mapping[str, str], service: RunningService, place: Location
) -> GunicornCommand | None:
    text = env.get(_ARGUMENTS, "")
    stated = service.variables.get(_ARGUMENTS)
    return parse_cmd_args(text, (stated and stated.location) or place) if text else None


def _assumed(service: RunningService, words: Sequence[Value[str]]) -> frozenset[str | Location]:
    variables = {name for name, one in service.variables.items() if one.origin is Origin.ASSUMED}
    # A flag is found at its own word, and its value may be the next.
    guessed = [pair for pair in pairwise((None, *words)) if _is_guess(pair[1])]
    places = {word.location for pair in guessed for word in pair if word and word.location}
    stated = service.variables.get(_ARGUMENTS)
    if _ARGUMENTS in variables and stated and stated.location:
        places.add(stated.location)
    return frozenset(variables | places)


def _is_guess(word: Value[str] | None) -> bool:
    return word is not None and word.origin is Origin.ASSUMED


def _as_path(named: str) -> str:
    """
    The file behind ``-c``: a path, ``file:PATH`` or ``python:module``.
    """
    if named.startswith("python:"):
        return f"{named.removeprefix('python:').replace('.', '/')}.py"
    return named.removeprefix("file:")


def _most_alike(written: str, known: Sequence[str]) -> str:
    """
    The file whose path ends like `written` in most components, empty when two are equally alike.
    """
    wanted = written.split("/")[::-1]
    scores = {path: _common(path.split("/")[::-1], wanted) for path in known}
    best = max(scores.values(), default=0)
    found = [path for path, score in scores.items() if score == best]
    return found[0] if best and len(found) == 1 else ""


def _common(parts: Sequence[str], wanted: Sequence[str]) -> int:
    pairs = enumerate(zip(parts, wanted, strict=False))
    return next((n for n, (one, two) in pairs if one != two), min(len(parts), len(wanted)))


def _without_variants(paths: Sequence[str], used: set[str]) -> tuple[list[str], list[str]]:
    """
    Configuration files that may stand for an application of their own, and notes about variants.

    Of one folder the file that is in use counts, or the one with the default name: the others
    are variants, which must never be added up.
    """
    found: list[str] = []
    notes: list[str] = []
    for path in sorted(paths, key=lambda path: (is_variant(path), not _is_default(path), path)):
        taken = [one for one in (*used, *found) if folder_of(one) == folder_of(path)]
        main = next((one for one in taken if one in used or _is_default(one)), None)
        if main is None and taken and is_variant(path):
            main = taken[0]
        if main is None:
            found.append(path)
        else:
            notes.append(f"{path} is not judged: {main} configures the application")
    return found, notes


def _hidden_start(path: str, service: RunningService) -> Start:
    """
    A configuration file with the only service that may be the one to load it.
    """
    return Start(
        service=service,
        command=None,
        cmd_args=_cmd_args(service.environment, service, service.service.location),
        env=service.environment,
        config=path,
        folder=service.context,
        assumed=_assumed(service, ()),
    )


def _may_be_forgotten(start: Start, path: str) -> bool:
    """
    Whether a file was probably meant for a start that loads no file at all.
    """
    named = any(one is not None and one.config for one in (start.command, start.cmd_args))
    loads = named or start.config or start.missing or start.scripted
    return not loads and not is_variant(path)


def _is_default(path: str) -> bool:
    return name_of(path) == _DEFAULT_CONFIG
