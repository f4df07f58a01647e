"""Configuration files of gunicorn that tests make up: every construct the evaluator follows."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

from hypothesis import strategies as st

STATED = {
    "WORKERS": "3",
    "PORT_NUMBER": "8080",
    "DEBUG": "true",
    "EMPTY": "",
    "NAME": "shop",
    "RATIO": "1.5",
    "GUNICORN_BACKLOG": "77",
    "GUNICORN_PROC_NAME": "from-env",
}
"""Variables that are set, for the real program and for the evaluator."""
UNSET = ("UNSET_A", "UNSET_B")
INT_SETTINGS = ("workers", "threads", "timeout", "keepalive", "max_requests", "graceful_timeout")
TEXT_SETTINGS = ("loglevel", "proc_name", "accesslog", "errorlog", "worker_class", "statsd_prefix")
BOOL_SETTINGS = ("preload_app", "reload", "daemon", "capture_output")
SHARED = """
import multiprocessing
import os
from functools import lru_cache

LIMIT = 6
WIDE = multiprocessing.cpu_count() + LIMIT
NAME = os.environ.get("NAME", "nobody")
TABLE = {"a": 3, "b": 4}
_private = 1

def from_env(name, default):
    value = os.environ.get(name)
    return int(value) if value and value.isdigit() else default

class Plain:
    size = 11

@lru_cache
def plain():
    return Plain()
"""
"""A module beside the configuration file, ``shared.py``."""
HEADER = """
import os
import os as system
import multiprocessing
import multiprocessing as mp
from multiprocessing import cpu_count
from os import environ, getenv, path

import shared
from shared import LIMIT, TABLE as shared_table, WIDE, from_env, plain
from pydantic.v1 import BaseSettings, Field

class AppSettings(BaseSettings):
    pool: int = 5
    proc_name: str = "app"
    debug: bool = False
    ratio: float = 0.5
    port: int = Field(9, env="PORT_NUMBER")
    limit: int = LIMIT + 1

    class Config:
        env_prefix = "GUNICORN_"

    @property
    def twice(self):
        return self.pool * 2

app_settings = AppSettings()

def env_int(name, default=1, *, low=0):
    raw = os.environ.get(name)
    if raw is None or raw == "":
        return default
    try:
        return max(low, int(raw))
    except ValueError:
        return default

def env_bool(name, default=False):
    return str(os.environ.get(name, default)).strip().lower() in ("1", "true", "yes", "on")

def clamp(value, low, high):
    if value < low:
        return low
    elif value > high:
        return high
    return value

def first(*values, **named):
    for value in values:
        if value:
            return value
    return named.get("fallback", "none")

def total(numbers):
    result = 0
    for number in numbers:
        if number > 50:
            continue
        if number == 13:
            break
        result += number
    else:
        result += 1
    return result

def set_workers(number):
    global workers
    workers = number

def grow(items, number):
    items.append(number)

def export(name, value):
    os.environ[name] = str(value)

class Settings:
    limit = 7
    label = "web"
    doubled = limit * 2

