"""
A configuration of nginx copied below a temporary folder, its own words wherever they do nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct, field

from advisor import regex
from advisor.fix.edits import Edit, apply_edits, lines_of
from advisor.fix.nginx import OPENED
from advisor.parsers._nginx_lexer import lex
from advisor.parsers.nginx import Directive, NginxDocument, parse_file
from advisor.verify._nginx_words import TEMP_PATHS, Stand, refuse
from advisor.verify.model import UnverifiableError

_DATA = frozenset({"map", "types", "geo", "split_clients", "charset_map", "match"})
"""Blocks whose entries are no directives."""
_ENDED = regex.lazy(r"(?:\s|#[^\n]*\n)*;")
_AROUND = {
    "http": "events {{}} http {{ {http} {include} }}",
    "server": "events {{}} http {{ {http} server {{ {include} }} }}",
    "location": "events {{}} http {{ {http} server {{ location / {{ {include} }} }} }}",
    "stream": "events {{}} stream {{ {include} }}",
}
"""What a part of a configuration stands in, by its context."""


class Copy(Struct):
    """
    The files of one configuration as they are written below `folder`.
    """

    document: NginxDocument
    read: Callable[[str], str | None]
    folder: Path
    stand: Stand
    written: dict[tuple[str, bool], Path] = field(default_factory=dict)
    """By path, and whether it is read inside of a block of data."""

    def original(self, written: str) -> str:
        """
        The path of the file that a written one is a copy of; empty when there is none.
        """
        return next((path for (path, _), one in self.written.items() if str(one) == written), "")

    def main(self) -> Path:
        """
        The file to start nginx with. Raises `UnverifiableError` when it cannot be made.
        """
        document = self.document
        if document.template:
            raise UnverifiableError("a template is filled in before nginx reads it")
        head = f"pid {self.folder}/pid; lock_file {self.folder}/lock; error_log stderr warn;"
        first = self._copied(document.path, data=False)
        if document.context == "main":
            first.write_text(f"{head} {first.read_text('utf-8')}", "utf-8")
            return first
        if document.context not in _AROUND:
            raise UnverifiableError(f"nginx reads it inside of {document.context} only")
        around = _AROUND[document.context].format(
            http=" ".join(self._defaults()), include=f'include "{first}";'
        )
        whole = self.folder / "whole.conf"
        whole.write_text(f"{head} {around}\n", "utf-8")
        return whole

    def _copied(self, path: str, *, data: bool) -> Path:
        """
        One file, with those that it includes; each once, so that it may include itself.
        """
        if (path, data) in self.written:
            return self.written[path, data]
        target = self.written[path, data] = self.folder / f"{len(self.written)}.conf"
        text = self.read(path)
        if text is None:
            raise UnverifiableError(f"{path} is not there any more")
        edits = self._edits(text, parse_file(path, text).directives, data=data)
        target.write_text(apply_edits(text, edits).removeprefix("\ufeff"), "utf-8")
        return target

    def _edits(self, text: str, block: Sequence[Directive], *, data: bool) -> Iterator[Edit]:
        for one in block:
            span = lines_of(text).span(one.location)
            if one.name == "include" and len(one.args) == 1:
                files = self.document.includes.get(one.args[0], ())
                lines = (f'include "{self._copied(file, data=data)}";' for file in files)
                yield _replaced(text, span, " ".join(lines))
            elif not data:
                yield from self._directive(text, one, span)
            if one.block is not None:
                inner = data or one.name in _DATA
                yield from self._edits(text, one.block, data=inner)

    def _directive(self, text: str, one: Directive, span: tuple[int, int]) -> Iterator[Edit]:
        start, end = span
        if one.block is not None:
            refuse(one.name)
            opened = OPENED.match(text, end)
            if one.name == "http" and opened:
                yield Edit(opened.end(), opened.end(), f" {' '.join(self._defaults())} ")
            return
        tokens = [token for token in lex(text[start:end]) if token[0] != ";" or token[3]][1:]
        if not tokens:
            return
        words = [token[0] for token in tokens]
        raw = {word: text[start + first : start + last] for word, first, last, _ in tokens}
        changed = self.stand.instead(one.name, words)
        if changed is None:
            yield _replaced(text, span, "")
        elif list(changed) != words:
            new = " ".join(raw.get(word) or f'"{word}"' for word in changed)
            yield Edit(start + tokens[0][1], start + tokens[-1][2], new)

    def _defaults(self) -> Iterator[str]:
        """
        What the http block says where it says nothing: nginx has folders of the host built in.
        """
        said = {one.name for one in self._http()}
        yield from (f"{name} {self.folder}/{name};" for name in TEMP_PATHS if name not in said)
        if "access_log" not in said:
            yield "access_log /dev/null;"

    def _http(self) -> Sequence[Directive]:
        outermost = self.document.directives
        if self.document.context != "main":
            return outermost if self.document.context == "http" else ()
        return [one for block in outermost if block.name == "http" for one in block.block or ()]


def _replaced(text: str, span: tuple[int, int], new: str) -> Edit:
    """
    A whole directive with its semicolon; as many lines as it had, so that numbers stay.
    """
    start, end = span
    ended = None if text.endswith(";", start, end) else _ENDED.match(text, end)
    end = ended.end() if ended else end
    return Edit(start, end, new + "\n" * text.count("\n", start, end))
