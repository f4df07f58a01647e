"""
Names of the facts of single directives of nginx, and of its security advisories.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.facts.schema import BOOL, NUMBER, STRING, VERSION, Type

DIRECTIVE: Mapping[str, tuple[Type, str]] = {
    "kind": (
        STRING,
        "what is to be said: misspelt, misplaced, arguments, newer, obsolete or spelling",
    ),
    "name": (STRING, "the directive, with the parameter in question if there is one"),
    "level": (STRING, "where it stands: http, server, if in location …"),
    "allowed": (STRING, "where it may stand, as part of a sentence"),
    "suggestion": (STRING, "the directive or variable it resembles"),
    "count": (NUMBER, "how many arguments it has"),
    "expected": (STRING, "how many it takes: 1 argument, 1 or 2 arguments"),
    "since": (VERSION, "first version that has it, or has given it up"),
    "obsolete": (BOOL, "whether this version has given it up"),
    "gone": (BOOL, "whether this version does not know it any more"),
    "instead": (STRING, "what took its place, empty for nothing"),
}
ADVISORY: Mapping[str, tuple[Type, str]] = {
    "feature": (STRING, "what of nginx is affected, and is in use: HTTP/2, the mp4 module"),
    "names": (STRING, "the advisories' CVE numbers"),
    "severity": (STRING, "the worst of them, as nginx.org rates it: major, medium or low"),
    "fixed": (STRING, "the first versions without them"),
}
