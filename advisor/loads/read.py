"""
Load tests of a file, whatever tool wrote it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping

from advisor.loads.model import LoadDocument
from advisor.model import Location, Problem
from advisor.sources.marks import load_tool

Reader = Callable[[str, str], LoadDocument]
READERS: Mapping[str, str] = {
    "wrk": "advisor.loads.wrk",
    "ab": "advisor.loads.ab",
    "locust": "advisor.loads.locust",
    "k6": "advisor.loads.k6",
    "hey": "advisor.loads.hey",
    "vegeta": "advisor.loads.vegeta",
    "oha": "advisor.loads.oha",
}
"""Module by the mark that `advisor.sources.marks` tells a tool by."""


def read_loads(path: str, text: str) -> LoadDocument:
    """
    Every run of a file. Nothing is raised for bad content: it becomes a problem.
    """
    tool = load_tool(text)
    if tool is None:
        hint = "Keep the whole output of the load generator."
        return LoadDocument(
            (), (Problem("no result of a load test found", Location(path, 1), hint),)
        )
    reader: Reader = importlib.import_module(READERS[tool]).read
    try:
        return reader(path, text)
    except (ValueError, RecursionError) as error:
        place = Location(path, max(getattr(error, "lineno", 1), 1))
        return LoadDocument((), (Problem(f"is no output of {tool}: cut off or edited", place),))
