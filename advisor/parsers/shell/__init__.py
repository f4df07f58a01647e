"""
Shell scripts: what they run with the variables and arguments that are known. No shell is run.
"""

from advisor.parsers.shell.grammar import parse_shell
from advisor.parsers.shell.heads import WRAPPERS
from advisor.parsers.shell.machine import Files, Machine, Program, World
from advisor.parsers.shell.model import Field, Ran, Script, ShellSyntaxError, Trace

__all__ = [
    "WRAPPERS",
    "Field",
    "Files",
    "Machine",
    "Program",
    "Ran",
    "Script",
    "ShellSyntaxError",
    "Trace",
    "World",
    "parse_shell",
]
