"""
The reader beside every installed nginx, on many configurations and on what is wrong with them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.model import Problem
from advisor.parsers.nginx import parse_file
from tests.support.nginx_corpus import Sample, samples
from tests.support.nginx_mutants import Mutant, mutants
from tests.support.nginx_programs import Program, Refusal, programs

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not programs(), reason="nginx is not installed"),
]
CORPUS = samples()
EACH_SAMPLE = pytest.mark.parametrize("sample", CORPUS, ids=[sample.name for sample in CORPUS])
CHECKED = [
    (sample, program)
    for sample in CORPUS
    for program in programs()
    if sample.needs <= program.modules
]
"""Each configuration with every nginx that has the modules it uses."""
EACH_PAIR = pytest.mark.parametrize(
    ("sample", "program"), CHECKED, ids=[f"{sample.name}-{program}" for sample, program in CHECKED]
)
UNCHECKED = {"mail"}
"""Modules that none of the builds has which the tests ask."""


def test_corpus_is_large() -> None:
    assert len(CORPUS) >= 150


def test_nearly_all_of_it_is_checked_by_some_nginx() -> None:
    checked = {sample.name for sample, _ in CHECKED}
    assert all(sample.needs & UNCHECKED for sample in CORPUS if sample.name not in checked)


@EACH_SAMPLE
def test_no_problem_in_what_nginx_accepts(sample: Sample) -> None:
    assert parse_file("nginx.conf", sample.text).problems == ()


@EACH_PAIR
def test_nginx_accepts_the_corpus(tmp_path: Path, sample: Sample, program: Program) -> None:
    assert program.refusal(tmp_path, sample.text) is None


@EACH_PAIR
def test_both_judge_mutants_alike(tmp_path: Path, sample: Sample, program: Program) -> None:
    """
    What is accepted has no problem; what is refused for its syntax has one on the same line.

    Nginx names the line where it noticed, the reader the one to mend: either will do. Refusals
    for what a directive means are not the reader's.
    """
    wrong = [
        f"{mutant.kind} on line {mutant.line}: {refusal}, {found}"
        for mutant in mutants(sample.text, sample.name)
        for refusal in [program.refusal(tmp_path, mutant.text)]
        for found in [parse_file("nginx.conf", mutant.text).problems]
        if not _alike(mutant, refusal, found)
    ]
    assert not wrong, "\n".join(wrong)


def _alike(mutant: Mutant, refusal: Refusal | None, found: tuple[Problem, ...]) -> bool:
    if refusal is None:
        return not found
    if not refusal.syntax:
        return True
    if refusal.message.endswith('expecting "}"') and mutant.kind == "closing brace dropped":
        # Without indentation nobody can tell which of the blocks around it was left open.
        return any(
            "never closed" in one.message for one in found if one.location.line <= mutant.line
        )
    lines = {line for one in found for line in (one.location.line, one.location.end_line)}
    return any(abs(line - near) <= 1 for line in lines for near in (refusal.line, mutant.line))
