"""
Codes taken out of comments that accept findings.
"""

from __future__ import annotations

import pytest

from advisor.fix.edits import RefusedError
from tests.support.fixes import change, edited


@pytest.mark.parametrize(
    ("before", "gone", "after"),
    [
        ("a = 1  # advisor: ignore[PG1] why\nb\n", "PG1", "a = 1\nb\n"),
        ("a = 1  # advisor: ignore[PG1, PG2] why\n", "PG1", "a = 1  # advisor: ignore[PG2] why\n"),
        ("a  # advisor: ignore[PG1, PG2, PG3] x\n", "PG1, PG3", "a  # advisor: ignore[PG2] x\n"),
        ("# advisor: ignore[PG1] why\nb\n", "PG1", "b\n"),
        ("  # advisor: ignore-file[PG1] why\r\nb\r\n", "PG1", "b\r\n"),
        ("# advisor: ignore[PG1] why", "PG1", ""),
        ("a  # mine # advisor: ignore[PG1] why\n", "PG1", "a  # mine\n"),
        ("-- advisor: ignore[PG1] why\nb\n", "PG1", "b\n"),
    ],
)
def test_comments(before: str, gone: str, after: str) -> None:
    assert edited(before, change("comment", "ignore", gone, at=(1, 1))) == after


def test_an_entry_is_no_comment() -> None:
    with pytest.raises(RefusedError, match="no comment"):
        edited("[[ignore]]\nrule = 'PG1'\n", change("comment", "ignore", "PG1", at=(1, 1)))
