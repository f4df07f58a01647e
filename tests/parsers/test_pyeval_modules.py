"""Names that come from other files of the same project."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model import Location, Origin, Unknown, Value
from advisor.parsers.pyeval import ModuleValues, Program, parse, values_of
from advisor.parsers.pyeval.modules import MAX_CHAIN, MAX_MODULES, MAX_TEXT, ProjectModules


def values(
    files: Mapping[str, str], path: str, *, env: Mapping[str, str] | None = None
) -> ModuleValues:
    """The names of one file, with the others around it."""
    modules = ProjectModules(files.get)
    return values_of(Program(parse(path, files[path]), dict(env or {}), "", modules=modules))


def plain(files: Mapping[str, str], path: str, name: str = "x") -> object:
    """The value of a name, or None when it is not known."""
    found = values(files, path).value(name)
    return found.value if isinstance(found, Value) else None


IMPORTS = {
    "from app.config import SIZE\nx = SIZE": 9,
    "from app.config import SIZE as S\nx = S + 1": 10,
    "from .config import SIZE\nx = SIZE": 9,
    "from app import config\nx = config.SIZE": 9,
    "from . import config\nx = config.SIZE": 9,
    "import app.config\nx = app.config.SIZE": 9,
    "import app.config as c\nx = c.SIZE": 9,
    "from .config import *\nx = SIZE": 9,
    "from app.config import settings\nx = settings.SIZE": 7,
    "from app.config import PAIR\nx = PAIR['a'][1]": 2,
    "from app.config import SIZE\nSIZE = 3\nx = SIZE": 3,
    "def f():\n    from app.config import SIZE\n    return SIZE\nx = f()": 9,
    "try:\n    from app.config import SIZE\nexcept ImportError:\n    SIZE = 1\nx = SIZE": None,
    "from app.config import make\nx = make()": None,
    "from app.config import NOTHING\nx = NOTHING": None,
    "from app.nowhere import SIZE\nx = SIZE": None,
    "from logging import SIZE\nx = SIZE": None,
    "from ....config import SIZE\nx = SIZE": None,
    "from .broken import SIZE\nx = SIZE": None,
    "from .config import *\nx = _HIDDEN": None,
    "from .listed import *\nx = _A": 1,
    "from .listed import *\nx = B": None,
}
FILES = {
    "src/app/config.py": (
        "from dataclasses import dataclass\n"
        "SIZE = 9\n_HIDDEN = 1\nPAIR = {'a': [1, 2]}\n"
        "def make():\n    return 4\n"
        "class Settings:\n    SIZE = 7\n"
        "settings = Settings()\n"
    ),
    "src/app/broken.py": "SIZE = (\n",
    "src/app/listed.py": "__all__ = ['_A']\n_A = 1\nB = 2\n",
    "src/app/logging.py": "SIZE = 5\n",
    "logging.py": "SIZE = 5\n",
}


@pytest.mark.parametrize("text", IMPORTS)
def test_every_way_to_import_a_value(text: str) -> None:
    assert plain({**FILES, "src/app/db.py": text}, "src/app/db.py") == IMPORTS[text]


def test_without_modules_an_import_is_a_name() -> None:
    found = values_of(Program(parse("db.py", "from .config import SIZE"), {}, "")).value("SIZE")
    assert isinstance(found, Unknown)
    assert found.reason == "comes from .config.SIZE, which is not evaluated"


def test_places_are_those_of_the_other_file() -> None:
    found = values({**FILES, "src/app/db.py": "from .config import SIZE"}, "src/app/db.py")
    assert found.value("SIZE") == Value(
        9, Origin.LITERAL, Location("src/app/config.py", 2, 8, 2, 9)
    )


def test_a_folder_is_a_package() -> None:
    files = {
        "shop/settings/__init__.py": "from .base import *\nMORE = AGE + 1\n",
        "shop/settings/base.py": "AGE = 60\n",
        "shop/wsgi.py": "from shop.settings import AGE, MORE\nx = (AGE, MORE)\n",
    }
    assert plain(files, "shop/wsgi.py") == (60, 61)


def test_two_files_that_may_be_meant_are_none() -> None:
    files = {
        "app/config.py": "SIZE = 1\n",
        "app/app/config.py": "SIZE = 2\n",
        "app/app/db.py": "from app.config import SIZE\nx = SIZE\n",
    }
    assert plain(files, "app/app/db.py") is None


def test_files_that_import_each_other_end() -> None:
    files = {"a.py": "from b import y\nx = 1\n", "b.py": "from a import x\ny = 2\n"}
    assert plain(files, "a.py") == 1
    assert plain(files, "a.py", "y") == 2


def test_what_a_star_brings_in_may_be_open() -> None:
    """The imported file takes in names of a package that is not here."""
    files = {
        "base.py": "A = 1\nfrom vendor import *\nB = 2\n",
        "prod.py": "C = 3\nfrom base import *\n",
    }
    found = values(files, "prod.py")
    assert [isinstance(found.value(name), Value) for name in "ABC"] == [False, True, False]


def test_changing_an_imported_dict() -> None:
    files = {
        "base.py": "D = {'default': {'AGE': 1}}\n",
        "prod.py": "from base import *\nD['default']['AGE'] = 2\nx = D['default']['AGE']\n",
    }
    assert plain(files, "prod.py") == 2


def test_the_environment_is_the_same_everywhere() -> None:
    files = {
        "config.py": "import os\nSIZE = int(os.environ.get('SIZE', '5'))\n",
        "db.py": "from config import SIZE\n",
    }
    unset, stated = values(files, "db.py"), values(files, "db.py", env={"SIZE": "8"})
    first, second = unset.value("SIZE"), stated.value("SIZE")
    assert isinstance(first, Value)
    assert isinstance(second, Value)
    assert (first.value, first.origin) == (5, Origin.ASSUMED)
    assert (second.value, second.origin) == (8, Origin.EVALUATED)


SETTINGS = """\
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
BASE = 6
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix='APP_')
    pool_size: int = BASE * 2
    overflow: int = Field(3, validation_alias='DB_OVERFLOW')
