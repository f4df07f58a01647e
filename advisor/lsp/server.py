"""
The language server: which request does what, and when a deployment is judged again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lsprotocol import types as lsp
from pygls import uris
from pygls.lsp.server import LanguageServer
from pygls.workspace import PositionCodec

from advisor import __version__
from advisor.errors import AdvisorError, SourceError
from advisor.lsp import actions
from advisor.lsp.diagnostics import Shown, by_path, of_error, shown, uri
from advisor.lsp.hover import page
from advisor.lsp.workspace import Audited, Buffer, audit_buffers, root_of
from advisor.rules.catalogue import kept_book

PAUSE = 0.3
"""Seconds without typing before a deployment is judged again."""
_KINDS = [lsp.CodeActionKind.QuickFix, actions.FIX_ALL]
_DECIDES = (".toml", ".yaml", ".yml")
"""Files that may hold rules or say where they are."""


class Server(LanguageServer):
    """
    Keeps the last judgement of each deployment that has an open file.
    """

    def __init__(self) -> None:
        super().__init__("advisor", __version__)
        self.deployments: list[str] = []
        """Globs of the folders that are deployments of their own."""
        self._open: dict[Path, str] = {}
        """Addresses of the open files, as the editor spells them."""
        self._audited: dict[Path, Audited] = {}
        self._pending: dict[Path, asyncio.Task[None]] = {}
        self._published: dict[Path, set[Path]] = {}
        # One thread: the work is Python's alone, and judgements must not overtake each other.
        self._thread = ThreadPoolExecutor(1)

    @property
    def codec(self) -> PositionCodec:
        """
        What the editor counts columns in.
        """
        return self.workspace.position_codec

    def opened(self, address: str) -> None:
        """
        A file is open, and is judged at once.
        """
        if (path := _path(address)) is not None:
            self._open[path] = address
            self.schedule(path, 0)

    def closed(self, address: str) -> None:
        """
        A file is closed: what is on disk counts again.
        """
        if (path := _path(address)) is not None:
            self._open.pop(path, None)
            self.schedule(path, 0)

    def saved(self, address: str) -> None:
        """
        A file is saved. It may be one of the rules.
        """
        path = _path(address)
        if path is not None:
            if path.suffix in _DECIDES:
                kept_book.cache_clear()
            self.schedule(path, 0)

    def schedule(self, path: Path, pause: float) -> None:
        """
        Judge the deployment of a file soon; what was planned for it before is given up.
        """
        root = self._root(path)
        if (before := self._pending.pop(root, None)) is not None:
            before.cancel()
        self._pending[root] = asyncio.get_running_loop().create_task(self._judge(root, pause))

    def _root(self, path: Path) -> Path:
        folders = [_path(one.uri) for one in self.workspace.folders.values()]
        if not folders and self.workspace.root_path:
            folders = [Path(self.workspace.root_path)]
        return root_of(path, [one for one in folders if one], self.deployments)

    async def _judge(self, root: Path, pause: float) -> None:
        await asyncio.sleep(pause)
        buffers = {path: self._buffer(address) for path, address in self._open.items()}
        loop = asyncio.get_running_loop()
        try:
            audited = await loop.run_in_executor(self._thread, audit_buffers, root, buffers)
        except AdvisorError as error:
            self._audited.pop(root, None)
            self._publish(root, self._wrong(error, root))
            return
        self._audited[root] = audited
        found = list(shown(audited, self.codec))
        self._publish(root, by_path(audited, found, self.codec))

    def _buffer(self, address: str) -> Buffer:
        document = self.workspace.get_text_document(address)
        return Buffer(document.source, document.version)

    def _wrong(self, error: AdvisorError, root: Path) -> dict[Path, list[lsp.Diagnostic]]:
        found = of_error(error, root)
        if found is not None:
            return {found[0]: [found[1]]}
        kind = lsp.MessageType.Info if isinstance(error, SourceError) else lsp.MessageType.Error
        self.window_log_message(lsp.LogMessageParams(kind, str(error)))
        return {}

    def _publish(self, root: Path, files: dict[Path, list[lsp.Diagnostic]]) -> None:
        gone = self._published.get(root, set()) - files.keys()
        self._published[root] = set(files)
        for path, found in (*files.items(), *((path, []) for path in sorted(gone))):
            self.text_document_publish_diagnostics(
                lsp.PublishDiagnosticsParams(self.address(path), found)
            )

    def address(self, path: Path) -> str:
        """
        The address of a file, spelled as the editor does where it is open.
        """
        return self._open.get(path) or uri(path)

    async def current(self, address: str) -> Audited | None:
        """
        The judgement of what the editor shows now: one that is under way is waited for.
        """
        path = _path(address)
        if path is None:
            return None
        root = self._root(path)
        while (pending := self._pending.get(root)) is not None and not pending.done():
            await asyncio.wait([pending])
        return self._audited.get(root)

    def found(self, audited: Audited, address: str, area: lsp.Range) -> list[Shown]:
        """
        The findings that an area of a file touches.
        """
        path = _path(address)
        everything = shown(audited, self.codec)
        return [one for one in everything if one.path == path and _touches(one.range, area)]


def _path(address: str) -> Path | None:
    """
    The path of a file; None for what is in no file, as ``untitled:`` and ``git:``.
    """
    if not address.startswith("file:"):
        return None
    path = uris.to_fs_path(address)
    return Path(path) if path else None


def _touches(one: lsp.Range, other: lsp.Range) -> bool:
    return one.start <= other.end and other.start <= one.end


def create() -> Server:
    """
    A server with all of its features.
    """
    server = Server()
    _on_files(server)
    _on_requests(server)
    return server


def _on_files(server: Server) -> None:
    @server.feature(lsp.INITIALIZE)
    def initialize(ls: Server, params: lsp.InitializeParams) -> None:
        ls.deployments = list(_globs(params.initialization_options))

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(ls: Server, params: lsp.DidOpenTextDocumentParams) -> None:
        ls.opened(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(ls: Server, params: lsp.DidChangeTextDocumentParams) -> None:
        if (path := _path(params.text_document.uri)) is not None:
            ls.schedule(path, PAUSE)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(ls: Server, params: lsp.DidSaveTextDocumentParams) -> None:
        ls.saved(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(ls: Server, params: lsp.DidCloseTextDocumentParams) -> None:
        ls.closed(params.text_document.uri)


def _on_requests(server: Server) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def hover(ls: Server, params: lsp.HoverParams) -> lsp.Hover | None:
        address, at = params.text_document.uri, params.position
        audited = await ls.current(address)
        found = ls.found(audited, address, lsp.Range(at, at)) if audited else []
        if audited is None or not found:
            return None
        book = kept_book(audited.settings.rules)
        text = "\n\n---\n\n".join(page(one, book) for one in found)
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text), found[0].range)

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions(_KINDS))
    async def code_action(ls: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        address = params.text_document.uri
        audited = await ls.current(address)
        if audited is None:
            return []
        only = params.context.only
        wanted: list[lsp.CodeAction] = []
        if _asked(lsp.CodeActionKind.QuickFix.value, only):
            found = ls.found(audited, address, params.range)
            wanted += actions.fixes(audited, found, ls.address, ls.codec)
        if only and _asked(actions.FIX_ALL, only):
            everything = shown(audited, ls.codec)
            action = actions.fix_all(audited, everything, ls.address, ls.codec)
            wanted += [action] if action else []
        return wanted


def _asked(kind: str, only: Iterable[lsp.CodeActionKind | str] | None) -> bool:
    """
    Whether an editor wants actions of a kind: it may name one that holds it.
    """
    names = [getattr(one, "value", one) for one in only or [kind]]
    return any(kind == name or kind.startswith(f"{name}.") for name in names)


def _globs(options: object) -> Iterable[str]:
    found = options.get("deployments", []) if isinstance(options, dict) else []
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
