"""
Who is asked about which file, with programs that always say the same.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from advisor.errors import FixError
from advisor.model import Given, Severity
from advisor.repair import Repair, Wanted, repair, verify
from advisor.report import RenderOptions
from advisor.verify import check, nginx, postgresql
from advisor.verify.model import Program, Verified

NGINX = Program("nginx", Path("/nowhere/nginx"), (1, 22, 1))
SERVER = Program("PostgreSQL", Path("/nowhere/postgres"), (15, 1))
FILES = {
    "gunicorn.conf.py": "timeout = 0\n",
    "nginx.conf": "events {}\nhttp {\n    server {\n        listen 80;\n"
    "        keepalive_requests 10;\n    }\n}\n",
    "pgbouncer.ini": "[databases]\n* = host=db\n\n[pgbouncer]\nserver_idle_timeout = 1\n",
    "postgresql.conf": "fsync = off\n",
}


def made(folder: Path, *names: str) -> Repair:
    """
    The fixes of some of the files.
    """
    for name in names or FILES:
        (folder / name).write_text(FILES[name], "utf-8")
    wanted = Wanted(unsafe=True, shown=RenderOptions(min_severity=Severity.INFO))
    return repair(folder, Given(), (), wanted)


@pytest.fixture
def _installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "find_nginx", lambda: NGINX)
    monkeypatch.setattr(check, "find_postgres", lambda: (SERVER,))
    monkeypatch.setattr(nginx, "refusal", lambda *_: "")
    monkeypatch.setattr(postgresql, "refusal", lambda *_: "")


@pytest.mark.usefixtures("_installed")
def test_each_file_has_its_own_answer(tmp_path: Path) -> None:
    found = verify(made(tmp_path), tmp_path, Given())

    assert {one.path: (one.accepted, one.text) for one in found if one.accepted} == {
        "nginx.conf": (True, "nginx 1.22.1"),
        "postgresql.conf": (True, "PostgreSQL 15.1"),
    }
    texts = {one.path: one.text for one in found if not one.accepted}
    assert texts["gunicorn.conf.py"] == (
        "Python is never run to check it; the advisor read it again and found every setting and"
        " value in gunicorn's catalogue"
    )


def test_nothing_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "find_nginx", lambda: None)
    monkeypatch.setattr(check, "find_postgres", lambda: ())

    assert verify(made(tmp_path, "nginx.conf", "postgresql.conf"), tmp_path, Given()) == (
        Verified("nginx.conf", accepted=False, text="nginx is not installed"),
        Verified("postgresql.conf", accepted=False, text="PostgreSQL is not installed"),
    )


def test_nothing_changes(tmp_path: Path) -> None:
    repaired = made(tmp_path, "postgresql.conf")

    assert verify(replace(repaired, after={}), tmp_path, Given()) == ()


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("timeout = (\n", "gunicorn.conf.py: the fixed file is no Python any more"),
        ("timeout = 'x'\n", "gunicorn.conf.py: gunicorn refuses the fixed file: "),
    ],
)
def test_python_is_read_again(tmp_path: Path, text: str, message: str) -> None:
    repaired = made(tmp_path, "gunicorn.conf.py")
    (tmp_path / "gunicorn.conf.py").write_text(text)
    after = repair(tmp_path, Given(), (), Wanted())
    spoilt = replace(repaired, after={"gunicorn.conf.py": text}, remaining=after.found)

    with pytest.raises(FixError) as raised:
        verify(spoilt, tmp_path, Given())
    assert str(raised.value).startswith(message)


def test_python_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "gunicorn.conf.py").write_text(
        f"open({str(tmp_path / 'ran')!r}, 'w')\ntimeout = 0\n"
    )
    wanted = Wanted(unsafe=True, shown=RenderOptions(min_severity=Severity.INFO))
    found = verify(repair(tmp_path, Given(), (), wanted), tmp_path, Given())

    assert [one.path for one in found] == ["gunicorn.conf.py"]
    assert not (tmp_path / "ran").exists()
