"""
Options that are keys of ``advisor.toml`` as well: which rules count, what is shown, what fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from advisor.cli.options import COLOR
from advisor.config import FAIL_ON, Layer, Settings, load_settings
from advisor.errors import ConfigError
from advisor.model import Confidence, Severity
from advisor.policy.choice import PROFILES
from advisor.report.options import RenderOptions

F = TypeVar("F", bound=Callable[..., Any])

_SEVERITIES = [str(severity) for severity in Severity]
_CHOICES: Mapping[str, Callable[[Any], Any]] = {
    "select": click.option(
        "--select",
        envvar="ADVISOR_SELECT",
        multiple=True,
        metavar="RULES",
        help="Try only these: codes, beginnings of codes, names, ALL; comma-separated.",
    ),
    "extend-select": click.option(
        "--extend-select",
        envvar="ADVISOR_EXTEND_SELECT",
        multiple=True,
        metavar="RULES",
        help="Try these as well.",
    ),
    "ignore": click.option(
        "--ignore",
        envvar="ADVISOR_IGNORE",
        multiple=True,
        metavar="RULES",
        help="Do not try these. The most specific one of all these options decides.",
    ),
    "profile": click.option(
        "--profile",
        envvar="ADVISOR_PROFILE",
        type=click.Choice(PROFILES),
        help="Which rules are tried and shown, and when a build fails.  [default: recommended]",
    ),
    "severity": click.option(
        "--severity",
        envvar="ADVISOR_SEVERITY",
        multiple=True,
        metavar="RULES=LEVEL",
        help="Another severity for the findings of these rules; repeatable.",
    ),
    "fail-on": click.option(
        "--fail-on",
        envvar="ADVISOR_FAIL_ON",
        type=click.Choice(FAIL_ON),
        help="Exit with 1 when there is a finding this bad or worse.  [default: high]",
    ),
    "min-severity": click.option(
        "--min-severity",
        envvar="ADVISOR_MIN_SEVERITY",
        type=click.Choice(_SEVERITIES),
        help="Show findings from this severity on.  [default: low]",
    ),
    "min-confidence": click.option(
        "--min-confidence",
        envvar="ADVISOR_MIN_CONFIDENCE",
        type=click.Choice([str(confidence) for confidence in Confidence]),
        help="Show and count findings that are this sure or surer.  [default: possible]",
    ),
}
"""By the key of ``advisor.toml``, in the order of ``--help``."""
BASELINE = click.option(
    "--baseline",
    envvar="ADVISOR_BASELINE",
    type=click.Path(path_type=Path),
    help="Findings of this file are known already: counted, not reported.",
)


def choice_options(function: F) -> F:
    """
    What decides which rules are tried, which findings are shown, and when a build fails.
    """
    for option in reversed([*_CHOICES.values()]):
        function = option(function)
    return function


def report_options(function: F) -> F:
    """
    As `choice_options`, with the colour.
    """
    return choice_options(COLOR(function))


def stated_layer() -> Layer:
    """
    What the options of the running command, or their variables, say instead of files.
    """
    context = click.get_current_context()
    data: dict[str, object] = {}
    names: dict[str, str] = {}
    for key in (*_CHOICES, "baseline"):
        name = key.replace("-", "_")
        source = context.get_parameter_source(name)
        value = context.params.get(name)
        if source in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT) and value:
            variable = source is ParameterSource.ENVIRONMENT
            names[key] = f"ADVISOR_{name.upper()}" if variable else f"--{key}"
            data[key] = _value(value, names[key])
    return Layer(data, Path.cwd(), names=names)


def load_all(
    paths: Sequence[Path], host: Sequence[str], target: Sequence[str], path_map: Sequence[str]
) -> dict[Path, Settings]:
    """
    The settings of each path, the current folder when there is none; options win over files.
    """
    options = {"host": host, "target": target, "path_map": path_map}
    stated = stated_layer()
    return {path: load_one(path, stated, options) for path in paths or (Path(),)}


def load_one(path: Path, stated: Layer, options: Mapping[str, Iterable[str]]) -> Settings:
    """
    The settings of one path. `options` are those of `deployment_options`.
    """
    folder = path if path.is_dir() else path.parent
    return load_settings(folder, stated=stated, **options)


def render_options(settings: Settings, *, show_suppressed: bool = False) -> RenderOptions:
    """
    What the settings say about reports.
    """
    return RenderOptions(
        min_severity=settings.min_severity,
        fail_on=settings.fail_on,
        min_confidence=settings.min_confidence,
        show_suppressed=show_suppressed,
    )


def _value(value: object, name: str) -> object:
    if not isinstance(value, tuple):
        return str(value)
    parts = [part.strip() for text in value for part in text.split(",") if part.strip()]
    return dict(_level(part, name) for part in parts) if name.endswith(_PAIRS) else parts


_PAIRS = ("--severity", "ADVISOR_SEVERITY")


def _level(text: str, name: str) -> tuple[str, str]:
    code, sign, level = (part.strip() for part in text.partition("="))
    if not sign or not code or not level:
        raise ConfigError(f"{name} takes RULES=LEVEL, got {text[:60]!r}", hint="as in PG101=low")
    return code, level
