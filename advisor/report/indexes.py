"""
The advice of the lab as text, Markdown, SQL and JSON. Every number is planner cost, not time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from advisor.units import format_number, format_size

SCHEMA = "urn:deploy-advisor:indexes-v1"
_LABEL = "planner cost, not time"
_WIDE = 60


class LabAdvice(Protocol):
    """
    What of `advisor.lab.result.LabAdvice` is printed.
    """

    @property
    def queries(self) -> Sequence[Any]: ...  # noqa: D102 - as there

    @property
    def chosen(self) -> Sequence[Any]: ...  # noqa: D102 - as there

    @property
    def dropped(self) -> Sequence[Any]: ...  # noqa: D102 - as there

    @property
    def unverified(self) -> Sequence[Any]: ...  # noqa: D102 - as there

    @property
    def writes(self) -> Sequence[Any]: ...  # noqa: D102 - as there

    @property
    def notes(self) -> Sequence[Any]: ...  # noqa: D102 - as there

    @property
    def candidates(self) -> int: ...  # noqa: D102 - as there

    @property
    def planner_calls(self) -> int: ...  # noqa: D102 - as there

    @property
    def planner(self) -> str: ...  # noqa: D102 - as there

    @property
    def seconds(self) -> float: ...  # noqa: D102 - as there

    @property
    def before(self) -> float: ...  # noqa: D102 - as there

    @property
    def after(self) -> float: ...  # noqa: D102 - as there

    @property
    def ratio(self) -> float: ...  # noqa: D102 - as there

    @property
    def size(self) -> int: ...  # noqa: D102 - as there


def render(form: str, advice: LabAdvice) -> str:
    """
    The advice in one of `FORMATS`.
    """
    return FORMATS[form](advice)


def _markdown(advice: LabAdvice) -> str:
    return "\n".join([*_sections(advice), ""])


def _sections(advice: LabAdvice) -> Iterator[str]:
    yield "# Indexes"
    yield ""
    yield _summary(advice)
    if advice.chosen:
        yield "\n## Create\n"
        for one in advice.chosen:
            yield f"```sql\n{one.statement}\n```"
            yield f"{_facts(one)}\n"
    if advice.dropped:
        yield "\n## Drop\n"
        for one in advice.dropped:
            yield f"```sql\n{one.statement}\n```"
            yield f"{format_size(one.size)} on {one.table}; {one.reason}.\n"
    yield from _costs(advice)
    if advice.writes:
        yield "\n## Writes\n"
        yield "| table | indexes now | then | relations written for a new row, then ÷ now |"
        yield "|---|---|---|---|"
        for one in advice.writes:
            yield f"| {one.table} | {one.before} | {one.after} | {one.amplification:.2f} |"
    yield from _limits(advice)


def _summary(advice: LabAdvice) -> str:
    factor = advice.after / advice.before if advice.before else 1.0
    return (
        f"{len(advice.chosen)} indexes to create ({format_size(advice.size)}),"
        f" {len(advice.dropped)} to drop. Cost of all calls"
        f" {format_number(advice.before)} → {format_number(advice.after)} ({factor:.1%}),"
        f" geometric mean over {len(advice.queries)} statements {advice.ratio:.3f}: {_LABEL}."
        f" {advice.candidates} candidates, {advice.planner_calls} questions to the planner of"
        f" {advice.planner}."
    )


def _facts(one: Any) -> str:  # noqa: ANN401 - see LabAdvice
    guessed = f" Guessed: {'; '.join(one.guessed)}." if one.guessed else " Verified."
    return (
        f"About {format_size(one.size)}; without it {one.factor:.3g} × the {_LABEL}, in"
        f" {', '.join(one.queries)}.{guessed}"
    )


def _costs(advice: LabAdvice) -> Iterator[str]:
    yield f"\n## Statements ({_LABEL})\n"
    yield "| statement | calls | before | after | after ÷ before | indexes |"
    yield "|---|---|---|---|---|---|"
    for one in advice.queries:
        ratio = one.after / one.before if one.before else 1.0
        yield (
            f"| {_short(one.name)} | {format_number(one.calls)} | {one.before:,.1f} |"
            f" {one.after:,.1f} | {ratio:.3f} | {', '.join(one.indexes)} |"
        )


def _limits(advice: LabAdvice) -> Iterator[str]:
    if advice.unverified:
        yield "\n## Not verified\n"
        for one in advice.unverified:
            yield f"- {' '.join(one.subject.split())}: {one.reason}"
    if advice.notes:
        yield "\n## About the planner\n"
        for one in advice.notes:
            yield f"- {one.subject}: {one.reason}"


def _sql(advice: LabAdvice) -> str:
    lines = [f"-- {_summary(advice)}", ""]
    for one in advice.chosen:
        lines += [f"-- {_facts(one)}", one.statement, ""]
    for one in advice.dropped:
        lines += [f"-- {one.reason}; {format_size(one.size)}", one.statement, ""]
    if advice.chosen or advice.dropped:
        lines.append("-- To take it back:")
        for one in (*advice.chosen, *advice.dropped):
            lines += [f"-- {line}" for line in one.rollback.split("\n")]
    for one in (*advice.unverified, *advice.notes):
        lines.append(f"-- Not verified: {' '.join(one.subject.split())}: {one.reason}")
    return "\n".join([*lines, ""])


def _json(advice: LabAdvice) -> str:
    import msgspec  # noqa: PLC0415 - as the others, only when asked for

    found: dict[str, Any] = {
        "schema": SCHEMA,
        "unit": _LABEL,
        "planner": advice.planner,
        "summary": {
            "before": advice.before,
            "after": advice.after,
            "geometric_mean": advice.ratio,
            "size_bytes": advice.size,
            "candidates": advice.candidates,
            "planner_calls": advice.planner_calls,
            "seconds": round(advice.seconds, 3),
        },
    }
    for name in ("chosen", "dropped", "queries", "unverified", "notes"):
        found[name] = [msgspec.to_builtins(one) for one in getattr(advice, name)]
    found["writes"] = [
        {**msgspec.to_builtins(one), "amplification": one.amplification} for one in advice.writes
    ]
    return json.dumps(found, ensure_ascii=False, indent=2) + "\n"


def schema() -> Mapping[str, Any]:
    """
    The JSON schema of the format json.
    """
    found: Mapping[str, Any] = json.loads(
        Path(__file__).with_name("indexes-v1.schema.json").read_text("utf-8")
    )
    return found


def _short(text: str) -> str:
    return text if len(text) <= _WIDE else text[: _WIDE - 1] + "…"


FORMATS: Mapping[str, Callable[[LabAdvice], str]] = {
    "markdown": _markdown,
    "sql": _sql,
    "json": _json,
}
