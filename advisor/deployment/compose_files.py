"""
Which compose files describe the stack: one of several variants, and what overrides it.

Sources: Docker manuals, "Merge Compose files", "Pre-defined environment variables" and "Use
Compose in production".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from advisor.deployment.paths import folder_of, is_variant, join, name_of, text_of, words_of
from advisor.model import Tree
from advisor.parsers.compose import Service, parse_compose
from advisor.parsers.dotenv import parse_dotenv

_STANDARD = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
_FILE, _SEPARATOR = "COMPOSE_FILE", "COMPOSE_PATH_SEPARATOR"
MAX_FILES = 20
"""Files of one ``COMPOSE_FILE``."""


class Chosen(Struct, frozen=True):
    """
    The files that count, the base first, each later one overriding.
    """

    files: tuple[tuple[str, str], ...]
    """Path and text."""
    env: Mapping[str, str]
    """Variables that are replaced in them."""
    notes: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """
        The base.
        """
        return self.files[0][0]


def choose(texts: Mapping[str, str], tree: Tree) -> Chosen:
    """
    The files of the stack among all compose files of a deployment; there must be one.

    ``COMPOSE_FILE`` decides where it is set. Else it is the file nearest to the root with the
    standard name, variants for development and tests last. A variant for production beside it
    counts before the override file that Compose takes by itself, which is meant for development.
    Variants are never added up.
    """
    path = min(texts, key=_rank)
    folder = folder_of(path)
    for home in dict.fromkeys(("", folder)):
        env = _dotenv(join(home, ".env"), tree)
        listed = _listed(env, home, tree)
        if listed:
            names = " and ".join(one for one, _ in listed)
            note = f"{_FILE} in {join(home, '.env')} names {names}"
            return Chosen(listed, env, (note,) if len(listed) < len(texts) else ())
    env = _dotenv(join(folder, ".env"), tree)
    production = _production(path, texts)
    if production and not _is_production(path):
        return _with_production(path, production, texts, env)
    return _with_override(path, texts, env)


def left_out(texts: Iterable[str], read: Iterable[str], base: str) -> tuple[str, ...]:
    """
    A note for every file that was not read.
    """
    others = sorted(set(texts) - set(read))
    return tuple(f"{one} is not read: {base} describes the stack" for one in others)


def _dotenv(path: str, tree: Tree) -> Mapping[str, str]:
    text = text_of(tree, path)
    return {} if text is None else parse_dotenv(path, text, env={}).texts()


def _listed(env: Mapping[str, str], home: str, tree: Tree) -> tuple[tuple[str, str], ...]:
    """
    Files that ``COMPOSE_FILE`` names; none when one of them is not there.
    """
    written = env.get(_FILE, "")
    separator = env.get(_SEPARATOR) or (";" if ";" in written else ":")
    paths = [join(home, one) for one in written.split(separator)[:MAX_FILES] if one.strip()]
    found = tuple((one, text) for one in paths if (text := text_of(tree, one)) is not None)
    return found if len(found) == len(paths) else ()


def _with_production(
    path: str, production: str, texts: Mapping[str, str], env: Mapping[str, str]
) -> Chosen:
    """
    The base with the variant for production over it, or the one of the two that stands alone.
    """
    base = parse_compose(path, texts[path], env=env).services
    over = parse_compose(production, texts[production], env=env).services
    alone = (production, texts[production])
    if over.keys().isdisjoint(base):
        return _with_override(path, texts, env)
    if _stands_alone(over, base):
        note = f"{production} is read alone: it describes a whole stack, beside {path}"
        return Chosen((alone,), env, (note,))
    note = f"{production} is merged into {path}, as for production"
    return Chosen(((path, texts[path]), alone), env, (note,))


def _stands_alone(over: Mapping[str, Service], base: Mapping[str, Service]) -> bool:
    """
    Whether a variant needs no base: all its services have an image, and none that they wait for
    or that the base has besides is missing.
    """
    complete = all(one.image is not None or one.build is not None for one in over.values())
    waited = {name for one in over.values() for name in one.depends_on}
    several = len(over) > 1 and bool(waited) and waited <= over.keys()
    return complete and (over.keys() >= base.keys() or several)


def _with_override(path: str, texts: Mapping[str, str], env: Mapping[str, str]) -> Chosen:
    files = [(path, texts[path])]
    names = _OVERRIDES if name_of(path) in _STANDARD else ()
    override = next((one for one in _beside(path, names) if one in texts), None)
    if override is None:
        return Chosen(tuple(files), env)
    files.append((override, texts[override]))
    return Chosen(tuple(files), env, (f"{override} is merged into {path}",))


def _beside(path: str, names: Sequence[str]) -> list[str]:
    return [join(folder_of(path), name) for name in names]


def _production(path: str, texts: Iterable[str]) -> str:
    """
    The variant for production in the folder of a file, the one with the shortest name of several.
    """
    folder = folder_of(path)
    found = [
        one
        for one in texts
        if one != path and folder_of(one) == folder and _is_production(name_of(one))
    ]
    real = [one for one in found if not is_variant(one)]
    return min(real, key=lambda one: (len(one), one), default="")


def _is_production(path: str) -> bool:
    return not {"prod", "production"}.isdisjoint(words_of(path))


def _rank(path: str) -> tuple[bool, int, int, bool, str]:
    name = name_of(path)
    standard = _STANDARD.index(name) if name in _STANDARD else len(_STANDARD)
    return is_variant(path), path.count("/"), standard, not _is_production(path), path
