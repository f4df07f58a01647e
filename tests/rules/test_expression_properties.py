"""
Laws that hold for every expression: Python agrees, unknown facts never flip a decision.
"""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import ExpressionError
from advisor.model import Unknown, Value
from advisor.model.subject import Fact, Record
from advisor.rules.expression import Compiled, Reads, Undecided, compile_expression
from tests.support.expressions import FACTS, GB, KB, MB, SCOPE, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KNOWN: Mapping[str, Fact] = {
    **FACTS,
    "host.memory": literal(16 * GB),
    "host.cpus": literal(4),
    "app.nodes": literal(("a", "b")),
}


class OracleVersion:
    """
    A version as Python's own operators see it: padded tuples.
    """

    def __init__(self, parts: tuple[int, ...]) -> None:
        self.parts = parts + (0,) * (9 - len(parts))

    def _other(self, text: object) -> tuple[int, ...]:
        return OracleVersion(tuple(map(int, str(text).split(".")))).parts

    def __eq__(self, text: object) -> bool:
        return self.parts == self._other(text)

    def __hash__(self) -> int:
        return hash(self.parts)

    def __lt__(self, text: str) -> bool:
        return self.parts < self._other(text)

    def __gt__(self, text: str) -> bool:
        return self.parts > self._other(text)


def oracle_value(fact: Fact) -> Any:  # noqa: ANN401 - any kind of fact
    assert isinstance(fact, Value)
    value: Any = fact.value
    if isinstance(value, tuple) and value and isinstance(value[0], Record):
        return [
            SimpleNamespace(
                **{
                    name: oracle_value(field)
                    for name, field in record.fields.items()
                    if "." not in name and isinstance(field, Value)
                }
            )
            for record in value
        ]
    return value


def total(*values: Any) -> Any:  # noqa: ANN401 - numbers, or one list of them
    return sum(values[0]) if len(values) == 1 else sum(values)


def oracle_names() -> dict[str, Any]:
    """
    The facts as plain Python objects, and the functions of the language as Python's.
    """
    names: dict[str, Any] = {"__builtins__": {}, "true": True, "false": False}
    for dotted, fact in KNOWN.items():
        root, _, rest = dotted.partition(".")
        value = oracle_value(fact)
        if dotted.endswith("version"):
            value = OracleVersion(value)
        if rest:
            vars(names.setdefault(root, SimpleNamespace()))[rest] = value
        else:
            names[root] = value
        functions = {"any": any, "all": all, "sum": total, "min": min, "max": max, "len": len}
    more = {"abs": abs, "round": round, "floor": math.floor, "ceil": math.ceil}
    strings = {"startswith": str.startswith, "endswith": str.endswith, "count": sum}
    units = {"kB": KB, "MB": MB, "GB": GB, "ms": 1e-3, "s": 1, "h": 3600, "d": 86400}
    return {**names, **functions, **more, **strings, **units}


ORACLE = oracle_names()


