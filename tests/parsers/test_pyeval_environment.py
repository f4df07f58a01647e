"""Variables and cpus: what values rest on, and how they are settled."""

from __future__ import annotations

import pytest

from advisor.model import Origin, Unknown, Value
from advisor.parsers.pyeval import (
    EnvDependent,
    Evaluator,
    Known,
    ModuleValues,
    PerCpu,
    Undecided,
    evaluate_module,
)

IMPORTS = (
    "import os, multiprocessing, psutil\nimport multiprocessing as mp\n"
    "from os import environ, getenv\nfrom multiprocessing import cpu_count as cores\n"
)


def read(text: str, env: dict[str, str] | None = None) -> ModuleValues:
    return evaluate_module(IMPORTS + text, "conf.py", env=env)


def settled(text: str, env: dict[str, str] | None = None, cpus: int | None = None) -> object:
    """The value of `x` with origin and note, or the reason why it is not known."""
    value = read(text, env).value("x", cpus=cpus)
    if isinstance(value, Value):
        return value.value, value.origin, value.note
    return value.reason if isinstance(value, Unknown) else None


READS = [
    "os.environ.get('W', '4')",
    "os.getenv('W', '4')",
    "environ.get('W', default='4')",
    "getenv('W', default='4')",
    "getenv(key='W', default='4')",
    "environ['W'] if 'W' in environ else '4'",
    "os.environ.setdefault('W', '4')",
    "os.environ.pop('W', '4')",
    "os.environ.copy().get('W', '4')",
    "dict(os.environ).get('W', '4')",
    "'4' if os.getenv('W') is None else os.environ['W']",
    "os.getenv('W') or '4'",
    "(lambda n, d: os.environ.get(n, d))('W', '4')",
]


@pytest.mark.parametrize("expression", READS)
def test_every_way_to_read_a_variable(expression: str) -> None:
    assert settled(f"x = {expression}", {"W": "7"}) == ("7", Origin.EVALUATED, "with W as stated")
    assert settled(f"x = {expression}") == ("4", Origin.ASSUMED, "if W is not set")


COUNTS = [
    "multiprocessing.cpu_count()",
    "mp.cpu_count()",
    "cores()",
    "os.cpu_count()",
    "psutil.cpu_count()",
    "os.process_cpu_count()",
    "len(os.sched_getaffinity(0))",
    "os.sysconf('SC_NPROCESSORS_ONLN')",
]


@pytest.mark.parametrize("expression", COUNTS)
def test_every_way_to_count_cpus(expression: str) -> None:
    assert settled(f"x = {expression} * 2 + 1", cpus=4) == (9, Origin.EVALUATED, "9 at 4 cpus")
    assert settled(f"x = {expression}", cpus=1) == (1, Origin.EVALUATED, "1 at 1 cpu")
    assert settled(f"x = {expression}") == "depends on the number of cpus"


def test_cpus_that_stay_open_say_what_is_needed() -> None:
    value = read("x = cores()").value("x")
    assert isinstance(value, Unknown)
    assert value.needs == ("host.cpus",)


def test_counts_that_are_not_understood() -> None:
    assert settled("x = psutil.cpu_count(logical=False)", cpus=4) == (
        "counts cpus in a way not evaluated"
    )
    assert settled("x = os.sysconf('SC_PAGESIZE')", cpus=4) == "asks the operating system"


def test_cpus_stay_symbolic() -> None:
    outcome = read("x = min(cores() * 2 + 1, 9)").names["x"].outcome
    assert isinstance(outcome, PerCpu)
    values = [outcome.at(cpus) for cpus in (1, 2, 64)]
    assert [value.value for value in values if isinstance(value, Known)] == [3, 5, 9]


def test_branches_on_cpus() -> None:
    text = "if cores() > 4:\n    x = 8\nelse:\n    x = 2\ny = 3\n"
    values = read(text)
    outcome = values.names["x"].outcome
    assert isinstance(outcome, PerCpu)
    assert [getattr(outcome.at(cpus), "value", None) for cpus in (2, 8)] == [2, 8]
    assert isinstance(values.names["y"].outcome, Known)


