"""
YAML as a graph of nodes that know their place.

Values stay text: what ``no`` or ``0x10`` means is for the reader of a format to say. Nothing is
constructed from tags, aliases share nodes instead of copying them, and depth is limited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct, field

from advisor import regex
from advisor.model import Location, Problem

if TYPE_CHECKING:
    import yaml

MAX_DEPTH = 64
"""Collections within each other; deeper ones make libyaml quadratic."""
MAX_NODES = 200_000
"""Nodes of one file, aliases included."""
MAX_DOCUMENTS = 2_000
"""Documents of one file."""

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TEMPLATE = regex.lazy(r"\{\{|\{%")


class ScalarNode(Struct, frozen=True):
    """
    One value, as text.
    """

    text: str
    location: Location
    plain: bool = True
    """Whether it stands without quotes and not as a block."""
    tag: str = ""

    @property
    def is_null(self) -> bool:
        """
        Whether it says that there is no value.
        """
        return self.tag == "!reset" or (self.plain and self.text in _NULLS)


class ListNode(Struct, frozen=True):
    """
    A sequence.
    """

    items: tuple[Node, ...]
    location: Location
    tag: str = ""


class MapNode(Struct, frozen=True):
    """
    A mapping, as written: keys may repeat, and ``<<`` is a key like any other.
    """

    pairs: tuple[tuple[Node, Node], ...]
    location: Location
    tag: str = ""


Node: TypeAlias = ScalarNode | ListNode | MapNode


class YamlDocument(Struct, frozen=True):
    """
    The first document of a file.
    """

    root: Node | None
    """None when the file is empty or cannot be read."""
    problems: tuple[Problem, ...] = ()


class YamlDocuments(Struct, frozen=True):
    """
    All documents of a file.
    """

    roots: tuple[Node, ...]
    """Those before the first error; empty ones are left out."""
    problems: tuple[Problem, ...] = ()


def read_yaml(path: str, text: str) -> YamlDocument:
    """
    Read the first document of a YAML file.

    A file that is no YAML, too deep or too large has no root and one problem that says why.
    """
    builder = _Builder(path)
    problem = _run(builder, path, text)
    if problem is not None:
        return YamlDocument(None, (problem,))
    return YamlDocument(next(iter(builder.roots), None), tuple(builder.problems))


def read_documents(path: str, text: str) -> YamlDocuments:
    """
    Read all documents of a YAML file, up to the first that cannot be read.
    """
    builder = _Builder(path, limit=MAX_DOCUMENTS)
    problem = _run(builder, path, text)
    found = tuple(builder.problems) if problem is None else (problem,)
    real = (root for root in builder.roots if not (isinstance(root, ScalarNode) and root.is_null))
    return YamlDocuments(tuple(real), found)


def _run(builder: _Builder, path: str, text: str) -> Problem | None:
    """
    Give a builder all events of a file; the problem that ended it early.
    """
    import yaml  # noqa: PLC0415 - start-up cost

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(text.removeprefix("\ufeff"), Loader=loader):
            builder.take(event)
    except yaml.YAMLError as error:
        return _problem(path, text, error)
    except UnicodeEncodeError:
        return Problem("holds characters that are not text", Location(path, 1))
    except _RefusedError as error:
        return Problem(error.message, error.location, category="unreadable")
    return None


def is_template(node: Node) -> bool:
    """
    Whether a node is what YAML makes of ``{{ name }}``: a mapping whose key is a mapping.
    """
    return isinstance(node, MapNode) and any(isinstance(key, MapNode) for key, _ in node.pairs)


class _RefusedError(Exception):
    """
    The document is well-formed but not readable within limits.
    """

    def __init__(self, message: str, location: Location) -> None:
        super().__init__(message)
        self.message = message
        self.location = location


class _Open(Struct):
    """
    A collection whose end has not come yet.
    """

    is_map: bool
    location: Location
    tag: str
    anchor: str | None
    items: list[Node] = field(default_factory=list)


class _Builder:
    """
    Puts nodes together from parser events, without recursion.
    """

    def __init__(self, path: str, *, limit: int = 1) -> None:
        self.path = path
        self.limit = limit
        """Documents that are read."""
        self.roots: list[Node] = []
        self.problems: list[Problem] = []
        self.documents = 0
        self.nodes = 0
        self.stack: list[_Open] = []
        self.anchors: dict[str, Node] = {}

    def take(self, event: yaml.Event) -> None:
        """
        Take up the next event.
        """
        name = type(event).__name__
        if name == "DocumentStartEvent":
            self._document(event)
        elif self.documents <= self.limit:
            handler = _HANDLERS.get(name)
            if handler is not None:
                handler(self, event)

    def _document(self, event: Any) -> None:  # noqa: ANN401 - events have no common typed shape
        self.documents += 1
        self.anchors.clear()
        if self.documents == self.limit + 1:
            which = "first YAML document" if self.limit == 1 else f"first {self.limit:,} documents"
            verb = "is" if self.limit == 1 else "are"
            message = f"only the {which} of the file {verb} read"
            self.problems.append(Problem(message, self._place(event)))

    def scalar(self, event: Any) -> None:  # noqa: ANN401
        """
        A value.
        """
        plain = bool(event.implicit[0]) and event.tag is None
        node = ScalarNode(event.value, self._place(event), plain=plain, tag=event.tag or "")
        self._add(node, event.anchor)

    def alias(self, event: Any) -> None:  # noqa: ANN401
        """
        A reference to a node that is complete.
        """
        node = self.anchors.get(event.anchor)
        if node is None:
            message = f"the alias *{event.anchor} refers to nothing that is complete"
            raise _RefusedError(message, self._place(event))
        self._add(node, None)

    def open_map(self, event: Any) -> None:  # noqa: ANN401
        """
        The start of a mapping.
        """
        self._open(event, is_map=True)

    def open_list(self, event: Any) -> None:  # noqa: ANN401
        """
        The start of a sequence.
        """
        self._open(event, is_map=False)

    def close(self, event: Any) -> None:  # noqa: ANN401
        """
        The end of a mapping or a sequence.
        """
        done = self.stack.pop()
        start, end = done.location, event.end_mark
        location = Location(self.path, start.line, start.column, end.line + 1, end.column + 1)
        if done.is_map:
            pairs = tuple(zip(done.items[::2], done.items[1::2], strict=True))
            self._add(MapNode(pairs, location, done.tag), done.anchor)
        else:
            self._add(ListNode(tuple(done.items), location, done.tag), done.anchor)

    def _open(self, event: Any, *, is_map: bool) -> None:  # noqa: ANN401
        place = self._place(event)
        if len(self.stack) >= MAX_DEPTH:
            raise _RefusedError(f"is nested more than {MAX_DEPTH} deep", place)
        self.stack.append(_Open(is_map, place, event.tag or "", event.anchor))

    def _add(self, node: Node, anchor: str | None) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise _RefusedError(f"has more than {MAX_NODES:,} values", node.location)
        if anchor is not None:
            self.anchors[anchor] = node
        if self.stack:
            self.stack[-1].items.append(node)
        else:
            self.roots.append(node)

    def _place(self, event: Any) -> Location:  # noqa: ANN401
        start, end = event.start_mark, event.end_mark
        return Location(self.path, start.line + 1, start.column + 1, end.line + 1, end.column + 1)


_HANDLERS = {
    "ScalarEvent": _Builder.scalar,
    "AliasEvent": _Builder.alias,
    "MappingStartEvent": _Builder.open_map,
    "SequenceStartEvent": _Builder.open_list,
    "MappingEndEvent": _Builder.close,
    "SequenceEndEvent": _Builder.close,
}


def _problem(path: str, text: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None)
    location = Location(path, mark.line + 1, mark.column + 1) if mark else Location(path, 1)
    if _TEMPLATE.search(text):
        return Problem(
            "is a template with {{ }} or {% %}, not YAML",
            location,
            hint="audit the rendered file",
            category="template",
        )
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    if "nesting depth" in reason:
        # Newer libyaml has a limit of its own and may reach it first.
        return Problem(f"is nested more than {MAX_DEPTH} deep", location, category="unreadable")
    return Problem(f"is not valid YAML: {reason}", location)
