"""
Which program is asked about which edited file, and what follows from its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import TypeAlias, TypeVar

from msgspec import Struct

from advisor.deployment.model import Database, Deployment, Proxy
from advisor.errors import FixError
from advisor.model import Finding, Unknown
from advisor.parsers.nginx import NginxDocument
from advisor.parsers.postgresql import PostgresDocument
from advisor.parsers.pyeval.source import parse
from advisor.report.masking import mask
from advisor.verify import nginx, postgresql
from advisor.verify.model import Program, UnverifiableError, Verified
from advisor.verify.programs import find_nginx, find_postgres

Ask: TypeAlias = "Callable[[Deployment], str]"
_D = TypeVar("_D", NginxDocument, PostgresDocument)
_OWN = frozenset({"misspelt-setting", "value-refused"})
"""Rules that tell what gunicorn would not start with."""
_OTHERS = {
    ".ini": "PgBouncer has no way to check a file without starting",
    ".conf": "the program that reads it has no way to check it without starting",
    ".yaml": "nothing is asked about YAML",
    ".yml": "nothing is asked about YAML",
}


class Edited(Struct, frozen=True):
    """
    The edited files, and what was found before and after.
    """

    paths: tuple[str, ...]
    found: tuple[Finding, ...]
    remaining: tuple[Finding, ...]


class _Question(Struct, frozen=True):
    """
    One configuration that holds edited files, and how its program is asked about it.
    """

    files: tuple[str, ...]
    program: Program | None
    missing: str
    """What is not installed."""
    wanted: str
    """The version that the configuration is for where it is another one, else empty."""
    ask: Ask


def check(before: Deployment, after: Deployment, edited: Edited) -> tuple[Verified, ...]:
    """
    What is known of each edited file.

    Raises `FixError` when a program refuses a file of which it accepted what was there before.
    """
    answers: dict[str, Verified] = {}
    for question in (*_proxies(after, edited), *_databases(after, edited)):
        answer = _answer(question, before, after)
        for path in question.files:
            # What one of several configurations could not be asked about was not verified.
            if path in edited.paths and not (path in answers and answer.accepted):
                answers[path] = Verified(path, answer.accepted, answer.text)
    return tuple(answers.get(path) or _other(path, after, edited) for path in edited.paths)


def _answer(question: _Question, before: Deployment, after: Deployment) -> Verified:
    path, program = question.files[0], question.program
    if program is None:
        return Verified(path, accepted=False, text=f"{question.missing} is not installed")
    other = f"; the file is for {question.wanted}" if question.wanted else ""
    try:
        now = question.ask(after)
        if not now:
            return Verified(path, accepted=True, text=f"{program}{other}")
        then = question.ask(before)
    except UnverifiableError as error:
        return Verified(path, accepted=False, text=error.message)
    if then:
        said = f"{program} refuses it as it was before: {mask(then)}"
        return Verified(path, accepted=False, text=said)
    if other:
        return Verified(path, accepted=False, text=f"{program} refuses it: {mask(now)}{other}")
    raise FixError(f"{program} refuses the fixed file: {mask(now)}", path=path)


def _proxies(after: Deployment, edited: Edited) -> Iterator[_Question]:
    touched = [one for one in after.proxies if set(one.document.files) & set(edited.paths)]
    program = find_nginx() if touched else None
    for proxy in touched:
        major = () if isinstance(proxy.version, Unknown) else tuple(proxy.version.value)[:2]
        fits = program is None or program.version[: len(major)] == major
        wanted = "" if fits else ".".join(map(str, major))
        ask = _asking_nginx(proxy, program)
        yield _Question(proxy.document.files, program, "nginx", wanted, ask)


def _asking_nginx(proxy: Proxy, program: Program | None) -> Ask:
    def ask(deployment: Deployment) -> str:
        documents = (one.document for one in deployment.proxies)
        document = _same(documents, proxy.document.path)
        return nginx.refusal(program, document, deployment.tree.read) if program else ""

    return ask


def _databases(after: Deployment, edited: Edited) -> Iterator[_Question]:
    touched = [one for one in after.databases if set(one.document.files) & set(edited.paths)]
    installed = find_postgres() if touched else ()
    for database in touched:
        major = None if isinstance(database.major, Unknown) else database.major.value
        fitting = [one for one in installed if major in (None, one.version[0])]
        program = next(iter(fitting or installed), None)
        wanted = "" if fitting else str(major)
        ask = _asking_postgres(database, program)
        yield _Question(database.document.files, program, "PostgreSQL", wanted, ask)


def _asking_postgres(database: Database, program: Program | None) -> Ask:
    def ask(deployment: Deployment) -> str:
        documents = (one.document for one in deployment.databases)
        document = _same(documents, database.document.path)
        return postgresql.refusal(program, document, deployment.tree.read) if program else ""

    return ask


def _same(documents: Iterable[_D], path: str) -> _D:
    for one in documents:
        if one.path == path:
            return one
    raise UnverifiableError("it was no configuration of its own before")


def _other(path: str, after: Deployment, edited: Edited) -> Verified:
    """
    Files that no program is asked about. Python is never run: the advisor reads it once more.
    """
    suffix = PurePosixPath(path).suffix
    if suffix != ".py":
        text = _OTHERS.get(suffix, "no program is known that checks it")
        return Verified(path, accepted=False, text=text)
    if parse(path, after.tree.read(path) or "").problems:
        raise FixError("the fixed file is no Python any more", path=path)
    refused = [one for one in edited.remaining if one.name in _OWN and _stands_in(one, path)]
    known = {(one.name, one.subject) for one in edited.found}
    for one in refused:
        if (one.name, one.subject) not in known:
            raise FixError(f"gunicorn refuses the fixed file: {mask(one.message)}", path=path)
    said = "Python is never run to check it; the advisor read it again"
    documents = (one.settings.document for one in after.applications)
    own = path in {one.path for one in documents if one} and not refused
    found = " and found every setting and value in gunicorn's catalogue" if own else ""
    return Verified(path, accepted=False, text=said + found)


def _stands_in(finding: Finding, path: str) -> bool:
    return finding.mark is not None and finding.mark.location.path == path
