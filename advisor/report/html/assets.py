"""
The page's style sheet and script, and the policy that allows these two alone.
"""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markupsafe import Markup

ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Cg fill='none' stroke='%23397d74' stroke-width='2' stroke-linecap='round'%3E"
    "%3Cpath d='M2 4h12M2 8h8M2 12h5'/%3E%3C/g%3E%3C/svg%3E"
)
"""Without an icon of its own, browsers ask the server for one."""


@lru_cache(maxsize=2)
def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


def style() -> Markup:
    """
    What goes between the tags of the style element, to the letter.
    """
    from markupsafe import Markup  # noqa: PLC0415 - start-up cost

    return Markup(_text("page.css"))  # noqa: S704 - a file of the package


def script() -> Markup:
    """
    What goes between the tags of the script element, to the letter.
    """
    from markupsafe import Markup  # noqa: PLC0415 - start-up cost

    return Markup(_text("page.js"))  # noqa: S704 - a file of the package


def policy() -> str:
    """
    Content Security Policy 3: nothing but the two texts above, and the icon.

    Trusted types make the ways in which scripts turn text into markup fail as well.
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src {_source('page.css')}",
            f"script-src {_source('page.js')}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _source(name: str) -> str:
    digest = b64encode(sha256(_text(name).encode("utf-8")).digest()).decode("ascii")
    return f"'sha256-{digest}'"