twice = lambda number: number * 2
count = 4
label = "base"
numbers = [1, 2, 3]
table = {"a": 1, "b": 2}
"""

READERS = "".join(
    text
    for module, text in (
        ("environs", "from environs import Env\nenv = Env()\n"),
        ("decouple", "from decouple import config as read\n"),
    )
    if find_spec(module)
)
"""Imports of readers of variables, as far as they are installed."""
STRTOBOOL = "from distutils.util import strtobool\n" if sys.version_info < (3, 12) else ""
ALL_CPUS = hasattr(os, "sched_getaffinity") and len(os.sched_getaffinity(0)) == os.cpu_count()
"""Whether the two ways to count cpus agree here, as they do without a cpuset."""
HEADER = f"{READERS}{STRTOBOOL}{HEADER}"

Text = st.SearchStrategy[str]


def _part(strategy: Text) -> Text:
    """
    The same strategy under a short name.

    Hypothesis writes a strategy down with all it is made of, whenever a test fails: for these
    that takes gigabytes.
    """

    @st.composite
    def part(draw: st.DrawFn) -> str:
        return draw(strategy)

    return part()


def _one(*templates: str) -> Text:
    return st.sampled_from(templates)


small = st.integers(0, 40).map(str)
word = st.sampled_from(["'info'", "'debug'", "' padded '", "'-'", "'a,b,c'", "'Mixed'", "''"])
variable = st.sampled_from([*STATED, *UNSET]).map(repr)


def _int(child: Text, text: Text, test: Text) -> Text:
    return st.one_of(
        st.builds("({} {} {})".format, child, _one("+", "*", "-"), child),
        st.builds("({} // {})".format, child, st.integers(1, 9)),
        st.builds("({} % {})".format, child, st.integers(1, 9)),
        st.builds("int({} / {})".format, child, st.integers(1, 9)),
        st.builds("{}({}, {})".format, _one("min", "max"), child, child),
        st.builds("clamp({}, 1, {})".format, child, child),
        st.builds("abs({})".format, child),
        st.builds("round({} * 1.25, {})".format, child, _one("0", "1")).map("int({})".format),
        st.builds("len({})".format, text),
        st.builds("({} if {} else {})".format, child, test, child),
        st.builds("({} or {})".format, child, child),
        st.builds("({} and {})".format, child, child),
        st.builds("int(os.environ.get({}, {}) or {})".format, variable, child, child).map(
            lambda code: f"int(float({code.removeprefix('int(')})" if "RATIO" in code else code
        ),
        st.builds("env_int({}, {})".format, variable, child),
        st.builds("env_int({}, default={}, low=2)".format, variable, child),
        st.builds("sum([{}, {}])".format, child, child),
        st.builds("total([{}, {}, 13, 5])".format, child, child),
        st.builds("twice({})".format, child),
        st.builds("[n * 2 for n in range({}) if n % 2][-1:].count({})".format, small, small),
        st.builds("sorted([{}, {}])[0]".format, child, child),
        st.builds("({}, {})[1]".format, child, child),
        st.builds("{{'x': {}, 'y': {}}}.get('x', 1)".format, child, child),
        st.builds("(lambda a, b=2: a + b)({})".format, child),
        st.builds("from_env({}, {})".format, variable, child),
        st.builds("shared.from_env({}, default={})".format, variable, child),
        st.builds("int(float({}) * 2)".format, child),
        st.builds("divmod({}, 7)[1]".format, child),
        st.builds("len({}.split(','))".format, text),
        *_readers("int", child),
    )


def _readers(kind: str, child: Text) -> list[Text]:
    """Calls of decouple and environs for variables that hold numbers, or are not set."""
    name = st.sampled_from(["'WORKERS'", "'PORT_NUMBER'", *(repr(name) for name in UNSET)])
    calls = []
    if "environs" in READERS:
        calls.append(st.builds(f"env.{kind}({{}}, default={{}})".format, name, child))
    if "decouple" in READERS:
        calls.append(st.builds(f"read({{}}, default={{}}, cast={kind})".format, name, child))
    return calls


def _text(child: Text, number: Text, test: Text) -> Text:
    return st.one_of(
        st.builds("({} + {})".format, child, child),
        st.builds(_f_string, number, number),
        st.builds("'%s-%d' % ({}, {})".format, child, number),
        st.builds("'{{}}/{{name}}'.format({}, name={})".format, number, child),
        st.builds("{}.{}()".format, child, _one("lower", "upper", "strip", "title")),
        st.builds("{}.replace('a', {})".format, child, child),
        st.builds("{}.split(',')[0]".format, child),
        st.builds("'-'.join([{}, {}])".format, child, child),
        st.builds("str({})".format, number),
        st.builds("os.getenv({}, {})".format, variable, child),
        st.builds("({} if {} else {})".format, child, test, child),
        st.builds("first({}, '', fallback={})".format, child, child),
        st.builds("os.path.join({}, {})".format, child, child),
        st.builds("path.basename({})".format, child),
        st.builds("{}[1:]".format, child),
        st.builds("str({} or {})".format, child, child),
        st.builds("os.path.splitext({})[0]".format, child),
        st.builds("os.path.dirname('/srv/' + {})".format, child),
        st.builds("{}.rstrip('/').lstrip()".format, child),
        st.builds("{}.partition(',')[2]".format, child),
        st.builds("', '.join(sorted({}.split(',')))".format, child),
        *_readers("str", child),
    )


def _f_string(one: str, other: str) -> str:
    """
    With both parts where they may stand in one.

    No filter: one that fails is told with the whole strategy, which takes gigabytes to write down.
    """
    # Quotes and braces of an inner expression would end the f-string before Python 3.12.
    fits = not any(mark in one + other for mark in ("'", ":>", "{"))
    return f"f'{{{one}}}:{{{other}:>4}}'" if fits else "f'{2}:{3:>4}'"


_truths = _one("'true'", "'no'", "'1'", "'off'", "os.getenv('DEBUG')", "getenv('UNSET_A') or 'y'")


def _test(number: Text, text: Text, child: Text) -> Text:
    return st.one_of(
        st.builds("({} {} {})".format, number, _one("<", ">=", "==", "!="), number),
        st.builds("(1 <= {} < {})".format, number, number),
        st.builds("({} in {})".format, text, text),
        st.builds("({} not in ['a', {}])".format, text, text),
        st.builds("({} in os.environ)".format, variable),
        st.builds("(os.getenv({}) is None)".format, variable),
        st.builds("(not {})".format, child),
        st.builds("({} and {})".format, child, child),
        st.builds("env_bool({})".format, variable),
        st.builds("{}.startswith('{}')".format, text, _one("a", "i", "")),
        st.builds("bool({})".format, number),
        st.builds("any([{}, {}])".format, child, child),
        st.builds("isinstance({}, str)".format, text),
        st.builds("{}.endswith('{}')".format, text, _one("o", "")),
        st.builds("all([{}, {}])".format, child, child),
        *([st.builds("bool(strtobool({}))".format, _truths)] if STRTOBOOL else []),
    )


_affinity = ["len(os.sched_getaffinity(0))"] if ALL_CPUS else []
_cpus = _one(
    *("cpu_count()", "multiprocessing.cpu_count()", "mp.cpu_count()", "os.cpu_count()"), *_affinity
)
_elsewhere = _one(
    *("LIMIT", "WIDE", "shared.LIMIT", "shared_table['a']", "plain().size", "shared.plain().size"),
    *("app_settings.pool", "app_settings.port", "app_settings.limit", "app_settings.twice"),
    "int(app_settings.ratio)",
)
_own = _one("count", "Settings.doubled", "len(numbers)", "table['b']")
_int_leaf = st.one_of(small, _cpus, _own, _elsewhere)
_text_leaf = st.one_of(
    word,
    _one("label", "Settings.label", "environ['NAME']", "getenv('NAME')"),
    _one("shared.NAME", "app_settings.proc_name", "str(app_settings.debug)"),
)
_test_leaf = _one("True", "False", "'NAME' in environ", "count > 3", "getenv('DEBUG') == 'true'")


def _grow(depth: int) -> tuple[Text, Text, Text]:
    """Expressions of a depth: numbers, texts, truth values."""
    if depth == 0:
        return _int_leaf, _text_leaf, _test_leaf
    number, text, test = _grow(depth - 1)
    return (
        _part(st.one_of(number, _int(number, text, test))),
        _part(st.one_of(text, _text(text, number, test))),
        _part(st.one_of(test, _test(number, text, test))),
    )


numbers, texts, tests = _grow(2)
int_setting, text_setting = st.sampled_from(INT_SETTINGS), st.sampled_from(TEXT_SETTINGS)
bool_setting = st.sampled_from(BOOL_SETTINGS)
natural = numbers.map("max(0, int({}))".format)
printable = texts.map("str({})".format)


def _indent(code: str) -> str:
    return "".join(f"    {line}\n" for line in code.splitlines())


simple = _part(
    st.one_of(
        st.builds("{} = {}\n".format, int_setting, natural),
        st.builds("{} = {}\n".format, text_setting, printable),
        st.builds("{} = bool({})\n".format, bool_setting, tests),
        st.builds("count = {}\n".format, natural),
        st.builds("label = {}\n".format, printable),
        st.builds("count += {}\n".format, small),
        st.builds("label += {}\n".format, word),
        st.builds("{}, {} = {}, {}\n".format, int_setting, int_setting, natural, natural),
        st.builds("{}: int = {}\n".format, int_setting, natural),
        st.builds("{} = {} = {}\n".format, int_setting, int_setting, natural),
        st.builds("bind = [{}, 'unix:' + {}]\n".format, printable, printable),
        st.builds("bind = {}\n".format, printable),
        st.builds("numbers.append({})\n".format, natural),
        st.builds("numbers += [{}]\n".format, natural),
        st.builds("other = numbers\nother.extend([{}])\n".format, natural),
        st.builds("held = [numbers]\nheld[0].append({})\n".format, natural),
        st.builds("held = {{'n': numbers}}\nheld['n'] += [{}]\n".format, natural),
        st.builds("for one in (numbers, [1]):\n    one.append({})\n".format, natural),
        st.builds("names = globals()\nnames['{}'] = {}\n".format, int_setting, natural),
        st.builds("env_now = os.environ\nenv_now['UNSET_A'] = {}\n".format, printable),
        st.builds("table[{}] = {}\n".format, word, natural),
        st.builds("table.update({{'b': {}}}, z=1)\n".format, natural),
        st.builds("globals()['{}'] = {}\n".format, int_setting, natural),
        st.builds("locals().update({{'{}': {}}})\n".format, int_setting, natural),
        st.builds("vars()['{}'] = {}\n".format, int_setting, natural),
        st.builds("shared_table['b'] = {}\ncount = shared.TABLE['b']\n".format, natural),
        st.builds(
            "first_of, *others = [{}, 2, 3]\ncount = first_of + len(others)\n".format, natural
        ),
        st.builds("if (seen := {}) > 2:\n    count = seen\n".format, natural),
        st.builds("os.environ.setdefault({}, {})\n".format, variable, printable),
        st.builds("os.environ['UNSET_A'] = {}\n".format, printable),
        st.builds("proc_name = os.environ.pop({}, 'gone')\n".format, variable),
        st.just("del count\ncount = 2\n"),
        st.builds("set_workers({})\n".format, natural),
        st.builds("grow(numbers, {})\n".format, natural),
        st.builds("export({}, {})\n".format, _one("'UNSET_A'", "'NAME'"), natural),
        st.builds("for do in [set_workers]:\n    do({})\n".format, natural),
        st.builds("globals().setdefault('{}', {})\n".format, int_setting, natural),
    )
)


def _blocks(child: Text) -> Text:
    body = _part(st.lists(child, min_size=1, max_size=3).map("".join).map(_indent))
    return st.one_of(
        st.builds("if {}:\n{}".format, tests, body),
        st.builds("if {}:\n{}else:\n{}".format, tests, body, body),
        st.builds("if {}:\n{}elif {}:\n{}else:\n{}".format, tests, body, tests, body, body),
        st.builds("for item in [1, {}, 3]:\n    count = count + item\n{}".format, natural, body),
        st.builds("for key, value in list(table.items()):\n    count = value\n{}".format, body),
        st.builds(
            "try:\n    count = int(environ[{}])\n{}except (KeyError, ValueError):\n{}".format,
            variable,
            body,
            body,
        ),
        st.builds(
            (
                "try:\n    {} = int({})\nexcept ValueError as error:\n{}finally:\n    count = 1\n"
            ).format,
            int_setting,
            texts,
            body,
        ),
        st.builds("count = 0\nwhile count < 3:\n    count += 1\n{}".format, st.just("    pass\n")),
        st.builds(
            "def change():\n    global count, {0}\n    count = {0} = {1}\nchange()\n".format,
            int_setting,
            natural,
        ),
        st.just(
            "for k, v in os.environ.items():\n"
            "    if k.startswith('GUNICORN_'):\n"
            "        locals()[k.split('_', 1)[1].lower()] = v\n"
        ),
    )


# Not `st.recursive`: it writes its strategies down for every example that grew too large.
_nested = _part(st.one_of(simple, _blocks(simple)))
statements = _part(st.one_of(simple, simple, _nested, _blocks(_nested)))


@st.composite
def _programs(draw: st.DrawFn) -> str:
    # A new text: those that strategies gave are shown, in a failure, with all calls they came from.
    return HEADER + "".join(draw(st.lists(statements, min_size=1, max_size=5)))


programs = _programs()
"""Whole files. They read the variables of `STATED`, compute, and do nothing else."""
