"""
Services of the compose files: the file that counts chosen, variables resolved.

Without a compose file, Dockerfiles stand for services of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from advisor.deployment.compose_files import choose, left_out
from advisor.deployment.paths import folder_of, is_variant, join, name_of
from advisor.deployment.services import RunningService, Services
from advisor.errors import SourceError
from advisor.model import Location, Problem, Secret, Tree, Unknown, Value
from advisor.parsers.compose import (
    Build,
    ComposeDocument,
    EnvFile,
    Include,
    Others,
    Service,
    parse_compose,
)
from advisor.parsers.dockerfile import Stage, parse_dockerfile
from advisor.parsers.dotenv import DotenvDocument, parse_dotenv

MAX_INCLUDES = 50
"""Projects that include each other in a row, and in all."""
Variables = dict[str, Value[str | Secret]]


def read_services(files: Iterable[tuple[str, str]], tree: Tree) -> Services:
    """
    Services of the compose files, given as path and text.

    One project counts, see `choose`, with what it includes. What is left out is said in the notes.
    """
    texts = dict(files)
    if not texts:
        return Services((), (), ())
    chosen = choose(texts, tree)
    reading = _Reading(tree)
    found: dict[str, RunningService] = {}
    for service in reading.project(chosen.files, chosen.env, folder_of(chosen.path)):
        found.setdefault(service.name, service)
    return Services(
        running=tuple(found.values()),
        problems=tuple(reading.problems),
        notes=(*chosen.notes, *left_out(texts, reading.read, chosen.path), *reading.notes),
    )


def read_images(files: Iterable[tuple[str, str]]) -> Services:
    """
    One service for every Dockerfile, given as path and text; variants are left out.
    """
    running: list[RunningService] = []
    problems: list[Problem] = []
    for path, text in sorted(files):
        if is_variant(path):
            continue
        document = parse_dockerfile(path, text)
        problems.extend(document.problems)
        if document.stage is not None:
            folder = folder_of(path)
            place = Location(path, document.stage.location.line)
            name = name_of(folder) or path
            name = path if any(one.name == name for one in running) else name
            service = Service(name=name, location=place, build=Build(place))
            variables = _known(document.stage.env)
            running.append(
                RunningService(service, folder, variables, document.stage, composed=False)
            )
    return Services(tuple(running), tuple(problems), ())


class _Reading(Struct):
    """
    What comes up while the services of one file are put together.
    """

    tree: Tree
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    dotenvs: dict[str, DotenvDocument | None] = field(default_factory=dict)
    read: dict[str, None] = field(default_factory=dict)
    """Compose files that were read, in order."""
    projects: set[str] = field(default_factory=set)
    """Files of projects, so that none is included twice."""

    def project(
        self, files: Sequence[tuple[str, str]], env: Mapping[str, str], folder: str
    ) -> Iterator[RunningService]:
        """
        Services of the files of one project, then of the projects that it includes.
        """
        self.read.update(dict.fromkeys(path for path, _ in files))
        self.projects.update(path for path, _ in files)
        (path, text), *overrides = files
        self.dotenv(join(folder, ".env"), {})
        others = Others(self._compose, join)
        document = parse_compose(path, text, env=env, overrides=overrides, others=others)
        self.problems.extend(document.problems)
        yield from self.running(document, folder, env)
        for include in document.includes:
            yield from self._included(include, folder_of(include.location.path), env)

    def _included(
        self, include: Include, folder: str, env: Mapping[str, str]
    ) -> Iterator[RunningService]:
        """
        Services of an included project, whose own ``.env`` gives way to variables of this one.
        """
        paths = [join(folder, one) for one in include.paths]
        if len(self.projects) >= MAX_INCLUDES or not self.projects.isdisjoint(paths):
            self.notes.append(f"{include.location}: {' and '.join(paths)} is not included again")
            return
        files = [(one, text) for one in paths if (text := self._compose(one)) is not None]
        if len(files) < len(paths):
            missing = next(one for one in paths if one not in dict(files))
            self.notes.append(f"{missing} is not among the files that {folder or '.'} includes")
            return
        home = join(folder, include.folder) if include.folder else folder_of(paths[0])
        named = [join(folder, one) for one in include.env_files] or [join(home, ".env")]
        inner: dict[str, str] = {}
        for one in named:
            document = self.dotenv(one, env)
            inner.update(document.texts() if document else {})
        yield from self.project(files, {**inner, **env}, home)

    def _compose(self, path: str) -> str | None:
        """
        The text of a further compose file, None when there is none.
        """
        text = self._text(path)
        if text is not None:
            self.read.setdefault(path)
        return text

    def running(
        self, document: ComposeDocument, folder: str, env: Mapping[str, str]
    ) -> Iterator[RunningService]:
        """
        Services that a plain ``docker compose up`` starts.
        """
        active = {one.strip() for one in env.get("COMPOSE_PROFILES", "").split(",")}
        for service in document.services.values():
            if service.profiles and active.isdisjoint({*service.profiles, "*"}):
                profiles = " and ".join(service.profiles)
                self.notes.append(f"service {service.name} is left out: its profile is {profiles}")
            elif isinstance(service.replicas, Value) and service.replicas.value == 0:
                self.notes.append(f"service {service.name} is left out: it has 0 replicas")
            else:
                stage = self._stage(service.build, folder)
                variables = self._variables(service, stage, folder, env)
                yield RunningService(service, folder, variables, stage)

    def dotenv(self, path: str, env: Mapping[str, str]) -> DotenvDocument | None:
        """
        A file of variables, None when there is none. Its problems are noted once.
        """
        if path not in self.dotenvs:
            text = self._text(path)
            document = None if text is None else parse_dotenv(path, text, env=env)
            self.problems.extend(document.problems if document else ())
            self.dotenvs[path] = document
        return self.dotenvs[path]

    def _text(self, path: str) -> str | None:
        try:
            return self.tree.read(path)
        except SourceError as error:
            self.problems.append(Problem(error.message, Location(path, 1), category="unreadable"))
            return None

    def _stage(self, build: Build | None, folder: str) -> Stage | None:
        """
        What the image of a service is built from, None when no file says.
        """
        if build is None:
            return None
        parts = (build.context, build.dockerfile, build.target)
        if any(isinstance(part, Unknown) for part in parts):
            return None
        context, name, target = (part.value if isinstance(part, Value) else "" for part in parts)
        path = join(join(folder, context), name or "Dockerfile")
        text = self._text(path)
        if text is None:
            return None
        args = {name: one.value for name, one in _known(build.args).items()}
        plain = {name: value for name, value in args.items() if isinstance(value, str)}
        document = parse_dockerfile(path, text, args=plain, target=target)
        self.problems.extend(document.problems)
        return document.stage

    def _variables(
        self, service: Service, stage: Stage | None, folder: str, env: Mapping[str, str]
    ) -> Variables:
        """
        Variables in the container: of the image, of ``env_file``, of ``environment``.

        What comes from the shell that starts Compose is not known, whatever was set before.
        """
        found: Variables = _known(stage.env) if stage else {}
        for file in service.env_files:
            _update(found, self._env_file(service.name, file, folder, env))
        _update(found, service.environment)
        return found

    def _env_file(
        self, name: str, file: EnvFile, folder: str, env: Mapping[str, str]
    ) -> Mapping[str, Value[str | Secret] | Unknown]:
        if not isinstance(file.path, Value):
            return {}
        path = join(folder, file.path.value)
        document = self.dotenv(path, env)
        if document is None and file.required:
            self.notes.append(
                f"{path} is not among the files: what it sets for service {name} is not known"
            )
        return document.variables if document else {}


def _known(variables: Mapping[str, Value[str | Secret] | Unknown]) -> Variables:
    return {name: one for name, one in variables.items() if isinstance(one, Value)}


def _update(found: Variables, newer: Mapping[str, Value[str | Secret] | Unknown]) -> None:
    for name, one in newer.items():
        found.pop(name, None)
        if isinstance(one, Value):
            found[name] = one