def test_loops_over_cpus() -> None:
    """Too hard while the number is open, easy once it is given."""
    outcome = read("x = 0\nfor n in range(cores()):\n    x += 2\n").names["x"].outcome
    assert isinstance(outcome, PerCpu)
    assert getattr(outcome.at(3), "value", None) == 6


def test_not_everything_undecided_hangs_on_cpus() -> None:
    values = read("x = unknown()\ny = cores()\n")
    assert isinstance(values.names["x"].outcome, Undecided)


def test_a_name_may_exist_for_some_numbers_of_cpus_only() -> None:
    outcome = read("if cores() > 4:\n    x = 8\n").names["x"].outcome
    assert isinstance(outcome, PerCpu)
    assert isinstance(outcome.at(1), Undecided)
    assert isinstance(outcome.at(8), Known)


def test_variable_and_cpus_together() -> None:
    outcome = read("x = int(getenv('W', cores() * 2))").names["x"].outcome
    assert isinstance(outcome, EnvDependent)
    assert outcome.variable == "W"
    assert isinstance(outcome.default, PerCpu)
    assert getattr(outcome.default.at(4), "value", None) == 8
    assert settled("x = int(getenv('W', cores() * 2))", {"W": "5"}) == (
        5,
        Origin.EVALUATED,
        "with W as stated",
    )
    assert settled("x = int(getenv('W', cores() * 2))", cpus=4) == (
        8,
        Origin.ASSUMED,
        "8 at 4 cpus, if W is not set",
    )


def test_a_variable_that_must_be_set() -> None:
    outcome = read("x = int(os.environ['W'])").names["x"].outcome
    assert isinstance(outcome, EnvDependent)
    assert isinstance(outcome.default, Undecided)
    assert outcome.default.reason == "depends on the variable W"
    assert settled("x = int(os.environ['W'])", {"W": "3"}) == (
        3,
        Origin.EVALUATED,
        "with W as stated",
    )
    assert settled("x = os.environ['W']") == "depends on the variable W"


def test_a_variable_that_must_be_set_but_may_not_be() -> None:
    text = "try:\n    x = int(os.environ['W'])\nexcept KeyError:\n    x = 2\n"
    assert settled(text) == (2, Origin.ASSUMED, "if W is not set")
    assert settled(text, {"W": "3"}) == (3, Origin.EVALUATED, "with W as stated")


def test_branches_on_variables() -> None:
    """The branch not taken counts: what it would set rests on the variable, too."""
    text = "x = 1\nif getenv('DEBUG') == '1':\n    x = 2\n    y = True\nz = 3\n"
    values = read(text)
    assert settled(text) == (1, Origin.ASSUMED, "if DEBUG is not set")
    assert values.names["y"].absent
    assert values.value("y") is None
    assert values.value("z") == Value(3, Origin.LITERAL, values.names["z"].location)
    outcome = values.names["y"].outcome
    assert isinstance(outcome, EnvDependent)
    assert isinstance(outcome.default, Undecided)
    assert settled(text, {"DEBUG": "1"}) == (2, Origin.EVALUATED, "with DEBUG as stated")


def test_a_stated_variable_may_unset_a_name() -> None:
    text = "if getenv('DEBUG') != '1':\n    x = 2\n"
    assert isinstance(read(text).names["x"].outcome, EnvDependent)
    assert read(text, {"DEBUG": "1"}).value("x") is None


def test_a_name_that_is_set_in_one_of_two_states_may_be_set() -> None:
    """A variable would set it before; what may run now does."""
    text = (
        "if getenv('W'):\n    x = 1\ntry:\n    n = int(unknown())\nexcept ValueError:\n    x = 2\n"
    )
    assigned = read(text).names["x"]
    assert not assigned.absent
    assert isinstance(read(text).value("x"), Unknown)


def test_a_list_changed_in_the_branch_not_taken() -> None:
    text = "x = ['a']\nif getenv('MORE'):\n    x.append('b')\n"
    assert settled(text) == (["a"], Origin.ASSUMED, "if MORE is not set")


