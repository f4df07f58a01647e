from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from advisor.errors import SourceError
from advisor.sources import Discovery, Kind, discover, entries, ignore, nothing_found, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAN = "Seq Scan on t  (cost=0.00..35.50 rows=2550 width=4)\n"
NGINX = "server { listen 80; }\n"


def lay(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def found(discovery: Discovery) -> list[str]:
    return [source.path for source in discovery.sources]


def test_finds_files_of_every_kind(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {
            "nginx/nginx.conf": "",
            "db/postgresql.conf": "",
            "app/gunicorn.conf.py": "",
            "app/db.py": "engine = create_engine(url)",
            "plans/slow.txt": PLAN,
            "compose.yaml": "",
            "Dockerfile": "",
            ".env": "",
            "requirements.txt": "",
            "README.md": PLAN,
            "redis.conf": "port 6379\n",
        },
    )
    discovery = discover(tmp_path)
    assert {source.path: source.kind for source in discovery.sources} == {
        ".env": Kind.DOTENV,
        "Dockerfile": Kind.DOCKERFILE,
        "app/db.py": Kind.PYTHON,
        "app/gunicorn.conf.py": Kind.GUNICORN,
        "compose.yaml": Kind.COMPOSE,
        "db/postgresql.conf": Kind.POSTGRESQL,
        "nginx/nginx.conf": Kind.NGINX,
        "plans/slow.txt": Kind.PLAN,
        "requirements.txt": Kind.REQUIREMENTS,
    }
    assert found(discovery) == sorted(found(discovery))
    assert (discovery.problems, discovery.skipped, discovery.notes) == ((), (), ())
    assert discovery.tree.read("README.md") == PLAN


def test_a_single_file_is_the_only_source_but_its_folder_is_the_root(tmp_path: Path) -> None:
    lay(tmp_path, {"site": NGINX, "nginx.conf": "include site;"})
    discovery = discover(tmp_path / "nginx.conf")
    assert found(discovery) == ["nginx.conf"]
    assert discovery.tree.read("site") == NGINX
    assert discover(tmp_path / "site").sources[0].kind is Kind.NGINX


def test_a_named_link_is_audited_at_its_place(tmp_path: Path) -> None:
    lay(tmp_path, {"etc/nginx.conf": "include site;", "etc/site": NGINX, "deploy/x": ""})
    (tmp_path / "deploy" / "current.conf").symlink_to("../etc/nginx.conf")
    discovery = discover(tmp_path / "deploy" / "current.conf")
    assert found(discovery) == ["nginx.conf"]
    assert discovery.tree.read("site") == NGINX


def test_a_named_file_is_audited_although_it_is_ignored(tmp_path: Path) -> None:
    lay(tmp_path, {".gitignore": "*.plan", "venv/a.plan": PLAN})
    assert found(discover(tmp_path / "venv" / "a.plan")) == ["a.plan"]
    assert found(discover(tmp_path / "venv")) == ["a.plan"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "notes.md",
            b"hello",
            "cannot tell what kind of file this is; known are postgresql, pg_hba, pgbouncer",
        ),
        ("x.conf", b"\0", "is a binary file"),
    ],
)
def test_named_files_that_cannot_be_audited(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=message) as caught:
        discover(tmp_path / name)
    assert caught.value.path == str(tmp_path / name)


@pytest.mark.parametrize("name", ["missing", "missing/deeper", "a\0b", "x" * 5000])
def test_missing_paths(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match=r"no such file or folder|cannot be read"):
        discover(tmp_path / name)


def test_a_named_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SourceError, match="is not a regular file"):
        discover(tmp_path / "pipe")


def test_nothing_found_says_what_is_looked_for(tmp_path: Path) -> None:
    discovery = discover(tmp_path)
    assert discovery.sources == ()
    error = nothing_found(tmp_path)
    assert isinstance(error, SourceError)
    assert str(error).startswith(f"{tmp_path}: nothing to audit here; looked for postgresql.conf")
    for what in ("pg_hba.conf", "pgbouncer.ini", "redis.conf", "Terraform", "systemd units"):
        assert what in str(error)


