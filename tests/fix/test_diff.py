"""
Diffs, applied by the programs that people apply them with.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.fix.diff import unified

PROGRAMS = {"patch": ["patch", "-p1", "-s"], "git": ["git", "apply"]}
TEXTS = st.text("ab\n", max_size=30)


def test_a_diff() -> None:
    before = "a = 1\nb = 2\r\nc\fd\ne = 5"
    after = "a = 1\nb = 3\r\nc\fd\ne = 5\nf = 6"

    assert unified("conf.d/x.conf", before, after) == (
        "--- a/conf.d/x.conf\n+++ b/conf.d/x.conf\n@@ -1,4 +1,5 @@\n a = 1\n-b = 2\r\n+b = 3\r\n"
        " c\fd\n-e = 5\n\\ No newline at end of file\n+e = 5\n+f = 6\n"
        "\\ No newline at end of file\n"
    )


def test_no_difference() -> None:
    assert unified("x", "a\n", "a\n") == ""


def test_lines_around() -> None:
    before = "1\n2\n3\n4\n5\n"

    assert unified("x", before, before.replace("3", "x"), context=0) == (
        "--- a/x\n+++ b/x\n@@ -3 +3 @@\n-3\n+x\n"
    )


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("name", ["postgresql.conf", "my deploy/nginx.conf"])
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(before=TEXTS.filter(bool), after=TEXTS.filter(bool))
def test_it_can_be_applied(
    program: str, name: str, before: str, after: str, tmp_path: Path
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(before.encode())
    diff = unified(name, before, after)
    if diff:
        subprocess.run(PROGRAMS[program], input=diff.encode(), cwd=tmp_path, check=True, timeout=60)

    assert file.read_bytes() == after.encode()
