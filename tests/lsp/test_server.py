"""
The language server as an editor meets it: a real client, over standard input and output.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as lsp

from tests.support.editors import applied, editor
from tests.support.loops import finished

DEPLOYS = Path(__file__).parents[2] / "fixtures" / "deploys"
CONF = "import os\n\nworkers = 4\nworker_class = 'gevent'\nkeepalive = 5\n"
FSYNC = "# ä𝄞 \nfsync = off\n"

Test = Callable[..., Coroutine[Any, Any, None]]


def in_a_loop(test: Test) -> Callable[..., None]:
    """
    Run a coroutine as a test.
    """

    @wraps(test)
    def run(*arguments: object, **named: object) -> None:
        finished(test(*arguments, **named))

    return run


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    """
    The guide's deployment, to be edited.
    """
    return Path(shutil.copytree(DEPLOYS / "guide", tmp_path / "guide"))


def whole(path: Path) -> lsp.Range:
    """
    All of a file.
    """
    return lsp.Range(lsp.Position(0, 0), lsp.Position(path.read_text("utf-8").count("\n"), 0))


@in_a_loop
async def test_opening_one_file_judges_the_whole_deployment(guide: Path) -> None:
    gunicorn, engine = guide / "gunicorn.conf.py", guide / "app" / "db.py"
    async with editor(guide) as client:
        client.open(gunicorn)
        await client.until(engine, "STK001")
        await client.until(gunicorn, "STK020")
        (budget,) = [one for one in client.diagnostics[engine.as_uri()] if one.code == "STK001"]

        assert budget.severity == lsp.DiagnosticSeverity.Error
        assert budget.source == "advisor"
        assert budget.message.startswith(
            "9 workers × 30 = 270 connections, PostgreSQL serves 197\n"
        )
        assert budget.range == lsp.Range(lsp.Position(7, 4), lsp.Position(7, 16))
        assert {one.location.uri for one in budget.related_information or []} == {
            gunicorn.as_uri(),
            (guide / "postgresql.conf").as_uri(),
        }


@in_a_loop
async def test_what_is_not_saved_counts_until_it_is_closed(guide: Path) -> None:
    gunicorn, engine = guide / "gunicorn.conf.py", guide / "app" / "db.py"
    text = gunicorn.read_text("utf-8")
    fewer = text.replace("multiprocessing.cpu_count() * 2 + 1", "2")
    async with editor(guide) as client:
        client.open(gunicorn)
        await client.until(engine, "STK001")
        client.edit(gunicorn, fewer)
        await client.until(engine, "STK001", there=False)
        assert gunicorn.read_text("utf-8") == text

        client.close(gunicorn)
        await client.until(engine, "STK001")
        client.open(gunicorn, text)
        client.save(gunicorn, fewer)
        client.edit(gunicorn, fewer)
        await client.until(engine, "STK001", there=False)


@in_a_loop
async def test_of_many_edits_the_last_one_counts(guide: Path) -> None:
    conf = guide / "postgresql.conf"
    text = conf.read_text("utf-8")
    async with editor(guide) as client:
        client.open(conf)
        await client.until(guide / "app" / "db.py", "STK001")
        for number in range(100, 160):
            client.edit(conf, f"{text}\nfsync = o{'ff' if number % 2 else 'n'}  # {number}\n")
        await client.until(conf, "PG101")
        (found,) = [one for one in client.diagnostics[conf.as_uri()] if one.code == "PG101"]

        assert found.range.start.line == text.count("\n") + 1


@in_a_loop
async def test_hover_shows_the_finding_and_the_page_of_its_rule(guide: Path) -> None:
    engine = guide / "app" / "db.py"
    async with editor(guide) as client:
        client.open(engine)
        found = await client.hover(engine, 7, 6)
        nothing = await client.hover(engine, 0, 0)

    assert found is not None
    assert isinstance(found.contents, lsp.MarkupContent)
    text = found.contents.value
    assert text.startswith("**high\\[STK001\\]** 9 workers × 30 = 270 connections")
    assert "# STK001 connections-exceed-server" in text
    assert "## When it does not apply" in text
    assert nothing is None


@in_a_loop
async def test_a_fix_is_an_edit_of_the_buffer(guide: Path) -> None:
    """
    Made in the editor, the finding is gone; nothing is written.
    """
    nginx = guide / "nginx.conf"
    text = nginx.read_text("utf-8")
    async with editor(guide) as client:
        client.open(nginx)
        client.edit(nginx, f"# edited\n{text}")
        fixes = await client.actions(nginx, whole(nginx), "quickfix")
        (gzip,) = [one for one in fixes if "gzip on" in one.title]
        assert gzip.edit is not None
        (document,) = gzip.edit.document_changes or []
        assert isinstance(document, lsp.TextDocumentEdit)
        assert (document.text_document.uri, document.text_document.version) == (nginx.as_uri(), 2)
        edits = [one for one in document.edits if isinstance(one, lsp.TextEdit)]
        code = gzip.title.partition(":")[0]
        await client.until(nginx, code)
        client.edit(nginx, applied(f"# edited\n{text}", edits))
        await client.until(nginx, code, there=False)

    assert nginx.read_text("utf-8") == text


@in_a_loop
async def test_fixes_that_want_a_reader_say_so_and_are_not_made_with_all(guide: Path) -> None:
    nginx = guide / "nginx.conf"
    async with editor(guide) as client:
        client.open(nginx)
        fixes = await client.actions(nginx, whole(nginx))
        everything = await client.actions(nginx, whole(nginx), "source.fixAll")

    assert {one.kind for one in fixes} == {lsp.CodeActionKind.QuickFix}
    assert any(one.is_preferred for one in fixes)
    for one in fixes:
        assert bool(one.is_preferred) is not one.title.endswith("(read it first)")
    assert [one.kind for one in everything] == ["source.fixAll.advisor"]


@pytest.mark.parametrize(("encoding", "units"), [(None, 2), ("utf-8", 4), ("utf-32", 1)])
def test_columns_are_counted_as_the_editor_does(
    tmp_path: Path, encoding: str | None, units: int
) -> None:
    """
    A clef is one character, two units of UTF-16 and four bytes of UTF-8.
    """
    conf = tmp_path / "gunicorn.conf.py"
    text = "workers = 4; name = '𝄞'; keepalive = 5; accesslog = '-'\n"

    async def scenario() -> lsp.Diagnostic:
        (tmp_path / "advisor.toml").write_text("min-severity = 'info'\n")
        conf.write_text(text, "utf-8")
        async with editor(tmp_path, encoding=encoding) as client:
            client.open(conf)
            await client.until(conf, "GUN005")
            (found,) = [one for one in client.diagnostics[conf.as_uri()] if one.code == "GUN005"]
            return found

    found = finished(scenario())
    assert found.range.start == lsp.Position(0, text.index("keepalive") + units - 1)


@in_a_loop
async def test_each_folder_of_a_glob_is_a_deployment(tmp_path: Path) -> None:
    for name in ("a", "b"):
        folder = tmp_path / "deploys" / name
        folder.mkdir(parents=True)
        (folder / "postgresql.conf").write_text("fsync = off\n")
    first, second = (tmp_path / "deploys" / name / "postgresql.conf" for name in ("a", "b"))
    async with editor(tmp_path, {"deployments": ["deploys/*", "/absolute"]}) as client:
        client.open(first)
        await client.until(first, "PG101")
        assert second.as_uri() not in client.diagnostics

        client.open(second)
        await client.until(second, "PG101")


@in_a_loop
async def test_settings_that_are_not_understood_are_shown_in_their_file(tmp_path: Path) -> None:
    conf, settings = tmp_path / "postgresql.conf", tmp_path / "advisor.toml"
    conf.write_text("fsync = off\n")
    settings.write_text("fail-one = 'high'\n")
    async with editor(tmp_path) as client:
        client.open(conf)
        await client.settled(lambda: settings.as_uri() in client.diagnostics)
        (found,) = client.diagnostics[settings.as_uri()]
        assert found.message == "unknown key 'fail-one' (did you mean 'fail-on'?)"

        client.open(settings)
        client.save(settings, "fail-on = 'high'\n")
        await client.until(conf, "PG101")
        await client.settled(lambda: client.diagnostics[settings.as_uri()] == [])


@in_a_loop
async def test_a_new_file_counts_before_it_is_saved(tmp_path: Path) -> None:
    new = tmp_path / "postgresql.conf"
    async with editor(tmp_path) as client:
        client.open(new, "fsync = off\n")
        await client.until(new, "PG101")
        client.close(new)
        await client.until(new, "PG101", there=False)


@in_a_loop
async def test_a_file_outside_of_every_folder_is_judged_with_its_neighbours(guide: Path) -> None:
    async with editor(None) as client:
        client.open(guide / "gunicorn.conf.py")
        await client.until(guide / "app" / "db.py", "STK001")
