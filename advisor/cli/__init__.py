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
from advisor.bulk import collector_relaxed
from advisor.cli.ending import Ending
from advisor.errors import AdvisorError

COMMANDS: Mapping[str, str] = {
    "audit": "advisor.cli.audit:audit",
    "baseline": "advisor.cli.baseline:baseline",
    "collect": "advisor.cli.collect:collect",
    "compare": "advisor.cli.compare:compare",
    "config": "advisor.cli.config:config",
    "tune": "advisor.cli.tune:tune",
    "explain": "advisor.cli.explain:explain",
    "facts": "advisor.cli.facts:facts",
    "index": "advisor.cli.index:index",
    "lsp": "advisor.cli.lsp:lsp",
    "plan": "advisor.cli.plan:plan",
    "rules": "advisor.cli.rules:rules",
}
"""Command name → module and function, imported when the command runs."""

_SUMMARIES: Mapping[str, str] = {
    "audit": "Judge one or more deployments and say what to change.",
    "baseline": "Keep a list of findings that are known already, and make it shorter.",
    "collect": "Keep what a running PostgreSQL says of itself in a file for audit.",
    "compare": "Compare two load tests; fail when something got slower.",
    "config": "Show settings and their sources, their schema, or begin with a file.",
    "tune": "Solve the values of all layers together, for a host and a load.",
    "explain": "Show the page of a rule: what, why, when not, examples.",
    "facts": "Show every fact read from a deployment, with its place.",
    "index": "Find the indexes that PostgreSQL's planner prefers for a workload.",
    "lsp": "Serve editors: findings while you edit, pages of rules, fixes.",
    "plan": "Show query plans as annotated trees, and what would make them faster.",
    "rules": "List, check and test rules.",
}

EXIT_CODES: Mapping[int, str] = {
    0: "done, and nothing that was found fails the run",
    1: "done, and there is something at or above `--fail-on`, or what else the command fails for: "
    "a load test that got slower, a baseline that would grow, an example of a rule that is wrong",
    2: "the job could not be done: an option, a file or a setting is wrong, and one sentence on "
    "standard error says which",
    130: "interrupted with Ctrl-C",
}
"""What the exit codes of all commands mean."""


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

    Reads files, and a running server only where one is named: nothing is executed or sent anywhere.
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
    ending = Ending()
    with collector_relaxed():  # even of a short run the collector would be a tenth
        code = run(sys.argv[1:])
    ending.comes(code)
    sys.exit(code)


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
        # The reader went away (`advisor audit | head`).
        _write_no_more()
        return 0
    except OSError as error:
        click.echo(
            f"error: {error.filename or 'standard output'}: {error.strerror or error}", err=True
        )
        if error.filename is None:
            _write_no_more()
        return 2
    return result if isinstance(result, int) else 0


def _write_no_more() -> None:
    """
    What is left in the buffer goes nowhere: Python must not complain of it at exit.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
