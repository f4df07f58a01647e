"""
``advisor audit``: judge deployments, write reports, fail a build.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import click
from click.core import ParameterSource

from advisor.cli.options import deployment_options, use_color, width
from advisor.config import FAIL_ON, Settings, load_settings, parse_fail_on, parse_severity
from advisor.errors import UsageError
from advisor.model import Report, Severity
from advisor.report import FORMATS, RenderOptions, render

_SEVERITIES = [str(severity) for severity in Severity]


Option: TypeAlias = "str | bool | Path | Sequence[str] | None"


@dataclass(frozen=True, slots=True)
class Output:
    """
    One report to write. `path` None means standard output.
    """

    format: str
    path: Path | None


@dataclass(frozen=True, slots=True)
class Fixing:
    """
    What to do about the findings besides reporting them.
    """

    diff: bool = False
    write: bool = False
    unsafe: bool = False
    min_severity: Severity = Severity.LOW


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
@click.option(
    "-o",
    "--output",
    envvar="ADVISOR_OUTPUT",
    type=click.Path(path_type=Path),
    help="File instead of stdout.",
)
@click.option(
    "--report",
    "extra",
    envvar="ADVISOR_REPORT",
    multiple=True,
    metavar="FORMAT=FILE",
    help="A further report; repeatable.",
)
@click.option(
    "--fail-on",
    envvar="ADVISOR_FAIL_ON",
    type=click.Choice(FAIL_ON),
    help="Exit with 1 when there is a finding this bad or worse.  [default: high]",
)
@click.option(
    "--min-severity",
    envvar="ADVISOR_MIN_SEVERITY",
    type=click.Choice(_SEVERITIES),
    help="Show findings from this severity on.  [default: low]",
)
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
    "--color",
    envvar="ADVISOR_COLOR",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
)
def audit(
    paths: Sequence[Path],
    host: Sequence[str],
    target: Sequence[str],
    path_map: Sequence[str],
    **options: Option,
) -> int:
    """
    Judge each of PATHS (default: the current folder) as one deployment.

    Facts and rules come from the advisor.toml closest to each path, fail-on and min-severity from
    that of the first.

    Exit code 0: nothing at or above --fail-on; 1: findings; 2: the job could not be done.
    """
    outputs, fixing = _outputs(options), _fixing(options)
    loaded = {
        path: load_settings(_folder(path), host=host, target=target, path_map=path_map)
        for path in paths or (Path(),)
    }
    run = next(iter(loaded.values()))
    fail_on, shown = _fail_on(options["fail_on"], run), _shown(options["min_severity"], run)
    reports, diff = _judged(loaded, replace(fixing, min_severity=shown))
    if diff is not None:
        instead, *outputs = outputs
        _put(diff, instead.path)
    for output in outputs:
        _write(output, reports, str(options["color"]), (shown, fail_on))
    return int(any(_fails(report, fail_on) for report in reports))


def _judged(
    loaded: Mapping[Path, Settings], fixing: Fixing
) -> tuple[Sequence[Report], bytes | None]:
    """
    One report for each path, and the diff that takes the place of the first output, if any.
    """
    if fixing.diff:
        from advisor.cli.fixes import diff_paths

        return diff_paths(loaded, fixing)
    if fixing.write:
        from advisor.cli.fixes import fix_paths

        return list(fix_paths(loaded, fixing)), None
    from advisor.audit import audit_path

    return [audit_path(path, one.given, one.rules) for path, one in loaded.items()], None


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _fail_on(option: object, settings: Settings) -> Severity | None:
    return parse_fail_on(option) if isinstance(option, str) else settings.fail_on


def _shown(option: object, settings: Settings) -> Severity:
    return parse_severity(option) if isinstance(option, str) else settings.min_severity


def _fixing(options: Mapping[str, Option]) -> Fixing:
    diff, write = bool(options["diff"]), bool(options["fix"])
    if diff and write:
        raise UsageError("--diff shows the fixes and --fix makes them", hint="choose one of them")
    # In the environment it may stand for good, and then it says how to fix, not that one should.
    said = click.get_current_context().get_parameter_source("unsafe_fixes")
    if said is ParameterSource.COMMANDLINE and not (diff or write):
        raise UsageError("--unsafe-fixes alone does nothing", hint="add --diff or --fix")
    return Fixing(diff=diff, write=write, unsafe=bool(options["unsafe_fixes"]))


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


def _write(
    output: Output,
    reports: Sequence[Report],
    color: str,
    levels: tuple[Severity, Severity | None],
) -> None:
    terminal = output.path is None
    options = RenderOptions(
        color=use_color(sys.stdout, color) if terminal else color == "always",
        width=width(sys.stdout) if terminal else 100,
        min_severity=levels[0],
        fail_on=levels[1],
    )
    _put(render(output.format, reports, options).encode("utf-8"), output.path)


def _put(data: bytes, path: Path | None) -> None:
    if path is None:
        click.echo(data, nl=False, color=True)
        return
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", path=str(path)) from error


def _fails(report: Report, fail_on: Severity | None) -> bool:
    return fail_on is not None and any(
        finding.severity.at_least(fail_on) for finding in report.findings
    )