settings = Settings()
"""


def test_settings_of_pydantic_in_another_file() -> None:
    """Defaults are evaluated where they stand, variables are read without regard to case."""
    files = {
        "app/config.py": SETTINGS,
        "app/db.py": "from app.config import settings\n"
        "x = settings.pool_size\ny = settings.overflow\n",
    }
    assert (plain(files, "app/db.py"), plain(files, "app/db.py", "y")) == (12, 3)
    env = {"app_pool_size": "20", "DB_OVERFLOW": "1"}
    found = values(files, "app/db.py", env=env)
    stated = [found.value(name) for name in "xy"]
    assert [one.value for one in stated if isinstance(one, Value)] == [20, 1]


def test_work_is_bounded() -> None:
    """Long chains, many files and long files end in what is not known, not in an error."""
    chain = {f"m{n}.py": f"from m{n + 1} import x\n" for n in range(MAX_CHAIN + 3)}
    chain[f"m{MAX_CHAIN + 3}.py"] = "x = 1\n"
    assert plain(chain, "m0.py") is None
    assert plain(chain, f"m{MAX_CHAIN}.py") == 1
    many = {f"m{n}.py": f"x{n} = {n}\n" for n in range(MAX_MODULES + 2)}
    many["a.py"] = "".join(f"from m{n} import x{n}\n" for n in range(MAX_MODULES + 2))
    last = f"x{MAX_MODULES + 1}"
    assert plain(many, "a.py", "x0") == 0
    assert plain(many, "a.py", last) is None
    long = {"m.py": "x = 1\n" + "#" * MAX_TEXT, "a.py": "from m import x\n"}
    assert plain(long, "a.py") is None


@given(st.dictionaries(st.sampled_from(["a.py", "b.py", "p/c.py"]), st.text(max_size=80)))
def test_no_text_makes_it_fail(files: dict[str, str]) -> None:
    start = "from a import *\nfrom b import x\nfrom p import c\ny = c.z\n"
    values({**files, "main.py": start}, "main.py")
