"""
Edits of postgresql.conf.
"""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from advisor.fix.edits import RefusedError
from tests.support.fixes import change, edited

SAMPLE = """\
# RESOURCES
#shared_buffers = 128MB\t\t# min 128kB
\t\t\t\t\t# (change requires restart)
#work_mem = 4MB\t\t\t\t# min 64kB
#log_line_prefix = '%m [%p] '
"""


@pytest.mark.parametrize(
    ("line", "value", "after"),
    [
        ("work_mem = 50MB", "6MB", "work_mem = 6MB"),
        ("  Work_Mem   50MB # big", "6MB", "  Work_Mem   6MB # big"),
        ("work_mem='50MB'\r", "6MB", "work_mem='6MB'\r"),
        ("work_mem = 50MB    # big", "6MB", "work_mem = 6MB     # big"),
        ("sort_mem = 50MB", "6MB", "sort_mem = 6MB"),
    ],
)
def test_the_value_alone_is_replaced(line: str, value: str, after: str) -> None:
    """
    Case, quotes, blanks, comment and line end stay as they are.
    """
    text = f"# first\n{line}\nport = 5432\n"

    assert edited(text, change("postgresql", "work_mem", value, at=(2, 1))) == (
        f"# first\n{after}\nport = 5432\n"
    )


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [
        ("minimal", "'replica'", "replica"),
        ("'minimal'", "'replica'", "'replica'"),
        ("md5", "'scram-sha-256'", "scram-sha-256"),
        ("x", "'%m [%p] '", "'%m [%p] '"),
        ("x", "'it''s'", "'it''s'"),
        ("x", "''", "''"),
        ("x", "'a.b'", "'a.b'"),
        ("x", "'a#b'", "'a#b'"),
    ],
)
def test_quotes_follow_the_old_value(old: str, value: str, new: str) -> None:
    """
    They go only where the server reads the word without them.
    """
    made = change("postgresql", "wal_level", value, at=(1, 1))

    assert edited(f"wal_level = {old}\n", made) == f"wal_level = {new}\n"


@pytest.mark.parametrize(
    ("line", "setting", "value", "after"),
    [
        (
            "shared_bufers = 4GB  # memory",
            "shared_buffers",
            "4GB",
            "shared_buffers = 4GB  # memory",
        ),
        ("checkpoint_segments  32", "max_wal_size", "1GB", "max_wal_size  1GB"),
        ("work_mem = 64mb", "work_mem", "64MB", "work_mem = 64MB"),
        ("Work_Mem = '64mb'", "work_mem", "64MB", "Work_Mem = '64MB'"),
    ],
)
def test_a_whole_line_is_corrected(line: str, setting: str, value: str, after: str) -> None:
    """
    The name as well, where it is another one; all else stays.
    """
    made = replace(change("postgresql", setting, value, at=(2, 1)), whole=True)

    assert edited(f"#\n{line}\n", made) == f"#\n{after}\n"


@pytest.mark.parametrize(
    ("setting", "line"), [("shared_buffers", 3), ("work_mem", 4), ("log_line_prefix", 5)]
)
def test_a_new_line_stands_behind_its_commented_default(setting: str, line: int) -> None:
    """
    The comment may go on in the next line.
    """
    rows = SAMPLE.splitlines(keepends=True)
    made = edited(SAMPLE, change("postgresql", setting, "1"))

    assert made == "".join([*rows[:line], f"{setting} = 1\n", *rows[line:]])


def test_prose_is_no_default() -> None:
    text = "# work_mem is memory per sort\n# work_mem = memory of one sort or hash\nport = 1\n"

    assert edited(text, change("postgresql", "work_mem", "6MB")) == f"{text}work_mem = 6MB\n"


def test_without_a_default_the_line_is_the_last_one() -> None:
    assert edited("port = 1", change("postgresql", "jit", "off")) == "port = 1\njit = off"
    assert edited("\ufeff", change("postgresql", "jit", "off")) == "\ufeffjit = off\n"
    two = [change("postgresql", "jit", "off"), change("postgresql", "fsync", "on")]
    assert edited("port = 1\r\n", *two) == "port = 1\r\njit = off\r\nfsync = on\r\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("port = 1\n", "is not set in this line"),
        ("#work_mem = 4MB\n", "is not set in this line"),
        ("work_mem = {{ mem }}\n", "a template fills its value in"),
        ("{% if big %}\nwork_mem = 4MB\n{% endif %}\n", "is not set in this line"),
        ("work_mem = \n", "is not set in this line"),
    ],
)
def test_lines_that_are_left_alone(text: str, reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        edited(text, change("postgresql", "work_mem", "6MB", at=(1, 1)))


def test_a_line_that_a_template_keeps_or_drops() -> None:
    text = "{% if big %}\nwork_mem = 4MB\n{% endif %}\n"

    with pytest.raises(RefusedError, match="template"):
        edited(text, change("postgresql", "work_mem", "6MB", at=(2, 1)))


def test_the_file_of_alter_system_belongs_to_the_server() -> None:
    made = replace(
        change("postgresql", "work_mem", "6MB", at=(3, 1)), path="data/postgresql.auto.conf"
    )

    with pytest.raises(RefusedError, match="--as sql"):
        edited("# Do not edit\n# it\nwork_mem = '4MB'\n", made)
