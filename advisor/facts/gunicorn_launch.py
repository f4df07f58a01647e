"""
How gunicorn applications are started, and where their files and command lines disagree.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from advisor.catalog import gunicorn as catalog
from advisor.catalog.gunicorn import Kind, Version
from advisor.deployment.model import Application
from advisor.facts.common import computed
from advisor.model import Location, Origin, Unknown, Value
from advisor.model.subject import Fact, Subject
from advisor.parsers.gunicorn import Flag, GunicornCommand, Layer, Refused, Stated

_SCALARS = frozenset({Kind.ACCOUNT, Kind.BOOL, Kind.CHOICE, Kind.CLASS, Kind.INT, Kind.STRING})
_HOOKS = ("post_fork", "post_worker_init")
_KNOWN_ROOTS = frozenset({"logging", "os", "print", "server", "worker"})
"""What a hook may call without touching an engine."""
_LOGGING = ("logconfig", "logconfig_dict", "logconfig_json", "logger_class", "syslog")
"""Settings that may send the access log elsewhere."""
_PLACES = frozenset({"config", "chdir", "check_config", "print_config", "proc_name", "pidfile"})
"""Settings of one start, not of the application: no wonder that they differ."""


def launch_facts(application: Application) -> dict[str, Fact]:
    """
    Facts under ``gunicorn.`` about the way it is started.
    """
    launch = application.launch
    return {
        "gunicorn.supervised": computed(launch.supervised),
        "gunicorn.development": computed(launch.development),
        "gunicorn.exposed": launch.exposed,
        "gunicorn.tmp_in_memory": computed(launch.tmp_in_memory),
        "gunicorn.logs_requests": _logs_requests(application),
        "gunicorn.trusts_everyone": _trusts_everyone(application),
        "gunicorn.disposes": _disposes(application),
        "gunicorn.psycogreen": _psycogreen(application),
    }


def _logs_requests(application: Application) -> Fact:
    """
    Whether requests are logged: by accesslog, or as a logging configuration of its own says.
    """
    settings = application.settings
    accesslog = settings.setting("accesslog")
    if isinstance(accesslog, Unknown) or any(map(settings.stated, _LOGGING)):
        place = accesslog.location if isinstance(accesslog, Unknown) else None
        return Unknown("the logging configuration is not evaluated", place)
    return Value(bool(accesslog.value), accesslog.origin, accesslog.location)


def _trusts_everyone(application: Application) -> Fact:
    value = application.settings.setting("forwarded_allow_ips")
    if isinstance(value, Unknown):
        return value
    stated = application.settings.stated("forwarded_allow_ips")
    place = (stated[0].location if stated else None) or value.location
    return Value("*" in value.value, value.origin, place, value.note)


def _psycogreen(application: Application) -> Fact:
    """
    Whether psycopg2 can be made to yield to gevent: psycogreen is installed, or named in its file.
    """
    document = application.settings.document
    if document is not None and any("psycogreen" in one for one in document.values.source.lines):
        return computed(True)
    if not application.packages:
        return Unknown("the packages that it is installed with are not listed")
    return computed("psycogreen" in application.packages)


def _disposes(application: Application) -> Fact:
    """
    Whether the hook after a fork disposes of an engine; unknown where it calls what is elsewhere.
    """
    document = application.settings.document
    if document is None:
        return computed(False)
    hooks = [document.settings[name] for name in _HOOKS if name in document.settings]
    source = document.values.source
    own = {node.name: node for node in source.tree.body if isinstance(node, ast.FunctionDef)}
    if document.problems or document.opened or any(one.setting.name not in own for one in hooks):
        return Unknown("the hooks of gunicorn are not all in its file")
    nodes = [node for one in hooks for node in ast.walk(own[one.setting.name])]
    calls = [node.func for node in nodes if isinstance(node, ast.Call)]
    if any(isinstance(one, ast.Attribute) and one.attr == "dispose" for one in calls):
        return computed(True)
    if any(_root(one) not in _KNOWN_ROOTS for one in calls):
        return Unknown("what the hooks of gunicorn call is not followed")
    return computed(False)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def events(application: Application, facts: Mapping[str, Fact]) -> Iterator[Subject]:
    """
    Values that stop gunicorn, flags given twice, settings overridden, files nobody loads.
    """
    yield from _refused(application, facts)
    yield from _repeated(application, facts)
    yield from _overridden(application, facts)
    for path in application.launch.unloaded:
        place = Location(path, 1)
        own: dict[str, Fact] = {
            "unloaded.path": Value(path, Origin.LITERAL, place),
            "unloaded.name": computed(PurePosixPath(path).name),
        }
        yield _subject("gunicorn.unloaded", path, {**own, **facts}, place)


def _subject(target: str, name: str, facts: Mapping[str, Fact], place: Location) -> Subject:
    return Subject(target, name, facts, place, place.path)


def _refused(application: Application, facts: Mapping[str, Fact]) -> Iterator[Subject]:
    cpus = facts.get("host.cpus")
    known = int(cpus.value) if isinstance(cpus, Value) and isinstance(cpus.value, int) else None
    for one in application.settings.refused(cpus=known):
        if one.location is None or not _is_certain(application, one):
            continue
        own: dict[str, Fact] = {
            "refused.setting": Value(one.setting, Origin.LITERAL, one.location),
            "refused.reason": computed(one.reason),
        }
        name = one.setting or "command line"
        yield _subject("gunicorn.refused", name, {**own, **facts}, one.location)


def _is_certain(application: Application, refused: Refused) -> bool:
    """
    Whether every release that may run refuses it, whatever variables are set to.
    """
    if refused.assumed or refused.location in application.assumed:
        return False
    if isinstance(application.version, Value):
        version = application.version.value
        return version[:2] <= catalog.latest() and (
            bool(refused.setting) or _refuses_flag(refused.reason, version)
        )
    if not refused.setting:
        return False
    setting = catalog.settings()[refused.setting]
    same = len({(form.kind, form.choices) for form in setting.forms}) == 1
    return same and setting.since <= catalog.oldest() and setting.until is None


def _refuses_flag(reason: str, version: Version) -> bool:
    """
    Whether what the newest release says of a command line holds for an older one.
    """
    flag = reason.partition(" ")[0]
    setting = catalog.by_flag(flag)
    if reason.endswith("is ambiguous"):
        return version[:2] == catalog.latest()
    return setting is None or setting.form(version) is None or "is no flag" not in reason


def _repeated(application: Application, facts: Mapping[str, Fact]) -> Iterator[Subject]:
    for command in _commands(application):
        for flags in command.repeated():
            texts = [flag.text or "" for flag in flags]
            if len(set(texts)) == 1 or any(_is_guessed(application, flag) for flag in flags):
                continue
            last = flags[-1]
            own: dict[str, Fact] = {
                "repeated.flag": Value(last.written, Origin.LITERAL, last.location),
                "repeated.setting": computed(last.setting.name),
                "repeated.first": Value(texts[0], Origin.LITERAL, flags[0].location),
                "repeated.last": Value(texts[-1], Origin.LITERAL, last.location),
            }
            yield _subject("gunicorn.repeated", last.written, {**own, **facts}, last.location)


def _is_guessed(application: Application, flag: Flag) -> bool:
    return flag.location in application.assumed


def _commands(application: Application) -> Iterator[GunicornCommand]:
    for command in (application.settings.cmd_args, application.settings.command):
        if command is not None:
            yield command


def _overridden(application: Application, facts: Mapping[str, Fact]) -> Iterator[Subject]:
    """
    Settings that two places state differently, both of them plainly.
    """
    settings = application.settings
    for name in catalog.defaults(settings.version):
        pair = _pair(application, name)
        here, there = ((settings.at(name, one.layer) if one else None) for one in pair)
        top, below = pair
        if top is None or below is None or top.location is None:
            continue
        if not isinstance(here, Value) or not isinstance(there, Value):
            continue
        if here.value == there.value or Origin.ASSUMED in (here.origin, there.origin):
            continue
        place = below.location or top.location
        own: dict[str, Fact] = {
            "overridden.setting": Value(name, Origin.LITERAL, place),
            "overridden.stated": Value(below.written, Origin.LITERAL, place),
            "overridden.value": Value(str(there.value), there.origin, below.location),
            "overridden.by": Value(top.written, Origin.LITERAL, top.location),
            "overridden.to": Value(str(here.value), here.origin, top.location),
            "overridden.layer": computed(str(top.layer)),
        }
        yield _subject("gunicorn.overridden", name, {**own, **facts}, place)


def _pair(application: Application, name: str) -> tuple[Stated | None, Stated | None]:
    """
    The place that counts for a plain setting, and the next one below it in precedence.
    """
    settings = application.settings
    form = catalog.settings()[name].form(settings.version)
    places = settings.stated(name)
    if form is None or form.kind not in _SCALARS or name in _PLACES or not places:
        return None, None
    top = places[0]
    below = next((one for one in places if one.layer is not top.layer), None)
    if below is None or {top.location, below.location} & application.assumed:
        return None, None
    read = below.layer is Layer.ENVIRONMENT and settings.reads(name, below.written)
    return (None, None) if read or below.written in application.assumed else (top, below)
