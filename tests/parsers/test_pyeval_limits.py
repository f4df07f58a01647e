"""Hostile files: nothing crashes, hangs or grows."""

from __future__ import annotations

import time
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.parsers.engines import find_engines
from advisor.parsers.gunicorn import effective, parse_config
from advisor.parsers.pyeval import Known, Undecided, evaluate_module
from advisor.parsers.pyeval.machine import MAX_STEPS
from advisor.parsers.pyeval.program import Program
from advisor.parsers.pyeval.source import parse

PIECES = [
    *("def f(x=[]):\n    ", "return ", "for x in y:\n    ", "while True:\n    ", "try:\n    "),
    *("except:\n    ", "\n", "    ", "(", ")", "[", "]", "{", "}", ":", "=", "+=", "**", "*", "9"),
    *(
        "'a'",
        "x",
        "y",
        "f(",
        "lambda x:",
        "if ",
        "else ",
        "os.environ",
        "import os\n",
        "global x\n",
    ),
    *("from x import *\n", "class A:\n    ", ".append(", ".update(", "locals()[", "]=", "yield "),
    *("await ", "match x:\n    case 1:\n        ", "with x as y:\n    ", "del x", "f'{x!r:>{y}}'"),
    *("%", "%s", "\0", "é", "\ud800", "…", "range(", "set(", "{*", "create_engine(", "cpu_count()"),
    *("break", "continue", "raise ", "pass\n", ";", ",", "@", ":=", "int(", "not ", " in ", " is "),
]


def read_all(text: str) -> None:
    """Everything that reads Python, with cpus open and given."""
    document = parse_config("gunicorn.conf.py", text, env={"A": "1"})
    ours = effective(document, None, None, {})
    ours.settings()
    ours.settings(cpus=4)
    list(ours.refused(cpus=4))
    find_engines("app/db.py", f"{text}\ncreate_engine(x)\n")


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text(text: str) -> None:
    read_all(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_pieces_of_python_in_any_order(text: str) -> None:
    read_all(text)


HOSTILE = {
    "tower": "x = 9 ** 9 ** 9",
    "repeat": "x = 'a' * 10 ** 9\ny = [0] * 10 ** 9",
    "doubled": "x = 'ab'\n" + "x = x + x\n" * 200,
    "doubled list": "x = [1]\n" + "x = x + x\n" * 200,
    "shift": "x = 1 << 10 ** 9",
    "width": "x = '%999999999d' % 1",
    "star width": "x = '%*d' % (10 ** 9, 1)",
    "format": "x = '{:>999999999}'.format(1)",
    "nested format": "x = '{:{}}'.format(1, 10 ** 9)",
    "f-string": "x = f'{1:999999999}'",
    "zfill": "x = '1'.zfill(10 ** 9)",
    "replace": "y = 'a' * 90000\nx = y.replace('a', y)",
    "join": "y = 'a' * 90000\nx = y.join([y] * 9)",
    "range": "x = list(range(10 ** 18))",
    "huge range": "x = sum(range(10 ** 30))",
    "range step": "x = list(range(0, 10 ** 18, 3))",
    "digits": "x = int('f' * 90000, 16)",
    "round": "x = round(5, -10 ** 9)",
    "wide split": "x = ('a,' * 45000).split(',')",
    "letters": "x = ['a' for y in 'b' * 90000]",
    "nested list": "x = []\nfor i in range(1000):\n    x = [x]",
    "folded list": "x = [1]\nfor i in range(60):\n    x = [x, x]",
    "folded dict": "x = {}\nfor i in range(60):\n    x = {'a': x, 'b': x}",
    "list in itself": "x = []\nfor i in range(900):\n    x.append(x)",
    "endless": "x = 0\nwhile True:\n    x += 1",
    "long loop": "for x in range(5000):\n    pass",
    "loops": "for a in range(1000):\n    for b in range(1000):\n        x = a",
    "comprehension": "x = [a for a in range(9999) for b in range(9999)]",
    "recursive": "def f(n):\n    return f(n - 1) + f(n - 2)\nx = f(50)",
    "long dict": "x = {}\n" + "".join(f"x['{n}'] = {n}\n" for n in range(5000)),
    "minus": "x = " + "-" * 500 + "1",
    "attributes": "x = a" + ".b" * 500,
    "calls": "x = a" + "()" * 500,
    "brackets": "x = " + "[" * 90 + "]" * 90,
    "sum": "x = " + "1 + " * 300 + "1",
    "big dict display": "x = {" + ", ".join(f"'{n}': {n}" for n in range(20000)) + "}",
    "extend": "x = [0] * 9999\nx.extend([0] * 9999)",
    "starred": "y = [0] * 9999\nx = [*y, *y]",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_nothing_burns(case: str) -> None:
    """What would take for ever, or all memory, is undecided, and soon."""
    started = time.process_time()
    outcome = evaluate_module(HOSTILE[case], "conf.py").names["x"].outcome
    assert isinstance(outcome, Undecided), case
    assert time.process_time() - started < 10


def test_deep_branches() -> None:
    chain = "if a == 0:\n    x = 0\n" + "".join(
        f"elif a == {n}:\n    x = {n}\n" for n in range(300)
    )
    assert isinstance(evaluate_module(chain, "conf.py").names["x"].outcome, Undecided)
    nested = "".join(f"{' ' * n}if 1:\n" for n in range(90)) + " " * 90 + "x = 1\n"
    assert isinstance(evaluate_module(nested, "conf.py").names["x"].outcome, Undecided)


def test_a_file_that_takes_too_long_keeps_what_came_first() -> None:
    """Lists made before are given up: the rest may change them."""
    busy = "".join(f"def f{n}():\n    return sum([1] * 9000)\n" for n in range(3))
    busy += "y = f0() + f1() + f2()\n" * 400
    values = evaluate_module(f"a = 1\nb = [1]\n{busy}c = 2\n", "conf.py")
    assert isinstance(values.names["a"].outcome, Known)
    assert isinstance(values.names["b"].outcome, Undecided)
    assert isinstance(values.names["c"].outcome, Undecided)
    assert values.opened is not None


def test_work_is_bounded() -> None:
    program = Program(parse("conf.py", HOSTILE["loops"]), {}, "")
    machine = program.run(None)
    assert machine.steps <= MAX_STEPS + 1


def test_functions_with_engines_are_bounded_too() -> None:
    text = (
        "import sqlalchemy\ndef f(a):\n    for x in range(1000):\n        for y in range(1000):\n"
    )
    text += "            a = x\n    return sqlalchemy.create_engine('sqlite://')\n"
    engines = find_engines("app/db.py", text * 3).engines
    assert len(engines) == 3


def test_no_warning_of_python_gets_out() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        evaluate_module("x = '\\d'\ny = 1 is 1\n", "conf.py")
