"""
Terraform's modules as they are applied: which folders are roots, and what they call.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from msgspec.structs import replace

from advisor.deployment.kubernetes_choice import is_production
from advisor.deployment.paths import folder_of, join, names_in, text_of
from advisor.model import Tree, Value
from advisor.parsers.hcl import Block
from advisor.parsers.terraform import Module, read_module

MAX_CALLS = 4
"""Modules inside of modules."""
MAX_FILES = 200
"""Of one folder."""
_OWN_ARGUMENTS = frozenset({"source", "version", "count", "for_each", "providers", "depends_on"})
Texts: TypeAlias = Mapping[str, str]


def read_modules(files: Iterable[str], tree: Tree) -> Iterator[Module]:
    """
    Every module that is applied: roots, and what they call inside the tree with its arguments.

    `files` are paths of files that declare servers or call modules. A folder that another one
    calls is no root: its variables have no values of their own.
    """
    folders = sorted({folder_of(path) for path in files})
    texts = {folder: _files(folder, tree) for folder in folders}
    roots = [read_module(one, texts[one], _variables(one, tree)) for one in folders]
    called = {_source(root, call) for root in roots for call in root.calls()}
    for root in roots:
        if root.folder not in called:
            yield from _applied(root, texts, MAX_CALLS)


def _applied(module: Module, texts: Mapping[str, Texts], left: int) -> Iterator[Module]:
    yield module
    for call in module.calls() if left else ():
        folder = _source(module, call)
        if folder is not None and folder in texts and folder != module.folder:
            given = {
                name: module.handed(expression)
                for name, expression in call.attributes.items()
                if name not in _OWN_ARGUMENTS
            }
            address = f"{module.address}module.{call.labels[0]}."
            inner = replace(read_module(folder, texts[folder], given=given), address=address)
            yield from _applied(inner, texts, left - 1)


def _source(module: Module, call: Block) -> str | None:
    """
    The folder that a call means, None for modules of a registry or a repository.
    """
    source = module.text(call.attributes.get("source"))
    if not isinstance(source, Value) or not source.value.startswith(("./", "../")):
        return None
    return join(module.folder, source.value)


def _files(folder: str, tree: Tree) -> Texts:
    names = [name for name in names_in(tree, folder) if name.endswith(".tf")][:MAX_FILES]
    paths = [join(folder, name) for name in names]
    return {path: text for path in paths if (text := text_of(tree, path)) is not None}


def _variables(folder: str, tree: Tree) -> Iterator[tuple[str, str]]:
    """
    Files of variables that Terraform reads by itself, weakest first, then those for production.
    """
    names = [name for name in names_in(tree, folder) if name.endswith(".tfvars")]
    own = [name for name in names if name == "terraform.tfvars"]
    automatic = [name for name in names if name.endswith(".auto.tfvars")]
    others = [name for name in names if name not in (*own, *automatic) and is_production(name)]
    for name in (*own, *automatic, *others):
        path = join(folder, name)
        text = text_of(tree, path)
        if text is not None:
            yield path, text
