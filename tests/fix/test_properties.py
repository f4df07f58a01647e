"""
What holds for every file: fixed findings are gone, all else stays, a second run does nothing.
"""

from __future__ import annotations

import difflib
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.fix_strategies import WRONG, confs, webs
from tests.support.fixes import Fixed, fix_files


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(confs(), st.sampled_from(["14", "16", "18"]))
def test_postgresql(text: str, version: str) -> None:
    fixed = fix_files(
        {"postgresql.conf": text}, postgresql=version, memory="16GB", cpus="4", storage="ssd"
    )
    after = fixed.files["postgresql.conf"]

    still_there(fixed)
    assert {name_of(line) for line in removed(text, after)} <= set(WRONG)
    assert comments(after) == comments(text)
    assert after.endswith("\n") is text.endswith("\n") or not text
    again = fix_files(dict(fixed.files), postgresql=version, memory="16GB", cpus="4", storage="ssd")
    assert again.files == fixed.files


def still_there(fixed: Fixed) -> None:
    """
    No finding whose fix was made fires on what was made of the files.
    """
    made = {(one.code, one.subject) for one in fixed.done}

    assert not made & {(one.code, one.subject) for one in fixed.after}


def removed(before: str, after: str) -> list[str]:
    """
    Lines of the one text that the other lacks, without their ends.
    """
    old, new = (text.replace("\r", "").split("\n") for text in (before, after))
    return [row[1:] for row in difflib.unified_diff(old, new, n=0) if row[:1] == "-" != row[1:2]]


def name_of(line: str) -> str:
    """
    The setting that a line assigns, empty for a comment.
    """
    match = re.match(r"[ \t]*([A-Za-z_]+)", line)
    return match[1].lower() if match else ""


def comments(text: str) -> list[str]:
    """
    Comments in their order, without the blanks before them.
    """
    return [line[line.index("#") :].rstrip("\r") for line in text.split("\n") if "#" in line]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(webs(), st.sampled_from(["1.18.0", "1.30.0"]))
def test_nginx(text: str, version: str) -> None:
    fixed = fix_files({"nginx.conf": text}, nginx=version, cpus="4")
    after = fixed.files["nginx.conf"]
    again = fix_files(dict(fixed.files), nginx=version, cpus="4")

    still_there(fixed)
    assert comments(after) == comments(text)
    assert again.files == fixed.files
