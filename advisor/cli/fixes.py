"""
What ``advisor audit --diff`` shows and ``--fix`` does, and what both say about it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advisor.config import Settings
from advisor.errors import AdvisorError
from advisor.fix.diff import CONTEXT, unified
from advisor.fleet.work import failed
from advisor.model import Report
from advisor.repair import Repair, Wanted, repair, verify, write
from advisor.report.cells import one_line
from advisor.report.masking import mask, secret_spans
from advisor.sources.text import encoding_of
from advisor.sources.tree import DirectoryTree

if TYPE_CHECKING:
    from advisor.cli.audit import Fixing
    from advisor.verify.model import Verified

_NAMED = 6
"""Codes that a line names."""


def fix_paths(loaded: Mapping[Path, Settings], fixing: Fixing) -> Iterator[Report]:
    """
    Fix each path and write its files; the reports are of what remains.

    Raises `AdvisorError` when the only path cannot be fixed, for example `FixError` when a file
    cannot be written: nothing of that path is written then. Of several each has its own error.
    """
    for path, settings in loaded.items():
        try:
            made = _repair(path, settings, fixing)
            verified = _verified(made, path, settings, fixing)
            write(made)
        except AdvisorError as error:
            yield _failed(path, error, fixing)
            continue
        _say(path, made, "fixed", verified)
        yield made.remaining


def diff_paths(loaded: Mapping[Path, Settings], fixing: Fixing) -> tuple[list[Report], bytes]:
    """
    The reports of the files as they are, and what the fixes would change in them.

    Raises `AdvisorError` as `fix_paths` does.
    """
    reports: list[Report] = []
    parts: list[bytes] = []
    for path, settings in loaded.items():
        try:
            made = _repair(path, settings, fixing)
            verified = _verified(made, path, settings, fixing)
        except AdvisorError as error:
            reports.append(_failed(path, error, fixing))
            continue
        parts += [
            masked_diff(path, file, (made.before[file], text), made.tree)
            for file, text in made.after.items()
        ]
        _say(path, made, "would fix", verified)
        reports.append(made.found)
    return reports, b"".join(parts)


def _failed(path: Path, error: AdvisorError, fixing: Fixing) -> Report:
    """
    The report of one of several paths; what is wrong with the only one is raised.
    """
    if fixing.alone:
        raise error
    return failed(path, str(error))


def _repair(path: Path, settings: Settings, fixing: Fixing) -> Repair:
    wanted = Wanted(unsafe=fixing.unsafe, shown=fixing.shown, policy=settings.policy)
    return repair(path, settings.given, settings.rules, wanted)


def _verified(made: Repair, path: Path, settings: Settings, fixing: Fixing) -> tuple[Verified, ...]:
    return verify(made, path, settings.given) if fixing.verify else ()


def masked_diff(path: Path, file: str, texts: tuple[str, str], tree: DirectoryTree) -> bytes:
    """
    The diff of one file, from its texts before and after, in its own encoding without any secret.

    Lines around a change are left out where one of them holds a secret; a line to be changed that
    holds one is masked, and then the diff cannot be applied.
    """
    name = _name(path, file)
    shown = (unified(name, *texts, context=context) for context in range(CONTEXT, -1, -1))
    text = ""
    for text in shown:
        if not any(map(secret_spans, text.split("\n"))):
            break
    else:
        text = "\n".join(map(mask, text.split("\n")))
        click.echo(f"{one_line(name)}: a line to be changed holds a secret; it is masked", err=True)
    return text.encode(_encoding(tree, file), "replace")


def _encoding(tree: DirectoryTree, file: str) -> str:
    real = tree.locate(file)
    found = encoding_of(real.read_bytes()) if real is not None else "utf-8"
    return found if found == "latin-1" else "utf-8"


def _name(path: Path, file: str) -> str:
    """
    The file as seen from the current folder; from the root where it lies outside of that.
    """
    whole = Path(os.path.abspath((path if path.is_dir() else path.parent) / file))  # noqa: PTH100
    here = Path.cwd()
    return whole.relative_to(here if whole.is_relative_to(here) else whole.anchor).as_posix()


def _say(path: Path, made: Repair, verb: str, verified: Sequence[Verified]) -> None:
    """
    On standard error: how many findings were fixed in which files, what the programs say to these,
    how many are left and why.
    """
    files = ", ".join(one_line(file) for file in made.after)
    count = _count(len(made.done), "finding")
    click.echo(f"{path}: {verb} {count}{f' in {files}' if files else ''}", err=True)
    for file in verified:
        said = "verified by" if file.accepted else "not verified:"
        click.echo(f"  {one_line(file.path)}: {said} {one_line(mask(file.text))}", err=True)
    reasons: dict[str, list[str]] = {}
    for one in made.left:
        reasons.setdefault(one.reason, []).append(one.finding.code)
    for reason, codes in sorted(reasons.items(), key=lambda item: -len(item[1])):
        click.echo(f"  {len(codes)} left: {one_line(reason)} ({_codes(codes)})", err=True)


def _codes(codes: Sequence[str]) -> str:
    named = list(dict.fromkeys(codes))
    more = ["…"] if len(named) > _NAMED else []
    return ", ".join([*named[:_NAMED], *more])


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
