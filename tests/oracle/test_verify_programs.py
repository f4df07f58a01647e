"""
``--verify`` with the real programs: what they say, and that they have no effect.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from advisor.config import given_from
from advisor.errors import FixError
from advisor.model import Given, Severity
from advisor.parsers.nginx import read_config
from advisor.parsers.postgresql import read_config as read_postgres
from advisor.repair import Repair, Wanted, repair, verify
from advisor.report import RenderOptions
from advisor.sources.tree import DirectoryTree
from advisor.verify import nginx, postgresql
from advisor.verify.model import Program, Verified
from advisor.verify.programs import find_nginx, find_postgres

NGINX = find_nginx()
POSTGRES = find_postgres()
DEPLOYS = Path(__file__).parents[2] / "fixtures" / "deploys"
CONF = """\
user nobody-of-this-name;
worker_processes auto;
pid {root}/run/nginx.pid;
error_log {root}/log/error.log warn;
events {{ }}
http {{
    log_format main '$remote_addr';
    access_log {root}/log/access.log main buffer=32k;
    client_body_temp_path {root}/body 1 2;
    proxy_cache_path {root}/cache levels=1:2 keys_zone=pages:1m;
    resolver dns.invalid valid=30s;
    include sites/*.conf;
}}
"""
SITE = """\
upstream app {
    server app.invalid:8000;
    keepalive 16;
}
server {
    listen 443 ssl;
    listen [::]:443 ssl;
    listen unix:/nowhere/a.sock;
    server_name shop.example.com;
    ssl_certificate /nowhere/a.pem;
    ssl_certificate_key /nowhere/a.key;
    ssl_trusted_certificate /nowhere/chain.pem;
    ssl_dhparam /nowhere/dh.pem;
    keepalive_requests 10;
    location / { proxy_pass http://app; }
    location /other/ { proxy_pass https://other.invalid/; }
}
"""

SMALL = """\
events {}
http {
    server {
        listen 80;
        keepalive_requests 10;
    }
}
"""

pytestmark = pytest.mark.oracle
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
needs_postgres = pytest.mark.skipif(not POSTGRES, reason="PostgreSQL is not installed")


def deploy(folder: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


def fixed(folder: Path) -> Repair:
    wanted = Wanted(unsafe=True, shown=RenderOptions(min_severity=Severity.INFO))
    return repair(folder, Given(), (), wanted)


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(folder)): one.read_bytes() if one.is_file() else b""
        for one in folder.rglob("*")
    }


@needs_nginx
def test_nginx_has_no_effect(tmp_path: Path) -> None:
    """
    Logs, folders, users, names, sockets and certificates of the host: nothing is there or needed.
    """
    root = tmp_path / "host"
    root.mkdir()
    folder = deploy(
        tmp_path / "deploy", {"nginx.conf": CONF.format(root=root), "sites/a.conf": SITE}
    )
    before = everything(tmp_path)
    made = fixed(folder)

    assert verify(made, folder, Given()) == tuple(
        Verified(path, accepted=True, text=str(NGINX)) for path in made.after
    )
    assert "sites/a.conf" in made.after
    assert everything(tmp_path) == before


@needs_nginx
def test_what_nginx_refuses_is_named_by_its_own_place(tmp_path: Path) -> None:
    wrong = SITE.replace("keepalive_requests 10", "keepalive_requests many")
    deploy(tmp_path, {"nginx.conf": CONF.format(root=tmp_path), "sites/a.conf": wrong})
    document = read_config("nginx.conf", tree := DirectoryTree(tmp_path))
    assert isinstance(NGINX, Program)
    said = nginx.refusal(NGINX, document, tree.read)

    assert said.startswith('"keepalive_requests" directive invalid')
    assert said.endswith(" in sites/a.conf:14")


@needs_nginx
def test_a_result_that_is_refused_is_an_error(tmp_path: Path) -> None:
    """
    The file was fine before; what would be written is not, and so nothing is.
    """
    folder = deploy(tmp_path, {"nginx.conf": "events {}\nhttp {\n    keepalive_requests 10;\n}\n"})
    made = fixed(folder)
    spoilt = {"nginx.conf": "events {}\nhttp {\n    keepalive_requests password=hunter2;\n}\n"}

    with pytest.raises(
        FixError, match=r"^nginx.conf: nginx [\d.]+ refuses the fixed file: "
    ) as raised:
        verify(replace(made, after=spoilt), folder, Given())
    assert "hunter2" not in str(raised.value)


@needs_nginx
def test_what_was_refused_before_is_not_held_against_the_fix(tmp_path: Path) -> None:
    text = SMALL.replace("listen 80;", "listen 80; gzip_static maybe;")
    folder = deploy(tmp_path, {"nginx.conf": text})
    (found,) = verify(fixed(folder), folder, Given())

    assert not found.accepted
    assert "refuses it as it was before" in found.text


@needs_nginx
@pytest.mark.parametrize("major", ["1.0", "9.9"])
def test_another_version_is_named(tmp_path: Path, major: str) -> None:
    folder = deploy(tmp_path, {"nginx.conf": SMALL})
    given = given_from({}, {"nginx": major})
    made = repair(
        folder, given, (), Wanted(unsafe=True, shown=RenderOptions(min_severity=Severity.INFO))
    )
    (found,) = verify(made, folder, given)

    assert found.text == f"{NGINX}; the file is for {major}"


@needs_postgres
def test_postgresql_reads_every_setting(tmp_path: Path) -> None:
    """
    In any of the files, wherever the real data directory is.
    """
    files = {
        "pg/postgresql.conf": "data_directory = '/nowhere'\ninclude_dir = 'conf.d'\n",
        "pg/conf.d/a.conf": "work_mem = 4MB\n",
    }
    deploy(tmp_path, files)
    tree = DirectoryTree(tmp_path)
    document = read_postgres("pg/postgresql.conf", tree)
    before = everything(tmp_path)

    assert postgresql.refusal(POSTGRES[0], document, tree.read) == ""
    assert everything(tmp_path) == before
    (tmp_path / "pg/conf.d/a.conf").write_text("work_mem = lots\n")
    assert 'invalid value for parameter "work_mem"' in postgresql.refusal(
        POSTGRES[0], document, tree.read
    )


@needs_nginx
@needs_postgres
@pytest.mark.parametrize("name", sorted(one.name for one in DEPLOYS.iterdir() if one.is_dir()))
def test_fixtures(tmp_path: Path, name: str) -> None:
    """
    Nothing that is made of them is refused where it was accepted.
    """
    folder = tmp_path / name
    shutil.copytree(DEPLOYS / name, folder, symlinks=True)
    made = fixed(folder)

    assert [one.path for one in verify(made, folder, Given())] == list(made.after)
