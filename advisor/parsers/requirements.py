"""
Which versions of the packages that matter are installed.
"""

from __future__ import annotations

import json
import re
from itertools import chain, islice
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor import regex
from advisor.model import Location, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

WATCHED = frozenset(
    {
        "asyncpg",
        "celery",
        "django",
        "eventlet",
        "fastapi",
        "flask",
        "flask-sqlalchemy",
        "gevent",
        "gunicorn",
        "pgbouncer",
        "psycogreen",
        "psycopg",
        "psycopg-binary",
        "psycopg-c",
        "psycopg-pool",
        "psycopg2",
        "psycopg2-binary",
        "redis",
        "sqlalchemy",
        "sqlmodel",
        "uvicorn",
        "uvicorn-worker",
    }
)
"""Normalised names of the packages whose version decides about findings."""

MAX_LOCATED = 200
"""Packages taken from one pyproject.toml: each is searched for in the text."""
MAX_DOTS = 1000
"""Dots in one line of TOML: tomllib needs quadratic time for the parts of a dotted key."""

_NAME = regex.lazy(r"[ \t]*([A-Za-z0-9][\w.-]*)[ \t]*(?:\[[^\]]*\])?[ \t]*", re.ASCII)
_CLAUSE = regex.lazy(r"(===|==|~=|!=|<=|>=|<|>|\^|~)?[ \t]*((?:[^\s,<>=!~^;]|!(?=\d))+)")
_RELEASE = regex.lazy(r"v?(?:\d+!)?(\d{1,9}(?:\.\d{1,9}){0,5})(?![\d.]*\*)", re.ASCII)
_LOCK_LINE = regex.lazy(r'(name|version) = "([^"\\]*)"[ \t]*')
_INCLUDE = regex.lazy(r"(?:-r|--requirement)(?:[ \t]+|=)(\S+)")
_COMMENT = regex.lazy(r"(?:^|[ \t])#.*")
_LOWER = frozenset({">=", ">", "~=", "^", "~"})
_UPPER = frozenset({"<", "<="})


class Package(Struct, frozen=True):
    """
    One package that is asked for or locked.
    """

    name: str
    """In lower case, with dashes."""
    version: tuple[int, ...] | None
    """Release numbers when exactly one version is allowed."""
    spec: str
    """As it is written: ``==23.0.0``, ``>=22,<24``; empty when any version will do."""
    location: Location
    lower: str = ""
    """The clause that bounds the version from below, for example ``>=22``."""
    upper: str = ""
    """The clause that bounds it from above, for example ``<24``."""
    marker: str = ""
    """Condition under which it counts, for example ``python_version < "3.11"``."""


class RequirementsDocument(Struct, frozen=True):
    """
    The watched packages of one file.
    """

    path: str
    packages: tuple[Package, ...] = ()
    includes: tuple[str, ...] = ()
    """Files named with ``-r``, relative to this one."""
    is_lock: bool = False
    """Whether the file was written by a resolver and so says what is really installed."""
    problems: tuple[Problem, ...] = ()

    def find(self, name: str) -> Package | None:
        """
        The only mention of a package; None when there is none, or several that differ.
        """
        found = [package for package in self.packages if package.name == name]
        agree = len({(package.version, package.spec) for package in found}) == 1
        return found[0] if agree else None


def parse_requirements(path: str, text: str) -> RequirementsDocument:
    """
    Read a list of requirements or a lock file; the base name of `path` says which.

    Sources: pip "Requirements File Format", PEP 508, PEP 440, the lock files of Poetry, uv and
    Pipenv, Poetry "Dependency specification".
    """
    name = path.rpartition("/")[2].lower()
    return _READERS.get(name, _read_list)(path, text.removeprefix("\ufeff"))


