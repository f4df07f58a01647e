"""
What each format prints, from an audit of the guide's deployment.
"""

from __future__ import annotations

from contextlib import chdir
from pathlib import Path

from advisor.audit import audit_path
from advisor.config import given_from
from advisor.report import FORMATS, RenderOptions, render
from tools.website.links import ROOT

EXAMPLE = "fixtures/deploys/guide"
LONGEST = 45
"""Lines of a report that are shown."""
WIDEST = 160
"""Columns of a line that are shown."""
_LANGUAGES = {"json": "json", "json-v1": "json", "sarif": "json", "gitlab": "json"}
_LANGUAGES |= {"junit": "xml", "sql": "sql", "conf": "ini", "markdown": "markdown"}
_INTRODUCTION = f"""\
# What formats print

The beginning of what `advisor audit {EXAMPLE} -f FORMAT` prints, written when this site was
built; … stands for what is left out. What each format is for: [formats](../formats.md).
"""


def pages() -> dict[str, str]:
    """
    The page, and the report in HTML as a file beside it.
    """
    with chdir(ROOT):
        reports = [audit_path(Path(EXAMPLE), given_from({}, {}))]
        texts = {name: render(name, reports, RenderOptions()) for name in FORMATS}
    parts = [_INTRODUCTION.rstrip()]
    for name, text in texts.items():
        if name == "html":
            parts.append("## html\n\n[The whole page](report.html), as it would be mailed.")
        elif name != "json":  # the same as json-v1
            parts.append(f"## {name}\n\n{_block(text, _LANGUAGES.get(name, 'text'))}")
    return {
        "reference/outputs.md": "\n\n".join(parts) + "\n",
        "reference/report.html": texts["html"],
    }


def _block(text: str, language: str) -> str:
    lines = text.rstrip("\n").splitlines()
    shown = [f"{line[:WIDEST]}…" if len(line) > WIDEST else line for line in lines[:LONGEST]]
    if len(lines) > LONGEST:
        shown.append("…")
    return "\n".join([f"````{language}", *shown, "````"])
