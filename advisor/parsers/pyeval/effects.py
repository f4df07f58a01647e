"""
What statements may do to the names around them, told from their shape alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from advisor.parsers.pyeval.symbols import NAMES, NAMESPACES, SETTERS

_CHANGES = frozenset(
    {"pop", "popitem", "setdefault", "update", "clear", "putenv", "unsetenv"}
    | {"__setitem__", "__delitem__", "__ior__"}
)
"""Methods and functions that change an environment, or the names of the module."""
_WITH_KEY = frozenset({"pop", "setdefault", "putenv", "unsetenv", "__setitem__", "__delitem__"})
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_WITH_TARGET = ast.AnnAssign | ast.NamedExpr | ast.For | ast.AsyncFor | ast.comprehension
Touch = tuple[str, str | None]


class Effects(Struct, frozen=True):
    """
    What statements may do to the names around them.
    """

    names: frozenset[str] = frozenset()
    """Names they may bind here."""
    outside: frozenset[str] = frozenset()
    """Names of the module that functions inside may bind."""
    changed: frozenset[str] = frozenset()
    """Names whose containers they may change."""
    touched: frozenset[Touch] = frozenset()
    """Dotted names of what they may change that may be the environment, or the names of the module
    themselves (`NAMES`), with the key if it is written there."""
    passed: frozenset[tuple[str, str]] = frozenset()
    """Dotted names of functions, and a name that is handed to them."""
    read: frozenset[str] = frozenset()
    """Names they read: functions among them may be called."""
    size: int = 0
    """How many nodes were looked at."""

    def __or__(self, other: Effects) -> Effects:
        return Effects(
            self.names | other.names,
            self.outside | other.outside,
            self.changed | other.changed,
            self.touched | other.touched,
            self.passed | other.passed,
            self.read | other.read,
            self.size + other.size,
        )


def effects(nodes: Iterable[ast.AST]) -> Effects:
    """
    Effects of statements, those of functions defined inside included: they may be called.
    """
    names: set[str] = set()
    changed: set[str] = set()
    touched: set[Touch] = set()
    passed: set[tuple[str, str]] = set()
    read: set[str] = set()
    aliases: dict[str, set[str]] = {}
    inner = Effects()
    pending: list[ast.AST] = list(nodes)
    size = 0
    while pending:
        node = pending.pop()
        size += 1
        names.update(_names_of(node))
        changed.update(_changed_by(node))
        touched.update(_touched_by(node))
        for target, source in _aliases_of(node):
            aliases.setdefault(target, set()).add(source)
        if isinstance(node, ast.Call):
            passed.update(_passed_by(node))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read.add(node.id)
        if isinstance(node, Definition):
            inner |= of_function(node)
            pending.extend([*node.args.defaults, *filter(None, node.args.kw_defaults)])
            pending.extend([] if isinstance(node, ast.Lambda) else node.decorator_list)
        else:
            pending.extend(ast.iter_child_nodes(node))
    whole = Effects(
        frozenset(names),
        frozenset(),
        frozenset(changed),
        frozenset(touched),
        frozenset(passed),
        frozenset(read),
        size,
    )
    return _resolved(whole | inner, aliases)


def _resolved(found: Effects, aliases: Mapping[str, set[str]]) -> Effects:
    """
    With everything also under the names that it was given to the statements by.
    """
    if not aliases:
        return found
    changed, touched, passed = set(found.changed), set(found.touched), set(found.passed)
    for name in found.changed:
        changed.update(_base_of(source) for source in _sources(name, aliases))
    for dotted, key in found.touched:
        base, dot, rest = dotted.partition(".")
        touched.update((f"{source}{dot}{rest}", key) for source in _sources(base, aliases))
    for function, name in found.passed:
        passed.update((function, _base_of(source)) for source in _sources(name, aliases))
    return replace(
        found, changed=frozenset(changed), touched=frozenset(touched), passed=frozenset(passed)
    )


def _sources(name: str, aliases: Mapping[str, set[str]]) -> set[str]:
    """
    What a name may stand for, as dotted names.
    """
    seen: set[str] = set()
    pending = [name]
    while pending:
        for source in aliases.get(_base_of(pending.pop()), ()):
            if source not in seen:
                seen.add(source)
                pending.append(source)
    return seen


def _base_of(dotted: str) -> str:
    return dotted.partition(".")[0]


def _aliases_of(node: ast.AST) -> Iterator[tuple[str, str]]:
    """
    Names that are assigned, and dotted names of what they may be, or be part of.
    """
    if isinstance(node, ast.Assign):
        targets: list[ast.expr] = node.targets
    elif isinstance(node, _WITH_TARGET):
        targets = [node.target]
    elif isinstance(node, ast.withitem):
        targets = [node.optional_vars] if node.optional_vars is not None else []
    else:
        return
    for field in ("value", "iter", "context_expr"):
        value = getattr(node, field, None)
        for source in _dotted_in(value) if value is not None else ():
            for target in targets:
                for inner in ast.walk(target):
                    if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
                        yield inner.id, source


def _dotted_in(value: ast.expr) -> Iterator[str]:
    """
    Dotted names of what an expression may give, or hold.
    """
    pending: list[ast.AST] = [value]
    while pending:
        node = pending.pop()
        dotted = _dotted(node)
        if dotted is not None:
            yield dotted
        elif isinstance(node, ast.Subscript):
            pending.append(node.value)
        elif isinstance(node, ast.IfExp):
            pending.extend((node.body, node.orelse))
        elif not isinstance(node, ast.Compare | ast.JoinedStr | ast.UnaryOp | Definition):
            pending.extend(ast.iter_child_nodes(node))


def of_function(node: Definition) -> Effects:
    """
    What a call of a function may do to what stands around it: nothing to its own names.
    """
    body: list[ast.AST] = [node.body] if isinstance(node, ast.Lambda) else [*node.body]
    inside = effects(body)
    spec = node.args
    own = {one.arg for one in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs)}
    own |= {one.arg for one in (spec.vararg, spec.kwarg) if one is not None}
    declared = frozenset(_declared(body))
    own |= inside.names - declared
    return Effects(
        frozenset(),
        inside.outside | declared,
        inside.changed - own,
        frozenset(touch for touch in inside.touched if touch[0].partition(".")[0] not in own),
        frozenset(given for given in inside.passed if given[1] not in own),
        inside.read - own,
        inside.size,
    )


def _declared(body: Iterable[ast.AST]) -> Iterator[str]:
    """
    Names declared ``global``, by functions inside too.
    """
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Global):
                yield from node.names


def _names_of(node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.Name):
        return () if isinstance(node.ctx, ast.Load) else (node.id,)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return (node.name,)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return tuple((alias.asname or alias.name).partition(".")[0] for alias in node.names)
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        return (node.name,) if node.name else ()
    if isinstance(node, ast.MatchMapping):
        return (node.rest,) if node.rest else ()
    return ()


def _changed_by(node: ast.AST) -> tuple[str, ...]:
    """
    The name whose container `x[…] = …`, `x.a = …` or `x.append(…)` may change.
    """
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        inner: ast.AST = node.func.value
    elif isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
        inner = node.value
    else:
        return ()
    name = _base(inner)
    return (name,) if name else ()


def _base(node: ast.AST) -> str | None:
    """
    `x` of `x.a[…]`, None for what does not start with a name.
    """
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _passed_by(node: ast.Call) -> Iterator[tuple[str, str]]:
    """
    The names in `f(x, *y, key=z.a)`, with the function they are handed to.
    """
    function = _dotted(node.func) or "?"
    for value in (*node.args, *(keyword.value for keyword in node.keywords)):
        given = _base(value)
        if given is not None:
            yield function, given


def _touched_by(node: ast.AST) -> Iterable[Touch]:
    """
    What `x.environ.pop(…)`, `globals()[…] = …`, `del environ[…]` or `x.environ |= …` may change.
    """
    keys: Iterable[ast.AST | None] = (None,)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return ((NAMES, None),) if node.func.id in SETTERS else ()
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr not in _CHANGES:
            return ()
        inner: ast.AST = node.func
        keys = _keys_given(node, node.func.attr)
    elif isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        inner, keys = node.value, (node.slice,)
    elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
        inner = node
    elif isinstance(node, ast.AugAssign):
        inner = node.target
    else:
        return ()
    dotted = _dotted(inner)
    return [(dotted, _text_of(key)) for key in keys] if dotted else ()


def _keys_given(call: ast.Call, method: str) -> Iterable[ast.AST | None]:
    """
    The keys that a call changes; None for any.
    """
    if method in _WITH_KEY:
        return call.args[:1] or (None,)
    if method != "update":
        return (None,)
    keys: list[ast.AST | None] = [
        ast.Constant(keyword.arg) if keyword.arg else None for keyword in call.keywords
    ]
    for given in call.args:
        keys += given.keys if isinstance(given, ast.Dict) else [None]
    return keys


def _text_of(key: ast.AST | None) -> str | None:
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def _dotted(node: ast.AST) -> str | None:
    """
    ``a.b`` as text, `NAMES` for a call that gives the names of the module.
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        base = NAMES if node.func.id in NAMESPACES and not node.args else None
    else:
        base = node.id if isinstance(node, ast.Name) else None
    return ".".join([base, *reversed(parts)]) if base else None
