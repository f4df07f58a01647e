"""
The command line: the only place that reads arguments and the environment, prints or exits.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from typing import NoReturn

import click

from advisor import __version__
from advisor.errors import AdvisorError

COMMANDS: Mapping[str, str] = {
    "audit": "advisor.cli.audit:audit",
    "compare": "advisor.cli.compare:compare",
    "tune": "advisor.cli.tune:tune",
    "explain": "advisor.cli.explain:explain",
    "facts": "advisor.cli.facts:facts",
    "plan": "advisor.cli.plan:plan",
    "rules": "advisor.cli.rules:rules",
}
"""Command name → module and function, imported when the command runs."""

_SUMMARIES: Mapping[str, str] = {
    "audit": "Judge one or more deployments and say what to change.",
    "compare": "Compare two load tests; fail when something got slower.",
    "tune": "Solve the values of all layers together, for a host and a load.",
    "explain": "Show the page of a rule: what, why, when not, examples.",
    "facts": "Show every fact read from a deployment, with its place.",
    "plan": "Show query plans as annotated trees, and what would make them faster.",
    "rules": "List, check and test rules.",
}


class LazyGroup(click.Group):
    """
    A group whose commands are imported when they run, so that ``--help`` starts in a blink.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        """
        Names of all commands.
        """
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """
        Import one command.
        """
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, function = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), function)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """
        The list in ``--help``, without importing any command.
        """
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_SUMMARIES.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """
    Read what decides how fast and how safely a Python web stack runs, and say what to change.

    Reads files only: nothing is executed, nothing is sent anywhere.
    """


def main() -> NoReturn:
    """
    Run the command and exit: 0, 1 (findings), 2 (could not do the job) or 130 (Ctrl-C).
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Arrows and quotes must not crash a terminal that knows ASCII only.
            stream.reconfigure(errors="replace")
    if "_ADVISOR_COMPLETE" in os.environ:
        # The shell asks for completions; click answers and exits.
        cli(prog_name="advisor")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """
    Run the command with these arguments and give the exit code.
    """
    try:
        with cli.make_context("advisor", [*arguments]) as context:
            result = cli.invoke(context)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except AdvisorError as error:
        click.echo(f"error: {error}", err=True)
        return 2
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:
        # The reader went away (`advisor audit | head`); Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0
