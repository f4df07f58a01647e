"""Names that one file imports from another of the same code."""

from __future__ import annotations

import pytest

from advisor.model import Unknown, Value
from advisor.parsers.pyeval import Code, Known, Library, evaluate_module

CODE = {
    "shop/__init__.py": "VERSION = '1'\n",
    "shop/settings.py": (
        "import multiprocessing\n"
        "import os\n"
        "from shop.helpers import twice, count\n"
        "POOL = int(os.environ.get('POOL', '7'))\n"
        "WORKERS = twice(multiprocessing.cpu_count())\n"
        "TABLE = {'a': 1}\n"
        "NUMBERS = [1, 2]\n"
        "_hidden = 5\n"
    ),
    "shop/helpers.py": (
        "import os\n"
        "calls = 0\n"
        "def twice(number):\n"
        "    return number * 2\n"
        "def env_int(name, default):\n"
        "    return int(os.environ.get(name, default))\n"
        "def need(name):\n"
        "    return os.environ[name]\n"
        "def count():\n"
        "    global calls\n"
        "    calls += 1\n"
        "    return calls\n"
        "def extend(numbers):\n"
        "    numbers.append(3)\n"
        "    return len(numbers)\n"
    ),
    "shop/left.py": "from shop.right import RIGHT\nLEFT = RIGHT\n",
    "shop/right.py": "from shop.left import LEFT\nRIGHT = LEFT + 1\nOWN = 4\n",
    "shop/listed.py": "__all__ = ['workers']\nworkers = 3\nthreads = 4\n",
    "shop/computed.py": "__all__ = [name for name in dir()]\nworkers = 3\n",
    "shop/stopped.py": "X = 1\nraise SystemExit(2)\n",
    "shop/broken.py": "def (:\n",
    "shop/setting.py": (
        "import os\nos.environ.setdefault('POOL', '12')\nSIZE = int(os.environ['POOL'])\n"
    ),
    "shop/db/__init__.py": "",
    "shop/db/core.py": (
        "from ..settings import POOL\nfrom . import names\nSIZE = POOL + names.MORE\n"
    ),
    "shop/db/names.py": "MORE = 2\n",
}


def read(
    text: str, name: str = "x", *, path: str = "shop/app.py", env: dict[str, str] | None = None
) -> object:
    """The value of a name on four cpus, or why there is none."""
    values = evaluate_module(text, path, env=env, library=Library(CODE.get))
    value = values.value(name, cpus=4)
    if isinstance(value, Value):
        return value.value
    return value.reason if isinstance(value, Unknown) else value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("from shop.settings import POOL as x\n", 7),
        ("from .settings import POOL\nx = POOL + 1\n", 8),
        ("from shop import settings\nx = settings.POOL\n", 7),
        ("from . import settings as s\nx = s.POOL\n", 7),
        ("import shop.settings\nx = shop.settings.POOL\n", 7),
        ("import shop.settings as s\nx = s.POOL\n", 7),
        ("import shop\nx = shop.VERSION\n", "1"),
        ("from shop import VERSION as x\n", "1"),
        ("from shop.settings import WORKERS as x\n", 8),
        ("from shop.db.core import SIZE as x\n", 9),
        ("import shop.db.core as core\nx = core.names.MORE\n", 2),
        ("from shop.helpers import twice\nx = twice(20)\n", 40),
        ("from shop.helpers import env_int\nx = env_int('POOL', 3)\n", 3),
        ("from shop import helpers\nx = helpers.twice(4)\n", 8),
        ("from shop.settings import TABLE\nx = TABLE['a']\n", 1),
        ("from shop.settings import *\nx = POOL\n", 7),
        ("from shop.listed import *\nx = workers\n", 3),
        ("threads = 1\nfrom shop.listed import *\nx = threads\n", 1),
        ("import shop.helpers as h\ntry:\n x = h.need('N')\nexcept KeyError:\n x = 2\n", 2),
        ("from shop.setting import SIZE as x\n", 12),
        ("import os\nimport shop.setting\nx = os.environ.get('POOL')\n", "12"),
        ("import os\nos.environ['POOL'] = '3'\nfrom shop.settings import POOL as x\n", 3),
    ],
)
def test_values_come_from_the_file_that_is_imported(text: str, value: object) -> None:
    """Modules, packages, relative imports, helpers and the environment they see."""
    assert read(text) == value


def test_variables_of_the_deployment_reach_imported_files() -> None:
    """What is stated for the process holds in all of its files."""
    assert read("from shop.settings import POOL as x\n", env={"POOL": "30"}) == 30


def test_a_file_beside_is_found_without_a_package() -> None:
    """`gunicorn.conf.py` may import a module that lies in its own folder."""
    text = "from settings import POOL\nx = POOL\n"
    assert read(text, path="shop/gunicorn.conf.py") == 7


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("from shop.left import LEFT\nfrom shop.right import RIGHT as x\n", "shop/left.py"),
        ("from shop.stopped import X as x\n", "comes from shop/stopped.py, which is not evaluated"),
        ("from shop.broken import X as x\n", "comes from shop.broken.X, which is not evaluated"),
        ("from shop.nowhere import X as x\n", "comes from shop.nowhere.X, which is not evaluated"),
        ("from shop.settings import NO as x\n", "the name NO is not defined in shop/settings.py"),
        ("from shop.computed import *\nx = workers\n", "the name workers may come from elsewhere"),
        ("from shop.helpers import count\nx = count()\n", "calls count(), which is not evaluated"),
        ("from shop.helpers import need\nx = need('NAME')\n", "depends on the variable NAME"),
        ("from ....far import X as x\n", "comes from ....far.X, which is not evaluated"),
    ],
)
def test_what_cannot_be_told_has_a_reason(text: str, reason: str) -> None:
    """Circles, files that end the program, names that are not there."""
    assert reason in str(read(text))


