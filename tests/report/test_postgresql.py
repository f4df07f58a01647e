"""
Settings of PostgreSQL as statements and as lines.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from advisor.model import Apply, Change, Finding, Location, Safety, Severity
from advisor.report import RenderOptions, render
from tests.support.fixes import change
from tests.support.report_builders import finding, fix, report

BUFFERS = replace(change("postgresql", "shared_buffers", "4GB"), apply=Apply.RESTART)
WORK_MEM = replace(change("postgresql", "work_mem", "6MB", at=(3, 1)), apply=Apply.RELOAD)
LIBRARIES = replace(
    change("postgresql", "shared_preload_libraries", """'auto_explain, "My Lib"'"""),
    apply=Apply.RESTART,
)


def wants(code: str, *changes: Change, **fields: object) -> Finding:
    """
    A finding whose fix is safe.
    """
    made = fix(changes=changes, safety=Safety.SAFE)
    return finding(code, **{"fix": made, **fields})


def sql(*findings: Finding) -> str:
    return render("sql", [report(*findings)], RenderOptions())


def conf(*findings: Finding) -> str:
    return render("conf", [report(*findings)], RenderOptions())


SERVERS = (
    wants("PG101", BUFFERS, LIBRARIES),
    wants("PG305", WORK_MEM, message="work_mem is 50 MB"),
    wants("PG306", WORK_MEM, message="queries need 24 GB"),
    wants("PG400", replace(WORK_MEM, value="8MB"), subject="service replica"),
    finding("NGX101"),
)


def test_statements() -> None:
    assert sql(*SERVERS) == (
        "-- deploy: service db\n"
        "-- One statement at a time: ALTER SYSTEM does not run inside a transaction block.\n"
        "-- PG101 medium: shared_buffers is 128 MB.\n"
        "ALTER SYSTEM SET shared_buffers = '4GB';\n"
        "-- PG101 medium: shared_buffers is 128 MB.\n"
        "ALTER SYSTEM SET shared_preload_libraries = 'auto_explain', 'My Lib';\n"
        "-- PG305 medium: work_mem is 50 MB.\n"
        "-- PG306 medium: queries need 24 GB.\n"
        "ALTER SYSTEM SET work_mem = '6MB';\n"
        "SELECT pg_reload_conf();\n"
        "-- Restart the server as well: shared_buffers, shared_preload_libraries cannot change"
        " while it runs.\n"
        "\n"
        "-- deploy: service replica\n"
        "-- One statement at a time: ALTER SYSTEM does not run inside a transaction block.\n"
        "-- PG400 medium: shared_buffers is 128 MB.\n"
        "ALTER SYSTEM SET work_mem = '8MB';\n"
        "SELECT pg_reload_conf();\n"
        "\n"
        "-- deploy: 1 more finding is not about such settings: see the other formats.\n"
    )


def test_lines() -> None:
    assert conf(*SERVERS) == (
        "# deploy: service db\n"
        "# PG101 medium: shared_buffers is 128 MB.\n"
        "shared_buffers = 4GB\n"
        "# PG101 medium: shared_buffers is 128 MB.\n"
        "shared_preload_libraries = 'auto_explain, \"My Lib\"'\n"
        "# PG305 medium: work_mem is 50 MB.\n"
        "# PG306 medium: queries need 24 GB.\n"
        "work_mem = 6MB\n"
        "# Reload the server: SELECT pg_reload_conf();\n"
        "# Restart the server as well: shared_buffers, shared_preload_libraries cannot change"
        " while it runs.\n"
        "\n"
        "# deploy: service replica\n"
        "# PG400 medium: shared_buffers is 128 MB.\n"
        "work_mem = 8MB\n"
        "# Reload the server: SELECT pg_reload_conf();\n"
        "\n"
        "# deploy: 1 more finding is not about such settings: see the other formats.\n"
    )


def test_findings_that_disagree() -> None:
    """
    The more important one has its way, and the other value is not lost.
    """
    other = replace(WORK_MEM, value="8MB")

    assert (
        "-- PG1 medium: shared_buffers is 128 MB.\n-- PG2 asks for another value: 8MB.\n"
        "ALTER SYSTEM SET work_mem = '6MB';\n"
    ) in sql(wants("PG1", WORK_MEM), wants("PG2", other))


def test_fixes_that_want_a_review_say_so() -> None:
    risky = finding(fix=fix(changes=(WORK_MEM,), safety=Safety.REVIEW))

    assert "-- PG101 medium: shared_buffers is 128 MB. Needs a review.\n" in sql(risky)


def test_the_command_line_beats_every_file() -> None:
    """
    A statement that would have no effect stands there as a comment only.
    """
    place = Location("compose.yaml", 7)
    flag = replace(WORK_MEM, location=place, path="compose.yaml", flag=True, then="-c work_mem=6MB")
    note = "The command line in compose.yaml:7 sets it and beats every file: change it there."

    assert f"-- {note}\n-- ALTER SYSTEM SET work_mem = '6MB';\n" in sql(wants("PG1", flag))
    assert f"# {note}\n# work_mem = 6MB\n" in conf(wants("PG1", flag))
    assert "\nALTER SYSTEM SET work_mem" in sql(wants("PG1", replace(flag, location=None)))


@pytest.mark.parametrize(
    ("setting", "value", "literals"),
    [
        ("work_mem", "6MB", "'6MB'"),
        ("random_page_cost", "1.1", "'1.1'"),
        ("wal_level", "'replica'", "'replica'"),
        ("cluster_name", r"'it''s C:\\'", r"'it''s C:\'"),
        ("log_destination", "'stderr, csvlog'", "'stderr, csvlog'"),
        ("search_path", """'"$user", public'""", "'$user', 'public'"),
        ("shared_preload_libraries", "''", "''"),
    ],
)
def test_literals(setting: str, value: str, literals: str) -> None:
    """
    Items of a list of names are literals of their own; other lists are one.
    """
    made = sql(wants("PG1", change("postgresql", setting, value)))

    assert f"ALTER SYSTEM SET {setting} = {literals};\n" in made


def test_nothing_to_set() -> None:
    assert sql() == "-- deploy: no findings.\n"
    assert conf(finding("NGX1"), finding("NGX2")) == (
        "# deploy: no finding changes a setting of PostgreSQL. 2 more findings are not about such"
        " settings: see the other formats.\n"
    )


def test_corrected_lines_are_no_settings() -> None:
    """
    The server does not start before they are corrected, whatever ALTER SYSTEM says.
    """
    corrected = finding(fix=fix(changes=(), edits=(replace(WORK_MEM, whole=True),)))

    assert "no finding changes a setting" in sql(corrected)


def test_what_is_not_shown_is_not_set() -> None:
    hidden = wants("PG1", WORK_MEM, severity=Severity.INFO)

    assert sql(hidden) == "-- deploy: no findings.\n"


def test_hostile_texts_stay_comments() -> None:
    """
    A line break in a message or a value must not begin a statement.
    """
    evil = replace(WORK_MEM, value="'x\nDROP TABLE a;'")
    made = sql(wants("PG1", evil, message="a\nDROP TABLE b; password=hunter2"))

    assert all(
        line.startswith(("--", "ALTER SYSTEM", "SELECT")) for line in made.split("\n") if line
    )
    assert "hunter2" not in made


def test_a_parameter_of_a_managed_server_is_set_in_terraform() -> None:
    """Nobody may ALTER SYSTEM there, whether or not the parameter is set already."""
    added = replace(WORK_MEM, path="infra/main.tf", flag=True, location=None)
    note = "A managed server takes it as a parameter: set it in infra/main.tf."

    statements = sql(wants("PG305", added)).splitlines()
    lines = conf(wants("PG305", added)).splitlines()

    assert f"-- {note}" in statements
    assert "-- ALTER SYSTEM SET work_mem = '6MB';" in statements
    assert f"# {note}" in lines
    assert "# work_mem = 6MB" in lines
