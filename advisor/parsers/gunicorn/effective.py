"""
What is in force: defaults, environment, configuration file and command line put together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, ClassVar

from msgspec import Struct, field
from msgspec.structs import replace

from advisor.catalog import gunicorn as catalog
from advisor.catalog.gunicorn import Arity, GunicornSetting, Kind, Version
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.discreet import Discreet
from advisor.parsers.gunicorn.coerce import RefusedError, coerce, coerce_text
from advisor.parsers.gunicorn.command import Flag, GunicornCommand
from advisor.parsers.gunicorn.document import GunicornDocument, SettingValue
from advisor.parsers.gunicorn.shelltext import evaluate_text
from advisor.parsers.pyeval import (
    ANY_VARIABLE,
    Code,
    EnvDependent,
    Known,
    Outcome,
    PerCpu,
    Taint,
    Undecided,
    describe,
    settle,
)

Setting = Value[Any] | Unknown


class Layer(StrEnum):
    """
    Where a setting can be stated, weakest first.
    """

    ENVIRONMENT = "environment"
    """``WEB_CONCURRENCY``, ``PORT``, ``FORWARDED_ALLOW_IPS``, ``SENDFILE``."""
    FILE = "file"
    CMD_ARGS = "GUNICORN_CMD_ARGS"
    COMMAND = "command line"


class Stated(Struct, frozen=True):
    """
    One place that states a setting.
    """

    layer: Layer
    location: Location | None
    """The whole assignment or flag; None for a variable."""
    written: str
    """How the setting is named there: ``workers``, ``--workers``, ``WEB_CONCURRENCY``."""


class Refused(Struct, frozen=True):
    """
    A value over which gunicorn does not start.
    """

    setting: str
    """Empty for the command line as a whole."""
    reason: str
    location: Location | None
    assumed: bool = False
    """Whether it is only refused as long as a variable is not set that no file states."""


class Effective(Discreet, frozen=True, eq=False):
    """
    The settings of one gunicorn, by the order of precedence of its documentation.

    Low to high: default, variables of the environment, configuration file, GUNICORN_CMD_ARGS,
    command line. Lists of the command line replace those of the file as a whole.
    """

    untold: ClassVar[frozenset[str]] = frozenset({"_known"})

    document: GunicornDocument | None
    command: GunicornCommand | None
    cmd_args: GunicornCommand | None
    env: Mapping[str, str]
    version: Version | None
    _known: dict[tuple[str, int | None], Setting] = field(default_factory=dict)
    """Settings already worked out: every layer of facts asks for the same ones."""

    def setting(self, name: str, *, cpus: int | None = None) -> Setting:
        """
        One setting as gunicorn would hold it.

        Unknown when it cannot be told, when it follows from the number of cpus and `cpus` is
        None, when gunicorn refuses it, or when this release has no such setting. Raises
        `KeyError` for a name that is no setting of any release.
        """
        if (name, cpus) not in self._known:
            self._known[name, cpus] = self._setting(name, cpus)
        return self._known[name, cpus]

    def _setting(self, name: str, cpus: int | None) -> Setting:
        found = catalog.settings()[name]
        if found.form(self.version) is None:
            return Unknown(f"is no setting of gunicorn {self._release()}")
        flags = self._flags(name)
        if flags:
            return self._by_flags(found, flags, cpus)
        stated = self.document.settings.get(name) if self.document is not None else None
        if stated is not None and self._is_set(stated, cpus):
            return self._by_file(found, stated, cpus)
        if self.document is not None and (self.document.problems or self.document.opened):
            return _not_told(self.document)
        if opened := self._opened():
            return Unknown(*opened)
        return self._default(found, stated)

    def _opened(self) -> tuple[str, Location] | None:
        """
        Why arguments are not all known, and where they come from.
        """
        commands = (one for one in (self.command, self.cmd_args) if one is not None)
        return next(((one.doubt, one.opened) for one in commands if one.opened), None)

    def settings(self, *, cpus: int | None = None) -> dict[str, Setting]:
        """
        Every setting of this release by name.
        """
        names = catalog.defaults(self.version)
        return {name: self.setting(name, cpus=cpus) for name in names}

    def stated(self, name: str) -> tuple[Stated, ...]:
        """
        All places that state a setting, the one that counts first.
        """
        return tuple(reversed(list(self._stated(name))))

    def from_cpus(self, name: str) -> bool:
        """
        Whether a setting follows from the number of cpus.
        """
        outcome = self._outcome(name)
        if isinstance(outcome, EnvDependent):
            outcome = outcome.default
        return isinstance(outcome, PerCpu)

    def worker_class(self, *, cpus: int | None = None) -> Value[str] | Unknown:
        """
        The kind of worker that runs, as `advisor.catalog.gunicorn.effective_class` names it.
        """
        stated = self.setting("worker_class", cpus=cpus)
        threads = self.setting("threads", cpus=cpus)
        if isinstance(stated, Unknown) or not isinstance(stated.value, str):
            return stated if isinstance(stated, Unknown) else Unknown("is no name", stated.location)
        kind = catalog.effective_class(stated.value)
        if kind != "sync":
            return replace(stated, value=kind)
        if isinstance(threads, Unknown):
            return Unknown(threads.reason, threads.location, threads.needs)
        if threads.value > 1:
            note = f"gthread, because threads is {threads.value}"
            weaker = max((stated, threads), key=lambda value: list(Origin).index(value.origin))
            return Value("gthread", weaker.origin, threads.location, note)
        return replace(stated, value=kind)

    def refused(self, *, cpus: int | None = None) -> Iterator[Refused]:
        """
        Values over which gunicorn of this release does not start, overridden ones included.
        """
        for name, layer, outcome in self._all_values(cpus):
            if isinstance(outcome, Unknown) and outcome.reason.startswith(_REFUSED):
                reason = outcome.reason.removeprefix(_REFUSED)
                yield Refused(name, reason, outcome.location, self._is_open(name, layer))
        for command in (self.cmd_args, self.command):
            for reason in command.refused if command is not None else ():
                yield Refused("", reason, command.location if command is not None else None)

    def at(self, name: str, layer: Layer, *, cpus: int | None = None) -> Setting | None:
        """
        What one place says of a setting, overridden or not; None when it says nothing.
        """
        stated = self.document.settings.get(name) if self.document is not None else None
        if layer is Layer.FILE:
            is_set = stated is not None and self._is_set(stated, cpus)
            return self._by_file(stated.setting, stated, cpus) if stated and is_set else None
        setting = catalog.settings()[name]
        if layer is Layer.ENVIRONMENT:
            stated_there = setting.variable and setting.variable in self._environment()
            return self._from_variable(setting) if stated_there else None
        command = self.command if layer is Layer.COMMAND else self.cmd_args
        flags = command.given(name) if command is not None else ()
        return self._by_flags(setting, flags, cpus) if flags else None

    def reads(self, name: str, variable: str) -> bool:
        """
        Whether the file makes a setting out of an environment variable.
        """
        stated = self.document.settings.get(name) if self.document is not None else None
        outcome = stated.outcome if stated is not None else None
        inner = outcome.default if isinstance(outcome, EnvDependent) else outcome
        taint = inner.taint if isinstance(inner, Known | Undecided) else Taint()
        return variable in taint.stated

    def _is_open(self, name: str, layer: Layer) -> bool:
        stated = self.document.settings.get(name) if self.document is not None else None
        if layer is Layer.FILE:
            return stated is not None and isinstance(stated.outcome, EnvDependent)
        command = self.command if layer is Layer.COMMAND else self.cmd_args
        texts = (flag.text for flag in command.given(name)) if command is not None else ()
        return any("$" in text or "`" in text for text in texts if text)

    def _all_values(self, cpus: int | None) -> Iterator[tuple[str, Layer, Setting]]:
        """
        What every place says, one by one: gunicorn checks each before the next overrides it.
        """
        for name in catalog.defaults(self.version):
            yield name, Layer.ENVIRONMENT, self._from_variable(catalog.settings()[name])
            stated = self.document.settings.get(name) if self.document is not None else None
            if stated is not None and self._is_set(stated, cpus):
                yield name, Layer.FILE, self._by_file(stated.setting, stated, cpus)
            for layer, command in self._commands():
                for flag in command.given(name):
                    yield name, layer, self._by_flags(flag.setting, (flag,), cpus)

    def _is_set(self, stated: SettingValue, cpus: int | None) -> bool:
        """
        Whether the file sets it: some settings exist for some numbers of cpus only.
        """
        outcome = stated.outcome
        inner = outcome.default if isinstance(outcome, EnvDependent) else outcome
        if cpus is None or not isinstance(inner, PerCpu) or self.document is None:
            return not stated.absent
        return self.document.values.is_set(stated.setting.name, cpus=cpus)

    def _flags(self, name: str) -> tuple[Flag, ...]:
        for command in (self.command, self.cmd_args):
            flags = command.given(name) if command is not None else ()
            if flags:
                return flags
        return ()

    def _by_flags(
        self, setting: GunicornSetting, flags: tuple[Flag, ...], cpus: int | None
    ) -> Setting:
        form = setting.form(self.version)
        arity = form.arity if form is not None else Arity.ONE
        last = flags[-1]
        if arity in {Arity.ON, Arity.OFF}:
            return Value(arity is Arity.ON, Origin.LITERAL, last.location)
        if arity is not Arity.APPEND:
            return self._by_flag(setting, last, cpus)
        items = [self._by_flag(setting, flag, cpus) for flag in flags]
        unknown = next((item for item in items if isinstance(item, Unknown)), None)
        values = [item for item in items if isinstance(item, Value)]
        if unknown is not None:
            return unknown
        weakest = max(values, key=lambda value: list(Origin).index(value.origin))
        return replace(weakest, value=[part for item in values for part in item.value])

    def _by_flag(self, setting: GunicornSetting, flag: Flag, cpus: int | None) -> Setting:
        if flag.text is None:
            # ``--proxy-protocol`` alone means auto.
            return Value("auto", Origin.LITERAL, flag.location)
        outcome = evaluate_text(flag.text, flag.location, self._environment())
        value = settle(outcome, flag.location, cpus=cpus)

        def convert(text: object) -> object:
            return _without_secrets(setting, coerce_text(setting, str(text), version=self.version))

        return _converted(replace(value, location=flag.location), convert)

    def _by_file(self, setting: GunicornSetting, stated: SettingValue, cpus: int | None) -> Setting:
        named = _code(stated.outcome)
        form = setting.form(self.version)
        kind = form.kind if form is not None else Kind.ANY
        if named is not None and (kind is Kind.CALLABLE or (kind is Kind.CLASS and named.is_class)):
            return Value(named.name, Origin.LITERAL, stated.location)

        def convert(value: object) -> object:
            return _without_secrets(setting, coerce(setting, value, version=self.version))

        value = _converted(settle(stated.outcome, stated.location, cpus=cpus), convert)
        return _named(value) if isinstance(value, Value) else value

    def _default(self, setting: GunicornSetting, absent: SettingValue | None) -> Setting:
        value = self._from_variable(setting)
        if isinstance(value, Unknown) or self.document is None:
            return value
        variables = frozenset({ANY_VARIABLE}) if self.document.env_opened else frozenset()
        if absent is not None and isinstance(absent.outcome, EnvDependent):
            variables |= frozenset(absent.outcome.variables)
        if not variables:
            return value
        note = f"{value.note}, {describe(Taint(assumed=variables), None, None)}"
        place = absent.statement if absent is not None else None
        return replace(value, origin=Origin.ASSUMED, location=place, note=note)

    def _from_variable(self, setting: GunicornSetting) -> Setting:
        stated = self._environment().get(setting.variable) if setting.variable else None
        form = setting.form(self.version)
        if stated is None or form is None:
            default = form.default if form is not None else None
            if default is not None:
                default = coerce(setting, default, version=self.version)
            return Value(default, Origin.DEFAULT, None, f"default of gunicorn {self._release()}")
        note = f"with {setting.variable} as stated"
        value = Value(stated, Origin.EVALUATED, None, note)
        return _converted(value, _VARIABLES[setting.variable])

    def _outcome(self, name: str) -> Outcome | None:
        flags = self._flags(name)
        if flags:
            text = flags[-1].text
            return evaluate_text(text, flags[-1].location, self._environment()) if text else None
        stated = self.document.settings.get(name) if self.document is not None else None
        return stated.outcome if stated is not None else None

    def _stated(self, name: str) -> Iterator[Stated]:
        variable = catalog.settings()[name].variable
        if variable and variable in self._environment():
            yield Stated(Layer.ENVIRONMENT, None, variable)
        stated = self.document.settings.get(name) if self.document is not None else None
        if stated is not None and not stated.absent:
            yield Stated(Layer.FILE, stated.statement, name)
        for layer, command in self._commands():
            for flag in command.given(name):
                yield Stated(layer, flag.location, flag.written)

    def _commands(self) -> Iterator[tuple[Layer, GunicornCommand]]:
        layers = ((Layer.CMD_ARGS, self.cmd_args), (Layer.COMMAND, self.command))
        return ((layer, command) for layer, command in layers if command is not None)

    def _environment(self) -> Mapping[str, str]:
        return {**self.env, **self.command.environment} if self.command is not None else self.env

    def _release(self) -> str:
        return ".".join(str(part) for part in (self.version or catalog.latest())[:2])


def effective(
    document: GunicornDocument | None,
    command: GunicornCommand | None,
    cmd_args: GunicornCommand | None,
    env: Mapping[str, str] | None = None,
    *,
    version: Version | None = None,
) -> Effective:
    """
    Put together what a gunicorn is told from all sides; None for a side that says nothing.

    `env` holds the variables of its process as far as deployment files state them. `version`
    chooses defaults and validators; None is the newest release.
    """
    return Effective(document, command, cmd_args, dict(env or {}), version)


_REFUSED = "gunicorn refuses it: "


def _converted(value: Setting, convert: Callable[[object], object]) -> Setting:
    if isinstance(value, Unknown):
        return value
    try:
        return replace(value, value=convert(value.value))
    except RefusedError as error:
        return Unknown(f"{_REFUSED}{error}", value.location)


def _without_secrets(setting: GunicornSetting, value: Any) -> Any:  # noqa: ANN401 - of many types
    """
    The value as it may be shown: of ``raw_env`` the names of the variables only.
    """
    if setting.name != "raw_env" or not isinstance(value, list):
        return value
    return [f"{str(item).partition('=')[0]}=***" for item in value]


def _named(value: Value[Any]) -> Value[Any]:
    return replace(value, value=value.value.name) if isinstance(value.value, Code) else value


def _code(outcome: Outcome) -> Code | None:
    if isinstance(outcome, EnvDependent):
        outcome = outcome.default if isinstance(outcome.default, Known) else outcome
    if isinstance(outcome, Known) and isinstance(outcome.value, Code):
        return outcome.value
    return None


def _not_told(document: GunicornDocument) -> Unknown:
    if document.problems:
        problem = document.problems[0]
        return Unknown("the configuration file cannot be read", problem.location)
    return Unknown("may be set by names that come from elsewhere", document.opened)


def _concurrency(text: object) -> int:
    try:
        return int(str(text))
    except ValueError:
        raise RefusedError(f"WEB_CONCURRENCY={text!r} is no whole number") from None


_VARIABLES: Mapping[str, Callable[[object], object]] = {
    "FORWARDED_ALLOW_IPS": lambda text: coerce(
        catalog.settings()["forwarded_allow_ips"], str(text)
    ),
    "PORT": lambda text: [f"0.0.0.0:{text}"],
    "SENDFILE": lambda text: str(text).lower() in {"y", "1", "yes", "true"},
    "WEB_CONCURRENCY": _concurrency,
}
"""What gunicorn makes of the variables that replace a default."""
