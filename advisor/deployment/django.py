"""
The settings module that a Django application loads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from advisor import regex
from advisor.deployment.model import Application
from advisor.deployment.paths import exists, folder_of, join, placed_module, text_of
from advisor.parsers.pyeval import Library, ModuleValues, evaluate_module

if TYPE_CHECKING:
    from advisor.deployment.services import RunningService, Services
    from advisor.model import Tree

_VARIABLE = "DJANGO_SETTINGS_MODULE"
_SERVED = regex.lazy(r"([A-Za-z_][\w.]*\.[aw]sgi)(?::\w+(?:\(\))?)?")
"""What gunicorn is told to serve: ``shop.wsgi:application``."""
_DEFAULT = regex.lazy(
    r"os\.environ\.setdefault\(\s*[\"']DJANGO_SETTINGS_MODULE[\"']\s*,\s*[\"']([\w.]{1,200})[\"']"
)
_FOLDERS = ("", "src", "app", "backend")


class DjangoApplication(Struct, frozen=True):
    """
    An application with the settings it surely loads.
    """

    application: Application
    path: str
    """The file of the settings module."""
    values: ModuleValues


def find_django(
    applications: Sequence[Application], services: Services, tree: Tree, library: Library | None
) -> tuple[DjangoApplication, ...]:
    """
    Applications whose settings module is named by a variable or by the module that is served.

    What that imports is looked for in `library`.
    """
    found = (_of(one, services.named(one.service), tree, library) for one in applications)
    return tuple(one for one in found if one is not None)


def _of(
    application: Application,
    service: RunningService | None,
    tree: Tree,
    library: Library | None,
) -> DjangoApplication | None:
    folders = tuple(dict.fromkeys(_folders(application, service)))
    env = application.settings.env or (service.environment if service else {})
    module = env.get(_VARIABLE) or _served(application, service, folders, tree)
    path = _path(module, folders, tree) if module else ""
    path = path or (placed_module(module, service.placed()) if module and service else "")
    text = text_of(tree, path) if path else None
    if text is None:
        return None
    values = evaluate_module(text, path, env=env, name=module, library=library)
    return DjangoApplication(application, path, values)


def _folders(application: Application, service: RunningService | None) -> Iterator[str]:
    """
    Where packages of the application may lie, likeliest first.
    """
    own = service.context if service and service.context is not None else None
    for folder in (own, folder_of(application.path) if application.path else None, ""):
        if folder is not None:
            yield from (join(folder, one) if one else folder for one in _FOLDERS)


def _served(
    application: Application,
    service: RunningService | None,
    folders: Sequence[str],
    tree: Tree,
) -> str:
    """
    The settings that the served module asks for where no variable does.
    """
    words = [word.value for word in service.words] if service else []
    stated = application.settings.setting("wsgi_app")
    words.append(str(getattr(stated, "value", "")))
    command = application.settings.command
    words.append((command.app or "") if command else "")
    for word in " ".join(words).split():
        match = _SERVED.fullmatch(word)
        path = _path(match[1], folders, tree) if match else ""
        text = text_of(tree, path) if path else None
        default = _DEFAULT.search(text) if text else None
        if default:
            return default[1]
    return ""


def _path(module: str, folders: Sequence[str], tree: Tree) -> str:
    below = module.replace(".", "/")
    names = (f"{below}.py", f"{below}/__init__.py")
    paths = (join(folder, name) for folder in folders for name in names)
    return next((path for path in paths if exists(tree, path)), "")
