"""Statements: the names of a file at its end are the ones Python leaves."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from advisor.parsers.pyeval import Known, Outcome, Undecided, evaluate_module

PYTHON = {
    "chained": "a = b = 3",
    "unpacked": "a, (b, c) = 1, [2, 3]",
    "swapped": "a, b = 1, 2\na, b = b, a",
    "annotated": "a: int = 4\nb: str\n",
    "augmented": "a = 4\na += 2\na *= 3\na //= 4\nb = 'x'\nb += 'y'",
    "deleted": "a = 1\ndel a\nb = 2",
    "if": "a = 3\nif a > 2:\n    b = 1\nelif a > 1:\n    b = 2\nelse:\n    b = 3",
    "elif": "a = 2\nif a > 2:\n    b = 1\nelif a > 1:\n    b = 2\nelse:\n    b = 3",
    "for": "a = 0\nfor x in [1, 2, 3]:\n    a += x",
    "for-else": "for x in (1, 2):\n    if x == 5:\n        break\nelse:\n    a = 'none'",
    "for-break": (
        "a = 0\nfor x in range(9):\n    if x == 3:\n        break\n    a += x\nelse:\n    a = -1"
    ),
    "for-continue": "a = []\nfor x in range(5):\n    if x % 2:\n        continue\n    a.append(x)",
    "for-nested": (
        "a = 0\n"
        "for x in (1, 2):\n"
        "    for y in (3, 4):\n"
        "        if y == 4:\n"
        "            break\n"
        "        a += x * y\n"
        "    else:\n"
        "        a = -9"
    ),
    "for-else-break": (
        "a = 0\n"
        "for x in (1, 2):\n"
        "    a += 1\n"
        "    for y in ():\n"
        "        pass\n"
        "    else:\n"
        "        break"
    ),
    "for-pairs": "a = ''\nfor k, v in {'x': 1, 'y': 2}.items():\n    a += k * v",
    "for-text": "a = ''\nfor x in 'abc':\n    a = x + a",
    "while": "a = 0\nwhile a < 5:\n    a += 2\nelse:\n    b = 1",
    "while-break": "a = 0\nwhile True:\n    a += 1\n    if a > 3:\n        break",
    "try": "try:\n    a = int('4')\nexcept ValueError:\n    a = 0",
    "try-fails": "try:\n    a = int('x')\nexcept (TypeError, ValueError) as error:\n    a = 0",
    "try-bare": "a = 1\ntry:\n    a = {}['k']\nexcept:\n    b = 2",
    "try-base": "try:\n    a = [][0]\nexcept LookupError:\n    a = 5",
    "try-else": (
        "try:\n    a = 1\nexcept ValueError:\n    a = 2\nelse:\n    b = 3\nfinally:\n    c = 4"
    ),
    "try-raise": "try:\n    raise KeyError('x')\nexcept KeyError:\n    a = 2",
    "try-nested": (
        "try:\n"
        "    try:\n"
        "        a = 1 / 0\n"
        "    except KeyError:\n"
        "        a = 1\n"
        "    finally:\n"
        "        b = 2\n"
        "except ZeroDivisionError:\n"
        "    a = 3"
    ),
    "try-loop": (
        "a = 0\n"
        "for x in ('1', 'x', '3'):\n"
        "    try:\n"
        "        a += int(x)\n"
        "    except ValueError:\n"
        "        continue"
    ),
    "function": "def f(x, y=2, *z, k=3, **rest):\n    return x + y + len(z) + k + len(rest)\n"
    "a = f(1)\nb = f(1, 2, 3, 4, k=5, q=6)\nc = f(x=1, y=1)",
    "function-branches": "def f(x):\n    if x < 1:\n        return 'low'\n    for y in (1, 2):\n"
    "        if x == y:\n            return 'hit'\n    return 'high'\na = f(0)\nb = f(2)\nc = f(9)",
    "function-none": "def f():\n    pass\na = f()",
    "function-global": "a = 1\ndef f():\n    global a, b\n    a = 2\n    b = 3\nf()",
    "function-local": "a = 1\ndef f():\n    a = 2\n    return a\nb = f()",
    "function-closure": (
        "def outer(x):\n    def inner(y):\n        return x + y\n    return inner(2)\na = outer(1)"
    ),
    "function-made": "def outer(x):\n    return lambda y: x * y\na = outer(3)(4)",
    "function-recursive": "def f(n):\n    return 1 if n < 2 else n * f(n - 1)\na = f(5)",
    "function-list": "def f(items):\n    items.append(3)\na = [1]\nf(a)",
    "function-try": (
        "def f(x):\n"
        "    try:\n"
        "        return int(x)\n"
        "    except ValueError:\n"
        "        return None\n"
        "    finally:\n"
        "        y = 1\n"
        "a = f('5')\n"
        "b = f('z')"
    ),
    "cached": (
        "from functools import lru_cache\n@lru_cache(maxsize=None)\ndef f():\n    return 4\na = f()"
    ),
    "list": "a = [1]\nb = a\nb.append(2)\na.extend((3, 4))\nb += [5]\na.insert(0, 0)\na[1] = 9",
    "list-copied": "a = [1]\nb = a.copy()\nb.append(2)\nc = a[:]\nc.append(3)\nd = list(a)",
    "list-inside": "a = {'x': [1]}\nb = a['x']\nb.append(2)\na['x'].append(3)",
    "dict": (
        "a = {}\n"
        "a['x'] = 1\n"
        "a.update({'y': 2}, z=3)\n"
        "a.setdefault('x', 9)\n"
        "b = a.pop('y')\n"
        "del a['z']"
    ),
    "dict-alias": "a = {'x': 1}\nb = a\nb |= {'y': 2}\nc = a | {'z': 3}",
    "dict-nested": "a = {'x': {'y': 1}}\na['x']['z'] = 2\nb = {**a, 'q': 1}",
    "dict-pop": "a = {'x': 1}\nb = a.pop('z', 4)\nc = a.get('x')",
    "globals": "globals()['a'] = 1\nlocals()['b'] = 2\nvars()['c'] = 3\nd = 'a' in globals()\n"
    "e = globals().get('b')\nf = globals()['c']",
    "globals-update": "locals().update({'a': 1}, b=2)\nglobals().setdefault('c', 3)\n"
    "globals().setdefault('a', 4)",
    "class": "class S:\n    x = 2\n    y = x * 3\na = S.y\nb = S().x",
    "class-inherits": "class A:\n    x = 1\n    y = 2\nclass B(A):\n    y = 3\na = B.x\nb = B().y",
    "class-function": "x = 1\nclass A:\n    x = 2\n    def f(self):\n        return x\na = A.x",
    "walrus": "if (a := 5) > 3:\n    b = a",
    "with": "import contextlib\nwith contextlib.nullcontext():\n    a = 1",
    "assert": "a = 1\nassert a == 1\nb = 2",
    "comprehension-scope": "x = 1\na = [x for x in (5, 6)]\nb = x",
    "starred-call": (
        "def f(*a, **k):\n    return len(a) + len(k)\nx = [1, 2]\na = f(*x, *x, **{'p': 1})"
    ),
    "late-name": "def f():\n    return a\na = 1\nb = f()\na = 2\nc = f()",
    "exit": "a = 1\nraise SystemExit\na = 2",
    "import": (
        "import os.path as p\nfrom os.path import join as j\na = p.join('a', 'b')\nb = j('c', 'd')"
    ),
    "pass": "pass\na = 1\n'text'\n",
    "shadow": "def int(x):\n    return 7\na = int('4')",
    "tuple-add": "a = (1,)\nb = a\na += (2,)",
}
"""Texts that Python itself runs in the test: they compute, and do nothing else."""


def names_of(text: str) -> dict[str, Outcome]:
    values = evaluate_module(text, "conf.py", name="__config__")
    assert values.problems == ()
    return {name: assigned.outcome for name, assigned in values.names.items()}


def run(text: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    with contextlib.suppress(SystemExit):
        exec(compile(text, "conf", "exec"), names)  # noqa: S102 - our own text
    return {name: value for name, value in names.items() if _is_plain(value)}


def _is_plain(value: object) -> bool:
    return isinstance(value, None | bool | int | float | str | list | dict | tuple)


@pytest.mark.parametrize("case", PYTHON)
def test_same_as_python(case: str) -> None:
    found, expected = names_of(PYTHON[case]), run(PYTHON[case])
    expected.pop("__builtins__", None)
    expected = {name: value for name, value in expected.items() if not name.startswith("__")}
    assert expected
    for name, value in expected.items():
        outcome = found[name]
        assert isinstance(outcome, Known), (name, outcome)
        assert outcome.value == value, name


UNKNOWN = "import module\nu = module.value\n"
JOINS: dict[str, tuple[str, dict[str, Any]]] = {
    "same in both": ("if u:\n    a = 1\nelse:\n    a = 1", {"a": 1}),
    "differs": ("if u:\n    a = 1\nelse:\n    a = 2", {"a": None}),
    "only one": ("a = 1\nif u:\n    a = 2", {"a": None}),
    "unset in one": ("if u:\n    a = 2", {"a": None}),
    "same again": ("a = 2\nif u:\n    a = 2", {"a": 2}),
    "dies": ("if u:\n    raise SystemExit\nelse:\n    a = 1", {"a": 1}),
    "dies both": (
        ("a = 1\nif u:\n    raise ValueError\nelse:\n    raise SystemExit\na = 2"),
        {"a": 1},
    ),
    "break inside": (
        (
            "a = 0\n"
            "for x in (1, 2):\n"
            "    for y in (1, 2):\n"
            "        if u:\n"
            "            continue\n"
            "        a = y"
        ),
        {"a": None},
    ),
    "text join": ("a = ','.join({'x', 'y'})\nb = ','.join(['x'])", {"a": None, "b": "x"}),
    "dict of unknown": ("a = dict(**u)\nb = dict(x=1, **u)['x']", {"a": None, "b": 1}),
    "update by unknown": (
        ("a = {'x': 1}\na.update(**u)\na.update({'y': 2})\nb = a['y']"),
        {"a": None, "b": 2},
    ),
    "get nothing": ("a = {'x': 1}.get()\nb = 1", {"a": None, "b": 1}),
    "dies first": ("if u:\n    a = 1\nelse:\n    raise ValueError", {"a": 1}),
    "dict key": ("a = {'x': 1}\nif u:\n    a['y'] = 2\nb = a['x']", {"a": None, "b": 1}),
    "dict value": ("a = {'x': 1, 'z': 0}\nif u:\n    a['x'] = 2\nb = a['z']", {"a": None, "b": 0}),
    "list": ("a = [1]\nif u:\n    a.append(2)", {"a": None}),
    "conditional": ("a = 4 if u else 4\nb = 4 if u else 5", {"a": 4, "b": None}),
    "loop": ("a = 1\nfor x in u:\n    a = 2\nb = 3", {"a": None, "b": 3}),
    "loop list": ("a = []\nfor x in u:\n    a.append(x)\nb = 3", {"a": None, "b": 3}),
    "loop dict": ("a = {'k': 1}\nfor x in u:\n    a[x] = 1\nb = 3", {"a": None, "b": 3}),
    "while": ("a = 1\nwhile u:\n    a = 2\nb = 3", {"a": None, "b": 3}),
    "while endless": ("a = 1\nwhile a:\n    a += 1\nb = 3", {"a": None, "b": 3}),
    "break": ("a = 1\nfor x in (1, 2):\n    if u:\n        break\n    a = x", {"a": None}),
    "function": (
        "def f():\n    if u:\n        return 1\n    return 2\na = f()\nb = 3",
        {"a": None, "b": 3},
    ),
    "function global": (
        "a = 1\ndef f():\n    global a\n    for x in u:\n        a = x\nf()\nb = 3",
        {"a": None, "b": 3},
    ),
    "unknown call": (
        "a = [1]\nmodule.change(a)\nb = (1,)\nmodule.change(b)",
        {"a": None, "b": (1,)},
    ),
    "harmless call": ("a = [1]\nprint(a)", {"a": [1]}),
    "try unknown": (
        "try:\n    a = module.f()\n    b = 1\nexcept Exception:\n    b = 2",
        {"b": None},
    ),
    "try same": ("try:\n    module.f()\n    b = 2\nexcept Exception:\n    b = 2", {"b": 2}),
    "try import": (
        "try:\n    import uvloop\n    a = 1\nexcept ImportError:\n    a = 2",
        {"a": None},
    ),
    "try standard import": (
        "try:\n    import json\n    a = 1\nexcept ImportError:\n    a = 2",
        {"a": 1},
    ),
    "try handler dies": (
        "try:\n    import uvloop\n    a = 1\nexcept ImportError:\n    raise SystemExit",
        {"a": 1},
    ),
    "try both": (
        "try:\n    module.f()\n    a = 1 / 0\nexcept ValueError:\n    a = 2\nb = 1",
        {"a": None, "b": 1},
    ),
    "try odd handler": (
        "try:\n    a = 1 / 0\nexcept module.Error:\n    a = 2\nb = 1",
        {"a": None, "b": 1},
    ),
    "try assert": ("try:\n    assert u\n    a = 1\nexcept AssertionError:\n    a = 2", {"a": None}),
    "try returns": (
        (
            "def f(x):\n"
            "    try:\n"
            "        return int(x)\n"
            "    except ValueError:\n"
            "        return 1\n"
            "a = f(u)"
        ),
        {"a": None},
    ),
    "try returns sure": (
        (
            "def f(x):\n"
            "    try:\n"
            "        module.f()\n"
            "        return 1\n"
            "    except ValueError:\n"
            "        return 2\n"
            "a = f(u)"
        ),
        {"a": None},
    ),
    "suppress": (
        "import contextlib\na = 1\nwith contextlib.suppress(ValueError):\n    a = 2\nb = 3",
        {"a": None, "b": 3},
    ),
    "with target": ("with module.x as a:\n    b = 1", {"a": None, "b": 1}),
    "match": (
        (
            "match u:\n    case 1:\n        a = 1\n    case [x, *y]:\n        a = 2\n"
            "    case {'k': 1, **z}:\n        a = 3\nb = 1"
        ),
        {"a": None, "b": 1},
    ),
    "starred target": ("a, *b = [1, 2, 3]\nc = 1", {"a": None, "b": None, "c": 1}),
    "unpack unknown": ("a, b = u\nc = 1", {"a": None, "b": None, "c": 1}),
    "unpack wrong": ("a, b = [1]\nc = 1", {"a": None, "b": None, "c": 1}),
    "async": ("async def f():\n    return 1\na = f()\nb = 1", {"a": None, "b": 1}),
    "generator": ("def f():\n    yield 1\na = f()\nb = 1", {"a": None, "b": 1}),
    "decorated": ("@module.wrap\ndef f():\n    return 1\na = f()\nb = 1", {"a": None, "b": 1}),
    "endless recursion": ("def f():\n    return f()\na = f()\nb = 1", {"a": None, "b": 1}),
    "mutable default": (
        "def f(x, y=[]):\n    y.append(x)\n    return len(y)\na = f(1)\nb = 1",
        {"a": None, "b": 1},
    ),
    "class with base": ("class A(module.B):\n    x = 1\na = A.x\nb = 1", {"a": None, "b": 1}),
    "class with init": (
        "class A:\n    x = 1\n    def __init__(self):\n        self.x = 2\na = A().x",
        {"a": None},
    ),
    "class decorated": ("@module.wrap\nclass A:\n    x = 1\na = A.x", {"a": None}),
    "class meta": ("class A(metaclass=module.M):\n    x = 1\na = A.x", {"a": None}),
    "class changed": ("class A:\n    x = 1\nA.x = 2\na = A.x\nb = 1", {"a": None, "b": 1}),
    "class list": ("class A:\n    x = [1]\nA.x.append(2)\na = len(A.x)", {"a": 2}),
    "class method": (
        "class A:\n    def f(self):\n        return 1\na = A().f()\nb = 1",
        {"a": None, "b": 1},
    ),
    "class argument": ("class A:\n    x = 1\na = A(2).x\nb = 1", {"a": None, "b": 1}),
    "class property": ("class A:\n    x = 1\na = A.y\nb = 1", {"a": None, "b": 1}),
    "class body": ("class A:\n    x = 1 / 0\n    y = 2\na = A.x\nb = A.y", {"a": None, "b": 2}),
    "slice": ("a = [1, 2]\na[0:1] = [5]\nb = 1", {"a": None, "b": 1}),
    "delete slice": ("a = [1, 2]\ndel a[0]\nb = 1", {"a": None, "b": 1}),
    "set key unknown": ("a = {'x': 1}\na[u] = 2\nb = 1", {"a": None, "b": 1}),
    "update unknown": ("a = {'x': 1}\na.update(u)\nb = 1", {"a": None, "b": 1}),
    "extend unknown": ("a = [1]\na.extend(u)\nb = 1", {"a": None, "b": 1}),
    "insert unknown": ("a = [1]\na.insert(u, 2)\nb = 1", {"a": None, "b": 1}),
    "pop unknown": ("a = {'x': 1}\nb = a.pop(u)\nc = 1", {"a": None, "b": None, "c": 1}),
    "setdefault unknown": ("a = {'x': 1}\na.setdefault(u, 1)\nc = 1", {"a": None, "c": 1}),
    "index error": ("a = [1]\na[4] = 1\nc = 1", {"a": None, "c": 1}),
    "star import": ("a = 1\nfrom module import *\nb = 2", {"a": None, "b": 2}),
    "exec": ("a = 1\nexec('a = 2')\nb = 2", {"a": None, "b": 2}),
    "eval": ("a = 1\neval('2')\nb = 2", {"a": 1, "b": 2}),
    "setattr": ("a = 1\nsetattr(module, 'a', 2)\nb = 2", {"a": None, "b": 2}),
    "globals pop": ("a = 1\nglobals().pop('a')\nb = 2", {"a": None, "b": 2}),
    "globals delete": ("a = 1\nc = 1\ndel globals()['a']\nb = 2", {"a": None, "b": 2, "c": 1}),
    "globals unknown": ("a = 1\nglobals()[u] = 2\nb = 2", {"a": None, "b": 2}),
    "globals update unknown": ("a = 1\nglobals().update(u)\nb = 2", {"a": None, "b": 2}),
    "globals missing": ("a = globals()['nothing']\nb = 2", {"a": None, "b": 2}),
    "locals in function": ("def f():\n    return locals()\na = f()\nb = 2", {"a": None, "b": 2}),
    "nonlocal": (
        (
            "def f():\n"
            "    x = 1\n"
            "    def g():\n"
            "        nonlocal x\n"
            "        x = 2\n"
            "    g()\n"
            "    return x\n"
            "a = f()\n"
            "b = 1"
        ),
        {"a": None, "b": 1},
    ),
    **{
        f"in a loop not understood: {before}; {what}": (
            f"{before}\nfor x in u:\n    {what}\nb = 2",
            expected,
        )
        for what, before, expected in (
            ("globals()['a'] = 2", "a = c = 1", {"a": None, "b": 2, "c": 1}),
            ("vars().update({'a': 2}, c=3)", "a = c = d = 1", {"a": None, "c": None, "d": 1}),
            ("g.update(u)", "g = globals()\na = 1", {"a": None, "b": 2}),
            ("globals()[x] = 2", "a = 1", {"a": None, "b": 2}),
            ("exec(x)", "a = 1", {"a": None, "b": 2}),
            ("f()", "a = c = 1\ndef f():\n    global a\n    a = 2", {"a": None, "c": 1}),
            (
                "f()",
                "a = c = 1\ndef g():\n    global a\n    a = c = 2\ndef f():\n    g()",
                {"a": None, "c": 1},
            ),
            ("map(f, u)", "a = 1\ndef f(x):\n    global a\n    a = x", {"a": None}),
            ("f(y)", "y = [1]\ndef f(x):\n    x.append(2)\na = len(y)", {"y": None, "a": 1}),
            ("u.fill(y)", "y = {'k': 1}", {"b": 2, "y": None}),
            ("z = y; z.append(2)", "y = [1]", {"y": None, "b": 2}),
            ("z = [y]; z[0].append(2)", "y = [1]", {"y": None, "b": 2}),
            ("z = y if x else []; w = z; f(w)", "y = [1]\nf = lambda v: v", {"y": None}),
            ("z = len(y); w = [z]; w.append(2)", "y = [1]\na = 3", {"a": 3, "b": 2}),
            ("g = globals(); g['a'] = x", "a = c = 1", {"a": None, "c": 1}),
            ("print(y, len(y))", "y = [1]\na = 1", {"y": [1], "a": 1}),
            ("f(2)", "y = [1]\ndef f(y):\n    y.append(2)", {"y": [1], "b": 2}),
        )
    },
    "alias of the environment in a loop not understood": (
        (
            "import os\nos.environ['A'] = 'x'\nfor x in u:\n    e = os.environ\n    e['A'] = 'y'\n"
            "a = os.environ['A']"
        ),
        {"a": None},
    ),
    "environment in a function in a loop not understood": (
        (
            "import os\nos.environ['A'] = 'x'\ndef f():\n    os.environ['A'] = 'y'\n"
            "for x in u:\n    f()\na = os.environ['A']"
        ),
        {"a": None},
    ),
    "type alias use": ("a: module.T = 4", {"a": 4}),
    "attribute of module": ("module.x = 4\na = 1", {"a": 1}),
    "break outside": ("break\na = 1", {"a": 1}),
    "undefined class": ("class A(unknown):\n    x = 1\na = A().x", {"a": None}),
}


@pytest.mark.parametrize("case", JOINS)
def test_what_depends_on_something_unknown(case: str) -> None:
    """None stands for undecided; everything else is still known."""
    text, expected = JOINS[case]
    found = names_of(UNKNOWN + text)
    for name, value in expected.items():
        outcome = found[name]
        if value is None:
            assert isinstance(outcome, Undecided), (name, outcome)
        else:
            assert isinstance(outcome, Known), (name, outcome)
            assert outcome.value == value, name


def test_the_place_of_an_assignment() -> None:
    values = evaluate_module("x = 1\nworkers = (\n    x + 2\n)\n", "conf.py")
    workers = values.names["workers"]
    assert (workers.statement.line, workers.statement.end_line) == (2, 4)
    assert (workers.location.line, workers.location.column, workers.location.end_column) == (
        3,
        5,
        10,
    )


def test_columns_count_letters() -> None:
    values = evaluate_module("é = 'ü'; workers = 4\n", "conf.py")
    assert (values.names["workers"].location.column, values.names["é"].location.column) == (20, 5)


def test_what_is_no_python_is_a_problem() -> None:
    for text in ("workers = = 4\n", "x = '\n", "a\0b", "(" * 5000, "x = \ud800"):
        values = evaluate_module(text, "conf.py")
        assert values.names == {}
        assert len(values.problems) == 1
        assert values.problems[0].location.path == "conf.py"


def test_odd_text_is_read() -> None:
    """A byte order mark, old line ends, escapes that Python warns about."""
    values = evaluate_module("\ufeffworkers = 4\r\nx = '\\d'\rthreads = 2\n", "conf.py")
    assert list(values.names) == ["workers", "x", "threads"]
    assert values.names["threads"].statement.line == 3
