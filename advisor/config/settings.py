"""
From layers to checked settings. The nearer layer wins: the command line, the closest file, the
files that it extends, the profile, the defaults.

Tables are merged key by key; ``ignore``, ``extend-select`` and ``rules`` add up; anything else
replaces what is farther away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.config.given import given_from, mapped_paths, with_options
from advisor.config.keys import check_layer, parse_day
from advisor.config.layers import FILE, Layer, file_layers, parse
from advisor.config.words import parse_confidence, parse_fail_on, parse_severity
from advisor.errors import ConfigError
from advisor.model import Confidence, Given, Severity
from advisor.parsers.redaction import redact
from advisor.policy.choice import ESSENTIAL, RECOMMENDED, STRICT, Choice, Selector
from advisor.policy.model import Accepted, PathSeverity, Policy

DEFAULTS: Mapping[str, Any] = {
    "profile": RECOMMENDED,
    "fail-on": "high",
    "min-severity": "low",
    "min-confidence": "possible",
    "require-reason": False,
}
PROFILE_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    ESSENTIAL: {"min-severity": "high"},
    RECOMMENDED: {},
    STRICT: {"fail-on": "medium", "min-severity": "info", "require-reason": True},
}
"""What a profile changes besides the rules it holds."""
TABLES = ("severity", "params", "host", "target", "path-map")
LISTS = ("ignore", "extend-select", "rules")


class Settings(Struct, frozen=True):
    """
    Everything the user chose, defaults filled in.
    """

    given: Given = field(default_factory=Given)
    fail_on: Severity | None = Severity.HIGH
    """None: never fail because of findings."""
    min_severity: Severity = Severity.LOW
    rules: tuple[Path, ...] = ()
    """Folders with the user's own rules."""
    min_confidence: Confidence = Confidence.POSSIBLE
    baseline: Path | None = None
    policy: Policy = field(default_factory=Policy)


def load_settings(
    folder: Path,
    *,
    host: Iterable[str] = (),
    target: Iterable[str] = (),
    path_map: Iterable[str] = (),
    stated: Layer | None = None,
) -> Settings:
    """
    Settings for one deployment: the closest ``advisor.toml`` upwards, overridden by options.

    `stated` are the options that are keys of the file as well. Raises `ConfigError` for anything
    that is not understood.
    """
    settings = _settings(load_layers(folder, stated))
    return replace(settings, given=with_options(settings.given, host, target, path_map))


def settings_of(text: str) -> Settings:
    """
    Settings from the text of an ``advisor.toml`` that is no file. Raises `ConfigError`.
    """
    layer = Layer(parse(text, FILE), Path(), FILE)
    return _settings(_with_defaults([layer]))


def load_layers(folder: Path, stated: Layer | None = None) -> list[Layer]:
    """
    All that is said about a deployment, the weakest first. Raises `ConfigError`.
    """
    return _with_defaults([*file_layers(folder), *([stated] if stated else [])])


def _with_defaults(layers: list[Layer]) -> list[Layer]:
    for layer in layers:
        try:
            check_layer(layer.data)
        except ConfigError as error:
            path = layer.file or None
            raise ConfigError(error.message, path=path, hint=error.hint) from error
    profile = str(last(layers, "profile", RECOMMENDED))
    said = PROFILE_SETTINGS[profile]
    of_profile = Layer(said, Path(), names=dict.fromkeys(said, f"profile {profile}"))
    defaults = Layer(DEFAULTS, Path(), names=dict.fromkeys(DEFAULTS, "default"))
    return [defaults, of_profile, *layers]


def last(layers: Sequence[Layer], key: str, otherwise: object = None) -> Any:  # noqa: ANN401 - as written
    """
    What the nearest layer says.
    """
    return next((one.data[key] for one in reversed(layers) if key in one.data), otherwise)