def test_keys_that_a_variable_would_bring() -> None:
    """A key that is missing is missing under the same assumption."""
    text = "a = {}\nif getenv('MORE'):\n    a['k'] = 2\n"
    for use in (
        "x = a.get('k', 1)",
        "x = {**a}.get('k', 1)",
        "x = dict(a).get('k', 1)",
        "b = {}\nb.update(a)\nx = b.get('k', 1)",
        "x = (a | {}).get('k', 1)",
    ):
        assert settled(text + use) == (1, Origin.ASSUMED, "if MORE is not set"), use


def test_helpers_that_leave_early() -> None:
    text = (
        "def env_int(name, default):\n"
        "    value = os.environ.get(name)\n"
        "    if value is None:\n"
        "        return default\n"
        "    return int(value)\n"
        "x = env_int('W', 4)\n"
    )
    assert settled(text) == (4, Origin.ASSUMED, "if W is not set")
    assert settled(text, {"W": "6"}) == (6, Origin.EVALUATED, "with W as stated")


def test_loops_that_leave_early() -> None:
    text = "x = 1\nfor n in (1, 2):\n    if getenv('STOP'):\n        break\n    x = n\n"
    assert settled(text) == (2, Origin.ASSUMED, "if STOP is not set")


def test_a_program_that_insists_on_a_variable() -> None:
    """It would not start without the variable: so the variable is set."""
    text = "if 'SECRET' not in os.environ:\n    raise RuntimeError('set SECRET')\nx = 4\n"
    assert settled(text) == (4, Origin.LITERAL, "")
    text = "if not getenv('S'):\n    import sys\n    sys.exit(1)\nelse:\n    x = 4\n"
    assert settled(text) == (4, Origin.ASSUMED, "if S is not set")


SETS = [
    "os.environ['W'] = '5'",
    "os.environ.update({'W': '5'})",
    "os.environ.update(W='5')",
    "os.environ |= {'W': '5'}",
]


@pytest.mark.parametrize("setting", SETS)
def test_the_program_sets_variables_itself(setting: str) -> None:
    assert settled(f"{setting}\nx = getenv('W')") == ("5", Origin.EVALUATED, "")


def test_the_program_removes_variables_itself() -> None:
    for removal in ("del os.environ['W']", "os.environ.pop('W')"):
        found = settled(f"{removal}\nx = getenv('W', '1')", {"W": "5"})
        assert found == ("1", Origin.EVALUATED, "")


BLURS = [
    "os.environ[unknown] = '5'",
    "os.environ.update(unknown)",
    "os.environ.pop(unknown)",
    "del os.environ[unknown]",
    "if unknown:\n    os.environ['W'] = '5'",
]


@pytest.mark.parametrize("change", BLURS)
def test_the_program_changes_variables_in_a_way_not_told(change: str) -> None:
    assert isinstance(read(f"{change}\nx = getenv('W', '1')").value("x"), Unknown)
    assert isinstance(read(f"{change}\nx = 'W' in environ").value("x"), Unknown)


def test_names_out_of_the_environment() -> None:
    text = (
        "workers = 2\n"
        "for k, v in os.environ.items():\n"
        "    if k.startswith('GUNICORN_'):\n"
        "        locals()[k.split('_', 1)[1].lower()] = v\n"
        "threads = 3\n"
    )
    values = read(text)
    assert values.env_opened is not None
    workers, threads = values.value("workers"), values.value("threads")
    assert isinstance(workers, Value)
    assert isinstance(threads, Value)
    assert (workers.value, workers.origin) == (2, Origin.ASSUMED)
    assert workers.note == "if no variable of the environment replaces it"
    assert threads.origin is Origin.LITERAL
    workers = read(text, {"GUNICORN_WORKERS": "9"}).value("workers")
    assert isinstance(workers, Value)
    assert workers.value == "9"


