"""
An editor: a real client of the language server protocol, with the server as its child.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

_SECONDS = 60


class Editor(LanguageClient):
    """
    Opens, edits and saves files, and keeps the diagnostics that the server sends.
    """

    def __init__(self) -> None:
        super().__init__("editor", "1")
        self.diagnostics: dict[str, list[lsp.Diagnostic]] = {}
        self.logged: list[str] = []
        self._news = asyncio.Event()
        self._versions: dict[Path, int] = {}

        # pygls keeps notes on a handler, which a bound method does not take.
        self.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(lambda said: self._published(said))  # noqa: PLW0108 - see above
        self.feature(lsp.WINDOW_LOG_MESSAGE)(lambda said: self._logged(said))  # noqa: PLW0108 - see above

    def _published(self, said: lsp.PublishDiagnosticsParams) -> None:
        self.diagnostics[said.uri] = list(said.diagnostics)
        self._news.set()

    def _logged(self, said: lsp.LogMessageParams) -> None:
        self.logged.append(said.message)
        self._news.set()

    def open(self, path: Path, text: str | None = None) -> None:
        """
        Open a file as it is on disk, or with other text.
        """
        self._versions[path] = 1
        shown = path.read_text("utf-8") if text is None else text
        item = lsp.TextDocumentItem(path.as_uri(), "plaintext", 1, shown)
        self.text_document_did_open(lsp.DidOpenTextDocumentParams(item))

    def edit(self, path: Path, text: str) -> None:
        """
        Replace all that the editor shows of a file, without saving it.
        """
        self._versions[path] += 1
        identifier = lsp.VersionedTextDocumentIdentifier(self._versions[path], path.as_uri())
        change = lsp.TextDocumentContentChangeWholeDocument(text)
        self.text_document_did_change(lsp.DidChangeTextDocumentParams(identifier, [change]))

    def save(self, path: Path, text: str) -> None:
        """
        Write a file and say so.
        """
        path.write_text(text, "utf-8")
        identifier = lsp.TextDocumentIdentifier(path.as_uri())
        self.text_document_did_save(lsp.DidSaveTextDocumentParams(identifier))

    def close(self, path: Path) -> None:
        """
        Close a file; what was not saved is gone.
        """
        identifier = lsp.TextDocumentIdentifier(path.as_uri())
        self.text_document_did_close(lsp.DidCloseTextDocumentParams(identifier))

    def codes(self, path: Path) -> list[str]:
        """
        Codes of the diagnostics that a file has now.
        """
        return [str(one.code) for one in self.diagnostics.get(path.as_uri(), [])]

    async def until(self, path: Path, code: str, *, there: bool = True) -> None:
        """
        Wait until a file has a diagnostic, or has it no longer.
        """
        await self.settled(
            lambda: path.as_uri() in self.diagnostics and (code in self.codes(path)) is there
        )

    async def settled(self, is_so: Callable[[], bool]) -> None:
        """
        Wait until something holds.
        """
        async with asyncio.timeout(_SECONDS):
            while not is_so():
                self._news.clear()
                await self._news.wait()

    async def hover(self, path: Path, line: int, column: int) -> lsp.Hover | None:
        """
        What is shown under the pointer.
        """
        identifier = lsp.TextDocumentIdentifier(path.as_uri())
        return await self.text_document_hover_async(
            lsp.HoverParams(identifier, lsp.Position(line, column))
        )

    async def actions(
        self, path: Path, area: lsp.Range, only: str | None = None
    ) -> list[lsp.CodeAction]:
        """
        What can be done in an area of a file.
        """
        context = lsp.CodeActionContext([], only=[only] if only else None)
        identifier = lsp.TextDocumentIdentifier(path.as_uri())
        found = await self.text_document_code_action_async(
            lsp.CodeActionParams(identifier, area, context)
        )
        return [one for one in found or [] if isinstance(one, lsp.CodeAction)]


@asynccontextmanager
async def editor(
    folder: Path | None, options: object = None, encoding: str | None = None
) -> AsyncIterator[Editor]:
    """
    An editor with a folder open; the server ends with the block, as the protocol wants it.
    """
    client = Editor()
    await client.start_io(sys.executable, "-m", "advisor", "lsp")
    general = lsp.GeneralClientCapabilities(
        position_encodings=[lsp.PositionEncodingKind(encoding)] if encoding else None
    )
    await client.initialize_async(
        lsp.InitializeParams(
            capabilities=lsp.ClientCapabilities(general=general),
            root_uri=folder.as_uri() if folder else None,
            workspace_folders=[lsp.WorkspaceFolder(folder.as_uri(), folder.name)]
            if folder
            else None,
            initialization_options=options,
        )
    )
    client.initialized(lsp.InitializedParams())
    try:
        yield client
    finally:
        await asyncio.wait_for(client.shutdown_async(None), _SECONDS)
        client.exit(None)
        stopped: Awaitable[None] = client.stop()  # type: ignore[no-untyped-call]  # of pygls
        await asyncio.wait_for(stopped, _SECONDS)


def applied(text: str, edits: list[lsp.TextEdit]) -> str:
    """
    A text of ASCII with edits made, from the last one to the first.
    """
    lines = text.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    for one in sorted(edits, key=lambda one: one.range.start, reverse=True):
        start, end = one.range.start, one.range.end
        before = starts[start.line] + start.character
        text = text[:before] + one.new_text + text[starts[end.line] + end.character :]
    return text
