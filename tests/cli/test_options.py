"""Options that every command shares."""

from __future__ import annotations

import click
import pytest

from advisor.cli import COMMANDS, cli
from advisor.cli.options import width


def commands() -> list[click.Command]:
    """All commands, those of groups included."""
    context = click.Context(cli)
    found = [cli.get_command(context, name) for name in COMMANDS]
    groups = [one for one in found if isinstance(one, click.Group)]
    inner = [command for group in groups for command in group.commands.values()]
    return [one for one in (*found, *inner) if one is not None]


def test_every_option_has_a_variable_named_after_it() -> None:
    for command in commands():
        for option in command.params:
            if isinstance(option, click.Option) and option.envvar is not None:
                longest = max(option.opts, key=len)
                expected = "ADVISOR_" + longest.removeprefix("--").replace("-", "_").upper()
                assert option.envvar == expected


def test_audit_takes_all_its_options_from_the_environment() -> None:
    audit = cli.get_command(click.Context(cli), "audit")

    assert audit is not None
    for option in audit.params:
        assert option.envvar is not None or isinstance(option, click.Argument), option.name


def test_every_command_says_what_it_does() -> None:
    for command in commands():
        assert command.help


class Terminal:
    """A stream that may be a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        self.terminal = terminal

    def isatty(self) -> bool:
        """As asked for."""
        return self.terminal


def test_the_width_is_stated_or_that_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    assert width(Terminal(terminal=False)) == 72  # type: ignore[arg-type]  # all it needs
    monkeypatch.delenv("COLUMNS")
    assert width(Terminal(terminal=False)) == 100  # type: ignore[arg-type]  # all it needs
