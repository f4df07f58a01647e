"""
The lab against a server with data: equal statistics, indexes that are really there.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from advisor.errors import LabError
from advisor.indexes import Definition, Key
from advisor.lab.lab import laboratory
from advisor.lab.planner import Answer, Refused
from advisor.lab.record import Column, Index, Record, Source, Table
from advisor.lab.server import PACKAGE, serving
from tests.support import oltp
from tests.support.lab_accuracy import Accuracy, compare, real_server

pytest.importorskip(PACKAGE, reason="the extra lab is not installed")
pytestmark = pytest.mark.oracle

SMALL = Record(
    format="advisor-snapshot-v1",
    server=Source(major=18, samples=True),
    tables=(Table(name="t", tuples=1_000_000, pages=10_000, all_visible_pages=0),),
    columns=(
        Column(
            table="t",
            name="a",
            number=1,
            type="integer",
            null_frac=0,
            avg_width=4,
            n_distinct=-1,
            histogram_bounds="{1,500000,1000000}",
            correlation=0.1,
        ),
        Column(table="t", name="mood", number=2, type="mood", null_frac=0, avg_width=4),
    ),
    indexes=(
        Index(
            table="t",
            name="bad",
            definition="CREATE INDEX bad ON public.t USING btree (a); DROP TABLE t",
            pages=10,
        ),
        Index(
            table="t",
            name="custom",
            definition="CREATE INDEX custom ON public.t USING btree (own(a))",
            pages=10,
        ),
    ),
)
ON_A = Definition("public.t", (Key("a"),))


@pytest.fixture(scope="module")
def oltp_accuracy() -> Iterator[Accuracy]:
    with real_server(*oltp.statements(8_000, 20_000)) as real:
        yield compare(real, oltp.INDEXES, oltp.QUERIES, {"random_page_cost": "1.1"})


def test_costs_are_those_of_a_server_with_data_when_sizes_are_given(
    oltp_accuracy: Accuracy,
) -> None:
    found = oltp_accuracy

    assert found.exact(found.given) >= 0.9
    assert found.p95(found.given) <= 0.01
    assert found.same_shape(found.given) >= 0.98
    assert not found.notes


def test_costs_with_estimated_sizes_are_close(oltp_accuracy: Accuracy) -> None:
    assert oltp_accuracy.p95(oltp_accuracy.own) <= 0.05
    assert oltp_accuracy.same_shape(oltp_accuracy.own) >= 0.98


def test_sizes_are_those_of_the_indexes_that_are_built(oltp_accuracy: Accuracy) -> None:
    assert oltp_accuracy.close_sizes() >= 0.9


def test_what_the_lab_does_not_hold_is_said_and_nothing_foreign_runs() -> None:
    """A second statement in a definition, a function and a type that are not there."""
    with laboratory(SMALL, settings={"random_page_cost": "nonsense", "port": "1"}) as lab:
        said = {one.subject: one.reason for one in lab.notes}
        answer = lab.explain("SELECT * FROM t WHERE a = 7")

    assert isinstance(answer, Answer)
    assert said["index public.bad"] == "its definition is not understood"
    assert said["index public.custom"] == "function own(integer) does not exist"
    assert "not verified" in said["type mood"]
    assert "random_page_cost" in said["setting random_page_cost"]
    assert "setting port" not in said


def test_another_version_and_missing_values_are_said() -> None:
    columns = (replace(SMALL.columns[0], histogram_bounds=None),)
    record = replace(SMALL, server=Source(major=15), columns=columns, indexes=())
    with laboratory(record) as lab:
        said = {one.subject: one.reason for one in lab.notes}

    assert said["version"] == "the lab plans as PostgreSQL 18; a plan of 15 may differ"
    assert "statistics" in said


def test_labels_of_an_enumeration_come_from_the_schema() -> None:
    script = "CREATE TYPE public.mood AS ENUM ('fine', 'so so');"
    with laboratory(SMALL, scripts=[script]) as lab:
        answer = lab.explain("SELECT * FROM t WHERE mood = 'so so'")
        wrong = lab.explain("SELECT * FROM t WHERE mood = 'sad'")

    assert isinstance(answer, Answer)
    assert isinstance(wrong, Refused)
    assert "mood" not in str(lab.notes)


def test_settings_of_the_deployment_decide() -> None:
    def cost(value: str) -> float:
        with laboratory(SMALL, settings={"random_page_cost": value}) as lab:
            candidates = lab.add([ON_A])
            answer = lab.explain("SELECT * FROM t WHERE a < 2000", candidates)
        assert isinstance(answer, Answer)
        return answer.cost

    assert cost("1.1") < cost("4") / 2


def test_an_index_counts_only_where_it_is_asked_for() -> None:
    query = "SELECT * FROM t WHERE a = 7"
    with laboratory(SMALL) as lab:
        (made,) = lab.add([ON_A])
        before = lab.explain(query)
        with_it = lab.explain(query, [made])
        after = lab.explain(query)

    assert isinstance(before, Answer)
    assert isinstance(with_it, Answer)
    assert isinstance(after, Answer)
    assert before.cost == after.cost > with_it.cost * 100
    assert with_it.indexes == made.names


def test_columns_of_a_primary_key_are_known_to_be_different() -> None:
    """Each alone has a thousand values; that no two rows share both, only the key tells."""
    column = Column(table="t", name="a", type="integer", null_frac=0, avg_width=4, n_distinct=1_000)
    columns = (replace(column, number=1), replace(column, name="b", number=2))
    primary = Index(
        table="t",
        name="t_pkey",
        definition="CREATE UNIQUE INDEX t_pkey ON public.t USING btree (a, b)",
        columns=("a", "b"),
        keys=2,
        unique=True,
        primary=True,
    )
    rows = (Table(name="t", tuples=500_000, pages=2_500),)
    turned = Definition("public.t", (Key("b"), Key("a")))
    found = []
    for indexes in ((primary,), ()):
        with laboratory(replace(SMALL, tables=rows, columns=columns, indexes=indexes)) as lab:
            found += lab.add([turned])
    known, guessed = found

    assert known.notes == ()
    assert "depend" in guessed.notes[0]
    assert known.size > guessed.size


def test_an_index_that_the_server_refuses_is_named_with_its_reason() -> None:
    with laboratory(SMALL) as lab:
        assert lab.add([Definition("public.t", (Key("nothing"),))]) == []
        (reason,) = lab.refused.values()

    assert reason == 'column "nothing" does not exist'


@pytest.mark.parametrize(
    "statement",
    ["SELECT pg_read_file('/etc/passwd')", "SELECT 1; DROP TABLE t", "DROP TABLE t", "SELECT"],
)
def test_statements_are_planned_and_never_run(statement: str) -> None:
    with laboratory(SMALL) as lab:
        lab.explain(statement)
        rows = lab.connection.execute("SELECT count(*) FROM pg_class WHERE relname = 't'")
        assert rows.fetchone() == (1,)


def test_parameters_are_planned_as_parameters() -> None:
    with laboratory(SMALL) as lab:
        made = lab.add([ON_A])
        answer = lab.explain("SELECT * FROM t WHERE a = $1", made)

    assert isinstance(answer, Answer)
    assert answer.indexes


def test_a_server_that_dies_is_an_error_with_its_reason() -> None:
    def ask() -> None:
        with laboratory(SMALL) as lab:
            assert lab.server.process is not None
            lab.server.process.send_signal(signal.SIGQUIT)
            lab.server.process.wait(20)
            lab.explain("SELECT * FROM t")

    with pytest.raises(LabError, match="does not answer any more"):
        ask()


def test_the_folder_is_gone_after_an_error() -> None:
    folders: list[Path] = []

    def fail() -> None:
        with serving() as server:
            folders.append(server.folder)
            server.start()
            raise RuntimeError("on purpose")

    with pytest.raises(RuntimeError):
        fail()

    assert not folders[0].exists()


def test_the_server_does_not_outlive_a_program_that_is_killed() -> None:
    script = (
        "import time\nfrom advisor.lab.server import serving\n"
        "with serving() as s:\n    s.start()\n    print(s.process.pid, s.folder, flush=True)\n"
        "    time.sleep(60)\n"
    )
    for how, is_removed in ((signal.SIGTERM, True), (signal.SIGKILL, False)):
        child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        pid, _, folder = child.stdout.readline().strip().partition(" ")
        child.send_signal(how)
        child.wait(20)
        for _ in range(200):
            if not Path(f"/proc/{pid}").exists() or _is_zombie(pid):
                break
            time.sleep(0.05)
        else:
            pytest.fail("the server is still there")
        assert Path(folder).exists() != is_removed
        if not is_removed:
            subprocess.run(["rm", "-rf", folder], check=True)


def _is_zombie(pid: str) -> bool:
    try:
        return ") Z " in Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return True


def test_it_listens_on_a_private_socket_only() -> None:
    with serving() as server:
        server.start()
        assert server.process is not None
        with server.connect() as connection:
            row = connection.execute("SHOW listen_addresses").fetchone()
        mode = server.folder.stat().st_mode & 0o777
        assert row == ("",)
        assert mode == 0o700
