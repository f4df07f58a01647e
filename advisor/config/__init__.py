"""
From options, ``advisor.toml`` and ``[tool.advisor]`` to checked settings.
"""

from advisor.config.given import given_from
from advisor.config.layers import FILE, Layer
from advisor.config.settings import Settings, load_layers, load_settings, settings_of
from advisor.config.words import FAIL_ON, parse_fail_on, parse_severity

__all__ = [
    "FAIL_ON",
    "FILE",
    "Layer",
    "Settings",
    "given_from",
    "load_layers",
    "load_settings",
    "parse_fail_on",
    "parse_severity",
    "settings_of",
]
