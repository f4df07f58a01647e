"""
What the first command of a container leads to: its scripts, and the programs of its supervisor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise

from msgspec import Struct

from advisor import regex
from advisor.deployment.paths import folder_of, join, name_of, names_in, text_of
from advisor.deployment.services import RunningService
from advisor.model import Tree, Value
from advisor.parsers.shell import WRAPPERS, Field, Machine, Program, Trace, World

_SHEBANG = regex.lazy(r"#![^\n]*\b(?:ba|da|a|z)?sh\b")
_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where a command without a slash is looked for, unless the image says otherwise."""
_SUPERVISOR_FILES = ("supervisord.conf", "etc/supervisord.conf", "/etc/supervisord.conf")
"""What supervisord reads when it is given no file. Source: its documentation, "Running"."""
_NGINX = frozenset({"nginx", "openresty"})
_DEBIAN = "/etc/supervisor/supervisord.conf"
MAX_INCLUDED = 50
"""Files that one configuration of supervisord includes."""


def trace(service: RunningService, tree: Tree) -> Trace:
    """
    The commands that a service runs, as far as its files tell.
    """
    words = service.words
    place = next((one.location for one in words if one.location), service.service.location)
    world = World(service.environment, ContainerFiles(service, tree), frozenset(service.url.keys()))
    return Machine(world).start([_field(one) for one in words], place, shell=_in_shell(service))


def nginx_files(found: Trace) -> tuple[str, ...] | None:
    """
    The configuration files that nginx is started with, None where nothing starts it.
    """
    started = [
        texts[at:]
        for one in found.commands
        for texts in [[word.text for word in one.words]]
        for at in [next((n for n, text in enumerate(texts) if name_of(text) in _NGINX), -1)]
        if at >= 0 and (at == 0 or name_of(texts[0]) in WRAPPERS) and texts[at + 1 :] != ["-t"]
    ]
    if not started:
        return None
    flags = (pair for words in started for pair in pairwise(words))
    return tuple(value for flag, value in flags if flag == "-c" and value.startswith("/"))


class ContainerFiles(Struct, frozen=True):
    """
    Files of the deployment by the paths that they have in a container.
    """

    service: RunningService
    tree: Tree

    def script(self, name: str, *, by_shell: bool) -> tuple[str, str] | None:
        """
        Path and text of the shell script behind a command, told by its ending or first line.
        """
        for path in self._found(name, by_shell=by_shell):
            text = text_of(self.tree, path)
            if text is not None and (by_shell or path.endswith(".sh") or is_shell(text)):
                return path, text
        return None

    def programs(self, words: Sequence[str]) -> Sequence[Program] | None:
        """
        The programs of the supervisord that words start, those of files it includes as well.
        """
        named = _supervisor_files(words)
        if named is None:
            return None
        for one in named:
            for path in self.candidates(one):
                if (text := text_of(self.tree, path)) is not None:
                    return list(self._programs(one, path, text))
        return None

    def candidates(self, written: str) -> Iterator[str]:
        """
        Paths below the root that a path inside the container may stand for, likeliest first.
        """
        yield from self.sources(written)
        for folder in (self.service.context, self.service.folder):
            if folder is not None:
                yield join(folder, written)

    def sources(self, written: str) -> Iterator[str]:
        """
        Those of them that are surely in the container.
        """
        if written.startswith("/"):
            yield from self.service.sources_of(f"/{join('', written)}")
        elif self.service.working_dir is not None:
            folder = self.service.working_dir
            yield from self.service.sources_of(f"/{join(folder, written)}")

    def _found(self, name: str, *, by_shell: bool) -> Iterator[str]:
        if "/" in name or by_shell or name.endswith(".sh"):
            yield from self.candidates(name)
        if "/" not in name:
            stated = self.service.environment.get("PATH", "")
            own = [one for one in stated.split(":") if one.startswith("/")]
            for folder in dict.fromkeys((*own, *_PATH)):
                yield from self.service.sources_of(f"{folder}/{name}")

    def _programs(self, written: str, path: str, text: str) -> Iterator[Program]:
        from advisor.parsers.supervisord import (  # noqa: PLC0415 - start-up cost
            included_files,
            parse_supervisord,
        )

        files = {path: text}
        for pattern in included_files(text):
            absolute = pattern if pattern.startswith("/") else join(folder_of(written), pattern)
            inside = f"/{join('', absolute)}" if written.startswith("/") else absolute
            files |= dict(self._matching(inside if pattern[:1] != "/" else absolute))
        for one, content in files.items():
            for process in parse_supervisord(one, content).found:
                known = process.variables.items()
                variables = {key: v.value for key, v in known if isinstance(v.value, str)}
                words = tuple(_field(word) for word in process.words)
                yield Program(words, process.location, variables)

    def _matching(self, pattern: str) -> Iterator[tuple[str, str]]:
        """
        Files of the deployment whose path in the container fits a pattern.
        """
        folder, name = folder_of(pattern), name_of(pattern)
        for source in dict.fromkeys(self.candidates(folder)):
            found = sorted(one for one in names_in(self.tree, source) if fnmatchcase(one, name))
            for one in found[:MAX_INCLUDED]:
                text = text_of(self.tree, join(source, one))
                if text is not None:
                    yield join(source, one), text
            if found:
                break
        for placed in self.service.placed():
            if folder_of(placed.target) == folder and fnmatchcase(name_of(placed.target), name):
                text = text_of(self.tree, placed.source)
                if text is not None:
                    yield placed.source, text


def is_shell(text: str) -> bool:
    """
    Whether a file names a shell as what runs it.
    """
    return _SHEBANG.match(text) is not None


def _supervisor_files(words: Sequence[str]) -> tuple[str, ...] | None:
    """
    Configuration files that the supervisord which words start may read, None when they start none.
    """
    if not words or name_of(words[0]) != "supervisord":
        return None
    for flag, value in pairwise(words):
        if flag in ("-c", "--configuration"):
            return (value,)
    for word in words:
        if word.startswith(("--configuration=", "-c/")):
            return (word.partition("=")[2] or word.removeprefix("-c"),)
    return (*_SUPERVISOR_FILES, _DEBIAN)


def _field(word: Value[str]) -> Field:
    text = word.value
    known = "$" not in text and "`" not in text
    return Field(text, text if known else None, place=word.location, handed=True)


def _in_shell(service: RunningService) -> bool:
    """
    Whether a shell reads the words: those of a Dockerfile in shell form, or of a unit.
    """
    own, image = service.service, service.stage
    if image is None or own.entrypoint is not None:
        return False
    if image.entrypoint is not None:
        return image.entrypoint.shell
    return own.command is None and image.command is not None and image.command.shell
