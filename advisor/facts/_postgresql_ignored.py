"""
Files with settings in the folders of include_dir that the server passes over.

Source: "Setting Parameters" (config-setting.html): include_dir reads the files of the folder itself
whose names end in ``.conf`` and do not begin with a dot.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from advisor import regex
from advisor.catalog import postgresql as catalog
from advisor.deployment.model import Database
from advisor.deployment.paths import is_template
from advisor.errors import SourceError
from advisor.model import Location, Origin, Tree, Value
from advisor.model.subject import Fact
from advisor.parsers.postgresql import Assignment, parse_file

_SET_ASIDE = regex.lazy(
    r"(?:~|[._-](?:bak|backup|old|orig|save|saved|copy|disabled?|off|inactive|unused|example|sample"
    r"|dist|swp|tmp|rpm(?:new|save|orig)|dpkg-(?:old|new|dist)|ucf-(?:old|new|dist)"
    r"|20\d\d-?[01]\d-?[0-3]\d))+$",
    re.IGNORECASE,
)
"""Ends of names that say themselves that the file does not count."""
_MOST = 20
"""Files of one server that are opened."""
_NAMED = 5


def ignored_facts(tree: Tree, database: Database) -> dict[str, Fact]:
    """
    Both facts under ``pg.``; where some files look forgotten, those set aside are not named.
    """
    found = tuple(_ignored(tree, database))
    forgotten = tuple(one for one in found if not _SET_ASIDE.search(one.path))
    named = (forgotten or found)[:_NAMED]
    place = named[0] if named else None
    return {
        "pg.ignored_files": Value(tuple(one.path for one in named), Origin.EVALUATED, place),
        "pg.set_aside": Value(bool(found) and not forgotten, Origin.EVALUATED),
    }


def _ignored(tree: Tree, database: Database) -> Iterator[Location]:
    """
    The first setting of every such file; of a template a file with another name may be made.
    """
    paths = (path for folder in database.document.folders for path in folder.files)
    for path in [one for one in paths if not is_template(one)][:_MOST]:
        first = _first_setting(tree, path)
        if first is not None:
            yield first.location


def _first_setting(tree: Tree, path: str) -> Assignment | None:
    """
    The first line of a file if it is a configuration from the first line to the last.
    """
    try:
        text = tree.read(path)
    except SourceError:
        return None
    parsed = parse_file(posixpath.normpath(path), text or "")
    known = all(catalog.majors_of(one.name) or "." in one.name for one in parsed.assignments)
    return parsed.assignments[0] if parsed.assignments and known and not parsed.problems else None
