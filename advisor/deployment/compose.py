"""
Services of the compose files: the file that counts chosen, variables resolved.

Without a compose file, Dockerfiles stand for services of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from advisor.deployment.services import RunningService, Services, join
from advisor.errors import SourceError
from advisor.model import Location, Origin, Problem, Secret, Tree, Unknown, Value
from advisor.parsers.compose import Build, ComposeDocument, EnvFile, Service, parse_compose
from advisor.parsers.dockerfile import Stage, parse_dockerfile
from advisor.parsers.dotenv import DotenvDocument, parse_dotenv

_STANDARD = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_VARIANTS = frozenset(
    {"override", "dev", "devel", "development", "local", "debug", "test", "tests", "testing"}
    | {"ci", "e2e", "example", "examples", "sample"}
)
_WORD = re.compile(r"[a-z0-9]+")
Variables = dict[str, Value[str | Secret]]


def is_variant(path: str) -> bool:
    """
    Whether a path names something beside the real thing: development, tests, examples.
    """
    return not _VARIANTS.isdisjoint(_WORD.findall(path.lower()))


def read_services(files: Iterable[tuple[str, str]], tree: Tree) -> Services:
    """
    Services of the compose files, given as path and text.

    One file counts: of the folder nearest to the root, with the standard name, variants for
    development and tests last. What is left out is said in the notes: variants of a stack must
    never be added up.
    """
    texts = dict(files)
    if not texts:
        return Services((), (), ())
    path = min(texts, key=_rank)
    folder = path.rpartition("/")[0]
    reading = _Reading(tree)
    env = reading.dotenv(join(folder, ".env"))
    document = parse_compose(path, texts[path], env=env.texts() if env else {})
    others = [f"{other} is not read: {path} describes the stack" for other in sorted(texts)
              if other != path]
    running = tuple(reading.running(document, folder, env))
    return Services(
        running, (*document.problems, *reading.problems), (*others, *reading.notes)
    )


def read_images(files: Iterable[tuple[str, str]]) -> Services:
    """
    One service for every Dockerfile, given as path and text; variants are left out.
    """
    running = []
    problems: list[Problem] = []
    for path, text in sorted(files):
        if is_variant(path):
            continue
        document = parse_dockerfile(path, text)
        problems.extend(document.problems)
        if document.stage is not None:
            folder = path.rpartition("/")[0]
            place = Location(path, document.stage.location.line)
            name = folder.rpartition("/")[2] or path
            service = Service(name=name, location=place, build=Build(place))
            variables = _known(document.stage.env)
            running.append(
                RunningService(service, folder, variables, document.stage, composed=False)
            )
    return Services(tuple(running), tuple(problems), ())


def _rank(path: str) -> tuple[bool, int, int, bool, str]:
    name = path.rpartition("/")[2]
    standard = _STANDARD.index(name) if name in _STANDARD else len(_STANDARD)
    production = not {"prod", "production"}.isdisjoint(_WORD.findall(path.lower()))
    return is_variant(path), path.count("/"), standard, not production, path


@dataclass(slots=True)
class _Reading:
    """
    What comes up while the services of one file are put together.
    """

    tree: Tree
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    env_files: dict[str, DotenvDocument | None] = field(default_factory=dict)

    def running(
        self, document: ComposeDocument, folder: str, env: DotenvDocument | None
    ) -> Iterator[RunningService]:
        """
        Services that a plain ``docker compose up`` starts.
        """
        texts = env.texts() if env else {}
        active = {one.strip() for one in texts.get("COMPOSE_PROFILES", "").split(",")}
        for service in document.services.values():
            if service.profiles and active.isdisjoint({*service.profiles, "*"}):
                profiles = " and ".join(service.profiles)
                self.notes.append(f"service {service.name} is left out: its profile is {profiles}")
            elif isinstance(service.replicas, Value) and service.replicas.value == 0:
                self.notes.append(f"service {service.name} is left out: it has 0 replicas")
            else:
                stage = self.stage(service.build, folder) if service.build else None
                variables = self.variables(service, folder, texts)
                baked = _known(stage.env) if stage else {}
                yield RunningService(service, folder, {**baked, **variables[0]}, stage).without(
                    variables[1]
                )
