"""
``advisor audit``: judge deployments, write reports, fail a build.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click
from click.core import ParameterSource
from msgspec import Struct, field
from msgspec.structs import replace

from advisor.cli.choosing import BASELINE, render_options, report_options
from advisor.cli.fleet import (
    Collecting,
    Loaded,
    Workers,
    audited,
    fleet_options,
    load,
    wanted_of,
    workers_of,
)
from advisor.cli.live import DSN, asked_for, collected_beside
from advisor.cli.options import OUTPUT, deployment_options, put, use_color, width
from advisor.errors import UsageError
from advisor.model import Report
from advisor.report import FORMATS, RenderOptions, render
from advisor.report.suppressed import COUNTLESS

if TYPE_CHECKING:
    from advisor.fleet.work import Audited, Wanted

Option: TypeAlias = "str | bool | int | Path | Sequence[str] | None"


class Output(Struct, frozen=True):
    """
    One report to write. `path` None means standard output.
    """

    format: str
    path: Path | None


class Fixing(Struct, frozen=True):
    """
    What to do about the findings besides reporting them.
    """

    diff: bool = False
    write: bool = False
    unsafe: bool = False
    verify: bool = False
    shown: RenderOptions = field(default_factory=RenderOptions)
    alone: bool = True
    """Whether there is only one path."""


@click.command()
@deployment_options
@click.option(
    "-f",
    "--format",
    "--as",
    "name",
    envvar="ADVISOR_FORMAT",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="sql: ALTER SYSTEM statements; conf: lines for postgresql.conf.",
)
@OUTPUT
@click.option(
    "--report",
    "extra",
    envvar="ADVISOR_REPORT",
    multiple=True,
    metavar="FORMAT=FILE",
    help="A further report; repeatable.",
)
@report_options
@BASELINE
@click.option(
    "--since",
    envvar="ADVISOR_SINCE",
    metavar="REV",
    help="Report only what this revision of the git repository did not have yet.",
)
@click.option(
    "--show-suppressed",
    is_flag=True,
    envvar="ADVISOR_SHOW_SUPPRESSED",
    help="Show also what comments, advisor.toml, the baseline or --since keep back.",
)
@DSN
@click.option(
    "--diff", is_flag=True, envvar="ADVISOR_DIFF", help="Show the fixes as a diff; write nothing."
)
@click.option(
    "--fix", is_flag=True, envvar="ADVISOR_FIX", help="Make the fixes, then report what remains."
)
@click.option(
    "--unsafe-fixes",
    is_flag=True,
    envvar="ADVISOR_UNSAFE_FIXES",
    help="With --diff or --fix: also fixes that somebody should read first.",
)
@click.option(
    "--verify",
    is_flag=True,
    envvar="ADVISOR_VERIFY",
    help="With --diff or --fix: ask the installed nginx and PostgreSQL about the result.",
)
@fleet_options
def audit(
    paths: Sequence[Path],
    host: Sequence[str],
    target: Sequence[str],
    path_map: Sequence[str],
    **options: Option,
) -> int:
    """
    Judge each of PATHS (default: the current folder) as one deployment.

    Settings come from the advisor.toml closest to each path; what is shown and what fails from
    that of the first. Of several paths one that cannot be audited does not stop the others.

    Exit code 0: nothing at or above --fail-on; 1: findings; 2: the job could not be done.
    """
    outputs, fixing = _outputs(options), _fixing(options)
    since = str(options["since"]) if options["since"] else None
    loaded = load(paths or (Path(),), since, host=host, target=target, path_map=path_map)
    shown = render_options(loaded.first(), show_suppressed=bool(options["show_suppressed"]))
    dsn = _dsn(options["dsn"], fixing, loaded)
    fixing = replace(fixing, shown=shown, alone=loaded.alone)
    instead, outputs = (outputs[0], outputs[1:]) if fixing.diff else (None, outputs)
    live = [one for one in outputs if one.format == "jsonl"]
    wanted = wanted_of(loaded, shown, live=len(live), of=len(outputs))
    with Collecting(loaded, [one.path for one in live]) as collecting:
        results, diff = _results(loaded, fixing, workers_of(options), wanted, dsn)
        if instead is not None:
            put(diff, instead.path)
        collecting.take_all(results, wanted)
    for output in outputs:
        if output not in live:
            _write(output, collecting.reports(), str(options["color"]), shown)
    if all(one.format in COUNTLESS for one in outputs):
        collecting.count_suppressed(shown)
    return collecting.exit_code()


def _dsn(option: Option, fixing: Fixing, loaded: Loaded) -> str | None:
    """
    The server to ask, None for none.
    """
    dsn = asked_for(None if option is None else str(option))
    if dsn is None:
        return None
    if fixing.diff or fixing.write:
        raise UsageError("--dsn only reports", hint="leave out --diff and --fix")
    if not loaded.alone:
        raise UsageError("--dsn belongs to one deployment", hint="give one path")
    return dsn


def _results(
    loaded: Loaded, fixing: Fixing, workers: Workers, wanted: Wanted, dsn: str | None
) -> tuple[Iterable[Audited], bytes]:
    """
    What became of each path, and the diff that takes the place of the first output, if any.
    """
    if dsn is not None:
        from advisor.fleet.work import finished

        ((path, settings),) = loaded.settings.items()
        return [finished(collected_beside(path, settings, dsn), wanted)], b""
    if not (fixing.diff or fixing.write):
        return audited(loaded, workers, wanted), b""
    from advisor.cli.fixes import diff_paths, fix_paths
    from advisor.fleet.work import finished

    if fixing.write:
        return (finished(one, wanted) for one in fix_paths(loaded.settings, fixing)), b""
    reports, diff = diff_paths(loaded.settings, fixing)
    return [finished(one, wanted) for one in reports], diff


def _fixing(options: Mapping[str, Option]) -> Fixing:
    diff, write = bool(options["diff"]), bool(options["fix"])
    if diff and write:
        raise UsageError("--diff shows the fixes and --fix makes them", hint="choose one of them")
    # In the environment it may stand for good, and then it says how to fix, not that one should.
    for name in ("unsafe_fixes", "verify"):
        said = click.get_current_context().get_parameter_source(name)
        if said is ParameterSource.COMMANDLINE and not (diff or write):
            option = f"--{name.replace('_', '-')}"
            raise UsageError(f"{option} alone does nothing", hint="add --diff or --fix")
    return Fixing(
        diff=diff,
        write=write,
        unsafe=bool(options["unsafe_fixes"]),
        verify=bool(options["verify"]),
    )


def _outputs(options: Mapping[str, Option]) -> list[Output]:
    """
    The reports to write, checked before any work is done.
    """
    path = options["output"]
    outputs = [Output(str(options["name"]), path if isinstance(path, Path) else None)]
    extra = options["extra"]
    for text in extra if isinstance(extra, tuple) else ():
        name, sign, file = text.partition("=")
        if not sign or not file or name not in FORMATS:
            raise UsageError(
                f"--report takes FORMAT=FILE, got {text!r}",
                hint=f"formats are {', '.join(FORMATS)}",
            )
        outputs.append(Output(name, Path(file)))
    return outputs


def _write(output: Output, reports: Sequence[Report], color: str, shown: RenderOptions) -> None:
    terminal = output.path is None
    options = replace(
        shown,
        color=use_color(sys.stdout, color) if terminal else color == "always",
        width=width(sys.stdout) if terminal else 100,
    )
    put(render(output.format, reports, options).encode("utf-8"), output.path)
