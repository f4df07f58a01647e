"""
``advisor audit`` of several paths: on how many workers, what is said meanwhile and in the end.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct, field

from advisor.cli.choosing import load_one, stated_layer
from advisor.cli.progress import Progress
from advisor.config import Settings
from advisor.errors import AdvisorError, UsageError
from advisor.model import Report

if TYPE_CHECKING:
    from typing import Self

    from advisor.fleet.run import Results
    from advisor.fleet.work import Audited, Wanted
    from advisor.report.fleet import Standing
    from advisor.report.options import RenderOptions

F = TypeVar("F", bound=Callable[..., Any])

JOBS = click.option(
    "-j",
    "--jobs",
    envvar="ADVISOR_JOBS",
    type=click.IntRange(min=1),
    help="Processes for several paths.  [default: as many as are worth it]",
)
CLUSTER = click.option(
    "--cluster",
    envvar="ADVISOR_CLUSTER",
    metavar="ADDRESS",
    help="Scheduler of a Dask cluster that does the work instead, for paths on shared storage.",
)


def fleet_options(function: F) -> F:
    """
    Who does the work when there are several paths.
    """
    return JOBS(CLUSTER(function))


class Workers(Struct, frozen=True):
    """
    Who does the work.
    """

    jobs: int | None = None
    """None: as many as are worth it."""
    cluster: str | None = None


def workers_of(options: Mapping[str, object]) -> Workers:
    """
    What the options say about it.
    """
    jobs, cluster = options["jobs"], options["cluster"]
    return Workers(
        jobs if isinstance(jobs, int) else None, cluster if isinstance(cluster, str) else None
    )


class Loaded(Struct):
    """
    The paths that can be audited with their settings, and those whose settings are not understood.
    """

    order: dict[str, int] = field(default_factory=dict)
    """Every path as it was given, and its place among them."""
    settings: dict[Path, Settings] = field(default_factory=dict)
    failed: dict[Path, Report] = field(default_factory=dict)

    @property
    def alone(self) -> bool:
        """
        Whether there is only one path: what is wrong with it is an error of the whole run.
        """
        return len(self.order) == 1

    def first(self) -> Settings:
        """
        Those that hold for the whole run.
        """
        return next(iter(self.settings.values()), Settings())


def load(paths: Sequence[Path], since: str | None, **options: Iterable[str]) -> Loaded:
    """
    The settings of each path. What is wrong with one of several is an error of that one.

    Raises `ConfigError` for an option that is not understood, and `AdvisorError` for a path that
    stands alone.
    """
    found, stated = Loaded(), stated_layer()
    for path in dict.fromkeys(paths):
        found.order[str(path)] = len(found.order)
        try:
            found.settings[path] = _with_known(path, load_one(path, stated, options), since)
        except AdvisorError as error:
            if error.path is None or len(paths) == 1:
                raise
            from advisor.fleet.work import failed

            found.failed[path] = failed(path, str(error))
    return found


def _with_known(path: Path, settings: Settings, since: str | None) -> Settings:
    if not since and not settings.baseline:
        return settings
    from advisor.known import with_known

    return with_known(path, settings, since)


def wanted_of(loaded: Loaded, options: RenderOptions, *, live: int, of: int) -> Wanted:
    """
    What the outputs need, so many of which are written as results come.
    """
    from advisor.fleet.work import Wanted

    return Wanted(options, report=live < of, lines=live > 0, several=not loaded.alone)


def audited(loaded: Loaded, workers: Workers, wanted: Wanted) -> Iterator[Audited]:
    """
    What is wanted of each path as soon as it is there.

    One path alone raises `AdvisorError` as `audit_path` does; of several each has its own error.
    """
    if loaded.alone and workers.cluster is None:
        from advisor.audit import audit_path
        from advisor.fleet.work import finished

        ((path, one),) = loaded.settings.items()
        yield finished(audit_path(path, one.given, one.rules, one.policy), wanted)
        return
    with closing(_side_by_side(loaded, workers, wanted)) as results:
        yield from results


def _side_by_side(loaded: Loaded, workers: Workers, wanted: Wanted) -> Results:
    from advisor.fleet.pools import cluster, processes, worth
    from advisor.fleet.run import in_turn, side_by_side
    from advisor.fleet.work import task_for

    address = workers.cluster
    tasks = [task_for(*pair, elsewhere=address is not None) for pair in loaded.settings.items()]
    if address is not None:
        return side_by_side(tasks, wanted, lambda _: cluster(address), len(tasks))
    jobs = min(workers.jobs or worth(len(tasks)), len(tasks))
    if jobs > 1:
        return side_by_side(tasks, wanted, processes, jobs)
    return in_turn(tasks, wanted)


class Collecting:
    """
    Takes what comes: counts, says how far the run is, prints lines that need not wait.
    """

    def __init__(self, loaded: Loaded, live: Sequence[Path | None]) -> None:
        self._loaded = loaded
        self._live = live
        self._files = ExitStack()
        self._writers: list[Callable[[bytes], object]] = []
        self._reports: list[Report] = []
        self._standings: list[Standing] = []
        self._progress = Progress(sys.stderr, len(loaded.order))

    def __enter__(self) -> Self:
        self._writers = [self._writer(path) for path in self._live]
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.clear()
        self._files.close()

    def _writer(self, path: Path | None) -> Callable[[bytes], object]:
        if path is None:
            return partial(click.echo, nl=False, color=True)
        try:
            return self._files.enter_context(path.open("wb", buffering=0)).write
        except OSError as error:
            raise UsageError(f"cannot be written: {error.strerror}", path=str(path)) from error

    def take_all(self, results: Iterable[Audited], wanted: Wanted) -> None:
        """
        Take everything, and say in the end which paths could not be audited.
        """
        from advisor.fleet.work import finished

        failed = (finished(one, wanted) for one in self._loaded.failed.values())
        for one in chain(failed, results):
            self._take(one)
        self._progress.clear()
        self._standings.sort(key=lambda one: self._loaded.order[one.root])
        self._reports.sort(key=lambda one: self._loaded.order[one.root])
        if self._writers and not self._loaded.alone:
            from advisor.report.jsonl import render_end

            self._write(render_end(self._standings))
        for standing in self._standings:
            if standing.error:
                click.echo(f"error: {standing.error}", err=True)

    def _take(self, one: Audited) -> None:
        self._standings.append(one.standing)
        if one.report is not None:
            self._reports.append(one.report)
        if one.lines:
            self._progress.clear()
            self._write(one.lines)
        if not self._loaded.alone:
            self._progress.step(one.standing)

    def _write(self, text: str) -> None:
        for write in self._writers:
            write(text.encode("utf-8"))

    def reports(self) -> list[Report]:
        """
        Those that were kept, in the order in which their paths were given.
        """
        return self._reports

    def count_suppressed(self, options: RenderOptions) -> None:
        """
        On standard error, for formats without a place for the number.
        """
        from advisor.report.suppressed import number_words

        total: Counter[str] = Counter()
        for one in self._standings:
            total.update(one.suppressed)
        if others := number_words(total, options):
            click.echo(others, err=True)

    def exit_code(self) -> int:
        """
        2 when a path could not be audited, 1 when there are findings that fail a build, else 0.
        """
        if any(one.error for one in self._standings):
            return 2
        return int(any(one.fails for one in self._standings))
