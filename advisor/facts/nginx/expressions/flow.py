"""
Where the variables of a configuration come from.

Everything here errs to one side: what is not certain becomes `Opaque`, and nothing is said of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import islice, product

from advisor.facts.nginx.expressions import regexes
from advisor.facts.nginx.expressions.regexes import Kind
from advisor.facts.nginx.expressions.values import (
    Captured,
    Given,
    Leaf,
    Leaves,
    Literal,
    Nature,
    Opaque,
    Regex,
    is_path,
    names,
    nature_of,
    pieces,
)
from advisor.parsers.nginx import Directive, is_placeholder
from advisor.parsers.nginx_scope import Map, NginxConfig, Scope
from advisor.parsers.pcre import Where

_DEEPEST = 6
"""Assignments that are followed from one variable to the next."""
_MOST = 24
"""Texts that one text may stand for."""
_ELSEWHERE = ("auth_request_set", "perl_set", "js_set", "geo", "split_clients")
_ADDRESSED = frozenset({"uri", "document_uri", "request_uri", "request_filename"})
"""Variables that a guard against odd paths looks at."""


class Flow:
    """
    The variables of one configuration.
    """

    def __init__(self, config: NginxConfig) -> None:
        self.config = config

    def texts(
        self, text: str, scope: Scope, inside: Regex | None = None, depth: int = 0
    ) -> tuple[Leaves, ...]:
        """
        What a text may stand for on a level.

        `inside` is the expression whose captures ``$1`` … mean there: that of a ``rewrite`` or of
        an entry of a map.
        """
        if is_placeholder(text) or depth > _DEEPEST:
            return ((Opaque(text),),)
        parts: list[tuple[Leaves, ...]] = []
        for literal, name in pieces(text):
            if literal:
                parts.append(((Literal(literal),),))
            if name:
                parts.append(self._variable(name, scope, inside, depth))
        chosen = islice(product(*parts), _MOST)
        return tuple(tuple(leaf for leaves in one for leaf in leaves) for one in chosen)

    def _variable(
        self, name: str, scope: Scope, inside: Regex | None, depth: int
    ) -> tuple[Leaves, ...]:
        if name.isdigit():
            regex = inside or self._numbered(scope)
            return ((self._captured(name, regex),),)
        assigned = self._assigned(name, scope)
        if assigned:
            return tuple(
                leaves
                for text, place in assigned
                for leaves in self.texts(text, place, None, depth + 1)
            )[:_MOST]
        if name in self._elsewhere:
            return ((Opaque(name),),)
        if name in self._maps:
            return self._mapped(self._maps[name], scope, depth)
        if inside is not None and inside.pattern and inside.pattern.number(name):
            return ((self._captured(name, inside),),)
        named = name in self._named and [
            one for one in self.regexes_around(scope) if _names(one, name)
        ]
        if named:
            return ((self._captured(name, named[0] if len(named) == 1 else None),),)
        nature = nature_of(name)
        return ((Given(name, nature) if nature else Opaque(name),),)

    def _captured(self, name: str, regex: Regex | None) -> Leaf:
        number = regex.pattern.number(name) if regex and regex.pattern else None
        if regex is None or number is None or not regex.positive:
            return Opaque(name)
        return Captured(name, number, regex)

    def _assigned(self, name: str, scope: Scope) -> list[tuple[str, Scope]]:
        """
        What ``set`` may have made of a variable, with the level that does; empty without ``set``.

        An assignment on the way replaces those before it, one inside an ``if`` stands beside them.
        What a condition may have checked before is given as a text of which nothing is known.
        """
        if name not in self._set:
            return []
        found: list[tuple[str, Scope]] = []
        for level in levels(scope):
            found = self._after(found, level, name, scope)
        return found or [("", scope)]

    def _after(
        self, found: list[tuple[str, Scope]], level: Scope, name: str, scope: Scope
    ) -> list[tuple[str, Scope]]:
        around = set(levels(scope))
        children = {id(child.directive): child for child in level.children if child.kind == "if"}
        for directive in level.directives:
            value = _value_of_set(directive, name)
            if value is not None:
                found = [(value, level)]
            child = children.get(id(directive))
            if child is None or child in around:
                continue
            values = [_value_of_set(one, name) for one in child.own("set")]
            for one in (text for text in values if text is not None):
                found = [*found, (one, child) if _is_plain(child) else (f"${_CHECKED}", child)]
        return found

    def _mapped(self, of: Map, scope: Scope, depth: int) -> tuple[Leaves, ...]:
        top = self.config.http or self.config.main
        found: list[Leaves] = []
        for entry in of.entries:
            if entry.name in ("hostnames", "volatile") and not entry.args:
                continue
            if entry.name == "include" or not entry.args:
                found.append((Opaque(of.variable),))
                continue
            regex = regexes.of_entry(entry, of, top)
            texts = self.texts(entry.args[0], scope, regex, depth + 1)
            found += texts if entry.name == "default" else _unchecked(texts, names(of.source))
        return tuple(found[:_MOST]) or ((Literal(""),),)

    def _numbered(self, scope: Scope) -> Regex | None:
        """
        The expression that ``$1`` … certainly mean for directives of a level.
        """
        if self._asks_regex_map(scope) or scope.own("rewrite"):
            return None
        if scope.kind == "if":
            regex = regexes.of_condition(scope)
            if regex is not None:
                return regex if regex.positive else None
            return self._numbered(scope.parent) if scope.parent else None
        if any(regexes.of_condition(child) for child in scope.children if child.kind == "if"):
            return None
        if scope.kind == "location":
            own = regexes.of_location(scope)
            return own or (self._numbered(scope.parent) if scope.parent else None)
        found = list(regexes.of_names(scope)) if scope.kind == "server" else []
        return found[0] if len(found) == 1 else None

    def _asks_regex_map(self, scope: Scope) -> bool:
        """
        Whether a directive of the level asks a map whose expressions may replace the captures.
        """
        if not self._regex_maps:
            return False
        used = (arg for one in scope.directives for arg in one.args if "$" in arg)
        return any(not self._regex_maps.isdisjoint(names(arg)) for arg in used)

    def regexes_around(self, scope: Scope) -> list[Regex]:
        """
        The expressions on a level and on those around it.
        """
        return [one for level in levels(scope) for one in regexes.all_of(level)]

    def line_break(self, leaf: Leaf, scope: Scope) -> bytes | None:
        """
        A path with a line break that a part of a text takes over; None when it certainly cannot.

        None also where it is not certain that it can.
        """
        if isinstance(leaf, Given) and leaf.nature is Nature.PATH:
            return self._broken_path(scope)
        if not isinstance(leaf, Captured) or leaf.regex.nature is not Nature.PATH:
            return None
        pattern = leaf.regex.pattern
        if pattern is None:
            return None
        return pattern.capture(
            leaf.number,
            b"\nx",
            Where.ANYWHERE,
            accept=lambda text: is_path(text) and self.takes(scope, text),
            before=b"/",
        )

    def _broken_path(self, scope: Scope) -> bytes | None:
        """
        A path with a line break that the locations around a level take.
        """
        location = scope.around("location")
        way = regexes.route(location) if location else None
        candidates: list[bytes | None] = [b"/\nx"]
        if way is not None and way.kind in (Kind.PREFIX, Kind.FIRM):
            candidates = [way.text.encode() + b"\nx"]
        elif location is not None and way is not None and way.kind is Kind.REGEX:
            candidates = _broken_matches(regexes.of_location(location))
        fitting = (one for one in candidates if one and is_path(one) and self.takes(scope, one))
        return next(fitting, None)

    def takes(self, scope: Scope, path: bytes) -> bool:
        """
        Whether a request for a path certainly comes to a level, as far as its locations decide.
        """
        for level in levels(scope):
            if level.kind == "location" and not _leads(level, path):
                return False
            if level.kind == "if" and not _passes(level, path):
                return False
        return not self.guarded(scope)

    def guarded(self, scope: Scope) -> bool:
        """
        Whether something around a level refuses requests by their path.
        """
        for level in levels(scope):
            for child in level.children:
                if child.kind == "if" and self._looks_at_path(child) and _refuses(child):
                    return True
        return False

    def _looks_at_path(self, scope: Scope) -> bool:
        """
        Whether a condition asks for the path, or for what a map makes of it.
        """
        args = scope.directive.args if scope.directive else ()
        asked = {name for arg in args for name in names(arg)}
        mapped = (names(self._maps[name].source) for name in asked if name in self._maps)
        found = asked.union(*mapped) if len(args) == 1 else asked
        return not _ADDRESSED.isdisjoint(found)

    @cached_property
    def scopes(self) -> tuple[Scope, ...]:
        """
        All levels of the http block, or of what is seen of it.
        """
        return tuple((self.config.http or self.config.main).walk())

    @cached_property
    def regexes(self) -> tuple[Regex, ...]:
        """
        Every expression of the configuration, those of maps last.
        """
        top = self.config.http or self.config.main
        keys = (
            regexes.of_entry(entry, one, top) for one in self.config.maps for entry in one.entries
        )
        own = (one for scope in self.scopes for one in regexes.all_of(scope))
        return (*own, *(one for one in keys if one is not None))

    @cached_property
    def _named(self) -> frozenset[str]:
        """
        The names that expressions give to what they capture.
        """
        patterns = (one.pattern for one in self.regexes)
        return frozenset(name for one in patterns if one for name, _ in one.tree.names)

    def _own(self, *wanted: str) -> Iterator[Directive]:
        used = [name for name in wanted if name in self.config.used]
        for scope in self.scopes if used else ():
            for name in used:
                yield from scope.own(name)

    @cached_property
    def _set(self) -> frozenset[str]:
        """
        All variables that ``set`` gives a value somewhere.
        """
        return frozenset(one.args[0].lstrip("$") for one in self._own("set") if one.args)

    @cached_property
    def _maps(self) -> dict[str, Map]:
        return {one.variable.lstrip("$"): one for one in self.config.maps}

    @cached_property
    def _regex_maps(self) -> frozenset[str]:
        return frozenset(
            name
            for name, one in self._maps.items()
            if any(entry.name.startswith("~") for entry in one.entries)
        )

    @cached_property
    def _elsewhere(self) -> frozenset[str]:
        """
        Variables that other directives set, or several do.
        """
        found = Counter(one.variable.lstrip("$") for one in self.config.maps)
        twice = {name for name, number in found.items() if number > 1}
        written = (arg for one in self._own(*_ELSEWHERE) for arg in one.args)
        names = (arg.lstrip("$") for arg in written if arg.startswith("$"))
        # `geo` and `split_clients` name their source as well: that is no variable they set.
        return frozenset(twice.union(name for name in names if nature_of(name) is None))


_CHECKED = "advisor_checked"
"""No variable of nginx: stands for what a condition looked at."""


def levels(scope: Scope) -> list[Scope]:
    """
    The server (or what is seen of the levels below it) down to a level, that level last.
    """
    found = [scope]
    while found[-1].kind not in ("server", "http", "main") and found[-1].parent is not None:
        found.append(found[-1].parent)
    return found[::-1]


def _unchecked(texts: tuple[Leaves, ...], checked: frozenset[str]) -> tuple[Leaves, ...]:
    """
    Texts of an entry of a map, without what its key says of the variables that the map looks up.
    """
    return tuple(
        tuple(
            Opaque(leaf.name) if isinstance(leaf, Given) and leaf.name in checked else leaf
            for leaf in leaves
        )
        for leaves in texts
    )


def _value_of_set(directive: Directive, name: str) -> str | None:
    if directive.name != "set" or len(directive.args) != 2:
        return None
    return directive.args[1] if directive.args[0] in (f"${name}", f"${{{name}}}") else None


def _names(regex: Regex, name: str) -> bool:
    return regex.pattern is not None and regex.pattern.number(name) is not None


def _is_plain(scope: Scope) -> bool:
    """
    Whether a condition asks no more than whether a variable has a value.
    """
    args = scope.directive.args if scope.directive else ()
    return len(args) == 1 and args[0].startswith("$")


def _refuses(scope: Scope) -> bool:
    answers = [one.args[0] for one in scope.own("return") if one.args]
    return any(code.startswith(("4", "5")) for code in answers)


def _leads(location: Scope, path: bytes) -> bool:
    way = regexes.route(location)
    if location.own("internal") or way.kind is Kind.EXACT:
        return False
    if way.kind is Kind.REGEX:
        regex = regexes.of_location(location)
        return bool(regex and regex.pattern and regex.pattern.matches(path))
    return way.kind is Kind.NAMED or path.startswith(way.text.encode())


def _passes(scope: Scope, path: bytes) -> bool:
    """
    Whether a condition holds for a path, or does not look at it.
    """
    regex = regexes.of_condition(scope)
    if regex is not None and regex.nature is Nature.PATH:
        return bool(regex.positive and regex.pattern and regex.pattern.matches(path))
    args = scope.directive.args if scope.directive else ()
    if args and args[0] in ("!-f", "!-d", "!-e"):
        return True
    return not any(not _ADDRESSED.isdisjoint(names(arg)) for arg in args)


def _broken_matches(regex: Regex | None) -> list[bytes | None]:
    pattern = regex.pattern if regex else None
    if pattern is None:
        return []
    plain = pattern.capture(0, b"", Where.ANYWHERE, accept=bool, before=b"/") or b""
    inner = pattern.capture(0, b"\nx", Where.ANYWHERE, accept=is_path, before=b"/")
    return [inner, plain + b"\nx", b"/\nx" + plain]
