"""
The documentation page of a rule, rendered from its file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from advisor.catalog.guide import GUIDE

_TEMPLATES = Path(__file__).parent / "templates"


def rule_page(data: Mapping[str, Any]) -> str:
    """
    Markdown page of one rule, given as the loader's data: what, why, when not, examples, links.
    """
    import jinja2  # noqa: PLC0415 - start-up cost

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=False,  # noqa: S701 - Markdown for people, from the rules' own text
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("rule.md.j2").render(rule=data, guide=GUIDE)
