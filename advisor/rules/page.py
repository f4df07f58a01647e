"""
The documentation page of a rule, rendered from its file.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from advisor import regex
from advisor.catalog.guide import GUIDE
from advisor.rules.rule import PARAM_TYPES
from advisor.rules.template import outline, show

_TEMPLATES = Path(__file__).parent / "templates"
_FENCE = regex.lazy(r"`{3,}")
_WIDTH = 88
_ENDS_SENTENCE = (".", "!", "?")


def rule_page(data: Mapping[str, Any]) -> str:
    """
    Markdown page of one rule, given as the loader's data: what, why, when not, examples, links.

    Fields of texts are shown by name: ``‹budget.workers›``.
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
    filters = {"fenced": _fenced, "sentence": _sentence, "code": _code}
    environment.filters.update(filters, outline=outline, wrap=_wrap, item=_item)
    params = {name: _param(param) for name, param in data["params"].items()}
    return environment.get_template("rule.md.j2").render(rule=data, params=params, guide=GUIDE)


def _param(data: Mapping[str, Any]) -> str:
    return f"{show(data['value'], PARAM_TYPES[data['unit']])}: {_sentence(data['doc'])}"


def _fenced(text: str, language: str = "") -> str:
    """
    A code block whose fence is longer than any inside it.
    """
    longest = max((len(fence) for fence in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    body = text.strip("\n")
    return f"{fence}{language}\n{body}\n{fence}"


def _wrap(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _item(text: str) -> str:
    """
    An item of a list.
    """
    return _wrap(f"- {text}", "  ")


def _code(text: str) -> str:
    return f"`{text}`" if "`" not in text else f"`` {text} ``"


def _sentence(text: str) -> str:
    return text if text.endswith(_ENDS_SENTENCE) else f"{text}."
