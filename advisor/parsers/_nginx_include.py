"""
Puts included files in the place of their ``include``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from advisor.errors import SourceError
from advisor.model import Problem, Tree
from advisor.parsers._nginx_model import Directive, Unresolved, Why, is_placeholder
from advisor.parsers._nginx_paths import Places, has_magic
from advisor.parsers._nginx_stock import stock_directives
from advisor.parsers._nginx_tree import MAX_DEPTH, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_DIRECTIVES = 1_000_000
"""Small files can include each other into sizes without bound; this many are enough."""
MAX_TRAIL = 40
"""Files that include each other in a row."""

_NOTES = {
    Why.STOCK: 'include "{}" is not among the files; it is taken to be the packaged one',
    Why.EMPTY: 'no file matches the include "{}"',
    Why.UNLISTED: 'the include "{}" points to folders that cannot be looked into',
    Why.PLACEHOLDER: 'the include "{}" depends on a placeholder',
}
_PROBLEMS = {
    Why.MISSING: (
        'include "{}" is not among the files',
        "add the file, or map its folder to where it lies in the deployment",
    ),
    Why.CYCLE: ('include "{}" leads back to a file that is being included', "remove it"),
}


class _Expanded(Struct, frozen=True):
    directives: tuple[Directive, ...]
    height: int
    """Levels of blocks and includes below it, counted so that no depth adds up unseen."""
    size: int
    """Directives on all levels: expansions share memory, but who walks them sees each again."""


class Expander(Struct):
    """
    Reads a file and all it includes, each file once.
    """

    tree: Tree
    places: Places
    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    template: bool = False
    _done: dict[str, _Expanded] = field(default_factory=dict)
    _targets: dict[str, tuple[tuple[str, ...], Why | None]] = field(default_factory=dict)
    _trail: list[str] = field(default_factory=list)
    _count: int = 0

    def expand(self, path: str, text: str) -> tuple[Directive, ...]:
        """
        Directives of the first file with every include expanded in place.
        """
        return self._file(path, text, 0).directives

    def included(self) -> Mapping[str, tuple[str, ...]]:
        """
        The files that each ``include`` leads to, by what it names.
        """
        return {pattern: paths for pattern, (paths, _) in self._targets.items()}

    def _file(self, path: str, text: str, depth: int) -> _Expanded:
        self.files.append(path)
        parsed = parse(path, text)
        self.problems.extend(parsed.problems)
        self.notes.extend(parsed.notes)
        self.template = self.template or parsed.template
        self._trail.append(path)
        done = self._block(parsed.directives, depth)
        self._trail.pop()
        self._done[path] = done
        return done

    def _block(self, directives: tuple[Directive, ...], depth: int) -> _Expanded:
        found: list[Directive] = []
        height, size = 0, len(directives)
        for directive in directives:
            if directive.block:
                inner = self._block(directive.block, depth + 1)
                height, size = max(height, inner.height + 1), size + inner.size
                if inner.directives is not directive.block:
                    directive = directive._replace(block=inner.directives)  # noqa: PLW2901 - the same one, expanded
                found.append(directive)
            elif directive.name == "include" and len(directive.args) == 1:
                for included in self._include(directive, depth):
                    height, size = max(height, included.height + 1), size + included.size
                    found.extend(included.directives)
            else:
                found.append(directive)
        same = len(found) == len(directives) and all(map(_is, found, directives))
        return _Expanded(directives if same else tuple(found), height, size)

    def _include(self, directive: Directive, depth: int) -> Iterator[_Expanded]:
        pattern = directive.args[0]
        if pattern not in self._targets:
            self._targets[pattern] = self._find(directive)
        paths, why = self._targets[pattern]
        if why is not None:
            yield self._leave(directive, why)
        for path in paths:
            if path in self._trail:
                yield self._leave(directive, Why.CYCLE)
                continue
            if depth >= MAX_DEPTH or len(self._trail) >= MAX_TRAIL:
                self._stop(directive)
                continue
            done = self._done.get(path) or self._read(directive, path, depth + 1)
            if done is None:
                yield self._leave(directive, Why.MISSING)
                continue
            self._count += done.size + 1
            if self._count > MAX_DIRECTIVES or depth + done.height > MAX_DEPTH:
                self._stop(directive)
                continue
            yield done

    def _find(self, directive: Directive) -> tuple[tuple[str, ...], Why | None]:
        pattern = directive.args[0]
        if is_placeholder(pattern):
            return (), Why.PLACEHOLDER
        try:
            if has_magic(pattern):
                return self.places.matching(pattern, self.tree)
            path = next(filter(self._exists, self.places.literal(pattern)), None)
        except SourceError as error:
            self._unreadable(directive, error)
            return (), Why.MISSING
        if path is not None:
            return (path,), None
        return (), Why.STOCK if stock_directives(pattern) is not None else Why.MISSING

    def _exists(self, path: str) -> bool:
        if path in self._done or path in self._trail:
            return True
        folder, _, name = path.rpartition("/")
        return name in self.tree.names(folder)

    def _unreadable(self, directive: Directive, error: SourceError) -> None:
        hint = error.hint or ""
        self.problems.append(Problem(error.message, directive.location, hint, "unreadable"))

    def _read(self, directive: Directive, path: str, depth: int) -> _Expanded | None:
        try:
            text = self.tree.read(path)
        except SourceError as error:
            self._unreadable(directive, error)
            self._done[path] = _Expanded((), 0, 0)
            return self._done[path]
        return None if text is None else self._file(path, text, depth)

    def _stop(self, directive: Directive) -> None:
        """
        Leave out the rest of an endless expansion, and say so once.
        """
        message = "includes expand to more than can be read; the rest is left out"
        if all(problem.message != message for problem in self.problems):
            self.problems.append(
                Problem(message, directive.location, "include fewer files", "include")
            )

    def _leave(self, directive: Directive, why: Why) -> _Expanded:
        """
        Keep the ``include`` where it stands and say why.
        """
        pattern, place = directive.args[0], directive.location
        self.unresolved.append(Unresolved(pattern, why, place))
        if why in _PROBLEMS:
            message, hint = _PROBLEMS[why]
            self.problems.append(Problem(message.format(pattern), place, hint, "include"))
        else:
            category = "template" if why is Why.PLACEHOLDER else "include"
            self.notes.append(
                Problem(_NOTES[why].format(pattern), place, category=category),
            )
        return _Expanded((directive,), 0, 0)


def _is(one: Directive, other: Directive) -> bool:
    return one is other