def normalise(name: str) -> str:
    """
    A package name as PEP 503 compares it.
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def release(text: str) -> tuple[int, ...] | None:
    """
    The release numbers of a version: ``(2, 1, 0)`` of ``2.1.0rc1``; None of ``2.*``.
    """
    match = _RELEASE.match(text)
    return tuple(int(part) for part in match[1].split(".")) if match else None


def _package(name: str, spec: str, location: Location, marker: str = "") -> Package | None:
    if normalise(name) not in WATCHED:
        return None
    clauses = [(match[1] or "==", match[2]) for match in _CLAUSE.finditer(spec)]
    exact = [version for operator, version in clauses if operator in ("==", "===")]
    return Package(
        name=normalise(name),
        version=release(exact[0]) if len(exact) == 1 else None,
        spec=spec.strip(),
        location=location,
        lower=next((op + number for op, number in clauses if op in _LOWER), ""),
        upper=next((op + number for op, number in clauses if op in _UPPER), ""),
        marker=marker.strip(),
    )


def _requirement(text: str, location: Location) -> Package | None:
    """
    A requirement by PEP 508; None for others, and for those that name a URL.
    """
    head = _NAME.match(text)
    if head is None:
        return None
    spec, _, marker = text[head.end() :].partition(";")
    spec = spec.strip()
    if spec.startswith("@") or (spec and spec[0] not in "(=<>!~"):
        spec = ""
    return _package(head[1], spec.strip("()"), location, marker)


def _read_list(path: str, text: str) -> RequirementsDocument:
    packages: list[Package] = []
    includes: list[str] = []
    for number, line in _logical_lines(text):
        include = _INCLUDE.match(line)
        if include is not None:
            includes.append(include[1])
        elif not line.startswith("-"):
            bare = re.split(r"[ \t]--[a-z]", line, maxsplit=1)[0]
            place = Location(path, number, 1, number, len(bare.rstrip()) + 1)
            package = _requirement(bare, place)
            if package is not None:
                packages.append(package)
    return RequirementsDocument(path, tuple(packages), tuple(includes))


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    start, parts = 1, list[str]()
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.rstrip("\r")
        if not parts:
            start = number
        if line.endswith("\\"):
            parts.append(line[:-1])
            continue
        yield start, _COMMENT.sub("", "".join([*parts, line])).strip()
        parts = []
    if parts:
        yield start, _COMMENT.sub("", "".join(parts)).strip()


def _read_lock(path: str, text: str) -> RequirementsDocument:
    """
    Poetry and uv write one ``name`` and one ``version`` line per ``[[package]]``.
    """
    packages: list[Package] = []
    name = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.startswith("["):
            name = ""
        match = _LOCK_LINE.match(line)
        if match is None:
            continue
        if match[1] == "name":
            name = match[2]
        elif name:
            place = Location(path, number, match.start(2), number, match.end(2) + 2)
            packages.extend(_some(_package(name, f"=={match[2]}", place)))
            name = ""
    return RequirementsDocument(path, tuple(packages), is_lock=True)


def _read_pipfile_lock(path: str, text: str) -> RequirementsDocument:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        problem = Problem("is not valid JSON", Location(path, 1))
        return RequirementsDocument(path, is_lock=True, problems=(problem,))
    packages = [
        package
        for name, entry in _table(_table(data).get("default")).items()
        for package in _some(
            _package(
                name,
                str(_table(entry).get("version", "")),
                _find(path, text, f'"{name}"'),
                str(_table(entry).get("markers", "")),
            )
        )
    ]
    return RequirementsDocument(path, tuple(packages), is_lock=True)


def _read_pyproject(path: str, text: str) -> RequirementsDocument:
    import tomllib  # noqa: PLC0415 - start-up cost

    if max(line.count(".") for line in text.split("\n")) > MAX_DOTS:
        problem = Problem(f"has a line with more than {MAX_DOTS} dots", Location(path, 1))
        return RequirementsDocument(path, problems=(problem,))
    try:
        data = tomllib.loads(text)
    except ValueError as error:
        problem = Problem(f"is not valid TOML: {error}", Location(path, 1))
        return RequirementsDocument(path, problems=(problem,))
    except RecursionError:
        problem = Problem("is nested too deep", Location(path, 1))
        return RequirementsDocument(path, problems=(problem,))
    listed = _table(data.get("project")).get("dependencies")
    poetry = _table(_table(_table(data.get("tool")).get("poetry")).get("dependencies"))
    found = chain(_listed(path, text, listed), _poetry(path, text, poetry))
    return RequirementsDocument(path, tuple(islice(found, MAX_LOCATED)))


def _listed(path: str, text: str, listed: object) -> Iterator[Package]:
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, str) and _is_watched(item):
            yield from _some(_requirement(item, _find(path, text, item)))


def _poetry(path: str, text: str, table: Mapping[str, object]) -> Iterator[Package]:
    for name, entry in table.items():
        if normalise(name) not in WATCHED:
            continue
        spec = entry if isinstance(entry, str) else _table(entry).get("version", "")
        if isinstance(spec, str):
            place = _find(path, text, name)
            # Poetry's bare number means exactly that version, its star means any.
            yield from _some(_package(name, "" if spec == "*" else spec, place))


def _is_watched(text: str) -> bool:
    head = _NAME.match(text)
    return head is not None and normalise(head[1]) in WATCHED


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _some(package: Package | None) -> Iterable[Package]:
    return () if package is None else (package,)


def _find(path: str, text: str, what: str) -> Location:
    at = text.find(what)
    if at < 0:
        return Location(path, 1)
    start = text.rfind("\n", 0, at) + 1
    line, column = text.count("\n", 0, at) + 1, at - start + 1
    return Location(path, line, column, line, column + len(what))


_READERS: Mapping[str, Callable[[str, str], RequirementsDocument]] = {
    "poetry.lock": _read_lock,
    "uv.lock": _read_lock,
    "pipfile.lock": _read_pipfile_lock,
    "pyproject.toml": _read_pyproject,
}
