"""Imported files are evaluated once, and nobody sees what another importer did to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model import Unknown, Value
from advisor.parsers.pyeval import Library, evaluate_module
from advisor.parsers.pyeval import program as programs
from advisor.parsers.pyeval.machine import Machine

FILES = {
    "base.py": "TABLE = {'a': 1}\nLIMIT = 3\ndef limit():\n    return TABLE['a']\n",
    "limits.py": "from base import *\nMORE = LIMIT + 1\n",
    "grown.py": "from base import *\nTABLE['b'] = 2\n",
    "left.py": "from right import RIGHT\nLEFT = 1\nSUM = LEFT + RIGHT\n",
    "right.py": "from left import LEFT\nRIGHT = 2\nSUM = LEFT + RIGHT\n",
    "variable.py": "import os\nSIZE = int(os.environ.get('SIZE', '5'))\n",
    "changes.py": "import os\nos.environ['SIZE'] = '9'\n",
    "cpus.py": "import os\nWORKERS = os.cpu_count() * 2\n",
    "stopped.py": "X = 1\nraise SystemExit(2)\n",
    "closure.py": (
        "TABLE = {'a': 1}\n"
        "def maker():\n"
        "    def inner():\n"
        "        return TABLE['a']\n"
        "    return inner\n"
        "read = maker()\n"
    ),
}


@dataclass
class Counted:
    """A library, and how often each of its files was evaluated."""

    library: Library
    runs: list[str] = field(default_factory=list)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """The files above with a counter."""
    found = Counted(Library(FILES.get))
    run = programs._run_file

    def run_counted(machine: Machine, name: str) -> bool:
        if machine.source.path in FILES:
            found.runs.append(machine.source.path)
        return run(machine, name)

    monkeypatch.setattr(programs, "_run_file", run_counted)
    return found


def read(
    library: Library, text: str, *, path: str = "app.py", env: Mapping[str, str] | None = None
) -> object:
    """What `x` is on four cpus at the end of a file, or why that is not known."""
    value = evaluate_module(text, path, env=env, library=library).value("x", cpus=4)
    if isinstance(value, Value):
        return value.value
    return value.reason if isinstance(value, Unknown) else value


def test_a_file_is_evaluated_once_for_all_that_import_it(counted: Counted) -> None:
    """With what it imports itself, in whichever order they are asked for."""
    for number in range(5):
        assert read(counted.library, "from limits import MORE as x\n", path=f"{number}.py") == 4
        assert read(counted.library, "from base import LIMIT as x\n", path=f"b{number}.py") == 3
        both = "from base import LIMIT\nfrom limits import MORE\nx = LIMIT + MORE\n"
        assert read(counted.library, both, path=f"c{number}.py") == 7
    assert counted.runs.count("limits.py") == 1
    assert counted.runs.count("base.py") == 1


def test_every_environment_has_its_own(counted: Counted) -> None:
    """What is stated for one application says nothing about another one."""
    text = "from variable import SIZE as x\n"
    found = [read(counted.library, text, env=env) for env in ({}, {"SIZE": "7"}, {}, {"SIZE": "8"})]
    assert found == [5, 7, 5, 8]
    assert counted.runs == ["variable.py"] * 3


def test_an_importer_that_changes_the_environment_shares_nothing(counted: Counted) -> None:
    """Before and after it the file is what it is to everybody else."""
    text = "from variable import SIZE as x\n"
    changing = f"import os\nos.environ['SIZE'] = '6'\n{text}"
    assert [read(counted.library, one) for one in (text, changing, text)] == [5, 6, 5]
    assert [read(counted.library, f"import changes\n{text}") for _ in range(2)] == [9, 9]


def test_values_by_cpus_are_kept_as_such(counted: Counted) -> None:
    """The second importer learns as well that they follow from the number of cpus."""
    text = "from cpus import WORKERS\nx = WORKERS + 1\n"
    assert [read(counted.library, text) for _ in range(3)] == [9, 9, 9]
    assert len(counted.runs) <= 2


def test_a_file_that_ends_the_program_is_followed_once(counted: Counted) -> None:
    """It gives nothing, however often it is asked."""
    reason = "comes from stopped.py, which is not evaluated"
    assert [read(counted.library, "from stopped import X as x\n") for _ in range(3)] == [reason] * 3
    assert counted.runs == ["stopped.py"]


CHANGES = {
    "from base import TABLE\nTABLE['a'] = 9\nx = TABLE['a']\n": "another file changes it",
    "from base import *\nTABLE['a'] = 9\nx = TABLE['a']\n": 9,
    "import base\nfrom base import TABLE\nTABLE['a'] = 9\nx = base.TABLE\n": (
        "another file changes it"
    ),
    "from base import TABLE, limit\nTABLE['a'] = 9\nx = limit()\n": "another file changes it",
    "from closure import TABLE, read\nTABLE['a'] = 9\nx = read()\n": "another file changes it",
}


@pytest.mark.parametrize("text", CHANGES)
def test_changes_stay_with_the_importer_that_makes_them(counted: Counted, text: str) -> None:
    """Functions of the file see them, the next importer does not."""
    module = "closure" if "closure" in text else "base"
    plain = f"from {module} import TABLE\nx = TABLE['a']\n"
    found = [read(counted.library, one) for one in (plain, text, plain, text, plain)]
    assert found == [1, CHANGES[text], 1, CHANGES[text], 1]


def test_a_file_on_top_of_a_changed_one_is_evaluated_anew(counted: Counted) -> None:
    """What it takes and changes is by then another one."""
    plain = "from grown import TABLE\nx = TABLE['b']\n"
    changed = "from base import TABLE\nTABLE['a'] = 9\nfrom grown import LIMIT as x\n"
    assert [read(counted.library, one) for one in (plain, changed, plain)] == [2, 3, 2]
    assert counted.runs.count("grown.py") == 2


def test_circles_are_seen_from_where_they_are_entered(counted: Counted) -> None:
    """Each file of a circle is half done for the other; what was met in it is not kept."""
    left, right = "from left import SUM as x\n", "from right import SUM as x\n"
    alone = [read(Library(FILES.get), text) for text in (left, right)]
    assert alone == [3, 3]
    both = [read(counted.library, text) for text in (left, right, left, right)]
    assert both == [*alone, *alone]


IMPORTS = st.lists(
    st.sampled_from(
        [
            "import base",
            "from base import *",
            "from base import TABLE",
            "TABLE['a'] = 5",
            "base.TABLE['a'] = 6",
            "from limits import *",
            "from grown import *",
            "import limits",
            "from left import *",
            "from right import SUM",
            "import variable",
            "import changes",
            "from closure import TABLE, read",
            "x = read()",
            "x = TABLE",
            "x = base.limit()",
            "x = limits.TABLE",
            "x = SUM",
            "x = variable.SIZE",
        ]
    ),
    max_size=8,
)


@given(st.lists(IMPORTS, min_size=1, max_size=4))
def test_what_was_read_before_makes_no_difference(texts: list[list[str]]) -> None:
    """Files that share a library come out as those that have one to themselves."""
    library = Library(FILES.get)
    for lines in texts:
        text = "\n".join(lines)
        assert read(library, text) == read(Library(FILES.get), text)


@given(st.dictionaries(st.sampled_from(["a.py", "b.py", "p/c.py"]), st.text(max_size=80)))
def test_no_text_makes_it_fail(files: dict[str, str]) -> None:
    """Whatever the imported files are, the importer is read to its end."""
    start = "from a import *\nfrom b import x\nfrom p import c\ny = c.z\nz = 1\n"
    assert evaluate_module(start, "main.py", library=Library(files.get)).names["z"]
