"""
Reads nginx configurations: single files, and trees of includes. Nothing outside the tree is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.bulk import collector_paused
from advisor.errors import SourceError
from advisor.parsers._nginx_context import infer
from advisor.parsers._nginx_include import Expander
from advisor.parsers._nginx_model import (
    REDACTED,
    Directive,
    NginxDocument,
    ParsedFile,
    Unresolved,
    Why,
    is_placeholder,
)
from advisor.parsers._nginx_paths import Places
from advisor.parsers._nginx_tree import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from advisor.model import Tree

__all__ = [
    "REDACTED",
    "Directive",
    "NginxDocument",
    "ParsedFile",
    "Unresolved",
    "Why",
    "is_placeholder",
    "parse_file",
    "read_config",
]


@collector_paused()
def parse_file(path: str, text: str) -> ParsedFile:
    """
    One file on its own. Never fails: what cannot be read is a problem, the rest is kept.
    """
    return parse(path, text)


@collector_paused()
def read_config(
    path: str, tree: Tree, *, path_map: Mapping[str, str] | None = None
) -> NginxDocument:
    """
    A configuration from its first file on, with all it includes.

    A relative include starts from the folder of the first file, as nginx's do. An absolute one
    goes through `path_map` (host path of a file or folder → path in the tree, longest first);
    where no entry fits, ``/etc/nginx/X`` and its like are looked for as ``X`` beside the first
    file. Raises `SourceError` when the first file is not there or cannot be read.
    """
    text = tree.read(path)
    if text is None:
        raise SourceError("there is no such file", path=path)
    expander = Expander(tree, Places.of(path, path_map or {}))
    directives = expander.expand(path, text)
    return NginxDocument(
        path=path,
        directives=directives,
        context=infer(path, directives),
        problems=tuple(expander.problems),
        notes=tuple(expander.notes),
        files=tuple(expander.files),
        unresolved=tuple(expander.unresolved),
        template=expander.template,
        includes=expander.included(),
    )
