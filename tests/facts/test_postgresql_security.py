"""Who may reach a server, what its files give away, and what its log leaves out."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.cli import run
from advisor.facts.collect import collect
from advisor.model.subject import Fact
from tests.support.deployments import deploy
from tests.support.postgres_servers import findings, server, unknown, value

OPEN = ("/tmp", "/var/tmp")  # noqa: S108 - only text
SECRET = "hunter2example"  # noqa: S105 - what must not be shown


def facts_with_access(text: str, access: str) -> Mapping[str, Fact]:
    files = {"postgresql.conf": text, "pg_hba.conf": access}
    found = [one for one in collect(deploy(files)) if one.target == "postgresql"]
    return found[0].facts


class TestListens:
    @pytest.mark.parametrize(
        ("addresses", "reach"),
        [
            ("", "socket"),
            (" , ", "socket"),
            ("localhost", "loopback"),
            ("LocalHost, 127.0.0.53, ::1", "loopback"),
            ("localhost,10.1.2.3", "private"),
            ("192.168.0.9", "private"),
            ("100.64.0.1", "private"),
            ("fd00::1", "private"),
            ("203.0.113.9", "network"),
            ("172.32.0.1", "network"),
            ("2001:db8::5", "network"),
            ("db.example.com", "network"),
            ("10.1.2.3, *", "everywhere"),
            ("0.0.0.0", "everywhere"),  # noqa: S104 - only text
            ("::", "everywhere"),
            ('"*"', "everywhere"),
        ],
    )
    def test_the_widest_address_counts(self, addresses: str, reach: str) -> None:
        facts = server(f"listen_addresses = '{addresses}'\n")
        assert value(facts, "pg.listens") == reach

    def test_a_silent_file_means_loopback(self) -> None:
        assert value(server("port = 5432\n"), "pg.listens") == "loopback"

    def test_a_template_may_mean_anything(self) -> None:
        unknown(server("listen_addresses = '{{ where }}'\n"), "pg.listens")


class TestClientsFrom:
    @pytest.mark.parametrize(
        ("access", "who"),
        [
            ("local all all peer\n", "nobody"),
            ("host all all 127.0.0.1/32 md5\nhost all all ::1/128 md5\n", "nobody"),
            ("host all all samehost md5\n", "nobody"),
            ("host all all 0.0.0.0/0 reject\n", "nobody"),
            ("hostssl all all all scram-sha-256\n", "nobody"),
            ("host all all samenet md5\n", "private"),
            ("host all all 10.0.0.0/8 md5\n", "private"),
            ("host all all app.example.com md5\n", "private"),
            ("host all all 10.0.0.0/8 md5\nhost all all all md5\n", "wide"),
            ("hostnossl all all 203.0.113.0/24 md5\n", "wide"),
        ],
    )
    def test_the_widest_record_without_encryption_counts(self, access: str, who: str) -> None:
        assert value(facts_with_access("port = 5432\n", access), "pg.clients_from") == who

    def test_without_the_file_nothing_is_known(self) -> None:
        assert value(server("port = 5432\n"), "pg.clients_from") == "unseen"

    def test_a_record_that_cannot_be_read_may_let_anybody_in(self) -> None:
        facts = facts_with_access("port = 5432\n", "local all all peer\nhost all all nonsense\n")
        assert value(facts, "pg.clients_from") == "unseen"


class TestWeakCiphers:
    @pytest.mark.parametrize(
        ("ciphers", "weak"),
        [
            ("HIGH:MEDIUM:+3DES:!aNULL", ()),
            ("HIGH:!aNULL", ()),
            ("HIGH, !aNULL", ()),
            ("DEFAULT", ()),
            ("ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305", ()),
            ("EECDH+AESGCM:EDH+AESGCM", ()),
            ("HIGH:+RC4:!aNULL:@STRENGTH", ()),
            ("RC4:!RC4:HIGH:!aNULL", ()),
            ("HIGH", ("aNULL",)),
            ("aNULL:HIGH", ("aNULL",)),
            ("ALL:eNULL:LOW:!aNULL", ("eNULL", "LOW")),
            ("HIGH:EXPORT40:!aNULL", ("EXPORT40",)),
            ("DES-CBC3-SHA:ECDHE-RSA-RC4-SHA", ("DES-CBC3-SHA", "ECDHE-RSA-RC4-SHA")),
            ("ADH-AES256-SHA", ("ADH-AES256-SHA",)),
        ],
    )
    def test_words_that_let_weak_suites_in(self, ciphers: str, weak: tuple[str, ...]) -> None:
        facts = server(f"ssl_ciphers = '{ciphers}'\n")
        assert value(facts, "pg.weak_ciphers") == weak

    def test_the_default_is_no_choice(self) -> None:
        assert value(server("ssl = on\n"), "pg.weak_ciphers") == ()
        unknown(server("ssl_ciphers = '{{ ciphers }}'\n"), "pg.weak_ciphers")

    @pytest.mark.oracle
    def test_openssl_agrees_about_groups(self) -> None:
        """HIGH holds suites that authenticate nobody, and !aNULL takes them out."""
        if not shutil.which("openssl"):
            pytest.skip("openssl is not installed")

        def anonymous(text: str) -> bool:
            done = subprocess.run(
                ["openssl", "ciphers", "-v", text],
                capture_output=True,
                check=True,
                text=True,
            )
            return "Au=None" in done.stdout

        assert anonymous("HIGH:@SECLEVEL=0")
        assert not anonymous("HIGH:!aNULL:@SECLEVEL=0")
        assert not anonymous("DEFAULT:@SECLEVEL=0")


class TestSecrets:
    LITERAL = (
        f"primary_conninfo = 'host=db user=rep password={SECRET}'\n",
        f"primary_conninfo = 'host=db password=''{SECRET}'' user=rep'\n",
        f"primary_conninfo = 'postgresql://rep:{SECRET}@db/'\n",
        f"restore_command = 'PGPASSWORD={SECRET} fetch %f %p'\n",
        f"archive_cleanup_command = 'curl https://wal:{SECRET}@backup/%r'\n",
        f"recovery_end_command = 'notify --password={SECRET}'\n",
    )

    @pytest.mark.parametrize("line", LITERAL)
    def test_the_setting_is_named_and_the_secret_is_not(self, line: str) -> None:
        facts = server(line)
        assert value(facts, "pg.secret_settings") == (line.partition(" ")[0],)
        found = findings(line)["PG207"]
        assert SECRET not in repr(found)
        assert found.mark is not None
        assert found.mark.location.line == 1

    @pytest.mark.parametrize("kind", ["text", "json", "markdown"])
    def test_no_report_shows_it(
        self, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "postgresql.conf").write_text("".join(self.LITERAL))
        run(["audit", str(tmp_path), "-f", kind, "--min-severity", "info"])
        shown = "".join(capsys.readouterr())
        assert "primary_conninfo" in shown
        assert SECRET not in shown

    @pytest.mark.parametrize(
        "line",
        [
            "primary_conninfo = 'host=db user=rep passfile=/etc/pgpass sslkey=/etc/k'\n",
            "primary_conninfo = 'host=db password={{ secret }}'\n",
            "restore_command = 'PGPASSWORD=$PW fetch %f %p'\n",
            "restore_command = 'PGPASSWORD=\"${PW}\" fetch %f %p'\n",
            "restore_command = 'curl https://wal:$PW@backup/%f -o %p'\n",
            "archive_command = 'PGPASSWORD=$(cat /run/secret) push %p'\n",
        ],
    )
    def test_variables_files_and_templates_are_no_secrets(self, line: str) -> None:
        assert value(server(line), "pg.secret_settings") == ()

    def test_what_pg_basebackup_writes_stays_in_the_data_directory(self) -> None:
        auto = f"primary_conninfo = 'user=rep password={SECRET} host=db'\n"
        facts = server({"postgresql.conf": "port = 5432\n", "postgresql.auto.conf": auto})
        assert value(facts, "pg.secret_settings") == ()


class TestPrimarySslmode:
    @pytest.mark.parametrize(
        ("conninfo", "mode"),
        [
            ("", ""),
            ("user=rep", ""),
            ("host=/run/postgresql", ""),
            ("host=localhost", ""),
            ("hostaddr=127.0.0.1 host=db", ""),
            ("service=primary host=db", ""),
            ("host=db", "prefer"),
            ("host = db  sslmode = ''verify-full''", "verify-full"),
            ("hostaddr=10.0.0.4 sslmode=disable", "disable"),
            ("host=localhost,db2 sslmode=allow", "allow"),
            ("postgresql://rep@db/", "prefer"),
            ("postgres://rep@db/?sslmode=require", "require"),
            ("postgresql://rep@[::1]/", ""),
        ],
    )
    def test_only_what_crosses_a_network_counts(self, conninfo: str, mode: str) -> None:
        facts = server(f"primary_conninfo = '{conninfo}'\n")
        assert value(facts, "pg.primary_sslmode") == mode

    def test_without_a_line_there_is_no_primary(self) -> None:
        assert value(server("port = 5432\n"), "pg.primary_sslmode") == ""
        unknown(server("primary_conninfo = '{{ it }}'\n"), "pg.primary_sslmode")


class TestSwitches:
    def test_every_spelling_counts(self) -> None:
        facts = server("lo_compat_privileges = YES\nallow_system_table_mods = 1\n")
        names = ("allow_system_table_mods", "lo_compat_privileges")
        assert value(facts, "pg.unsafe_switches") == names
        assert str(facts["pg.unsafe_switches"].location) == "postgresql.conf:2"

    def test_values_are_shown_as_the_server_prints_them(self) -> None:
        facts = server("log_min_messages = DEBUG\nstandard_conforming_strings = f\n")
        assert value(facts, "pg.debug_switches") == ("log_min_messages = debug2",)
        assert value(facts, "pg.unsafe_strings") == ("standard_conforming_strings = off",)

    def test_a_template_hides_what_is_set(self) -> None:
        unknown(server("backslash_quote = '{{ quotes }}'\n"), "pg.unsafe_strings")

    def test_a_refused_value_switches_nothing(self) -> None:
        assert value(server("trace_sort = maybe\n"), "pg.debug_switches") == ()

    @pytest.mark.parametrize(
        ("text", "weak"),
        [
            ("authentication_timeout = 60\n", ()),
            ("authentication_timeout = 61\n", ("authentication_timeout",)),
            ("authentication_timeout = 2min\n", ("authentication_timeout",)),
            ("authentication_timeout = '{{ t }}'\n", ()),
            ("scram_iterations = 4095\n", ("scram_iterations",)),
            ("scram_iterations = many\n", ()),
        ],
    )
    def test_logins(self, text: str, weak: tuple[str, ...]) -> None:
        assert value(server(text), "pg.weak_logins") == weak


class TestLibraries:
    @pytest.mark.parametrize(
        ("line", "found"),
        [
            ("dynamic_library_path = '$libdir:/tmp'", OPEN[:1]),
            ("dynamic_library_path = '/tmpfiles:/usr/lib/tmp'", ()),
            ("shared_preload_libraries = 'auto_explain, \"/dev/shm/x\"'", ("/dev/shm/x",)),  # noqa: S108 - only text
            ("session_preload_libraries = '/usr/../var/tmp/y.so'", ("/var/tmp/y.so",)),  # noqa: S108 - only text
            ("local_preload_libraries = 'auto_explain'", ()),
            ("dynamic_library_path = '{{ path }}'", ()),
        ],
    )
    def test_folders_of_everybody(self, line: str, found: tuple[str, ...]) -> None:
        assert value(server(f"{line}\n"), "pg.open_libraries") == found


class TestLog:
    @pytest.mark.parametrize(
        ("prefix", "lacking"),
        [
            ("%m [%p] ", 0),
            ("%t %c", 0),
            ("%-10n %5p", 0),
            ("%%m %%p", 2),
            ("%m", 1),
            ("%u@%d", 2),
            ("", 2),
        ],
    )
    def test_what_a_line_should_say(self, prefix: str, lacking: int) -> None:
        found = value(server(f"log_line_prefix = '{prefix}'\n"), "pg.log_prefix_lacks")
        assert isinstance(found, tuple)
        assert len(found) == lacking

    @pytest.mark.parametrize(
        ("text", "lost"),
        [
            ("log_destination = 'stderr'", ()),
            ("log_destination = 'stderr, CSVLOG'", ("csvlog",)),
            ("log_destination = 'csvlog,jsonlog'\nlogging_collector = off", ("csvlog", "jsonlog")),
            ("log_destination = 'csvlog'\nlogging_collector = true", ()),
            ("log_destination = 'csvlog'\nlogging_collector = '{{ it }}'", ()),
            ("logging_collector = off", ()),
        ],
    )
    def test_files_need_the_collector(self, text: str, lost: tuple[str, ...]) -> None:
        assert value(server(f"{text}\n"), "pg.log_files_lost") == lost

    def test_templates_are_not_known(self) -> None:
        unknown(server("log_line_prefix = '{{ it }}'\n"), "pg.log_prefix_lacks")
        unknown(server("log_destination = '{{ it }}'\n"), "pg.log_files_lost")


SECURITY = ("listens", "weak_ciphers", "secret_settings", "primary_sslmode", "open_libraries")
NAMES = (
    "listen_addresses",
    "ssl_ciphers",
    "primary_conninfo",
    "restore_command",
    "dynamic_library_path",
    "log_line_prefix",
    "log_destination",
    "authentication_timeout",
    "log_connections",
    "unix_socket_directories",
    "unix_socket_permissions",
)


@given(st.sampled_from(NAMES), st.text(max_size=60))
@settings(max_examples=500, deadline=None)
def test_no_value_is_too_strange(name: str, text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
    for one in collect(deploy({"postgresql.conf": f"{name} = '{quoted}'\n"})):
        if one.target == "postgresql":
            assert [one.facts[f"pg.{fact}"] for fact in SECURITY]


@pytest.mark.parametrize(
    ("text", "folders"),
    [
        ("", ()),
        ("unix_socket_permissions = 0777\n", ()),
        ("unix_socket_directories = '/run/postgresql'\n", ()),
        ("unix_socket_directories = ''\n", ()),
        ("unix_socket_directories = '/tmp/'\n", OPEN[:1]),
        ("unix_socket_directories = '/run/postgresql, \"/var/tmp\",/tmp'\n", OPEN[::-1]),
        ("unix_socket_directories = '/tmp/pg'\n", ()),
        ("unix_socket_directories = '/tmp'\nunix_socket_permissions = 0770\n", ()),
        ("unix_socket_directories = '/tmp'\nunix_socket_permissions = 0772\n", OPEN[:1]),
        ("unix_socket_directories = '/tmp'\nunix_socket_permissions = lots\n", OPEN[:1]),
    ],
)
def test_sockets_that_everybody_may_replace(text: str, folders: tuple[str, ...]) -> None:
    assert value(server(text), "pg.open_sockets") == folders


def test_a_template_decides_about_sockets() -> None:
    unknown(server("unix_socket_directories = '{{ sockets }}'\n"), "pg.open_sockets")


@pytest.mark.parametrize(
    ("text", "off"),
    [
        ("", ("log_connections", "log_disconnections")),
        ("log_connections = on\nlog_disconnections = true\n", ()),
        ("log_connections = no\nlog_disconnections = 1\n", ("log_connections",)),
        ("log_connections = ''\nlog_disconnections = on\n", ("log_connections",)),
        ("log_connections = 'receipt'\n", ("log_disconnections",)),
        ("log_connections = 'sometimes'\nlog_disconnections = on\n", ("log_connections",)),
    ],
)
def test_logins_that_are_not_logged(text: str, off: tuple[str, ...]) -> None:
    assert value(server(text), "pg.silent_logins") == off


def test_a_template_decides_about_logins() -> None:
    unknown(server("log_disconnections = {{ log }}\n"), "pg.silent_logins")


def test_a_long_value_is_read_quickly() -> None:
    for name in NAMES[:-1]:
        text = "password=$" * 3000 + "a:" * 3000
        assert server(f"{name} = '{text}'\n")["pg.secret_settings"] is not None


def test_what_initdb_writes_is_not_worth_a_word() -> None:
    """Nothing of these rules is found in a file that only says what initdb says."""
    text = "max_connections = 100\nshared_buffers = 128MB\nlog_timezone = 'Etc/UTC'\n"
    found = findings(text, major=18)
    assert not [code for code in found if code.startswith("PG2")]


def test_reports_count_findings_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Listening everywhere is said together with listening without TLS, not a second time."""
    (tmp_path / "postgresql.conf").write_text("listen_addresses = '*'\n")
    run(["audit", str(tmp_path), "-f", "json"])
    (deployment,) = json.loads(capsys.readouterr().out)["deployments"]
    found = [one for one in deployment["findings"] if one["rule"].startswith("PG2")]
    assert [(one["rule"], one["also"]) for one in found] == [("PG201", ["PG202"])]