def merged(layers: Iterable[Layer], key: str) -> dict[str, Any]:
    """
    A table, put together key by key.
    """
    return {name: value for one in layers for name, value in one.data.get(key, {}).items()}


def _settings(layers: list[Layer]) -> Settings:
    given = given_from(merged(layers, "host"), merged(layers, "target"))
    rules = (one.folder / name for one in layers for name in one.data.get("rules", ()))
    baseline = [one.folder / one.data["baseline"] for one in layers if "baseline" in one.data]
    return Settings(
        given=replace(given, path_map=mapped_paths(merged(layers, "path-map"))),
        fail_on=parse_fail_on(str(last(layers, "fail-on"))),
        min_severity=parse_severity(str(last(layers, "min-severity"))),
        min_confidence=parse_confidence(str(last(layers, "min-confidence"))),
        rules=tuple(rules),
        baseline=baseline[-1] if baseline else None,
        policy=Policy(
            choice=_choice(layers),
            accepted=tuple(_accepted(layers)),
            severities=tuple(_path_severities(layers)),
            require_reason=bool(last(layers, "require-reason")),
        ),
    )


def _choice(layers: list[Layer]) -> Choice:
    """
    A profile that is chosen nearer than ``select`` takes its place.
    """
    nearest = {key: _depth(layers, key) for key in ("select", "profile", "params")}
    narrow = nearest["select"] >= nearest["profile"]
    on = [*_selectors(layers[nearest["select"] :][:1], "select")] if narrow else []
    return Choice(
        profile=str(last(layers, "profile")),
        narrow=narrow,
        on=(*on, *_selectors(layers, "extend-select")),
        off=tuple(one for one in _selectors(layers, "ignore") if one.text),
        severities=tuple(
            (_selector(name, layers, number, "severity"), parse_severity(str(level)))
            for number, layer in enumerate(layers)
            for name, level in layer.data.get("severity", {}).items()
        ),
        params=_params(layers),
        params_said=layers[nearest["params"]].said("params") if nearest["params"] >= 0 else "",
    )


def _depth(layers: list[Layer], key: str) -> int:
    return max((number for number, one in enumerate(layers) if key in one.data), default=-1)


def _params(layers: Iterable[Layer]) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    for layer in layers:
        for code, values in layer.data.get("params", {}).items():
            found.setdefault(code, {}).update(values)
    return found


def _selectors(layers: list[Layer], key: str) -> Iterator[Selector]:
    for number, layer in enumerate(layers):
        for entry in layer.data.get(key, ()):
            if isinstance(entry, str):
                yield _selector(entry, layers, number, key)


def _selector(text: str, layers: list[Layer], number: int, key: str) -> Selector:
    """
    Files are one layer: what an extended file ignores is not turned on by an equal selector.
    """
    layer = layers[number]
    return Selector(text, layer.said(key), 0 if layer.file else 1)


def _accepted(layers: list[Layer]) -> Iterator[Accepted]:
    for layer in layers:
        for entry in layer.data.get("ignore", ()):
            if isinstance(entry, dict):
                yield Accepted(
                    rule=Selector(entry["rule"], layer.said("ignore")),
                    path=entry.get("path", ""),
                    reason=redact(entry.get("reason", "")),
                    until=parse_day(entry["until"]) if "until" in entry else None,
                    file=layer.file,
                    folder=layer.folder,
                )
        for path, said in layer.data.get("paths", {}).items():
            for code in said.get("ignore", ()):
                rule = Selector(code, layer.said(f'paths."{path}"'))
                yield Accepted(
                    rule=rule, path=path, file=layer.file, folder=layer.folder, entry=False
                )


def _path_severities(layers: list[Layer]) -> Iterator[PathSeverity]:
    for layer in layers:
        for path, said in layer.data.get("paths", {}).items():
            for code, level in said.get("severity", {}).items():
                rule = Selector(code, layer.said(f'paths."{path}"'))
                yield PathSeverity(path, rule, parse_severity(str(level)), layer.folder)
