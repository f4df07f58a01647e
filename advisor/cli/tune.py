"""
``advisor tune``: one consistent set of values for every layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct
from msgspec.structs import replace

from advisor.cli.options import HOST, PATH_MAP, TARGET
from advisor.config import Settings, load_settings
from advisor.errors import FixError, UsageError

if TYPE_CHECKING:
    from advisor.tune.model import Solution
    from advisor.tune.stated import Stated


class Output(Struct, frozen=True):
    """
    What to print or write.
    """

    form: str | None
    folder: Path | None
    diff: bool


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@HOST
@click.option(
    "--app-host",
    envvar="ADVISOR_APP_HOST",
    multiple=True,
    metavar="KEY=VALUE,…",
    help="The host of each copy of the application, if it has one of its own: cpus=2,memory=4GB.",
)
@click.option(
    "--worker",
    type=click.Choice(["uvicorn", "gthread", "sync"]),
    envvar="ADVISOR_WORKER",
    help="Kind of gunicorn worker.  [default: uvicorn]",
)
@click.option(
    "--workload",
    type=click.Choice(["web", "oltp", "dw", "mixed"]),
    envvar="ADVISOR_WORKLOAD",
    help="As workload=… of --host.  [default: web]",
)
@click.option(
    "--db-share",
    envvar="ADVISOR_DB_SHARE",
    metavar="SHARE",
    help="Part of a request's time that it holds a database connection.  [default: 30%]",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 100_000),
    envvar="ADVISOR_CONCURRENCY",
    help="Requests in progress at once.  [default: what the workers take on]",
)
@click.option(
    "--replicas",
    type=click.IntRange(1, 1000),
    envvar="ADVISOR_REPLICAS",
    help="Copies of the application.  [default: 1]",
)
@click.option(
    "--worker-memory",
    envvar="ADVISOR_WORKER_MEMORY",
    metavar="SIZE",
    help="Memory of one worker with its application.  [default: 150MB]",
)
@click.option(
    "--layout",
    type=click.Choice(["one-host", "separate"]),
    envvar="ADVISOR_LAYOUT",
    help="Whether all programs share one memory.  [default: one-host; separate with --app-host]",
)
@click.option(
    "--keep",
    multiple=True,
    envvar="ADVISOR_KEEP",
    metavar="NAME=VALUE,…",
    help="Settings that must not change: max_connections=200, workers=4, shared_buffers=4GB.",
)
@click.option(
    "--pooler",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    envvar="ADVISOR_POOLER",
    help="Whether PgBouncer may stand before PostgreSQL.",
)
@click.option("--redis", is_flag=True, envvar="ADVISOR_REDIS", help="Redis is part of the stack.")
@TARGET
@PATH_MAP
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    help="[default: text; with PATH a diff]",
)
@click.option(
    "-o",
    "--output",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the files into this folder; none that exists is overwritten.",
)
@click.option("--diff", is_flag=True, help="With PATH: the diff, whatever else is asked for.")
def tune(  # noqa: PLR0913 - one for each argument that several of the options share
    path: Path | None,
    host: Sequence[str],
    app_host: Sequence[str],
    target: Sequence[str],
    path_map: Sequence[str],
    form: str | None,
    folder: Path | None,
    *,
    diff: bool,
    **options: str | int | bool | Sequence[str] | None,
) -> int:
    """
    Solve nginx, gunicorn, the connection pool, PgBouncer, PostgreSQL and Redis together.

    Without PATH the machines and the load are stated with options, and what is not stated is
    assumed and listed. With PATH the facts are those of the deployment there, and what its files
    would have to change is shown as a diff.

    Exit code 0; 2 when the statements contradict each other or the job could not be done.
    """
    folder_read = path if path is None or path.is_dir() else path.parent
    settings = load_settings(folder_read or Path(), host=host, target=target, path_map=path_map)
    stated = _stated(settings, _machine(app_host), options)
    output = Output(form, folder, diff)
    if path is not None:
        return _tune_path(path, settings, stated, output)
    if diff:
        raise UsageError("--diff needs the PATH of a deployment to compare with")
    from advisor.tune.solve import solve
    from advisor.tune.stated import request_of

    _put(solve(request_of(stated)), output, form or "text")
    return 0


def _stated(
    settings: Settings, application: Settings | None, options: Mapping[str, object]
) -> Stated:
    from advisor.model import Origin, Value
    from advisor.tune.stated import Stated, parse_keep, parse_memory, parse_share

    given, workload, share = settings.given, options["workload"], options["db_share"]
    if workload:
        given = replace(given, workload=Value(str(workload), Origin.GIVEN))
    keep, layout = options["keep"], options["layout"]
    one_host = None if layout is None else layout == "one-host"
    if application is not None:
        if one_host:
            raise UsageError("--app-host states a second host, and --layout one-host says no")
        one_host = False
    numbers = {name: options[name] for name in ("concurrency", "replicas")}
    worker, resident = options["worker"], options["worker_memory"]
    return Stated(
        database=given,
        application=application.given if application else None,
        worker=str(worker) if worker else None,
        share=parse_share(str(share)) if share else None,
        concurrency=_number(numbers["concurrency"]),
        replicas=_number(numbers["replicas"]),
        resident=parse_memory(str(resident)) if resident else None,
        one_host=one_host,
        keep=parse_keep(map(str, keep)) if isinstance(keep, (list, tuple)) else {},
        pooler=str(options["pooler"]),
        redis=bool(options["redis"]),
    )


def _number(option: object) -> int | None:
    return option if isinstance(option, int) else None


def _machine(texts: Sequence[str]) -> Settings | None:
    """
    A second machine, written as ``--host`` is; no advisor.toml speaks of it.
    """
    return load_settings(Path("/"), host=texts) if texts else None


def _tune_path(path: Path, settings: Settings, stated: Stated, output: Output) -> int:
    from advisor.audit import find, put_together
    from advisor.tune.present import tune_deployment

    found = find(path)
    tuned = tune_deployment(put_together(path, found, settings.given), stated)
    if output.form or output.folder:
        _put(tuned.solution, output, output.form)
    if output.diff or not (output.form or output.folder):
        from advisor.cli.fixes import masked_diff

        parts = [
            masked_diff(path, file, (tuned.before[file], text), found.tree)
            for file, text in tuned.after.items()
        ]
        click.echo(b"".join(parts), nl=False, color=True)
    for setting, reason in tuned.left:
        click.echo(f"left: {setting}: {reason}", err=True)
    for sentence in tuned.solution.request.assumptions:
        click.echo(f"assumed: {sentence}", err=True)
    return 0


def _put(solution: Solution, output: Output, form: str | None) -> None:
    if output.folder is not None:
        _write(solution, output.folder)
    elif form:
        from advisor.tune.render import render

        click.echo(render(solution, form), nl=False)


def _write(solution: Solution, folder: Path) -> None:
    """
    The files below a folder, all of them or none.
    """
    from advisor.tune.files import render_files
    from advisor.tune.render import render

    files = {**render_files(solution), "tuned.md": render(solution, "markdown")}
    for name in files:
        if (folder / name).exists():
            raise FixError("is there already", path=str(folder / name), hint="name a new folder")
    try:
        for name, text in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FixError(f"cannot be written: {error.strerror or error}", path=str(folder)) from error
    click.echo(f"wrote {', '.join(files)} below {folder}", err=True)
