"""
What gunicorn's validators make of a value, and what they refuse.

Source: the validators of `gunicorn.config`, releases 20.0 to 27.0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from advisor.catalog.gunicorn import Form, GunicornSetting, Kind, Version
from advisor.parsers.pyeval import Code

_SETTINGS_OF_MODE = frozenset({"umask", "control_socket_mode"})
_CHOICE_WORDS: Mapping[str, Mapping[Any, str]] = {
    "proxy_protocol": {
        True: "auto",
        False: "off",
        "true": "auto",
        "1": "auto",
        "false": "off",
        "0": "off",
        "none": "off",
    },
    "http2_cleartext": {True: "prior-knowledge", False: "off"},
}
"""Other words for a choice."""


class RefusedError(ValueError):
    """
    gunicorn ends with an error over this value; the text completes "gunicorn refuses it: …".
    """


def coerce(setting: GunicornSetting, value: object, *, version: Version | None = None) -> Any:  # noqa: ANN401 - settings are of many types
    """
    The value as gunicorn keeps it when a configuration file sets it.

    Functions and classes come and go as `Code`. Raises `RefusedError` where gunicorn does not
    start. Files and accounts are not looked up: they are the target's.
    """
    form = setting.form(version) or setting.forms[-1]
    if setting.name == "reload_engine" and value not in form.choices:
        raise RefusedError(f"{value!r} is none of {', '.join(form.choices)}")
    return _VALIDATORS[form.kind](setting, form, value)


def coerce_text(setting: GunicornSetting, text: str, *, version: Version | None = None) -> Any:  # noqa: ANN401 - settings are of many types
    """
    The value as gunicorn keeps it when a flag of the command line gives it as text.

    Raises `RefusedError` as `coerce` does; numbers are decimal here, apart from modes of files.
    """
    form = setting.form(version) or setting.forms[-1]
    if form.kind is Kind.INT and setting.name not in _SETTINGS_OF_MODE:
        try:
            return coerce(setting, int(text), version=version)
        except ValueError as error:
            reason = str(error) if isinstance(error, RefusedError) else f"{text!r} is no number"
            raise RefusedError(reason) from None
    if form.kind is Kind.INT and text[:1] == "0" and text[1:2].isdigit():
        text = f"0o{text[1:]}"
    return coerce(setting, text, version=version)


def _int(_setting: GunicornSetting, _form: Form, value: object) -> int:
    if isinstance(value, str):
        try:
            value = int(value, 0)
        except ValueError:
            raise RefusedError(f"{value!r} is no whole number") from None
    if not isinstance(value, int):
        raise RefusedError(f"{value!r} is no whole number")
    if value < 0:
        raise RefusedError(f"{value} is negative")
    return int(value)


def _bool(_setting: GunicornSetting, _form: Form, value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    word = value.lower().strip() if isinstance(value, str) else ""
    if word not in {"true", "false"}:
        raise RefusedError(f"{value!r} is neither True nor False")
    return word == "true"


def _string(_setting: GunicornSetting, _form: Form, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise RefusedError(f"{value!r} is no text")
    return value.strip()


def _list(setting: GunicornSetting, form: Form, value: object) -> list[str | None]:
    if not value:
        return []
    if isinstance(value, str):
        return [value.strip()]
    if not isinstance(value, list | tuple | set | dict):
        raise RefusedError(f"{value!r} is no list")
    return [_string(setting, form, item) for item in value]


def _csv(setting: GunicornSetting, form: Form, value: object) -> list[str]:
    text = _string(setting, form, value)
    return [part.strip() for part in text.split(",") if part] if text else []


def _addresses(setting: GunicornSetting, form: Form, value: object) -> list[str]:
    import ipaddress  # noqa: PLC0415 - start-up cost

    parts = _csv(setting, form, value)
    for part in parts:
        try:
            if part != "*":
                ipaddress.ip_network(part)
        except ValueError:
            raise RefusedError(f"{part!r} is no address, network or *") from None
    return parts


def _choice(setting: GunicornSetting, form: Form, value: object) -> object:
    if value is None:
        return None if setting.name == "header_map" else form.default
    if setting.name == "reload_engine":
        return value
    word = value.lower().strip() if isinstance(value, str) else value
    words = _CHOICE_WORDS.get(setting.name, {})
    if isinstance(word, bool | str) and word in words:
        return words[word]
    if word not in form.choices:
        raise RefusedError(f"{value!r} is none of {', '.join(form.choices)}")
    return word


def _dict(_setting: GunicornSetting, _form: Form, value: object) -> object:
    if not isinstance(value, dict):
        raise RefusedError(f"{value!r} is no dict")
    return value


def _callable(_setting: GunicornSetting, _form: Form, value: object) -> object:
    if isinstance(value, Code):
        return value
    if not isinstance(value, str) or "." not in value:
        raise RefusedError(f"{value!r} is no function")
    return Code(value)


def _class(setting: GunicornSetting, form: Form, value: object) -> object:
    return value if isinstance(value, Code) else _string(setting, form, value)


def _account(_setting: GunicornSetting, _form: Form, value: object) -> object:
    if value is None or isinstance(value, int):
        return value
    if not isinstance(value, str):
        raise RefusedError(f"{value!r} is no name or number")
    return int(value) if value.isdecimal() else value


def _any(_setting: GunicornSetting, _form: Form, value: object) -> object:
    return value


_VALIDATORS: Mapping[Kind, Callable[[GunicornSetting, Form, object], Any]] = {
    Kind.ACCOUNT: _account,
    Kind.ADDRESSES: _addresses,
    Kind.ANY: _any,
    Kind.BOOL: _bool,
    Kind.CALLABLE: _callable,
    Kind.CHOICE: _choice,
    Kind.CLASS: _class,
    Kind.CSV: _csv,
    Kind.DICT: _dict,
    Kind.INT: _int,
    Kind.LIST: _list,
    Kind.STRING: _string,
}
