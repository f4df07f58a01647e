"""
Services of the compose files: the file that counts chosen, variables resolved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from advisor.deployment.services import RunningService, Services, join
from advisor.model import Problem, Secret, Tree, Value
from advisor.parsers.compose import ComposeDocument, Service, parse_compose
from advisor.parsers.dotenv import parse_dotenv


def read_services(files: Iterable[tuple[str, str]], tree: Tree) -> Services:
    """
    Services of the compose files, given as path and text.

    The files of the folder nearest to the root count; of several there, the one with the standard
    name. What is left out is said in the notes: variants of a stack must never be added up.
    """
    chosen, notes = _choose(dict(files))
    problems: list[Problem] = []
    running: list[RunningService] = []
    for path, text in chosen.items():
        folder = path.rpartition("/")[0]
        env = _dotenv(tree, join(folder, ".env"), problems)
        document = parse_compose(path, text, env=env)
        problems.extend(document.problems)
        running.extend(_running(document, folder, tree, problems))
    return Services(tuple(running), tuple(problems), tuple(notes))


_STANDARD = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")


def _choose(files: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    if not files:
        return {}, []
    depth = min(path.count("/") for path in files)
    near = sorted(path for path in files if path.count("/") == depth)
    standard = [path for name in _STANDARD for path in near if path.rpartition("/")[2] == name]
    first = (standard or near)[0]
    others = [path for path in files if path != first]
    notes = [f"{path} is not read: {first} describes the stack" for path in sorted(others)]
    return {first: files[first]}, notes


def _running(
    document: ComposeDocument, folder: str, tree: Tree, problems: list[Problem]
) -> Iterator[RunningService]:
    for service in document.services.values():
        if service.profiles or _stopped(service):
            continue
        plain: dict[str, str] = {}
        secret: dict[str, Secret] = {}
        for file in service.env_files:
            if isinstance(file.path, Value):
                texts = _dotenv(tree, join(folder, file.path.value), problems)
                plain.update(texts)
        for name, value in service.environment.items():
            if isinstance(value, Value) and isinstance(value.value, Secret):
                secret[name] = value.value
            elif isinstance(value, Value):
                plain[name] = str(value.value)
        yield RunningService(service, folder, plain, secret)


def _stopped(service: Service) -> bool:
    return isinstance(service.replicas, Value) and service.replicas.value == 0


def _dotenv(tree: Tree, path: str, problems: list[Problem]) -> dict[str, str]:
    text = tree.read(path)
    if text is None:
        return {}
    document = parse_dotenv(path, text)
    problems.extend(document.problems)
    return document.texts()
