"""
Settings written in each program's own syntax, for fixes that can be pasted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from advisor import regex
from advisor.catalog.gunicorn import find
from advisor.facts.schema import Kind, Type
from advisor.units import postgres_size

PROGRAMS: Mapping[str, str] = {
    "postgresql": "PostgreSQL",
    "nginx": "nginx",
    "gunicorn": "gunicorn",
    "engine": "application",
    "pgbouncer": "PgBouncer",
}
"""How a program is called in a sentence, by the name that fact specifications use."""

_SENTINELS = (0, -1)
"""What programs write for "off" and "no limit", without a unit."""
_NGINX_PLAIN = regex.lazy(r"[^\s;{}\"'\\]+(?: [^\s;{}\"'\\]+)*")
_NGINX_SIZES = (("m", 1024**2), ("k", 1024))


def setting_flag(program: str, name: str, value: object, kind: Type) -> str:
    """
    The flag that sets `name` on a command line: ``-c work_mem=6MB``, ``--workers 4``.

    Programs that are not configured by flags get the line. Arguments as for `setting_line`.
    """
    line = setting_line(program, name, value, kind)
    text = line.partition(" = ")[2].strip("'")
    if program == "postgresql":
        return f"-c {name}={text}"
    if program != "gunicorn":
        return line
    setting = find(name)
    flags = setting.flags if setting else ()
    if not flags:
        return line
    flag = max(flags, key=len)
    return flag if value is True else f"{flag} {text}"


def setting_line(program: str, name: str, value: object, kind: Type) -> str:
    """
    The whole line that sets `name`: ``shared_buffers = 4GB``, ``keepalive_requests 1000;`` …

    `value` is in the advisor's units (bytes, seconds). An argument of `create_engine` is written
    as in the call, without a comma. Raises `KeyError` for unknown programs.
    """
    return _LINES[program].format(name=name, value=setting_value(program, value, kind))


def setting_value(program: str, value: object, kind: Type) -> str:
    """
    The value alone, as `setting_line` spells it. Raises `KeyError` for unknown programs.
    """
    return _VALUES[program](value, kind)


def digits(value: float) -> str:
    """
    A number in digits only, with at most six decimals and none that say nothing.
    """
    whole = round(value)
    return str(whole) if whole == value else f"{value:.6f}".rstrip("0").rstrip(".")


def postgres_size_value(value: float) -> str:
    """
    A size as PostgreSQL reads it; 0 and -1 without a unit, which it takes for off and no limit.
    """
    return digits(value) if value in _SENTINELS else postgres_size(value)


def _postgres_value(value: object, kind: Type) -> str:
    if isinstance(value, bool):
        return _switch(value)
    if isinstance(value, (int, float)):
        return _POSTGRES_UNITS.get(kind.kind, digits)(value)
    if isinstance(value, tuple):
        value = ", ".join(map(str, value))
    # The server's grammar: a quote inside quotes is doubled, a backslash starts an escape.
    text = str(value).replace("\\", "\\\\").replace("'", "''")
    return f"'{text}'"


def _postgres_duration(value: float) -> str:
    return digits(value) if value in _SENTINELS else _in_units(value, ("s", "ms", "us"))


def _nginx_value(value: object, kind: Type) -> str:
    if isinstance(value, bool):
        return _switch(value)
    if isinstance(value, (int, float)):
        return _NGINX_UNITS.get(kind.kind, digits)(value)
    text = " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    if _NGINX_PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _nginx_size(value: float) -> str:
    # ngx_parse_size() knows k and m only.
    for unit, factor in _NGINX_SIZES:
        if value and value % factor == 0:
            return f"{digits(value / factor)}{unit}"
    return digits(round(value))


def _nginx_duration(value: float) -> str:
    return _in_units(value, ("s", "ms"))


def _python_value(value: object, _: Type) -> str:
    return _python(value)


def _python(value: object) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_python, value))}]"
    if isinstance(value, (bool, str)) or value is None:
        return repr(value)
    return digits(value) if isinstance(value, (int, float)) else str(value)


def _pgbouncer_value(value: object, _: Type) -> str:
    # Times are whole seconds without a unit, and quotes would be a part of the value.
    return digits(round(value)) if isinstance(value, (int, float)) else str(value)


def _switch(value: object) -> str:
    return "on" if value else "off"


def _in_units(seconds: float, units: tuple[str, ...]) -> str:
    """
    A duration as a whole number of the first unit that gives one, each a thousandth of the last.
    """
    number = float(seconds)
    for unit in units[:-1]:
        if round(number, 6) == round(number):
            return f"{round(number)}{unit}"
        number *= 1000
    return f"{round(number)}{units[-1]}"


_POSTGRES_UNITS: Mapping[Kind, Callable[[float], str]] = {
    Kind.SIZE: postgres_size_value,
    Kind.DURATION: _postgres_duration,
}
_NGINX_UNITS: Mapping[Kind, Callable[[float], str]] = {
    Kind.SIZE: _nginx_size,
    Kind.DURATION: _nginx_duration,
}
_VALUES: Mapping[str, Callable[[object, Type], str]] = {
    "postgresql": _postgres_value,
    "nginx": _nginx_value,
    "gunicorn": _python_value,
    "engine": _python_value,
    "pgbouncer": _pgbouncer_value,
}
_LINES: Mapping[str, str] = {
    "postgresql": "{name} = {value}",
    "nginx": "{name} {value};",
    "gunicorn": "{name} = {value}",
    "engine": "{name}={value}",
    "pgbouncer": "{name} = {value}",
}
