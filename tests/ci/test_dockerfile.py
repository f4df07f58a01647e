"""
The image, as far as it can be tested without an engine: its build stage is made by hand.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text("utf-8")
LINES = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE)).splitlines()
STEPS = [line.split(maxsplit=1) for line in LINES if line.strip()]
"""Each instruction and the rest of its line."""


def of(instruction: str) -> list[str]:
    return [rest for name, rest in STEPS if name == instruction]


def ignored(path: str) -> bool:
    """
    Whether a file of the checkout is kept from the build: the last line that matches says so.
    """
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    state = False
    for line in lines:
        if line in {"*", path, f"!{path}"}:
            state = not line.startswith("!")
    return state


def test_what_is_copied_is_enough_to_build_and_to_run(tmp_path: Path) -> None:
    context = tmp_path / "src"
    context.mkdir()
    for rest in of("COPY"):
        if rest.startswith("--from"):
            continue
        *sources, target = rest.split()
        for source in sources:
            name = source.rstrip("/")
            assert not ignored(name), f"{name} is copied and .dockerignore keeps it out"
            place = context / (name if target == "./" else target)
            if (ROOT / name).is_dir():
                shutil.copytree(
                    ROOT / name,
                    place,
                    ignore=shutil.ignore_patterns("__pycache__", "catalogue.json"),
                )
            else:
                shutil.copy(ROOT / name, place)

    options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, "."], cwd=context, check=True)

    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        rules = json.loads(archive.read("advisor/rules/catalogue.json"))
    assert len(rules) > 400


def test_what_is_not_needed_stays_out() -> None:
    for name in ("tests", "fixtures", ".git", ".venv", "benchmarks"):
        assert ignored(name)


def test_it_has_two_stages_and_runs_as_nobody() -> None:
    first, last = of("FROM")
    assert first.endswith(" AS build")
    assert " AS " not in last
    assert all(re.fullmatch(r"python:3\.\d+-slim( AS build)?", one) for one in (first, last))
    (user,) = of("USER")
    assert not user.startswith(("0", "root"))
    assert [name for name, _ in STEPS].index("USER") < [name for name, _ in STEPS].index(
        "ENTRYPOINT"
    )
    assert json.loads(of("ENTRYPOINT")[0]) == ["advisor"]


def test_nothing_is_fetched_and_no_secret_is_built_in() -> None:
    assert not of("ADD")
    assert not of("ARG")
    assert not re.search(r"curl|wget|apt-get|token|password", TEXT, re.IGNORECASE)
    assert all("--no-cache-dir" in one for one in of("RUN") if "pip install" in one)
