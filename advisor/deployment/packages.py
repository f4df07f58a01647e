"""
Versions of installed packages, by the folder whose application they belong to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from advisor.deployment.model import Version
from advisor.deployment.paths import innermost, is_variant
from advisor.model import Location, Origin, Problem, Unknown, Value
from advisor.parsers.requirements import Package, RequirementsDocument


class Packages(Struct, frozen=True):
    """
    All lists and lock files of a deployment.
    """

    documents: tuple[RequirementsDocument, ...]
    folders: frozenset[str]
    """Folders of the code of services and applications."""

    def problems(self) -> Iterator[Problem]:
        """
        What could not be read.
        """
        return (problem for document in self.documents for problem in document.problems)

    def version(self, name: str, folder: str | None, *, alone: bool) -> Version:
        """
        The version that the code in a folder is installed with.

        What lies in nobody's folder counts for everybody, and for an application `alone` all files
        do. Lock files count before lists; versions that differ are no version.
        """
        mine = [one for one in self.documents if self._fits(one, folder)]
        found = _mentions(mine, name) or _mentions(self.documents if alone else (), name)
        if not found:
            return Unknown(f"the version of {name} is not stated", needs=(f"{name}.version",))
        first = found[0]
        if first.version is None or len({one.version for one in found}) > 1:
            return Unknown(f"the files name several versions of {name}", first.location)
        return Value(first.version, Origin.LITERAL, first.location, f"{first.name}{first.spec}")

    def places(self, folder: str | None, *, alone: bool) -> dict[str, Location]:
        """
        Packages that the code in a folder is installed with, whatever their versions.
        """
        mine = [one for one in self.documents if self._fits(one, folder)]
        documents = mine or (self.documents if alone else ())
        found = (package for one in documents for package in one.packages)
        return {package.name: package.location for package in found}

    def listed(self, folder: str | None, *, alone: bool) -> dict[str, Version]:
        """
        The packages that matter among those the code in a folder is installed with.
        """
        mine = (
            self.documents if alone else [one for one in self.documents if self._fits(one, folder)]
        )
        names = {package.name for document in mine for package in document.packages}
        return {name: self.version(name, folder, alone=alone) for name in sorted(names)}

    def _fits(self, document: RequirementsDocument, folder: str | None) -> bool:
        return innermost(document.path, self.folders) in (folder, None)


def _mentions(documents: Iterable[RequirementsDocument], name: str) -> list[Package]:
    """
    Mentions of a package with an exact version, in the most telling kind of file that has any.
    """
    kinds: dict[int, list[Package]] = {}
    for document in documents:
        kind = 0 if document.is_lock else 2 if is_variant(document.path) else 1
        for package in document.packages:
            if package.name == name and package.version is not None:
                kinds.setdefault(kind, []).append(package)
    return kinds[min(kinds)] if kinds else []
