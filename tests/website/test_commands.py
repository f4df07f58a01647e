"""
Help texts, options and exit codes in the documentation are those of the program.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from advisor.cli import EXIT_CODES, cli
from tools.website import commands
from tools.website.pages import exit_codes

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"^```console\n\$ advisor (?P<words>.*?)--help\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)
HELP = {
    tuple(block["words"].split()): block["text"]
    for page in commands.pages().values()
    for block in BLOCK.finditer(page)
}
DOCUMENTS = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
FOREIGN = {
    "--quiet": "git and pip",
    "--message": "git",
    "--rm": "docker",
    "--read-only": "docker",
    "--nthreads": "dask",
    "--schema-only": "pg_dump",
    "--print-config": "gunicorn",
    "--workers": "gunicorn",
    "--latency": "wrk",
}
"""Options of other programs that the documents name."""


def advisor(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "advisor", *words],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": str(commands.WIDTH)},
        capture_output=True,
        text=True,
        check=False,
    )


def all_commands(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield words
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from all_commands(child, (*words, name))


def options_of(words: tuple[str, ...]) -> set[str]:
    command: click.Command = cli
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), word)
        assert found is not None
        command = found
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)}


def test_every_command_is_documented() -> None:
    assert set(HELP) == set(all_commands(cli))


@pytest.mark.parametrize("words", sorted(HELP), ids=" ".join)
def test_help_is_what_the_program_prints(words: tuple[str, ...]) -> None:
    assert HELP[words].rstrip() == advisor(*words, "--help").stdout.rstrip()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_options_that_documents_name_are_there(path: Path) -> None:
    known = {name for words in all_commands(cli) for name in options_of(words)}
    known |= {"--help", "--version", *FOREIGN}

    named = {
        option
        for code in CODE.findall(path.read_text("utf-8"))
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", code)
    }

    assert named <= known


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_variables_that_documents_name_are_there(path: Path) -> None:
    context = click.Context(cli)
    known = {
        str(option.envvar)
        for name in cli.list_commands(context)
        if (command := cli.get_command(context, name))
        for option in command.params
        if option.envvar
    }
    known |= {"ADVISOR_COMPLETE", "ADVISOR_PATHS", "ADVISOR_PACKAGE"}  # the shell's, GitLab's

    assert set(re.findall(r"ADVISOR_[A-Z_]+\b", path.read_text("utf-8"))) <= known


def test_exit_codes_mean_what_the_page_says(tmp_path: Path) -> None:
    clean, broken = "fixtures/deploys/healthy", "fixtures/deploys/guide"

    assert advisor("audit", clean).returncode == 0
    assert advisor("audit", broken).returncode == 1
    assert advisor("audit", str(tmp_path / "none")).returncode == 2
    assert list(EXIT_CODES) == [0, 1, 2, 130]
    assert all(
        f"| `{code}` | {text} |" in exit_codes(EXIT_CODES) for code, text in EXIT_CODES.items()
    )