@pytest.mark.parametrize(
    "folder",
    [".git", "node_modules", ".venv", "venv", "__pycache__", ".tox", "lib/site-packages", "env"],
)
def test_folders_that_hold_other_peoples_files(tmp_path: Path, folder: str) -> None:
    lay(tmp_path, {f"{folder}/nginx.conf": "", "env/pyvenv.cfg": "", "nginx.conf": ""})
    assert found(discover(tmp_path)) == ["nginx.conf"]


def test_gitignore_rules_nest(tmp_path: Path) -> None:
    """
    Deeper files win, a negation takes back, and a folder that is ignored is never entered.
    """
    lay(
        tmp_path,
        {
            ".gitignore": "*.plan\n/build/\n# comment\n\n[z-a]\n!\n\\\n",
            "a.plan": PLAN,
            "plans/.gitignore": "!kept.plan\n/local.txt\n",
            "plans/kept.plan": PLAN,
            "plans/other.plan": PLAN,
            "plans/local.txt": PLAN,
            "plans/deep/local.txt": PLAN,
            "build/nginx.conf": "",
            "src/build/nginx.conf": "",
        },
    )
    discovery = discover(tmp_path)
    assert found(discovery) == ["plans/deep/local.txt", "plans/kept.plan", "src/build/nginx.conf"]
    assert [(item.path, item.reason) for item in discovery.skipped] == [
        ("a.plan", "ignored by .gitignore"),
        ("plans/local.txt", "ignored by .gitignore"),
        ("plans/other.plan", "ignored by .gitignore"),
    ]


def test_an_ignored_env_file_stays_readable_for_others(tmp_path: Path) -> None:
    lay(tmp_path, {".gitignore": ".env", ".env": "A=1"})
    discovery = discover(tmp_path)
    assert found(discovery) == []
    assert discovery.tree.read(".env") == "A=1"


