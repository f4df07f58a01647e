"""
Facts that are worked out when a rule asks for them: most rules never ask for most facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from advisor.facts.common import computed
from advisor.facts.nginx.rows import Row, Rows
from advisor.facts.nginx.views import View
from advisor.model import DIFFERS
from advisor.model.subject import Fact


class LazyFacts(Mapping[str, Fact]):
    """
    The facts of one subject: those of its own namespace, and those that it shares with others.
    """

    __slots__ = ("_known", "_rows", "_shared", "_space", "_view")

    def __init__(
        self, space: str, rows: Mapping[str, Row | None], view: View, shared: Mapping[str, Fact]
    ) -> None:
        self._space = f"{space}."
        self._rows = rows
        """Every fact of the namespace, as `own_rows` has them."""
        self._view = view
        self._shared = shared
        self._known: dict[str, Fact] = {}

    def __getitem__(self, name: str) -> Fact:
        found: Fact | None = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as in the base class
        """
        As of any mapping, without a detour: rules ask hundreds of thousands of times.
        """
        known = self._known.get(name)
        if known is None:
            if name in self._rows:
                row = self._rows[name]
                view = self._view
                known = view.directive(name[len(self._space) :]) if row is None else row.of(view)
            elif name in self._shared:
                known = self._shared[name]
            else:
                return default
            self._known[name] = known
        return known

    def __iter__(self) -> Iterator[str]:
        """
        Every derived fact, and the directives that stand on this very level.
        """
        yield from (name for name, row in self._rows.items() if row is not None)
        for field in self._view.scope.names:
            name = self._space + field
            if name in self._rows and self._rows[name] is None:
                yield name
        yield from self._shared

    def __contains__(self, name: object) -> bool:
        return name in self._rows or name in self._shared

    def __len__(self) -> int:
        return sum(1 for _ in self)


class CommonFacts(Mapping[str, Fact]):
    """
    What is the same for many subjects of a namespace, because nothing near them touches it.

    Everything else is `DIFFERS`. A condition that these facts already make false is false for
    every one of the subjects.
    """

    def __init__(
        self,
        space: str,
        rows: Rows,
        near: frozenset[str],
        used: frozenset[str],
        default: Callable[[str], Fact],
        shared: Mapping[str, Fact],
    ) -> None:
        self._space = f"{space}."
        self._rows = rows
        self._near = near
        """Names of the directives on these levels, around them and in them."""
        self._used = used
        """Names of all directives of the configuration."""
        self._default = default
        self._shared = shared

    def __getitem__(self, name: str) -> Fact:
        if not name.startswith(self._space):
            return self._shared[name]
        field = name[len(self._space) :]
        row = self._rows.get(field)
        if row is None:
            return self._directive(field)
        if not row.only_with or not row.only_with.isdisjoint(self._used if row.far else self._near):
            return DIFFERS
        return computed(row.otherwise) if not isinstance(row.otherwise, tuple) else DIFFERS

    def _directive(self, name: str) -> Fact:
        return DIFFERS if name in self._near else self._default(name)

    def __iter__(self) -> Iterator[str]:
        yield from (self._space + field for field in self._rows)
        yield from self._shared

    def __len__(self) -> int:
        return sum(1 for _ in self)
