"""
``postgres -C`` on a copy of the configuration: it reads every setting and starts nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from advisor import regex
from advisor.parsers.postgresql import PostgresDocument, parse_file
from advisor.verify.model import Program, UnverifiableError
from advisor.verify.programs import run

_SAID = regex.lazy(r"(?:LOG|ERROR|FATAL|PANIC): +(.*)")
_ASIDE = ("contains errors", "skipping missing")
"""What the server says besides: its last words, which name no setting, and what is no error."""


def refusal(program: Program, document: PostgresDocument, read: Callable[[str], str | None]) -> str:
    """
    Why PostgreSQL would not start with a configuration, empty when it would.

    Raises `UnverifiableError` when it cannot be asked.
    """
    with tempfile.TemporaryDirectory(prefix="advisor-postgres-") as name:
        folder = Path(name)
        for path in document.files:
            _copy(path, read(path) or "", folder)
        for one in document.folders:
            _inside(folder, one.path).mkdir(parents=True, exist_ok=True)
        main = _inside(folder, document.path)
        # The data directory may be set in the file, and then it is that of the real server.
        given = ("-c", f"config_file={main}", "-c", f"data_directory={main.parent}")
        code, said = run((program.path, "-C", "port", "-D", main.parent, *given), folder)
        return "" if code == 0 else _message(said, name)


def _copy(path: str, text: str, folder: Path) -> None:
    parsed = parse_file(path, text)
    if any(one.placeholder for one in parsed.assignments):
        raise UnverifiableError("a template is filled in before PostgreSQL reads it")
    if any(one.target.startswith("/") or ".." in one.target for one in parsed.includes):
        raise UnverifiableError("it includes files by a path that leads to the host's own")
    target = _inside(folder, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")


def _inside(folder: Path, path: str) -> Path:
    target = folder / path
    if ".." in Path(path).parts or not target.is_relative_to(folder):
        raise UnverifiableError("it lies outside of the audited folder")
    return target


def _message(said: str, folder: str) -> str:
    found = [one for one in _SAID.findall(said) if not any(text in one for text in _ASIDE)]
    message = found[0] if found else " ".join(said.split())
    return message.replace(f"{folder}/", "")
