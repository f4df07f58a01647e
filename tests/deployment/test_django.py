"""Which settings module an application surely loads."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.support.deployments import deploy

WSGI = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
SETTINGS = "DEBUG = False\n"


def paths(files: Mapping[str, str]) -> list[str]:
    """Files of the settings modules that were found."""
    return [one.path for one in deploy(files).django]


def compose(*lines: str, build: str = ".") -> str:
    """A service that starts gunicorn."""
    start = ["services:", "  web:", f"    build: {build}", "    command: gunicorn shop.wsgi"]
    return "\n".join([*start, *(f"    {line}" for line in lines), ""])


def test_the_served_module_names_its_settings() -> None:
    files = {"compose.yaml": compose(), "shop/wsgi.py": WSGI, "shop/settings.py": SETTINGS}

    assert paths(files) == ["shop/settings.py"]


def test_a_variable_comes_first() -> None:
    files = {
        "compose.yaml": compose("environment: {DJANGO_SETTINGS_MODULE: shop.settings.live}"),
        "shop/wsgi.py": WSGI,
        "shop/settings/__init__.py": "",
        "shop/settings/live.py": SETTINGS,
    }

    assert paths(files) == ["shop/settings/live.py"]


def test_a_module_may_be_a_package() -> None:
    files = {
        "compose.yaml": compose(),
        "shop/wsgi.py": WSGI,
        "shop/settings/__init__.py": SETTINGS,
    }

    assert paths(files) == ["shop/settings/__init__.py"]


@pytest.mark.parametrize("folder", ["backend", "backend/src"])
def test_packages_lie_where_the_image_is_built(folder: str) -> None:
    files = {
        "compose.yaml": compose(build="./backend"),
        f"{folder}/shop/wsgi.py": WSGI,
        f"{folder}/shop/settings.py": SETTINGS,
        "shop/settings.py": "DEBUG = True\n",
    }

    assert paths(files) == [f"{folder}/shop/settings.py"]


@pytest.mark.parametrize(
    "files",
    [
        {"compose.yaml": compose(), "shop/settings.py": SETTINGS},
        {"compose.yaml": compose(), "shop/wsgi.py": WSGI},
        {"compose.yaml": compose(), "shop/wsgi.py": "application = 1\n", "shop/settings.py": ""},
        {"shop/wsgi.py": WSGI, "shop/settings.py": SETTINGS},
    ],
)
def test_without_evidence_there_is_none(files: Mapping[str, str]) -> None:
    """A file that is called settings.py may belong to anything."""
    assert paths(files) == []