def test_pathspec_is_imported_only_for_gitignore(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(tmp_path, {"nginx.conf": ""})
    monkeypatch.setitem(sys.modules, "pathspec", None)
    assert found(discover(tmp_path)) == ["nginx.conf"]


def test_expensive_patterns_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Many stars against a long name would backtrack for years.
    """
    lay(tmp_path, {".gitignore": "*a" * 40 + "b\n", f"{'a' * 200}.conf": NGINX})
    discovery = discover(tmp_path)
    assert len(discovery.sources) == 1
    assert discovery.notes == ("the patterns in .gitignore take too long and were not all applied",)
    assert ignore.MAX_STEPS > 20_000 * 100 * 40


def test_a_gitignore_that_is_no_text_is_not_used(tmp_path: Path) -> None:
    lay(tmp_path, {"a/nginx.conf": "", "b/.gitignore/x": "", "b/nginx.conf": ""})
    (tmp_path / "a" / ".gitignore").write_bytes(b"*\0")
    assert found(discover(tmp_path)) == ["a/nginx.conf", "b/nginx.conf"]


def test_links_inside_the_folder(tmp_path: Path) -> None:
    """
    A file that is met at its own place is not audited twice, and cycles end.
    """
    lay(tmp_path, {"real/nginx.conf": "", "real/hidden": NGINX})
    (tmp_path / "again.conf").symlink_to("real/nginx.conf")
    (tmp_path / "shown.nginx").symlink_to("real/hidden")
    (tmp_path / "shown-twice.nginx").symlink_to("real/hidden")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "real" / "up").symlink_to("..")
    (tmp_path / "dangling.conf").symlink_to("nowhere")
    assert found(discover(tmp_path)) == ["real/nginx.conf", "shown-twice.nginx"]


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    lay(tmp_path, {"outside/nginx.conf": "", "deploy/Dockerfile": ""})
    (tmp_path / "deploy" / "nginx.conf").symlink_to("../outside/nginx.conf")
    (tmp_path / "deploy" / "folder").symlink_to("../outside")
    discovery = discover(tmp_path / "deploy")
    assert found(discovery) == ["Dockerfile"]
    problem = discovery.problems[0]
    assert (problem.location.path, problem.category) == ("nginx.conf", "unreadable")
    assert problem.message == "is a link that leaves the audited folder"


def test_links_that_hold_no_configuration_are_only_left_out(tmp_path: Path) -> None:
    lay(tmp_path, {"Dockerfile": "", "nginx/sites-enabled/here.conf": NGINX})
    (tmp_path / "notes.txt").symlink_to("nowhere")
    (tmp_path / "fonts.conf").symlink_to("nowhere")
    (tmp_path / "nginx" / "sites-enabled" / "gone.conf").symlink_to("nowhere")
    discovery = discover(tmp_path)
    assert [item.path for item in discovery.skipped] == ["fonts.conf", "notes.txt"]
    assert [one.location.path for one in discovery.problems] == ["nginx/sites-enabled/gone.conf"]
    assert [one.message for one in discovery.problems] == ["is a link that leads nowhere"]


def test_enabled_sites_stand_for_the_available_ones(tmp_path: Path) -> None:
    lay(tmp_path, {"sites-available/a": NGINX, "sites-available/b": NGINX})
    assert found(discover(tmp_path)) == ["sites-available/a", "sites-available/b"]
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "sites-enabled" / "a").symlink_to("../sites-available/a")
    discovery = discover(tmp_path)
    assert found(discovery) == ["sites-enabled/a"]
    assert [item.path for item in discovery.skipped] == ["sites-available"]


def test_depth_is_limited_and_said(tmp_path: Path) -> None:
    lay(tmp_path, {f"{'d/' * entries.MAX_DEPTH}nginx.conf": ""})
    assert len(discover(tmp_path).sources) == 1
    lay(tmp_path, {f"{'e/' * (entries.MAX_DEPTH + 1)}nginx.conf": ""})
    discovery = discover(tmp_path)
    assert len(discovery.sources) == 1
    assert discovery.notes == ("folders more than 12 deep were left out",)


def test_the_number_of_files_is_limited_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "MAX_FILES", 10)
    lay(tmp_path, {f"{number:02}.nginx": "" for number in range(10)})
    assert len(discover(tmp_path).sources) == 10
    lay(tmp_path, {"more/a.nginx": ""})
    discovery = discover(tmp_path)
    assert len(discovery.sources) <= 10
    assert discovery.notes == ("stopped after 10 files and folders; name a smaller folder",)


def test_the_amount_of_text_is_limited_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "MAX_TOTAL_BYTES", 5)
    lay(tmp_path, {f"{number}.nginx": "12345" for number in range(5)})
    discovery = discover(tmp_path)
    assert len(discovery.sources) == 2
    assert discovery.notes == ("stopped reading after 0 MB of files",)


def test_unusable_files(tmp_path: Path) -> None:
    """
    A postgresql.conf that is binary is a problem; any other binary file is not worth a word.
    """
    (tmp_path / "postgresql.conf").write_bytes(b"\0")
    (tmp_path / "build.log").write_bytes(b"\0")
    discovery = discover(tmp_path)
    assert [str(problem.location) for problem in discovery.problems] == ["postgresql.conf:1"]
    assert discovery.problems[0].category == "unreadable"
    assert [item.path for item in discovery.skipped] == ["build.log"]


def test_unreadable_files_are_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {"nginx.conf": "", "Dockerfile": ""})
    real_open = os.open

    def refuse(path: Path, flags: int) -> int:
        if path.name == "nginx.conf":
            raise PermissionError(13, "Permission denied")
        return real_open(path, flags)

    monkeypatch.setattr("advisor.sources.text.os.open", refuse)
    discovery = discover(tmp_path)
    assert found(discovery) == ["Dockerfile"]
    assert [problem.message for problem in discovery.problems] == [
        "cannot be read: Permission denied"
    ]
    with pytest.raises(SourceError, match="Permission denied"):
        discover(tmp_path / "nginx.conf")


def test_unlistable_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {"closed/nginx.conf": "", "Dockerfile": ""})
    real_scandir = os.scandir
    closed = {"closed"}

    def refuse(path: Path) -> object:
        if path.name in closed:
            raise PermissionError(13, "Permission denied")
        return real_scandir(path)

    monkeypatch.setattr("advisor.sources.entries.os.scandir", refuse)
    discovery = discover(tmp_path)
    assert found(discovery) == ["Dockerfile"]
    assert [problem.location.path for problem in discovery.problems] == ["closed"]
    closed.add(tmp_path.name)
    with pytest.raises(SourceError, match="cannot be listed: Permission denied"):
        discover(tmp_path)


def test_names_that_cannot_be_printed_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[31m.conf").write_text(NGINX)
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.conf")).write_text(NGINX)
    discovery = discover(tmp_path)
    assert discovery.sources == ()
    assert all(item.path.isprintable() for item in discovery.skipped)
    assert len(discovery.skipped) == 2
