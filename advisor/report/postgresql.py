"""
The fixes of PostgreSQL's settings, ready to run (``sql``) or to paste (``conf``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct, field

from advisor.catalog.postgresql import QUOTED_LISTS
from advisor.model import Apply, Change, Finding, Report, Safety
from advisor.report.cells import escape, one_line
from advisor.report.masking import mask
from advisor.report.options import RenderOptions
from advisor.report.summary import shown

_PROGRAM = "postgresql"


class _Setting(Struct):
    """
    One setting of one server, and the findings that ask for it, the most important one first.
    """

    change: Change
    findings: list[Finding] = field(default_factory=list)
    others: list[tuple[str, str]] = field(default_factory=list)
    """Other values that less important findings ask for, with their codes."""

    @property
    def restarts(self) -> bool:
        """
        Whether a reload is not enough.
        """
        return self.change.apply is Apply.RESTART

    @property
    def overridden(self) -> bool:
        """
        Whether it is set on the server's command line, which beats every file.
        """
        return self.change.flag and (self.change.location is not None or self.parameter)

    @property
    def parameter(self) -> bool:
        """
        Whether it is a parameter of a managed server, on which nobody may ALTER SYSTEM.
        """
        return self.change.path.endswith(".tf")


_Servers = dict[str, dict[str, _Setting]]
"""Settings by name, by server."""


def render_sql(reports: Sequence[Report], options: RenderOptions) -> str:
    """
    ``ALTER SYSTEM`` statements, the reload, and what needs a restart besides.
    """
    return _render(reports, options, _sql)


def render_conf(reports: Sequence[Report], options: RenderOptions) -> str:
    """
    Lines for postgresql.conf, each with what makes it take effect.
    """
    return _render(reports, options, _conf)


def _render(
    reports: Sequence[Report],
    options: RenderOptions,
    write: Callable[[str, dict[str, _Setting]], Iterator[str]],
) -> str:
    sign = "--" if write is _sql else "#"
    blocks: list[list[str]] = []
    for report in reports:
        if report.error:
            blocks.append([f"{sign} {one_line(f'{report.name}: error: {report.error}')}"])
            continue
        findings = shown(report, options)
        servers = _servers(findings)
        name = one_line(report.name)
        blocks += [
            list(write(f"{name}: {one_line(server)}", wanted)) for server, wanted in servers.items()
        ]
        codes = {
            id(one) for wanted in servers.values() for s in wanted.values() for one in s.findings
        }
        blocks.append([f"{sign} {name}: {_rest(len(servers), len(findings) - len(codes))}"])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _rest(servers: int, others: int) -> str:
    """
    What is not said here, so that nobody takes this for the whole report.
    """
    if not servers and not others:
        return "no findings."
    start = "" if servers else "no finding changes a setting of PostgreSQL. "
    noun = "finding is" if others == 1 else "findings are"
    return f"{start}{others} more {noun} not about such settings: see the other formats."


def _servers(findings: Sequence[Finding]) -> _Servers:
    servers: _Servers = {}
    for finding in findings:
        for change in finding.fix.changes if finding.fix else ():
            if change.program == _PROGRAM:
                wanted = servers.setdefault(finding.subject, {})
                setting = wanted.setdefault(change.setting, _Setting(change))
                if setting.change.value == change.value:
                    setting.findings.append(finding)
                else:
                    setting.others.append((change.value, finding.code))
    return servers


def _sql(title: str, wanted: dict[str, _Setting]) -> Iterator[str]:
    yield f"-- {title}"
    yield "-- One statement at a time: ALTER SYSTEM does not run inside a transaction block."
    for setting in wanted.values():
        yield from (f"-- {line}" for line in _why(setting))
        value = _literals(setting.change)
        statement = f"ALTER SYSTEM SET {setting.change.setting} = {value};"
        yield f"-- {statement}" if setting.overridden else statement
    yield "SELECT pg_reload_conf();"
    yield from (f"-- {line}" for line in _restarts(wanted))


def _conf(title: str, wanted: dict[str, _Setting]) -> Iterator[str]:
    yield f"# {title}"
    for setting in wanted.values():
        yield from (f"# {line}" for line in _why(setting))
        line = escape(f"{setting.change.setting} = {setting.change.value}")
        yield f"# {line}" if setting.overridden else line
    yield "# Reload the server: SELECT pg_reload_conf();"
    yield from (f"# {line}" for line in _restarts(wanted))


def _why(setting: _Setting) -> Iterator[str]:
    for finding in setting.findings:
        review = finding.fix is not None and finding.fix.safety is not Safety.SAFE
        note = " Needs a review." if review else ""
        yield one_line(mask(f"{finding.code} {finding.severity}: {finding.message}.{note}"))
    for value, code in setting.others:
        yield one_line(mask(f"{code} asks for another value: {value}."))
    if setting.parameter:
        yield one_line(
            f"A managed server takes it as a parameter: set it in {setting.change.path}."
        )
    elif setting.overridden:
        place = one_line(str(setting.change.location))
        yield f"The command line in {place} sets it and beats every file: change it there."


def _restarts(wanted: dict[str, _Setting]) -> Iterator[str]:
    names = [one.change.setting for one in wanted.values() if one.restarts]
    if names:
        yield f"Restart the server as well: {', '.join(names)} cannot change while it runs."


def _literals(change: Change) -> str:
    """
    The value for ``ALTER SYSTEM``: one literal, or one for each item of a list of names.
    """
    text = _plain(change.value)
    items = [item.strip().strip('"') for item in text.split(",")]
    parts = items if change.setting in QUOTED_LISTS else [text]
    return ", ".join(f"'{escape(part).replace(chr(39), chr(39) * 2)}'" for part in parts)


def _plain(value: str) -> str:
    """
    A value of postgresql.conf without its quotes and escapes.
    """
    if not value.startswith("'"):
        return value
    return value[1:-1].replace("''", "'").replace("\\\\", "\\")
