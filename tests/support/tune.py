"""
Requests to the solver, and its answers beside the rules.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from advisor.audit import collect_example
from advisor.model import Finding
from advisor.model.subject import Subject
from advisor.rules.catalogue import open_book
from advisor.tune.files import render_files
from advisor.tune.model import Load, Machine, Request, Solution, Versions
from advisor.tune.solve import solve
from advisor.units import parse_size
from advisor.verdict import judge_all


def request(  # noqa: PLR0913 - one for each thing that may be stated
    *,
    cpus: float = 4,
    memory: str = "16GB",
    storage: str | None = "ssd",
    app: Machine | None = None,
    worker: str = "uvicorn",
    workload: str = "web",
    share: float = 0.3,
    concurrency: int | None = None,
    replicas: int = 1,
    one_host: bool = True,
    keep: Mapping[str, float] | None = None,
    pooler: str = "auto",
    redis: bool = False,
    versions: Versions | None = None,
) -> Request:
    """
    A request about one kind of machine, unless `app` is another one.
    """
    machine = Machine(cpus, parse_size(memory) or 0, storage)
    return Request(
        database=machine,
        application=app or machine,
        one_host=one_host and app is None,
        load=Load(worker, workload, share, concurrency, replicas),
        versions=versions or Versions(),
        keep=keep or {},
        pooler=pooler,
        redis=redis,
    )


def texts(solution: Solution, program: str) -> dict[str, str]:
    """
    The values of one program as it writes them.
    """
    return {choice.setting: choice.text for choice in solution[program].choices}


def subjects_of(solution: Solution) -> tuple[Subject, ...]:
    """
    What the audit sees of the files of a solution, with what its advisor.toml states.
    """
    files = render_files(solution)
    stated = tomllib.loads(files["advisor.toml"])
    return collect_example(files, stated["host"], stated["target"])


def findings_of(subjects: Iterable[Subject]) -> list[Finding]:
    """
    Every finding of every rule, info included.
    """
    found = list(subjects)
    rules = open_book(()).rules({one.target for one in found})
    return [one for one in judge_all(rules, found) if isinstance(one, Finding)]


def solved(**options: Any) -> Solution:  # noqa: ANN401 - those of `request`
    """
    The solution of a `request` with these options.
    """
    return solve(request(**options))
