"""
Where settings are written: the command line, the closest file, the files that it extends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from advisor.errors import ConfigError

FILE = "advisor.toml"
PROJECT = "pyproject.toml"
"""Counts where it has a table ``[tool.advisor]``."""
MAX_EXTENDS = 10
"""Files that extend each other."""


class Layer(Struct, frozen=True):
    """
    What one place says. Keys are those of ``advisor.toml``.
    """

    data: Mapping[str, Any]
    folder: Path
    """What relative paths in it are relative to."""
    file: str = ""
    """Its path, for messages; empty when it is no file."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What else says so, by key: ``--select``, ``ADVISOR_SELECT``, ``default``."""

    def source(self, key: str) -> str:
        """
        Who says it.
        """
        return self.names.get(key) or self.file

    def said(self, key: str) -> str:
        """
        Who says it and under which key, for messages.
        """
        return self.names.get(key) or f"{self.file}: {key}"


def file_layers(folder: Path) -> list[Layer]:
    """
    The closest file upwards and all that it extends, the weakest first.

    The search ends at the root of the repository. Raises `ConfigError` for a file that cannot be
    used, also one that is extended.
    """
    start = folder.resolve()
    for place in (start, *start.parents):
        found = _in_folder(place)
        if found is not None:
            return [*reversed(list(_extended(found)))]
        if (place / ".git").exists():
            break
    return []


def _in_folder(folder: Path) -> Layer | None:
    path = folder / FILE
    if path.is_file():
        return Layer(_read(path), folder, str(path))
    path = folder / PROJECT
    table = _table(path) if path.is_file() else None
    return None if table is None else Layer(table, folder, str(path))


def _extended(layer: Layer) -> Iterator[Layer]:
    seen = [layer.file]
    yield layer
    while "extend" in layer.data:
        name = layer.data["extend"]
        if not isinstance(name, str) or not name:
            raise ConfigError("extend must be the path of a file", path=layer.file)
        path = (layer.folder / name).resolve()
        if str(path) in seen or len(seen) >= MAX_EXTENDS:
            raise ConfigError(f"extend goes in a circle: {' → '.join(seen)}", path=layer.file)
        data = _table(path) if path.name == PROJECT else _read(path)
        if data is None:
            raise ConfigError("has no table [tool.advisor]", path=str(path))
        layer = Layer(data, path.parent, str(path))
        seen.append(layer.file)
        yield layer


def _table(path: Path) -> dict[str, Any] | None:
    """
    ``[tool.advisor]`` of a pyproject.toml, None where there is none.

    A file that other tools would refuse is no reason not to audit, unless it speaks of the advisor.
    """
    try:
        if b"tool.advisor" not in path.read_bytes():
            return None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", path=str(path)) from error
    tool = _read(path).get("tool", {})
    table = tool.get("advisor") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError("tool.advisor must be a table", path=str(path))
    return table


def parse(text: str, path: str) -> dict[str, Any]:
    """
    The tables of a TOML text. Raises `ConfigError`, which names the `path`.
    """
    import tomllib  # noqa: PLC0415 - start-up cost

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"is not valid TOML: {error}", path=path) from error
    except RecursionError as error:
        raise ConfigError("is nested too deep", path=path) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", path=str(path)) from error
    return parse(text, str(path))
