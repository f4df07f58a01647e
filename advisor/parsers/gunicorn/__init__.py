"""
Everything that configures gunicorn: its file, its command line, its variables.
"""

from advisor.parsers.gunicorn.coerce import RefusedError, coerce, coerce_text
from advisor.parsers.gunicorn.command import (
    Flag,
    GunicornCommand,
    parse_cmd_args,
    parse_command,
)
from advisor.parsers.gunicorn.document import (
    GunicornDocument,
    SettingValue,
    UnknownName,
    parse_config,
)
from advisor.parsers.gunicorn.effective import Effective, Layer, Refused, Stated, effective
from advisor.parsers.gunicorn.launch import split_script

__all__ = [
    "Effective",
    "Flag",
    "GunicornCommand",
    "GunicornDocument",
    "Layer",
    "Refused",
    "RefusedError",
    "SettingValue",
    "Stated",
    "UnknownName",
    "coerce",
    "coerce_text",
    "effective",
    "parse_cmd_args",
    "parse_command",
    "parse_config",
    "split_script",
]
