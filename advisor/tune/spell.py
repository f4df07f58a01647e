"""
Choices from values: each is written as its program writes it.
"""

from __future__ import annotations

from advisor.facts.namespaces import namespace
from advisor.facts.schema import BOOL, DURATION, NUMBER, SIZE, STRING, Type
from advisor.rules.spelling import digits, setting_value
from advisor.tune.model import Choice, Setting
from advisor.units import postgres_size


def postgres(setting: str, value: Setting, reason: str, terms: str = "") -> Choice:
    """
    A setting of PostgreSQL. Raises `KeyError` for one that no version has.
    """
    kind = namespace("pg")[setting].type
    return Choice(setting, value, setting_value("postgresql", value, kind), reason, terms)


def python(setting: str, value: Setting, reason: str, terms: str = "") -> Choice:
    """
    A setting of gunicorn, or an argument of the call that creates an engine.
    """
    return Choice(setting, value, setting_value("gunicorn", value, _kind(value)), reason, terms)


def pgbouncer(setting: str, value: Setting, reason: str, terms: str = "") -> Choice:
    """
    A setting of PgBouncer.
    """
    return Choice(setting, value, setting_value("pgbouncer", value, _kind(value)), reason, terms)


def nginx(setting: str, value: Setting, reason: str, terms: str = "") -> Choice:
    """
    A directive of nginx with a number or a word.
    """
    return Choice(setting, value, setting_value("nginx", value, _kind(value)), reason, terms)


def nginx_time(setting: str, seconds: float, reason: str, terms: str = "") -> Choice:
    """
    A directive of nginx with a duration.
    """
    return Choice(setting, seconds, setting_value("nginx", seconds, DURATION), reason, terms)


def nginx_size(setting: str, size: float, reason: str, terms: str = "") -> Choice:
    """
    A directive of nginx with a size.
    """
    return Choice(setting, size, setting_value("nginx", size, SIZE), reason, terms)


def redis(setting: str, value: Setting, reason: str, terms: str = "") -> Choice:
    """
    A setting of Redis. Its units are powers of 1024 with two letters: ``256mb``.
    """
    if setting == "maxmemory" and isinstance(value, (int, float)):
        text = postgres_size(value).lower()
    else:
        text = digits(value) if isinstance(value, (int, float)) else str(value)
    return Choice(setting, value, text, reason, terms)


def _kind(value: Setting) -> Type:
    if isinstance(value, bool):
        return BOOL
    return STRING if isinstance(value, str) else NUMBER
