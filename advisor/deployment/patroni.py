"""
What Patroni writes for PostgreSQL, as files inside of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.model import Problem
from advisor.parsers.embedded import Embedded
from advisor.parsers.patroni import parse_patroni


def patroni_files(texts: Mapping[str, str]) -> tuple[dict[str, Embedded], tuple[Problem, ...]]:
    """
    Files by the path that is made up for them, and problems of the files of Patroni.
    """
    files: dict[str, Embedded] = {}
    problems: list[Problem] = []
    for path, text in sorted(texts.items()):
        found = parse_patroni(path, text)
        problems += found.problems
        for file, name in ((found.parameters, "postgresql.conf"), (found.hba, "pg_hba.conf")):
            if file is not None:
                files[f"{path}/{name}"] = file
    return files, tuple(problems)
