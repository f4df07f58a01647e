"""
Pages of the commands: what ``--help`` prints, from the commands themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

import click

from advisor.cli import cli
from tools.website.prose import table

WIDTH = 80
"""Columns of the terminal; click leaves the last two of them free."""


def pages() -> dict[str, str]:
    """
    A page for each command with its subcommands, and the program's own help.
    """
    names = cli.list_commands(click.Context(cli))
    listed = "\n".join(f"- [`advisor {name}`]({page(name)})" for name in names)
    found = {"reference/commands/index.md": f"# Commands\n\n{_help(())}\n\n{listed}\n"}
    for name in names:
        parts = [f"# advisor {name}\n\n{_block((name,))}"]
        parts += [f"## advisor {' '.join(words)}\n\n{_block(words)}" for words in _below((name,))]
        found[f"reference/commands/{page(name)}"] = "\n\n".join(parts) + "\n"
    return found


def page(name: str) -> str:
    """
    The file of a command's page. ``index.md``, the name alone of one of them, is that of them all.
    """
    return f"advisor-{name}.md"


def help_text(words: tuple[str, ...]) -> str:
    """
    What ``advisor WORDS --help`` prints.
    """
    context = _context(words)
    return context.command.get_help(context)


def _context(words: tuple[str, ...]) -> click.Context:
    context = click.Context(cli, info_name="advisor", terminal_width=WIDTH - 2)
    context.help_option_names = ["-h", "--help"]
    for word in words:
        command = _child(context, word)
        context = click.Context(command, parent=context, info_name=word)
    return context


def _child(context: click.Context, word: str) -> click.Command:
    group = context.command
    found = group.get_command(context, word) if isinstance(group, click.Group) else None
    if found is None:
        raise LookupError(f"{group.name} has no command {word}")
    return found


def _below(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    context = _context(words)
    if isinstance(context.command, click.Group):
        for name in context.command.list_commands(context):
            yield (*words, name)
            yield from _below((*words, name))


def _block(words: tuple[str, ...]) -> str:
    variables = _variables(_context(words).command)
    return "\n\n".join([_help(words), *([variables] if variables else [])])


def _help(words: tuple[str, ...]) -> str:
    command = " ".join(["advisor", *words, "--help"])
    return f"```console\n$ {command}\n{help_text(words)}\n```"


def _variables(command: click.Command) -> str:
    rows = [
        (f"`{max(option.opts, key=len)}`", f"`{option.envvar}`")
        for option in command.params
        if isinstance(option, click.Option) and option.envvar
    ]
    return table(("option", "variable that stands for it"), rows) if rows else ""
