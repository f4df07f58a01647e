"""
Names, types and meanings of the facts about applications.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.facts.schema import BOOL, STRING, Type

APP: Mapping[str, tuple[Type, str]] = {
    "name": (STRING, "what the application is called in the deployment"),
    "settings": (STRING, "the file of the settings module that it loads"),
    "debug": (BOOL, "Django's DEBUG"),
    "compresses": (BOOL, "whether Django's GZipMiddleware is on"),
    "proxy_compresses": (BOOL, "whether an nginx before it compresses"),
    "local_cache": (BOOL, "whether the default cache is LocMemCache, one per process"),
    "local_sessions": (BOOL, "whether sessions are kept in such a cache"),
    "pagination": (
        STRING,
        "pages of Django REST framework: set, sizeless, none; empty where it is not installed",
    ),
    "static_lost": (STRING, "path of static files that nobody serves behind nginx, or empty"),
}
