"""
Every page and file of the site that is written from the code.
"""

from __future__ import annotations

from collections.abc import Mapping

from advisor.cli import EXIT_CODES
from tools.website import commands, facts, keys, outputs, rules, schemas
from tools.website.links import PLACES, ROOT
from tools.website.prose import table

_INDEX = """\
# Reference

Written from the code when this site is built, so it says what this version does.

- [Rules](rules/index.md): {rules} of them, each with what it checks, why, when it does not apply,
  and examples
- [Facts](facts/index.md): {facts} values that rules are about, with type and meaning
- [Commands](commands/index.md): what `--help` prints, and the variables for options
- [Configuration](../configuration.md) and the [keys of advisor.toml](keys.md)
- [Formats](../formats.md) and [what they print](outputs.md)
- [Exit codes](exit-codes.md)
- [JSON schemas](schemas/index.md)
- [The language of conditions](../expressions.md)
"""


def all_pages() -> dict[str, str]:
    """
    Content by path on the site.
    """
    return {
        **project(),
        "reference/index.md": _INDEX.format(rules=rules.count(), facts=facts.count()),
        "reference/exit-codes.md": exit_codes(EXIT_CODES),
        **rules.pages(),
        **facts.pages(),
        **commands.pages(),
        **keys.pages(),
        **schemas.pages(),
        **outputs.pages(),
    }


def project() -> dict[str, str]:
    """
    Documents of the repository and schemas, as they are.
    """
    return {place: (ROOT / source).read_text("utf-8") for source, place in PLACES.items()}


def exit_codes(codes: Mapping[int, str]) -> str:
    """
    The page of the exit codes.
    """
    rows = [(f"`{code}`", text) for code, text in codes.items()]
    return f"# Exit codes\n\nOf every command:\n\n{table(('code', 'meaning'), rows)}\n"
