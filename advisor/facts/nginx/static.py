"""
What files a location serves, as far as its path tells.
"""

from __future__ import annotations

import re

from advisor.parsers.nginx_scope import Scope

_ENDINGS = """
    css js mjs map png jpg jpeg jpe gif ico svg svgz webp avif bmp woff woff2 ttf otf eot
    mp3 mp4 ogg webm wasm
"""
_PATHS = "static assets css js img images fonts dist _next staticfiles webfonts icons"
_ASSETS = frozenset(_ENDINGS.split())
"""Endings of files that a page is made of."""
_FOLDERS = frozenset(_PATHS.split())
_PAGES = frozenset({"html", "htm", "php", "json", "xml", "txt"})
_WORD = re.compile(r"[a-z0-9_]+")
_OPTIONAL = re.compile(r"[a-z0-9]\?")


def is_asset(scope: Scope) -> bool:
    """
    Whether a level is for style sheets, scripts, images and fonts alone.
    """
    location = scope.around("location")
    while location is not None:
        if location.directive is not None and _is_asset(location.directive.args):
            return True
        location = location.parent.around("location") if location.parent else None
    return False


def _is_asset(args: tuple[str, ...]) -> bool:
    path = args[-1].lower() if args else ""
    if args[:1] in (("~",), ("~*",)):
        return _of_endings(path)
    name = path.rstrip("/").rpartition("/")[2]
    if name.rpartition(".")[2] in _ASSETS and "." in name:
        return True
    return not _FOLDERS.isdisjoint(path.split("/"))


def _of_endings(pattern: str) -> bool:
    """
    Whether a regular expression asks for endings of assets, and for none of pages.
    """
    start, _, endings = pattern.partition("\\.")
    words = {word for text in (endings, _OPTIONAL.sub("", endings)) for word in _WORD.findall(text)}
    found = not _ASSETS.isdisjoint(words) and _PAGES.isdisjoint(words)
    return found or not _FOLDERS.isdisjoint(start.split("/"))