def test_loops_over_the_environment_that_keep_to_themselves() -> None:
    for loop in ("for k in os.environ:\n    x = k\n", "for k in environ.keys():\n    x = k\n"):
        values = read("y = 1\n" + loop, {"A": "1"})
        assert values.env_opened is None
        value = values.value("x")
        assert isinstance(value, Value)
        assert (value.value, value.origin) == ("A", Origin.ASSUMED)


def test_reads_with_names_not_known() -> None:
    for expression in (
        "getenv(unknown)",
        "environ[unknown]",
        "unknown in environ",
        "getenv(*unknown)",
    ):
        assert isinstance(read(f"x = {expression}").value("x"), Unknown)


READERS = [
    ("from decouple import config", "config('W', default='4', cast=int)", 4),
    ("from decouple import config", "config('W', default=4, cast=int)", 4),
    ("import environs\nenv = environs.Env()", "env.int('W', 4)", 4),
    ("from environs import Env\nenv = Env()", "env.int('W', default=4)", 4),
    ("import environ as django_environ\nenv = django_environ.Env()", "env.int('W', default=4)", 4),
    (
        "from starlette.config import Config\nconfig = Config('.env')",
        "config('W', cast=int, default=4)",
        4,
    ),
]


@pytest.mark.parametrize(("start", "expression", "default"), READERS)
def test_readers_of_other_projects(start: str, expression: str, default: int) -> None:
    text = f"{start}\nx = {expression}"
    assert settled(text) == (default, Origin.ASSUMED, "if W is not set")
    assert settled(text, {"W": "8"}) == (8, Origin.EVALUATED, "with W as stated")


def test_readers_convert() -> None:
    start = "import environs\nenv = environs.Env()\n"
    assert settled(f"{start}x = env.bool('W', False)", {"W": "On"}) == (
        True,
        Origin.EVALUATED,
        "with W as stated",
    )
    assert settled(f"{start}x = env('W')", {"W": "a"}) == (
        "a",
        Origin.EVALUATED,
        "with W as stated",
    )
    assert settled(f"{start}x = env.float('W', 1.5)") == (1.5, Origin.ASSUMED, "if W is not set")
    assert settled(f"{start}x = env.list('W', [])") == "is converted in a way not evaluated"
    assert settled(f"{start}x = env.int('W')") == "depends on the variable W"
    assert (
        settled(f"{start}x = env.int(unknown)") == "depends on a variable whose name is not known"
    )
    assert settled(f"{start}x = env.bool('W')", {"W": "maybe"}) == "raises ValueError"
    assert settled("from decouple import config\nx = config('W', cast=lambda v: v)") == (
        "is converted in a way not evaluated"
    )
    text = "from decouple import config\ntry:\n    x = config('W')\nexcept Exception:\n    x = 1\n"
    assert settled(text) == (1, Origin.ASSUMED, "if W is not set")


SETTINGS = (
    "from pydantic_settings import BaseSettings, SettingsConfigDict\n"
    "from pydantic import Field\n"
    "class Settings(BaseSettings):\n"
    "    model_config = SettingsConfigDict(env_prefix='APP_')\n"
    "    pool: int = 5\n"
    "    debug: bool = False\n"
    "    named: int = Field(7, validation_alias='POOL_NAMED')\n"
    "    fielded: int = Field(default=8)\n"
    "    needed: str\n"
    "    wanted: str = Field(...)\n"
    "    listed: list[str] = []\n"
    "settings = Settings()\n"
)


