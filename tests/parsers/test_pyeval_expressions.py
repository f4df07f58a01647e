"""Expressions: the evaluator's value is the one Python gives, or none."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.parsers.pyeval import Known, Outcome, Undecided, evaluate_module

PYTHON = [
    *("1", "-1", "+2", "~3", "1.5", "'a'", "b'x'", "None", "True", "()", "[]", "{}", "1_000"),
    *("1 + 2 * 3", "7 // 2", "7 / 2", "7 % 3", "2 ** 10", "2 ** -1", "1 << 4", "9 >> 1"),
    *("6 | 1", "6 & 3", "6 ^ 3", "{'a': 1} | {'b': 2}", "[1] + [2]", "(1,) + (2,)", "[0] * 3"),
    *(
        "'a' + 'b'",
        "'ab' * 2",
        "3 * 'x'",
        "'%s-%d' % ('a', 3)",
        "'%(a)s' % {'a': 1}",
        "'%5.1f' % 2",
    ),
    *("not 1", "not []", "1 < 2 < 3", "1 < 2 > 5", "1 == 1.0", "'a' != 'b'", "None is None"),
    *("True is not False", "1 in [1]", "'a' in 'abc'", "'x' not in {'x': 1}", "2 in (1, 2)"),
    *("1 and 2", "0 and 2", "0 or 'x'", "'' or None", "1 or 1 / 0", "0 and 1 / 0"),
    *("1 if 2 else 3", "1 if () else 3", "[1, 2, 3][0]", "[1, 2, 3][-1]", "(1, 2)[1]", "'abc'[1]"),
    *("[1, 2, 3][1:]", "'abc'[::-1]", "(1, 2, 3)[:2]", "{'a': 1}['a']", "[*(1, 2), 3]"),
    *("{**{'a': 1}, 'a': 2}", "{1, 1, 2} == {1, 2}", "len({1, 2})", "sorted({3, 1, 2})"),
    *(
        "f'{1}'",
        "f'{1:03d}'",
        "f'{1.5:.2f}'",
        "f'{1.5!r}'",
        "f'{1!s:>4}'",
        "f'{2!a}'",
        "f'a{2}b'",
    ),
    *(
        "f'{3:{4}}'",
        "f'{{}}'",
        "'{} {}'.format(1, 'b')",
        "'{a:>3}'.format(a=1)",
        "'{0}{0}'.format(7)",
    ),
    *("int('4')", "int(4.7)", "int('0x1f', 16)", "int(' 8 ')", "float('1.5')", "str(4)", "str()"),
    *("bool('')", "bool('0')", "abs(-4)", "round(2.5)", "round(1.256, 2)", "divmod(7, 2)"),
    *("min(3, 1)", "max([1, 5])", "max((), default=4)", "sum([1, 2, 3])", "sum((1, 2), 10)"),
    *("len('abc')", "len([1, 2])", "len({'a': 1})", "any([0, 1])", "all([])", "list((1, 2))"),
    *("list('ab')", "tuple([1])", "list(range(3))", "list(range(5, 0, -2))", "dict(a=1, b=2)"),
    *("dict([('a', 1)])", "dict({'a': 1}, b=2)", "set([1])", "list(enumerate('ab', 1))"),
    *("list(zip([1, 2], 'ab'))", "list(reversed([1, 2]))", "format(3.14159, '.2f')"),
    *("' A '.strip().lower()", "'a,b'.split(',')", "'a b'.split()", "'a-b'.partition('-')"),
    *("'abc'.replace('b', 'x')", "'aaa'.replace('a', 'b', 1)", "'x'.join(['1', '2'])"),
    *("'abc'.startswith(('a', 'b'))", "'abc'.endswith('c')", "'7'.zfill(3)", "'aXb'.swapcase()"),
    *("'12'.isdigit()", "'ab'.find('z')", "'abab'.count('a')", "'a\\nb'.splitlines()"),
    *("'pre_x'.removeprefix('pre_')", "'title case'.title()", "'abc'.upper().index('C')"),
    *("{'a': 1}.get('a')", "{'a': 1}.get('b')", "{'a': 1}.get('b', 2)", "list({'a': 1}.items())"),
    *("list({'a': 1}.keys())", "list({'a': 1}.values())", "[1, 2, 1].count(1)", "[1, 2].index(2)"),
    *("(1, 2).count(2)", "{'a': 1}.copy()", "[1].copy()", "isinstance(1, int)"),
    *("isinstance('a', int)", "isinstance([], list)", "[x * 2 for x in (1, 2, 3) if x > 1]"),
    *(
        "{x: x * 2 for x in range(3)}",
        "sorted({x % 2 for x in range(5)})",
        "sum(x for x in [1, 2])",
    ),
    *("[a + b for a in 'xy' for b in '12']", "[x for x in {'a': 1}]", "(lambda x, y=2: x * y)(3)"),
    *(
        "(lambda *a, **k: len(a) + len(k))(1, 2, b=3)",
        "[y for y in [1, 2] if (lambda z: z > 1)(y)]",
    ),
    *("[a for a, b in [(1, 2), (3, 4)]]", "(x := 4) + 1", "'a' 'b'", "1 if 'a' < 'b' else 2"),
    *("{True: 'a'}[1]", "(1, [2, {'a': (3,)}])", "[[1], [2]][1][0]", "not (1 and 0)"),
    *(
        "'{:%}'.format(0.5)",
        "'%%'",
        "'100%%' % ()",
        "'%s' % 1",
        "str([1, 'a'])",
        "repr('a') if 0 else 1",
    ),
]
"""Texts that Python itself evaluates in the test: they name nothing but builtins."""


def value_of(expression: str, *, before: str = "") -> Outcome:
    values = evaluate_module(f"{before}\nresult = {expression}\n", "conf.py")
    assert values.problems == ()
    return values.names["result"].outcome


@pytest.mark.parametrize("expression", PYTHON)
def test_same_as_python(expression: str) -> None:
    outcome = value_of(expression)
    expected = eval(expression)  # noqa: S307 - our own text
    assert isinstance(outcome, Known), outcome
    assert outcome.value == expected
    assert type(outcome.value) is type(expected)


LIBRARY: list[tuple[str, Any]] = [
    ("os.path.join('a', 'b')", "a/b"),
    ("os.path.dirname('/a/b')", "/a"),
    ("os.path.basename('/a/b')", "b"),
    ("os.path.abspath('/a/../b')", "/b"),
    ("path.splitext('a.py')", ("a", ".py")),
    ("math.ceil(1.2) + math.floor(1.8)", 3),
    ("round(math.log2(8))", 3),
    ("math.pi > 3", True),
    ("ast.literal_eval('[1, 2]')", [1, 2]),
    ("strtobool('yes')", 1),
    ("strtobool('Off')", 0),
    ("logging.INFO", 20),
    ("os.sep + os.devnull", "//dev/null"),
    ("os.name", "posix"),
    ("typing.cast(int, 4)", 4),
    ("typing.TYPE_CHECKING", False),
    ("__name__", "__config__"),
    ("__name__ == '__main__'", False),
    ("print('x')", None),
    ("os is os", True),
]


@pytest.mark.parametrize(("expression", "expected"), LIBRARY)
def test_functions_of_the_library(expression: str, expected: object) -> None:
    before = (
        "import os, math, ast, logging, typing\nfrom os import path\n"
        "from distutils.util import strtobool\n"
    )
    outcome = value_of(expression, before=before)
    assert isinstance(outcome, Known), outcome
    assert outcome.value == expected


UNDECIDED = {
    "unknown_name": "not defined in this file",
    "settings.WORKERS": "the name settings is not defined",
    "module.value": None,
    "module.load()": "calls module.load()",
    "open('x').read()": "calls open()",
    "[1, module.x]": "comes from module.x",
    "module.x + 1": "comes from module.x",
    "not module.x": "comes from module.x",
    "module.x or 1": "comes from module.x",
    "1 if module.x else 2": "comes from module.x",
    "1 < module.x": "comes from module.x",
    "f'{module.x}'": "comes from module.x",
    "len(module.x)": "comes from module.x",
    "module.x[1]": "comes from module.x",
    "[1, 2][module.x]": "comes from module.x",
    "{'a': 1}[module.x]": "comes from module.x",
    "{'a': 1}.get(module.x)": "comes from module.x",
    "int(*module.x)": "arguments that are not known",
    "[x for x in module.x]": "comes from module.x",
    "[x for x in [1] if module.x]": "comes from module.x",
    "[(y := x) for x in [1]]": "is not evaluated",
    "'a'.encode()": "the method encode()",
    "[1, 2].sort()": "the method sort()",
    "{'a': 1}.popitem()": "the method popitem()",
    "max([1], key=module.x)": "comes from module.x",
    "list({'a', 'b'})": "order of a set",
    "str({'a', 'b'})": "order of a set",
    "f'{({1, 2})}'": "order of a set",
    "{[]}": "set of lists",
    "1 is 1": "too unusual",
    "'{0.real}'.format(1)": "too unusual",
    "'{0:{1}}'.format(1, 2)": "too unusual",
    "f'{[1]!r}'": "too unusual",
    "(-1) ** 0.5": "too unusual",
    "1 @ 2": "operator",
    "1j": "is not plain data",
    "...": "is not plain data",
    "lambda: 1": None,
    "isinstance(1, (int, str))": "tests a type",
    "os.path.abspath('a')": "too unusual",
    "os.path.exists('/')": "calls os.path.exists()",
    "__file__": "where the file is",
    "sum([[1], [2]], [])": "too unusual",
    "range(3)[module.x]": "comes from module.x",
    "{**module.x}": "may hold more",
    "{module.x: 1}": "may hold more",
    "{'a': 1, **module.x}['a']": "may hold more",
    "'a' in {**module.x}": "may hold more",
    "list({**module.x}.keys())": "may hold more",
    "(lambda x: x)": None,
    "print": None,
    "[*module.x]": "comes from module.x",
    "(yield)": "is not evaluated",
    "await module.x": "is not evaluated",
}


@pytest.mark.parametrize("expression", UNDECIDED)
def test_what_cannot_be_told_is_undecided(expression: str) -> None:
    """Never a guess; functions and classes come by name."""
    outcome = value_of(expression, before="import os, module\n")
    reason = UNDECIDED[expression]
    if reason is None:
        assert isinstance(outcome, Known)
        assert repr(outcome.value).startswith("Code(")
        return
    assert isinstance(outcome, Undecided), outcome
    assert reason in outcome.reason


RAISING = [
    "1 / 0",
    "int('x')",
    "[][1]",
    "{}['a']",
    "'a' + 1",
    "None.strip()",
    "[1] + (2,)",
    "'a'.index('b')",
    "(lambda: 1)(2)",
    "{'a': 1}.pop('b')",
    "ast.literal_eval('(')",
]


@pytest.mark.parametrize("expression", RAISING)
def test_what_would_raise_is_undecided(expression: str) -> None:
    outcome = value_of(expression, before="import ast\nresult = 1\n")
    assert isinstance(outcome, Undecided)
    assert "raises" in outcome.reason or "wrong arguments" in outcome.reason


def test_keys_that_hide_others() -> None:
    """What stands behind an unknown ``**`` in a dict is certain, what stands before is not."""
    before = "import module\n"
    assert getattr(value_of("{**module.x, 'a': 1}['a']", before=before), "value", None) == 1
    assert isinstance(value_of("{'a': 1, **module.x}['a']", before=before), Undecided)


def test_templates_keep_the_known_pieces() -> None:
    outcome = value_of("f'postgresql://{user}@db:5432/{name}'")
    assert isinstance(outcome, Undecided)
    assert outcome.template == "postgresql://\0@db:5432/\0"
    for expression in (
        "'postgresql://%s@db' % user",
        "'postgresql://{}@db'.format(user)",
        "'postgresql://' + user + '@db'",
        "''.join(['postgresql://', user, '@db'])",
        "('postgres://' + user + '@db').replace('postgres:', 'postgresql:')",
    ):
        outcome = value_of(expression)
        assert isinstance(outcome, Undecided)
        assert outcome.template == "postgresql://\0@db"


@pytest.mark.parametrize("expression", ["4", "-4", "[1, (2,)]", "f'a'", "{'a': [1]}"])
def test_literals(expression: str) -> None:
    assert getattr(value_of(expression), "literal", None) is True


@pytest.mark.parametrize("expression", ["2 + 2", "int('4')", "name", "[name]", "f'{name}'"])
def test_what_is_computed_is_no_literal(expression: str) -> None:
    assert getattr(value_of(expression, before="name = 4"), "literal", None) is False
