"""
What a file imports from other files of the same project.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from advisor.model import Location
from advisor.parsers.pyeval.machine import Binding, Machine
from advisor.parsers.pyeval.results import Known, Undecided
from advisor.parsers.pyeval.source import Source, parse
from advisor.parsers.pyeval.values import Instance, Klass, Listing, Symbol, Table

MAX_MODULES = 24
"""Files evaluated for the imports of one file."""
MAX_CHAIN = 5
"""Files that import each other in a row."""
MAX_DEPTH = 12
"""How deep inside of blocks an import is followed: each file adds to Python's own stack."""
MAX_TEXT = 100_000
"""Letters of a file that is imported; settings are shorter."""
_DATA = (Known, Undecided, Listing, Table, Klass, Instance)
"""Values that mean the same in another file; functions need the names around them."""


@dataclass(frozen=True, slots=True)
class ProjectModules:
    """
    Modules among the files of a deployment.
    """

    read: Callable[[str], str | None] = field(repr=False)
    """The text of a file, None when there is none."""
    _sources: dict[str, Source | None] = field(default_factory=dict, repr=False)
    ends: dict[tuple[object, ...], Machine] = field(default_factory=dict, repr=False)
    """Imported files at their ends, by path, environment and number of cpus."""

    def find(self, importer: str, name: str) -> Source | None:
        """
        As `Modules.find`: an absolute name is looked up in every folder around the importer.
        """
        module = name.lstrip(".")
        dots = len(name) - len(module)
        if not dots and module.partition(".")[0] in sys.stdlib_module_names:
            return None
        folders = list(_around(importer))
        if dots:
            folders = folders[dots - 1 : dots]
        found = [one for folder in folders if (one := self._module(folder, module))]
        return found[0] if len(found) == 1 and found[0].path != importer else None

    def _module(self, folder: str, module: str) -> Source | None:
        stem = "/".join(part for part in (folder, *module.split(".")) if part)
        paths = (f"{stem}.py", f"{stem}/__init__.py") if module else (f"{stem}/__init__.py",)
        return next((one for path in paths if (one := self._source(path))), None)

    def _source(self, path: str) -> Source | None:
        if path not in self._sources:
            text = self.read(path)
            source = None if text is None or len(text) > MAX_TEXT else parse(path, text)
            self._sources[path] = None if source is None or source.problems else source
        return self._sources[path]


def _around(path: str) -> Iterator[str]:
    """
    The folders around a file, innermost first; the root is the empty text.
    """
    while path:
        path = path.rpartition("/")[0]
        yield path


def imported(machine: Machine, module: str, name: str) -> Binding | None:
    """
    One name of an imported module, None where only the module itself can tell what it means.
    """
    loaded = _load(machine, module)
    binding = loaded.module.names.get(name) if loaded else None
    if binding is None or binding.absent or not isinstance(binding.value, _DATA):
        return None
    return binding


def all_names(machine: Machine, module: str) -> dict[str, Binding] | None:
    """
    What ``from module import *`` brings in; None when that cannot be told.
    """
    loaded = _load(machine, module)
    if loaded is None:
        return None
    listed = _exported(loaded)
    return {
        name: _outside(one, f"{module}.{name}")
        for name, one in loaded.module.names.items()
        if (name in listed if listed is not None else not name.startswith("_"))
    }


def _outside(binding: Binding, dotted: str) -> Binding:
    """
    A name as another file sees it: what is no data is known by its dotted name only.
    """
    value = binding.value
    if isinstance(value, _DATA) or (isinstance(value, Symbol) and value.name[:1] != "."):
        return binding
    return replace(binding, value=Symbol(dotted, binding.place))


def _exported(loaded: Machine) -> frozenset[str] | None:
    """
    ``__all__`` as it is written, None when there is none.
    """
    binding = loaded.module.names.get("__all__")
    members = binding.value.members if binding and isinstance(binding.value, Listing) else None
    if members is None:
        return None
    return frozenset(str(one.value) for one in members if isinstance(one, Known))


def is_open(machine: Machine, module: str) -> Location | None:
    """
    Where an imported module takes in names that cannot be told.
    """
    loaded = _load(machine, module)
    return loaded.opened if loaded else None


def _load(machine: Machine, module: str) -> Machine | None:
    """
    The state at the end of an imported file; None for one that is not followed.
    """
    if machine.modules is None:
        return None
    source = machine.modules.find(machine.source.path, module)
    if source is None:
        return None
    known = machine.loaded
    if source.path not in known:
        deep = machine.depth > MAX_DEPTH or len(machine.loading) >= MAX_CHAIN
        if deep or len(known) >= MAX_MODULES:
            return None
        # What imports itself in a circle finds nothing the second time.
        known[source.path] = None
        known[source.path] = _evaluated(machine, source)
    found: Machine | None = known[source.path]
    return found


def home_of(machine: Machine, path: str) -> Machine:
    """
    The state of the file at `path`, where a class of it may be read; the importer's if unknown.
    """
    if path in machine.loaded:
        return machine.loaded[path] or machine
    inner = (one for one in machine.loaded.values() if one is not None)
    found = (one.loaded[path] for one in inner if path in one.loaded)
    return next((one for one in found if one is not None), machine)


def _evaluated(machine: Machine, source: Source) -> Machine:
    """
    The file followed to its end, once for all that import it with the same environment.
    """
    ends = machine.modules.ends if isinstance(machine.modules, ProjectModules) else {}
    key = (source.path, machine.cpus, frozenset(machine.env.items()))
    # In a circle a file sees others half done: that is no end for everybody.
    alone = not machine.overlay and len(machine.loading) == 0
    if alone and key in ends:
        return ends[key]
    inner = Machine(
        source,
        machine.env,
        machine.cpus,
        machine.hooks,
        overlay=dict(machine.overlay),
        depth=machine.depth,
        modules=machine.modules,
        loaded={machine.source.path: None} if alone else machine.loaded,
        loading=(*machine.loading, source.path),
    )
    machine.hooks.load(inner)
    machine.overlay = dict(inner.overlay)
    machine.uses_cpus = machine.uses_cpus or inner.uses_cpus
    if alone and not inner.overlay and not inner.uses_cpus:
        ends[key] = inner
    return inner
