"""
The copy of a configuration: its files, its lines, what is around it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.parsers.nginx import read_config
from advisor.sources.tree import MemoryTree
from advisor.verify._nginx_copy import Copy
from advisor.verify._nginx_words import Stand
from advisor.verify.model import UnverifiableError


def copied(folder: Path, main: str, **files: str) -> Copy:
    """
    A copy that is still to be made, of nginx.conf and files beside it.
    """
    tree = MemoryTree({"nginx.conf": main, **files})
    document = read_config("nginx.conf", tree)
    return Copy(document, tree.read, folder, Stand(folder, frozenset()))


def test_lines_stay_where_they_are(tmp_path: Path) -> None:
    text = "user\n  www-data;\nevents {}\nhttp {\n    gzip on; # why\n}\n"
    rows = copied(tmp_path, text).main().read_text().split("\n")

    assert len(rows) == len(text.split("\n"))
    assert rows[4] == "    gzip on; # why"


def test_logs_and_folders_are_never_those_of_the_host(tmp_path: Path) -> None:
    text = (
        copied(tmp_path, "events {}\nhttp {\n    proxy_temp_path /var/p;\n}\n").main().read_text()
    )

    assert "/var/" not in text
    assert "access_log /dev/null;" in text
    assert text.count("proxy_temp_path") == 1
    assert f"client_body_temp_path {tmp_path}" in text


def test_includes_lead_to_copies(tmp_path: Path) -> None:
    """
    Entries of a map are no directives, and a file that is nowhere is left out.
    """
    main = "events {}\nhttp {\n    map $uri $a {\n include entries;\n }\n include gone.conf;\n}\n"
    copy = copied(tmp_path, main, entries="listen 80;\nuser a;\n")
    text = copy.main().read_text()

    assert f'include "{tmp_path}/1.conf";' in text
    assert "gone.conf" not in text
    assert (tmp_path / "1.conf").read_text() == "listen 80;\nuser a;\n"
    assert copy.original(f"{tmp_path}/1.conf") == "entries"
    assert copy.original("/etc/passwd") == ""


def test_quoted_words_stay_quoted(tmp_path: Path) -> None:
    """
    What did not change is written as it was.
    """
    text = (
        "events {}\nhttp {\n    access_log '/var/log/a b' main if=$a;\n server_tokens 'off';\n}\n"
    )
    written = copied(tmp_path, text).main().read_text()

    assert 'access_log "/dev/null" main if=$a;' in written
    assert "server_tokens 'off';" in written


@pytest.mark.parametrize(
    ("text", "around"),
    [
        ("server {\n    listen 80;\n}\n", "http {"),
        ("listen 80;\nserver_name a;\nlocation / {\n    return 204;\n}\n", "server {"),
    ],
)
def test_a_part_stands_in_what_it_belongs_to(tmp_path: Path, text: str, around: str) -> None:
    written = copied(tmp_path, text).main().read_text()

    assert around in written
    assert f'include "{tmp_path}/0.conf";' in written


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("events {}\nhttp {\n    gzip {{ gzip }};\n}\n", "template"),
        ("load_module modules/a.so;\nevents {}\n", "load_module"),
        ("events {}\nhttp {\n    init_by_lua_block { os.exit() }\n}\n", "init_by_lua_block"),
    ],
)
def test_what_is_not_shown(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(UnverifiableError, match=why):
        copied(tmp_path, text).main()
