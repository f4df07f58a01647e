"""
What the Python code of an application says about its connections to databases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from advisor import regex
from advisor.deployment.doubts import doubt_engine
from advisor.deployment.packages import Packages
from advisor.deployment.paths import is_variant, name_of, placed_module
from advisor.deployment.starts import Start
from advisor.model import Given, Location, Problem, Unknown, Value
from advisor.parsers.django import find_databases, mentions_databases, settings_named
from advisor.parsers.driver_pools import find_pools
from advisor.parsers.engine_config import find_configured, ini_lines
from advisor.parsers.engines import Engine, EnginesDocument, PoolLibrary, find_engines
from advisor.parsers.flask_sqlalchemy import FUNCTION, LEGACY, find_flask
from advisor.parsers.pyeval import Library

_PACKAGES: Mapping[PoolLibrary, str] = {
    PoolLibrary.SQLALCHEMY: "sqlalchemy",
    PoolLibrary.DJANGO: "django",
    PoolLibrary.PSYCOPG_POOL: "psycopg-pool",
    PoolLibrary.ASYNCPG: "asyncpg",
    PoolLibrary.PSYCOPG2: "psycopg2",
}
_ALEMBIC = "alembic.ini"
_LEGACY_UNTIL = (3, 0)
_STARRED = regex.lazy(r"^from[ \t]+([\w.]+)[ \t]+import[ \t]+\*", re.MULTILINE)
_SETTINGS_MODULE = "DJANGO_SETTINGS_MODULE"
_ENTRIES = ("wsgi.py", "asgi.py", "manage.py")
"""Files that name the settings of Django: those of the server come first."""


class Code(Struct, frozen=True):
    """
    The Python files of a deployment.
    """

    texts: Mapping[str, str]
    """Files that may be of interest, by path."""
    ini: Mapping[str, str]
    """Files that may hold arguments of engines, by path."""
    library: Library
    """Where imported files are looked for."""
    given: Given
    packages: Packages
    alone: bool
    """Whether there is only one application."""
    problems: list[tuple[str, Problem]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def engines(self, paths: Iterable[str], start: Start | None) -> Iterator[Engine]:
        """
        Engines, pools and databases of Python files, as they are with the variables of a start.
        """
        env, assumed = _environment(start), start.assumed if start else frozenset[str | Location]()
        own = tuple(paths)
        for document in self._documents(own, env, start):
            self.problems.extend(("python", one) for one in document.problems)
            for engine in document.engines:
                if engine.active or engine.in_function:
                    yield self._versioned(doubt_engine(engine, assumed), start)

    def _documents(
        self, paths: Sequence[str], env: Mapping[str, str], start: Start | None
    ) -> Iterator[EnginesDocument]:
        for path in paths:
            yield find_engines(path, self.texts[path], env=env, library=self.library)
            yield find_pools(path, self.texts[path], env=env, library=self.library)
            yield self._configured(path, env)
        yield from find_flask(
            {path: self.texts[path] for path in paths}, env=env, library=self.library
        )
        settings = self._settings(paths, env, start)
        text = self.library.read(settings) if settings else None
        if settings and text is not None:
            yield find_databases(settings, text, env=env, library=self.library)

    def _configured(self, path: str, env: Mapping[str, str]) -> EnginesDocument:
        """
        Engines made of a configuration: of the ini file in force, if that can be told.
        """
        text = self.texts[path]
        real = [one for one in sorted(self.ini) if not is_variant(one) and name_of(one) != _ALEMBIC]
        lines = ini_lines(real[0], self.ini[real[0]]) if len(real) == 1 else ()
        return find_configured(path, text, env=env, library=self.library, ini=lines)

    def _versioned(self, engine: Engine, start: Start | None) -> Engine:
        package = _PACKAGES[engine.library]
        folder = start.folder if start else None
        stated = self.given.versions.get(package)
        version = stated or self.packages.version(package, folder, alone=self.alone)
        if engine.function == FUNCTION:
            engine = self._flask(engine, folder)
        installed = self.packages.places(folder, alone=self.alone)
        return replace(engine, version=version, packages=installed)

    def _flask(self, engine: Engine, folder: str | None) -> Engine:
        """
        The engine with the keys that only Flask-SQLAlchemy before 3.0 reads.
        """
        found = self.given.versions.get("flask-sqlalchemy")
        version = found or self.packages.version("flask-sqlalchemy", folder, alone=self.alone)
        old = {name: one for name, one in engine.arguments.items() if name in LEGACY}
        if not old:
            return engine
        others = {name: one for name, one in engine.arguments.items() if name not in LEGACY}
        if isinstance(version, Value) and version.value >= _LEGACY_UNTIL:
            unread = tuple((name, one.location) for name, one in old.items())
            return replace(engine, arguments=others, unread=self._own_use(unread))
        starred = engine.starred or isinstance(version, Unknown)
        named = {LEGACY[name]: replace(one, name=LEGACY[name]) for name, one in old.items()}
        kept = {} if isinstance(version, Unknown) else named
        return replace(engine, arguments={**kept, **others}, starred=starred)

    def _own_use(
        self, unread: tuple[tuple[str, Location], ...]
    ) -> tuple[tuple[str, Location], ...]:
        """
        Without the keys that the project itself reads somewhere.
        """
        return tuple(
            (name, place)
            for name, place in unread
            if sum(text.count(name) for text in self.texts.values()) == 1
        )

    def _settings(
        self, paths: Sequence[str], env: Mapping[str, str], start: Start | None
    ) -> str | None:
        """
        The settings module of Django: the one that is named, else the only one there is.
        """
        if name := env.get(_SETTINGS_MODULE):
            service = start.service if start else None
            copied = placed_module(name, service.placed()) if service else ""
            return self._module(paths, name) or self._copied(copied, paths)
        for entry, name in self._named(paths, start):
            if found := self._module((entry,), name):
                return found
        return self._only([path for path in paths if mentions_databases(self.texts[path])])

    def _copied(self, path: str, paths: Sequence[str]) -> str | None:
        """
        A settings module that lies elsewhere among the files than in the image.

        What it takes over from a package beside it there is found by name only.
        """
        text = self.library.read(path) if path else None
        if text is None or mentions_databases(text):
            return path or None
        names = [f"/{one.replace('.', '/')}.py" for one in _STARRED.findall(text)]
        taken = [one for one in paths if f"/{one}".endswith(tuple(names))]
        return taken[0] if len(taken) == 1 else path

    def _only(self, paths: Sequence[str]) -> str | None:
        """
        The one settings module that nothing names; those for development and tests come last.
        """
        real = [path for path in paths if not is_variant(path)] or list(paths)
        if len(real) > 1:
            listed = " and ".join(real)
            self.notes.append(f"which settings of Django are in force cannot be told: {listed}")
        return real[0] if len(real) == 1 else None

    def _named(self, paths: Sequence[str], start: Start | None) -> Iterator[tuple[str, str]]:
        """
        Files that name a settings module and what they name, the one that gunicorn loads first.
        """
        command = start.command if start else None
        module = (command.app or "").partition(":")[0] if command else ""
        loaded = f"{module.replace('.', '/')}.py" if module else ""
        entries = [path for path in paths if name_of(path) in _ENTRIES]
        entries.sort(key=lambda path: (not path.endswith(loaded), _ENTRIES.index(name_of(path))))
        for path in entries:
            if name := settings_named(self.texts[path]):
                yield path, name

    def _module(self, importers: Sequence[str], name: str) -> str | None:
        for importer in importers:
            path = self.library.find(importer, name)
            if path:
                return path
        return None


def _environment(start: Start | None) -> dict[str, str]:
    """
    Variables for reading the hosts out of URLs: those that hold passwords included.
    """
    if start is None or start.service is None:
        return {}
    secrets = {name: one.text for name, one in start.service.url.items()}
    inner = start.command.environment if start.command else {}
    return {**start.env, **secrets, **inner}
