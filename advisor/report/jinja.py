"""
Templates of whole documents, in which no value goes unescaped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jinja2 import Template


def load_template(
    name: str,
    filters: Mapping[str, Callable[..., Any]],
    *,
    finalize: Callable[[Any], object],
    autoescape: bool,
) -> Template:
    """
    A template below `templates`. `finalize` sees every value before it is printed.

    Without `autoescape` it is `finalize` that escapes: HTML's escapes are not those of Markdown.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - start-up cost

    environment = Environment(
        loader=PackageLoader("advisor.report"),
        autoescape=autoescape,  # noqa: S701 - see above
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= filters
    return environment.get_template(name)
