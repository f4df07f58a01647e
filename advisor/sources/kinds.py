"""
What kind of file something is: by its name first, then by its content.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor import regex
from advisor.sources import marks

if TYPE_CHECKING:
    from collections.abc import Callable


class Kind(StrEnum):
    """
    The formats that are looked for.
    """

    POSTGRESQL = "postgresql"
    PG_HBA = "pg_hba"
    """Who may connect to PostgreSQL."""
    PGBOUNCER = "pgbouncer"
    NGINX = "nginx"
    GUNICORN = "gunicorn"
    PYTHON = "python"
    """May hold connection pools, or settings of Redis and its clients."""
    INI = "ini"
    """Holds arguments of engines under ``sqlalchemy.`` for an application that reads it."""
    PLAN = "plan"
    """Output of EXPLAIN, alone or in a log."""
    SCHEMA = "schema"
    """SQL that declares tables and indexes of PostgreSQL."""
    REDIS = "redis"
    SNAPSHOT = "snapshot"
    """What a running PostgreSQL server said of itself, kept by ``advisor collect``."""
    LOAD = "load"
    """Result of a load test."""
    COMPOSE = "compose"
    KUBERNETES = "kubernetes"
    """Manifests of Kubernetes."""
    KUSTOMIZATION = "kustomization"
    """Which manifests belong together, and what an overlay changes."""
    SYSTEMD = "systemd"
    """Units of systemd: services, sockets and drop-ins."""
    PATRONI = "patroni"
    """Configuration of Patroni, which writes that of PostgreSQL."""
    SUPERVISORD = "supervisord"
    PROCFILE = "procfile"
    DOCKERFILE = "dockerfile"
    TERRAFORM = "terraform"
    """Declares managed PostgreSQL, or calls a module that does."""
    DOTENV = "dotenv"
    REQUIREMENTS = "requirements"
    """Says which versions of packages are installed: lists, lock files, pyproject.toml."""


class _Shape(Struct, frozen=True):
    kind: Kind
    names: re.Pattern[str]
    """Paths that are worth opening, in lower case."""
    looks: Callable[[str], bool]
    """Whether the text is of this kind."""
    certain: re.Pattern[str] | None = None
    """Paths whose name decides alone."""


def _shape(
    kind: Kind, *, certain: str = "", names: str = "", looks: Callable[[str], bool]
) -> _Shape:
    return _Shape(
        kind=kind,
        names=regex.lazy(f"(?:.*/)?(?:{names or certain})"),
        looks=looks,
        certain=regex.lazy(f"(?:.*/)?(?:{certain})") if certain else None,
    )


def _always(_text: str) -> bool:
    return True


_TEMPLATE = r"(?:\.(?:template|tmpl|tpl|j2|jinja2?))?"
_SHAPES = (
    _shape(
        Kind.DOCKERFILE,
        certain="dockerfile|containerfile",
        names=r"(?:dockerfile|containerfile)(?:\.[^/]+)?|[^/]+\.(?:dockerfile|containerfile)",
        looks=marks.looks_dockerfile,
    ),
    _shape(Kind.TERRAFORM, names=r"[^/]+\.tf", looks=marks.looks_terraform),
    _shape(Kind.DOTENV, certain=r"\.env(?:\.[^/]+)?|[^/]+\.env", looks=_always),
    _shape(
        Kind.REQUIREMENTS,
        certain=r"[^/]*requirements[^/]*\.txt|requirements/[^/]+\.txt|poetry\.lock|uv\.lock"
        r"|pipfile\.lock|pyproject\.toml",
        looks=_always,
    ),
    _shape(
        Kind.COMPOSE,
        certain=r"(?:docker-)?compose(?:[.-][^/]+)?\.ya?ml",
        names=r"[^/]+\.ya?ml",
        looks=marks.looks_compose,
    ),
    _shape(Kind.KUSTOMIZATION, names=r"kustomization(?:\.ya?ml)?", looks=_always),
    _shape(Kind.KUBERNETES, names=r"[^/]+\.ya?ml", looks=marks.looks_kubernetes),
    _shape(Kind.PATRONI, names=r"[^/]+\.ya?ml", looks=marks.looks_patroni),
    _shape(
        Kind.SYSTEMD,
        names=r"[^/]+\.(?:service|socket)|[^/]+\.service\.d/[^/]+\.conf",
        looks=marks.looks_unit,
    ),
    _shape(Kind.PROCFILE, certain="procfile", looks=_always),
    _shape(
        Kind.SUPERVISORD,
        names=r"[^/]+\.(?:conf|ini)",
        looks=marks.looks_supervisord,
    ),
    _shape(
        Kind.GUNICORN,
        certain=r"gunicorn\.conf\.py",
        names=r"[^/]*gunicorn[^/]*\.(?:py|conf)",
        looks=marks.looks_gunicorn,
    ),
    _shape(
        Kind.PG_HBA,
        certain=rf"pg_hba\.conf{_TEMPLATE}",
        names=rf"[^/]*hba[^/]*\.conf{_TEMPLATE}",
        looks=marks.looks_pg_hba,
    ),
    _shape(
        Kind.PGBOUNCER,
        certain=rf"pgbouncer\.ini{_TEMPLATE}",
        names=rf"[^/]+\.ini{_TEMPLATE}|[^/]*bouncer[^/]*\.(?:conf|cfg){_TEMPLATE}",
        looks=marks.looks_pgbouncer,
    ),
    _shape(
        Kind.REDIS,
        names=rf"[^/]*(?:redis|valkey|keydb)[^/]*\.conf{_TEMPLATE}",
        looks=marks.looks_redis,
    ),
    _shape(
        Kind.POSTGRESQL,
        certain=r"postgresql(?:\.auto)?\.conf",
        names=rf"(?!(?:recovery|createcluster)\.conf)[^/]+\.conf{_TEMPLATE}",
        looks=marks.looks_postgresql,
    ),
    _shape(
        Kind.NGINX,
        certain=r"nginx\.conf|[^/]+\.nginx",
        names=rf"[^/]+\.(?:conf|nginx)(?:{_TEMPLATE}|\.erb)|nginx[^/.]*"
        r"|sites-(?:enabled|available)/[^/]+",
        looks=marks.looks_nginx,
    ),
    _shape(Kind.PYTHON, names=r"[^/]+\.py", looks=marks.looks_python),
    _shape(Kind.INI, names=r"[^/]+\.ini", looks=marks.looks_ini),
    _shape(Kind.SNAPSHOT, names=r"[^/]+\.json", looks=marks.looks_snapshot),
    _shape(
        Kind.PLAN,
        certain=r"[^/]+\.(?:plan|explain)",
        names=r"[^/]+\.(?:plan|explain|txt|json|xml|ya?ml|out|log)",
        looks=marks.looks_plan,
    ),
    _shape(
        Kind.SCHEMA,
        names=r"(?!(?:.*[._-])?(?:down|rollback|undo|revert)\b)[^/]+\.(?:sql|ddl)",
        looks=marks.looks_schema,
    ),
    _shape(
        Kind.LOAD,
        names=r"[^/]+\.(?:txt|json|out|log)|[^/]*(?:stats|ab|hey|load|bench|perf|latenc)[^/]*\.csv",
        looks=marks.looks_load,
    ),
)
_BY_CONTENT = (
    Kind.SNAPSHOT,
    Kind.PLAN,
    Kind.LOAD,
    Kind.SCHEMA,
    Kind.COMPOSE,
    Kind.KUBERNETES,
    Kind.PATRONI,
    Kind.PGBOUNCER,
    Kind.PG_HBA,
    Kind.REDIS,
    Kind.NGINX,
    Kind.POSTGRESQL,
    Kind.DOCKERFILE,
)
"""Most distinctive first; the others are told by their name alone."""


def may_matter(path: str) -> bool:
    """
    Whether the name alone makes a file worth opening.
    """
    lower = path.lower()
    return any(shape.names.fullmatch(lower) for shape in _SHAPES)


def is_certain(path: str) -> bool:
    """
    Whether the name alone says what kind the file is.
    """
    lower = path.lower()
    return any(shape.certain and shape.certain.fullmatch(lower) for shape in _SHAPES)


def kind_of(path: str, text: str) -> Kind | None:
    """
    The kind of a file that was found, None when it is not one that is looked for.

    A name like ``postgresql.conf`` decides alone; others need content that bears them out.
    """
    lower = path.lower()
    for shape in _SHAPES:
        if shape.certain and shape.certain.fullmatch(lower):
            return shape.kind
        if shape.names.fullmatch(lower) and shape.looks(text):
            return shape.kind
    return None


def kind_of_named(path: str, text: str) -> Kind | None:
    """
    The kind of a file that the user named: whatever the name, the content may decide.
    """
    found = kind_of(path, text)
    if found is not None:
        return found
    if path.lower().endswith(".py"):
        return Kind.GUNICORN if marks.looks_gunicorn(text) else Kind.PYTHON
    looks = {shape.kind: shape.looks for shape in _SHAPES}
    return next((kind for kind in _BY_CONTENT if looks[kind](text)), None)
