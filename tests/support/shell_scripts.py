"""Scripts on their own, without the container that they are run in."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from advisor.deployment.scripts import started
from advisor.model import Location
from advisor.parsers.gunicorn import GunicornCommand
from advisor.parsers.shell import Field, Machine, Program, World


class _OneFile(Struct, frozen=True):
    path: str
    text: str

    def script(self, name: str, *, by_shell: bool) -> tuple[str, str] | None:
        """The only file there is."""
        return (self.path, self.text) if name == self.path else None

    def programs(self, words: Sequence[str]) -> Sequence[Program] | None:
        """None is at hand."""
        return None


def read_script(path: str, text: str) -> GunicornCommand | None:
    """The start of gunicorn in a script, None when there is none or it cannot be told."""
    trace = Machine(World({}, _OneFile(path, text))).start(
        [Field(path, path)], Location(path, 1), shell=False
    )
    return started(trace, {}, title=path).command