def test_settings_classes_of_pydantic() -> None:
    def setting(name: str, env: dict[str, str] | None = None) -> object:
        return settled(f"{SETTINGS}x = settings.{name}\n", env)

    assert setting("pool") == (5, Origin.ASSUMED, "if APP_POOL is not set")
    assert setting("pool", {"app_pool": "9"}) == (9, Origin.EVALUATED, "with app_pool as stated")
    assert setting("debug", {"APP_DEBUG": "true"}) == (
        True,
        Origin.EVALUATED,
        "with APP_DEBUG as stated",
    )
    assert setting("named") == (7, Origin.ASSUMED, "if POOL_NAMED is not set")
    assert setting("named", {"POOL_NAMED": "3"}) == (
        3,
        Origin.EVALUATED,
        "with POOL_NAMED as stated",
    )
    assert setting("fielded") == (8, Origin.ASSUMED, "if APP_FIELDED is not set")
    assert setting("needed") == "depends on the variable APP_NEEDED"
    assert setting("wanted") == "depends on the variable APP_WANTED"
    assert setting("listed") == ([], Origin.ASSUMED, "if APP_LISTED is not set")
    assert setting("listed", {"APP_LISTED": "[]"}) == "is read from the variable APP_LISTED"
    assert setting("nothing") == "is the attribute nothing of an object not evaluated"


def test_settings_classes_with_a_class_for_the_prefix() -> None:
    text = (
        "import pydantic\n"
        "class Settings(pydantic.BaseSettings):\n"
        "    pool: int = 5\n"
        "    class Config:\n"
        "        env_prefix = {}\n"
        "def get_settings():\n"
        "    return Settings()\n"
        "x = get_settings().pool\n"
    )
    assert settled(text.format("'A_'"), {"A_POOL": "6"}) == (
        6,
        Origin.EVALUATED,
        "with A_POOL as stated",
    )
    assert settled(text.format("unknown")) == "is the attribute pool of an object not evaluated"


def test_literals_and_what_is_computed() -> None:
    assert settled("x = 4") == (4, Origin.LITERAL, "")
    assert settled("x = 2 + 2") == (4, Origin.EVALUATED, "")
    assert settled("y = 4\nx = y") == (4, Origin.EVALUATED, "")
    assert settled("x = os") == "comes from os, which is not evaluated"
    assert read("").value("nothing") is None


def test_several_variables_in_a_note() -> None:
    assert settled("x = getenv('A', '') + getenv('B', '') + getenv('C', '1')", {"C": "2"}) == (
        "2",
        Origin.ASSUMED,
        "with C as stated, if A and B are not set",
    )


def test_the_evaluator_reads_expressions_at_the_end_of_a_file() -> None:
    import ast

    values = read("size = int(getenv('N', '5'))\ncall(size * 2, size / 0, cores(), [0] * 9 ** 9)\n")
    call = values.source.tree.body[-1]
    assert isinstance(call, ast.Expr)
    assert isinstance(call.value, ast.Call)
    evaluator = Evaluator(values)
    first, second, third, fourth = (evaluator.expression(node) for node in call.value.args)
    assert isinstance(first, EnvDependent)
    assert getattr(first.default, "value", None) == 10
    assert isinstance(second, EnvDependent)
    assert isinstance(second.default, Undecided)
    assert isinstance(third, PerCpu)
    assert isinstance(fourth, Undecided)


@pytest.mark.parametrize(
    "change",
    [
        "os.environ.pop('W', None)",
        "environ.update(W='9')",
        "os.environ['W'] = '9'",
        "del environ['W']",
    ],
)
@pytest.mark.parametrize("asked", ["'W' in os.environ", "os.getenv('W', '4')"])
def test_what_is_not_understood_may_have_changed_the_environment(change: str, asked: str) -> None:
    """Whether the handler runs is not known, so neither is what it would have changed."""
    text = f"try:\n    n = int(unknown())\nexcept ValueError:\n    {change}\nx = {asked}\n"

    assert isinstance(read(text, {"W": "3"}).names["x"].outcome, Undecided)


@pytest.mark.parametrize("name", ["W", "A"])
def test_a_branch_not_taken_may_have_changed_the_environment(name: str) -> None:
    """Set by the file, stated from outside: both rest on what the test rests on."""
    text = (
        "environ['A'] = '1'\n"
        f"if os.getenv('DEV'):\n    os.environ.pop('{name}')\n"
        f"x = '{name}' in os.environ\n"
    )
    other = read(text, {"DEV": "1", "W": "3"}).value("x")

    assert isinstance(read(text, {"W": "3"}).names["x"].outcome, EnvDependent)
    assert isinstance(other, Value)
    assert other.value is False
