"""
What is known of one place in the code that opens connections to a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct, field

from advisor import regex
from advisor.model import Location, Origin, Problem, Unknown, Value
from advisor.parsers._engine_urls import EngineUrl
from advisor.parsers.pyeval import Code, Known, Outcome, settle

_MIGRATION = regex.lazy(r"(?:^|/)(?:alembic|migrations?|versions)(?:/|$)|(?:^|/)migrat[^/]*\.py$")
_TEST = regex.lazy(
    r"(?:^|/)(?:tests?|testing)(?:/|$)|(?:^|/)(?:conftest|test_[^/]*|[^/]*_test)\.py$"
)
_SCRIPT = regex.lazy(r"(?:^|/)(?:scripts?|bin|tools|examples?|benchmarks?|notebooks?)(?:/|$)")


_NO_VERSION = Unknown("its version is not stated")


class Role(StrEnum):
    """
    What the code around an engine is for, told from its path.
    """

    APP = "app"
    MIGRATION = "migration"
    TEST = "test"
    SCRIPT = "script"


class PoolLibrary(StrEnum):
    """
    What keeps the connections.
    """

    SQLALCHEMY = "sqlalchemy"
    DJANGO = "django"
    """The connections of Django itself, with or without its pool."""
    PSYCOPG_POOL = "psycopg_pool"
    ASYNCPG = "asyncpg"
    PSYCOPG2 = "psycopg2"


class Argument(Struct, frozen=True):
    """
    One keyword argument of an engine.
    """

    name: str
    outcome: Outcome
    location: Location
    """``name=value``, or the value where it comes from a dict."""
    value_location: Location

    def value(self, *, cpus: int | None = None) -> Value[object] | Unknown:
        """
        The value with its origin; a class comes as its dotted name.
        """
        named = class_of(self.outcome)
        if named is not None:
            return Value(named.name, Origin.LITERAL, self.value_location)
        return settle(self.outcome, self.value_location, cpus=cpus)


class Engine(Struct, frozen=True):
    """
    One engine of SQLAlchemy, one pool of a driver, or one database of Django's settings.
    """

    function: str
    """
    ``create_engine``, ``create_async_engine``; the class or function that makes another pool;
    ``DATABASES`` for Django.
    """
    is_async: bool
    location: Location
    """The first line of the call."""
    arguments: Mapping[str, Argument]
    """Keyword arguments by name, those of a resolved ``**`` included; the URL left out."""
    url: EngineUrl
    poolclass: str | Unknown | None
    """Bare name of the class; None when no class is named."""
    in_function: bool
    """Created inside a function: once per call, unless `cached`."""
    cached: bool
    """
    Whether it is made once all the same: the function keeps its result (``lru_cache``), assigns
    it to a global name or an attribute, or is called once by convention or by the file itself.
    """
    starred: bool
    """Whether ``**`` brings in arguments that could not be told."""
    assumed: tuple[str, ...]
    """Variables that would add or change arguments behind ``**`` if they were set."""
    active: bool
    """False for a call in a branch that is not taken with the variables as they are stated."""
    role: Role
    name: str = ""
    """The name it is assigned to, empty when there is none; the alias in Django's settings."""
    library: PoolLibrary = PoolLibrary.SQLALCHEMY
    version: Value[tuple[int, ...]] | Unknown = _NO_VERSION
    """Version of the library."""
    packages: Mapping[str, Location] = field(default_factory=dict)
    """Packages that are installed beside it, and where a list or lock file says so."""
    unread: tuple[tuple[str, Location], ...] = ()
    """Keys of Flask-SQLAlchemy that its version does not read, and where they stand."""
    handler: bool = False
    """Whether it is made anew inside a function that answers requests or runs tasks."""
    arms: tuple[tuple[int, int], ...] = ()
    """Branches around the call: line of the ``if``, and which of its branches."""
    connects: Location | None = None
    """Where importing the file already connects through it; None where that is not certain."""


class EnginesDocument(Struct, frozen=True):
    """
    The engines of one file.
    """

    path: str
    engines: tuple[Engine, ...]
    problems: tuple[Problem, ...]


def exclusive(one: Engine, other: Engine) -> bool:
    """
    Whether two engines stand in different branches of one ``if``, so that only one is made.
    """
    if one.location.path != other.location.path:
        return False
    arms = dict(one.arms)
    return any(arms.get(line, arm) != arm for line, arm in other.arms)


def role_of(path: str) -> Role:
    """
    What a file is for, from the names in its path.
    """
    for pattern, role in ((_TEST, Role.TEST), (_MIGRATION, Role.MIGRATION), (_SCRIPT, Role.SCRIPT)):
        if pattern.search(path):
            return role
    return Role.APP


def class_of(outcome: Outcome) -> Code | None:
    """
    The class that an outcome is, None for anything else.
    """
    code = outcome.value if isinstance(outcome, Known) else None
    return code if isinstance(code, Code) and code.is_class else None
