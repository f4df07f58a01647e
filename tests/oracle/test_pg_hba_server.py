"""
The reader of pg_hba.conf against ``pg_hba_file_rules`` of a real server: the same lines refused,
the same fields read.

A temporary cluster is started as the user ``postgres``, on a unix socket only.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from advisor.parsers.pg_hba import HbaRecord, read_hba
from advisor.sources.tree import MemoryTree

pytestmark = pytest.mark.oracle

LINES = 600
SEED = 7
QUERY = """
    select json_agg(json_build_array(
        line_number, type, database, user_name, address, netmask, auth_method, error
    ) order by line_number) from pg_hba_file_rules
"""
WRITTEN = (
    "local all all peer",
    "local all all ident",
    "local all all gss",
    "local all all cert",
    "LOCAL all all peer",
    "local all",
    "local",
    "local all all",
    "local,host all all peer",
    'local "all" +admins,"Bob Smith",carl trust',
    'local "a""b" "" trust',
    'local "a#b" c#d trust',
    "local all all trust # the end",
    "local all all trust option",
    "local all all peer map=m",
    "local all all trust map=m",
    "local all all peer,trust",
    "local db1,db2 , db3 all trust",
    "local ,db1 all trust",
    "local db1, all trust",
    'local "db 1',
    "host all all 127.0.0.1/32 scram-sha-256",
    "host all all 10.1.2.3 255.0.255.0 md5",
    "host all all 10.0.0.0/8 255.0.0.0 md5",
    "host all all 10.0.0.0 md5",
    "host all all 10.0.0.0 ffff:: md5",
    "host all all ::1/128 md5",
    "host all all ::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff md5",
    "host all all ::ffff:10.0.0.1/96 md5",
    "host all all fe80::1%1/64 md5",
    "host all all 10/8 md5",
    "host all all 10.1/16 md5",
    "host all all 0x0a.012.1/24 md5",
    "host all all 08.1.1.1/24 md5",
    "host all all 256.1.1.1/24 md5",
    "host all all 4294967295/32 md5",
    "host all all 4294967296/32 md5",
    "host all all 1.2.3.4.5/32 md5",
    "host all all 1.2.3./32 md5",
    "host all all 10.0.0.0/33 md5",
    "host all all 10.0.0.0/-1 md5",
    "host all all 10.0.0.0/+8 md5",
    "host all all 10.0.0.0/8x md5",
    "host all all 10.0.0.0/ md5",
    'host all all "10.0.0.0/ 8" md5',
    "host all all /8 md5",
    "host all all db.example.org md5",
    "host all all .example.org md5",
    "host all all db.example.org/24 md5",
    "host all all all md5",
    'host all all "all" md5',
    "host all all samehost md5",
    "host all all samenet md5",
    "host all all ALL md5",
    "host all all 10.0.0.1/32,10.0.0.2/32 md5",
    "host all all 10.0.0.1 255.0.0.0,255.0.0.0 md5",
    "host all all",
    "host all all all",
    "host all all all peer",
    "host all all all cert",
    "host all all all sspi",
    "host all all all bsd",
    "host all all all oauth",
    "host all all all none",
    "host all all all MD5",
    "host all all all gss include_realm=1 krb_realm=EXAMPLE.ORG",
    "host all all all md5 clientcert=verify-full",
    "host all all all pam pamservice=x pam_use_hostname=1",
    "host all all all ident map=x",
    "host all all all reject",
    "host all all all ldap",
    "host all all all ldap ldapserver=x",
    "host all all all ldap ldapbasedn=x",
    "host all all all ldap ldapserver=x ldapprefix=cn=",
    "host all all all ldap ldapserver=x ldapprefix=cn= ldapbasedn=y",
    "host all all all ldap ldapserver=x ldapbasedn=y ldapsearchattribute=u",
    "host all all all ldap ldapserver=x ldapbasedn=y ldapsearchattribute=u ldapsearchfilter=f",
    "host all all all ldap ldapserver=x ldapprefix=a ldapport=0",
    "host all all all ldap ldapserver=x ldapprefix=a ldapport=389",
    'host all all all ldap ldapurl="ldap://x/dc=a?uid"',
    "host all all all radius",
    "host all all all radius radiusservers=127.0.0.1",
    "host all all all radius radiusservers=127.0.0.1 radiussecrets=x",
    "host all all all radius radiusservers=127.0.0.1 radiussecrets=x radiusports=1812",
    "hostssl all all all cert",
    "hostssl all all all cert map=m",
    "hostssl all all all cert clientcert=verify-ca",
    "hostssl all all all cert clientcert=verify-full",
    "hostssl all all all md5 clientcert=verify-ca clientname=DN",
    "hostssl all all all md5 clientcert=1",
    "hostssl all all all md5 clientname=XX",
    "hostnossl all all all md5",
    "hostgssenc all all all gss",
    "hostgssenc all all all md5",
    "hostnogssenc all all all md5",
    "hostx all all all md5",
    "host replication repl samenet scram-sha-256",
    "host sameuser,samerole,/^x all all md5",
    "host all all all \\\nmd5",
    "host all all \\\nall \\\nmd5",
    "# a comment \\\nhost all all all md5",
    "local @missing all trust",
    "local @listed all trust",
    "local all @listed trust",
    'local "@listed" all trust',
    "local @ all trust",
)
ADDRESSES = (
    *("all", "samehost", "samenet", "10.0.0.0/8", "10.0.0.1 255.255.0.0", "::/0", "fd00::/8"),
    *("host.example", ".example", "127.0.0.1/32", "10.0.0.0/40", "1.2.3.4", "", "x/8", "0/0"),
)
METHODS = (
    *("trust", "md5", "password", "scram-sha-256", "peer", "cert", "ident", "reject", "pam"),
    *("gss", "nothing", "ldap ldapserver=s", "radius", "md5,trust", ""),
)
WORDS = (
    ("local", "host", "host", "host", "hostssl", "hostnossl", "hostgssenc", "Host", "local,host"),
    ("all", "app", '"all"', "a,b", "replication", "sameuser", "@listed", '"x y",z', ",a"),
    ("all", "bob", "+staff", '"Bob"', "a,b", "all,bob", '"q""q"', "#c"),
    ADDRESSES,
    METHODS,
    ("", "", "", "", "map=m", "clientcert=verify-full", "# end", "junk", "pamservice=p", "x=y"),
)


@dataclass(frozen=True)
class Server:
    folder: Path
    programs: Path

    def rules(self, text: str) -> list[list[Any]]:
        """What the server says of every record of a file."""
        (self.folder / "asked.conf").write_text(text, "utf-8")
        answer = subprocess.run(
            [*AS_POSTGRES, self.programs / "psql", "-XAtq", "-h", self.folder, "-d", "postgres"],
            input=QUERY,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=True,
        )
        found: list[list[Any]] = json.loads(answer.stdout)
        return found


AS_POSTGRES = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "PGUSER": "advisor"}


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    programs = _programs()
    if programs is None or (AS_POSTGRES and shutil.which("runuser") is None):
        pytest.skip("no PostgreSQL is installed, or no way to run it as another user")
    folder = Path(tempfile.mkdtemp(prefix="hba"))
    try:
        yield from _running(programs, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _running(programs: Path, folder: Path) -> Iterator[Server]:
    if AS_POSTGRES:
        shutil.chown(folder, "postgres")
    data, good = folder / "data", folder / "hba.conf"
    good.write_text("local all all trust\n", "utf-8")
    (folder / "listed").write_text('one, two # three\n"four five"\n@more\n', "utf-8")
    (folder / "more").write_text("six\n", "utf-8")
    _run(programs / "initdb", "-D", data, "-U", "advisor", "-A", "trust", "--no-sync")
    # The server starts with a good file and then looks at the one that is asked about.
    settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    _run(
        programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "start",
        "-o", f"{settings} -c hba_file={good}",
    )  # fmt: skip
    try:
        asked = folder / "asked.conf"
        asked.touch()
        asked.chmod(0o644)
        good.rename(folder / "start.conf")
        good.symlink_to(asked)
        yield Server(folder, programs)
    finally:
        _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def _run(*words: object) -> None:
    subprocess.run(
        [*AS_POSTGRES, *map(str, words)], env=ENVIRONMENT, capture_output=True, check=True
    )


def made(count: int) -> list[str]:
    """Random lines, most of them sensible."""
    chance = random.Random(SEED)  # noqa: S311 - lines to try, no secrets
    return [" ".join(chance.choice(words) for words in WORDS).rstrip() for _ in range(count)]


def ours(record: HbaRecord) -> list[object]:
    """A record as the server lists it."""
    names = [[one.text for one in words] for words in (record.databases, record.users)]
    address, mask = None, None
    if record.address is not None:
        shown = record.address.network.shown() if record.address.network else None
        address, mask = shown or (record.address.text, None)
    return [record.location.line, record.type, *names, address, mask, record.method]


def test_it_reads_what_the_server_reads(server: Server) -> None:
    """Every line that is refused is refused, and every field of the others is the same."""
    text = "\n".join([*WRITTEN, *made(LINES)]) + "\n"
    files = {
        "asked.conf": text,
        "listed": (server.folder / "listed").read_text("utf-8"),
        "more": (server.folder / "more").read_text("utf-8"),
    }
    document = read_hba("asked.conf", MemoryTree(files), major=15)
    found = {one.location.line: ours(one) for one in document.records}
    refused = {one.location.line for one in document.problems}
    known = {line: rest for line, *rest in server.rules(text)}
    wrong = []
    for line, (*fields, error) in known.items():
        # Only this deployment's other files are known: a list that is missing is no refusal here.
        missing = isinstance(error, str) and "@missing" in error
        off = isinstance(error, str) and "SSL is disabled" in error and fields[0] is not None
        accepted = error is None or off
        if missing or (accepted and found.get(line) == [line, *fields]):
            continue
        if accepted or line not in refused:
            wrong.append((line, error, fields, found.get(line)))

    assert wrong == []
    assert set(known) == set(found) | refused
    assert len(known) > LINES / 2
