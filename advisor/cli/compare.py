"""
``advisor compare``: two load tests side by side, to fail a build that got slower.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advisor.errors import SourceError

if TYPE_CHECKING:
    from advisor.loads.compare import Comparison, Row
    from advisor.loads.model import LoadResult

_TIMES = ("p50", "p90", "p95", "p99")


@click.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option(
    "-f",
    "--format",
    "name",
    envvar="ADVISOR_FORMAT",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
)
@click.option(
    "--limit",
    envvar="ADVISOR_LIMIT",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    metavar="PERCENT",
    help="How much worse a number may get. The error rate may grow by 0.1 percentage points.",
)
def compare(before: Path, after: Path, name: str, limit: float) -> int:
    """
    Compare the load tests BEFORE and AFTER: files of wrk, wrk2, ab, Locust, k6, hey, vegeta or oha.

    Like is compared with like only: the same tool and concurrency, percentiles that both report.
    Exit code 1 says that something got worse, 2 that nothing could be compared.
    """
    from advisor.loads.compare import compare as compare_runs

    found = compare_runs(_run(before), _run(after), limit=limit / 100)
    if name == "json":
        import json

        click.echo(json.dumps(_document(found), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(_lines(found)))
    if not found.comparable:
        return 2
    return 1 if found.regressions else 0


def _run(path: Path) -> LoadResult:
    """
    The only run of a file or folder. Raises `SourceError` when there is none, or several.
    """
    from advisor.deployment.loads import find_loads
    from advisor.sources.kinds import Kind
    from advisor.sources.walk import discover

    sources = discover(path).sources
    loads = find_loads({one.path: one.text for one in sources if one.kind is Kind.LOAD})
    if len(loads.results) == 1:
        return loads.results[0]
    if loads.results:
        places = ", ".join(str(one.location) for one in loads.results)
        raise SourceError(
            f"holds {len(loads.results)} load tests: {places}",
            path=str(path),
            hint="name a file with one run",
        )
    reasons = [one.problem.message for one in loads.problems] or ["holds no load test"]
    raise SourceError(reasons[0], path=str(path))


def _lines(found: Comparison) -> Iterator[str]:
    yield f"{_named(found.before)} → {_named(found.after)}"
    for sentence in found.obstacles:
        yield f"  not comparable: {sentence}"
    for row in found.rows:
        before, after = _shown(row, row.before), _shown(row, row.after)
        change = row.why or f"{_change(row)}  {row.verdict}"
        yield f"  {row.metric:11} {before:>10} → {after:<10} {change}"
    if found.comparable:
        worse = found.regressions
        yield f"worse: {', '.join(row.metric for row in worse)}" if worse else "nothing got worse"
    elif not found.obstacles:
        yield "nothing could be compared"


def _named(result: LoadResult) -> str:
    return f"{result.tool} {result.location.path}"


def _shown(row: Row, value: float | None) -> str:
    if value is None:
        return "unknown"
    if row.metric in _TIMES:
        return f"{value * 1000:.4g} ms"
    return f"{value:.2%}" if row.metric == "error rate" else f"{value:,.0f}/s"


def _change(row: Row) -> str:
    if row.change is None:
        return ""
    if row.metric == "error rate":
        return f"{row.change * 100:+.2f} pp"
    return f"{row.change:+.1%}"


def _document(found: Comparison) -> dict[str, Any]:
    return {
        "before": found.before.location.path,
        "after": found.after.location.path,
        "tool": found.before.tool,
        "comparable": found.comparable,
        "obstacles": list(found.obstacles),
        "metrics": [
            {
                "name": row.metric,
                "before": row.before,
                "after": row.after,
                "change": row.change,
                "verdict": str(row.verdict),
                "why": row.why,
            }
            for row in found.rows
        ],
        "regressions": [row.metric for row in found.regressions],
    }