def test_a_file_in_a_circle_keeps_what_does_not_depend_on_it() -> None:
    """Only the names that come round the circle are lost."""
    assert read("from shop.right import OWN as x\n") == 4


def test_a_container_changed_by_one_file_is_given_up_in_the_other() -> None:
    """Both files hold the same dict: its owner's view is no longer known."""
    text = (
        "from shop.settings import TABLE\n"
        "from shop import settings\n"
        "TABLE['a'] = 2\n"
        "x = settings.TABLE\n"
        "y = settings.POOL\n"
    )
    assert read(text) == "another file changes it"
    assert read(text, "y") == 7


def test_a_container_given_to_a_function_elsewhere_is_given_up() -> None:
    """The function may change it, and this one does."""
    text = "from shop.helpers import extend\nnumbers = [1]\nsize = extend(numbers)\nx = numbers\n"
    assert read(text) == "calls extend(), which is not evaluated"
    assert read(text, "size") == 2


def test_a_file_that_changes_while_the_program_runs_is_not_believed() -> None:
    """`count` counts in its own file, which no longer is what it was at the import."""
    text = "from shop import helpers\nhelpers.count()\nx = helpers.calls\n"
    assert read(text) == "comes from shop/helpers.py, which is not evaluated"


def test_two_files_of_one_name_are_none() -> None:
    """Which of them Python would find depends on folders that are not known."""
    files = {"a/settings.py": "X = 1\n", "settings.py": "X = 2\n"}
    values = evaluate_module("from settings import X\n", "a/app.py", library=Library(files.get))
    assert isinstance(values.value("X"), Unknown)


def test_modules_of_python_are_not_looked_for() -> None:
    """A file called os.py in the folder does not stand for the module of Python."""
    files = {"os.py": "environ = {}\n"}
    values = evaluate_module(
        "import os\nx = os.getenv('A', 'b')\n", "a.py", library=Library(files.get)
    )
    value = values.value("x")
    assert isinstance(value, Value)
    assert value.value == "b"


def test_a_class_keeps_the_name_it_is_imported_by() -> None:
    """What a worker class is, is told by its dotted name."""
    files = {"shop/workers.py": "class UvicornShop:\n    pass\n", "shop/__init__.py": ""}
    text = "from shop.workers import UvicornShop\nworker_class = UvicornShop\n"
    values = evaluate_module(text, "gunicorn.conf.py", library=Library(files.get))
    outcome = values.names["worker_class"].outcome
    assert isinstance(outcome, Known)
    assert outcome.value == Code("shop.workers.UvicornShop", "class")


def test_imports_are_bounded() -> None:
    """A chain of files stops somewhere, and nobody runs out of stack."""
    files = {f"m{n}.py": f"from m{n + 1} import X\nX = X\nY{n} = 1\n" for n in range(200)}
    values = evaluate_module("from m0 import X, Y0\n", "a.py", library=Library(files.get))
    assert isinstance(values.value("X"), Unknown)
    assert isinstance(values.value("Y0"), Value)


APART = {
    "src/app/config.py": "SIZE = 9\nPAIR = {'a': [1, 2]}\nclass Settings:\n    SIZE = 7\n"
    "settings = Settings()\n",
    "src/app/logging.py": "SIZE = 5\n",
    "logging.py": "SIZE = 5\n",
    "base.py": "A = 1\nfrom vendor import *\nB = 2\nTABLE = {'default': {'AGE': 1}}\n",
    "shop/settings/__init__.py": "from .base import *\nMORE = AGE + 1\n",
    "shop/settings/base.py": "AGE = 60\n",
}


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("src/app/db.py", "import app.config\nx = app.config.SIZE\n", 9),
        ("src/app/db.py", "import app.config as c\nx = c.PAIR['a'][1]\n", 2),
        ("src/app/db.py", "from app import config\nx = config.SIZE\n", 9),
        ("src/app/db.py", "from app.config import settings\nx = settings.SIZE\n", 7),
        ("src/app/db.py", "def f():\n from .config import SIZE\n return SIZE\nx = f()\n", 9),
        ("src/app/db.py", "from app.config import SIZE\nSIZE = 3\nx = SIZE\n", 3),
        ("src/app/db.py", "from logging import SIZE\nx = SIZE\n", None),
        ("prod.py", "from base import *\nx = B\n", 2),
        ("prod.py", "from base import *\nx = A\n", None),
        ("prod.py", "C = 3\nfrom base import *\nx = C\n", None),
        (
            "prod.py",
            "from base import *\nTABLE['default']['AGE'] = 2\nx = TABLE['default']['AGE']\n",
            2,
        ),
        ("shop/wsgi.py", "from shop.settings import AGE, MORE\nx = (AGE, MORE)\n", (60, 61)),
    ],
)
def test_folders_without_init_and_names_by_star(path: str, text: str, value: object) -> None:
    """A folder is a package with or without a file of its own; a star may bring in anything."""
    found = evaluate_module(text, path, library=Library(APART.get)).value("x")
    assert (found.value if isinstance(found, Value) else None) == value


def test_a_file_too_long_is_not_read() -> None:
    """Nobody keeps settings in a file of this size."""
    library = Library({"big.py": "X = 1\n" + "# filler\n" * 50_000}.get)
    assert library.source("big.py") is None
    assert library.find("a.py", "big") == ""
