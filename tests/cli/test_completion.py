"""
Completions in the shells themselves, as docs/completion.md sets them up.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "completion.md").read_text("utf-8")
BASH = """
{source}
COMP_WORDS=(advisor {words})
COMP_CWORD={at}
_advisor_completion advisor
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
ZSH = """
autoload -U compinit && compinit -u -D
{source}
_describe() {{ local -a found; found=("${{(@P)3}}"); print -rl -- "${{found[@]%%:*}}"; }}
compadd() {{ print -rl -- "${{(@P)@[-1]}}"; }}
words=(advisor {words})
CURRENT=$(({at} + 1))
_advisor_completion
"""
FISH = """
{source}
complete -C 'advisor {words}'
"""
SHELLS = {"bash": (BASH, []), "zsh": (ZSH, ["-f"]), "fish": (FISH, ["--no-config"])}


def set_up(shell: str) -> str:
    """
    The line that the page tells to add.
    """
    (line,) = [line for line in PAGE.splitlines() if f"={shell}_source advisor" in line]
    return line.strip()


def complete(shell: str, words: str, tmp_path: Path) -> list[str]:
    """
    What a shell offers for the last of the words.
    """
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    script, options = SHELLS[shell]
    at = words.count(" ") + 1
    text = script.format(source=set_up(shell), words=words, at=at)
    done = subprocess.run(
        [program, *options, "-c", text],
        env={
            "HOME": str(tmp_path),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    offered = [line.partition("\t")[0].rpartition(",")[2] for line in done.stdout.splitlines()]
    assert offered, done.stderr
    return offered


@pytest.mark.parametrize("shell", SHELLS)
class TestCompletion:
    def test_commands(self, shell: str, tmp_path: Path) -> None:
        assert complete(shell, "au", tmp_path) == ["audit"]

    def test_options(self, shell: str, tmp_path: Path) -> None:
        assert complete(shell, "audit --jo", tmp_path) == ["--jobs"]

    def test_values(self, shell: str, tmp_path: Path) -> None:
        offered = complete(shell, "audit --format js", tmp_path)
        assert sorted(offered) == ["json", "json-v1", "jsonl"]