def join(*parts: str | st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    texts = (st.just(part) if isinstance(part, str) else part for part in parts)
    return st.tuples(*texts).map("".join)


def numeric(leaves: list[str], variable: Iterable[str]) -> st.SearchStrategy[str]:
    return st.sampled_from([*leaves, *variable])


def arithmetic(
    leaf: st.SearchStrategy[str], factor: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    """
    Sums, multiples and choices of one measure.
    """

    def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            join("(", inner, st.sampled_from([" + ", " - ", " % "]), inner, ")"),
            join("(", inner, st.sampled_from([" * ", " / "]), factor, ")"),
            join(st.sampled_from(["min(", "max(", "sum("]), inner, ", ", inner, ")"),
            join(st.sampled_from(["-", "abs", "floor", "round", "ceil"]), "(", inner, ")"),
        )

    return st.recursive(leaf, extend, max_leaves=4)


SMALL = st.integers(0, 9).map(str)
LISTS = [
    "sum(v.max_fails for v in upstream.servers)",
    "len(pg.libraries)",
    "max(pg.ports)",
    "count(v.backup for v in upstream.servers if v.max_fails > 0)",
    "min([v.max_fails for v in upstream.servers if not v.backup])",
    "sum(count(z.size > 0 for z in v.zones) for v in upstream.servers)",
]
NUMBERS = ["workers", "pg.max_connections", "pg.random_page_cost", "host.cpus", "1.5", *LISTS]
SHARES = ["pg.autovacuum_scale_factor"]
SIZES = ["pg.shared_buffers", "pg.work_mem", "host.memory", "(8 * GB)", "(3 * MB)", "kB"]
DURATIONS = ["pg.statement_timeout", "(30 * s)", "(2 * h)", "(250 * ms)", "d"]
STRINGS = ["pg.wal_level", "'replica'", "'a'", "'r'", "''"]
VERSIONS = ["nginx.version", "pg.version"]
TEXT_VERSIONS = ["'1.29'", "'16.5.0'", "'2'", "'1.29.1'"]
COMPARE = st.sampled_from([" < ", " <= ", " > ", " >= ", " == ", " != "])


def conditions(fields: bool = False) -> st.SearchStrategy[str]:  # noqa: FBT001, FBT002 - a test's own helper
    """
    Well-typed conditions; with `fields`, about the loop variable ``x`` too.
    """
    numbers = arithmetic(
        st.sampled_from([*NUMBERS, *SHARES, *(["x.max_fails"] if fields else [])]) | SMALL, SMALL
    )
    durations = arithmetic(
        st.sampled_from([*DURATIONS, *(["x.fail_timeout"] if fields else [])]), numbers
    )
    sizes = arithmetic(st.sampled_from(SIZES), numbers)
    strings = st.sampled_from([*STRINGS, *(["x.address"] if fields else [])])
    leaves = [
        join(numbers, COMPARE, numbers),
        join(numbers, COMPARE, numbers, COMPARE, numbers),
        join(durations, COMPARE, durations),
        join(sizes, COMPARE, sizes),
        join(sizes, COMPARE, st.sampled_from(["0", "-1"])),
        join(strings, st.sampled_from([" == ", " != ", " in ", " not in "]), strings),
        join(strings, " in (", strings, ", ", strings, ")"),
        join(strings, " in pg.libraries"),
        join("startswith(", strings, ", ", strings, ")"),
        join(
            st.sampled_from(VERSIONS),
            st.sampled_from([" < ", " > ", " == ", " != "]),
            st.sampled_from(TEXT_VERSIONS),
        ),
        st.sampled_from(["pg.fsync", "true", "false", *(["x.backup"] if fields else [])]),
    ]
    loops = [] if fields else [loop_conditions()]

    def extend(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            join("(", inner, st.sampled_from([" and ", " or "]), inner, ")"),
            join("not (", inner, ")"),
        )

    return st.recursive(st.one_of(*leaves, *loops), extend, max_leaves=4)


def loop_conditions() -> st.SearchStrategy[str]:
    inner = st.deferred(lambda: conditions(fields=True))
    source = " for x in upstream.servers"
    return st.one_of(
        join(st.sampled_from(["any(", "all("]), inner, source, ")"),
        join(st.sampled_from(["any(", "all("]), inner, source, " if ", inner, ")"),
        join("count(", inner, source, " if ", inner, ") > 1"),
        join("len([x", source, " if ", inner, "]) == 2"),
    )


CONDITIONS = conditions()


NESTED = "more than 2 comprehensions inside each other"


def attempt(source: str) -> Compiled | ExpressionError:
    try:
        return compile_expression(source, SCOPE)
    except ExpressionError as error:
        return error


def fits_the_language(source: str) -> bool:
    return len(source) <= 500


@settings(max_examples=500, deadline=None)
@given(CONDITIONS.filter(fits_the_language))
def test_python_agrees_on_known_facts(source: str) -> None:
    """
    The same text means the same in Python, wherever Python has a result at all.
    """
    compiled = attempt(source)
    if isinstance(compiled, ExpressionError):
        # Python notices a division by a zero that is written only when it comes to it.
        assert compiled.message in {"division by zero", NESTED}
        return
    try:
        expected = eval(source, dict(ORACLE))  # noqa: S307 - the text was generated above
    except (ZeroDivisionError, ValueError):
        return

    assert compiled.evaluate(KNOWN) is expected


def hide(facts: Mapping[str, Fact], names: set[str], fields: set[str]) -> dict[str, Fact]:
    """
    The facts with some of them unknown, and some fields of every second list item.
    """
    hidden: Fact = Unknown("hidden")
    result: dict[str, Fact] = {}
    for name, fact in facts.items():
        value: Any = fact.value if isinstance(fact, Value) else None
        if name in names:
            result[name] = hidden
        elif isinstance(value, tuple) and value and isinstance(value[0], Record):
            result[name] = literal(
                tuple(
                    Record({key: hidden if key in fields else f for key, f in item.fields.items()})
                    if index % 2
                    else item
                    for index, item in enumerate(value)
                )
            )
        else:
            result[name] = fact
    return result


@settings(max_examples=500, deadline=None)
@given(
    CONDITIONS.filter(fits_the_language),
    st.sets(st.sampled_from(sorted(KNOWN))),
    st.sets(st.sampled_from(sorted(SCOPE.records["upstream_server"]))),
)
def test_unknown_facts_never_flip_a_decision(
    source: str, names: set[str], fields: set[str]
) -> None:
    """
    What is decided with less knowledge is decided the same with more.
    """
    compiled = attempt(source)
    if isinstance(compiled, ExpressionError):
        return

    result = compiled.evaluate(hide(KNOWN, names, fields))

    if isinstance(result, Undecided):
        assert result.causes
    else:
        assert result is compiled.evaluate(KNOWN)


@settings(max_examples=300, deadline=None)
@given(CONDITIONS.filter(fits_the_language), st.sets(st.sampled_from(sorted(KNOWN))))
def test_parts_that_wait_mean_the_same(source: str, names: set[str]) -> None:
    """
    Compiled as far as it is asked for, or at once: values, and what was read for them.
    """
    at_once = attempt(source)
    if isinstance(at_once, ExpressionError):
        return
    waiting = compile_expression(source, SCOPE, checked=True)

    for facts in (KNOWN, hide(KNOWN, names, set()), KNOWN):
        expected, found = Reads(), Reads()
        assert waiting.evaluate(facts, found) == at_once.evaluate(facts, expected)
        assert list(found) == list(expected)


TOKENS = st.sampled_from(
    [
        *("pg.fsync", "workers", "pg.work_mem", "pg.version", "upstream.servers", "x", "x.zones"),
        *("x.max_fails", "pg.libraries", "pg.ports", "pg", ".", ",", ":", "=", "#", "\n", "\\"),
        *("and", "or", "not", "in", "is", "if", "else", "for", "for x in", "lambda", "None"),
        *("+", "-", "*", "/", "%", "**", "//", "<", "<=", "==", "!=", ":=", "&", "~", "@", "!"),
        *("(", ")", "[", "]", "{", "}", "'", '"', "'a'", "'1.2'", "f'", "b''", "0", "1", "1e999"),
        *("GB", "min", "s", "true", "any(", "count(", "sum(", "len(", "known(", "startswith("),
    ]
)
SOUP = st.lists(TOKENS, max_size=30).map(" ".join)


@settings(max_examples=500, deadline=None)
@given(SOUP | st.text(max_size=600))
def test_no_text_does_worse_than_an_expression_error(source: str) -> None:
    """
    What compiles can be evaluated, whatever the facts hold.
    """
    compiled = attempt(source)
    if isinstance(compiled, ExpressionError):
        assert 1 <= (compiled.column or 0) <= len(source) + 1
        assert str(compiled)
        return

    for facts in (FACTS, KNOWN, {}):
        compiled.evaluate(facts)


@settings(max_examples=500, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(FACTS)),
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3)).map(
            literal
        )
        | st.lists(st.integers() | st.text(max_size=3), max_size=3).map(tuple).map(literal)
        | st.just(Unknown("hidden")),
    ),
    CONDITIONS.filter(fits_the_language),
)
def test_no_fact_crashes_an_expression(facts: dict[str, Fact], source: str) -> None:
    """
    Facts of the wrong type are as good as unknown.
    """
    compiled = attempt(source)
    if isinstance(compiled, ExpressionError):
        return

    assert isinstance(compiled.evaluate(facts), (bool, Undecided))
