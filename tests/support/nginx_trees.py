"""
Files in memory, and short ways to read them as an nginx configuration.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from advisor.errors import SourceError
from advisor.parsers.nginx import NginxDocument, parse_file, read_config
from advisor.parsers.nginx_scope import NginxConfig, Scope, build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from advisor.parsers.nginx import Directive, ParsedFile


class MemoryTree:
    """
    A tree of files by path; None stands for a file that cannot be read.
    """

    def __init__(self, files: Mapping[str, str | None]) -> None:
        self.files = files
        self.reads: list[str] = []

    def read(self, path: str) -> str | None:
        """
        Text of a file.
        """
        self.reads.append(path)
        text = self.files.get(path)
        if text is None and path in self.files:
            raise SourceError("the file is too large", path=path)
        return text

    def names(self, folder: str) -> tuple[str, ...]:
        """
        Names of the files directly in a folder.
        """
        start = f"{folder}/" if folder else ""
        below = (path[len(start) :] for path in self.files if path.startswith(start))
        return tuple(sorted(name for name in below if "/" not in name))

    def folders(self, folder: str) -> tuple[str, ...]:
        """
        Names of the folders directly in a folder.
        """
        start = f"{folder}/" if folder else ""
        below = (path[len(start) :] for path in self.files if path.startswith(start))
        return tuple(sorted({name.partition("/")[0] for name in below if "/" in name}))


def read(
    files: Mapping[str, str | None], main: str = "nginx.conf", **path_map: str
) -> NginxDocument:
    """
    The configuration from `main` on. Keys of the path map come as `etc_nginx="nginx"`.
    """
    mapped = {f"/{key.replace('_', '/')}": target for key, target in path_map.items()}
    return read_config(main, MemoryTree(files), path_map=mapped)


def config(text: str) -> NginxConfig:
    """
    The effective configuration of one file.
    """
    return build(read({"nginx.conf": textwrap.dedent(text)}))


def http(text: str) -> NginxConfig:
    """
    The effective configuration of a file with this inside ``http``.
    """
    return config(f"events {{ }}\nhttp {{\n{text}\n}}\n")


def parsed(text: str) -> ParsedFile:
    """
    One file called ``a.conf``.
    """
    return parse_file("a.conf", textwrap.dedent(text))


def scope(config: NginxConfig, label: str) -> Scope:
    """
    The scope that is called so.
    """
    return next(item for item in config.main.walk() if item.label == label)


def outline(directives: tuple[Directive, ...]) -> list[object]:
    """
    Directives as texts, each block as a list after its head.
    """
    lines: list[object] = []
    for directive in directives:
        lines.append(str(directive))
        if directive.block is not None:
            lines.append(outline(directive.block))
    return lines


def problems(item: ParsedFile | NginxDocument) -> list[str]:
    """
    Problems as ``line: message``.
    """
    return [f"{problem.location.line}: {problem.message}" for problem in item.problems]
