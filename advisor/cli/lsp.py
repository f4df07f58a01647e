"""
``advisor lsp``: findings while you edit.
"""

from __future__ import annotations

import click

from advisor.errors import UsageError


@click.command()
def lsp() -> None:
    """
    Serve editors over standard input and output, as the language server protocol has it.

    Diagnostics for the whole deployment when a file is opened, edited or saved, the rule's page
    under the pointer, fixes as actions. The editor starts this command; see docs/editors.md.
    """
    try:
        from advisor.lsp.server import create
    except ModuleNotFoundError as error:
        if error.name not in {"pygls", "lsprotocol"}:
            raise
        raise UsageError(
            "advisor lsp needs pygls", hint="pip install 'deploy-advisor[lsp]'"
        ) from error
    create().start_io()
