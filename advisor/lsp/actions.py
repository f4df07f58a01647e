"""
Fixes as edits that an editor makes, and undoes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from difflib import SequenceMatcher
from pathlib import Path

from lsprotocol import types as lsp
from pygls.workspace import PositionCodec

from advisor.fix.plan import Plan, plan_fixes
from advisor.lsp.diagnostics import SOURCE, Shown, lines_of
from advisor.lsp.workspace import Audited
from advisor.model import Finding, Safety
from advisor.report.cells import one_line
from advisor.report.masking import mask

FIX_ALL = f"{lsp.CodeActionKind.SourceFixAll.value}.{SOURCE}"
_LONGEST = 60

Address = Callable[[Path], str]
"""The editor's own address of a file."""


def fixes(
    audited: Audited, found: Iterable[Shown], address: Address, codec: PositionCodec
) -> Iterator[lsp.CodeAction]:
    """
    An action for each of the findings that has a fix which can be made mechanically.
    """
    for one in found:
        plan = _plan(audited, [one.finding], unsafe=True)
        if plan.texts:
            safe = one.finding.fix is not None and one.finding.fix.safety is Safety.SAFE
            yield lsp.CodeAction(
                title=_title(one.finding, safe=safe),
                kind=lsp.CodeActionKind.QuickFix,
                is_preferred=safe or None,
                edit=_edit(audited, plan, address, codec),
                data=one.fingerprint,
            )


def fix_all(
    audited: Audited, found: Iterable[Shown], address: Address, codec: PositionCodec
) -> lsp.CodeAction | None:
    """
    One action for all fixes that nobody has to read first; None when there is none.
    """
    plan = _plan(audited, [one.finding for one in found], unsafe=False)
    if not plan.texts:
        return None
    edit = _edit(audited, plan, address, codec)
    return lsp.CodeAction(f"advisor: make all {len(plan.done)} safe fixes", FIX_ALL, edit=edit)


def _plan(audited: Audited, findings: Iterable[Finding], *, unsafe: bool) -> Plan:
    return plan_fixes(findings, audited.files, unsafe=unsafe, real=audited.files.real)


def _title(finding: Finding, *, safe: bool) -> str:
    changes = finding.fix.changes or finding.fix.edits if finding.fix else ()
    text = one_line(mask("; ".join(change.then for change in changes)))
    short = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return f"{finding.code}: {short}{'' if safe else ' (read it first)'}"


def _edit(
    audited: Audited, plan: Plan, address: Address, codec: PositionCodec
) -> lsp.WorkspaceEdit:
    changes: list[lsp.TextDocumentEdit | lsp.CreateFile | lsp.RenameFile | lsp.DeleteFile] = [
        _document(audited, (name, text), address, codec) for name, text in plan.texts.items()
    ]
    return lsp.WorkspaceEdit(document_changes=changes)


def _document(
    audited: Audited, fixed: tuple[str, str], address: Address, codec: PositionCodec
) -> lsp.TextDocumentEdit:
    """
    The edits of one file. Its version lets an editor refuse them when it has gone on meanwhile.
    """
    name, text = fixed
    path = audited.path(name)
    buffer = audited.buffers.get(path)
    identifier = lsp.OptionalVersionedTextDocumentIdentifier(
        uri=address(path), version=buffer.version if buffer else None
    )
    before = lines_of(audited.files.read(name) or "")
    return lsp.TextDocumentEdit(identifier, [*text_edits(before, lines_of(text), codec)])


def text_edits(before: list[str], after: list[str], codec: PositionCodec) -> Iterator[lsp.TextEdit]:
    """
    The lines that differ, from the top down.
    """
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, start, stop, first, last in matcher.get_opcodes():
        if tag != "equal":
            area = lsp.Range(_position(before, start), _position(before, stop))
            yield lsp.TextEdit(
                codec.range_to_client_units(before, area), "".join(after[first:last])
            )


def _position(lines: list[str], number: int) -> lsp.Position:
    """
    The start of a line; behind the last one, the end of the text.
    """
    if number < len(lines) or not lines or lines[-1].endswith(("\n", "\r")):
        return lsp.Position(number, 0)
    return lsp.Position(len(lines) - 1, len(lines[-1]))
