"""
gunicorn applications of a deployment: where each is started, with which file, with which engines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import ClassVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from advisor.deployment.code import Code
from advisor.deployment.doubts import doubt_document
from advisor.deployment.hosts import host_of
from advisor.deployment.launches import launch_of
from advisor.deployment.model import Application
from advisor.deployment.packages import Packages
from advisor.deployment.paths import innermost, text_of
from advisor.deployment.services import RunningService, Services
from advisor.deployment.starts import Start, find_starts
from advisor.model import Given, Location, Origin, Problem, Tree, Unknown, Value
from advisor.model.discreet import Discreet
from advisor.parsers.engines import Engine, Role
from advisor.parsers.gunicorn import GunicornDocument, effective, parse_config
from advisor.parsers.pyeval import Library
from advisor.parsers.requirements import parse_requirements

_ONE = Value(1, Origin.DEFAULT, note="one copy where nothing else is said")


class AppFiles(Struct, frozen=True):
    """
    The texts that applications are put together from, by path.
    """

    gunicorn: Mapping[str, str]
    python: Mapping[str, str]
    requirements: Mapping[str, str]
    ini: Mapping[str, str] = msgspec.field(default_factory=dict)


class Applications(Discreet, frozen=True, eq=False):
    """
    What was found.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"library"})

    found: tuple[Application, ...]
    engines: tuple[Engine, ...]
    """All engines, also those of no application."""
    problems: tuple[tuple[str, Problem], ...]
    """Kind of file and problem."""
    notes: tuple[str, ...]
    library: Library | None = None
    """The files that their code imports from."""


def find_applications(
    files: AppFiles, services: Services, tree: Tree, given: Given
) -> Applications:
    """
    Applications started by services, then configuration files that nobody starts; and all engines.

    Code belongs to the application that is built from its folder, see `_owner`.
    """
    starts, texts, start_notes = find_starts(files.gunicorn, services, tree)
    folders = frozenset(_folders(starts, services))
    documents = [
        parse_requirements(path, text) for path, text in sorted(files.requirements.items())
    ]
    packages = Packages(tuple(documents), folders)
    alone = len(starts) == 1
    library = Library(partial(text_of, tree))
    building = _Building(texts, services, given, packages, library, alone=alone)
    code = Code(files.python, files.ini, library, given, packages, alone)
    by_owner: dict[int | None, list[str]] = {}
    for path in sorted(files.python):
        by_owner.setdefault(_owner(path, starts, folders), []).append(path)
    found, engines = [], []
    for index, start in enumerate(starts):
        own = list(code.engines(by_owner.get(index, ()), start))
        engines += own
        paths = tuple(by_owner.get(index, ()))
        found.append(replace(building.application(start, own), code=paths))
    lone = list(code.engines(by_owner.get(None, ()), None))
    unmatched = dict.fromkeys(one.location.path for one in lone if one.role is Role.APP)
    problems = [
        *building.problems,
        *code.problems,
        *(("requirements", one) for one in packages.problems()),
    ]
    notes = [f"{path} could not be matched to one of the applications" for path in unmatched]
    return Applications(
        found=tuple(found),
        engines=(*engines, *lone),
        problems=tuple(problems),
        notes=(*start_notes, *building.notes, *code.notes, *(notes if starts else ())),
        library=library,
    )


def _folders(starts: Sequence[Start], services: Services) -> Iterator[str]:
    """
    Folders of the code of applications and of other services.
    """
    yield from (start.folder for start in starts if start.folder is not None)
    for service in services.running:
        if service.context is not None and not service.program:
            yield service.context


def _owner(path: str, starts: Sequence[Start], folders: Iterable[str]) -> int | None:
    """
    Index of the application that a file belongs to, None when that cannot be told.

    It is the only one built from the innermost folder around the file; failing that the only one
    whose folder is not known, or the only application if the file lies in nobody's folder.
    """
    folder = innermost(path, folders)
    built = [index for index, start in enumerate(starts) if start.folder == folder is not None]
    if not built:
        unknown = [index for index, start in enumerate(starts) if start.folder is None]
        built = unknown or (list(range(len(starts))) if folder is None else [])
    return built[0] if len(built) == 1 else None


class _Building(Struct, frozen=True):
    """
    What all applications are put together with.
    """

    texts: Mapping[str, str]
    """Configuration files by path."""
    services: Services
    given: Given
    packages: Packages
    library: Library
    """The files that the code may import from."""
    alone: bool
    """Whether there is only one application."""
    problems: list[tuple[str, Problem]] = msgspec.field(default_factory=list)
    notes: list[str] = msgspec.field(default_factory=list)

    def application(self, start: Start, engines: Iterable[Engine]) -> Application:
        """
        One application from its start and its engines.
        """
        document = self._document(start)
        stated = self.given.versions.get("gunicorn")
        version = stated or self.packages.version("gunicorn", start.folder, alone=self.alone)
        settings = effective(
            document,
            start.command,
            start.cmd_args,
            start.env,
            version=version.value if isinstance(version, Value) else None,
        )
        service = start.service
        return Application(
            name=service.title if service else start.config,
            service=service.name if service else "",
            settings=settings,
            typos=document.unknown if document else (),
            path=start.config,
            version=version,
            host=host_of(service, self.given, self.services.running),
            replicas=_replicas(service),
            engines=tuple(engines),
            location=Location(start.config, 1) if start.config else _place(start),
            assumed=start.assumed,
            launch=launch_of(start, settings),
            packages=self.packages.listed(start.folder, alone=self.alone),
            shell=start.shell,
        )

    def _document(self, start: Start) -> GunicornDocument | None:
        if start.missing:
            return self._missing(start)
        if not start.config:
            return None
        document = parse_config(
            start.config, self.texts[start.config], env=start.env, library=self.library
        )
        self.problems.extend(("gunicorn", one) for one in document.problems)
        return doubt_document(document, start.assumed)

    def _missing(self, start: Start) -> GunicornDocument:
        """
        A file that is loaded but not here: whatever it may set is not known.
        """
        place = _place(start) or Location(start.missing, 1)
        name = start.service.title if start.service else ""
        message = f"the configuration file {start.missing} of {name} is not among the files"
        self.notes.append(message)
        empty = parse_config(start.missing, "")
        return replace(empty, problems=(Problem(message, place, category="include"),))


def _place(start: Start) -> Location | None:
    if start.command is not None:
        return start.command.location
    return start.service.service.location if start.service else None


def _replicas(service: RunningService | None) -> Value[int]:
    replicas = service.service.replicas if service else None
    if isinstance(replicas, Unknown):
        return Value(1, Origin.ASSUMED, replicas.location, f"one copy, {replicas.reason}")
    return replicas or _ONE
