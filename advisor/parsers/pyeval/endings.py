"""
Imported files at their ends, kept so that a file is evaluated once for all that import it.

What is kept belongs together: a file with all files that it drew in. Every importer gets copies,
as it may change what it imports.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.parsers.pyeval.machine import Machine


class Ending(Struct, frozen=True):
    """
    A file and those it draws in, each at its end.
    """

    machines: Mapping[str, Machine | None]
    """By path; None for a file that ends the program."""
    lent: Mapping[object, str]
    """As `Machine.lent`, for the containers of these files."""


class Loading(Struct):
    """
    A file that is being imported.
    """

    path: str
    needs: set[str] = field(default_factory=set)
    """Files it has drawn in so far."""
    whole: bool = True
    """Whether it has seen nothing that another importer would see otherwise."""


def adopt(machine: Machine, path: str) -> bool:
    """
    Take over the kept end of a file; whether there is one that fits what is imported already.
    """
    ending = _kept(machine, path)
    if ending is None or machine.library is None:
        return False
    known = machine.modules
    if any(one in known and not _same(known[one], end) for one, end in ending.machines.items()):
        return False
    for one, end in ending.machines.items():
        if one in known:
            continue
        known[one] = end and _copy(end, machine)
        machine.may_raise = machine.may_raise or (end is not None and end.may_raise)
        machine.uses_cpus = machine.uses_cpus or (end is not None and end.uses_cpus)
    for token, owner in ending.lent.items():
        machine.lent.setdefault(token, owner)
    for outer in machine.library.loading[-1:]:
        outer.needs |= ending.machines.keys()
    return True


def meet(machine: Machine, path: str) -> None:
    """
    Note that the files being imported see one that was imported before.
    """
    loading = machine.library.loading if machine.library else []
    if not loading or path in loading[-1].needs:
        return
    ending = _kept(machine, path)
    if ending is not None and _same(machine.modules[path], ending.machines[path]):
        loading[-1].needs |= ending.machines.keys()
    else:
        _limit(loading, path)


def refuse(machine: Machine) -> None:
    """
    Note that a file was not followed, which another importer may do.
    """
    for one in machine.library.loading if machine.library else ():
        one.whole = False


@contextmanager
def importing(machine: Machine, path: str) -> Iterator[Loading]:
    """
    Around the evaluation of an imported file.
    """
    loading = machine.library.loading if machine.library else []
    own = Loading(path, {path})
    loading.append(own)
    try:
        yield own
    finally:
        loading.pop()
        for outer in loading[-1:]:
            outer.needs |= own.needs


def keep(machine: Machine, loading: Loading) -> None:
    """
    Keep the end of a file for others with the same environment, if they would see the same.
    """
    if machine.library is None or not loading.whole:
        return
    found = {path: machine.modules[path] for path in sorted(loading.needs)}
    lent = {token: owner for token, owner in machine.lent.items() if owner in found}
    machines = {path: end and _copy(end, end) for path, end in found.items()}
    machine.library.endings[_key(machine, loading.path)] = Ending(machines, lent)


def _kept(machine: Machine, path: str) -> Ending | None:
    found = machine.library.endings.get(_key(machine, path)) if machine.library else None
    return found if isinstance(found, Ending) else None


def _key(machine: Machine, path: str) -> tuple[object, ...]:
    return path, machine.cpus, frozenset(machine.env.items())


def _limit(loading: list[Loading], path: str) -> None:
    """
    Of the files being imported, only one that draws in the file at `path` itself is whole.
    """
    for one in reversed(loading):
        if path in one.needs:
            return
        one.whole = False


def _same(known: Machine | None, kept: Machine | None) -> bool:
    """
    Whether nobody has changed an imported file since it was taken over.
    """
    if known is None or kept is None:
        return known is kept
    names, others = known.module.names, kept.module.names
    return len(names) == len(others) and all(
        names.get(name) is binding for name, binding in others.items()
    )


def _copy(end: Machine, importer: Machine) -> Machine:
    module = replace(end.module, names=dict(end.module.names))
    return replace(
        end,
        module=module,
        stack=[],
        overlay={},
        calls={},
        skipped=[],
        modules=importer.modules,
        lent=importer.lent,
    )
