"""
A solution for people and programs: text, Markdown, JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from advisor.tune.files import render_files
from advisor.tune.model import Choice, Layer, Machine, Solution
from advisor.units import format_percent, format_size

TITLES: Mapping[str, str] = {
    "nginx": "nginx",
    "gunicorn": "gunicorn",
    "engine": "connection pool (SQLAlchemy)",
    "pgbouncer": "PgBouncer",
    "postgresql": "PostgreSQL",
    "role": "role of the application (PostgreSQL)",
    "redis": "Redis",
}


def render(solution: Solution, form: str) -> str:
    """
    The solution as ``text``, ``markdown`` or ``json``. Raises `KeyError` for another format.
    """
    return FORMATS[form](solution)


def headline(solution: Solution) -> str:
    """
    One line: the machines and the load.
    """
    request = solution.request
    load = request.load
    where = f"one host with {_machine(request.database)}"
    if not request.one_host:
        where = (
            f"PostgreSQL on {_machine(request.database)}, "
            f"the application on {_machine(request.application)}"
        )
    copies = f", {load.replicas} replicas" if load.replicas > 1 else ""
    share = format_percent(load.database_share)
    return f"{where}; {load.worker} workers{copies}, {load.workload}, {share} in the database"


def _machine(machine: Machine) -> str:
    cpus = f"{machine.cpus:g} cpu{'' if machine.cpus == 1 else 's'}"
    return f"{cpus} and {format_size(machine.memory)}"


def _text(solution: Solution) -> str:
    return "\n".join(_text_lines(solution)) + "\n"


def _text_lines(solution: Solution) -> Iterator[str]:
    yield headline(solution)
    for layer in solution:
        yield ""
        yield TITLES[layer.program]
        yield from _rows(layer)
    yield ""
    yield "Holds together"
    yield from (f"  {one.what}: {one.formula}" for one in solution.checks)
    for title, sentences in _remarks(solution):
        yield ""
        yield title
        yield from (f"  {sentence}" for sentence in sentences)


def _rows(layer: Layer) -> Iterator[str]:
    settings = [f"{one.setting} {one.text}" for one in layer.choices]
    width = max(map(len, settings))
    for setting, choice in zip(settings, layer.choices, strict=True):
        yield f"  {setting:{width}}  {choice.why}"


def _remarks(solution: Solution) -> Iterator[tuple[str, tuple[str, ...]]]:
    if solution.notes:
        yield "Notes", solution.notes
    if solution.request.assumptions:
        yield "Assumed", solution.request.assumptions


def _markdown(solution: Solution) -> str:
    return "\n".join(_markdown_lines(solution)) + "\n"


def _markdown_lines(solution: Solution) -> Iterator[str]:
    yield "# Tuned together"
    yield ""
    yield f"{headline(solution)}."
    for layer in solution:
        yield ""
        yield f"## {TITLES[layer.program]}"
        yield ""
        yield "| setting | value | why |"
        yield "|---|---|---|"
        yield from (_cells(choice) for choice in layer.choices)
    yield ""
    yield "## Holds together"
    yield ""
    yield from (f"- {one.what}: {one.formula}" for one in solution.checks)
    for title, sentences in _remarks(solution):
        yield ""
        yield f"## {title}"
        yield ""
        yield from (f"- {sentence}" for sentence in sentences)
    yield ""
    yield "## Files"
    for path, text in render_files(solution).items():
        yield ""
        yield f"`{path}`"
        yield ""
        yield f"```{_FENCES.get(path.rpartition('.')[2], 'text')}"
        yield text.rstrip("\n")
        yield "```"


_FENCES: Mapping[str, str] = {
    "py": "python",
    "yaml": "yaml",
    "toml": "toml",
    "sql": "sql",
    "ini": "ini",
}


def _cells(choice: Choice) -> str:
    return f"| `{choice.setting}` | `{choice.text}` | {choice.why} |".replace("\n", " ")


def _json(solution: Solution) -> str:
    import json  # noqa: PLC0415 - start-up cost

    return json.dumps(_data(solution), ensure_ascii=False, indent=2) + "\n"


def _data(solution: Solution) -> dict[str, Any]:
    """
    Sizes are bytes and durations seconds, beside the text as each program writes it.
    """
    return {
        "schema": "tune-v1",
        "headline": headline(solution),
        "layers": [
            {
                "program": layer.program,
                "settings": [
                    {
                        "name": one.setting,
                        "value": one.value,
                        "text": one.text,
                        "reason": one.reason,
                        "terms": one.terms,
                    }
                    for one in layer.choices
                ],
            }
            for layer in solution
        ],
        "checks": [
            {"what": one.what, "formula": one.formula, "holds": one.holds}
            for one in solution.checks
        ],
        "notes": list(solution.notes),
        "assumptions": list(solution.request.assumptions),
        "files": render_files(solution),
    }


FORMATS: Mapping[str, Callable[[Solution], str]] = {
    "text": _text,
    "markdown": _markdown,
    "json": _json,
}
"""What a solution can be rendered as."""
